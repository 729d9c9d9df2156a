"""Counting combinations of levels over many rows: by blocks of attributes, or every pattern at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Subset = tuple[int, ...]
BLOCK_CELLS = 60_000  # cells that one pass over the rows counts: few enough for the cache


def blocks(cards: Sequence[int], terms: int, most: int = BLOCK_CELLS) -> Iterator[tuple[Subset, list[Subset]]]:
    """Sets of attributes that together hold every subset of `terms` attributes, each with the subsets new to it.

    One pass over the rows counts all combinations within a block, from which its subsets are summed: 15 attributes
    have 455 triples, but fifteen blocks of seven hold them all. Greedy: a block starts with the first subset not
    yet held and takes in attributes that add most new ones, up to `most` cells.
    """
    left = dict.fromkeys(itertools.combinations(range(len(cards)), terms))
    while left:
        block = set(next(iter(left)))
        while True:
            room = most // math.prod(cards[i] for i in block)
            others = [i for i in range(len(cards)) if i not in block and cards[i] <= room]
            pairs = list(itertools.combinations(sorted(block), terms - 1))
            gain = [sum(tuple(sorted((*p, i))) in left for p in pairs) for i in others]
            if not others or max(gain) == 0:
                break
            block.add(others[gain.index(max(gain))])
        new = [s for s in itertools.combinations(sorted(block), terms) if s in left]
        for subset in new:
            del left[subset]
        yield tuple(sorted(block)), new


def counts(columns: Sequence[NDArray[Any]], cards: Sequence[int], subset: Subset) -> Ints:
    """Rows of each combination of the levels of some attributes: an array with one axis an attribute."""
    key = columns[subset[0]].astype(np.int64)
    for i in subset[1:]:
        key *= cards[i]
        key += columns[i]
    shape = tuple(cards[i] for i in subset)
    return np.bincount(key, minlength=math.prod(shape)).reshape(shape)


def pattern_cube(codes: NDArray[Any], cards: Sequence[int]) -> NDArray[np.int32]:
    """Counts of all patterns: an int32 array of shape (card + 1, ...) whose last slot on each axis is "any"."""
    d = len(cards)
    cube = np.zeros(tuple(c + 1 for c in cards), dtype=np.int32)
    full = counts([codes[:, i] for i in range(d)], cards, tuple(range(d)))
    cube[at(d, {i: slice(0, c) for i, c in enumerate(cards)})] = full
    for axis, card in enumerate(cards):
        rest = {i: slice(0, c) for i, c in enumerate(cards) if i > axis}
        inside, total = at(d, {**rest, axis: slice(0, card)}), at(d, {**rest, axis: card})
        cube[total] = cube[inside].sum(axis=axis, dtype=np.int32)
    return cube


def at(d: int, spot: dict[int, Any]) -> tuple[Any, ...]:
    """An index of `d` axes: all of each axis that `spot` does not place."""
    return tuple(spot.get(i, slice(None)) for i in range(d))


def strides_of(shape: tuple[int, ...]) -> list[int]:
    """How far apart, in the flat array, neighbours on each axis are."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]
