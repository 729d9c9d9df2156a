"""What answers of people who tell real from synthetic can show: limits of a share, agreement, how many to ask.

Answers are arrays: `right` (answers,) 0 or 1; `item` (answers,) which item each is about; ratings (items, raters)
hold category numbers, with -1 where a rater gave no answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abound.stats.intervals import wilson

Ints = NDArray[np.int64]
CHANCE = 0.5
CONFIDENCE = 0.95
POWER = 0.8


def exact_limits(hits: int, n: int, level: float = CONFIDENCE) -> tuple[float, float]:
    """Lower and upper limit of a share, each one-sided at `level` (Clopper and Pearson 1934); (0, 1) where n is 0.

    0 of 60 gives an upper limit of .0487: fewer than one in twenty.
    """
    from scipy.stats import beta

    low = 0.0 if hits == 0 else float(beta.ppf(1 - level, hits, n - hits + 1))
    return low, 1.0 if hits == n else float(beta.ppf(level, hits + 1, n - hits))


def answers_needed(limit: float) -> int:
    """Independent answers with which guessing rules out an accuracy above `limit`, four times in five.

    n = [(z_.95 + z_.8) / 2 / (limit - 1/2)]^2, the normal approximation to the one-sided test of a share: 155 for
    .60 and 69 for .65. ValueError where the limit is not between .5 and 1.
    """
    if not CHANCE < limit < 1:
        raise ValueError(f"the limit must lie between .5 and 1, not at {limit}")
    return math.ceil((_reach() / (limit - CHANCE)) ** 2)


def _reach() -> float:
    """What is left between 1/2 and the limit, times the root of the answers."""
    from scipy.stats import norm

    return float(norm.ppf(CONFIDENCE) + norm.ppf(POWER)) / 2


def ruled_out(hits: float, n: float) -> float | None:
    """The smallest accuracy, in hundredths, of which all above is ruled out; None where none below 1 is.

    It is the upper end of Wilson's one-sided 95 % interval, but never less than what so many answers are planned to
    show (`answers_needed`): a lucky streak of wrong answers certifies no more than its number can.
    """
    if n <= 0:
        return None
    least = CHANCE + _reach() / math.sqrt(n)
    bound = max(wilson(hits, n, 2 * CONFIDENCE - 1)[1], least)
    hundredths = math.ceil(100 * bound - 1e-9)
    return hundredths / 100 if hundredths < 100 else None


def effective_number(right: NDArray[np.float64], item: Ints) -> float:
    """Independent answers that these are worth: answers about one item by several raters are no separate evidence.

    n over the design effect (Kish 1965), the ratio of the variance of the mean over whole items to that over single
    answers. It is never above n nor below the number of items, and where every answer is alike (no variance to
    compare) it is the number of items.
    """
    _, index = np.unique(item, return_inverse=True)
    n, items = len(right), int(index.max()) + 1 if len(right) else 0
    share = float(right.mean()) if n else 0.0
    if items < 2 or share in (0.0, 1.0):
        return float(items)
    sums = np.bincount(index, weights=right - share)
    between = float((sums**2).sum()) / n**2 * items / (items - 1)
    within = share * (1 - share) / n
    return float(np.clip(n * within / between, items, n)) if between > 0 else float(n)


@dataclass(frozen=True)
class Agreement:
    """Kappa of raters on the items that all of them answered; `kappa` is None where it is not defined."""

    kappa: float | None
    low: float | None
    high: float | None
    items: int
    raters: int

    @property
    def name(self) -> str:
        """Whose kappa it is."""
        return "Cohen's kappa" if self.raters == 2 else "Fleiss' kappa"


def agreement(ratings: Ints, level: float = CONFIDENCE) -> Agreement:
    """Cohen's kappa (1960) for two raters, Fleiss' (1971) for more, with a jackknife interval over items.

    ratings: (items, raters) category numbers, -1 for none; only complete rows count. Kappa is 1 for full agreement,
    0 for what the raters' leanings alone give. It is undefined where all answers are the same category.
    """
    from scipy.stats import t

    whole = ratings[(ratings >= 0).all(axis=1)] if ratings.size else ratings.reshape(0, ratings.shape[1])
    items, raters = whole.shape
    kappa = _kappa(whole) if items and raters > 1 else None
    if kappa is None or items < 3:
        return Agreement(kappa, None, None, items, raters)
    without = [_kappa(np.delete(whole, i, axis=0)) for i in range(items)]
    known = np.array([k for k in without if k is not None])
    if len(known) < items:
        return Agreement(kappa, None, None, items, raters)
    error = math.sqrt((items - 1) / items * float(((known - known.mean()) ** 2).sum()))
    half = float(t.ppf(0.5 + level / 2, items - 1)) * error
    return Agreement(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), items, raters)


def _kappa(ratings: Ints) -> float | None:
    """Observed agreement of pairs of raters beyond what chance gives, over what is left beyond chance."""
    items, raters = ratings.shape
    counts = np.stack([(ratings == c).sum(axis=1) for c in range(int(ratings.max()) + 1)], axis=1).astype(float)
    observed = float((counts * (counts - 1)).sum() / (items * raters * (raters - 1)))
    if raters == 2:
        shares = [np.bincount(ratings[:, r], minlength=counts.shape[1]) / items for r in (0, 1)]
        expected = float(shares[0] @ shares[1])
    else:
        expected = float(((counts.sum(axis=0) / (items * raters)) ** 2).sum())
    return None if expected > 1 - 1e-12 else (observed - expected) / (1 - expected)
