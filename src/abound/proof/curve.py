"""The ratio curve: candidates that hold a share of the synthetic rows, so that less (and none) can win.

More synthetic rows are not better beyond some ratio that is the generator's own (Azizi et al. 2023 found three
times the real rows useful, Fan et al. 2023 found harm beyond once): it has to be searched. The share is chosen on
tune, the claim is about the chosen share only, and the curve on test is shown for information.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from abound.core.gap import Evidence
from abound.core.study import ArmResult
from abound.proof.controls import synthetic_rows

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

_SHARE = re.compile(r"_(\d+(?:\.\d+)?)_percent$")


def arm_name(name: str, share: float) -> str:
    """The name of the candidate with that share: "mixed" for all rows, "mixed_25_percent" for a quarter."""
    return name if share == 1.0 else f"{name}_{100 * share:g}_percent"


def share_of(arm: str) -> float:
    """The share that `arm_name` wrote; 1 where there is none."""
    found = _SHARE.search(arm)
    return float(found[1]) / 100 if found else 1.0


def part_of(arm: Dataset, share: float, rng: np.random.Generator) -> Dataset:
    """The arm with that share of its synthetic rows, drawn at random; smaller shares are parts of larger ones.

    The same `rng` state must be passed for every share of an arm.
    """
    made = synthetic_rows(arm.main)
    kept = rng.permutation(made)[: round(share * len(made))]
    left = np.setdiff1d(made, kept)
    return arm.take(np.setdiff1d(np.arange(len(arm)), left))


def curve(arms: Sequence[ArmResult], chosen: str) -> tuple[Evidence, ...]:
    """Test scores by share for the family of the chosen candidate; share 0 is the real rows alone."""
    family = _SHARE.sub("", chosen)
    points = {share_of(a.arm): a for a in arms if a.role == "candidate" and _SHARE.sub("", a.arm) == family}
    real = next((a for a in arms if a.arm == "real_only"), None)
    if len(points) < 2:
        return ()
    known = ({0.0: real} if real else {}) | points
    return tuple(
        Evidence(
            name=f"share {share:g}", value=a.test.mean, low=a.test.low, high=a.test.high, n=round(a.train_rows)
        )
        for share, a in sorted(known.items())
    )
