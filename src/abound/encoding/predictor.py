"""A fitted scikit-learn model behind the predictor protocol, and the one-class case that such models refuse."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.core.labels import classes
from abound.encoding.features import FeatureMap, Layout, fit_features
from abound.encoding.training import TrainingArrays, class_frame, training_arrays, value_frame
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


@dataclass(frozen=True)
class ArrayPredictor:
    """Encodes rows and asks the model; `names` is None for a regression."""

    model: Any
    features: FeatureMap
    names: list[str] | None

    def predict(self, data: Dataset) -> pl.DataFrame:
        """Row-aligned predictions."""
        x = self.features.encode(data)
        if self.names is None:
            return value_frame(self.model.predict(x))
        return class_frame(self.model.predict_proba(x), self.model.classes_, self.names)


@dataclass(frozen=True)
class ConstantClass:
    """What any model learns from rows of one class: that class, always."""

    classes_: np.ndarray[Any, Any]

    def predict_proba(self, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Ones."""
        return np.ones((len(x), 1))


def fit_arrays(
    arm: Dataset, task: Task, layout: Layout, train: Callable[[TrainingArrays, FeatureMap], Any]
) -> ArrayPredictor:
    """Encode `arm`, call `train` on the arrays, wrap the model. Refusal where no row has weight."""
    if task.kind not in ("classification", "regression"):
        raise Refusal(f"this learner predicts a column of a table, not {task.kind}")
    features = fit_features(arm, task.table, layout)
    if not features.columns:
        raise Refusal(f"table {task.table!r} has no feature columns: check which columns are ignored in the schema")
    arrays = training_arrays(arm, task, features)
    if not len(arrays.y):
        raise Refusal("there is no training row with a positive weight")
    if task.kind == "regression":
        return ArrayPredictor(train(arrays, features), features, None)
    names = classes(arm.schema, task)
    present = np.unique(arrays.y)
    if len(present) == 1:
        return ArrayPredictor(ConstantClass(present), features, names)
    with warnings.catch_warnings():
        # scikit-learn wonders whether many classes on few rows are numbers: the task says that they are classes.
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        model = train(arrays, features)
    return ArrayPredictor(model, features, names)
