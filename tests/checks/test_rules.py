"""Rule violations are found, each with its rows; what real rows do as well is no fault."""

from __future__ import annotations

import numpy as np
import polars as pl

from abound.checks.rules import Rules
from abound.core.rules import ImpliesRule, OrderRule
from abound.core.slice import Term
from tests.checks.cases import context, parts, put


def spoilt(data, column, rows, value):
    frame = data.main.with_row_index("place")
    new = pl.when(pl.col("place").is_in(rows)).then(pl.lit(value)).otherwise(pl.col(column))
    return data.with_table("rows", frame.with_columns(new.alias(column)).drop("place"))


def with_rules(data, *rules):
    return data.with_table("rows", data.main, data.schema.model_copy(update={"rules": rules}))


def found(synth, train, reference):
    return {f.name: f for f in Rules().check(synth, train, reference, context())}


def test_rows_that_break_a_declared_rule_are_named():
    rule = ImpliesRule(
        when=(Term(column="age", op="<", value=30),), then=(Term(column="member", op="==", value=False),)
    )
    synth, train, reference = (with_rules(spoilt(d, "member", range(len(d)), False), rule) for d in parts())
    young = synth.main["age"].arg_sort()[:7].to_list()
    finding = found(spoilt(synth, "member", young, True), train, reference)[str(rule)]
    assert sorted(finding.rows) == sorted(young)
    assert finding.verdict == "fail"
    assert finding.action == "drop"
    assert finding.value == 7 / 300
    assert finding.low < 7 / 300 < finding.high
    assert finding.reference == 0
    assert finding.sentence.startswith("7 of 300 synthetic rows break")


def test_a_rule_that_real_rows_break_as_often_passes():
    rule = OrderRule(columns=("age", "limit"))

    def with_limit(data, seed):
        broken = np.random.default_rng(seed).random(len(data)) < 0.1
        limit = data.main["age"] + pl.Series(np.where(broken, -1, 1))
        columns = (
            *data.schema.main_table.columns,
            data.schema.main_table.column("age").model_copy(update={"name": "limit"}),
        )
        schema = data.schema.with_columns("rows", columns)
        return with_rules(data.with_table("rows", data.main.with_columns(limit=limit), schema), rule)

    synth, train, reference = (with_limit(d, i) for i, d in enumerate(parts()))
    finding = found(synth, train, reference)[str(rule)]
    assert finding.verdict == "pass"
    assert finding.reference > 0.05
    assert finding.action == "drop"  # a broken row is never kept
    worse = put(synth, limit=pl.col("age") - 1)
    assert found(worse, train, reference)[str(rule)].verdict == "fail"
    assert found(worse, train, reference)[str(rule)].action == "stop"


def test_single_columns_keep_their_domain_bounds_and_type():
    synth, train, reference = parts()
    columns = [
        c.model_copy(update={"low": 18.0, "high": 90.0}) if c.name == "age" else c
        for c in train.schema.main_table.columns
    ]
    train = train.with_table("rows", train.main, train.schema.with_columns("rows", tuple(columns)))
    bad = spoilt(spoilt(synth, "age", [3], 120), "job", [5, 8], "wizard")
    bad = spoilt(spoilt(bad, "income", [9], float("nan")), "y", [11], None)
    report = found(bad, train, reference)
    assert report["age <= 90"].rows == (3,)
    assert report["job is a known level"].rows == (5, 8)
    assert report["income is finite"].rows == (9,)
    assert report["y is present"].rows == (11,)
    assert {f.verdict for f in report.values()} == {"fail", "pass"}
    assert report["types, bounds and domains"].verdict == "pass"


def test_whole_numbers_that_arrive_as_fractions_are_found():
    synth, train, reference = parts()
    halves = put(synth, age=pl.when(pl.int_range(pl.len()) < 4).then(40.5).otherwise(pl.col("age")))
    assert found(halves, train, reference)["age is a whole number"].rows == (0, 1, 2, 3)


def test_real_rows_pass():
    report = found(*parts())
    assert [f.verdict for f in report.values()] == ["pass"]


def test_a_rule_on_a_column_that_is_not_made_is_reported_as_unchecked():
    rule = OrderRule(columns=("age", "visits"))
    from abound.core.schema import Column

    def wide(data):
        columns = (*data.schema.main_table.columns, Column(name="visits", kind="number", role="ignore"))
        schema = data.schema.with_columns("rows", columns)
        return with_rules(data.with_table("rows", data.main.with_columns(visits=200.0), schema), rule)

    synth, train, reference = (wide(d) for d in parts())
    finding = found(synth, train, reference)[str(rule)]
    assert finding.verdict == "inconclusive"
