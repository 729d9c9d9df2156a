"""Gradient boosting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class Boosting:
    """Histogram gradient boosting with native categories; stops early on the real tuning rows."""

    max_iter: int = 150
    learning_rate: float = 0.1
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 20
    l2: float = 0.0
    patience: int = 10

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train on the arm, with at most `max_iter` trees, until the loss on `tune` stops falling."""
        import numpy as np

        from abound.encoding.predictor import fit_arrays
        from abound.encoding.training import training_arrays

        def train(a: Any, features: Any) -> Any:
            from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

            regression = task.kind == "regression"
            kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
            v = training_arrays(tune, task, features)
            # Early stopping compares losses on classes that the arm knows; the others have no probability.
            known = np.ones(len(v.y), dtype=bool) if regression else np.isin(v.y, np.unique(a.y))
            early = bool(known.any())
            model = kind(
                max_iter=self.max_iter,
                learning_rate=self.learning_rate,
                max_leaf_nodes=self.max_leaf_nodes,
                min_samples_leaf=min(self.min_samples_leaf, max(2, len(a.y) // 20)),
                l2_regularization=self.l2,
                categorical_features=features.categorical,
                early_stopping=early,
                n_iter_no_change=self.patience,
                random_state=ctx.random_state("boosting"),
            )
            val = {"X_val": v.x[known], "y_val": v.y[known], "sample_weight_val": v.w[known]} if early else {}
            return model.fit(a.x, a.y, sample_weight=a.w, **val)

        return fit_arrays(arm, task, "codes", train)
