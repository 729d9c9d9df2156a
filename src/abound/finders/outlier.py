"""Rows that have no like: their third-nearest row of another group is much farther than is usual.

Nothing is done to such a row. It may be a slip of the pen, a broken sensor, or the only case of its kind: a row of
a rare class is reported as such, because deleting it would delete what is wanted most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.stats.three_way import Flagged

_RARE = 0.1


@plugin("finder", accepts=("table", "records", "images", "scenes"))
class Outlier:
    """Rows far from all others: the distance to the third neighbour is `spreads` (3.5) above its median.

    A spread is what the upper half of all such distances says of their standard deviation. The third
    `neighbour`, so that four rows of a rare kind are no outliers. No target is needed, and none is looked at.
    """

    spreads: Annotated[float, Field(ge=2.0, le=50.0)] = 3.5
    neighbour: Annotated[int, Field(ge=1, le=10)] = 3

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """At most one gap of kind "outlier", rows farthest first; Refusal under ten rows or without an encoder."""
        from abound.encoding.evidence import neighbours
        from abound.stats.three_way import outliers

        flagged = outliers(neighbours(train, ctx), spreads=self.spreads, neighbour=self.neighbour)
        return [self._gap(train, flagged)] if flagged.rows.any() else []

    def _gap(self, train: Dataset, flagged: Flagged) -> Gap:
        import numpy as np

        from abound.encoding.found_rows import gap_of_rows, worst_first

        rows = worst_first(flagged)
        usual = float(np.median(flagged.score[np.isfinite(flagged.score)]))
        rare, names = _rare(train, rows)
        # A row with too few rows of other groups has no distance.
        far = flagged.score[rows]
        most = float(far[np.isfinite(far)].max(initial=flagged.threshold))
        evidence = (
            Evidence(name="share of rows", value=len(rows) / len(train), n=len(train)),
            Evidence(name="usual distance", value=usual),
            Evidence(name="threshold", value=flagged.threshold),
            Evidence(name="largest distance", value=most),
            Evidence(name="of rare classes", value=float(rare), n=len(rows)),
        )
        reason = (
            f"{len(rows):,} of {len(train):,} training rows are farther than {flagged.threshold:.3g} from the row "
            f"third nearest to them (usual is {usual:.3g}): look at them before anything is decided"
        )
        if self.neighbour != 3:
            reason = reason.replace("third nearest", f"number {self.neighbour} among the nearest")
        if rare:
            reason += f"; {rare:,} belong to rare classes ({names}) and should not be deleted for being few"
        return gap_of_rows(train, "outlier", rows, evidence, reason, score=len(rows) / len(train))


def _rare(train: Dataset, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[int, str]:
    """How many of the rows are of classes with less than a tenth of all rows, and which classes these are."""
    import numpy as np

    from abound.core.labels import classes, codes

    tasks = train.schema.tasks
    if not tasks or tasks[0].kind != "classification" or tasks[0].table != train.schema.main:
        return 0, ""
    labels, names = codes(train, tasks[0]), classes(train.schema, tasks[0])
    few = np.bincount(labels, minlength=len(names)) < _RARE * len(labels)
    mine = labels[rows][few[labels[rows]]]
    return len(mine), ", ".join(names[c] for c in np.unique(mine))
