"""Visits: a planted structure is found again, conditions are exact, floors hold, and bytes repeat."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("torch", reason="the extra neural is not installed")

from abound.core.context import Context
from abound.core.dataset import Dataset, table_bytes
from abound.core.registry import create
from abound.core.slice import Has, Slice, Term
from abound.errors import Refusal, WhereRefused
from tests.planted import mixed_table
from tests.planted_visits import streams

pytestmark = pytest.mark.slow


@functools.cache
def fitted():
    return create("generator", "visits", {"size": "small", "minutes": 0.35}).fit(streams(), Context(seed=1))


@functools.cache
def made() -> Dataset:
    return fitted().sample(400, rng=np.random.default_rng(0))


def sliced(*terms: Term | Has) -> Slice:
    return Slice(on="persons", terms=terms)


def is_(column: str, value: str) -> Term:
    return Term(column=column, op="==", value=value)


def test_the_shape_is_that_of_the_data() -> None:
    real, data = streams(), made()
    assert data.schema == real.schema
    assert [data.table(t).schema == real.table(t).schema for t in real.tables] == [True, True]
    assert data.origin == "synthetic"
    assert data.main["id"].n_unique() == len(data) == 400
    assert set(data.table("events")["id"]) <= set(data.main["id"])
    assert data.main["dies"].null_count() == 0


def test_a_code_that_follows_another_does() -> None:
    events = made().table("events")
    visits = events.group_by("id", "hours").agg(pl.col("code")).sort("id", "hours")
    has = visits.with_columns(
        pl.col("code").list.contains("result").alias("result"),
        pl.col("code").list.contains("order").shift(1).over("id").fill_null(False).alias("ordered"),
    )
    after, other = has.filter("ordered")["result"].mean(), has.filter(~pl.col("ordered"))["result"].mean()
    assert after > 0.8
    assert other < 0.15
    assert has["code"].list.contains("pulse").mean() > 0.9


def test_values_depend_on_statics_and_outcome() -> None:
    data = made()
    pulse = data.table("events").filter(pl.col("code") == "pulse").join(data.main, on="id")
    mean = {k[0]: float(f["value"].mean()) for k, f in pulse.group_by(pl.col("sex") + pl.col("dies"))}
    for group, true in {"Fno": 60, "Mno": 90, "Fyes": 85, "Myes": 115}.items():
        assert mean[group] == pytest.approx(true, abs=10), group


def test_times_and_lengths_are_as_they_are() -> None:
    times = made().table("events").unique(["id", "hours"]).sort("id", "hours")
    gaps = times.select(pl.col("hours").diff().over("id"))["hours"].drop_nulls()
    assert set(gaps) <= {6, 12}
    lengths = times.group_by("id").len()["len"]
    assert lengths.mean() == pytest.approx(6.5, abs=0.7)
    assert lengths.max() <= 9


def test_what_few_persons_have_does_not_come_out() -> None:
    real, data = streams().table("events"), made().table("events")
    assert "odd" not in set(data["code"])
    held = real.group_by("code", "value").agg(pl.col("id").n_unique().alias("persons")).drop_nulls("value")
    rare = held.filter(pl.col("persons") < 10)
    assert not data.join(rare, on=["code", "value"]).height
    assert data["value"].max() < 200
    assert any("3 events were not learned" in n for n in made().notes)


def test_conditions_on_persons_are_exact_and_those_on_events_filter() -> None:
    rare = sliced(is_("dies", "yes"), is_("sex", "F"), Term(column="age", op=">", value=75))
    assert fitted().support(rare, None) == "exact"
    found = fitted().sample(60, rng=np.random.default_rng(3), where=rare)
    assert len(found) == 60
    assert bool(found.mask(rare).all())
    pulse = found.table("events").filter(pl.col("code") == "pulse")["value"].mean()
    assert pulse == pytest.approx(85, abs=10)
    assert fitted().support(sliced(Has(table="events", terms=(is_("code", "order"),))), None) == "filter"
    with pytest.raises(WhereRefused, match="hardly any with age > 200"):
        fitted().sample(5, rng=np.random.default_rng(0), where=sliced(Term(column="age", op=">", value=200)))


def test_given_persons_keep_what_they_have() -> None:
    given = streams(50, seed=5)
    data = fitted().sample(50, rng=np.random.default_rng(0), given=given)
    assert data.main.equals(given.main)
    assert set(data.table("events")["id"]) <= set(given.main["id"])


def test_bytes_repeat_from_a_saved_sampler(tmp_path: Path) -> None:
    fitted().save(tmp_path)
    assert not [p for p in tmp_path.iterdir() if p.suffix not in (".json", ".safetensors", ".parquet")]
    again = create("generator", "visits").load(tmp_path).sample(400, rng=np.random.default_rng(0))
    for name in ("persons", "events"):
        assert table_bytes(again.table(name)) == table_bytes(made().table(name))
    other = fitted().sample(400, rng=np.random.default_rng(1))
    assert table_bytes(other.table("events")) != table_bytes(made().table("events"))


def test_the_same_fit_gives_the_same_bytes() -> None:
    tiny = {"size": "small", "minutes": 0.05}
    one, two = (create("generator", "visits", tiny).fit(streams(200), Context(seed=2)) for _ in range(2))
    rows = [s.sample(20, rng=np.random.default_rng(0)).table("events") for s in (one, two)]
    assert table_bytes(rows[0]) == table_bytes(rows[1])


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(Refusal, match="no set of records"):
        create("generator", "visits").fit(mixed_table(50), Context())
    with pytest.raises(Refusal, match="fewer than 10 persons share, and there are 5"):
        create("generator", "visits").fit(streams(400).take(range(5)), Context())
    with pytest.raises(Refusal, match=r"needs about \d+ CPU minutes for"):
        create("generator", "visits", {"minutes": 0.0001}).fit(streams(), Context())
