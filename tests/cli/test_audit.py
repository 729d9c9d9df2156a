"""The audit as lines: which check says what."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from abound.cli.audit import audit_lines, plan_of
from abound.core.audit import Audit, Finding
from abound.core.plan import Order, Plan
from abound.core.slice import Slice
from abound.errors import InputError
from tests.cli.command import abound
from tests.planted import mixed_table


def finding(check: str, verdict: str, sentence: str) -> Finding:
    return Finding.model_validate(
        {"check": check, "name": "x", "value": 0.0, "verdict": verdict, "sentence": sentence}
    )


FOUND = Audit(
    findings=(
        finding("rules", "pass", "All rows keep the rules."),
        finding("marginals", "pass", "Alike."),
        finding("marginals", "inconclusive", "50 synthetic rows were not compared."),
        finding("pairs", "inconclusive", "50 synthetic rows were not compared."),
        finding("copies", "fail", "9 of 50 synthetic rows are copies."),
    ),
    skipped={"shortcut": "no target"},
)


def test_each_line_names_its_checks_and_equal_sentences_are_one() -> None:
    assert audit_lines(FOUND) == [
        "pass: rules: All rows keep the rules.",
        "pass: marginals: Alike.",
        "inconclusive: marginals, pairs: 50 synthetic rows were not compared.",
        "fail: copies: 9 of 50 synthetic rows are copies.",
        "not run: shortcut: no target",
    ]


def test_the_short_form_still_says_what_passed_on_the_other_rows() -> None:
    assert audit_lines(FOUND, short=True) == [
        "pass: rules, marginals (as far as it was judged)",
        "inconclusive: marginals, pairs: 50 synthetic rows were not compared.",
        "fail: copies: 9 of 50 synthetic rows are copies.",
        "not run: shortcut: no target",
    ]


@pytest.mark.slow
def test_rows_made_under_a_condition_are_compared_with_real_rows_that_satisfy_it(tmp_path: Path) -> None:
    mixed_table(900, seed=1).main.write_csv(tmp_path / "real.csv")
    made = mixed_table(500, seed=2).main.filter(pl.col("job") == "nurse")
    nurses = Order(generator="copula", count=made.height, where=Slice.parse("job = nurse", "rows"))
    made.with_columns(_order=pl.lit(nurses.id)).write_parquet(tmp_path / "made.parquet")
    (tmp_path / "plan.json").write_text(Plan(orders=(nurses,)).model_dump_json(), encoding="utf-8")

    def over(*flags: str) -> list[str]:
        done = abound(
            "audit", "made.parquet", "--real", "real.csv", "-t", "y", "-q", "--json", *flags, folder=tmp_path
        )
        assert done.code == 0, done.err
        worst = [f for f in json.loads(done.out)["findings"] if f["name"] == "worst column"]
        return list(worst[0]["details"]["over"])

    assert over() == ["job"]
    assert over("--plan", "plan.json") == over("--where", "job = nurse") == []


def test_a_file_that_is_no_plan_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"arms": 3}', encoding="utf-8")
    with pytest.raises(InputError, match=r"other\.json is not a plan"):
        plan_of(other)
