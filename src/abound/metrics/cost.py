"""Expected cost."""

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
class Cost:
    """Mean cost of a row's decision, in your units: what a wrong call costs is seldom the same on both sides.

    With two classes a missed case of the positive class costs `false_negative` and a false alarm `false_positive`;
    the call is the arm's threshold, chosen on tune. `matrix` gives all costs as {true class: {called class: cost}}
    (cells that are left out cost nothing) and is needed for more classes: there the call is the one with the least
    expected cost under the predicted probabilities (Elkan 2001), so no threshold is tuned. The margin is .05 of the
    compared control's cost, because costs have no natural scale.
    """

    false_negative: float = Field(default=1.0, ge=0.0)
    false_positive: float = Field(default=1.0, ge=0.0)
    matrix: dict[str, dict[str, float]] | None = None  # instead of the two above
    positive: str | None = None  # the class of interest; by default the task's positive class

    larger_is_better: ClassVar[bool] = False
    margin: ClassVar[float] = 0.05
    relative: ClassVar[bool] = True
    labels: ClassVar[bool] = True
    tuned_by: ClassVar[str | None] = None

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """The column cost. InputError where the costs do not fit the classes, or cost nothing at all."""
        import numpy as np
        import polars as pl

        from abound.core.labels import PROBABILITY, classes, codes, positive_class, probabilities
        from abound.encoding.scores import expect_classes

        expect_classes(task, "a cost of decisions")
        names = classes(truth.schema, task)
        price = self._prices(names, self.positive or positive_class(truth.schema, task))
        if len(names) == 2:
            yes = names.index(self.positive or positive_class(truth.schema, task))
            hit = pred[PROBABILITY + names[yes]].to_numpy() >= 0.5
            called = np.where(hit, yes, 1 - yes)
        else:
            called = (probabilities(pred, names) @ price).argmin(axis=1)
        return pl.DataFrame({"cost": price[codes(truth, task), called]})

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores, one a row of `weights`."""
        from abound.encoding.scores import weighted_mean

        return weighted_mean(units["cost"].to_numpy(), weights)

    def _prices(self, names: list[str], positive: str) -> np.ndarray[Any, Any]:
        """Costs (true class, called class) in the order of `names`."""
        import numpy as np

        from abound.errors import InputError, did_you_mean

        if self.matrix is None and len(names) > 2:
            raise InputError(
                f"the metric cost needs a matrix for {len(names)} classes: matrix: {{true class: {{called class: "
                f"cost}}}} with the classes {names}"
            )
        matrix = self.matrix
        if matrix is None:
            if positive not in names:
                raise InputError(f"the metric cost has no class {positive!r}: {did_you_mean(positive, names)}")
            other = next(n for n in names if n != positive)
            matrix = {positive: {other: self.false_negative}, other: {positive: self.false_positive}}
        price = np.zeros((len(names), len(names)))
        for true, row in matrix.items():
            for called, cost in row.items():
                wrong = next((n for n in (true, called) if n not in names), None)
                if wrong is not None:
                    raise InputError(f"the cost matrix names no class {wrong!r}: {did_you_mean(wrong, names)}")
                if not np.isfinite(cost):
                    raise InputError(f"the cost of calling {true!r} {called!r} is {cost}: give a finite number")
                price[names.index(true), names.index(called)] = cost
        if not (price != price[:, :1]).any():
            raise InputError("every decision costs the same, so no model is better than another: give other costs")
        return price
