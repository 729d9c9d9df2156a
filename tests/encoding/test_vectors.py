"""Vectors, bins and the strata of a comparison."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.schema import Column
from abound.encoding.bins import binned, ranked
from abound.encoding.comparison import compare, draw_real, draw_synthetic
from abound.encoding.vectors import Feature, fit_vectors, roundness
from abound.errors import Refusal
from tests.checks.cases import grouped, parts, put
from tests.planted import mixed_schema, mixed_table

NUMBER, LEVELS = Column(name="x", kind="number"), Column(name="c", kind="category")


def encoder(data, **options):
    return fit_vectors(data.main, mixed_schema().main_table.columns, **options)


def test_rows_become_finite_numbers_of_like_size():
    data = mixed_table(500)
    encoded = encoder(data)
    matrix = encoded.encode(data.main)
    assert matrix.shape == (500, len(encoded.features))
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max() < 8
    assert encoded.features[:2] == [Feature("age", "value"), Feature("age", "missing")]


def test_levels_are_one_apart_and_rare_or_new_ones_together():
    frame = pl.DataFrame({"c": ["a"] * 50 + ["b"] * 49 + ["rare"]})
    encoded = fit_vectors(frame, [LEVELS])
    a, b, rare, new, null = encoded.encode(pl.DataFrame({"c": ["a", "b", "rare", "new", None]}))
    assert np.linalg.norm(a - b) == pytest.approx(1.0)
    assert np.linalg.norm(a - null) == pytest.approx(1.0)
    assert (rare == new).all()


def test_the_map_of_numbers_is_smooth_and_keeps_their_order():
    frame = pl.DataFrame({"x": [0.0] * 60 + [float(i) for i in range(40)]})
    encoded = fit_vectors(frame, [NUMBER])
    low, near, far, extreme = encoded.encode(pl.DataFrame({"x": [0.0, 1e-6, 5.0, 1e9]}))[:, 0]
    assert 0 < near - low < 1e-5
    assert near < far < extreme < 30


def test_the_digest_follows_what_was_learned():
    data = mixed_table(200)
    assert encoder(data).digest == encoder(data).digest
    assert encoder(data).digest != encoder(mixed_table(200, seed=1)).digest


def test_columns_without_values_and_values_that_are_not_finite():
    frame = pl.DataFrame(
        {"x": pl.Series([None, None], dtype=pl.Float64), "c": pl.Series([None, None], dtype=pl.String)}
    )
    encoded = fit_vectors(frame, [NUMBER, LEVELS])
    odd = pl.DataFrame({"x": [float("nan"), float("inf")], "c": ["a", None]})
    assert np.isfinite(encoded.encode(odd)).all()
    assert encoded.encode(odd)[:, 1].tolist() == [1.0, 1.0]


def test_roundness():
    values = np.array([1.5, 0.125, 3.0, 1500.0, np.pi, 0.0, np.nan, 1e6, 0.1 + 0.2])
    assert roundness(values, False).tolist() == [1, 3, 0, -2, 7, 0, 0, -3, 1]
    day = 86400.0
    assert roundness(np.array([day * 3, day + 3600, day + 61, day + 0.5]), True).tolist() == [4, 3, 1, 0]


def test_codes_keep_order_and_give_null_the_lowest():
    coded = ranked(NUMBER, pl.Series([3.0, None, 1.0]), pl.Series([2.0, 3.0]))
    assert coded.real.tolist() == [3, 0, 1]
    assert coded.synth.tolist() == [2, 3]
    assert coded.size == 4
    assert coded.ordered


def test_bins_hold_equal_shares_of_the_real_rows():
    values = pl.Series(np.random.default_rng(0).lognormal(size=1000))
    coded = binned(NUMBER, values, values, 5)
    assert np.bincount(coded.real, minlength=coded.size).tolist() == [0, 200, 200, 200, 200, 200, 0][: coded.size]
    levels = binned(LEVELS, pl.Series(["b", "a", "b", "b", "a", None]), pl.Series(["a", "zebra"]), 5)
    assert levels.real.tolist() == [1, 2, 1, 1, 2, 0]
    assert levels.synth.tolist() == [2, 3]


def test_real_draws_are_disjoint_and_of_the_sizes_of_the_synthetic_ones():
    comparison = compare(*parts(100, 90, 60))
    rng = np.random.default_rng(0)
    synth, train = draw_synthetic(comparison.usable, 1000, None, rng)
    first, second = draw_real(comparison.usable, 1000, None, rng)
    assert (len(synth), len(train)) == (len(first), len(second)) == (75, 75)
    assert not set(first) & set(second)
    assert train.max() < 90


def test_groups_are_drawn_whole_but_for_one():
    synth, train, reference = parts(100, 100, 100)
    comparison = compare(synth, grouped(train, 5), grouped(reference, 5))
    first, second = draw_real(comparison.usable, 1000, comparison.groups, np.random.default_rng(0))
    both = set(comparison.groups[first]) & set(comparison.groups[second])
    assert len(both) <= 1


def test_classes_are_compared_apart_only_where_their_shares_differ():
    synth, train, reference = parts(400, 400, 200)
    assert [s.name for s in compare(synth, train, reference).strata] == ["all rows"]
    more = put(synth, y=pl.when(pl.int_range(pl.len()) < 200).then(pl.lit("yes")).otherwise(pl.lit("no")))
    comparison = compare(more, train, reference)
    assert [(s.name, len(s.synth)) for s in comparison.strata] == [("y = no", 200), ("y = yes", 200)]
    assert comparison.basis == " within classes"


def test_a_table_without_features_is_refused():
    synth, train, reference = parts(40, 40, 40)
    ignored = tuple(c.model_copy(update={"role": "ignore"}) for c in train.schema.main_table.columns)
    schema = train.schema.with_columns("rows", ignored).model_copy(update={"tasks": ()})
    with pytest.raises(Refusal, match="no feature or target"):
        compare(synth, train.with_table("rows", train.main, schema), reference)
