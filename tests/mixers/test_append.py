"""Append with `relabel`: real rows carry what the relabelled controls train on, synthetic rows stay as they are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.audit import Audit
from abound.core.context import Context
from abound.core.labels import PROBABILITY
from abound.core.recipe import Use
from abound.encoding.training import SOFT, soft_labels
from abound.errors import InputError, Refusal
from abound.stages.mix import mix
from tests.planted import mixed_table

TEACHER = "linear"


def made(n=30):
    data = mixed_table(n, seed=7)
    return data.with_table("rows", data.main.with_columns(_origin=pl.lit("synthetic")))


def appended(train, synth, ctx, **params):
    use = Use(name="append", params={"teacher": TEACHER, **params})
    return mix(synth, train, train, Audit(), mixer=use, ctx=ctx)


@pytest.mark.parametrize("relabel", ["in_sample", "out_of_fold"])
def test_real_rows_carry_the_labels_of_the_controls_teacher(relabel):
    train, synth, ctx = mixed_table(80), made(), Context(seed=3, refit=2)
    mixed = appended(train, synth, ctx.at("mix", 2), relabel=relabel)
    fit = ctx.at("prove", 2).crossfit(train, TEACHER)
    pred = fit.out_of_fold if relabel == "out_of_fold" else fit.mean(train)
    soft = mixed.main.select(pl.col(f"^{SOFT}.*$")).head(80)
    assert np.allclose(soft.to_numpy(), pred.select(pl.col(f"^{PROBABILITY}.*$")).to_numpy())
    task = train.schema.task()
    assert np.isnan(soft_labels(mixed, task)[80:]).all()
    assert mixed.main[task.targets[0]].tail(30).equals(synth.main[task.targets[0]])
    assert mixed.main["_origin"].to_list() == ["real"] * 80 + ["synthetic"] * 30
    assert relabel.replace("_", " ") in mixed.notes[-1]


def test_by_default_real_rows_keep_their_own_labels():
    train = mixed_table(80)
    mixed = appended(train, made(), Context())
    target = train.schema.task().targets[0]
    assert mixed.main[target].head(80).equals(train.main[target])
    assert not [c for c in mixed.main.columns if c.startswith(SOFT)]


def test_a_data_set_without_a_target_and_an_unknown_choice():
    data = mixed_table(60)
    bare = data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": ()}))
    with pytest.raises(Refusal, match="leave relabel out"):
        mix(bare, bare, bare, Audit(), mixer=Use(name="append", params={"relabel": "in_sample"}))
    with pytest.raises(InputError, match="relabel"):
        mix(data, data, data, Audit(), mixer=Use(name="append", params={"relabel": "twice"}))
