"""Balance: what is planted is a class that lacks rows; it gets them, and no more."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.audit import Audit
from abound.core.labels import codes
from abound.core.recipe import Use
from abound.errors import InputError, Refusal
from abound.stages.mix import mix
from tests.planted import mixed_table


def made(n=900, rare=0.5):
    data = mixed_table(n, seed=7, rare=rare)
    return data.with_table("rows", data.main.with_columns(_origin=pl.lit("synthetic")))


def balanced(train, synth, **params):
    mixed = mix(synth, train, train, Audit(), mixer=Use(name="balance", params=params))
    weight = np.bincount(codes(mixed, mixed.schema.task()), weights=mixed.weights())
    fake = mixed.main["_origin"].to_numpy() == "synthetic"
    return mixed, weight, fake


def test_the_rare_class_is_brought_up_to_the_common_one():
    train = mixed_table(400, rare=0.1)
    _, weight, fake = balanced(train, made(), common=0.0)
    assert weight.tolist() == [360, 360]
    assert fake.sum() == 320


def test_common_rows_keep_their_share_of_the_synthetic_ones():
    train = mixed_table(400, rare=0.2)
    mixed, weight, fake = balanced(train, made(), most=2.0)
    common = (codes(mixed, mixed.schema.task()) == 0) & fake
    assert common.sum() / fake.sum() == pytest.approx(0.25, abs=0.01)
    assert weight[1] == 320


def test_synthetic_rows_never_outweigh_real_ones():
    train = mixed_table(300, rare=0.1)
    _, _, fake = balanced(train, made(3_000), most=0.5)
    assert fake.sum() in (149, 150)


def test_a_wanted_share_and_down_weighting():
    train = mixed_table(400, rare=0.1)
    mixed, weight, fake = balanced(train, made(), share=0.25, weight=0.5, common=0.0)
    assert weight[1] / weight.sum() == pytest.approx(0.25, abs=0.005)
    assert set(mixed.weights()[fake]) == {0.5}
    assert mixed.weights()[~fake].sum() == 400
    assert "counts 0.5 times" in mixed.notes[-1]


def test_a_balanced_set_gets_nothing():
    train = mixed_table(400, rare=0.5)
    assert not balanced(train, made())[2].any()


def test_no_classes_and_bad_parameters():
    data = mixed_table(100)
    bare = data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": ()}))
    with pytest.raises(Refusal, match="use the mixer append"):
        mix(bare, bare, bare, Audit(), mixer=Use(name="balance"))
    with pytest.raises(InputError, match="weight"):
        mix(data, data, data, Audit(), mixer=Use(name="balance", params={"weight": 0}))


def test_append_weighs_synthetic_rows_down():
    train, synth = mixed_table(80), made(40)
    mixed = mix(synth, train, train, Audit(), mixer=Use(name="append", params={"weight": 0.25}))
    assert mixed.weights().tolist() == [1.0] * 80 + [0.25] * 40
    assert "_weight" not in mix(synth, train, train, Audit()).main.columns
