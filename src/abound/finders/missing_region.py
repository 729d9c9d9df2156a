"""Regions that a reference set populates and the training rows do not.

Both sets are cut to the same number of rows and encoded as vectors. A reference row is covered if some training row
is nearer than its k-th nearest reference row (coverage; Naeem et al. 2020, after Kynkaanniemi et al. 2019). When
both sets come from one distribution a row stays uncovered with a probability that depends on k and the sizes only,
about 2^-k, wherever it lies. Uncovered rows come in clumps even then, so what chance does is measured by dealing
the rows (whole groups where declared) to the two sides anew. Slices where the uncovered rows gather are searched as
in `abound.stats.slicing` and named where none of the dealt sets, up to the share `alpha`, shows one so clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.slice import Slice
    from abound.encoding.slices import Axes
    from abound.stats.lattice import Axis

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Drawn(NamedTuple):
    """As many training as reference rows: distances and axes of both, which are of the reference, and groups."""

    distance: NDArray[np.float32]
    axes: list[Axis]
    second: NDArray[np.bool_]
    groups: Ints


@plugin("finder", accepts=("table", "records", "images", "scenes"))
class MissingRegion:
    """Slices of a reference set whose rows have no training row near them.

    `reference` is the path of a table with the same columns (or of a saved dataset); without one it is tune. At
    most `rows` rows a side are compared, by the distance to the `neighbours`-th nearest row; a region has at least
    `support` of the reference rows drawn and at most `terms` conditions; `bins` are the parts that a number is cut
    into, `levels` the most levels of a category, `columns` the most columns combined in threes. `alpha` is the
    chance of naming any region when the sets are alike, from `draws` exchanges of rows between them.
    """

    reference: str | None = None
    rows: Annotated[int, Field(ge=100, le=5000)] = 1000
    neighbours: Annotated[int, Field(ge=1, le=50)] = 3
    support: Annotated[int, Field(ge=5)] = 15
    terms: Annotated[int, Field(ge=1, le=3)] = 3
    top: Annotated[int, Field(ge=1, le=100)] = 10
    bins: Annotated[int, Field(ge=2, le=12)] = 4
    levels: Annotated[int, Field(ge=2, le=200)] = 50
    columns: Annotated[int, Field(ge=3, le=40)] = 8
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    draws: Annotated[int, Field(ge=19, le=999)] = 59

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps of kind "missing", clearest first. Refusal for few rows; InputError for an unreadable reference."""
        from abound.core.task import one_thread
        from abound.encoding.reference import joined, reference_set
        from abound.encoding.slices import axes_of
        from abound.stats.lattice import inside
        from abound.stats.slicing import largest, weak_slices

        other, name = reference_set(self.reference, train, tune)
        size = min(self.rows, len(train), len(other))
        if size < 2 * self.support or size <= self.neighbours + 1:
            raise Refusal(f"{size} rows a side are too few to look for regions of {self.support} rows")
        names = train.schema.main_table.features()
        both = joined(train, other, names)
        axes = axes_of(train.schema.main_table, both, names, bins=self.bins, most=self.levels)
        if not axes.levels:
            raise Refusal(f"table {train.schema.main!r} has no column whose levels could describe a region")
        with one_thread():
            drawn = self._draw(train, other, size, axes, ctx)
            bare, axis = self._uncovered(drawn, drawn.second)
            nulls, shares = [], []
            for k in range(self.draws):
                chance, there = self._uncovered(drawn, _exchanged(drawn, ctx.rng("exchange", k)))
                nulls.append(largest(there, chance, support=self.support, terms=self.terms, wide=self.columns))
                shares.append(float(chance.mean()))
            search = weak_slices(
                axis, bare, support=self.support, terms=self.terms, alpha=self.alpha, top=self.top,
                wide=self.columns, null=np.array(nulls).T, rng=ctx.rng("unused"),
            )  # fmt: skip
        real = float(np.mean(shares))
        if not search.slices and bare.mean() > np.quantile(shares, 1 - self.alpha, method="higher"):
            ctx.progress.note(
                f"missing_region: {100 * bare.mean():.1f} % of {name} have no training row near them (rows of one "
                f"set: {100 * real:.1f} %), and no slice of up to {self.terms} conditions describes them"
            )
        gaps = []
        for weak in search.slices:
            gap = _gap(train, other, name, axes.slice(weak.conditions), inside(axis, weak.conditions), bare, real)
            evidence = (*gap.evidence, Evidence(name="p over the search", value=weak.p_value, n=search.searched))
            gaps.append(gap.model_copy(update={"score": weak.statistic, "evidence": evidence}))
        return sorted(gaps, key=lambda g: (-g.score, str(g.slice)))

    def _draw(self, train: Dataset, other: Dataset, size: int, axes: Axes, ctx: Context) -> Drawn:
        """`size` rows of either set, whole groups next to each other, encoded on both together."""
        from abound.encoding.reference import joined
        from abound.encoding.slices import group_numbers
        from abound.encoding.vectors import fit_vectors

        table = train.schema.main_table
        groups = group_numbers(train, other) or [np.arange(len(train)), len(train) + np.arange(len(other))]
        taken = [_by_group(own, ctx.rng("rows", i))[:size] for i, own in enumerate(groups)]
        names = table.features()
        both = joined(train.take(taken[0]), other.take(taken[1]), names)
        x = fit_vectors(both, [table.column(n) for n in names]).encode(both)
        owners = np.concatenate([own[t] for own, t in zip(groups, taken, strict=True)])
        return Drawn(_distances(x), axes.of(both), np.repeat([False, True], size), owners)

    def _uncovered(self, drawn: Drawn, second: NDArray[np.bool_]) -> tuple[Floats, list[Axis]]:
        """Rows of the second side: 1 where no row of the first is within the k-th neighbour; and their axes."""
        mine, theirs = np.flatnonzero(second), np.flatnonzero(~second)
        own = np.partition(drawn.distance[np.ix_(mine, mine)], self.neighbours, axis=1)[:, self.neighbours]
        near = drawn.distance[np.ix_(mine, theirs)].min(axis=1)
        return (near > own).astype(np.float64), [a.take(mine) for a in drawn.axes]


