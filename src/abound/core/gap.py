"""Gap: something the data lacks. Found by finders, turned into orders by the planner."""

from __future__ import annotations

from typing import Literal

from abound.core.model import Model, digest_of
from abound.core.slice import Slice

GapKind = Literal["rare", "weak", "missing", "outlier", "label_error", "hard", "drift"]


class Evidence(Model):
    """One measured number behind a claim, with its interval and how many units it rests on."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


class Gap(Model):
    """A slice (or rows, by position in train) of which there is too little, or where something is wrong."""

    kind: GapKind
    finder: str
    slice: Slice | None = None
    rows: tuple[int, ...] = ()
    support: int  # rows of the slice's own table in train
    main_rows: int
    groups: int
    wanted: int  # rows of the slice wanted in train
    score: float = 0.0  # rank within its finder, larger first
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""  # one plain sentence

    @property
    def id(self) -> str:
        """Eight hex digits of the content: the same gap has the same name in every run."""
        return digest_of(self.kind, self.finder, self.slice, list(self.rows))[:8]

    def __str__(self) -> str:
        kind, rows = self.kind.replace("_", " "), f"{self.support:,} row{'s' * (self.support != 1)}"
        wanted = f", wanted {self.wanted:,}" if self.wanted > self.support else ""
        return f"{kind}: {self.slice} ({rows}{wanted})" if self.slice else f"{kind}: {rows}{wanted}"
