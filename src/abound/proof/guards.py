"""What a gain on the rare cases may cost on the common ones: a non-inferiority test beside the claims.

A candidate that calls more rows positive can raise the score it was made for and lose on the rows that make up most
of the data. The guard asks whether, at the threshold with the best F1 on tune, the share of common rows predicted
rightly falls by no more than MARGIN against the same learner on the real rows alone (non-inferiority; Blackwelder
1982). It neither makes a verdict nor changes one: it is said beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from abound.core.labels import classes, positive_class
from abound.core.recipe import Use
from abound.core.slice import Slice, Term
from abound.core.study import Guard
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Question
from abound.proof.verdict import TestFacts, common_arms, difference

if TYPE_CHECKING:
    from abound.core.gap import Gap
    from abound.core.schema import Schema

MARGIN = 0.01
BASELINE = "real_only"


def common_question(schema: Schema, gaps: Sequence[Gap]) -> Question | None:
    """Accuracy on the rows of the classes that are not rare; None where no class is, or the target is a number.

    With two classes the common one is the class that is not of interest.
    """
    task = schema.task()
    if task.kind != "classification":
        return None
    names, target = classes(schema, task), schema.target()
    rare = {
        str(t.value).lower() if target.kind == "bool" else str(t.value)
        for g in gaps
        if g.kind == "rare" and g.slice is not None
        for t in g.slice.terms
        if isinstance(t, Term) and t.column == target.name
    }
    if len(names) == 2:
        rare = {positive_class(schema, task)}
    common = [n for n in names if n not in rare]
    if not rare or not common:
        return None
    values = tuple(n == "true" if target.kind == "bool" else n for n in common)
    return Question(
        metric=Use(name="accuracy"),
        slice=Slice(on=task.table, terms=(Term(column=target.name, op="in", value=values),)),
        name=f"the common rows ({', '.join(common[:3])}{', ...' if len(common) > 3 else ''})",
        threshold=Use(name="f1") if len(names) == 2 else None,
    )


def guard(
    results: Sequence[RepeatResult], arm: str, place: int, question: Question, facts: TestFacts
) -> Guard | None:
    """The guard's answer for one arm; None where the real rows alone were not trained. `place`: the question's."""
    if BASELINE not in common_arms(results) or arm == BASELINE:
        return None
    mean = difference(results, arm, BASELINE, facts.groups, 1.0, place)
    low, high = mean.interval()
    if low > -MARGIN:
        verdict, said = "holds", f"a loss of {100 * MARGIN:g} point is ruled out"
    elif high < 0:
        verdict, said = "fails", "there is a loss"
    else:
        verdict, said = "not shown", f"a loss of {100 * MARGIN:g} point is not ruled out"
    span = f"{100 * low:+.2f} to {100 * high:+.2f}" if np.isfinite(low) else "none"
    return Guard(
        name=question.name, arm=arm, control=BASELINE, difference=mean.mean, low=low, high=high, margin=MARGIN,
        verdict=verdict, units=facts.units,
        sentence=f"{question.name[:1].upper()}{question.name[1:]}: {100 * mean.mean:+.2f} points predicted rightly "
        f"(95 % interval {span}) against the real rows alone, {facts.units:,} test rows; {said}.",
    )  # fmt: skip
