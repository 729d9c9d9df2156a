"""Facts: everything a report says, as one JSON-able object. report.json is this object; the page and card read it.

Because the page is rendered from the facts alone, a finished report can be rendered again from its JSON, and a
figure cannot appear in one and differ in the other.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

from abound.core.audit import Audit
from abound.core.gap import Evidence, Gap, GapKind
from abound.core.ledger import Power
from abound.core.model import Model
from abound.core.plan import Order, Plan
from abound.core.recipe import Recipe
from abound.core.schema import Schema
from abound.core.slice import Slice
from abound.core.study import Study
from abound.formats.notes import rows as counted


class Part(Model):
    """Size of one part of the split."""

    rows: int
    groups: int


class GapLine(Model):
    """A gap as shown. Counts and the slice are None where a shareable report leaves them out."""

    id: str
    kind: GapKind
    finder: str
    where: str
    slice: Slice | None = None
    support: int | None
    main_rows: int | None
    groups: int | None
    wanted: int
    score: float = 0.0
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""

    @staticmethod
    def of(gap: Gap) -> GapLine:
        """The line of one gap, nothing left out but the row positions."""
        where = str(gap.slice) if gap.slice else counted(len(gap.rows))
        kept = {k: getattr(gap, k) for k in ("kind", "finder", "slice", "support", "main_rows", "groups", "wanted")}
        return GapLine(
            id=gap.id, where=where, score=gap.score, evidence=gap.evidence, reason=gap.reason, **kept
        )  # fmt: skip


class OrderLine(Model):
    """An order as shown. `where` is None for the common share."""

    id: str
    generator: str
    params: dict[str, Any] = {}
    count: int
    where: str | None
    gap: str | None
    reason: str = ""

    @staticmethod
    def of(order: Order) -> OrderLine:
        """The line of one order."""
        where = str(order.where) if order.where else None
        kept = {k: getattr(order, k) for k in ("id", "generator", "params", "count", "gap", "reason")}
        return OrderLine(where=where, **kept)


class PlanLines(Model):
    """The plan as shown."""

    orders: tuple[OrderLine, ...] = ()
    advice: str = ""
    notes: tuple[str, ...] = ()

    @staticmethod
    def of(plan: Plan) -> PlanLines:
        """The lines of a plan."""
        return PlanLines(orders=tuple(map(OrderLine.of, plan.orders)), advice=plan.advice, notes=plan.notes)

    @property
    def total(self) -> int:
        """Rows ordered."""
        return sum(o.count for o in self.orders)


class Examples(Model):
    """A few rows as text: real rows, synthetic rows, and for each synthetic row the nearest real one."""

    columns: tuple[str, ...]
    real: tuple[tuple[str, ...], ...] = ()
    synthetic: tuple[tuple[str, ...], ...] = ()
    nearest: tuple[tuple[str, ...], ...] = ()
    further_columns: int = 0


class Facts(Model):
    """The whole report. `suppressed` says what a shareable report leaves out."""

    format: Literal["abound.report"] = "abound.report"
    version: Literal[1] = 1
    title: str
    dataset: str
    shareable: bool = False
    recipe: Recipe
    command: str
    data_schema: Schema
    split: dict[str, Part]
    test_digest: str
    power: Power | None
    power_sentence: str
    gaps: tuple[GapLine, ...]
    find_skipped: dict[str, str] = {}
    plan: PlanLines
    synthetic_rows: int
    audit: Audit
    study: Study
    shown: str = ""  # which of several repeats the gaps, the plan and the audit are from
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    digests: dict[str, str] = {}
    versions: dict[str, str] = {}
    examples: Examples | None = None
    suppressed: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Strict JSON in the order of the fields; infinities and NaN, which JSON lacks, are written as text."""
        data = _finite(self.model_dump(mode="json", by_alias=True))
        return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str | bytes) -> Facts:
        """Read what `to_json` wrote; pydantic's ValidationError names the field at fault."""
        return Facts.model_validate_json(text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value
