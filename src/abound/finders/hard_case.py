"""Rows of regions that the rest of their class does not explain: rare subclasses under a common name.

A model that has seen a few rows of such a region may know it, and one that has not gets it wrong. So the models
that judge a row here saw no row near it. Outliers and label errors are left out before anything is learned: those
are no cases of anything, and a wrong label near a row is as hard to predict as a rare one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.evidence import Predicted
    from abound.stats.three_way import Flagged


_FEW = 5  # fewer rows below the limit are chance at a border, and no region


@plugin(
    "finder",
    accepts=("table", "records", "images", "scenes"),
    needs=("target", "classification", "outlier", "label_error"),
)
class HardCase:
    """Rows in regions of about `size` (25) rows that models trained without the region get wrong, most first.

    Listed are at most a share `most` (5 %) of the rows, in the order of the smoothed log loss of their label, and
    only those to whose region such models give less than `below` (.5) of probability.
    """

    size: Annotated[int, Field(ge=5, le=1000)] = 25
    most: Annotated[float, Field(gt=0.0, le=1.0)] = 0.05
    below: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """A gap of kind "hard" of five rows or more, or none; Refusal for numbers, one class or group, few rows."""
        import math

        from abound.encoding.evidence import alike, predicted, unseen_loss
        from abound.encoding.found_rows import rows_of
        from abound.stats.three_way import hard_cases

        if train.schema.task().kind != "classification":
            raise Refusal(f"a {train.schema.task().kind} target has no classes with subclasses: use weak_slice")
        if len(train) == 0:
            raise Refusal("the training part has no rows")
        known = predicted(train, ctx)
        rows = ~rows_of(tuple(found), len(train), "outlier", "label_error")
        near = alike(train, known.labels, rows, ctx)
        loss = unseen_loss(train, known.labels, rows, self.size, ctx)
        flagged = hard_cases(loss, near, limit=-math.log(self.below))
        flagged = flagged._replace(rows=flagged.rows & rows)
        return [self._gap(train, flagged, known)] if flagged.rows.sum() >= _FEW else []

    def _gap(self, train: Dataset, flagged: Flagged, known: Predicted) -> Gap:
        import numpy as np

        from abound.encoding.found_rows import gap_of_rows, worst_first

        every = worst_first(flagged)
        rows = every[: max(1, int(self.most * len(train)))]
        unseen = float(np.exp(-np.median(flagged.score[rows])))
        own = known.out_of_fold[rows, known.labels[rows]]
        right = float((known.out_of_fold[rows].argmax(axis=1) == known.labels[rows]).mean())
        evidence = (
            Evidence(name="share of rows", value=len(rows) / len(train), n=len(train)),
            Evidence(name="rows below the limit", value=float(len(every)), n=len(train)),
            Evidence(name="probability of the own label, region unseen", value=unseen, n=len(rows)),
            Evidence(name="probability of the own label, out of fold", value=float(np.median(own)), n=len(rows)),
            Evidence(name="out-of-fold accuracy on these rows", value=right, n=len(rows)),
            Evidence(name="out-of-fold accuracy", value=known.right or 0.0, n=len(train)),
        )
        reason = (
            f"{len(rows):,} of {len(train):,} training rows lie in regions to whose label models that saw nothing "
            f"of the region give {100 * unseen:.0f} %; out of fold they are right on {100 * right:.0f} % of these "
            f"rows and {100 * (known.right or 0.0):.0f} % of all: collect more of their kind"
        )
        if len(every) > len(rows):
            reason += f" (the worst of {len(every):,} rows below {100 * self.below:g} %)"
        return gap_of_rows(train, "hard", rows, evidence, reason, score=len(rows) / len(train))
