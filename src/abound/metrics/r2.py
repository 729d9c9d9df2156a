"""R squared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("regression",))
class R2:
    """Share of the target's variance that the model explains."""

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.01
    relative: ClassVar[bool] = False
    labels: ClassVar[bool] = False
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Columns actual and predicted."""
        from abound.encoding.scores import value_units

        return value_units(truth, pred, task)

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`."""
        import numpy as np

        from abound.encoding.scores import weighted_mean

        actual, predicted = units["actual"].to_numpy(), units["predicted"].to_numpy()
        mean = weighted_mean(actual, weights)
        variance = weighted_mean(actual**2, weights) - mean**2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(variance > 0, 1 - weighted_mean((actual - predicted) ** 2, weights) / variance, np.nan)
