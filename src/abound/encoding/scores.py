"""Per-unit columns that metrics read, from truth and predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abound.core import registry
from abound.core.labels import PROBABILITY, VALUE, classes, codes, numbers, positive_class, probabilities
from abound.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


def ranking_units(truth: Dataset, pred: pl.DataFrame, task: Task, positive: str | None) -> pl.DataFrame:
    """Columns score (probability of the class of interest) and positive (1.0 where it is the truth)."""
    import polars as pl

    _expect(task, "classification", "a ranking score")
    names = classes(truth.schema, task)
    if positive is None and len(names) > 2:
        raise InputError(
            f"the target has {len(names)} classes: name the one to rank, or use the metric balanced_accuracy"
        )
    wanted = positive or positive_class(truth.schema, task)
    hit = (codes(truth, task) == names.index(wanted)).astype(np.float64)
    return pl.DataFrame({"score": pred[PROBABILITY + wanted], "positive": hit})


def label_units(truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Columns actual and predicted (class codes as floats); the prediction is the most probable class."""
    import polars as pl

    _expect(task, "classification", "a score of labels")
    p = probabilities(pred, classes(truth.schema, task))
    actual = codes(truth, task).astype(np.float64)
    return pl.DataFrame({"actual": actual, "predicted": p.argmax(axis=1).astype(np.float64)})


def value_units(truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Columns actual and predicted, in the target's units."""
    import polars as pl

    _expect(task, "regression", "an error in the target's units")
    return pl.DataFrame({"actual": numbers(truth, task), "predicted": pred[VALUE]})


def weighted_mean(values: np.ndarray[Any, Any], weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Mean for each row of `weights` (draws, units); nan where all weights are zero."""
    total = weights.sum(axis=1)
    out: np.ndarray[Any, Any] = (weights @ values) / np.where(total > 0, total, np.nan)
    return out


def expect_classes(task: Task, what: str) -> None:
    """InputError where the target is not a class."""
    _expect(task, "classification", what)


def _expect(task: Task, kind: str, what: str) -> None:
    if task.kind != kind:
        raise InputError(
            f"{what} needs a {kind} target, and {task.targets[0]!r} is a {task.kind} target: choose one of "
            f"{', '.join(fitting_metrics(task))}"
        )


def fitting_metrics(task: Task) -> list[str]:
    """Names of the metrics that suit the task's target."""
    kinds = {"classification", "regression"}
    needs = {name: kinds & set(registry.spec("metric", name).needs) for name in registry.names("metric")}
    return [name for name, needed in needs.items() if not needed or task.kind in needed]
