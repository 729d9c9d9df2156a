"""Plan: the editable list of what to make. Each order is one generator, one condition and one count."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from abound.core.model import Model, digest_of
from abound.core.slice import Slice


class Order(Model):
    """Make `count` rows with a generator, under `where` (None: as the data is distributed)."""

    generator: str
    params: dict[str, Any] = Field(default_factory=dict)
    count: int = Field(ge=0)
    where: Slice | None = None
    gap: str | None = None  # id of the gap that it fills; None for the common share
    reason: str = ""

    @property
    def id(self) -> str:
        """Eight hex digits of what is made (not of how many), so a larger count extends the same rows."""
        return digest_of(self.generator, self.params, self.where)[:8]


class Plan(Model):
    """Orders, and why. `advice` says in one sentence what is known to work in this situation."""

    orders: tuple[Order, ...] = ()
    advice: str = ""
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows to be made."""
        return sum(o.count for o in self.orders)

    def common_share(self) -> float:
        """Share of the rows that are made without a condition."""
        common = sum(o.count for o in self.orders if o.where is None)
        return common / self.total if self.total else 0.0
