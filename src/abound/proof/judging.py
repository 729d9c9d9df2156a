"""From the scores of all arms to the study: roles, the arm that is judged, its claims, guard and remedy.

One place for every way to a verdict: arms that abound trained, and predictions that came from outside.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from abound.core.recipe import Purpose
from abound.core.study import ArmResult, ArmRole, Guard, Study
from abound.errors import InputError
from abound.proof.guards import BASELINE, guard
from abound.proof.questions import Asked, facts_of
from abound.proof.remedy import remedy
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Question
from abound.proof.verdict import (
    LEAST_UNITS,
    TestFacts,
    claims,
    common_arms,
    difference,
    estimate,
    score_mean,
    tune_mean,
)

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.ledger import SealedTest

REAL_ALONE = (BASELINE, "threshold")  # the same real rows, called at one half and where tune says


def check_margins(margin: float | None, minimal_gain: float) -> None:
    """InputError for a margin that is not above zero, or a minimal gain below it."""
    if margin is not None and not 0 < margin < float("inf"):
        raise InputError(f"the margin is {margin:g}: give a number above 0, in units of the metric")
    if not 0 <= minimal_gain < float("inf"):
        raise InputError(f"the minimal gain is {minimal_gain:g}: give 0 or a number above it")


class Entrant(NamedTuple):
    """An arm before it is judged. `rival`: a control that the judged arm has to beat."""

    name: str
    role: ArmRole
    same_learner: bool
    description: str
    rival: bool


def study_of(
    results: Sequence[RepeatResult],
    asked: Asked,
    test: Dataset,
    entrants: Sequence[Entrant],
    *,
    purpose: Purpose,
    learner: str,
    margin: float | None = None,
    minimal_gain: float = 0.0,
    gaps: Sequence[Gap] = (),
) -> Study:
    """Judge the candidate that is best on tune against the rival that is best on tune, on every question.

    To replace real rows is to do as well without them: then the real rows alone (where labels are scored, also with
    a threshold chosen on tune, as the candidates have) are the only rivals, and the verdict "no difference" says
    that the two are equivalent within the margin. Slices with too few test rows of either side are left out with a
    warning; the main question stays, and says so. InputError where no candidate is in every repeat.
    """
    facts = [facts_of(test, q) for q in asked.claims]
    kept = [i for i, f in enumerate(facts) if i == 0 or f.enough]
    metric = asked.claims[0].plugin()
    sign = 1.0 if metric.larger_is_better else -1.0
    trimmed = [_only(r, kept) for r in results]
    left = [_left_out(q, f) for q, f in zip(asked.claims[1:], facts[1:], strict=True) if not f.enough]
    # Too few test rows of a side: no interval anywhere.
    independent = facts[0].independent if facts[0].enough else 1
    there = common_arms(results)
    arms = [_result(trimmed, e, independent, sign) for e in entrants if e.name in there]
    candidates = [a.arm for a in arms if a.role == "candidate"]
    if not candidates:
        raise InputError("no candidate arm could be trained in every repeat: see the reasons in the run folder")
    chosen = max(candidates, key=lambda a: sign * tune_mean(trimmed, a))
    rivals = [e.name for e in entrants if e.rival and e.name in there]
    if purpose == "replace":
        rivals = [name for name in rivals if name in REAL_ALONE]
    told = tuple(
        claims(
            trimmed, [asked.claims[i] for i in kept], chosen, rivals, [facts[i] for i in kept],
            [margin, *[None] * (len(kept) - 1)], minimal_gain,
        )
    )  # fmt: skip
    name = asked.claims[0].metric.name
    return Study(
        purpose=purpose, metric=name, larger_is_better=metric.larger_is_better, learner=learner, about="",
        arms=tuple(arms), claims=told, guards=_guards(results, chosen, asked, test),
        remedy=remedy(arms, metric.larger_is_better, name, learner, gaps, told),
        warnings=tuple(left),
    )  # fmt: skip


def stamped(
    study: Study, test: SealedTest, start: float, warnings: Sequence[str], more: Mapping[str, Any]
) -> Study:
    """The study with the test set it rests on, how often that was opened, and what only its stage knows."""
    return study.model_copy(
        update={
            **more, "warnings": (*study.warnings, *warnings), "power": test.power.sentence,
            "test_digest": test.digest, "test_rows": test.rows, "openings": test.ledger.openings(test.digest),
            "seconds": round(time.monotonic() - start, 1),
        }
    )  # fmt: skip


def _result(results: Sequence[RepeatResult], entrant: Entrant, independent: int, sign: float) -> ArmResult:
    """One arm over all repeats on the first question, with its paired difference from real only."""
    name = entrant.name
    versus = None
    if name != BASELINE and BASELINE in common_arms(results):
        versus = estimate(difference(results, name, BASELINE, independent, sign))
    return ArmResult(
        arm=name,
        role=entrant.role,
        same_learner=entrant.same_learner,
        description=entrant.description,
        repeats=len(results),
        train_rows=sum(r.arms[name]["rows"] for r in results) / len(results),
        train_weight=round(sum(r.arms[name]["weight"] for r in results) / len(results), 6),
        tune=tune_mean(results, name),
        test=estimate(score_mean(results, name, independent)),
        versus_real=versus,
        values=tuple(r.scores[name][0].test for r in results),
    )


def _only(result: RepeatResult, kept: list[int]) -> RepeatResult:
    """The repeat with the scores of these questions only."""
    scores = {arm: [rows[i] for i in kept] for arm, rows in result.scores.items()}
    return RepeatResult(result.arms, result.skipped, scores)


def _left_out(question: Question, facts: TestFacts) -> str:
    """Why nothing is claimed about a slice or a class."""
    what = f"the slice '{question.slice}'" if question.slice else question.name
    if not facts.units:
        return f"Nothing is claimed about {what}: no test row is in it."
    held = f"{facts.units:,} test row{'s' * (facts.units != 1)}"
    if facts.positives is not None:
        held += f", {min(facts.positives, facts.units - facts.positives):,} of them of the rarer side"
    needed = f"{2 * LEAST_UNITS}" if facts.positives is None else f"{LEAST_UNITS} of either side"
    return f"Nothing is claimed about {what}: the test set holds {held}, and {needed} are needed."


def _guards(results: Sequence[RepeatResult], arm: str, asked: Asked, test: Dataset) -> tuple[Guard, ...]:
    if asked.guard is None:
        return ()
    found = guard(results, arm, len(asked.claims), asked.guard, facts_of(test, asked.guard))
    return (found,) if found else ()
