"""One small decision tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class Tree:
    """A single decision tree (CART; Breiman et al. 1984), shallow enough to be read."""

    max_depth: int = 4
    min_samples_leaf: int = 5
    criterion: Literal["log_loss", "gini"] = "log_loss"  # for classes; numbers use the squared error

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train on the arm; `tune` is not used."""
        from abound.encoding.predictor import fit_arrays

        def train(a: Any, _: Any) -> Any:
            from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

            kind = DecisionTreeRegressor if task.kind == "regression" else DecisionTreeClassifier
            extra = {} if task.kind == "regression" else {"criterion": self.criterion}
            model = kind(
                **extra,
                max_depth=self.max_depth,
                min_samples_leaf=self.min_samples_leaf,
                random_state=ctx.random_state("tree"),
            )
            return model.fit(a.x, a.y, sample_weight=a.w)

        return fit_arrays(arm, task, "onehot", train)
