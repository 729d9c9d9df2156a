"""Marginals and pairs: a shift is found where it is, a broken dependence although every column is right."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.marginals import Marginals
from abound.checks.pairs import Pairs
from abound.core.plan import Order, Plan
from abound.core.schema import Column
from abound.core.slice import Slice
from abound.stages.audit import audit
from tests.checks.cases import context, grouped, parts, put
from tests.planted import mixed_table


def shuffled(data, column, seed=0):
    order = np.random.default_rng(seed).permutation(len(data))
    return put(data, **{column: data.main[column].gather(order)})


def test_a_shifted_number_is_found_and_named():
    synth, train, reference = parts(400, 400, 300)
    shape, worst = Marginals().check(put(synth, age=pl.col("age") + 8), train, reference, context())
    assert worst.verdict == "fail"
    assert worst.details["over"] == ["age"]
    assert worst.value > worst.limit > worst.reference > 0
    assert worst.action == "repair"
    assert shape.value < shape.reference


@pytest.mark.parametrize("column", ["job", "member", "since", "income"])
def test_each_kind_of_column_is_judged(column):
    synth, train, reference = parts(400, 400, 300)
    moved = {
        "job": pl.when(pl.col("job") == "clerk").then(pl.lit("smith")).otherwise(pl.col("job")),
        "member": pl.col("member") | (pl.col("age") > 40),
        "since": pl.col("since") + pl.duration(days=600),
        "income": pl.when(pl.int_range(pl.len()) % 3 == 0).then(None).otherwise(pl.col("income")),  # nulls only
    }
    worst = Marginals().check(put(synth, **{column: moved[column]}), train, reference, context())[1]
    assert worst.verdict == "fail"
    assert worst.details["over"] == [column]


def test_a_broken_correlation_is_found_with_marginals_equal():
    synth, train, reference = parts(600, 600, 300)
    broken = shuffled(synth, "age")
    assert [f.verdict for f in Marginals().check(broken, train, reference, context())] == ["pass", "pass"]
    trend, worst = Pairs().check(broken, train, reference, context())
    assert worst.verdict == "fail"
    assert worst.details["over"][0] == "age x income"
    assert worst.value > worst.limit > worst.reference
    assert trend.value < trend.reference


def test_a_set_with_more_of_the_rare_class_is_compared_within_classes():
    full = mixed_table(3000, seed=3, rare=0.2)
    yes = (full.main["y"] == "yes").arg_true().to_list()
    no = (full.main["y"] == "no").arg_true().to_list()
    synth = full.take(yes[:250] + no[:250])  # real rows, half of them rare
    rest = yes[250:] + no[250:]
    train, reference = full.take(rest[::2]), full.take(rest[1::2])
    for check in (Marginals(), Pairs()):
        findings = check.check(synth, train, reference, context())
        assert [f.verdict for f in findings] == ["pass", "pass"]
        assert "within classes" in findings[0].sentence


def test_a_class_without_real_rows_to_compare_is_named_not_judged():
    synth, train, reference = parts(300, 300, 100)
    rare = put(synth, y=pl.when(pl.int_range(pl.len()) < 200).then(pl.lit("yes")).otherwise(pl.lit("no")))
    few = train.take(
        (train.main["y"] == "no").arg_true().to_list()[:200] + (train.main["y"] == "yes").arg_true().to_list()[:10]
    )
    findings = Marginals().check(rare, few, reference.take((reference.main["y"] == "no").arg_true()), context())
    aside = findings[-1]
    assert aside.verdict == "inconclusive"
    assert aside.value is None
    assert "y = yes" in aside.sentence


def test_rows_made_under_a_condition_are_compared_with_real_rows_that_satisfy_it():
    full = mixed_table(3000, seed=5)
    old = Slice.parse("age > 45", on="rows")
    hits = full.mask(old).arg_true().to_list()
    common = [i for i in range(3000) if i not in set(hits[:300])]
    order = Order(generator="copula", count=300, where=old)
    rest = Order(generator="copula", count=200)
    synth = full.take(hits[:300] + common[:200])
    made = pl.Series("_order", [order.id] * 300 + [rest.id] * 200)
    synth = synth.with_table("rows", synth.main.with_columns(made))
    train, reference = full.take(common[200:1500]), full.take(common[1500:])
    names = ("marginals", "pairs")
    plain = audit(synth, train, reference=reference, checks=names)
    matched = audit(synth, train, reference=reference, checks=names, plan=Plan(orders=(order, rest)))
    assert plain.verdict == "fail"
    assert matched.verdict == "pass"
    assert "within the conditions they were made under" in matched.findings[0].sentence


def test_groups_widen_the_limit():
    synth, train, reference = parts(400, 400, 400)
    loose = Marginals(draws=40).check(synth, train, reference, context())[0]
    tight = Marginals(draws=40).check(synth, grouped(train, 20), grouped(reference, 20), context())[0]
    assert tight.limit < loose.limit  # twenty rows a person hold as much as few rows


def test_many_pairs_are_sampled_and_said_so():
    rng = np.random.default_rng(0)
    data = mixed_table(600)
    extra = {f"x{i}": rng.normal(size=600) for i in range(20)}
    columns = (*data.schema.main_table.columns, *(Column(name=n, kind="number") for n in extra))
    wide = data.with_table(
        "rows",
        data.main.with_columns(**{n: pl.Series(v) for n, v in extra.items()}),
        data.schema.with_columns("rows", columns),
    )
    synth, train, reference = wide.take(range(200)), wide.take(range(200, 400)), wide.take(range(400, 600))
    trend, worst = Pairs(draws=20).check(synth, train, reference, context())
    assert trend.details == {"pairs": 200, "all_pairs": 325, "bins": 6, "real_draws": 20}
    assert "drawn by seed from 325" in trend.sentence
    assert worst.verdict == "pass"


@pytest.mark.parametrize("check", [Marginals(draws=20), Pairs(draws=20)])
def test_real_rows_pass_in_at_least_95_of_100_seeds(check):
    failed = sum(
        any(f.verdict == "fail" for f in check.check(*parts(80, 80, 60, seed=s), context(s))) for s in range(25)
    )
    assert failed <= 1
