"""Balanced accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("classification",))
class BalancedAccuracy:
    """Mean over classes of the share of rows predicted rightly: each class counts the same, however rare."""

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.02
    relative: ClassVar[bool] = False
    labels: ClassVar[bool] = True
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Columns actual and predicted (class codes)."""
        from abound.encoding.scores import label_units

        return label_units(truth, pred, task)

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`."""
        import numpy as np

        from abound.stats.ranking import class_rates

        actual, predicted = units["actual"].to_numpy(), units["predicted"].to_numpy()
        rates = class_rates(actual, np.asarray(actual == predicted), weights)
        return np.asarray(rates.mean(axis=1))
