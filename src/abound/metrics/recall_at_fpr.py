"""Recall at a fixed false-positive rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("classification",))
class RecallAtFpr:
    """Share of the true cases found where a share `fpr` of the others is called too: one point of the ROC curve.

    It compares rankings, as the area under the curve does: the point is read from the curve of the rows that are
    scored, with straight lines across ties, and each bootstrap draw reads its own, so the interval holds the
    uncertainty of where the point lies. No arm gains from it, because every arm's false alarms are held at the same
    rate. It says nothing about a threshold fixed beforehand, whose rate on new rows differs from the one that was
    meant; for that, use recall or cost, whose thresholds are chosen on tune. The margin is that of recall.
    """

    fpr: float = Field(default=0.05, gt=0.0, lt=1.0)
    positive: str | None = None  # the class to rank; by default the task's positive class

    larger_is_better: ClassVar[bool] = True
    margin: ClassVar[float] = 0.02
    relative: ClassVar[bool] = False
    labels: ClassVar[bool] = False
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """Columns score and positive."""
        from abound.encoding.scores import ranking_units

        return ranking_units(truth, pred, task, self.positive)

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`; nan where one of the two sides has no weight."""
        import numpy as np

        from abound.stats.ranking import recall_at_fpr

        score, positive = units["score"].to_numpy(), units["positive"].to_numpy() > 0
        return recall_at_fpr(np.asarray(score), positive, weights, self.fpr)
