"""Rows of a table that are the same case twice, told apart from rows that are equal by chance.

Three kinds of pairs are looked for: equal rows, rows whose numbers all lie within `NEAR` of their columns' scales,
and rows that are equal but for one column (a cell that was corrected or lost). Every pair is found: equal ones by
hashing; near ones by a k-d tree over three orthonormal projections, which never lengthen a distance, with each
candidate verified on all columns; the last by one hash of the row without each column.

In a table of few levels independent rows are equal all the time, and joining them would tie the table into one set.
So a pair counts only if it is surprising: the number of rows expected to agree with it by chance, n * prod_j p_j,
is at most `CHANCE`. p_j is the share of rows (its equals left out) that agree in column j, or, where it is larger,
the share among the rows that agree in the column that tells most about j (a dependence tree, Chow and Liu 1968), so
that columns that are zero together surprise once and not each time. What remains of dependence can chain many rows
by steps; a chain of more than 50 rows (of a tenth of the table, if that is less) and more than `LARGEST` of the
table is taken for the table's own density.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abound.stats.copies import row_words
from abound.stats.unionfind import components, joined

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NEAR = 1e-3  # of a column's scale
CHANCE = 1e-2  # rows expected to agree with a row by chance
LARGEST = 0.01
LEAST_DISTINCT = 50  # below this a table is a list of combinations
_LEAST_COLUMNS = 4  # that vary, for rows equal but for one
_LARGE = 50
_PARENT_ROWS = 50
_MIXED = 4_000  # rows and _BEFORE columns that the dependence tree is learned from
_BEFORE = 32
_LEVELS = 16


def equal_sets(codes: Ints) -> Ints:
    """Rows that are equal in all columns; int64 (rows,), numbered by first row. `codes` (rows, columns) >= 0."""
    if not codes.shape[1]:
        return np.arange(len(codes), dtype=np.int64)
    names = row_words(codes, np.random.default_rng(0)).sum(axis=1, dtype=np.uint64)
    _, first, pattern = np.unique(names, return_index=True, return_inverse=True)
    return first[pattern].astype(np.int64)


def duplicate_sets(codes: Ints, numbers: Floats, content: Ints | None = None) -> Ints:
    """Rows that are the same case; int64 (rows,) numbers of sets.

    `codes` (rows, c) of categories, `numbers` (rows, q) in units of each column's scale, nan where missing. Nothing
    is joined in a table of fewer than 50 distinct rows. With `content` (rows, k), codes of images or of related
    rows, only equal rows are looked for: to share a content that no other row has is no accident.
    """
    if content is not None and content.shape[1]:
        return _same_content(codes, numbers, content)
    n, q = len(codes), numbers.shape[1]
    ranks = [np.unique(numbers[:, j], return_inverse=True)[1] for j in range(q)]
    every = np.column_stack([codes, *ranks]).astype(np.int64) if q else codes
    varies = every.max(axis=0, initial=0) > every.min(axis=0, initial=0)
    first, pattern = np.unique(equal_sets(every), return_inverse=True)
    if len(first) < LEAST_DISTINCT or not varies.any():
        return np.arange(n, dtype=np.int64)
    distinct, x = every[first][:, varies], numbers[first]
    own = np.bincount(pattern)
    chance = _log_chance(distinct, x[:, varies[codes.shape[1] :]], int(varies[: codes.shape[1]].sum()), own)
    surprising = chance.sum(axis=1) + np.log(n) <= np.log(CHANCE)
    same = np.where(surprising[pattern], pattern, -1)
    edges = [_near(codes[first], x, surprising), _but_one(distinct, chance, n)]
    sets = components(np.vstack(edges), len(first))
    size = np.bincount(sets)[sets]
    linked = (size > 1) & (size <= max(min(_LARGE, len(first) / 10), LARGEST * len(first)))
    return joined([same, np.where(linked, sets, -1)[pattern]], n)


def _same_content(codes: Ints, numbers: Floats, content: Ints) -> Ints:
    """Equal rows where some content is theirs alone."""
    ranks = [np.unique(numbers[:, j], return_inverse=True)[1] for j in range(numbers.shape[1])]
    same = equal_sets(np.column_stack([codes, content, *ranks]).astype(np.int64))
    size = np.bincount(same, minlength=len(same))[same]
    alone = [np.bincount(content[:, j])[content[:, j]] == size for j in range(content.shape[1])]
    return joined([np.where(np.any(alone, axis=0), same, -1)], len(codes))


def _near(codes: Ints, x: Floats, surprising: NDArray[np.bool_]) -> Ints:
    """Pairs of distinct rows with equal categories and all numbers within `NEAR`, where that is surprising."""
    from scipy.spatial import cKDTree

    missing = np.isnan(x)
    block = equal_sets(np.column_stack([codes, missing]).astype(np.int64))
    rows = np.flatnonzero(surprising & (np.bincount(block, minlength=len(block))[block] > 1))
    q = x.shape[1]
    if len(rows) < 2 or not q:
        return np.empty((0, 2), dtype=np.int64)
    filled = np.where(missing[rows], 0.0, x[rows])
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(q, min(q, 3))))[0]
    reach, near = NEAR * np.sqrt(q), NEAR
    # Blocks are set far apart on an axis of their own; many equal projections would make a balanced tree slow.
    place = np.column_stack([filled @ turn, 4.0 * reach * np.unique(block[rows], return_inverse=True)[1]])
    tree = cKDTree(place, balanced_tree=False, compact_nodes=False)
    while tree.count_neighbors(tree, reach) > 50 * len(rows):
        reach, near = reach / 10, near / 10
    pairs = tree.query_pairs(reach, output_type="ndarray")
    within = np.abs(filled[pairs[:, 0]] - filled[pairs[:, 1]]).max(axis=1, initial=0.0) <= near
    same = block[rows[pairs[:, 0]]] == block[rows[pairs[:, 1]]]
    found: Ints = rows[pairs[within & same]].astype(np.int64).reshape(-1, 2)
    return found


def _but_one(codes: Ints, chance: Floats, n: int) -> Ints:
    """Pairs of distinct rows that differ in one column, where their agreement in the others is surprising."""
    p = codes.shape[1]
    edges = [np.empty((0, 2), dtype=np.int64)]
    if p < _LEAST_COLUMNS:
        return edges[0]
    words = row_words(codes, np.random.default_rng(0))
    names, total = words.sum(axis=1, dtype=np.uint64), chance.sum(axis=1)
    for j in range(p):
        rows = np.flatnonzero(total - chance[:, j] + np.log(n) <= np.log(CHANCE))
        left = names[rows] - words[rows, j]
        order = np.argsort(left, kind="stable")
        same = left[order][1:] == left[order][:-1]
        edges.append(np.column_stack([rows[order[:-1][same]], rows[order[1:][same]]]))
    return np.vstack(edges).astype(np.int64)


def _log_chance(codes: Ints, numbers: Floats, c: int, own: Ints) -> Floats:
    """log p_j for each distinct row and column: how usual its cell is; (rows, columns), the `c` categories first.

    `own` (rows,) is how many rows equal each, itself included: those are not counted. No share is below half a row.
    """
    n, p = int(own.sum()), codes.shape[1]
    out = np.empty((len(codes), p))
    for j in range(p):
        count = _held(codes[:, j], own)
        if j >= c:
            count = np.maximum(count, _within(numbers[:, j - c], own))
        out[:, j] = np.maximum(count - own, 0.5) / n
    for j, parent in enumerate(_parents(codes)):
        if parent >= 0:
            given = _held(codes[:, parent], own) - own
            both = _held(equal_sets(codes[:, [parent, j]]), own) - own
            share = np.maximum(both, 0.5) / np.maximum(given, 1)
            known = given >= max(_PARENT_ROWS, 0.02 * n)
            out[:, j] = np.where(known, np.maximum(out[:, j], share), out[:, j])
    return np.log(out)


def _held(codes: Ints, own: Ints) -> Ints:
    """How many rows hold each row's code."""
    return np.bincount(codes, weights=own)[codes].astype(np.int64)


