"""The advice agrees with the verdict: what helps is advised, what nothing shows to beat the real rows is not."""

from __future__ import annotations

import pytest

from abound.core.study import ArmResult, Claim, Estimate
from abound.proof.remedy import remedy


def arm(name, tune, low):
    role = "candidate" if name == "mixed" else "control"
    gain = None if name == "real_only" else Estimate(mean=0.05, low=low, high=0.11)
    return ArmResult(
        arm=name, role=role, same_learner=True, description=name, repeats=10, train_rows=300, train_weight=300,
        tune=tune, test=Estimate(mean=0.6, low=0.5, high=0.7), versus_real=gain,
    )  # fmt: skip


def claim(verdict):
    return Claim(
        arm="mixed", control="relabelled", metric="average_precision", slice=None, difference=0.04, low=0.01,
        high=0.07, level=0.95, margin=0.01, verdict=verdict, units=500, positives=100, groups=500, repeats=10,
        limited_by="repeats", sentence="",
    )  # fmt: skip


@pytest.mark.parametrize(("verdict", "low", "advised"), [
    ("helps", -0.01, "mixed"),  # beats the best control, though its interval against the real rows is wide
    ("not enough evidence", -0.01, "real_only"),
    ("not enough evidence", 0.01, "relabelled"),
])  # fmt: skip
def test_the_advice_follows_the_verdict(verdict, low, advised):
    arms = [arm("mixed", 0.60, low), arm("real_only", 0.55, None), arm("relabelled", 0.61, low)]
    found = remedy(arms, True, "average_precision", "tree", (), [claim(verdict)])
    assert found.arm == advised
    assert ("over relabelled" in found.sentence) == (verdict == "helps")
