"""What differs between the training rows and another set: levels and ranges whose share changed.

Every level of every feature and target column (numbers: every range of equal-share parts) has a share in either
set. The largest standardised difference over all of them is compared with what it is when rows are dealt to the two
sets at random (max-statistic permutation, Westfall and Young 1993), so a level is named by accident in a share
`alpha` of comparisons at most, however many columns there are. Where a group is declared, whole groups are dealt:
rows of a person do not come one by one.
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
    from abound.encoding.slices import Axes
    from abound.stats.lattice import Axis, Condition

Floats = NDArray[np.float64]


class Shift(NamedTuple):
    """A level: its share in train and in the reference, the standardised difference, p over all levels."""

    condition: Condition
    train: float
    reference: float
    z: float
    p_value: float


@plugin("finder", accepts=("table", "records", "images", "scenes"))
class Drift:
    """Levels and ranges of columns that are less or more common in train than in a reference set.

    `reference` is the path of a table with the same columns (or of a saved dataset); without one train is compared
    with tune, which differs only if the split was by time or by place. `alpha` is the chance of naming any level
    when the sets are alike, with `draws` permutations; `support` the fewest rows of both sets together that a level
    needs; `bins` the parts that a number is cut into; `levels` the most levels of a category; `top` the most gaps.
    """

    reference: str | None = None
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    draws: Annotated[int, Field(ge=19, le=9999)] = 199
    support: Annotated[int, Field(ge=5)] = 30
    bins: Annotated[int, Field(ge=2, le=12)] = 8
    levels: Annotated[int, Field(ge=2, le=200)] = 50
    top: Annotated[int, Field(ge=1)] = 20

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps of kind "drift", largest difference first; of a number the range with most more and most less.

        Refusal without rows or columns with levels; InputError for a reference that cannot be read.
        """
        from abound.core.task import one_thread
        from abound.encoding.reference import joined, reference_set
        from abound.encoding.slices import axes_of, group_numbers

        other, name = reference_set(self.reference, train, tune)
        names = train.schema.main_table.modelled()
        both = joined(train, other, names)
        axes = axes_of(train.schema.main_table, both, names, bins=self.bins, most=self.levels)
        if axes.left_out:
            ctx.progress.note(f"drift did not look at: {', '.join(axes.left_out)}")
        if not axes.levels:
            raise Refusal(f"table {train.schema.main!r} has no column whose levels could be compared")
        second = np.repeat([False, True], [len(train), len(other)])
        groups = group_numbers(train, other)
        unit = np.arange(len(second)) if groups is None else 2 * np.concatenate(groups) + second
        weights = np.concatenate([train.weights(), other.weights()])
        made = axes.of(both)
        with one_thread():
            shifts, looked = self._shifts(made, weights, second, unit, ctx.rng("deals"))
        named = _named(shifts, axes)
        if len(named) > self.top:
            ctx.progress.note(f"drift found {len(named) - self.top} more levels than the {self.top} listed")
        far = {a: _distance(made[a], weights, second) for a in {s.condition[0] for s in named[: self.top]}}
        return [_gap(train, other, name, axes, s, looked, far[s.condition[0]]) for s in named[: self.top]]

    def _shifts(
        self, axes: list[Axis], weights: Floats, second: NDArray[np.bool_], unit: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> tuple[list[Shift], int]:  # fmt: skip
        """Levels whose share changed by more than chance, and how many were looked at."""
        from abound.stats.lattice import blocks, choices

        member = np.column_stack([second, _dealt(second, unit, self.draws, rng)]) * weights[:, None]
        total, reference = weights.sum(), member.sum(axis=0)
        largest, levels = np.zeros(self.draws), []
        for block in blocks(choices(axes, self.support), 1, np.column_stack([weights, member])):
            whole, part = block.sums[:, :1], block.sums[:, 1:]
            share, mine = part / reference, (whole - part) / (total - reference)
            pooled = whole / total
            error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / reference + 1 / (total - reference)))
            z = (share - mine) / error
            largest = np.maximum(largest, np.abs(z[:, 1:]).max(axis=0))
            levels += [(block.conditions(i)[0], mine[i, 0], share[i, 0], z[i, 0]) for i in range(len(z))]
        out = []
        for condition, mine, share, z in levels:
            p_value = float((1 + (largest >= abs(z) - 1e-9).sum()) / (1 + self.draws))
            if p_value <= self.alpha:
                out.append(Shift(condition, float(mine), float(share), float(z), p_value))
        return out, len(levels)


