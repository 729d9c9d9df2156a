"""Repair: each action does what it says, and a planted fault is gone after it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.gap_test import GapTest
from abound.core.audit import Audit, Finding
from abound.core.dataset import Dataset
from abound.core.plan import Order, Plan
from abound.core.rules import OrderRule
from abound.core.schema import Column, Schema, Table, Task
from abound.core.slice import Slice, Term
from abound.encoding.vectors import fit_vectors
from abound.errors import InputError, Refusal
from abound.stages.audit import audit
from abound.stages.repair import repair
from abound.stats.coverage import coverage
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


def modes(n, seed, which=(0, 1, 2, 3)):
    """Rows of four modes of a table of five numbers, a level and a class, of which some are left out."""
    rng = np.random.default_rng(seed)
    of = rng.choice(which, size=n)
    x = np.random.default_rng(99).normal(size=(4, 5))[of] * 2.5 + rng.normal(size=(n, 5))
    frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(5)}).with_columns(
        c=pl.Series(np.array(["a", "b", "c"])[(of + (rng.random(n) < 0.3)) % 3]),
        y=pl.Series(np.where(rng.random(n) < np.where(of == 3, 0.6, 0.1), "yes", "no")),
    )
    columns = [Column(name=f"x{i}", kind="number") for i in range(5)]
    columns += [Column(name="c", kind="category", domain=("a", "b", "c"))]
    columns += [Column(name="y", kind="category", role="target", domain=("no", "yes"))]
    tasks = (Task(table="rows", targets=("y",), kind="classification", positive="yes"),)
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=tuple(columns))}, tasks=tasks)
    return Dataset(schema, {"rows": frame.lazy()})


def covered(train, synth):
    names = [c.name for c in train.schema.main_table.columns]
    parts = [d.main.select(names) for d in (train, synth)]
    vectors = fit_vectors(pl.concat(parts), train.schema.main_table.columns)
    return coverage(*(vectors.encode(p) for p in parts))


def test_modes_that_collapsed_are_filled():
    synth, train, fresh = modes(400, 1, (0, 1)), modes(400, 2), modes(400, 4)
    mended = repair(synth, train, told("diversify"))
    assert len(mended) == len(synth)
    assert "were replaced by rows of a copula fitted to" in mended.notes[-1]
    assert covered(fresh, synth) < 0.65
    assert covered(fresh, mended) > 0.82
    assert repair(synth, train, told("diversify")).digest == mended.digest


@pytest.mark.slow
def test_collapsed_modes_are_told_as_such_and_the_gap_narrows_when_they_are_filled():
    """Judged on real rows that neither the generator nor the repair saw."""
    synth, train, reference, fresh = modes(600, 1, (0, 1)), modes(600, 2), modes(300, 3), modes(600, 4)
    report = audit(synth, train, reference=reference, checks=("gap_test",))
    assert report.findings[0].action == "diversify"
    assert "of the real rows lie in regions without a synthetic row" in report.findings[0].sentence
    mended = repair(synth, train, report)
    before, after = (GapTest(draws=1).check(d, fresh, reference, context())[0].value for d in (synth, mended))
    assert before > 0.68
    assert after < 0.62


def test_rows_that_replace_ordered_ones_satisfy_the_condition_and_keep_their_order():
    train = modes(900, 2)
    where = Slice(on="rows", terms=(Term(column="c", op="in", value=("a", "b")),))
    collapsed = modes(900, 1, (0, 1))
    inside = collapsed.take(collapsed.mask(where).arg_true().to_list())
    order = Order(generator="copula", count=len(inside), where=where)
    synth = put(inside, _order=pl.lit(order.id), _source=pl.lit(3, dtype=pl.Int64))
    mended = repair(synth, train, told("diversify"), plan=Plan(orders=(order,)))
    assert mended.mask(where).all()
    assert mended.main["_order"].unique().to_list() == [order.id]
    assert "_where" not in mended.main.columns
    changed = (mended.main["x0"] != synth.main["x0"]).to_numpy()
    assert 0.1 < changed.mean() < 0.6
    assert mended.main["_source"].is_null().to_numpy().tolist() == changed.tolist()


def test_what_cannot_be_filled_is_said_with_what_to_do():
    synth, train, _ = parts(100, 100, 0)
    assert "this is not done automatically" in repair(synth, train, told("diversify")).notes[-1]
    soft = put(synth, **{"_soft:yes": pl.lit(0.5)})
    assert "teacher's labels are not replaced; generate again" in repair(soft, train, told("diversify")).notes[-1]


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
