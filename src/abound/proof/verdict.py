"""From scores to estimates, claims and verdicts. Every choice is made on tune; test only fills in the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abound.core.study import Claim, Estimate, StudyVerdict
from abound.proof.controls import CONTROLS
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Question
from abound.stats.intervals import PairedMean, holm_levels, paired_mean

LEAST_UNITS = 10


@dataclass(frozen=True)
class TestFacts:
    """Sizes of the test set that a claim rests on."""

    units: int
    positives: int | None
    groups: int
    side_groups: int | None = None  # the fewer of the groups with a positive row and those with another; None: rows

    @property
    def independent(self) -> int:
        """How many observations there are: many rows of a few groups are few, and so are copies of a few rows."""
        return self.groups if self.side_groups is None else min(self.groups, self.side_groups)

    @property
    def enough(self) -> bool:
        """Whether a bootstrap of these units says anything: ten of either side, or twenty where there are no sides.

        With one positive row every draw that holds it gives the same score, and an interval of no width.
        """
        if self.positives is None:
            return self.units >= 2 * LEAST_UNITS
        return min(self.positives, self.units - self.positives) >= LEAST_UNITS


def common_arms(results: Sequence[RepeatResult]) -> list[str]:
    """Arms that every repeat could build: candidates, then controls and references in the order of their list."""
    both = [arm for arm in results[0].arms if all(arm in r.arms for r in results)]
    place = {c.name: i for i, c in enumerate(CONTROLS)}
    return sorted(both, key=lambda arm: (place.get(arm, -1), arm))


def tune_mean(results: Sequence[RepeatResult], arm: str, question: int = 0) -> float:
    """Mean score on tune over the repeats."""
    return float(np.mean([r.scores[arm][question].tune for r in results]))


def score_mean(results: Sequence[RepeatResult], arm: str, groups: int, question: int = 0) -> PairedMean:
    """An arm's test score over repeats and test units."""
    test = np.array([r.scores[arm][question].test for r in results])
    draws = np.array([r.scores[arm][question].draws for r in results])
    return paired_mean(test, draws, groups)


def difference(
    results: Sequence[RepeatResult], arm: str, other: str, groups: int, sign: float, question: int = 0
) -> PairedMean:
    """Paired difference of two arms on test, signed so that positive is better."""
    a, b = ([r.scores[name][question] for r in results] for name in (arm, other))
    test = np.array([x.test - y.test for x, y in zip(a, b, strict=True)])
    draws = np.array([np.array(x.draws) - np.array(y.draws) for x, y in zip(a, b, strict=True)])
    return paired_mean(sign * test, sign * draws, groups)


def estimate(mean: PairedMean, level: float = 0.95) -> Estimate:
    """The mean with its interval; no interval where there are fewer than two repeats or groups."""
    low, high = mean.interval(level)
    finite = np.isfinite(low) and np.isfinite(high)
    return Estimate(mean=mean.mean, low=low if finite else None, high=high if finite else None, level=level)


def verdict_of(low: float, high: float, margin: float, minimal_gain: float) -> StudyVerdict:
    """The rule, in this order: harms, helps, no difference, not enough evidence."""
    if high < 0:
        return "harms"
    if low > minimal_gain:
        return "helps"
    if -margin < low and high < margin:
        return "no difference"
    return "not enough evidence"


def claims(
    results: Sequence[RepeatResult],
    questions: Sequence[Question],
    arm: str,
    controls: Sequence[str],
    facts: Sequence[TestFacts],
    margins: Sequence[float | None],
    minimal_gain: float,
) -> list[Claim]:
    """One claim a question: the arm against the control that was best on tune, with Holm's correction over all."""
    best, means = [], []
    for q, question in enumerate(questions):
        sign = 1.0 if question.plugin().larger_is_better else -1.0
        scored = [c for c in controls if np.isfinite(tune_mean(results, c, q))]
        best.append(max(scored or controls, key=lambda c: sign * tune_mean(results, c, q)))
        means.append(difference(results, arm, best[q], facts[q].independent, sign, q))
    levels = holm_levels([m.p_value() if f.enough else 1.0 for m, f in zip(means, facts, strict=True)])
    out = []
    for q, question in enumerate(questions):
        metric = question.plugin()
        margin = margins[q] if margins[q] is not None else metric.margin
        assert margin is not None, "filled in above"
        if metric.relative and margins[q] is None:
            margin = margin * abs(score_mean(results, best[q], facts[q].independent, q).mean)
        low, high = means[q].interval(levels[q]) if facts[q].enough else (-np.inf, np.inf)
        claim = Claim(
            arm=arm, control=best[q], metric=question.metric.name, slice=question.slice, difference=means[q].mean,
            low=low, high=high, level=levels[q], margin=margin,
            verdict=verdict_of(low, high, margin, minimal_gain), units=facts[q].units,
            positives=facts[q].positives, groups=facts[q].groups, side_groups=facts[q].side_groups,
            repeats=len(results), limited_by=means[q].limited_by, sentence="", name=question.name,
            repeat_share=means[q].repeat_share,
        )  # fmt: skip
        out.append(claim.model_copy(update={"sentence": sentence(claim, question, len(controls))}))
    return out


def why_no_interval(claim: Claim) -> str:
    """What a claim without an interval rests on."""
    if claim.repeats < 2:
        return "one repeat"
    if claim.groups < 2:
        return "one test group"
    if claim.side_groups is not None and claim.side_groups < 2:
        return "one test group that holds all rows of one side"
    if not TestFacts(claim.units, claim.positives, claim.groups).enough:
        if claim.positives is None:
            return f"a test set of {claim.units} rows"
        least = min(claim.positives, claim.units - claim.positives)
        return f"a test set with {least} rows of one side (at least {LEAST_UNITS} are needed)"
    return "an undefined score"


def sentence(claim: Claim, question: Question, rivals: int) -> str:
    """The claim in words; each figure in it is a field of the claim. `rivals`: how many controls were there."""
    name = claim.metric.replace("_", " ")
    where = f" on {question.name or claim.slice}" if question.slice or question.name else ""
    if not np.isfinite(claim.low):
        return f"{claim.arm}: not enough evidence{where}: {why_no_interval(claim)} gives no interval."
    span = f"{claim.difference:+.4f} {name}{where} [{claim.low:+.4f}, {claim.high:+.4f}]"
    against = f"against {claim.control}" + (f", the best of {rivals} controls on tune" if rivals > 1 else "")
    if not question.plugin().larger_is_better:
        against += " (positive is better)"
    tail = {
        "helps": "helps",
        "harms": "harms",
        "no difference": f"no difference larger than {claim.margin:.4g}",
        "not enough evidence": f"not enough evidence (neither a gain, nor a loss, nor within {claim.margin:.4g})",
    }[claim.verdict]
    size = f"{claim.repeats} repeats, {claim.units:,} test rows"
    size += f" of which {claim.positives:,} of the class" if claim.positives is not None else ""
    return f"{claim.arm}: {tail}: {span} {against} ({100 * claim.level:.1f} % interval; {size})."
