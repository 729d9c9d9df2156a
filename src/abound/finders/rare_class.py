"""Classes with too few rows.

A class is rare if it has less than half of an even share of the rows *and* either less than `share` of them or
fewer than `rows`. The first half keeps a small but balanced table, or ten equal classes, from being called rare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.registry import plugin
from abound.core.slice import Slice, Term
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset


@plugin("finder", accepts=("table", "records", "images", "scenes"), needs=("target", "classification"))
class RareClass:
    """Classes of the target with few rows: below a share (10 %) or a count (100), and below half an even share.

    Wanted is the larger of `rows` and the count that gives the class a share s (the smaller of `share` and half an
    even share) once it is added: s / (1 - s) times the rows of all other classes, rounded up.
    """

    share: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.1
    rows: Annotated[int, Field(ge=1)] = 100

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps of kind "rare" ("missing" for a class without rows), rarest first; Refusal without classes."""
        import numpy as np

        from abound.core.labels import classes, codes

        task = train.schema.task()
        if task.kind != "classification":
            raise Refusal(f"a {task.kind} target has no classes that could be rare")
        names = classes(train.schema, task)
        labels = codes(train, task)
        if len(labels) == 0:
            raise Refusal("the training part has no rows")
        counts = np.bincount(labels, minlength=len(names))
        even = 1 / (2 * len(names))
        gaps = []
        for name, count in zip(names, counts.tolist(), strict=True):
            part = count / len(labels)
            if part < even and (part < self.share or count < self.rows):
                gaps.append(self._gap(train, name, count, len(labels), min(self.share, even)))
        return sorted(gaps, key=lambda g: (-g.score, str(g.slice)))

    def _gap(self, train: Dataset, name: str, count: int, total: int, share: float) -> Gap:
        task, target = train.schema.task(), train.schema.target()
        value = name == "true" if target.kind == "bool" else name
        here = Slice(on=task.table, terms=(Term(column=target.name, op="==", value=value),))
        support = train.support(here)
        wanted = max(self.rows, math.ceil(share / (1 - share) * (total - count) - 1e-9))
        return Gap(
            kind="rare" if count else "missing",
            finder="rare_class",
            slice=here,
            support=support.rows,
            main_rows=support.main_rows,
            groups=support.groups,
            wanted=wanted,
            score=1 - count / wanted,
            evidence=(Evidence(name="share of rows", value=count / total, n=total),),
            reason=_sentence(here, count, total, wanted),
        )


def _sentence(here: Slice, count: int, total: int, wanted: int) -> str:
    if count == 0:
        return f"none of {total:,} training rows has {here}: no model can learn it; collect real rows"
    return f"{count:,} of {total:,} training rows ({100 * count / total:.1f} %) have {here}; wanted are {wanted:,}"
