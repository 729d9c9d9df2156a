"""Random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class RandomForest:
    """A random forest (Breiman 2001) on numbers and category codes."""

    trees: int = 100
    min_samples_leaf: int = 2
    max_depth: int | None = None
    max_samples: float | None = None  # share of the rows that each tree draws; all of them by default

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train on the arm; `tune` is not used."""
        from abound.encoding.predictor import fit_arrays

        def train(a: Any, _: Any) -> Any:
            from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

            kind = RandomForestRegressor if task.kind == "regression" else RandomForestClassifier
            model = kind(
                n_estimators=self.trees,
                min_samples_leaf=self.min_samples_leaf,
                max_depth=self.max_depth,
                max_samples=self.max_samples,
                random_state=ctx.random_state("random_forest"),
                n_jobs=1,
            )
            return model.fit(a.x, a.y, sample_weight=a.w)

        return fit_arrays(arm, task, "codes", train)
