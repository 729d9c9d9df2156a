"""A slice that was found on coarse cuts, with the cuts that fit it best.

The full search needs few cuts, or there would be too many slices to beat chance. What it finds lies across the rows
that matter: each condition in turn is moved to the best range between fine cuts while the others hold, a condition
is added where it makes a difference, and those that make none are dropped, until nothing changes. The slice was
significant before, and its final form is to be tested on rows that had no part in this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from abound.stats.dealing import LARGEST, Residuals, normal_scale, standard
from abound.stats.lattice import Axis, Condition, blocks, choices, inside

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Conditions = tuple[Condition, ...]
_ROUNDS = 4


def sharpened(
    axes: Sequence[Axis], r: Residuals, conditions: Conditions, support: int, terms: int
) -> tuple[float, Conditions]:
    """The statistic of the slice in its best form, and its conditions in the order of their axes."""
    need = _bar(axes, support)
    best = without_idle(axes, r, conditions, need)
    for _ in range(_ROUNDS):
        before = best
        for place in range(len(best)):
            rest = best[:place] + best[place + 1 :]
            best = tuple(sorted((*rest, _moved(axes, r, rest, best[place], support))))
        if len(best) < terms:
            best = _extended(axes, r, best, support, need)
        best = without_idle(axes, r, best, need)
        if best == before:
            break
    return _statistic(r, inside(axes, best), support), best


def _bar(axes: Sequence[Axis], support: int) -> float:
    """Standard errors that a condition must raise the loss by: the best of many looks useful by chance."""
    from scipy.stats import norm

    return float(norm.isf(0.05 / max(1, sum(len(c.spans) for c in choices(axes, support)))))


def _moved(axes: Sequence[Axis], r: Residuals, rest: Conditions, condition: Condition, support: int) -> Condition:
    axis = condition[0]
    if condition[1] >= axes[axis].ordered:
        return condition
    statistic, found = _best_on(axes, r, inside(axes, rest), axis, support)
    here = _statistic(r, inside(axes, (*rest, condition)), support)
    return found if found is not None and statistic > here + 1e-9 else condition


def _extended(axes: Sequence[Axis], r: Residuals, conditions: Conditions, support: int, need: float) -> Conditions:
    """With one condition more, if it raises the statistic and makes a difference."""
    hold, used = inside(axes, conditions), {c[0] for c in conditions}
    top, more = _statistic(r, hold, support), conditions
    for axis in (a for a in range(len(axes)) if a not in used):
        statistic, found = _best_on(axes, r, hold, axis, support)
        if found is not None and statistic > top + 1e-9:
            top, more = statistic, tuple(sorted((*conditions, found)))
    return more if len(without_idle(axes, r, more, need)) == len(more) else conditions


def _best_on(
    axes: Sequence[Axis], r: Residuals, hold: Bools, axis: int, support: int
) -> tuple[float, Condition | None]:
    """The best condition on one axis for the rows of `hold`."""
    made = choices([axes[axis]], support, fine=True)
    if not made:
        return 0.0, None
    vectors = np.column_stack([np.eye(len(r.sizes))[r.strata], r.values]) * hold[:, None]
    (block,) = blocks(made, 1, vectors)
    kept, z, skew = standard(block.sums, r, support)
    if not len(kept):
        return 0.0, None
    seen = normal_scale(z[:, 0], skew)
    place = int(seen.argmax())
    return float(seen[place]), (axis, *block.conditions(int(kept[place]))[0][1:])


def _statistic(r: Residuals, hold: Bools, support: int) -> float:
    counts = np.bincount(r.strata[hold], minlength=len(r.sizes))
    kept, z, skew = standard(np.append(counts, r.values[hold].sum())[None, :], r, support)
    return float(normal_scale(z[:, 0], skew)[0]) if len(kept) else 0.0


def without_idle(axes: Sequence[Axis], r: Residuals, conditions: Conditions, need: float) -> Conditions:
    """The conditions without those that make no difference to the loss among the rows that satisfy the others."""
    while len(conditions) > 1:
        hold = inside(axes, conditions)
        gain = []
        for one in conditions:
            wider = inside(axes, [c for c in conditions if c != one])
            gain.append(_apart(r.values, hold, wider & ~hold) if wider.sum() <= LARGEST * len(wider) else np.inf)
        least = int(np.argmin(gain))
        if gain[least] >= need:
            break
        conditions = tuple(c for i, c in enumerate(conditions) if i != least)
    return conditions


def _apart(values: Floats, first: Bools, second: Bools) -> float:
    """Difference of two means in standard errors; 0 where there is nothing on the second side."""
    a, b = values[first], values[second]
    if not len(b):
        return 0.0
    spread = np.concatenate([a, b]).std()
    return float((a.mean() - b.mean()) / max(spread * np.sqrt(1 / len(a) + 1 / len(b)), 1e-12))
