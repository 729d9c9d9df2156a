"""Slices on which the model errs more than elsewhere: found on train, confirmed on tune.

The loss of a row is that of models that did not see it: out-of-fold on train, the mean of the fold models on tune.
A slice is a conjunction of up to three conditions on the features. It must beat the largest excess that chance
gives over the whole search (`abound.stats.slicing`), then show itself on tune: slices are tested there from the
clearest on train downwards, each at level `alpha`, up to the first that tune does not confirm (testing in a fixed
sequence; Maurer, Hothorn and Lehmacher 1995). Tune played no part in their choice or order, so this step alone
bounds the chance of naming any slice whose error is not larger by `alpha`.

Error is uneven by nature: a model is wrong more often where it is unsure, and no data mends a coin toss. `against`
says what a slice is held against: all other rows, or the rows on which the model is as sure.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.slice import Slice
    from abound.encoding.losses import RowLoss

_FINE = 4  # levels of a part: cuts are moved by a quarter of it
_DEALS = 999  # on tune: the least p is .001


class Part(NamedTuple):
    """Train or tune: its rows, their losses, and what may be compared (strata) and belongs together (groups)."""

    data: Dataset
    rows: RowLoss
    strata: np.ndarray[Any, Any] | None
    groups: np.ndarray[Any, Any] | None


class Figures(NamedTuple):
    """A slice in one part: rows and mean loss inside and outside, the excess with its interval, errors expected."""

    rows: int
    others: int
    inside: float
    outside: float
    excess: float
    low: float
    high: float
    expected: float | None


@plugin("finder", accepts=("table", "records", "images", "scenes"), needs=("target",))
class WeakSlice:
    """Conjunctions of up to three conditions on which the model's held-out error is larger than elsewhere.

    `learner` is the model that is judged; `loss` is error (wrong or not) or log_loss for classes, absolute or
    squared for numbers (the first of each by default). `against` "elsewhere" compares a slice with all other rows,
    "confidence" with rows for which the model predicts the same. `support` is the least number of training rows,
    `terms` the most conditions, `top` the most slices, `bins` the parts that a number is cut into (conditions are
    ranges of them), `levels` the most levels of a category, `columns` the most columns combined in threes.
    `search_alpha` is the chance that train offers a slice by accident, with `draws` permutations; `alpha` the
    chance that tune confirms any such.
    """

    learner: str = "ensemble"
    loss: Literal["error", "log_loss", "absolute", "squared"] | None = None
    against: Literal["elsewhere", "confidence"] = "elsewhere"
    support: Annotated[int, Field(ge=5)] = 30
    terms: Annotated[int, Field(ge=1, le=3)] = 3
    top: Annotated[int, Field(ge=1, le=100)] = 10
    bins: Annotated[int, Field(ge=2, le=12)] = 6
    levels: Annotated[int, Field(ge=2, le=200)] = 50
    columns: Annotated[int, Field(ge=3, le=40)] = 14
    search_alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.05
    draws: Annotated[int, Field(ge=19, le=9999)] = 99

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps of kind "weak", best first. Refusal for too few rows, no columns with levels, or an unfit target."""
        from abound.core.task import one_thread
        from abound.encoding.slices import axes_of
        from abound.stats.slicing import weak_slices

        self._check(train, tune)
        train, tune = _by_content(train), _by_content(tune)
        table = train.schema.main_table
        axes = axes_of(table, train.main, table.features(), bins=self.bins, most=self.levels, fine=_FINE)
        if axes.left_out:
            ctx.progress.note(f"weak_slice did not look at: {', '.join(axes.left_out)}")
        if not axes.levels:
            raise Refusal(f"table {table.name!r} has no column whose levels could describe a slice")
        here, there = self._judged(train, tune, ctx)
        with one_thread():
            search = weak_slices(
                axes.of(train.main), here.rows.loss, strata=here.strata, groups=here.groups, support=self.support,
                terms=self.terms, alpha=self.search_alpha, draws=self.draws, top=self.top, wide=self.columns,
                rng=ctx.rng("deals"),
            )  # fmt: skip
        slices = [axes.slice(w.conditions) for w in search.slices]
        chances = _on_tune(there, slices, ctx)
        order = sorted(range(len(slices)), key=lambda i: (-search.slices[i].statistic, i))
        kept = list(itertools.takewhile(lambda i: chances[i] <= self.alpha, order))
        if len(kept) < len(order):
            rest = "; ".join(f"{slices[i]} (p = {chances[i]:.3f})" for i in order[len(kept) :])
            ctx.progress.note(
                f"weak_slice found on train, and tune did not confirm or was not asked after that: {rest}"
            )
        gaps = []
        for i in kept:
            weak = search.slices[i]
            gap = _gap((here, there), slices[: i + 1], weak.p_value, search.searched, chances[i])
            gaps.append(gap.model_copy(update={"score": weak.statistic}))
        return gaps

    def _check(self, train: Dataset, tune: Dataset) -> None:
        task = train.schema.task()
        if task.table != train.schema.main or task.kind not in ("classification", "regression"):
            raise Refusal(f"slices are judged by a class or number of the main table, not by {task.kind}")
        if self.loss is not None and (self.loss in ("error", "log_loss")) != (task.kind == "classification"):
            raise Refusal(f"the loss {self.loss!r} does not fit a {task.kind} target")
        if len(train) < 2 * self.support:
            raise Refusal(f"{len(train)} training rows are fewer than two slices of {self.support} rows")
        if not len(tune):
            raise Refusal("the tune part has no rows on which a slice could be confirmed")

    def _judged(self, train: Dataset, tune: Dataset, ctx: Context) -> tuple[Part, Part]:
        """Both parts with the losses of models that did not see their rows."""
        from abound.encoding.losses import row_losses, strata_of
        from abound.encoding.slices import group_numbers

        loss = self.loss or ("error" if train.schema.task().kind == "classification" else "absolute")
        fit = ctx.crossfit(train, self.learner)
        groups = group_numbers(train, tune)
        out = []
        for place, (data, pred) in enumerate(((train, fit.out_of_fold), (tune, fit.mean(tune)))):
            rows = row_losses(data, pred, loss)
            strata = strata_of(rows.sure) if self.against == "confidence" else None
            out.append(Part(data, rows, strata, None if groups is None else groups[place]))
        return out[0], out[1]