def _dealt(second: NDArray[np.bool_], unit: NDArray[np.int64], draws: int, rng: np.random.Generator) -> Floats:
    """Membership of the second set dealt anew: units (rows, or a group's in one set) of like size swap sides."""
    _, first, place, size = np.unique(unit, return_index=True, return_inverse=True, return_counts=True)
    side, about = second[first], np.floor(np.log2(size))
    alike = np.argsort(about, kind="stable")
    out = np.empty((len(second), draws))
    for k in range(draws):
        mixed = np.empty(len(side), dtype=bool)
        mixed[alike] = side[np.lexsort((rng.random(len(side)), about))]
        out[:, k] = mixed[place]
    return out


def _named(shifts: list[Shift], axes: Axes) -> list[Shift]:
    """Largest first; of the overlapping ranges of a number only the most changed one in either direction."""
    out: list[Shift] = []
    for shift in sorted(shifts, key=lambda s: (-abs(s.z), s.condition)):
        axis, first, _ = shift.condition
        told = [s for s in out if s.condition[0] == axis and (s.z > 0) == (shift.z > 0)]
        if first >= axes.ordered[axis] or not any(s.condition[1] < axes.ordered[axis] for s in told):
            out.append(shift)
    return out


def _distance(axis: Axis, weights: Floats, second: NDArray[np.bool_]) -> float:
    """Kolmogorov-Smirnov distance over a number's parts, total variation over a category's levels."""
    shares = [
        np.bincount(axis.codes[side] + 1, weights=weights[side], minlength=axis.size + 1) / weights[side].sum()
        for side in (second, ~second)
    ]
    apart = shares[0] - shares[1]
    return float(np.abs(np.cumsum(apart)).max() if axis.ordered else np.abs(apart).sum() / 2)


def _gap(train: Dataset, other: Dataset, name: str, axes: Axes, shift: Shift, looked: int, far: float) -> Gap:
    from abound.encoding.reference import rows_to_match
    from abound.stats.intervals import wilson

    slice_ = axes.slice([shift.condition])
    support, there = train.support(slice_), other.support(slice_).rows
    low, high = wilson(there, len(other))
    few = "fewer" if shift.z > 0 else "more"
    effect = 2 * (np.arcsin(np.sqrt(shift.reference)) - np.arcsin(np.sqrt(shift.train)))
    return Gap(
        kind="drift",
        finder="drift",
        slice=slice_,
        support=support.rows,
        main_rows=support.main_rows,
        groups=support.groups,
        wanted=rows_to_match(support.rows, len(train), shift.reference),
        score=abs(shift.z),
        evidence=(
            Evidence(name="share in train", value=shift.train, n=len(train)),
            Evidence(name="share in the reference", value=shift.reference, low=min(low, shift.reference),
                     high=max(high, shift.reference), n=len(other)),
            Evidence(name="Cohen's h", value=float(effect)),
            Evidence(name="distance of the distributions", value=far),
            Evidence(name="p over all levels", value=shift.p_value, n=looked),
        ),
        reason=(
            f"{100 * shift.train:.1f} % of the training rows have {slice_} and {100 * shift.reference:.1f} % of "
            f"{name} ({there:,} of {len(other):,}): train has {few} than its share "
            f"(p = {shift.p_value:.3f} over {looked:,} levels and ranges)"
        ),
    )  # fmt: skip
