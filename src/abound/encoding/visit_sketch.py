"""A sketch of each history: for the most common codes how often they come, and where their values begin, end and
lie.

A network that writes events one by one loses the person on the way: hundreds of small decisions drift. So the whole
is drawn first, as a row of category tokens, by a network for rows (which also ties it to the outcome), and the
events are then written to fit it. Sketches are quantile tokens; they are never decoded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abound.encoding.visit_tokens import Rows
from abound.stats.value_floor import encode_values, fit_values

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ASPECTS = ("count", "first", "last", "mean", "least", "most")
MOST_CODES = 64
_SHARE = 0.03  # a code that fewer persons have says little of most histories


def sketched_codes(rows: Rows, persons: int, k: int) -> Ints:
    """The codes to sketch, rising: those of the most persons, at least `k` and three in a hundred."""
    pairs = np.unique(np.column_stack([rows.code, rows.person]), axis=0)
    holders = np.bincount(pairs[:, 0], minlength=1)
    chosen = np.argsort(-holders, kind="stable")[:MOST_CODES]
    chosen = chosen[holders[chosen] >= max(k, _SHARE * persons)]
    return np.sort(chosen).astype(np.int64)


def sketch(rows: Rows, persons: int, codes: Ints, k: int, tokens: int) -> Ints:
    """int64 (persons, codes x ASPECTS): quantile tokens from 1; 0 where the person has no event, or no value."""
    table = aspects(rows, persons, codes)
    out = np.zeros(table.shape, dtype=np.int64)
    for c, a in np.ndindex(table.shape[1:]):
        own = table[:, c, a]
        known = np.flatnonzero(~np.isnan(own) & ~((a == 0) & (own == 0)))
        fitted = fit_values(own[known], known, k, tokens)
        if fitted.tokens:
            out[known, c, a] = 1 + encode_values(fitted, own[known])
    return out.reshape(persons, -1)


def aspects(rows: Rows, persons: int, codes: Ints) -> Floats:
    """float64 (persons, codes, ASPECTS); nan without values."""
    place = np.full(int(max(rows.code.max(initial=0), codes.max(initial=0))) + 1, -1, dtype=np.int64)
    place[codes] = np.arange(len(codes))
    own = place[rows.code] >= 0
    cell = rows.person[own] * len(codes) + place[rows.code[own]]
    value = rows.value[own]
    size = persons * len(codes)
    counts = np.bincount(cell, minlength=size).astype(np.float64)
    known = ~np.isnan(value)
    cell, value = cell[known], value[known]
    some = np.bincount(cell, minlength=size)
    least, most = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(least, cell, value)
    np.maximum.at(most, cell, value)
    first, last = np.full(size, np.nan), np.full(size, np.nan)
    last[cell] = value  # rows are in order of time, and the last write stays
    first[cell[::-1]] = value[::-1]
    mean = np.where(some > 0, np.bincount(cell, weights=value, minlength=size) / np.maximum(some, 1), np.nan)
    least, most = np.where(some > 0, least, np.nan), np.where(some > 0, most, np.nan)
    return np.stack([counts, first, last, mean, least, most], axis=-1).reshape(persons, len(codes), len(ASPECTS))
