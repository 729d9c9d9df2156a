"""F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("classification",))
class F1:
    """Harmonic mean of recall and precision of one class at the model's threshold."""

    positive: str | None = None  # the class to rank; by default the task's positive class

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.02
    relative: ClassVar[bool] = False
    labels: ClassVar[bool] = True
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Columns score and positive."""
        from abound.encoding.scores import ranking_units

        return ranking_units(truth, pred, task, self.positive)

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`."""
        import numpy as np

        positive = units["positive"].to_numpy()
        called = (units["score"].to_numpy() >= 0.5).astype(np.float64)
        hit = weights @ (positive * called)
        total = weights @ positive + weights @ called
        out: np.ndarray[Any, Any] = 2 * hit / np.where(total > 0, total, np.nan)
        return out
