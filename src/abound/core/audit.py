"""Audit: what the checks found, each score beside what a real set of the same size scores."""

from __future__ import annotations

from typing import Any, Literal

from abound.core.model import Model

Verdict = Literal["pass", "fail", "inconclusive"]
Action = Literal["none", "drop", "weight", "repair", "diversify", "stop"]


class Finding(Model):
    """One check's result. `reference` is the same score for held-out real rows of the same size."""

    check: str
    name: str  # what was measured, in the field's word
    value: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    limit: float | None = None
    verdict: Verdict
    action: Action = "none"
    sentence: str  # plain language, carried by the figures above
    rows: tuple[int, ...] = ()  # positions in the synthetic set that the action is about
    weights: tuple[float, ...] = ()  # one a synthetic row: how much it should count; 0 where no real row is like it
    details: dict[str, Any] = {}


class Audit(Model):
    """All findings of one synthetic set."""

    findings: tuple[Finding, ...] = ()
    skipped: dict[str, str] = {}  # check -> why it does not apply here

    @property
    def verdict(self) -> Verdict:
        """Fail if any check fails, else inconclusive if any is, else pass."""
        verdicts = {f.verdict for f in self.findings}
        if "fail" in verdicts:
            return "fail"
        return "inconclusive" if "inconclusive" in verdicts or not verdicts else "pass"

    def drop(self) -> tuple[int, ...]:
        """Positions of synthetic rows that some check says to drop."""
        return tuple(sorted({r for f in self.findings if f.action == "drop" for r in f.rows}))
