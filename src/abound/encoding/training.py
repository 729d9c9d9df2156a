"""Training arrays from an arm, and prediction frames from a model's output.

A row with class probabilities (`_soft:<class>`) enters once per class, weighted by the probability: its loss is
then the expected loss under those probabilities, for any learner that takes row weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.labels import PROBABILITY, VALUE, classes, codes, numbers
from abound.encoding.features import FeatureMap

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task

SOFT = "_soft:"
_LEAST_SHARE = 1e-3  # a class below this share of a row adds a copy and no information


@dataclass(frozen=True)
class TrainingArrays:
    """x (rows, features) float64; y class codes int64 or values float64 (rows,); w weights (rows,)."""

    x: NDArray[np.float64]
    y: NDArray[Any]
    w: NDArray[np.float64]


def training_arrays(data: Dataset, task: Task, features: FeatureMap) -> TrainingArrays:
    """Encode an arm. Rows of weight zero are left out."""
    x, w = features.encode(data), data.weights(task.table)
    if task.kind == "regression":
        y: NDArray[Any] = numbers(data, task)
    else:
        rows, y, w = spread_labels(data, task)
        x = x[rows]
    kept = w > 0
    return TrainingArrays(x[kept], y[kept], w[kept])


def soft_labels(data: Dataset, task: Task) -> NDArray[np.float64] | None:
    """Class probabilities (rows, classes), nan rows where the label is hard; None if the arm has none."""
    import polars as pl

    frame = data.table(task.table)
    names = [SOFT + c for c in classes(data.schema, task)]
    if not all(n in frame.columns for n in names):
        return None
    filled = frame.select([pl.col(n).cast(pl.Float64).fill_null(float("nan")) for n in names])
    return np.asarray(filled.to_numpy(), dtype=np.float64)


def spread_labels(data: Dataset, task: Task) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The row, the class code and the weight of each training example: a row with probabilities is one a class."""
    y, w = codes(data, task), data.weights(task.table)
    soft = soft_labels(data, task)
    if soft is None:
        return np.arange(len(y), dtype=np.int64), y, w
    hard: Any = np.isnan(soft).any(axis=1)
    rows, labels = np.nonzero(np.where(hard[:, None], 0.0, soft) > _LEAST_SHARE)
    h = np.flatnonzero(hard)
    return (
        np.concatenate([h, rows]).astype(np.int64),
        np.concatenate([y[h], labels]).astype(np.int64),
        np.concatenate([w[h], w[rows] * soft[rows, labels]]),
    )


def class_frame(probability: NDArray[np.float64], seen: NDArray[Any], names: list[str]) -> pl.DataFrame:
    """Columns "p:<class>" for all classes; those the model never saw get probability 0."""
    import polars as pl

    full = np.zeros((len(probability), len(names)))
    full[:, np.asarray(seen, dtype=np.int64)] = probability
    return pl.DataFrame({PROBABILITY + n: full[:, i] for i, n in enumerate(names)})


def value_frame(values: NDArray[np.float64]) -> pl.DataFrame:
    """The column "value"."""
    import polars as pl

    return pl.DataFrame({VALUE: np.asarray(values, dtype=np.float64)})
