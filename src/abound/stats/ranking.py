"""Weighted ranking scores for many weight vectors at once, with ties handled as one threshold.

`weights` has shape (draws, units); each function returns (draws,) float64, nan where a class has no weight.
Sorting is done once, so a bootstrap of hundreds of draws costs little more than one score.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_CELLS = 4_000_000  # weights handled at a time: bounds the memory at about 32 MB an array


def average_precision(score: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """Area under the precision-recall curve as the mean of precisions weighted by recall steps."""
    order = np.argsort(-score, kind="stable")
    ends = _tie_ends(score[order])
    out = []
    for w in _blocks(weights):
        ranked = w[:, order]
        hit = np.cumsum(ranked * positive[order], axis=1)[:, ends]
        seen = np.cumsum(ranked, axis=1)[:, ends]
        step = np.diff(hit, axis=1, prepend=0.0)
        total = hit[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.where(seen > 0, hit / seen, 0.0)
            out.append((step * precision).sum(axis=1) / np.where(total > 0, total, np.nan))
    return np.concatenate(out)


def auc(score: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """Area under the ROC curve: the weight of pairs ranked rightly, ties as one half."""
    order = np.argsort(score, kind="stable")
    ends = _tie_ends(score[order])
    out = []
    for w in _blocks(weights):
        ranked = w[:, order]
        pos = np.cumsum(ranked * positive[order], axis=1)[:, ends]
        neg = np.cumsum(ranked * ~positive[order], axis=1)[:, ends]
        pos_here = np.diff(pos, axis=1, prepend=0.0)
        neg_here = np.diff(neg, axis=1, prepend=0.0)
        right = (pos_here * (neg - 0.5 * neg_here)).sum(axis=1)
        pairs = pos[:, -1] * neg[:, -1]
        out.append(right / np.where(pairs > 0, pairs, np.nan))
    return np.concatenate(out)


def recall_at_fpr(score: Floats, positive: NDArray[np.bool_], weights: Floats, fpr: float) -> Floats:
    """The ROC curve at a false-positive rate, with straight lines across ties (rows of a tie called at random)."""
    order = np.argsort(-score, kind="stable")
    ends = _tie_ends(score[order])
    out = []
    for w in _blocks(weights):
        ranked = w[:, order]
        hit = np.cumsum(ranked * positive[order], axis=1)[:, ends]
        alarm = np.cumsum(ranked * ~positive[order], axis=1)[:, ends]
        allowed = fpr * alarm[:, -1] * (1 + 1e-12)  # a rate that rounding put just below a threshold reaches it
        # The last threshold with at most the allowed alarms, and the next one.
        last = (alarm <= allowed[:, None]).sum(axis=1)
        rows, after = np.arange(len(w)), np.minimum(last, len(ends) - 1)
        base_hit = np.where(last > 0, hit[rows, last - 1], 0.0)
        base_alarm = np.where(last > 0, alarm[rows, last - 1], 0.0)
        rise, run = hit[rows, after] - base_hit, alarm[rows, after] - base_alarm
        share = np.divide(allowed - base_alarm, run, out=np.zeros(len(w)), where=run > 0)
        total = np.where((hit[:, -1] > 0) & (alarm[:, -1] > 0), hit[:, -1], np.nan)
        out.append((base_hit + share * rise) / total)
    return np.concatenate(out)


def _tie_ends(ranked: Floats) -> NDArray[Any]:
    """Index of the last element of each run of equal scores."""
    return np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])


def _blocks(weights: Floats) -> Iterator[Floats]:
    rows = max(1, _CELLS // max(1, weights.shape[1]))
    for start in range(0, len(weights), rows):
        yield weights[start : start + rows]


def class_rates(actual: NDArray[Any], right: NDArray[np.bool_], weights: Floats) -> Floats:
    """Share of each class's weight that is predicted rightly: (draws, classes present), nan without weight."""
    present = np.unique(actual)
    out = np.empty((len(weights), len(present)))
    for i, c in enumerate(present):
        member = (actual == c).astype(np.float64)
        total = weights @ member
        out[:, i] = (weights @ (member * right)) / np.where(total > 0, total, np.nan)
    return out
