"""Dividing units into parts so that groups stay whole and rare strata are shared out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def group_index(groups: Sequence[Any] | None, n: int) -> Ints:
    """Groups as 0..g-1 in order of first appearance; every unit its own group where there are none."""
    if groups is None:
        return np.arange(n, dtype=np.int64)
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(g, len(seen)) for g in groups], dtype=np.int64)


def folds_by_group(
    strata: Sequence[int] | NDArray[Any], groups: Sequence[Any] | None, k: int, rng: np.random.Generator
) -> Ints:
    """A fold (0..k-1) for each unit: whole groups, every stratum spread evenly, sizes even.

    Groups are dealt rarest stratum first, in random order, each to the fold that has the fewest units of that
    group's rarest stratum and, among those, the fewest units. Returns int64 of the units' length.
    """
    labels = np.asarray(strata, dtype=np.int64)
    n = len(labels)
    group = group_index(groups, n)
    count = np.bincount(labels, minlength=int(labels.max()) + 1 if n else 1)
    if groups is None:
        return _folds_of_units(labels, k, rng)
    g = int(group.max()) + 1
    rarity = np.full(g, np.iinfo(np.int64).max)
    np.minimum.at(rarity, group, count[labels])
    rarest = np.zeros(g, dtype=np.int64)
    for unit in range(n):
        if count[labels[unit]] == rarity[group[unit]]:
            rarest[group[unit]] = labels[unit]
    size = np.bincount(group, minlength=g)
    order = np.lexsort((rng.permutation(g), -size, rarity))
    load, have = np.zeros(k), np.zeros((k, len(count)))
    table = np.zeros((g, len(count)))
    np.add.at(table, (group, labels), 1)
    fold_of = np.zeros(g, dtype=np.int64)
    for one in order:
        best = int(np.lexsort((load, have[:, rarest[one]]))[0])
        fold_of[one] = best
        load[best] += size[one]
        have[best] += table[one]
    return np.asarray(fold_of[group])


def _folds_of_units(labels: Ints, k: int, rng: np.random.Generator) -> Ints:
    """Deal each stratum's units, shuffled, to the folds in turn, starting where the last stratum stopped."""
    fold = np.zeros(len(labels), dtype=np.int64)
    start = 0
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        fold[places] = (start + np.arange(len(places))) % k
        start += len(places)
    return fold


def part_by_group(
    strata: Sequence[int] | NDArray[Any],
    groups: Sequence[Any] | None,
    share: float,
    need: dict[int, int],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """True for the units of one part: whole groups, about `share` of the units and of every stratum.

    `need[stratum]` asks for that many units of a stratum even where the share alone would give fewer; at most half
    of a stratum's units (and never its only one) go to the part. Rarest strata are served first, so a rare class is
    not used up by chance before its turn.
    """
    labels = np.asarray(strata, dtype=np.int64)
    n = len(labels)
    group = group_index(groups, n)
    count = np.bincount(labels, minlength=int(labels.max()) + 1 if n else 1)
    g = int(group.max()) + 1 if n else 0
    table = np.zeros((g, len(count)), dtype=np.int64)
    np.add.at(table, (group, labels), 1)
    wanted = _shares(count, share)
    wanted = np.maximum(wanted, [min(need.get(s, 0), c // 2) for s, c in enumerate(count)])
    wanted = np.minimum(wanted, np.maximum(count - 1, 0))
    most = np.maximum(wanted, np.array([c // 2 if c > 1 else 0 for c in count]))
    taken, have = np.zeros(g, dtype=bool), np.zeros(len(count), dtype=np.int64)
    shuffled = rng.permutation(g)
    for stratum in np.argsort(count, kind="stable"):
        for one in shuffled[table[shuffled, stratum] > 0]:
            if have[stratum] >= wanted[stratum]:
                break
            row = table[one]
            if not taken[one] and not ((have + row > most) & (row > 0)).any():
                taken[one] = True
                have += row
    return np.asarray(taken[group])


def _shares(count: Ints, share: float) -> Ints:
    """Whole numbers near `share` of each count that add up to `share` of them all (largest remainders)."""
    exact = share * count
    whole: Ints = np.floor(exact).astype(np.int64)
    left = round(float(exact.sum())) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:left]] += 1
    return whole


def draw_rows(groups: Sequence[Any] | None, n: int, rows: int, rng: np.random.Generator) -> Ints:
    """Sorted positions of about `rows` of `n` units, by whole groups in random order (exact without groups)."""
    if groups is None:
        return np.sort(rng.choice(n, size=min(rows, n), replace=False))
    group = group_index(groups, n)
    order = rng.permutation(int(group.max()) + 1)
    size = np.bincount(group)[order]
    taken = order[np.cumsum(size) <= max(rows, int(size[0]))]
    return np.flatnonzero(np.isin(group, taken))
