"""The audit as lines: which check says what."""

from __future__ import annotations

from abound.cli.audit import audit_lines
from abound.core.audit import Audit, Finding


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
