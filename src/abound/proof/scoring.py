"""Scores of one arm: on tune, on test, and on bootstrap draws of the test groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abound.core import registry
from abound.core.labels import PROBABILITY, classes, positive_class
from abound.core.model import Model
from abound.core.recipe import Use
from abound.core.slice import Slice
from abound.core.units import units
from abound.stats.intervals import group_draws

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Metric
    from abound.core.schema import Task

DRAWS = 200


class Question(Model):
    """One thing that is claimed about, fixed before the test set is opened: a metric, on a slice or on all rows."""

    metric: Use
    slice: Slice | None = None
    name: str = ""
    threshold: Use | None = None  # the metric that chooses the threshold on tune, where it is not the metric itself

    def plugin(self) -> Metric:
        """The metric, ready to use."""
        made: Metric = registry.create("metric", self.metric.name, self.metric.params)
        return made


class Score(Model):
    """An arm's answer to one question in one repeat. nan where the score is undefined."""

    tune: float
    test: float
    draws: tuple[float, ...]


def test_units(test: Dataset) -> np.ndarray[Any, Any]:
    """The unit of each test row, int64 (rows,): rows of one unit are one observation."""
    of = units(test)
    return np.arange(len(test), dtype=np.int64) if of is None else of


def test_draws(test: Dataset, ctx: Context) -> np.ndarray[Any, Any]:
    """Bootstrap weights (DRAWS, rows) of whole test units: the same for every arm and repeat of a seed."""
    return group_draws(test_units(test), DRAWS, ctx.rng("draws"))


def score_arm(
    question: Question,
    tuned_threshold: bool,
    tune: tuple[Dataset, pl.DataFrame],
    test: tuple[Dataset, pl.DataFrame],
    draws: np.ndarray[Any, Any],
    task: Task,
) -> Score:
    """Score predictions. For metrics of labels the threshold is chosen on tune, never on test."""
    metric = question.plugin()
    tuned = tuned_threshold or question.threshold is not None
    if metric.labels and tuned and task.kind == "classification":
        cut = chosen_threshold(question, *tune, task)
        tune, test = (tune[0], _moved(*tune, task, cut)), (test[0], _moved(*test, task, cut))
    return Score(
        tune=float(_values(metric, question, *tune, task, None)[0]),
        test=float(_values(metric, question, *test, task, None)[0]),
        draws=tuple(float(v) for v in _values(metric, question, *test, task, draws)),
    )


def chosen_threshold(question: Question, tune: Dataset, pred: pl.DataFrame, task: Task) -> float:
    """The threshold that an arm of tuned threshold gets from its predictions of the tuning rows."""
    return _best_threshold(_chooser(question, question.plugin()), tune, pred, task)


def _chooser(question: Question, metric: Metric) -> Metric:
    """The metric whose best threshold on tune is used: a score such as recall would call every row positive."""
    use = question.threshold or (
        Use(name=metric.tuned_by, params=question.metric.params) if metric.tuned_by else None
    )
    if use is None:
        return metric
    made: Metric = registry.create("metric", use.name, use.params)
    return made


def _values(
    metric: Metric, question: Question, data: Dataset, pred: pl.DataFrame, task: Task, draws: Any
) -> np.ndarray[Any, Any]:
    units = metric.units(data, pred, task)
    weight = data.weights(task.table)
    if question.slice is not None:
        weight = weight * data.mask(question.slice).to_numpy()
    table = weight[None, :] if draws is None else draws * weight
    kept = weight > 0
    if not kept.any():
        return np.full(len(table), np.nan)
    return metric.value(units.filter(kept), table[:, kept])


def _moved(data: Dataset, pred: pl.DataFrame, task: Task, cut: float) -> pl.DataFrame:
    """Two-class probabilities shifted so that a label at one half is a label at `cut`."""
    import polars as pl

    if task.kind != "classification" or len(classes(data.schema, task)) != 2:
        return pred
    yes = positive_class(data.schema, task)
    no = next(c for c in classes(data.schema, task) if c != yes)
    shifted = (pred[PROBABILITY + yes] - cut + 0.5).to_numpy()
    return pred.with_columns(pl.Series(PROBABILITY + yes, shifted), pl.Series(PROBABILITY + no, 1.0 - shifted))


def _best_threshold(metric: Metric, data: Dataset, pred: pl.DataFrame, task: Task) -> float:
    """The threshold, among 50 quantiles of the predicted probabilities, with the best score on tune."""
    if len(classes(data.schema, task)) != 2:
        return 0.5
    p = pred[PROBABILITY + positive_class(data.schema, task)].to_numpy()
    cuts = np.unique(np.r_[0.5, np.quantile(p, np.linspace(0.01, 0.99, 50))])
    weight = data.weights(task.table)[None, :]
    sign = 1.0 if metric.larger_is_better else -1.0
    scores = [sign * metric.value(metric.units(data, _moved(data, pred, task, c), task), weight)[0] for c in cuts]
    return float(cuts[int(np.nanargmax(scores))]) if np.isfinite(scores).any() else 0.5
