"""What to use after the run: the arm that the verdict says helps; else the one that was best on tune.

The latter only if test shows that it beats the real rows alone. The arm of the claim was named before the test set was
opened, so following the verdict chooses nothing on test.
"""

from __future__ import annotations

from collections.abc import Sequence

from abound.core.gap import Gap
from abound.core.study import ArmResult, Claim, Remedy
from abound.formats.wording import claim_figures, decimals, number, percent, plain_name, span
from abound.proof.controls import CONTROLS
from abound.proof.curve import share_of

NEVER_USED = ("shuffled", "more_real", "unlabelled")  # a negative control, and rows that nobody has yet


def remedy(
    arms: Sequence[ArmResult],
    larger_is_better: bool,
    metric: str,
    learner: str,
    gaps: Sequence[Gap],
    claims: Sequence[Claim] = (),
) -> Remedy:
    """Choose on tune among everything that could be deployed; say what test shows of the choice."""
    sign = 1.0 if larger_is_better else -1.0
    claimed = {c.arm: c for c in claims[:1]}
    usable = [a for a in arms if a.arm not in NEVER_USED]
    same = [a for a in usable if a.same_learner]
    # An arm that the verdict says helps beats the control that was best on tune: the advice must not say otherwise.
    helps = [a for a in same if a.arm in claimed and claimed[a.arm].verdict == "helps"]
    best = helps[0] if helps else max(same, key=lambda a: sign * a.tune)
    sure = helps or best.arm == "real_only" or _gains(best)
    chosen = best if sure else next(a for a in arms if a.arm == "real_only")
    name = metric.replace("_", " ") + ("" if larger_is_better else " (positive is better)")
    text = [_sentence(best, chosen, name, claimed.get(best.arm))]
    other = max(usable, key=lambda a: sign * a.tune)
    elsewhere = not other.same_learner and _gains(other)
    if elsewhere:
        model = f"{plain_name(other.arm)} ({other.description})"
        text.append(f"If another model may be deployed: {model}, {_span(other, name)}.")
    more = next((a for a in arms if a.arm == "more_real"), None)
    if more and _gains(more):
        text.append(f"{more.description[0].upper()}{more.description[1:]}: {_span(more, name)}.")
    collect = [w for w in map(_weak, gaps) if w][:2] + [_thin(g) for g in gaps if _collectable(g)]
    settings: dict[str, str | float | int | bool | None] = {"arm": chosen.arm, "learner": learner}
    return Remedy(
        arm=chosen.arm, sentence=" ".join(text), versus_real=chosen.versus_real, settings=settings,
        collect=tuple(collect[:5]), other=other.arm if elsewhere else None,
    )  # fmt: skip


def _collectable(gap: Gap) -> bool:
    """Short of rows, and known to occur: a combination that no real row shows may be impossible."""
    seen = gap.support + sum(e.value for e in gap.evidence if e.name == "rows in tune")
    return gap.slice is not None and gap.wanted > gap.support and seen > 0


def _thin(gap: Gap) -> str:
    """Where real rows are few, and how many it takes to fill the gap as its finder counts it."""
    tune = next((f", {e.value:.0f} of {e.n:,} in tune" for e in gap.evidence if e.name == "rows in tune"), "")
    more = f"{gap.wanted - gap.support:,} more would make {gap.wanted:,}"
    return f"{gap.slice}: {gap.support:,} training row{'s' * (gap.support != 1)}{tune}; {more}"


def _weak(gap: Gap) -> str:
    """Where the model errs most, with the figures of the search on the training rows; empty for other gaps."""
    by = {e.name: e for e in gap.evidence}
    inside, outside = by.get("loss inside"), by.get("loss outside")
    if gap.kind != "weak" or inside is None or outside is None:
        return ""
    return (
        f"{gap.slice}: mean loss {inside.value:.3g} on {inside.n:,} training rows, {outside.value:.3g} elsewhere "
        "(out of fold, confirmed on tune)"
    )


def _gains(arm: ArmResult) -> bool:
    return arm.versus_real is not None and arm.versus_real.low is not None and arm.versus_real.low > 0


def _span(arm: ArmResult, metric: str) -> str:
    e = arm.versus_real
    if e is None or e.low is None or e.high is None:
        return "no interval"
    places = decimals((e.mean, e.low, e.high))
    inside = f"{percent(e.level)} interval {span(e.low, e.high, places, sign=True)}"
    return f"{number(e.mean, places, sign=True)} {metric} ({inside}) against real only"


def _sentence(best: ArmResult, chosen: ArmResult, metric: str, claim: Claim | None) -> str:
    name = plain_name(best.arm)
    if best.arm == "real_only":
        return "Use the real rows as they are: no other arm was better on tune."
    if chosen is best and claim is not None and claim.control != "real_only" and claim.verdict == "helps":
        f = claim_figures(claim)
        over = (
            f"{f['difference']} {metric} ({f['level']} interval {f['interval']}) over {plain_name(claim.control)}"
        )
        return f"Use {name} ({best.description}): {over}, the best alternative; {_span(best, metric)}."
    if chosen is best:
        return f"Use {name} ({best.description}): {_span(best, metric)}."
    return (
        f"Use the real rows as they are: {name} was best on tune, and test does not show that it beats them "
        f"({_span(best, metric)})."
    )


def description(arm: str) -> str:
    """What an arm is, in words."""
    share = share_of(arm)
    part = "the synthetic rows of the plan" if share == 1 else f"{100 * share:g} % of the plan's synthetic rows"
    made = part if arm.startswith("synthetic") else f"real rows and {part}"
    return next((c.description for c in CONTROLS if c.name == arm), made)