def _by_content(data: Dataset) -> Dataset:
    """The rows in the order of their values: folds and deals, and so the slices, then depend on no other order."""
    import polars as pl

    frame = data.main
    plain = [n for n, t in frame.schema.items() if n[0] != "_" and not t.is_nested() and not t.is_(pl.Binary)]
    place = frame.select(plain).with_row_index("_place").sort(plain, maintain_order=True)["_place"]
    return data.take(place.cast(pl.Int64).to_numpy())


def _on_tune(part: Part, slices: list[Slice], ctx: Context) -> list[float]:
    """Permutation p of each slice on tune, without the rows of those before it, as in the search."""
    import numpy as np

    from abound.stats.dealing import chance_of

    left = np.ones(len(part.data), dtype=bool)
    out = []
    for place, slice_ in enumerate(slices):
        hold = part.data.mask(slice_).to_numpy()
        strata, groups = (None if a is None else a[left] for a in (part.strata, part.groups))
        rng = ctx.rng("tune", place)
        out.append(chance_of(part.rows.loss[left], hold[left], strata=strata, groups=groups, draws=_DEALS, rng=rng))
        left &= ~hold
    return out


def _figures(part: Part, slice_: Slice, before: Sequence[Slice]) -> Figures:
    """The slice among the rows that are in none of those before it, as it was judged."""
    import numpy as np

    from abound.stats.dealing import beyond

    left = np.ones(len(part.data), dtype=bool)
    for other in before:
        left &= ~part.data.mask(other).to_numpy()
    hold, loss = part.data.mask(slice_).to_numpy()[left], part.rows.loss[left]
    inside, outside = float(loss[hold].mean()), float(loss[~hold].mean())
    expected = None if part.rows.doubt is None else float(part.rows.doubt[left][hold].mean())
    groups = None if part.groups is None else part.groups[left]
    return Figures(int(hold.sum()), int((~hold).sum()), inside, outside, *beyond(loss, hold, groups), expected)


def _gap(parts: tuple[Part, Part], slices: list[Slice], p_value: float, searched: int, chance: float) -> Gap:
    """The last of `slices` as a gap; those before it were set aside."""
    *before, slice_ = slices
    support = parts[0].data.support(slice_)
    train, tune = (_figures(part, slice_, before) for part in parts)
    evidence = [
        _evidence("excess loss", train),
        Evidence(name="loss inside", value=train.inside, n=train.rows),
        Evidence(name="loss outside", value=train.outside, n=train.others),
        Evidence(name="p over the search", value=p_value, n=searched),
        _evidence("excess loss on tune", tune),
        Evidence(name="p on tune", value=chance, n=tune.rows),
    ]
    if train.expected is not None:
        evidence.append(Evidence(name="errors expected inside", value=train.expected, n=train.rows))
    return Gap(
        kind="weak",
        finder="weak_slice",
        slice=slice_,
        support=support.rows,
        main_rows=support.main_rows,
        groups=support.groups,
        wanted=support.rows,  # how many more would mend it, errors alone do not tell
        evidence=tuple(evidence),
        reason=_sentence(parts[0], slice_, train, tune, searched, chance),
    )


def _evidence(name: str, f: Figures) -> Evidence:
    known = math.isfinite(f.low)
    return Evidence(
        name=name, value=f.excess, low=f.low if known else None, high=f.high if known else None, n=f.rows
    )


def _sentence(part: Part, slice_: Slice, train: Figures, tune: Figures, searched: int, chance: float) -> str:
    if part.rows.doubt is not None and set(part.rows.loss) <= {0.0, 1.0}:
        what, scale, unit = "share of errors", 100.0, " %"
    else:
        what, scale, unit = "mean loss", 1.0, ""

    def shown(value: float) -> str:
        return f"{scale * value:.3g}{unit}"

    alone = "" if train.rows == part.data.support(slice_).rows else " and in no slice before it"
    own = ""
    if unit and train.expected is not None:
        own = f" ({shown(train.expected)} by the model's own probabilities)"
    return (
        f"the {what} on the {train.rows:,} training rows with {slice_}{alone} is {shown(train.inside)}{own}, "
        f"elsewhere {shown(train.outside)} (difference {shown(train.excess)}, interval {shown(train.low)} to "
        f"{shown(train.high)}); one of {searched:,} slices searched; on {tune.rows:,} tuning rows "
        f"{shown(tune.inside)} against {shown(tune.outside)} (p = {chance:.3f})"
    )
