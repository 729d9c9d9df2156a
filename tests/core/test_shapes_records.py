"""People with events: what "ever lactate > 4" means, counted twice by different code; on real stays too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table, Task
from abound.core.slice import Has, Slice, Term
from tests.planted import stays_with_events

LACTATE = Term(column="parameter", op="==", value="lactate")
ABOVE_4 = Term(column="value", op=">", value=4)
EVER = Slice(on="stays", terms=(Has(table="events", terms=(LACTATE, ABOVE_4)),))
FLAT = Slice(on="stays", terms=(Has(table="events", terms=(LACTATE,)), Has(table="events", terms=(ABOVE_4,))))


def by_hand(events: pl.DataFrame, key: str, parameter: str) -> tuple[int, int]:
    """Stays with a lactate row above 4; stays with a lactate row and some row above 4. Loops over plain lists."""
    ever, lactate, above = set(), set(), set()
    for stay, name, value in zip(*(events[c].to_list() for c in (key, "parameter", "value")), strict=True):
        if name == parameter:
            lactate.add(stay)
        if value is not None and value > 4:
            above.add(stay)
            if name == parameter:
                ever.add(stay)
    return len(ever), len(lactate & above)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_row_and_the_flat_reading_differ(seed: int) -> None:
    data = stays_with_events(150, seed=seed)
    same_row, flat = by_hand(data.table("events"), "stay", "lactate")
    assert data.support(EVER).rows == same_row
    assert data.support(FLAT).rows == flat
    assert 0 < same_row < flat / 1.5


def test_groups_of_the_slice_are_persons() -> None:
    data = stays_with_events(400, seed=2)
    mask = data.mask(EVER)
    persons = {p for p, m in zip(data.main["person"], mask, strict=True) if m}
    support = data.support(EVER)
    assert (support.main_rows, support.groups) == (mask.sum(), len(persons))
    rows = data.support(Slice(on="events", terms=(LACTATE, ABOVE_4)))
    assert rows.rows > rows.main_rows == support.rows
    assert rows.groups == support.groups


def test_statics_and_events_meet_in_one_slice() -> None:
    data = stays_with_events(150, seed=3)
    old = Slice(on="stays", terms=(Term(column="age", op=">=", value=70), *EVER.terms))
    events = Slice(on="events", terms=(LACTATE, ABOVE_4, Term(column="age", op=">=", value=70)))
    assert 0 < data.support(old).rows == data.support(events).main_rows


def test_taken_and_joined_stays_carry_their_events() -> None:
    data = stays_with_events(80, seed=4)
    kept = data.select(EVER)
    assert len(kept) == data.support(EVER).rows == kept.support(EVER).rows
    want = data.table("events").filter(pl.col("stay").is_in(kept.main["stay"].implode())).height
    assert kept.table("events").height == want
    doubled = data.concat_with(kept)
    assert doubled.support(EVER).rows == 2 * len(kept)
    assert doubled.table("events").height == data.table("events").height + want
    assert doubled.support(EVER).groups == data.support(EVER).groups


def physionet(real_file: Callable[[str], Path]) -> Dataset:
    """9,000 stays and 3.7 million events, typed as the schema says; -1 is how this set writes "unknown"."""
    stays = pl.read_parquet(real_file("ehr/physionet2012_stays.parquet"))
    events = pl.read_parquet(real_file("ehr/physionet2012_events.parquet"))
    numbers = ("age", "gender", "height", "weight", "icu_type")
    stays = stays.select(
        pl.col("record_id").cast(pl.Int64),
        "set",
        *(pl.when(pl.col(c) >= 0).then(pl.col(c).cast(pl.Float64)).alias(c) for c in numbers),
        (pl.col("in_hospital_death") == 1).alias("died"),
    )
    events = events.select(
        pl.col("record_id", "minute").cast(pl.Int64),
        pl.col("parameter").cast(pl.String),
        pl.when(pl.col("value") >= 0).then(pl.col("value").cast(pl.Float64)).alias("value"),
    )
    key = Column(name="record_id", kind="id", role="key")
    schema = Schema(
        main="stays",
        tables={
            "stays": Table(
                name="stays",
                key="record_id",
                columns=(
                    key,
                    Column(name="set", kind="category", domain=("a", "b", "c")),
                    *(Column(name=c, kind="number") for c in numbers),
                    Column(name="died", kind="bool", role="target"),
                ),
            ),
            "events": Table(
                name="events",
                columns=(
                    key,
                    Column(name="minute", kind="number", role="time", integer=True),
                    Column(name="parameter", kind="category", role="event"),
                    Column(name="value", kind="number"),
                ),
            ),
        },
        links=(Link(child="events", column="record_id", parent="stays"),),
        tasks=(Task(table="stays", targets=("died",), kind="classification"),),
    )
    return Dataset(schema, {"stays": stays.lazy(), "events": events.lazy()})


@pytest.mark.slow
def test_real_stays(real_file: Callable[[str], Path]) -> None:
    data = physionet(real_file)
    lactate = Term(column="parameter", op="==", value="Lactate")
    ever = Slice(on="stays", terms=(Has(table="events", terms=(lactate, ABOVE_4)),))
    flat = Slice(on="stays", terms=(Has(table="events", terms=(lactate,)), Has(table="events", terms=(ABOVE_4,))))
    events = data.table("events")
    is_lactate, above = pl.col("parameter") == "Lactate", pl.col("value") > 4
    stays = [events.filter(f)["record_id"].unique() for f in (is_lactate & above, is_lactate, above)]
    assert data.support(ever).rows == stays[0].len()
    assert data.support(flat).rows == stays[1].is_in(stays[2].implode()).sum()
    assert data.support(flat).rows > 3 * data.support(ever).rows
    rows = np.random.default_rng(0).integers(0, len(data), 3000)
    drawn = data.take(rows)
    assert drawn.mask(ever).to_list() == data.mask(ever).gather(rows).to_list()
    joined = data.concat_with(drawn)
    assert joined.support(ever).rows == data.support(ever).rows + drawn.support(ever).rows
