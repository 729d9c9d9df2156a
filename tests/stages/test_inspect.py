"""Pages whose items are known, and raters whose skill is planted."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.errors import InputError
from abound.formats.inspection_answers import FINDINGS, KEY, PAGE
from abound.stages.inspect import Inspection, inspect, judge
from tests.planted import mixed_table, stays_with_events


def made(folder: Path, **options: Any) -> Inspection:
    """A page of rows of one table against rows of another of the same kind."""
    return inspect(mixed_table(400, seed=0), mixed_table(400, seed=1), out=folder, **options)


def key_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / KEY).read_text())


def data_of(folder: Path) -> dict[str, Any]:
    """What the page holds for its script."""
    block = re.search(r'<script id="data" type="application/json">(.*?)</script>', (folder / PAGE).read_text())
    assert block
    return json.loads(block[1])


def rater(folder: Path, name: str, skill: float, seed: int, wrong_labels: int | None = None, **more: Any) -> Path:
    """Answers that are right with probability `skill`; with `wrong_labels` so many synthetic labels are wrong."""
    rng = np.random.default_rng(seed)
    key, answers = key_of(folder), []
    other = {"real": "synthetic", "synthetic": "real", "a": "b", "b": "a"}
    for item, what in key["items"].items():
        answer = what["truth"] if rng.random() < skill else other[what["truth"]]
        answers.append({"item": item, "answer": answer})
    if wrong_labels is not None:
        bad = [a for a in answers if key["items"][a["item"]]["truth"] == "synthetic"][:wrong_labels]
        answers = [{**a, "label": "wrong" if a in bad else "right"} for a in answers]
    text = {"format": "abound-inspection-answers", "version": 1, "page": key["page"], "mode": key["mode"],
            "rater": name, "labels": wrong_labels is not None, "answers": answers, **more}  # fmt: skip
    path = folder / f"{name or 'unnamed'}.json"
    path.write_text(json.dumps(text))
    return path


def test_the_same_data_and_seed_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        made(tmp_path / name, seed=seed)
    a, b, c = ((tmp_path / n / PAGE).read_bytes() for n in "abc")
    assert a == b != c
    assert (tmp_path / "a" / KEY).read_bytes() == (tmp_path / "b" / KEY).read_bytes()
    assert not set(key_of(tmp_path / "a")["items"]) & set(key_of(tmp_path / "c")["items"])


def test_the_page_shows_half_real_half_synthetic_in_an_order_that_says_nothing(tmp_path: Path) -> None:
    assert made(tmp_path, items=60).items == 60
    key, page = key_of(tmp_path)["items"], data_of(tmp_path)
    order = [key[i["item"]]["truth"] for i in page["items"]]
    assert order.count("real") == order.count("synthetic") == 30
    runs = 1 + sum(a != b for a, b in pairwise(order))
    assert 20 <= runs <= 42
    # Names in order of the alphabet leave the sides mixed too.
    by_name = [key[i]["truth"] for i in sorted(key)]
    assert 20 <= 1 + sum(a != b for a, b in pairwise(by_name)) <= 42


def test_the_page_holds_no_trace_of_the_sides(tmp_path: Path) -> None:
    real, synth = mixed_table(400, seed=0), mixed_table(400, seed=1)
    frame = synth.main.with_columns(
        pl.lit("synthetic").alias("_origin"),
        pl.lit("o1").alias("_order"),
        (pl.col("income") + 1e-7).alias("income"),
    )
    inspect(real, synth.with_table("rows", frame), out=tmp_path)
    html, key = (tmp_path / PAGE).read_text(), key_of(tmp_path)
    page = data_of(tmp_path)
    assert set(page) == {"page", "mode", "labels", "noun", "items"}
    assert {frozenset(i) for i in page["items"]} == {frozenset({"item", "cards"})}
    # Outside the items, the page is what a page of other items is: it cannot tell them apart.
    shell = html.replace(json.dumps(page["items"]), "")
    assert KEY not in html
    assert not re.findall(r"https?://|_origin|_order|\bo1\b", shell)
    assert {len(i["item"]) for i in page["items"]} == {16}
    sides: dict[str, set[str]] = {"real": set(), "synthetic": set()}
    for item in page["items"]:
        cells = dict(item["cards"][0]["cells"])
        assert list(cells) == ["age", "income", "job", "member", "since"]
        sides[key["items"][item["item"]]["truth"]] |= {
            re.sub(r"\d", "0", v) for n, v in cells.items() if n == "since"
        }
        # Numbers have the same decimals on both sides, whatever the synthetic file holds.
        assert cells["income"] == "missing" or re.fullmatch(r"[\d,]+", cells["income"])
    assert sides["real"] == sides["synthetic"] == {"0000-00-00"}


def test_each_synthetic_row_has_a_real_one_of_its_class(tmp_path: Path) -> None:
    """A set of the rare class only would be told by the class."""
    rare = mixed_table(600, seed=1)
    rare = rare.take(np.flatnonzero((rare.main["y"] == "yes").to_numpy()))
    inspect(mixed_table(600, seed=0), rare, out=tmp_path, items=40)
    page = data_of(tmp_path)
    assert [i["cards"][0]["label"][1] for i in page["items"]] == ["yes"] * 40


def test_too_few_of_a_class_are_said(tmp_path: Path) -> None:
    rare = mixed_table(900, seed=1)
    rare = rare.take(np.flatnonzero((rare.main["y"] == "yes").to_numpy()))
    found = inspect(mixed_table(100, seed=0), rare, out=tmp_path, items=40)
    assert found.items == 20
    assert "Fewer items than asked for: 10 synthetic items" in found.notes[0]
    only_no = mixed_table(600, seed=0)
    only_no = only_no.take(np.flatnonzero((only_no.main["y"] == "no").to_numpy()))
    with pytest.raises(InputError, match="leave no pair of one class"):
        inspect(only_no, rare, out=tmp_path / "none")


def test_a_key_is_not_lost(tmp_path: Path) -> None:
    made(tmp_path, seed=0)
    made(tmp_path, seed=0)
    with pytest.raises(InputError, match="holds the key to another page"):
        made(tmp_path, seed=1)


def test_raters_who_guess_are_certified_at_the_right_number(tmp_path: Path) -> None:
    made(tmp_path, items=160)
    files = [rater(tmp_path, "anna", 0.5, 1), rater(tmp_path, "ben", 0.5, 2)]
    audit, _ = judge(tmp_path, files)
    pooled, anna, ben, agreement = audit.findings
    assert pooled.low <= 0.5 <= pooled.high
    assert pooled.verdict == "pass"
    assert pooled.details["ruled_out_above"] <= 0.60
    assert "is ruled out (limit .65)" in pooled.sentence
    assert {anna.verdict, ben.verdict} == {"pass"}
    assert agreement.low < 0 < agreement.high
    assert "distinguish" not in json.dumps(audit.model_dump())
    assert json.loads((tmp_path / FINDINGS).read_text())["verdict"] == "pass"


def test_one_rater_passes_nothing_and_few_answers_certify_nothing(tmp_path: Path) -> None:
    made(tmp_path / "one", items=160)
    audit, _ = judge(tmp_path / "one", [rater(tmp_path / "one", "anna", 0.5, 1)])
    assert audit.verdict == "inconclusive"
    assert "one rater speaks for nobody else" in audit.findings[0].sentence
    made(tmp_path / "few", items=30)
    audit, _ = judge(tmp_path / "few", [rater(tmp_path / "few", n, 0.5, s) for s, n in enumerate("ab")])
    assert audit.verdict == "inconclusive"
    assert "to rule out .65 takes about 69 answers" in audit.findings[0].sentence


def test_raters_who_know_are_seen(tmp_path: Path) -> None:
    made(tmp_path, items=80)
    audit, _ = judge(tmp_path, [rater(tmp_path, "anna", 0.9, 1), rater(tmp_path, "ben", 0.9, 2)])
    assert [f.verdict for f in audit.findings[:3]] == ["fail"] * 3
    assert audit.findings[0].low > 0.75
    assert "told apart" in audit.findings[0].sentence
    assert audit.findings[3].value == pytest.approx(0.64, abs=0.2)  # .9 * .9 + .1 * .1 = .82 agree, .5 by chance


def test_one_who_knows_is_not_hidden_by_many_who_guess(tmp_path: Path) -> None:
    made(tmp_path, items=120)
    files = [rater(tmp_path, f"guess{i}", 0.5, i) for i in range(5)] + [rater(tmp_path, "expert", 0.85, 9)]
    audit, _ = judge(tmp_path, files)
    assert audit.findings[0].verdict == "fail"
    assert "1 of 6 raters told the sides apart" in audit.findings[0].sentence


def test_raters_who_are_always_wrong_see_a_difference(tmp_path: Path) -> None:
    made(tmp_path, items=80)
    audit, _ = judge(tmp_path, [rater(tmp_path, "anna", 0.1, 1), rater(tmp_path, "ben", 0.1, 2)])
    assert audit.findings[0].verdict != "pass"
    assert "the synthetic side passes for real" in audit.findings[0].sentence


def test_a_rater_who_always_says_real_shows_nothing(tmp_path: Path) -> None:
    made(tmp_path, items=200)
    key = key_of(tmp_path)
    lazy = [{"item": i, "answer": "real"} for i in key["items"]]
    files = [rater(tmp_path, "lazy", 0.5, 1, answers=lazy), rater(tmp_path, "ben", 0.5, 2)]
    audit, _ = judge(tmp_path, files)
    assert audit.findings[0].verdict == "inconclusive"
    assert "100% of the answers are 'real', which hides" in audit.findings[1].sentence


def test_pairs(tmp_path: Path) -> None:
    found = made(tmp_path, items=70, two_choice=True)
    page, key = data_of(tmp_path), key_of(tmp_path)["items"]
    assert (found.items, found.mode, found.labels) == (70, "pairs", False)
    assert {len(i["cards"]) for i in page["items"]} == {2}
    assert 20 < sum(what["truth"] == "a" for what in key.values()) < 50
    assert all(a["label"] and b["label"] for i in page["items"] for a, b in [i["cards"]])
    audit, _ = judge(tmp_path, [rater(tmp_path, n, 0.95, s) for s, n in enumerate("ab")])
    assert audit.findings[0].verdict == "fail"


def test_label_errors_have_an_exact_upper_limit(tmp_path: Path) -> None:
    made(tmp_path, items=120)
    audit, _ = judge(tmp_path, [rater(tmp_path, "anna", 0.5, 1, wrong_labels=0)])
    labels = audit.findings[-1]
    assert (labels.name, labels.verdict, labels.rows) == ("label errors", "pass", ())
    assert labels.high == pytest.approx(0.0487, abs=1e-4)
    assert "0 of 60 synthetic labels are called wrong: at most 4.9 %" in labels.sentence
    audit, _ = judge(tmp_path, [rater(tmp_path, "anna", 0.5, 1, wrong_labels=12)])
    labels = audit.findings[-1]
    assert (labels.value, labels.verdict, labels.action, len(labels.rows)) == (0.2, "fail", "drop", 12)
    truth = [w["row"] for w in key_of(tmp_path)["items"].values() if w["truth"] == "synthetic"]
    assert set(labels.rows) <= set(truth)


def test_labels_that_nobody_checked_are_no_finding(tmp_path: Path) -> None:
    made(tmp_path, items=80)
    audit, _ = judge(tmp_path, [rater(tmp_path, "anna", 0.5, 1)])
    assert [f.name for f in audit.findings] == ["accuracy"]


def test_timelines_are_drawn_alike(tmp_path: Path) -> None:
    import base64

    found = inspect(stays_with_events(60, seed=0), stays_with_events(60, seed=1), out=tmp_path, items=40)
    assert found.shows == "timelines"
    charts = [i["cards"][0]["image"] for i in data_of(tmp_path)["items"]]
    texts = [base64.b64decode(c.removeprefix("data:image/svg+xml;base64,")).decode() for c in charts]
    axes = [re.findall(r"[\d.]+ to [\d.]+|heart rate|lactate|urea", t) for t in texts]
    assert axes.count(axes[0]) == 40
    assert {"heart rate", "lactate", "urea"} < set(axes[0])
    assert all("across: minute" in t and "<circle" in t for t in texts)
    person = data_of(tmp_path)["items"][0]["cards"][0]
    assert [n for n, _ in person["cells"]] == ["age"]  # the key and the person's name are not shown
    assert person["label"][0] == "died"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"page": "0" * 32}, "answers another page"),
        ({"mode": "pairs"}, "in the mode 'pairs'"),
        ({"answers": [{"item": "feed", "answer": "real"}]}, "1 items that the page does not have, such as 'feed'"),
        ({"answers": []}, "holds no answers"),
        ({"answers": 7}, r"damaged \(answers: "),
        ({"version": 9}, r"damaged \(version: "),
        ({"format": "other"}, "is JSON but holds no answers"),
        ({"extra": 1}, r"damaged \(extra: "),
    ],
)
def test_a_bad_file_of_answers_is_one_sentence(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    made(tmp_path, items=20)
    with pytest.raises(InputError, match=words) as caught:
        judge(tmp_path, [rater(tmp_path, "anna", 0.5, 1, **change)])
    assert "\n" not in str(caught.value)


def test_odd_answers_are_counted_or_refused(tmp_path: Path) -> None:
    made(tmp_path, items=20)
    path = rater(tmp_path, "anna", 1.0, 1)
    whole = json.loads(path.read_text())

    def with_answers(answers: list[dict[str, str]]) -> None:
        path.write_text(json.dumps({**whole, "answers": answers}))

    given = whole["answers"]
    with_answers([*given[:10], *given[:3]])
    audit, notes = judge(tmp_path, [path])
    assert audit.findings[0].details["answers"] == 10
    assert notes == (
        "anna.json: 3 answers are there twice and count once.",
        "anna.json: 10 of 20 items have no answer and do not count.",
    )
    other = "real" if given[0]["answer"] == "synthetic" else "synthetic"
    with_answers([*given, {**given[0], "answer": other}])
    with pytest.raises(InputError, match="contradicts itself on 1 items, such as"):
        judge(tmp_path, [path])
    with_answers([{**given[0], "answer": "perhaps"}])
    with pytest.raises(InputError, match=r"answers 'perhaps' for item .* real or synthetic"):
        judge(tmp_path, [path])
    path.write_text(json.dumps(whole)[:-40])
    with pytest.raises(InputError, match="cut off or no JSON"):
        judge(tmp_path, [path])
    with pytest.raises(InputError, match="is not there"):
        judge(tmp_path, [tmp_path / "nobody.json"])


def test_one_person_counts_once(tmp_path: Path) -> None:
    made(tmp_path, items=20)
    anna = rater(tmp_path, "anna", 0.5, 1)
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps({**json.loads(anna.read_text()), "rater": "ben"}))
    with pytest.raises(InputError, match="same answers as another file"):
        judge(tmp_path, [anna, copy])
    again = rater(tmp_path, "anna", 0.5, 2).rename(tmp_path / "again.json")
    with pytest.raises(InputError, match="a second file by 'anna'"):
        judge(tmp_path, [rater(tmp_path, "anna", 0.5, 1), again])
    with pytest.raises(InputError, match=r"holds no inspection-key\.json"):
        judge(tmp_path / "elsewhere", [anna])


def test_sides_of_different_kinds_and_sizes_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="real side holds rows and the synthetic side timelines"):
        inspect(mixed_table(50), stays_with_events(30), out=tmp_path)
    with pytest.raises(InputError, match="between 2 and 2,000"):
        made(tmp_path, items=1)
    with pytest.raises(InputError, match="--limit lies between"):
        judge(tmp_path, [tmp_path / "x"], limit=0.5)


def test_hostile_cells_stay_text(tmp_path: Path) -> None:
    nasty = "</script><script>alert(1)</script><!--\u202e"
    data = mixed_table(60, seed=0)
    frame = data.main.with_columns(
        pl.when(pl.col("job") == "clerk").then(pl.lit(nasty)).otherwise("job").alias("job")
    )
    inspect(Dataset(data.schema, {"rows": frame.lazy()}), data, out=tmp_path, items=40)
    html = (tmp_path / PAGE).read_text()
    assert html.count("<script") == 2
    assert "alert(1)" in html
    assert "\u202e" not in html
