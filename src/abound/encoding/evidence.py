"""What several finders look at: vectors of the rows, their neighbours, out-of-fold predictions. Made once.

Each array is a function of the data and of what the context's seed and refit say, so that keeping the last few
changes no byte. Groups count throughout: a row's neighbours belong to other groups, and its prediction is that of a
model that saw none of its group.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from abound.core.encoder import encoder_of
from abound.core.labels import VALUE, classes, codes, numbers, probabilities
from abound.core.model import digest_of
from abound.core.task import one_thread
from abound.errors import Refusal
from abound.stats.leave_cluster_out import leave_cluster_out, relevance
from abound.stats.splitting import group_index
from abound.stats.three_way import Near, nearest_alike, nearest_others

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEIGHBOURS = 10
ALIKE = 7
_KEPT = 12
_RECENT: OrderedDict[str, Any] = OrderedDict()


@dataclass(frozen=True)
class Predicted:
    """Labels and out-of-fold predictions: codes and (rows, classes) probabilities, or values and residuals.

    `right` is the share of rows whose likeliest class is their own; None for numbers.
    """

    labels: NDArray[Any]
    out_of_fold: Floats
    right: float | None


def _once(what: str, train: Dataset, ctx: Context, make: Callable[[Context], Any]) -> Any:
    """What was made of this data lately, or else is made now, with random numbers that no caller's path changes."""
    key = f"{what} {ctx.seed} {ctx.refit} {train.digest}"
    made = _RECENT.pop(key, None)
    if made is None:
        with one_thread():
            made = make(replace(ctx, path=("evidence", str(ctx.refit))))
    _RECENT[key] = made
    while len(_RECENT) > _KEPT:
        _RECENT.popitem(last=False)
    return made


def vectors(train: Dataset, ctx: Context) -> Floats:
    """The training rows by the encoder of their kind; Refusal where none takes them, or there are too few rows."""
    if len(train) < NEIGHBOURS:
        raise Refusal(f"{len(train)} training rows are fewer than the {NEIGHBOURS} that neighbours need")
    return cast(Floats, _once("vectors", train, ctx, lambda c: encoder_of(train, c).encode(train)))


def groups_of(train: Dataset) -> Ints | None:
    """The group of each row as a number, or None without groups; Refusal where all rows are of one group."""
    if train.schema.group is None:
        return None
    groups = group_index(train.main[train.schema.group].to_list(), len(train))
    if groups.max(initial=0) == 0:
        raise Refusal(f"all rows have the same {train.schema.group!r}: neighbours need rows of other groups")
    return groups


def neighbours(train: Dataset, ctx: Context) -> Near:
    """The ten nearest rows of other groups."""
    z, groups = vectors(train, ctx), groups_of(train)
    return cast(Near, _once("neighbours", train, ctx, lambda _: nearest_others(z, NEIGHBOURS, groups)))


def predicted(train: Dataset, ctx: Context) -> Predicted:
    """Labels with group-aware out-of-fold predictions; Refusal where the task is another than class or number."""
    task = train.schema.task()
    if task.table != train.schema.main or task.kind not in ("classification", "regression"):
        raise Refusal(f"rows are judged by a class or number of the main table, and the target is {task.kind}")
    if task.kind == "regression":
        values = numbers(train, task)
        return Predicted(values, values - ctx.crossfit(train).out_of_fold[VALUE].to_numpy(), None)
    labels = codes(train, task)
    if len(np.unique(labels)) < 2:
        raise Refusal("the training rows have one class only, so no label contradicts another")
    p = probabilities(ctx.crossfit(train).out_of_fold, classes(train.schema, task))
    return Predicted(labels, p, float((p.argmax(axis=1) == labels).mean()))


def unseen_loss(train: Dataset, labels: Ints, rows: Bools, size: int, ctx: Context) -> Floats:
    """The log loss of each of `rows` under models that saw none of its neighbourhood, `size` rows of its class.

    The models see none of the other rows, whose loss is 0.
    """
    z, groups, some = vectors(train, ctx), groups_of(train), np.flatnonzero(rows)

    def make(base: Context) -> Floats:
        rng, loss = base.rng("leave_cluster_out", size), np.zeros(len(z))
        some_groups = None if groups is None else groups[some]
        loss[some] = leave_cluster_out(z[some], labels[some], rng, groups=some_groups, size=size)
        return loss

    return cast(Floats, _once(f"unseen {size} {digest_of(some.tolist())}", train, ctx, make))


def alike(train: Dataset, labels: Ints, rows: Bools, ctx: Context) -> Near:
    """For each of `rows` the seven nearest of them of the same class and of other groups; the others have none.

    Nearest in what tells classes apart (`relevance`), as the clusters of `unseen_loss` are.
    """
    z, groups, some = vectors(train, ctx), groups_of(train), np.flatnonzero(rows)

    def make(_: Context) -> Near:
        near = Near(np.full((len(z), ALIKE), np.inf), np.full((len(z), ALIKE), -1, dtype=np.int64))
        weighted = z[some] * relevance(z[some], labels[some])
        found = nearest_alike(weighted, labels[some], ALIKE, None if groups is None else groups[some])
        near.distance[some] = found.distance
        near.place[some] = np.where(found.place >= 0, some[found.place], -1)
        return near

    return cast(Near, _once(f"alike {digest_of(some.tolist())}", train, ctx, make))
