"""Outliers, label errors and hard cases told apart: rows are vectors, with labels and out-of-fold predictions.

All three look odd to a model, and they ask for opposite things. An outlier has no like. A label error has likes,
and they bear another label. A hard case has likes of its own label, and the model needs them to get it right.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_BLOCK_CELLS = 8_000_000
_RUN = 64  # cells of which only the smallest is looked at first
_SPARE = 4  # candidates beyond k, because float32 products may swap near ties


class Near(NamedTuple):
    """The nearest rows of each row, nearest first: distances and places (rows, k), inf and -1 if none is left."""

    distance: Floats
    place: Ints


class Flagged(NamedTuple):
    """A score for each row (larger is worse), the score from which a row is flagged, and the flagged rows."""

    score: Floats
    threshold: float
    rows: Bools


def nearest_others(z: Floats, k: int, groups: Ints | None = None) -> Near:
    """The k nearest rows of other groups (each row its own group by default), by Euclidean distance, exactly.

    Blocks of float32 products, after centring, pick k + 4 candidates, whose distances are computed anew. Within a
    row of a block the smallest of every 64 cells is found first: the k nearest lie in the k runs with the smallest
    minima. Needs about 4 bytes times 8 million at a time, whatever the number of rows.
    """
    n = len(z)
    near = Near(np.full((n, k), np.inf), np.full((n, k), -1, dtype=np.int64))
    middle = z - z.mean(axis=0) if n else z
    small = np.zeros((-(-n // _RUN) * _RUN, z.shape[1]), dtype=np.float32)
    small[:n] = middle
    length = np.full(len(small), np.inf, dtype=np.float32)
    length[:n] = (middle**2).sum(axis=1)
    members = None if groups is None else _members(groups)
    step = max(1, _BLOCK_CELLS // max(1, len(small)))
    for start in range(0, n, step):
        rows = np.arange(start, min(start + step, n))
        cells = length - 2.0 * (small[rows] @ small.T)
        if members is None:
            cells[rows - start, rows] = np.inf
        else:
            for i in rows:
                cells[i - start, members[i]] = np.inf
        place = _smallest(cells, min(k + _SPARE, n))
        reachable = np.isfinite(np.take_along_axis(cells, place, axis=1))
        place = np.where(reachable, place, 0)
        away = np.stack([((middle[rows] - middle[p]) ** 2).sum(axis=1) for p in place.T], axis=1)
        away[~reachable] = np.inf
        order = np.argsort(away, axis=1, kind="stable")[:, :k]
        away, place = np.take_along_axis(away, order, 1), np.take_along_axis(place, order, 1)
        near.distance[rows, : order.shape[1]] = np.sqrt(away)
        near.place[rows, : order.shape[1]] = np.where(np.isfinite(away), place, -1)
    return near


def _members(groups: Ints) -> list[Ints]:
    """For each row the rows of its group."""
    _, code = np.unique(groups, return_inverse=True)
    order = np.argsort(code, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(code))[:-1])
    return [parts[c] for c in code]


def _smallest(cells: NDArray[np.float32], k: int) -> Ints:
    """Places of the k smallest cells of each row, in rising order of place."""
    rows, runs = len(cells), cells.shape[1] // _RUN
    if runs <= k:
        return np.sort(np.argpartition(cells, k - 1, axis=1)[:, :k], axis=1)
    blocks = cells.reshape(rows, runs, _RUN)
    best = np.sort(np.argpartition(blocks.min(axis=2), k - 1, axis=1)[:, :k], axis=1)
    some = np.take_along_axis(blocks, best[:, :, None], axis=1).reshape(rows, k * _RUN)
    inside = np.sort(np.argpartition(some, k - 1, axis=1)[:, :k], axis=1)
    return np.asarray(np.take_along_axis(best, inside // _RUN, axis=1) * _RUN + inside % _RUN)


def nearest_alike(z: Floats, labels: Ints, k: int, groups: Ints | None = None) -> Near:
    """The k nearest rows of the same label and another group; inf and -1 where a label has fewer."""
    near = Near(np.full((len(z), k), np.inf), np.full((len(z), k), -1, dtype=np.int64))
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        found = nearest_others(z[rows], k, None if groups is None else groups[rows])
        near.distance[rows] = found.distance
        near.place[rows] = np.where(found.place >= 0, rows[found.place], -1)
    return near


def spread(values: Floats) -> float:
    """1.4826 times the median absolute deviation: a standard deviation that half the values cannot move.

    Where over half the values are equal: 2.5066 times the mean of what exceeds the median, which is a standard
    deviation of normal values as well (after Iglewicz and Hoaglin 1993, who average both sides).
    """
    away = values - np.median(values)
    return float(1.4826 * np.median(np.abs(away))) or float(2.5066 * np.maximum(away, 0.0).mean())


def outliers(near: Near, *, spreads: float = 3.5, neighbour: int = 3) -> Flagged:
    """Rows whose third neighbour is farther than the median of all such distances plus 3.5 spreads.

    The third: a pair of strange rows, or a triple, is an outlier, and four rows of a rare kind are none. How far
    usual rows lie apart is said by the upper half of the distances alone, which in most tables has a long tail: a
    spread is the larger of (75 % quantile - median) / .6745 and (90 % quantile - median) / 1.2816, a standard
    deviation of normal values either way (`spread`, where both are 0). The lower half holds twins and rows that
    differ in a level or two, and says nothing of it. Where most rows have a twin the limit is drawn from the
    distances that are not zero, or every row without one would be flagged. Scores are distances (inf
    where a row has too few others).
    """
    score = near.distance[:, neighbour - 1]
    seen = score[np.isfinite(score)]
    if not len(seen):
        return Flagged(score, np.inf, np.zeros(len(score), dtype=bool))
    used = seen if np.median(seen) > 0 else seen[seen > 0]
    limit = 0.0
    if len(used):
        middle, some, most = (float(q) for q in np.quantile(used, (0.5, 0.75, 0.9)))
        limit = middle + spreads * (max((some - middle) / 0.6745, (most - middle) / 1.2816) or spread(used))
    return Flagged(score, limit, score > limit * (1 + 1e-9))


TELLING = 0.2  # weight of the neighbours in the mixture from which they tell errors from small groups
SURE = 0.6


def class_errors(
    probabilities: Floats, labels: Ints, near: Near, *, own: float = 0.25, other: float = 0.5, alike: float = 0.1
) -> Flagged:
    """Rows whose likes and whose out-of-fold prediction agree on another label.

    A model alone calls every hard case an error, and the neighbours alone every row of a small cluster. Flagged is
    a row to whose label the mean of both (probabilities, and votes of the neighbours) gives less than `own`, and to
    another one more than `other`. Errors are alone: a row is none if more than a share `alike` of its neighbours
    bear its label, for a few rows of one label together are rather a small group of their own. The score is what
    the model gives to other labels times what the neighbours give to them, the latter to the power of twice their
    weight in the best mixture of both: neighbours that add nothing to the model do not count. Where that weight is
    below `TELLING`, as in tables of crossed categories, they say nothing of what is alone either: `alike` is left
    out and the other label needs more than `SURE`. `probabilities` (rows, classes).
    """
    rows = np.arange(len(labels))
    votes = np.zeros_like(probabilities)
    for column in near.place.T:
        there = column >= 0
        votes[rows[there], labels[column[there]]] += 1.0
    votes /= np.maximum((near.place >= 0).sum(axis=1), 1)[:, None]
    model, likes = probabilities[rows, labels], votes[rows, labels]
    weight = _weight(model, likes, probabilities.shape[1])
    score = (1.0 - model) * (1.0 - likes) ** (2.0 * weight)
    both = (probabilities + votes) / 2
    mine = both[rows, labels].copy()
    both[rows, labels] = 0.0
    if weight < TELLING:
        return Flagged(score, own, (mine < own) & (both.max(axis=1) > max(other, SURE)))
    # A share of 1 in 10 passes a limit of .1 however it is rounded.
    flagged = (mine < own) & (both.max(axis=1) > other) & (likes <= alike + 1e-9)
    return Flagged(score, own, flagged)


def _weight(model: Floats, votes: Floats, classes: int) -> float:
    """The weight from 0 to .5 of the votes with which both together give the labels the least log loss.

    Each is shrunk towards even odds a little, or one certain error would decide.
    """
    first, second = 0.98 * model + 0.02 / classes, 0.95 * votes + 0.05 / classes
    weights = np.linspace(0.0, 0.5, 11)
    losses = [-np.log((1 - w) * first + w * second).mean() for w in weights]
    return float(weights[int(np.argmin(losses))])


def value_errors(
    residuals: Floats, values: Floats, near: Near, *, spreads: float = 4.0, share: float = 0.7
) -> Flagged:
    """The same for numbers: out-of-fold residuals beyond four of their spreads, and neighbours that far off too.

    Flagged is a row if at least `share` of its neighbours have a value farther from its own than that limit, on the
    side of the prediction. The score is the residual in spreads times the share of such neighbours.
    """
    limit = spreads * spread(residuals)
    side = np.sign(residuals)[:, None]
    there = near.place >= 0
    away = side * (values[:, None] - values[np.maximum(near.place, 0)])
    off = ((away > limit) & there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    size = np.abs(residuals)
    score = size / limit * spreads * off if limit > 0 else size * off
    return Flagged(score, limit, (size > limit) & (off >= share))


def hard_cases(loss: Floats, alike: Near, *, limit: float = float(np.log(2.0))) -> Flagged:
    """Rows in a neighbourhood of their own label that models which saw none of it get wrong.

    `loss` is the log loss of models that did not see a row's neighbourhood (`leave_cluster_out`), `alike` the
    nearest rows of the same label. Taken is the mean over a row and its likes: what is left is regions, not single
    rows. The mean and not the median, because a cluster that was left out seldom is the whole region, so that in
    each round some of its rows are known and the others say all. Outliers and label errors would say more than
    their share: they belong neither to the rows nor to the likes. Flagged from a geometric mean of the probability
    of the own label below one half.
    """
    rows = np.arange(len(loss))[:, None]
    places = np.hstack([rows, np.where(alike.place >= 0, alike.place, rows)])
    score = loss[places].mean(axis=1)
    return Flagged(score, limit, score > limit)
