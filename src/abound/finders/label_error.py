"""Rows whose label is probably wrong: those that are like them say so, and a model that did not see them agrees.

Outliers are left out: what their neighbours are called says nothing of them. The label is not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.evidence import Predicted
    from abound.stats.three_way import Flagged


@plugin("finder", accepts=("table", "records", "images", "scenes"), needs=("target", "outlier"))
class LabelError:
    """Rows whose own label has less than `own` (.25) and another more than `other` (.5), by model and neighbours.

    Both are the mean of the out-of-fold probability and the share of the ten nearest rows, of which at most a share
    `alike` (.1) may bear the row's own label: several together are a small group, not errors. For a number: rows
    whose out-of-fold residual is beyond `spreads` (4) of its spreads, and at least 70 % of whose neighbours are as
    far off on the same side.
    """

    own: Annotated[float, Field(gt=0.0, le=0.5)] = 0.25
    other: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    alike: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    spreads: Annotated[float, Field(ge=2.0, le=50.0)] = 4.0

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """At most one gap of kind "label_error", the surest first; Refusal for one class, one group or few rows."""
        from abound.encoding.evidence import neighbours, predicted
        from abound.encoding.found_rows import rows_of
        from abound.stats.three_way import class_errors, value_errors

        near = neighbours(train, ctx)
        known = predicted(train, ctx)
        if known.right is None:
            flagged = value_errors(known.out_of_fold, known.labels, near, spreads=self.spreads)
        else:
            flagged = class_errors(
                known.out_of_fold, known.labels, near, own=self.own, other=self.other, alike=self.alike
            )
        flagged = flagged._replace(rows=flagged.rows & ~rows_of(tuple(found), len(train), "outlier"))
        return [self._gap(train, flagged, known)] if flagged.rows.any() else []

    def _gap(self, train: Dataset, flagged: Flagged, known: Predicted) -> Gap:
        from abound.encoding.found_rows import gap_of_rows, worst_first

        rows = worst_first(flagged)
        share = len(rows) / len(train)
        evidence = [
            Evidence(name="share of rows", value=share, n=len(train)),
            Evidence(name="threshold", value=flagged.threshold),
        ]
        some = f"{len(rows):,} of {len(train):,} training rows"
        if known.right is None:
            reason = (
                f"{some} have a value more than {flagged.threshold:.3g} away from what out-of-fold models predict "
                "and from most of their neighbours: check these values"
            )
        else:
            evidence.append(Evidence(name="out-of-fold accuracy", value=known.right, n=len(train)))
            reason = (
                f"{some} have a label that neighbours and out-of-fold models (right on {100 * known.right:.1f} % "
                f"of rows) give less than {100 * self.own:g} %, and another more than {100 * self.other:g} %: "
                "check these labels"
            )
        return gap_of_rows(train, "label_error", rows, tuple(evidence), reason, score=share)
