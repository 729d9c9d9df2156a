"""Cross-fitting: predictions for each row by models that never saw a row of its unit (`core.units`)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.labels import codes, numbers
from abound.core.units import units
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor


@dataclass(frozen=True)
class CrossFit:
    """`out_of_fold`: row-aligned predictions by the fold model that did not see the row; `models`: all of them."""

    out_of_fold: pl.DataFrame
    models: tuple[Predictor, ...]

    def mean(self, data: Dataset) -> pl.DataFrame:
        """The mean prediction of all fold models: the label source for rows that no fold saw."""
        parts = [m.predict(data) for m in self.models]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        return total / len(parts)


_KEPT = 6  # models of a forest on 20,000 rows take tens of megabytes
_RECENT: OrderedDict[str, CrossFit] = OrderedDict()


def recent(key: str, data: Dataset, learner: str, folds: int | None, ctx: Context) -> CrossFit:
    """The cross-fit of that key if this process made it lately, else a new one.

    A cross-fit depends on its key alone, so keeping it changes no byte; generate and prove ask for the same one.
    """
    made = _RECENT.pop(key, None) or crossfit(data, learner, folds, ctx)
    _RECENT[key] = made
    while len(_RECENT) > _KEPT:
        _RECENT.popitem(last=False)
    return made


def crossfit(data: Dataset, learner: str, folds: int | None, ctx: Context) -> CrossFit:
    """Fit `learner` once per fold. Folds hold whole units and are stratified by class where there are classes.

    Five folds up to 5,000 rows, three above: more rows need fewer folds to keep the models near full size. With
    fewer units than folds each unit is a fold. Refusal where there is one only.
    """
    import polars as pl

    from abound.stats.splitting import folds_by_group

    task = data.schema.task()
    k = folds or (5 if len(data) <= 5000 else 3)
    strata = codes(data, task) if task.kind == "classification" else None
    if strata is None:
        values = numbers(data, task)
        strata = (values > values.mean()).astype(int)
    of = units(data)
    groups = None if of is None else of.tolist()
    k = min(k, len(data) if groups is None else len(set(groups)))
    if k < 2:
        raise Refusal("out-of-fold predictions need rows of at least two groups")
    fold = folds_by_group(strata, groups, k, ctx.rng("crossfit", "folds"))
    plugin = registry.create("learner", learner)
    models, parts, places = [], [], []
    for f in range(k):
        inside, outside = (fold != f).nonzero()[0], (fold == f).nonzero()[0]
        model = plugin.fit(data.take(inside), task, data.take(outside), ctx.at("crossfit", learner, f))
        models.append(model)
        parts.append(model.predict(data.take(outside)))
        places.append(pl.Series("place", outside))
    table = pl.concat(parts).with_columns(pl.concat(places)).sort("place").drop("place")
    return CrossFit(table, tuple(models))
