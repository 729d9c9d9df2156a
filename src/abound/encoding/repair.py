"""Making a synthetic column like the real one without breaking what it has to do with the other columns.

A number whose values or rounding are off keeps its rank within its class and takes the real value of that rank
(quantile map), so its order, and with it its relations, stay. A category has no ranks, and where the relations
themselves are wrong a number's ranks are: such a column is drawn anew given all the others, from the leaves of a
random forest of the real rows (Meinshausen 2006; sequential trees for synthetic data, Reiter 2005).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.encoding.uniform import decode, decode_values, encode, fit_column, value_points
from abound.encoding.vectors import as_numbers, fit_vectors, level_codes, roundness

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from abound.core.schema import Column

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
LEAST_CLASS = 30  # rows of a class on both sides from which it is mapped on its own
_TREES = 10
_LEAF = 5
_ALL_DIGITS = 7  # what `roundness` says of a number of more than six decimals


def quantile_mapped(
    made: pl.Series, real: pl.Series, of_made: Ints, of_real: Ints, column: Column, rng: np.random.Generator
) -> pl.Series:
    """`made` with the real values of the same ranks within classes (`of_...`: class codes), in the real type.

    Values are as round as the nearest real one, and an exact real value only where many rows share it. Too many
    missing cells are left (nothing says which value belongs there); too few are made missing at random.
    """
    import polars as pl

    made = made.cast(real.dtype)
    out = pl.Series(made.name, [None] * len(made), dtype=real.dtype)
    classes = [c for c in np.unique(of_made) if min((of_made == c).sum(), (of_real == c).sum()) >= LEAST_CLASS]
    rest = np.flatnonzero(~np.isin(of_made, classes))
    parts = [(np.flatnonzero(of_made == c), np.flatnonzero(of_real == c)) for c in classes]
    parts += [(rest, np.arange(len(real)))] if len(rest) else []
    for rows, like in parts:
        own, wanted = fit_column(made[rows], column), fit_column(real[like], column)
        if not own.pieces or not wanted.pieces:
            out = out.scatter(rows, made[rows])
            continue
        null, _, point = value_points(own, made[rows], rng)
        points = np.zeros(len(rows))
        points[~null] = point
        if wanted.missing > own.missing:
            null |= rng.random(len(rows)) < (wanted.missing - own.missing) / (1.0 - own.missing)
        out = out.scatter(rows, decode_values(wanted, points, null))
    return _as_round(out, real)


def drawn_anew(
    made: pl.DataFrame, real: pl.DataFrame, column: Column, others: Sequence[Column], rng: np.random.Generator
) -> pl.Series:
    """The column of `made` drawn given its `others` as real rows have it, in the real type.

    Each row asks one of ten trees, grown on the real rows, for its leaf and takes the value of one of the at least
    five real rows there: a level as it is, a number only up to the bin of about a hundredth of the rows that it
    lies in.
    """
    import polars as pl

    vectors = fit_vectors(real, others)
    x, asked = vectors.encode(real), vectors.encode(made)
    own = real[column.name]
    if column.kind in ("category", "bool"):
        y: Any = level_codes(own, tuple(own.drop_nulls().cast(pl.String).unique().sort().to_list()))
        return own.gather(_donors(x, y, asked, True, rng)).alias(column.name)
    fitted = fit_column(own, column)
    points = encode(fitted, own, rng)
    return _as_round(decode(fitted, points[_donors(x, points, asked, False, rng)]), own)


def _as_round(made: pl.Series, real: pl.Series) -> pl.Series:
    """Each number as round as the real one nearest to it (prices end in zeros more often than their grid asks)."""
    import polars as pl

    if not made.dtype.is_numeric() or not real.drop_nulls().len():
        return made
    values, seen = as_numbers(made), np.unique(as_numbers(real.drop_nulls()))
    seen = seen[~np.isnan(seen)]
    place = np.clip(np.searchsorted(seen, values), 1, max(1, len(seen) - 1))
    nearer = np.abs(values - seen[place - 1]) <= np.abs(seen[np.minimum(place, len(seen) - 1)] - values)
    near = seen[np.where(nearer, place - 1, np.minimum(place, len(seen) - 1))]
    digits = roundness(near, False)
    # A number of sixteen digits counts as round to its last few, and is left as it is.
    for d in np.unique(digits[digits < _ALL_DIGITS]).astype(int):
        unlike = (digits == d) & (np.round(near, d) != near)
        digits[unlike] = _ALL_DIGITS
    out = values.copy()
    for d in np.unique(digits[digits < _ALL_DIGITS]).astype(int):
        out[digits == d] = np.round(values[digits == d], d)
    out = np.where(near == values, values, np.clip(out, seen[0], seen[-1]))
    whole = pl.Series(made.name, np.where(np.isnan(out), 0.0, out))
    return (
        pl.select(pl.when(pl.lit(made.is_not_null())).then(pl.lit(whole)).alias(made.name))
        .to_series()
        .cast(made.dtype)
    )


def _donors(x: Floats, y: Any, asked: Floats, levels: bool, rng: np.random.Generator) -> Ints:
    """For each row asked, a real row of its leaf in one of the trees."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    seed = int(rng.integers(2**31 - 1))
    kind = ExtraTreesClassifier if levels else ExtraTreesRegressor
    forest = kind(_TREES, min_samples_leaf=_LEAF, max_features=0.5, random_state=seed, n_jobs=1).fit(x, y)
    tree = rng.integers(_TREES, size=len(asked))
    at, mine = forest.apply(x), forest.apply(asked)
    out = np.zeros(len(asked), dtype=np.int64)
    for k in range(_TREES):
        rows = np.flatnonzero(tree == k)
        order = np.argsort(at[:, k], kind="stable")
        leaves = at[order, k]
        first = np.searchsorted(leaves, mine[rows, k], side="left")
        last = np.searchsorted(leaves, mine[rows, k], side="right")
        out[rows] = order[first + np.floor(rng.random(len(rows)) * (last - first)).astype(np.int64)]
    return out
