"""What to use after the run: the arm that was best on tune, if test shows that it beats the real rows alone."""

from __future__ import annotations

from collections.abc import Sequence

from abound.core.gap import Gap
from abound.core.study import ArmResult, Remedy
from abound.proof.controls import CONTROLS

NEVER_USED = ("shuffled", "more_real", "unlabelled")  # a negative control, and rows that nobody has yet


def remedy(
    arms: Sequence[ArmResult], larger_is_better: bool, metric: str, learner: str, gaps: Sequence[Gap]
) -> Remedy:
    """Choose on tune among everything that could be deployed; say what test shows of the choice."""
    sign = 1.0 if larger_is_better else -1.0
    usable = [a for a in arms if a.arm not in NEVER_USED]
    same = [a for a in usable if a.same_learner]
    best = max(same, key=lambda a: sign * a.tune)
    chosen = best if best.arm == "real_only" or _gains(best) else next(a for a in arms if a.arm == "real_only")
    name = metric.replace("_", " ") + ("" if larger_is_better else " (positive is better)")
    text = [_sentence(best, chosen, name)]
    other = max(usable, key=lambda a: sign * a.tune)
    if not other.same_learner and _gains(other):
        text.append(f"If another model may be deployed: {other.arm} ({other.description}), {_span(other, name)}.")
    more = next((a for a in arms if a.arm == "more_real"), None)
    if more and _gains(more):
        text.append(f"Further real rows in the same number as the synthetic ones: {_span(more, name)}.")
    collect = [
        f"{g.wanted - g.support} more rows where {g.slice}" for g in gaps if g.slice and g.wanted > g.support
    ]
    settings: dict[str, str | float | int | bool | None] = {"arm": chosen.arm, "learner": learner}
    return Remedy(
        arm=chosen.arm, sentence=" ".join(text), versus_real=chosen.versus_real, settings=settings,
        collect=tuple(collect[:5]),
    )  # fmt: skip


def _collectable(gap: Gap) -> bool:
    """Short of rows, and known to occur: a combination that no real row shows may be impossible."""
    seen = gap.support + sum(e.value for e in gap.evidence if e.name == "rows in tune")
    return gap.slice is not None and gap.wanted > gap.support and seen > 0


def _gains(arm: ArmResult) -> bool:
    return arm.versus_real is not None and arm.versus_real.low is not None and arm.versus_real.low > 0


def _span(arm: ArmResult, metric: str) -> str:
    e = arm.versus_real
    if e is None or e.low is None or e.high is None:
        return "no interval"
    return f"{e.mean:+.4f} {metric} [{e.low:+.4f}, {e.high:+.4f}] against real only"


def _sentence(best: ArmResult, chosen: ArmResult, metric: str) -> str:
    if best.arm == "real_only":
        return "Use the real rows as they are: no other arm was better on tune."
    if chosen is best:
        return f"Use {best.arm} ({best.description}): {_span(best, metric)}."
    return (
        f"Use the real rows as they are: {best.arm} was best on tune, and test does not show that it beats them "
        f"({_span(best, metric)})."
    )


def description(arm: str) -> str:
    """What an arm is, in words."""
    return next((c.description for c in CONTROLS if c.name == arm), "real rows and the synthetic rows of the plan")
