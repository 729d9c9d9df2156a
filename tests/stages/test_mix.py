"""Mix: real rows first, dropped rows gone and counted, columns and weights as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from abound.core.audit import Audit, Finding
from abound.core.recipe import Use
from abound.errors import InputError, SchemaError, UnknownName
from abound.stages.mix import mix
from tests.planted import mixed_table


def made(n=50, seed=5):
    """Rows as `generate` returns them."""
    data = mixed_table(n, seed)
    frame = data.main.with_columns(pl.lit("synthetic").alias("_origin"), pl.lit("abc").alias("_order"))
    return replace(data.with_table("rows", frame), origin="synthetic", split=None)


def audit(*rows, action="drop"):
    finding = Finding(check="copies", name="c", value=0.0, verdict="fail", action=action, sentence="s", rows=rows)
    return Audit(findings=(finding,))


@pytest.fixture
def train():
    return mixed_table(80)


def test_real_rows_come_first_and_unchanged(train):
    mixed = mix(made(), train, train, Audit())
    assert len(mixed) == 130
    assert mixed.main.select(train.main.columns).head(80).equals(train.main)
    assert mixed.main["_origin"].to_list() == ["real"] * 80 + ["synthetic"] * 50
    assert (mixed.origin, mixed.split, mixed.schema) == ("mixed", "train", train.schema)
    assert mixed.main["_order"].null_count() == 80


def test_dropped_rows_are_gone_and_counted(train):
    synth = made()
    mixed = mix(synth, train, train, audit(0, 7, 49))
    assert len(mixed) == 127
    kept = np.setdiff1d(np.arange(50), [0, 7, 49])
    assert mixed.main.tail(47)["income"].equals(synth.main["income"][kept])
    assert mixed.notes[-1] == "47 synthetic rows follow 80 real ones; the audit dropped 3 rows"


def test_other_actions_drop_nothing(train):
    assert len(mix(made(), train, train, audit(1, 2, action="repair"))) == 130


def test_all_dropped_and_none_made(train):
    assert len(mix(made(), train, train, audit(*range(50)))) == 80
    empty = made().take([])
    mixed = mix(empty, train, train, Audit())
    assert len(mixed) == 80
    assert mixed.main.schema["income"] == train.main.schema["income"]


def test_weights_and_soft_labels_travel(train):
    synth = made()
    frame = synth.main.with_columns(pl.lit(0.5).alias("_weight"), pl.lit(0.3).alias("_soft:yes"))
    mixed = mix(synth.with_table("rows", frame), train, train, Audit())
    assert mixed.weights().tolist() == [1.0] * 80 + [0.5] * 50
    assert mixed.main["_soft:yes"].null_count() == 80


def test_rows_that_do_not_fit_are_refused(train):
    synth = made()
    with pytest.raises(SchemaError, match=r"no column rows\.job"):
        mix(synth.with_table("rows", synth.main.drop("job")), train, train, Audit())
    wrong = synth.main.with_columns(pl.col("age").cast(pl.Float64))
    with pytest.raises(SchemaError, match=r"rows\.age is Int64 in the real and Float64"):
        mix(synth.with_table("rows", wrong), train, train, Audit())
    with pytest.raises(InputError, match="another set"):
        mix(synth, train, train, audit(50))
    with pytest.raises(UnknownName, match="append"):
        mix(synth, train, train, Audit(), mixer=Use(name="apend"))
