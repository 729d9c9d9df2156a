"""What a model's predictions cost on each row, how sure it was, and what it expected itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.core.labels import VALUE, classes, codes, numbers, probabilities

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Loss = Literal["error", "log_loss", "absolute", "squared"]
_LEAST_PROBABILITY = 1e-4  # a certain and wrong prediction costs 9.2, not infinity
_PER_STRATUM, _STRATA = 100, 20


class RowLoss(NamedTuple):
    """`loss` of each row; `sure` orders rows by what was predicted; `doubt` is the share of errors expected by it.

    `sure` is the probability of the second class for two classes, of the likeliest for more, and the predicted
    value of a regression, for which `doubt` is None.
    """

    loss: Floats
    sure: Floats
    doubt: Floats | None


def row_losses(data: Dataset, predictions: pl.DataFrame, loss: Loss) -> RowLoss:
    """The loss of each row of the task's table: a wrong class or not, its log loss, or an error in numbers."""
    task = data.schema.task()
    if task.kind == "regression":
        value = predictions[VALUE].to_numpy().astype(np.float64)
        away = np.abs(numbers(data, task) - value)
        return RowLoss(away**2 if loss == "squared" else away, value, None)
    p, y = probabilities(predictions, classes(data.schema, task)), codes(data, task)
    likeliest = p.max(axis=1)
    if loss == "log_loss":
        cost = -np.log(np.maximum(p[np.arange(len(y)), y], _LEAST_PROBABILITY))
    else:
        cost = (p.argmax(axis=1) != y).astype(np.float64)
    return RowLoss(cost, p[:, 1] if p.shape[1] == 2 else likeliest, 1.0 - likeliest)


def strata_of(sure: Floats) -> Ints:
    """Rows in up to 20 parts of about equal size (at least 100 rows) by `sure`, numbered from 0 without holes."""
    parts = int(np.clip(len(sure) // _PER_STRATUM, 1, _STRATA))
    cuts = np.unique(np.quantile(sure, np.arange(1, parts) / parts)) if parts > 1 else np.zeros(0)
    place = np.searchsorted(cuts, sure, side="right")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)
