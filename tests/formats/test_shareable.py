"""Small counts in sentences: hidden where they count rows, left where they count something else."""

from __future__ import annotations

import pytest

from abound.core.audit import Audit
from abound.formats.card import card
from abound.formats.facts import Facts
from abound.formats.html import page
from abound.formats.shareable import suppress
from tests.stages.test_report import facts

NOTE = "Counts of rows below 5 in sentences are written as 'fewer than 5'."


def shared(sentence: str) -> Facts:
    """The shareable facts of a report whose audit and notes say `sentence`."""
    found = facts().audit.findings[0].model_copy(update={"sentence": sentence})
    return suppress(facts().model_copy(update={"audit": Audit(findings=(found,)), "notes": (sentence,)}))


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("There are 1 held-out rows.", "There are fewer than 5 held-out rows."),
        ("1 of 90 real rows do", "fewer than 5 of 90 real rows do"),
        ("4 synthetic rows were not compared", "fewer than 5 synthetic rows were not compared"),
        ("213 test rows, 3 of the class", "213 test rows, fewer than 5 of the class"),
        ("2 rows without a value dropped", "fewer than 5 rows without a value dropped"),
    ],
)  # fmt: skip
def test_small_counts_of_rows_are_hidden_and_that_is_said(sentence: str, left: str) -> None:
    one = shared(sentence)
    assert one.notes == (left,)
    assert one.audit.findings[0].sentence == left
    assert NOTE in one.suppressed
    for text in (page(one), one.to_json(), card(one)):
        assert sentence not in text
    assert "fewer than" in page(one)


@pytest.mark.parametrize(
    "sentence",
    [
        "0 of 90 real rows do", "at distance 0.3 rows", "5 real rows", "14 rows", "1,204 rows",
        "over 3 columns of the rows",
        "a loss of 1 point on the test rows", "in 2 repeats of all rows", "age < 4.5",
    ],
)  # fmt: skip
def test_other_numbers_stay(sentence: str) -> None:
    assert shared(sentence).notes == (sentence,)


def test_what_is_to_be_collected_is_not_told_by_its_difference() -> None:
    study = facts().study
    remedy = study.remedy.model_copy(update={"collect": ("y = a: 1 training rows; 99 more would make 100",)})
    one = suppress(facts().model_copy(update={"study": study.model_copy(update={"remedy": remedy})}))
    assert one.study.remedy.collect == ()
    assert "1 of the slices to collect more rows of are not shown." in one.suppressed
