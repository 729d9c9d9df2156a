"""Rows unlike real ones are left out, the others weigh what the audit says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.audit import Audit, Finding
from abound.core.recipe import Use
from abound.errors import InputError
from abound.stages.mix import mix
from tests.checks.cases import parts, put

USE = Use(name="filter_and_weight")


def finding(check, action, **more):
    return Finding(check=check, name="n", value=0.7, verdict="fail", action=action, sentence="s.", **more)


def made():
    synth, train, tune = parts(60, 40, 40)
    return put(synth, _origin=pl.lit("synthetic")), train, tune


def test_dropped_rows_and_rows_without_weight_are_left_out():
    synth, train, tune = made()
    weights = (0.0,) * 10 + (1.0,) * 25 + (3.0,) * 25
    audit = Audit(findings=(finding("copies", "drop", rows=(59,)), finding("gap_test", "weight", weights=weights)))
    mixed = mix(synth, train, tune, audit, mixer=USE)
    assert len(mixed) == 40 + 49
    own = mixed.weights()
    assert (own[:40] == 1).all()
    assert own[40:].mean() == pytest.approx(1.0)
    assert own[-1] == pytest.approx(3 * own[40])
    assert "10 more lie where no real row is" in mixed.notes[-1]


def test_a_few_large_weights_are_brought_together():
    synth, train, tune = made()
    weights = (10.0,) * 2 + (0.1,) * 58
    mixed = mix(synth, train, tune, Audit(findings=(finding("gap_test", "weight", weights=weights),)), mixer=USE)
    own = mixed.weights()[40:]
    assert own.sum() ** 2 / (60 * (own**2).sum()) >= 0.3
    assert np.unique(own.round(9)).size == 2


def test_a_set_that_was_not_told_apart_counts_equally():
    synth, train, tune = made()
    mixed = mix(synth, train, tune, Audit(), mixer=Use(name="filter_and_weight", params={"weight": 0.5}))
    assert (mixed.weights()[40:] == 0.5).all()


def test_weights_of_another_set_are_refused():
    synth, train, tune = made()
    with pytest.raises(InputError, match="weighs 3 rows and the synthetic set has 60"):
        mix(synth, train, tune, Audit(findings=(finding("gap_test", "weight", weights=(1.0,) * 3),)), mixer=USE)
