"""Ten million rows: time and memory of the questions that every stage asks."""

from __future__ import annotations

import resource
import time

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table
from abound.core.slice import Has, Slice, Term

N = 10_000_000


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.slow
def test_support_of_two_terms_on_ten_million_rows() -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"age": rng.integers(18, 90, N), "job": pl.Series(rng.integers(0, 9, N)).cast(pl.String)})
    columns = (Column(name="age", kind="number", integer=True), Column(name="job", kind="category"))
    data = Dataset(Schema(main="r", tables={"r": Table(name="r", columns=columns)}), {"r": frame.lazy()})
    data.main  # noqa: B018 (collecting is not what is timed)
    before, start = peak_bytes(), time.perf_counter()
    rows = data.support(Slice.parse("age < 25 and job = 3", "r")).rows
    seconds, grown = time.perf_counter() - start, peak_bytes() - before
    assert rows == ((frame["age"] < 25) & (frame["job"] == "3")).sum()
    assert seconds < 5, seconds
    assert grown < 500e6, grown


@pytest.mark.slow
def test_the_same_row_below_on_ten_million_events() -> None:
    rng = np.random.default_rng(1)
    stays = pl.DataFrame({"stay": np.arange(N // 100), "person": rng.integers(0, N // 200, N // 100)})
    kinds = pl.Series(rng.integers(0, 30, N)).cast(pl.String)
    events = pl.DataFrame({"stay": rng.integers(0, N // 100, N), "kind": kinds, "value": rng.normal(size=N)})
    schema = Schema(
        main="stays",
        tables={
            "stays": Table(
                name="stays", key="stay", columns=(Column(name="stay", kind="id"), Column(name="person", kind="id"))
            ),
            "events": Table(
                name="events",
                columns=(
                    Column(name="stay", kind="id"),
                    Column(name="kind", kind="category"),
                    Column(name="value", kind="number"),
                ),
            ),
        },
        links=(Link(child="events", column="stay", parent="stays"),),
        group="person",
    )
    data = Dataset(schema, {"stays": stays.lazy(), "events": events.lazy()})
    data.main  # noqa: B018
    terms = (Term(column="kind", op="==", value="7"), Term(column="value", op=">", value=2.5))
    start = time.perf_counter()
    support = data.support(Slice(on="stays", terms=(Has(table="events", terms=terms),)))
    seconds = time.perf_counter() - start
    hit = events.filter((pl.col("kind") == "7") & (pl.col("value") > 2.5))["stay"].unique()
    assert support.rows == hit.len()
    assert support.groups == stays.filter(pl.col("stay").is_in(hit.implode()))["person"].n_unique()
    assert seconds < 5, seconds
    start = time.perf_counter()
    drawn = data.take(rng.integers(0, len(data), len(data)))
    assert len(drawn) == len(data)
    assert time.perf_counter() - start < 60
