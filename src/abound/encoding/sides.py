"""Two sets of rows as encoded arrays of equal size in every stratum, for tests that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.encoding.comparison import Comparison, by_group
from abound.encoding.vectors import fit_vectors
from abound.stats.prequential import Rows
from abound.stats.splitting import folds_by_group

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.encoding.vectors import Vectors

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sides:
    """`rows` holds the real ones first, then the same number under test; `real` and `other` are their positions.

    `units` are what may give a set away (a column, and whether by its values or its rounding); `owner` says for
    each feature which unit it belongs to. `frame` holds the rows' columns. `clustered`: rows come in clusters, by
    the groups of real rows or because a real row that several strata hold is there more than once.
    """

    rows: Rows
    real: Ints
    other: Ints
    units: list[tuple[str, str]]
    owner: Ints
    vectors: Vectors
    frame: pl.DataFrame
    clustered: bool


def draw_sides(comparison: Comparison, most: int, blocks: int, draw: int | None, ctx: Context) -> Sides:
    """Synthetic against training rows, or with `draw` two disjoint sets of real rows of that size.

    At most `most` rows a side, in `blocks` blocks of whole groups. The encoding is fitted on both sides together:
    fitted on one, it would itself tell them apart.
    """
    import polars as pl

    rng, strata, groups = ctx.rng("rows"), comparison.usable, comparison.groups
    sizes = np.array([min(len(s.synth), len(s.train)) for s in strata])
    sizes = np.maximum(2, (sizes * min(1.0, most / sizes.sum())).astype(int))
    first, second, label = [], [], []
    for i, s in enumerate(strata):
        if draw is None:
            a, b = rng.permutation(s.train)[: sizes[i]], rng.permutation(s.synth)[: sizes[i]]
        else:
            order = by_group(s.real, groups, rng)
            size = min(int(sizes[i]), len(order) // 2)
            a, b = order[:size], order[len(order) - size :]
        first.append(a)
        second.append(b)
        label.append(np.full(len(a), i))
    real, other = np.concatenate(first), np.concatenate(second)
    taken = comparison.synth if draw is None else comparison.real
    names = [c.name for c in comparison.columns]
    parts = [comparison.real[real].select(names), taken[other].select(names)]
    frame = pl.concat(parts, how="vertical_relaxed")
    levels = int(np.clip(600 // len(names), 4, 32))
    vectors = fit_vectors(frame, comparison.columns, grain=True, max_levels=levels, least=0.002)
    stratum, is_second = np.tile(np.concatenate(label), 2), np.repeat([False, True], len(real))
    cluster = np.arange(len(stratum))
    # A row in two strata must not train the model that judges it in the other.
    drawn = real if draw is None else np.concatenate([real, other])
    clustered = groups is not None or len(np.unique(drawn)) < len(drawn)
    if clustered:
        own = np.arange(len(comparison.real)) if groups is None else groups
        cluster[: len(drawn)] = len(stratum) + own[drawn]
    owners = cluster.tolist() if clustered else None
    block = folds_by_group(2 * stratum + is_second, owners, blocks, rng)
    said = [(f.column, "its rounding" if f.what == "grain" else "its values") for f in vectors.features]
    units = list(dict.fromkeys(said))
    owner = np.array([units.index(u) for u in said], dtype=np.int64)
    rows = Rows(vectors.encode(frame), is_second, stratum, cluster, block)
    return Sides(rows, real, other, units, owner, vectors, frame, clustered)
