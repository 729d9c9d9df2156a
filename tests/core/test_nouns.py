"""Gaps, plans, audits and studies: names by content, totals, verdicts, and JSON that comes back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from abound.core.audit import Audit, Finding
from abound.core.gap import Evidence, Gap
from abound.core.model import canonical_json, digest_of
from abound.core.plan import Order, Plan
from abound.core.slice import Has, Slice, Term

YOUNG = Slice(on="rows", terms=(Term(column="age", op="<", value=25),))


def gap(**changes: object) -> Gap:
    given = {
        "kind": "rare",
        "finder": "rare_class",
        "slice": YOUNG,
        "support": 9,
        "main_rows": 9,
        "groups": 8,
        "wanted": 90,
    }
    return Gap(**{**given, **changes})


def finding(verdict: str = "pass", **changes: object) -> Finding:
    return Finding(
        **{"check": "copies", "name": "copies", "value": 1.0, "verdict": verdict, "sentence": "s", **changes}
    )


def test_a_gap_is_named_by_what_it_is_about() -> None:
    assert gap().id == gap(support=5, score=2.0, evidence=(Evidence(name="x", value=1.0),)).id
    assert len(gap().id) == 8
    others = [
        gap(kind="weak"),
        gap(finder="x"),
        gap(slice=None),
        gap(slice=None, rows=(1,)),
        gap(slice=None, rows=(2,)),
    ]
    assert len({g.id for g in [gap(), *others]}) == 6
    nested = Slice(on="rows", terms=(Has(table="events", terms=YOUNG.terms),))
    assert gap(slice=nested).id not in {gap().id}


def test_a_gap_reads_as_a_sentence() -> None:
    assert str(gap()) == "rare: age < 25 (9 rows, wanted 90)"
    assert str(gap(slice=None, rows=(1, 2), support=2, wanted=2, kind="label_error")) == "label error: 2 rows"


def test_an_order_is_named_by_what_is_made_not_by_how_many() -> None:
    order = Order(generator="smote", params={"k": 5, "z": [1]}, count=10, where=YOUNG)
    assert order.id == order.model_copy(update={"count": 99, "reason": "more"}).id
    assert order.id == Order(generator="smote", params={"z": [1], "k": 5}, count=1, where=YOUNG).id
    assert order.id != Order(generator="smote", params={"k": 6, "z": [1]}, count=10, where=YOUNG).id
    assert order.id != Order(generator="smote", params={"k": 5, "z": [1]}, count=10).id


def test_a_plan_counts_its_rows() -> None:
    plan = Plan(orders=(Order(generator="a", count=30), Order(generator="b", count=10, where=YOUNG)))
    assert (plan.total, plan.common_share()) == (40, 0.75)
    assert (Plan().total, Plan().common_share()) == (0, 0.0)
    with pytest.raises(ValidationError):
        Order(generator="a", count=-1)


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "inconclusive"], "inconclusive"),
        (["inconclusive", "fail", "pass"], "fail"),
        ([], "inconclusive"),
    ],
)
def test_an_audit_is_as_good_as_its_worst_finding(verdicts: list[str], whole: str) -> None:
    assert Audit(findings=tuple(finding(v) for v in verdicts)).verdict == whole


def test_rows_to_drop_are_joined() -> None:
    findings = (
        finding(action="drop", rows=(5, 1)),
        finding(action="drop", rows=(1, 2)),
        finding(action="weight", rows=(9,)),
    )
    assert Audit(findings=findings).drop() == (1, 2, 5)


@pytest.mark.parametrize(
    "noun",
    [
        gap(evidence=(Evidence(name="x", value=0.1, low=0.0, high=0.2, n=3),)),
        Plan(
            orders=(Order(generator="a", count=1, where=YOUNG, params={"a": {"b": [1, None, "x"]}}),), notes=("n",)
        ),
        Audit(findings=(finding(details={"a": [1.5]}),), skipped={"copies": "too few rows"}),
    ],
)
def test_nouns_come_back_from_json_and_refuse_what_they_do_not_know(noun: object) -> None:
    text = noun.model_dump_json()
    assert type(noun).model_validate_json(text) == noun
    assert canonical_json(type(noun).model_validate_json(text)) == canonical_json(noun)
    with pytest.raises(ValidationError, match="surprise"):
        type(noun).model_validate({**json.loads(text), "surprise": 1})


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_canonical_json_is_json_whatever_the_order(value: object) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    if isinstance(value, dict):
        assert canonical_json(dict(reversed(value.items()))) == text


def test_digests_tell_values_apart() -> None:
    values = [
        (),
        (None,),
        ([],),
        ("",),
        (0,),
        (False,),
        (0.0,),
        ("0",),
        (YOUNG,),
        ([YOUNG],),
        ({"a": YOUNG},),
        (1, 2),
        ([1, 2],),
    ]
    assert len({digest_of(*v) for v in values}) == len(values)
    with pytest.raises(TypeError, match="set cannot be written as JSON"):
        digest_of({1})
