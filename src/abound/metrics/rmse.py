"""Root mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@plugin("metric", needs=("regression",))
class Rmse:
    """Root mean squared error in the target's units: large errors count most; margin .01 of the control's error."""

    larger_is_better: ClassVar[bool] = False
    margin: ClassVar[float] = 0.01
    relative: ClassVar[bool] = True
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

        gap = (units["actual"] - units["predicted"]).to_numpy()
        out: np.ndarray[Any, Any] = np.sqrt(weighted_mean(gap**2, weights))
        return out
