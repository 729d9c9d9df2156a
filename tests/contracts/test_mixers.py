"""Laws for every mixer: no real row is lost, no dropped row is kept, the schema stays, same seed same bytes."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from abound.core import registry
from abound.core.audit import Audit, Finding
from abound.core.recipe import Use
from abound.stages.mix import mix
from tests.planted import mixed_table

NAMES = registry.names("mixer")


def synthetic(n):
    data = mixed_table(60, seed=9).take(range(n))
    frame = data.main.with_columns(pl.lit("synthetic").alias("_origin"), pl.Series("_place", range(n)))
    return replace(data.with_table("rows", frame), origin="synthetic", split=None)


def drops(*rows):
    finding = Finding(check="copies", name="c", value=0.0, verdict="fail", action="drop", sentence="s", rows=rows)
    return Audit(findings=(finding,))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, 1, 60])
def test_every_real_row_is_kept(name, n):
    train, tune = mixed_table(100), mixed_table(40, seed=1)
    mixed = mix(synthetic(n), train, tune, Audit(), mixer=Use(name=name))
    real = mixed.main.filter(pl.col("_origin") == "real").select(train.main.columns)
    assert real.equals(train.main)
    assert mixed.schema == train.schema
    assert mixed.origin == "mixed"
    assert {c: t for c, t in mixed.main.schema.items() if not c.startswith("_")} == dict(train.main.schema)


@pytest.mark.parametrize("name", NAMES)
def test_dropped_rows_do_not_come_through(name):
    train = mixed_table(100)
    mixed = mix(synthetic(30), train, train, drops(3, 4, 29), mixer=Use(name=name))
    places = set(mixed.main.filter(pl.col("_origin") == "synthetic")["_place"].to_list())
    assert places <= set(range(30)) - {3, 4, 29}
    assert any("dropped 3" in n for n in mixed.notes)


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_finite_and_not_negative(name):
    train = mixed_table(100)
    weights = mix(synthetic(30), train, train, Audit(), mixer=Use(name=name)).weights()
    assert ((weights >= 0) & (weights < float("inf"))).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_bytes(name):
    train = mixed_table(100)
    one, two = (mix(synthetic(30), train, train, drops(1), mixer=Use(name=name), seed=4) for _ in range(2))
    assert one.digest == two.digest


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name):
    spec = registry.spec("mixer", name)
    assert (spec.kind, spec.name) == ("mixer", name)
    assert spec.summary.endswith(".")
