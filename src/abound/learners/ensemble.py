"""The mean of several learners: the default teacher, and the reference to deploy where any model may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.registry import plugin

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class Ensemble:
    """The unweighted mean of a random forest, a linear model and gradient boosting."""

    members: tuple[str, ...] = ("random_forest", "linear", "boosting")

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train each member on the arm."""
        models = [
            registry.create("learner", name, _settings(name, len(arm))).fit(
                arm, task, tune, ctx.at("ensemble", name)
            )
            for name in self.members
        ]
        return Mean(tuple(models))


@dataclass(frozen=True)
class Mean:
    """Averages predictions."""

    models: tuple[Predictor, ...]

    def predict(self, data: Dataset) -> pl.DataFrame:
        """The members' mean."""
        total = self.models[0].predict(data)
        for model in self.models[1:]:
            total = total + model.predict(data)
        return total / len(self.models)


def _settings(name: str, rows: int) -> dict[str, object]:
    """Cheaper members on many rows, where full-sized ones cost minutes and gain next to nothing."""
    many = rows > 5000
    if name == "random_forest":
        return {"trees": 60, "min_samples_leaf": 5, "max_samples": 0.3} if many else {"trees": 100}
    if name == "boosting":
        return {"max_iter": 60, "learning_rate": 0.15} if many else {"max_iter": 100}
    return {"max_iter": 100, "tol": 1e-3} if name == "linear" and many else {}
