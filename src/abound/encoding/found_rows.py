"""Gaps that are rows rather than slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.gap import Evidence, Gap, GapKind

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.stats.three_way import Flagged

Ints = NDArray[np.int64]

FINDERS: dict[GapKind, str] = {"outlier": "outlier", "label_error": "label_error", "hard": "hard_case"}


def worst_first(flagged: Flagged) -> Ints:
    """Positions of the flagged rows, largest score first, ties by position."""
    rows = np.flatnonzero(flagged.rows)
    return rows[np.argsort(-flagged.score[rows], kind="stable")]


def gap_of_rows(
    train: Dataset, kind: GapKind, rows: Ints, evidence: tuple[Evidence, ...], reason: str, score: float
) -> Gap:
    """A gap of these training rows, in this order. As many are wanted as there are: they are for looking at."""
    group = train.schema.group
    groups = len(rows) if group is None else train.main[group][rows].n_unique()
    return Gap(
        kind=kind,
        finder=FINDERS[kind],
        rows=tuple(int(r) for r in rows),
        support=len(rows),
        main_rows=len(rows),
        groups=groups,
        wanted=len(rows),
        score=score,
        evidence=evidence,
        reason=reason,
    )


def rows_of(found: tuple[Gap, ...], n: int, *kinds: GapKind) -> NDArray[np.bool_]:
    """A mask over the n training rows: those in gaps of these kinds."""
    mask = np.zeros(n, dtype=bool)
    for gap in found:
        if gap.kind in kinds:
            mask[list(gap.rows)] = True
    return mask
