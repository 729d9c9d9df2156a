"""Accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("classification",))
class Accuracy:
    """Share of rows predicted rightly; says little where one class is rare."""

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.01
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

        from abound.encoding.scores import weighted_mean

        right = (units["actual"] == units["predicted"]).to_numpy().astype(np.float64)
        return weighted_mean(right, weights)
