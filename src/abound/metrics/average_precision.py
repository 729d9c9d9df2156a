"""Average precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("classification",))
class AveragePrecision:
    """Area under the precision-recall curve of one class: the share of true cases among those ranked first."""

    positive: str | None = None  # the class to rank; by default the task's positive class

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.01
    relative: ClassVar[bool] = False
    labels: ClassVar[bool] = False
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Columns score and positive."""
        from abound.encoding.scores import ranking_units

        return ranking_units(truth, pred, task, self.positive)

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`."""
        import numpy as np

        from abound.stats.ranking import average_precision

        score, positive = units["score"].to_numpy(), units["positive"].to_numpy() > 0
        return average_precision(np.asarray(score), positive, weights)
