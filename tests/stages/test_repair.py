"""Repair: each action does what it says, and a planted fault is gone after it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.gap_test import GapTest
from abound.core.audit import Audit, Finding
from abound.core.rules import OrderRule
from abound.errors import InputError, Refusal
from abound.stages.audit import audit
from abound.stages.repair import repair
from tests.checks.cases import context, parts, put


def told(action, **more):
    finding = Finding(
        check="gap_test", name="told apart (AUC)", value=0.8, verdict="fail", action=action, sentence="s.", **more
    )
    return Audit(findings=(finding,))


def culprit(column, by="its values", told_by="exchanged labels", share=0.9):
    return {"told_by": told_by, "culprits": [{"column": column, "by": by, "share": share}]}


def test_a_shifted_column_is_found_repaired_and_no_longer_told_apart():
    synth, train, reference = parts(600, 600, 300)
    shifted = put(synth, age=pl.col("age") + 9)
    report = audit(shifted, train, reference=reference, checks=("gap_test",))
    assert report.findings[0].action == "repair"
    mended = repair(shifted, train, report)
    _, fresh, other = parts(300, 600, 300, seed=5)
    check = GapTest(draws=1)
    assert check.check(shifted, fresh, other, context())[0].verdict == "fail"
    assert check.check(mended, fresh, other, context())[0].verdict != "fail"
    assert np.corrcoef(mended.main["age"], synth.main["age"])[0, 1] > 0.98
    assert "within classes: age" in mended.notes[-1]
    assert mended.main.schema == train.main.schema


def test_a_broken_relation_is_drawn_anew():
    synth, train, _ = parts(600, 600, 0)
    mixed = put(synth, age=synth.main["age"].sample(fraction=1.0, shuffle=True, seed=1))
    mended = repair(mixed, train, told("repair", details=culprit("age", told_by="boosted trees")))

    def related(data):
        rows = data.main.drop_nulls("income")
        return np.corrcoef(rows["age"], rows["income"].log())[0, 1]

    assert abs(related(mixed)) < 0.15
    assert related(mended) > 0.35


def test_levels_follow_the_other_columns():
    synth, train, _ = parts(600, 600, 0)
    one = put(synth, job=pl.lit("smith"))
    mended = repair(one, train, told("repair", details=culprit("job")))
    share = dict(mended.main["job"].value_counts(normalize=True).rows())
    assert share["clerk"] == pytest.approx(0.4, abs=0.08)


def test_rounding_is_mended():
    synth, train, _ = parts(300, 300, 0)
    cents = put(train, income=pl.col("income").round(2))
    mended = repair(synth, cents, told("repair", details=culprit("income", "its rounding")))
    known = mended.main["income"].drop_nulls()
    assert (known - known.round(2)).abs().max() < 1e-9


def test_where_the_class_is_what_is_wrong_the_features_are_drawn_anew_and_the_class_stays():
    synth, train, _ = parts(300, 300, 0)
    mended = repair(synth, train, told("repair", details=culprit("y", told_by="boosted trees")))
    assert mended.main["y"].equals(synth.main["y"])
    assert "drawn anew given the other columns: age, income, job, member, since" in mended.notes[-1]


def test_weights_and_rows_out_of_support():
    synth, train, _ = parts(100, 100, 0)
    weights = (0.0,) * 10 + (2.0,) * 45 + (0.5,) * 45
    mended = repair(synth, train, told("weight", weights=weights))
    assert len(mended) == 90
    assert mended.weights().mean() == pytest.approx(1.0)
    assert mended.weights()[0] == pytest.approx(4 * mended.weights()[-1])


def test_too_few_rows_left_is_a_refusal():
    synth, train, _ = parts(100, 100, 0)
    with pytest.raises(Refusal, match="only 10 of 100 synthetic rows would be kept"):
        repair(synth, train, told("weight", weights=(0.0,) * 90 + (1.0,) * 10))
    with pytest.raises(Refusal, match="another generator is needed"):
        repair(synth, train, told("stop"))


def test_more_diverse_rows_are_asked_for_by_order():
    synth, train, _ = parts(100, 100, 0)
    ordered = put(synth, _order=pl.Series(["a"] * 50 + ["b"] * 50))
    weights = (0.5,) * 50 + (1.5,) * 50
    mended = repair(ordered, train, told("diversify", weights=weights, details={"real_rows_lacking": 0.4}))
    assert "40% of the real rows" in mended.notes[-1]
    assert "the order b first" in mended.notes[-1]


def test_an_audit_of_another_set_is_refused():
    synth, train, _ = parts(50, 50, 0)
    with pytest.raises(InputError, match="weighs 3 rows and the synthetic set has 50"):
        repair(synth, train, told("weight", weights=(1.0,) * 3))
    with pytest.raises(InputError, match="belongs to another set"):
        repair(synth, train, told("drop", rows=(50,)))


def test_no_finding_changes_nothing():
    synth, train, _ = parts(50, 50, 0)
    assert repair(synth, train, Audit()).digest == synth.digest


def test_rules_hold_after_it_and_the_seed_decides():
    synth, train, _ = parts(300, 300, 0)

    def ruled(data):
        frame = data.main.with_columns(least=pl.col("age") - 5)
        age = next(c for c in data.schema.main_table.columns if c.name == "age")
        columns = (*data.schema.main_table.columns, age.model_copy(update={"name": "least"}))
        schema = data.schema.with_columns("rows", columns)
        return data.with_table(
            "rows", frame, schema.model_copy(update={"rules": (OrderRule(columns=("least", "age")),)})
        )

    report = told("repair", details=culprit("least", told_by="boosted trees"))
    one, two = (repair(ruled(synth), ruled(train), report, seed=3) for _ in range(2))
    assert one.digest == two.digest
    assert (one.main["least"] <= one.main["age"]).all()