def _by_group(groups: Ints, rng: np.random.Generator) -> Ints:
    """Places in random order, those of one group next to each other."""
    _, place = np.unique(groups, return_inverse=True)
    order = rng.permutation(int(place.max()) + 1)
    return np.lexsort((rng.random(len(place)), order[place]))


def _exchanged(drawn: Drawn, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The rows dealt to two sides of the same size by whole groups (one group at most is cut)."""
    second = np.zeros(len(drawn.second), dtype=bool)
    second[_by_group(drawn.groups, rng)[: int(drawn.second.sum())]] = True
    return second


def _distances(x: Floats) -> NDArray[np.float32]:
    """Distances of all pairs. A row is at distance 0 from itself, and first among its own neighbours."""
    squares = (x**2).sum(axis=1)
    out: NDArray[np.float32] = np.sqrt(np.maximum(squares[:, None] - 2 * x @ x.T + squares, 0.0)).astype(np.float32)
    np.fill_diagonal(out, -1.0)
    return out


def _gap(
    train: Dataset, other: Dataset, name: str, slice_: Slice, hold: NDArray[np.bool_], bare: Floats, real: float
) -> Gap:
    from abound.encoding.reference import rows_to_match
    from abound.stats.intervals import wilson

    support, there = train.support(slice_), other.support(slice_).rows
    rows, gone = int(hold.sum()), int(bare[hold].sum())
    low, high = wilson(gone, rows)
    rest = float(bare[~hold].mean())
    return Gap(
        kind="missing",
        finder="missing_region",
        slice=slice_,
        support=support.rows,
        main_rows=support.main_rows,
        groups=support.groups,
        wanted=max(support.rows + 1, rows_to_match(support.rows, len(train), there / len(other))),
        evidence=(
            Evidence(name="uncovered inside", value=gone / rows, low=low, high=high, n=rows),
            Evidence(name="uncovered outside", value=rest, n=len(bare) - rows),
            Evidence(name="uncovered, rows of one set", value=real, n=len(bare)),
            Evidence(name="rows in the reference", value=float(there), n=len(other)),
        ),
        reason=(
            f"{gone:,} of {rows:,} rows drawn from {name} with {slice_} have no training row near them "
            f"({100 * gone / rows:.0f} %, elsewhere {100 * rest:.0f} %, between rows of one set {100 * real:.0f} "
            f"%); train has {support.rows:,} such rows of {len(train):,}, the reference {there:,} of {len(other):,}"
        ),
    )
