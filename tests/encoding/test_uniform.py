"""Columns as the unit interval: levels and frequent numbers kept, others interpolated, grids and bounds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.schema import Column
from abound.encoding.columns import load_maps, save_maps
from abound.encoding.grid import at_positions, find_grid, positions
from abound.encoding.uniform import decode, encode, fit_column, from_state, to_state
from abound.errors import Refusal
from tests.planted import mixed_table

RNG = np.random.default_rng


def number(values, dtype=pl.Float64, **more):
    return pl.Series("x", values, dtype=dtype), Column(name="x", kind="number", **more)


def made(fitted, n=20_000, seed=1):
    return decode(fitted, RNG(seed).random(n))


def test_points_are_uniform_and_lead_back():
    rng = RNG(0)
    values, holes = np.exp(rng.normal(size=4000)), rng.random(4000) < 0.1
    series, column = number([None if hole else v for v, hole in zip(values, holes, strict=True)])
    fitted = fit_column(series, column)
    points = encode(fitted, series, RNG(1))
    edges = np.linspace(0, 1, 21)
    assert np.abs(np.histogram(points, edges)[0] / 4000 - 0.05).max() < 0.012
    back = decode(fitted, points)
    assert (back.is_null() == series.is_null()).all()
    assert np.allclose(back.drop_nulls().to_numpy(), series.drop_nulls().to_numpy(), rtol=1e-6)


def test_shape_mean_and_tail_are_kept():
    series, column = number(np.exp(RNG(0).normal(size=5000) * 1.5))
    drawn = made(fit_column(series, column))
    assert abs(drawn.mean() / series.mean() - 1) < 0.05
    assert abs(drawn.std() / series.std() - 1) < 0.15
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert abs(np.log(drawn.quantile(share) / series.quantile(share))) < 0.12
    assert drawn.min() >= series.min()
    assert drawn.max() <= series.max()


def test_rare_numbers_are_not_repeated_and_frequent_ones_are():
    rng = RNG(0)
    values = rng.normal(size=3000)
    values[:300] = 7.25
    series, column = number(values)
    drawn = made(fit_column(series, column))
    assert abs((drawn == 7.25).mean() - 0.1) < 0.01
    assert set(drawn.filter(drawn != 7.25)) & set(values.tolist()) == set()


def test_a_lone_number_between_frequent_ones_is_blurred():
    series, column = number([0.0] * 500 + [10.0] * 499 + [4.123456789])
    drawn = made(fit_column(series, column), 50_000)
    between = drawn.filter((drawn != 0.0) & (drawn != 10.0))
    assert 20 < len(between) < 90
    assert between.n_unique() == len(between)


def test_grids():
    cents = RNG(0).integers(100, 90_000, 2000) / 100
    drawn = made(fit_column(*number(cents)))
    assert (drawn * 100).round(0).to_numpy() / 100 == pytest.approx(drawn.to_numpy(), abs=0)
    thousands = RNG(0).integers(1, 500, 2000) * 1000
    drawn = made(fit_column(*number(thousands, pl.Int64, integer=True)))
    assert drawn.dtype == pl.Int64
    assert (drawn % 1000 == 0).all()
    assert drawn.is_between(thousands.min(), thousands.max()).all()
    quarters = RNG(0).integers(2, 30, 500) / 4
    assert (made(fit_column(*number(quarters))) * 4 % 1 == 0).all()


def test_two_values_do_not_make_a_grid():
    drawn = made(fit_column(*number([20, 40, 20], pl.Int64, integer=True)))
    assert drawn.is_between(20, 40).all()
    assert drawn.n_unique() > 2


def test_times_keep_their_calendar_unit():
    days = pl.Series("x", RNG(0).integers(0, 900, 400)).cast(pl.Int64) * 86_400_000_000 + 1_420_070_400_000_000
    dates = days.cast(pl.Datetime("us"))
    drawn = made(fit_column(dates, Column(name="x", kind="time")))
    assert drawn.dtype == pl.Datetime("us")
    assert (drawn.dt.hour() == 0).all()
    assert (drawn.dt.microsecond() == 0).all()
    assert drawn.is_between(dates.min(), dates.max()).all()
    minutes = (days + pl.Series(RNG(1).integers(0, 1440, 400)) * 60_000_000).cast(pl.Datetime("us"))
    drawn = made(fit_column(minutes, Column(name="x", kind="time")))
    assert (drawn.dt.second() == 0).all()
    assert (drawn.dt.minute() != 0).any()


def test_large_whole_numbers_stay_exact_and_endless_spans_are_refused():
    big = 9_000_000_000_000_000 + RNG(0).integers(0, 50, 300)
    drawn = made(fit_column(*number(big, pl.Int64, integer=True)))
    assert drawn.is_between(int(big.min()), int(big.max())).all()
    assert drawn.n_unique() > 40
    with pytest.raises(Refusal, match="'x' spans"):
        fit_column(*number([-(2**62), 2**62, 5], pl.Int64, integer=True))


def test_declared_bounds_hold():
    series, column = number(np.r_[RNG(0).uniform(0, 100, 500), -5.0], low=0.0, high=90.0)
    drawn = made(fit_column(series, column))
    assert drawn.is_between(0.0, 90.0).all()
    ages, column = number([-1, *range(200)], pl.Int64, integer=True, low=0, high=120)
    assert made(fit_column(ages, column)).is_between(0, 120).all()


def test_levels_bools_and_text():
    series = pl.Series("x", ["a"] * 70 + ["b"] * 25 + ["é"] + [None] * 4)
    drawn = made(fit_column(series, Column(name="x", kind="category")))
    share = dict(drawn.value_counts(normalize=True).rows())
    assert share["a"] == pytest.approx(0.7, abs=0.02)
    assert share["é"] == pytest.approx(0.01, abs=0.004)
    assert share[None] == pytest.approx(0.04, abs=0.01)
    flags = pl.Series("x", [True, False, False, None])
    drawn = made(fit_column(flags, Column(name="x", kind="bool")))
    assert drawn.dtype == pl.Boolean
    assert drawn.mean() == pytest.approx(1 / 3, abs=0.02)
    said = pl.Series("x", ["yes"] * 50 + [f"my name is {i}" for i in range(50)])
    drawn = made(fit_column(said, Column(name="x", kind="text")))
    assert set(drawn) == {"yes", None}


def test_levels_follow_the_order_given():
    series = pl.Series("x", ["a"] * 5 + ["b"] * 3 + ["c"] * 2)
    fitted = fit_column(series, Column(name="x", kind="category"), order=("c", "a", "b"))
    assert fitted.levels == ("c", "a", "b")
    assert decode(fitted, np.array([0.0, 0.19, 0.21, 0.69, 0.71, 0.999])).to_list() == [
        "c",
        "c",
        "a",
        "a",
        "b",
        "b",
    ]


def test_arrays_are_refused():
    with pytest.raises(Refusal, match="array"):
        fit_column(pl.Series("x", [[1.0]]), Column(name="x", kind="array", shape=(1,)))


@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-1000, 1000).map(float)), min_size=1, max_size=60
    )
)
def test_any_numbers_stay_in_range(values):
    series, column = number(values)
    fitted = fit_column(series, column)
    drawn = decode(fitted, np.r_[0.0, RNG(0).random(50), 1.0 - 2**-53])
    known = series.drop_nulls()
    if not len(known):
        assert drawn.null_count() == 52
        return
    slack = 1e-9 * (1 + abs(known.min()) + abs(known.max()))
    assert drawn.drop_nulls().is_between(known.min() - slack, known.max() + slack).all()
    assert np.isfinite(drawn.drop_nulls().to_numpy()).all()
    points = encode(fitted, series, RNG(0))
    assert ((points >= 0) & (points <= 1)).all()


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=40))
def test_positions_of_any_whole_numbers_lead_back(values):
    series = pl.Series("x", values, dtype=pl.Int64)
    grid = find_grid(series)
    assert at_positions(positions(series, grid), grid, pl.Int64(), "x").to_list() == values


def test_maps_survive_storage(tmp_path):
    data = mixed_table(300)
    maps = {c.name: fit_column(data.main[c.name], c) for c in data.schema.main_table.columns}
    save_maps(tmp_path, "maps", maps, {"more": np.arange(3)})
    loaded, arrays = load_maps(tmp_path, "maps", data)
    assert arrays["more"].tolist() == [0, 1, 2]
    points = RNG(0).random(500)
    for name, fitted in maps.items():
        assert decode(loaded[name], points).equals(decode(fitted, points))
        info, own = to_state(fitted)
        assert decode(from_state(info, own, data.main.schema[name]), points).equals(decode(fitted, points))
