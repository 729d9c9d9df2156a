"""Laws for every finder: gaps are true of the data, the same every time, and bad data is refused in words."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.gap import Gap
from abound.core.recipe import Use
from abound.core.schema import Column, Task
from abound.errors import Refusal
from abound.stages.find import find
from tests.planted import mixed_table

NAMES = registry.names("finder")


def no_nulls():
    return mixed_table(400, nulls=False, rare=0.04)


def grouped():
    data = mixed_table(400, rare=0.05)
    columns = (*data.schema.main_table.columns, Column(name="site", kind="id", role="group"))
    frame = data.main.with_columns(pl.Series("site", [f"s{i % 40}" for i in range(400)]))
    schema = data.schema.with_columns("rows", columns).model_copy(update={"group": "site"})
    return data.with_table("rows", frame, schema)


def constant_columns():
    data = mixed_table(300, rare=0.1)
    return data.with_table("rows", data.main.with_columns(pl.lit("clerk").alias("job"), pl.lit(3).alias("age")))


def all_null():
    data = mixed_table(300)
    return data.with_table("rows", data.main.with_columns(pl.lit(None, dtype=pl.Float64).alias("income")))


def one_class():
    data = mixed_table(300)
    return data.with_table("rows", data.main.with_columns(pl.lit("no").alias("y")))


def regression():
    data = mixed_table(300)
    task = Task(table="rows", targets=("age",), kind="regression")
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": (task,)}))


def no_target():
    data = mixed_table(300)
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": ()}))


def one_row():
    return mixed_table(300).take([5])


def no_rows():
    return mixed_table(300).take([])


def planted_hole():
    data = mixed_table(3000, nulls=False)
    return data.with_table("rows", data.main.filter(~((pl.col("job") == "clerk") & pl.col("member"))))


DATA = [no_nulls, grouped, constant_columns, all_null, one_class, regression, no_target, one_row, no_rows,
        planted_hole]  # fmt: skip
# Finders that train models take a second a table: in the quick suite they see the hard tables only.
THOROUGH, REST = ("hard_case", "weak_slice"), (grouped, constant_columns, planted_hole)


def run(name, data, seed=0):
    """Gaps of a finder as the stage runs it, with the finders that it needs; reasons if it was skipped."""
    needs = [n for n in registry.spec("finder", name).needs if n in NAMES]
    found = find(data, data, finders=[Use(name=n) for n in (*needs, name)], seed=seed)
    return [g for g in found if g.finder == name], found.skipped.get(name)


ONCE = [pytest.param(n, marks=[pytest.mark.slow] if n in THOROUGH else []) for n in NAMES]
CASES = [
    pytest.param(name, make, marks=[pytest.mark.slow] if (name in THOROUGH and make in REST) else [])
    for name in NAMES
    for make in DATA
]


@pytest.mark.parametrize(("name", "make"), CASES, ids=lambda v: getattr(v, "__name__", v))
def test_gaps_are_true_of_the_data(name, make):
    data = make()
    before = data.digest
    gaps, skipped = run(name, data)
    assert data.digest == before
    if skipped is not None:
        assert gaps == []
        assert skipped[-1] != "." or " " in skipped
    for gap in gaps:
        assert gap.slice is not None or gap.rows
        assert gap.reason
        assert gap.wanted > 0
        if gap.slice is not None:
            support = data.support(gap.slice)
            assert (gap.support, gap.main_rows, gap.groups) == (support.rows, support.main_rows, support.groups)
        assert all(0 <= r < len(data) for r in gap.rows)
        assert Gap.model_validate_json(gap.model_dump_json()) == gap
        for e in gap.evidence:
            assert np.isfinite(e.value)
            assert e.low is None or e.low <= e.value <= e.high
    assert len({g.id for g in gaps}) == len(gaps)
    assert [g.score for g in gaps] == sorted((g.score for g in gaps), reverse=True)


@pytest.mark.parametrize("name", ONCE)
def test_the_same_rows_give_the_same_gaps(name):
    data = planted_hole()
    assert run(name, data) == run(name, data)


@pytest.mark.parametrize("name", ONCE)
def test_the_order_of_rows_does_not_matter_to_slices(name):
    data = planted_hole()
    shuffled = data.take(np.random.default_rng(0).permutation(len(data)))
    assert {str(g.slice) for g in run(name, data)[0]} == {str(g.slice) for g in run(name, shuffled)[0]}


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_are_refused_in_words(name):
    finder = registry.create("finder", name)
    with pytest.raises(Refusal, match="row"):
        finder.find(no_rows(), no_rows(), (), Context())


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name):
    spec = registry.spec("finder", name)
    assert (spec.kind, spec.name) == ("finder", name)
    assert spec.summary.endswith(".")
    assert registry.params_schema("finder", name)["properties"]
