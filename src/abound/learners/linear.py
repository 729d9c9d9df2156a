"""Linear models: logistic regression, ridge regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.core.schema import Task


@plugin("learner")
class Linear:
    """Logistic regression (classes) or ridge regression (numbers) on standardised and one-hot columns."""

    c: float = 1.0  # inverse strength of the L2 penalty
    max_iter: int = 500
    tol: float = 1e-4  # largest gradient at which the fit stops

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train on the arm; `tune` is not used."""
        from abound.encoding.predictor import fit_arrays

        def train(a: Any, _: Any) -> Any:
            import warnings

            from sklearn.exceptions import ConvergenceWarning
            from sklearn.linear_model import LogisticRegression, Ridge

            if task.kind == "regression":
                return Ridge(alpha=1.0 / self.c).fit(a.x, a.y, sample_weight=a.w)
            with warnings.catch_warnings():
                # Stopping at max_iter is the declared budget, the same for every arm.
                warnings.simplefilter("ignore", ConvergenceWarning)
                return LogisticRegression(C=self.c, max_iter=self.max_iter, tol=self.tol).fit(
                    a.x, a.y, sample_weight=a.w
                )

        return fit_arrays(arm, task, "dense", train)
