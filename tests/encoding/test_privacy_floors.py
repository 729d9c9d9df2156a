"""Floors: what fewer than k persons have does not come out, and the shape of everything else stays."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.encoding.privacy_floors import (
    rare_codes,
    rare_values_in,
    relative,
    top_coded,
    value_floor,
    value_floors,
    with_floored_values,
    without_rare_codes,
)
from abound.errors import InputError
from abound.stages.read import read
from tests.planted_cohort import HR, LACTATE, cohort, frames, mapping


def holders(values: np.ndarray, persons: np.ndarray) -> dict[float, int]:
    """How many persons have each value, by a loop."""
    who: dict[float, set[int]] = {}
    for v, p in zip(values.tolist(), persons.tolist(), strict=True):
        who.setdefault(v, set()).add(p)
    return {v: len(p) for v, p in who.items()}


@given(
    seed=st.integers(0, 10_000), k=st.integers(2, 12), digits=st.sampled_from([0, 1, 6]), people=st.integers(1, 80)
)
def test_no_rare_value_comes_out(seed: int, k: int, digits: int, people: int) -> None:
    rng = np.random.default_rng(seed)
    persons = rng.integers(0, people, 200)
    values = np.round(rng.lognormal(2, 0.7, 200), digits)
    values[:40] = values[0]
    floor = value_floor(values, persons, k)
    count = holders(values, persons)
    if len(set(persons.tolist())) < k:
        assert len(floor) == 0
        assert np.isnan(floor.snapped(values)).all()
        return
    assert (np.diff(floor.values) > 0).all()
    assert (floor.persons >= k).all()
    out = floor.snapped(values)
    assert all(count.get(v, k) >= k for v in out.tolist())
    assert all(count.get(v, k) >= k for v in [*floor.lows.tolist(), *floor.highs.tolist()])
    group = floor.groups(values)
    for g in range(len(floor)):
        assert len(set(persons[group == g].tolist())) == floor.persons[g]


def test_common_values_stay_and_order_is_kept() -> None:
    rng = np.random.default_rng(0)
    persons = np.arange(2000)
    values = np.round(rng.normal(80, 12, 2000))
    floor = value_floor(values, persons)
    out = floor.snapped(values)
    common = [v for v, n in holders(values, persons).items() if n >= 10]
    assert np.array_equal(out[np.isin(values, common)], values[np.isin(values, common)])
    order = np.argsort(values, kind="stable")
    assert (np.diff(out[order]) >= 0).all()
    cuts = np.arange(40, 121)
    gap = np.abs((values[:, None] <= cuts).mean(axis=0) - (out[:, None] <= cuts).mean(axis=0))
    assert gap.max() <= 30 / 2000
    assert floor.snapped(np.array([-1e9, 1e9, np.nan]))[:2].tolist() == [floor.values[0], floor.values[-1]]


def test_one_person_with_many_values_is_one_person() -> None:
    values = np.r_[np.full(50, 999.0), np.arange(40, 60)]
    persons = np.r_[np.zeros(50), np.arange(1, 21)].astype(np.int64)
    assert 999.0 not in value_floor(values, persons).snapped(values)
    with pytest.raises(InputError, match="at least 2 persons"):
        value_floor(values, persons, 1)
    with pytest.raises(InputError, match="give each value its person"):
        value_floor(values, persons[1:])


def test_records_with_floored_values() -> None:
    data = cohort(200)
    floors = value_floors(data)
    assert set(floors) == {(HR, "bpm"), (LACTATE, "mmol/L"), ("Admission", None), ("MEDS_DEATH", None)} & set(
        floors
    )
    safe = with_floored_values(data, floors)
    assert rare_values_in(data, data)[LACTATE] > 0
    assert rare_values_in(safe, data) == {}
    assert 17.37 not in safe.table("events")["value"]
    kept = safe.table("events")["value"].is_null() == data.table("events")["value"].is_null()
    assert kept.all()


def test_rare_codes_are_left_out_with_all_that_names_them() -> None:
    data = cohort(200, rules=[{"kind": "nothing_after", "code": "MEDS_DEATH"}, {"kind": "no_duplicates"}])
    n = data.table("events").filter(pl.col("code") == "MEDS_DEATH")["pid"].n_unique()
    assert rare_codes(data, n) == {}
    assert rare_codes(data, n + 1) == {"MEDS_DEATH": n}
    safe = without_rare_codes(data, n + 1)
    assert "MEDS_DEATH" not in safe.table("events")["code"]
    assert "MEDS_DEATH" not in (safe.schema.tables["events"].column("code").domain or ())
    assert [r.kind for r in safe.schema.timeline] == ["no_duplicates"]
    assert f"fewer than {n + 1} persons" in safe.notes[-1]


def test_ages_end_at_90() -> None:
    assert top_coded(np.array([5.0, 89.0, 90.0, 104.0, np.nan]))[:4].tolist() == [5, 89, 90, 90]
    assert np.isnan(top_coded(np.array([np.nan])))[0]


def test_no_calendar_time_is_left() -> None:
    persons, events = frames(30)
    zero = datetime(2024, 5, 1)
    shift = pl.duration(days=pl.col("who") * 3)
    events = events.with_columns(
        (pl.lit(zero) + shift + pl.duration(minutes=(pl.col("hour") * 60).round())).alias("hour")
    )
    births = [datetime(1920, 1, 1) if i == 0 else datetime(1980, 1, 1) for i in range(30)]
    persons = persons.drop("age").with_columns(
        pl.Series("birth", births), (pl.lit(zero) + pl.duration(days=pl.col("pid") * 3)).alias("admitted"),
        pl.lit(1980).alias("year_of_birth"),
    )  # fmt: skip
    data = read(mapping(persons, events), target="died")
    first = relative(data)
    assert not any(t.is_temporal() for d in (first.main, first.table("events")) for t in d.dtypes)
    assert "year_of_birth" not in first.main.columns
    assert first.main["age"].to_list()[:2] == [90, 44]
    assert set(first.main["admitted"].drop_nulls()) == {0.0}
    plain = cohort(30)
    hours = first.table("events")["hours"]
    assert np.allclose(hours.to_numpy(), plain.table("events")["hours"].to_numpy(), atol=1 / 60)
    assert first.schema.tables["events"].column("hours").kind == "number"
    since = relative(data, zero="admitted")
    assert "admitted" not in since.main.columns
    assert np.allclose(since.table("events")["hours"].to_numpy(), hours.to_numpy())
    assert relative(plain) is plain