def _within(x: Floats, own: Ints) -> Ints:
    """How many rows have a value within `NEAR` of each; missing ones count each other elsewhere."""
    order = np.argsort(x, kind="stable")
    ordered, before = x[order], np.concatenate([[0], np.cumsum(own[order])])
    high = np.searchsorted(ordered, x + NEAR, side="right")
    low = np.searchsorted(ordered, x - NEAR, side="left")
    return np.where(np.isnan(x), own, before[high] - before[low]).astype(np.int64)


def _parents(codes: Ints) -> list[int]:
    """For each column the earlier one (of the last 32) with most mutual information, on coarse codes; -1: none."""
    d, p = codes.shape
    some = codes[np.linspace(0, d - 1, min(d, _MIXED)).astype(np.int64)]
    coarse = np.column_stack([_coarse(some[:, j]) for j in range(p)])
    out = []
    for j in range(p):
        before = range(max(0, j - _BEFORE), j)
        told = [_information(coarse[:, k], coarse[:, j]) for k in before]
        out.append(before[int(np.argmax(told))] if told else -1)
    return out


def _coarse(codes: Ints) -> Ints:
    """At most 16 levels: the frequent ones, and ordered blocks of the others."""
    order = np.unique(codes, return_inverse=True)[1]
    if order.max(initial=0) < _LEVELS:
        return order.astype(np.int64)
    frequent = np.argsort(-np.bincount(order), kind="stable")[: _LEVELS // 2]
    rank = np.argsort(np.argsort(order, kind="stable"), kind="stable") * (_LEVELS // 2) // len(order)
    place = np.full(int(order.max()) + 1, -1)
    place[frequent] = np.arange(_LEVELS // 2)
    return np.where(place[order] >= 0, place[order], _LEVELS // 2 + rank).astype(np.int64)


def _information(a: Ints, b: Ints) -> float:
    joint = np.bincount(a * _LEVELS + b, minlength=_LEVELS * _LEVELS).reshape(_LEVELS, _LEVELS) / len(a)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())
