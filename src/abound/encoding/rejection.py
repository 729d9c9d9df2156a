"""Rows under a condition by rejection: make rows, keep those that pass, make more until there are enough.

The kept rows are distributed as the condition leaves them, whatever made them. Batches follow a fixed schedule, so
the first rows of a longer request are those of a shorter one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import polars as pl

BATCHES = (100, 300, 600, 2_000, 7_000)  # sums 100, 400, 1000, 3000, 10000: small requests stay cheap
LARGER = (10_000, 20_000, 40_000)
TRIED_BEFORE_JUDGING = 100_000
MOST_TRIED = 10_000_000  # rows to expect at most: for 10,000 rows, 0.1 % must pass


def batch_sizes() -> Iterator[int]:
    """Rows to try in each batch, endlessly."""
    yield from BATCHES
    yield from LARGER
    while True:
        yield LARGER[-1]


def passing(
    make: Callable[[int, int], pl.DataFrame],
    passes: Callable[[pl.DataFrame], np.ndarray[Any, Any]],
    wanted: int,
    give_up: Callable[[float, int], Exception],
) -> pl.DataFrame:
    """The first `wanted` rows that pass, of the batches that `make(number, rows)` gives.

    Raises what `give_up(share, tried)` returns once over 100,000 rows were tried and the share that passed says
    that more than 10 million would be needed.
    """
    import polars as pl

    kept: list[pl.DataFrame] = []
    have = tried = 0
    for number, size in enumerate(batch_sizes()):
        frame = make(number, size)
        good = passes(frame)
        kept.append(frame if good.all() else frame.filter(pl.Series(good)))
        have, tried = have + kept[-1].height, tried + size
        if have >= wanted:
            return pl.concat(kept).head(wanted)
        # One more than passed, so that a rare condition is not given up for bad luck.
        expected = math.ceil(wanted * tried / (have + 1))
        if tried >= TRIED_BEFORE_JUDGING and expected > MOST_TRIED:
            raise give_up(have / tried, tried)
    raise AssertionError("batches never end")
