"""Dividing units into parts so that groups stay whole and rare strata are shared out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LEAST_LEFT = 20  # units of a rare stratum that stay for training and tuning


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
    slices: NDArray[np.bool_] | None = None,
    slice_need: int = 0,
    least: int = 0,
    leave: int = 0,
) -> NDArray[np.bool_]:
    """True for the units of one part: whole groups, about `share` of the units and of every stratum.

    `need[stratum]` asks for that many groups with a stratum (units, where there are no groups) even where the
    share alone would give fewer, `slice_need` for that many of each column of `slices` (units, slices), which may
    overlap. No more than half of them, and none that would leave under 20, are taken for it. At most half of a
    stratum's units (and never its only one) go to the part. The rarest are served first, so that a rare class or
    slice is not used up by chance before its turn. Where groups are few, the part gets at least `least` of them
    (the smallest, where none fits) and leaves at least `leave`.
    """
    labels = np.asarray(strata, dtype=np.int64)
    n = len(labels)
    group = group_index(groups, n)
    count = np.bincount(labels, minlength=int(labels.max()) + 1 if n else 1)
    g = int(group.max()) + 1 if n else 0
    table = np.zeros((g, len(count)), dtype=np.int64)
    np.add.at(table, (group, labels), 1)
    wanted = np.minimum(_shares(count, share), np.maximum(count - 1, 0))
    asked = [need.get(s, 0) for s in range(len(count))]
    if slices is not None and slices.shape[1]:
        inside = np.zeros((g, slices.shape[1]), dtype=np.int64)
        np.add.at(inside, group, slices.astype(np.int64))
        table, count = np.hstack([table, inside]), np.concatenate([count, inside.sum(axis=0)])
        wanted = np.concatenate([wanted, np.zeros(slices.shape[1], dtype=np.int64)])
        asked += [slice_need] * slices.shape[1]
    units = (table > 0).sum(axis=0)
    enough = np.minimum(asked, [spared(int(u)) for u in units])
    taken = _served(table, count, wanted, enough, g - leave, rng)
    size = np.bincount(group, minlength=g)
    spare = np.argsort(np.where(taken, n, size), kind="stable")[: max(0, min(least, g - leave) - int(taken.sum()))]
    taken[spare] = True
    return np.asarray(taken[group])


def spared(units: int) -> int:
    """How many of a rare stratum's units may be asked for: half of them, and 20 stay."""
    return max(0, min(units // 2, units - LEAST_LEFT))


def _served(
    table: Ints, count: Ints, wanted: Ints, enough: Ints, largest: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """At most `largest` groups: `wanted` units and `enough` groups of each column of `table` (groups, columns)."""
    most = np.maximum(wanted, np.where(count > 1, count // 2, 0))
    taken, have = np.zeros(len(table), dtype=bool), np.zeros(len(count), dtype=np.int64)
    held, groups = np.zeros(len(count), dtype=np.int64), 0
    shuffled = rng.permutation(len(table))
    for column in np.argsort(count, kind="stable"):
        for one in shuffled[table[shuffled, column] > 0]:
            if groups >= largest or (have[column] >= wanted[column] and held[column] >= enough[column]):
                break
            row = table[one]
            if not taken[one] and not ((have + row > most) & (row > 0)).any():
                taken[one] = True
                have += row
                held += row > 0
                groups += 1
    return taken


def part_by_time(
    strata: Sequence[int] | NDArray[Any],
    groups: Sequence[Any] | None,
    time: NDArray[Any],
    share: float,
    need: dict[int, int],
) -> NDArray[np.bool_]:
    """True for the units of the latest part: whole groups, ordered by their latest unit, equal times together.

    The border is the latest time that leaves at least `share` of the units after it. It moves back, to half of the
    units at the most, until the part holds `need[stratum]` groups of a stratum, as long as half of that stratum's
    groups and 20 of them stay before it. No unit outside the part is later than the border, and no group of the
    part ends before it. All False where all groups end at the same time.
    """
    labels = np.asarray(strata, dtype=np.int64)
    group = group_index(groups, len(labels))
    g = int(group.max()) + 1
    last = np.full(g, np.min(time))
    np.maximum.at(last, group, time)
    ends, rank = np.unique(last, return_inverse=True)
    size = np.bincount(rank, weights=np.bincount(group, minlength=g), minlength=len(ends))
    after = np.cumsum(size[::-1])[::-1]
    border = int(np.flatnonzero(after >= share * len(labels)).max())
    for stratum, wanted in need.items():
        holds = np.zeros(g, dtype=bool)
        holds[group[labels == stratum]] = True
        rare = np.cumsum(np.bincount(rank[holds], minlength=len(ends))[::-1])[::-1]
        while border > 0 and rare[border] < wanted and rare[border - 1] <= spared(int(rare[0])):
            if after[border - 1] > len(labels) / 2:
                break
            border -= 1
    border = max(border, 1)
    return np.asarray((rank >= border)[group] & (len(ends) > 1))


def raked(parts: Sequence[Ints], wholes: Sequence[Ints], rounds: int = 50) -> NDArray[np.float64]:
    """Weights (units,) under which a part has the shares of the whole in each of several groupings.

    `parts[i]` and `wholes[i]` are codes of one grouping, for the part's units and for all. With one grouping a
    weight is the share in the whole over the share in the part; with several they are fitted in turn (Deming and
    Stephan 1940). A code that the part lacks is left out.
    """
    n = len(parts[0])
    weights = np.ones(n)
    for _ in range(rounds if len(parts) > 1 else 1):
        before = weights
        for part, whole in zip(parts, wholes, strict=True):
            wanted = np.bincount(whole) / len(whole)
            here = np.bincount(part, weights=weights, minlength=len(wanted)) / n
            weights = weights * np.divide(wanted, here, out=np.ones_like(here), where=here > 0)[part]
        if np.abs(weights - before).max(initial=0.0) < 1e-9:
            break
    return weights


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


def draw_strata(strata: Ints, groups: Ints, wanted: dict[int, int], rng: np.random.Generator) -> Ints:
    """Sorted positions of at most `wanted[s]` units of each stratum s, by whole groups in random order.

    A group is left out where it would make a stratum too many, or holds a stratum that is not wanted; small groups
    fill what larger ones leave, so a stratum falls short only where no group fits.
    """
    group = np.unique(groups, return_inverse=True)[1]
    table = np.zeros((int(group.max()) + 1, int(strata.max()) + 1), dtype=np.int64)
    np.add.at(table, (group, strata), 1)
    left = np.array([wanted.get(s, 0) for s in range(table.shape[1])])
    taken = np.zeros(len(table), dtype=bool)
    for one in rng.permutation(len(table)):
        if (table[one] <= left).all():
            taken[one] = True
            left -= table[one]
    return np.flatnonzero(taken[group])
