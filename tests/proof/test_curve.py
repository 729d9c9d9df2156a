"""Shares of the synthetic rows are nested, keep every real row, and make a curve."""

import numpy as np
import polars as pl

from abound.core.study import ArmResult, Estimate
from abound.proof.curve import arm_name, curve, part_of, share_of
from abound.stages.read import read


def mixed():
    frame = pl.DataFrame({"x": np.arange(60) + 0.5, "y": ["a", "b"] * 30})
    data = read(frame, target="y")
    origin = [None] * 20 + ["synthetic"] * 40
    return data.with_table(data.schema.main, data.main.with_columns(pl.Series("_origin", origin)))


def result(arm: str, mean: float, role: str = "candidate") -> ArmResult:
    return ArmResult(
        arm=arm, role=role, same_learner=True, description="", repeats=2, train_rows=50, train_weight=50, tune=mean,
        test=Estimate(mean=mean, low=mean - 0.1, high=mean + 0.1),
    )  # fmt: skip


def test_smaller_shares_are_parts_of_larger_ones_and_real_rows_stay():
    arm = mixed()
    quarter, half = (part_of(arm, s, np.random.default_rng(3)) for s in (0.25, 0.5))
    assert (len(quarter), len(half)) == (30, 40)
    first, second = (set(d.main["x"]) for d in (quarter, half))
    assert set(np.arange(20) + 0.5) <= first < second


def test_names_and_shares_are_the_same_both_ways():
    for share in (0.125, 0.25, 0.5, 1.0):
        assert share_of(arm_name("mixed", share)) == share
    assert arm_name("mixed", 1.0) == "mixed"


def test_the_curve_is_of_the_chosen_family_and_begins_with_no_synthetic_rows():
    arms = [result("mixed", 0.7), result("mixed_25_percent", 0.6), result("real_only", 0.5, "control")]
    points = curve([*arms, result("other", 0.9)], "mixed")
    assert [(p.name, p.value) for p in points] == [("share 0", 0.5), ("share 0.25", 0.6), ("share 1", 0.7)]
    assert curve([result("mixed", 0.7), arms[2]], "mixed") == ()
