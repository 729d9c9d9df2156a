"""A small neural network."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class Mlp:
    """One hidden layer trained by Adam for a fixed number of batches; the best state on the tuning rows is kept.

    Batches are drawn by row weight, so every arm takes the same number of gradient steps whatever its size.
    """

    units: int = Field(default=32, ge=1)
    rounds: int = Field(default=60, ge=1)  # the tuning rows are scored once a round
    batches: int = Field(default=20, ge=1)  # gradient steps a round
    batch_rows: int = Field(default=64, ge=2)
    learning_rate: float = 3e-3
    alpha: float = 1e-3  # L2 penalty
    patience: int = 12

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train on the arm; keep the weights of the round with the lowest loss on `tune`."""
        from abound.encoding.predictor import fit_arrays
        from abound.encoding.training import training_arrays

        def train(a: Any, features: Any) -> Any:
            return self._train(a, training_arrays(tune, task, features), task.kind == "regression", ctx)

        return fit_arrays(arm, task, "dense", train)

    def _train(self, a: Any, v: Any, regression: bool, ctx: Context) -> Any:
        import numpy as np
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind = MLPRegressor if regression else MLPClassifier
        model = kind(
            hidden_layer_sizes=(self.units,),
            alpha=self.alpha,
            batch_size=self.batch_rows,
            learning_rate_init=self.learning_rate,
            shuffle=False,
            random_state=ctx.random_state("mlp"),
        )
        rng = ctx.rng("mlp", "batches")
        share, rows = a.w / a.w.sum(), self.batches * self.batch_rows
        centre, spread = (float(a.y.mean()), float(a.y.std()) or 1.0) if regression else (0.0, 1.0)
        y = (a.y - centre) / spread if regression else a.y
        known = np.isin(v.y, np.unique(a.y)) if not regression else np.ones(len(v.y), dtype=bool)
        best, best_loss, stale = None, np.inf, 0
        for number in range(self.rounds):
            draw = rng.choice(len(y), size=rows, p=share)
            extra = {"classes": np.unique(y)} if number == 0 and not regression else {}
            model.partial_fit(a.x[draw], y[draw], **extra)
            loss = _loss(
                model, v.x[known], (v.y[known] - centre) / spread if regression else v.y[known], regression
            )
            if loss < best_loss or best is None:
                best, best_loss, stale = copy.deepcopy(model), loss, 0
            else:
                stale += 1
                if stale >= self.patience:
                    break
        return _Scaled(best, centre, spread) if regression else best


class _Scaled:
    """A regression network in the target's own units."""

    def __init__(self, model: Any, centre: float, spread: float) -> None:
        self.model, self.centre, self.spread = model, centre, spread

    def predict(self, x: Any) -> Any:
        return self.model.predict(x) * self.spread + self.centre


def _loss(model: Any, x: Any, y: Any, regression: bool) -> float:
    """Log loss or squared error on the tuning rows."""
    import numpy as np

    if not len(y):
        return 0.0
    if regression:
        return float(np.mean((model.predict(x) - y) ** 2))
    p = model.predict_proba(x)
    place = np.searchsorted(model.classes_, y)
    return float(-np.log(np.clip(p[np.arange(len(y)), place], 1e-12, 1.0)).mean())
