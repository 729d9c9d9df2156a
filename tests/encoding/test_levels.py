"""Columns as levels: the terms of a level select exactly the rows with its code."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table
from abound.core.slice import Slice
from abound.encoding.levels import Levels, levels_of
from tests.planted import mixed_table


def dataset(column, values):
    schema = Schema(main="t", tables={"t": Table(name="t", columns=(column,))})
    return Dataset(schema, {"t": pl.DataFrame({column.name: values}).lazy()})


def agree(levels, data):
    """Whether each level's terms and codes mean the same rows, and every row has one level."""
    code = levels.codes(data.main[levels.column])
    for i, terms in enumerate(levels.terms):
        np.testing.assert_array_equal(data.mask(Slice(on="t", terms=terms)).to_numpy(), code == i)
    assert ((code >= 0) & (code < len(levels))).all()
    return code


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", ["normal", "lognormal", "zero inflated", "integer", "few", "steps"])
def test_terms_and_codes_agree(seed, kind):
    rng = np.random.default_rng(seed)
    n = 400
    values = {
        "normal": rng.normal(size=n) * 1e-3,
        "lognormal": np.exp(rng.normal(10, 2, n)),
        "zero inflated": np.where(rng.random(n) < 0.8, 0.0, rng.exponential(1000, n)),
        "integer": rng.poisson(30, n),
        "few": rng.integers(-2, 3, n),
        "steps": np.repeat(np.arange(11), [300, *[10] * 10]),
    }[kind]
    whole = values.dtype.kind == "i"
    series = pl.Series("x", values).cast(pl.Int64 if whole else pl.Float64)
    series = pl.select(pl.when(pl.Series(rng.random(n) < 0.1)).then(None).otherwise(series).alias("x"))["x"]
    column = Column(name="x", kind="number", integer=whole)
    levels = levels_of(column, series)
    assert isinstance(levels, Levels)
    code = agree(levels, dataset(column, series))
    assert (code == levels.null).sum() == series.null_count() > 0
    if kind in ("normal", "lognormal", "integer"):
        assert np.bincount(code)[:4].min() > 0.15 * n


def test_mixed_table_columns():
    data = mixed_table(500)
    for column in data.schema.main_table.columns:
        levels = levels_of(column, data.main[column.name])
        if column.kind == "time":
            assert levels == "time columns have no levels to combine"
            continue
        code = levels.codes(data.main[column.name])
        for i, terms in enumerate(levels.terms):
            np.testing.assert_array_equal(data.mask(Slice(on="rows", terms=terms)).to_numpy(), code == i)


def test_a_heavy_value_has_a_bin_of_its_own():
    values = np.concatenate([np.zeros(900), np.arange(1, 101)])
    levels = levels_of(Column(name="x", kind="number"), pl.Series("x", values))
    counts = np.bincount(levels.codes(pl.Series("x", values)))
    assert counts[0] == 900
    assert len(counts) == 4


def test_cuts_are_round_and_no_row_has_them():
    values = np.exp(np.random.default_rng(0).normal(10, 1, 5000))
    levels = levels_of(Column(name="x", kind="number"), pl.Series("x", values))
    assert not set(levels.cuts) & set(values.tolist())
    assert all(len(f"{c:g}".strip("0").replace(".", "")) <= 3 for c in levels.cuts)


def test_declared_levels_count_although_unseen():
    seen = pl.Series("x", ["a", "b", "a"])
    declared = Column(name="x", kind="category", domain=("a", "b", "c"), declared=True)
    assert len(levels_of(declared, seen)) == 3
    assert len(levels_of(declared.model_copy(update={"declared": False}), seen)) == 2


def test_declared_range_is_cut_evenly():
    column = Column(name="x", kind="number", integer=True, low=0, high=100, declared=True)
    series = pl.Series("x", list(range(70)))
    levels = levels_of(column, series)
    assert levels.cuts == (25, 50, 75)
    assert np.bincount(levels.codes(series), minlength=4).tolist() == [25, 25, 20, 0]


@pytest.mark.parametrize(
    ("values", "reason"),
    [([None, None], "empty"), (["a", "a"], "one value"), ([str(i) for i in range(60)], "60 levels")],
)
def test_columns_without_use_say_why(values, reason):
    assert reason in levels_of(Column(name="x", kind="category"), pl.Series("x", values, dtype=pl.String))


def test_an_unknown_value_has_no_level():
    levels = levels_of(Column(name="x", kind="category"), pl.Series("x", ["a", "b"]))
    assert levels.codes(pl.Series("x", ["b", "z", None])).tolist() == [1, -1, -1]
