"""What is asked of the test rows, and how much they can answer: shared by all who judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from abound.core.labels import classes, codes, positive_class, prediction_columns
from abound.core.recipe import Use
from abound.core.slice import Slice, Term, check_levels
from abound.core.units import units
from abound.errors import InputError
from abound.proof.guards import common_question
from abound.proof.scoring import Question, test_units
from abound.proof.verdict import TestFacts

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.schema import Schema, Task

MOST_SLICES = 3  # weak slices that are claimed about: each more widens the intervals of all (Holm)


@dataclass(frozen=True)
class Asked:
    """All questions, fixed before the test set is opened: the claims, main one first, and what guards them."""

    claims: tuple[Question, ...]
    guard: Question | None

    @property
    def all(self) -> list[Question]:
        """In the order in which an arm's scores are kept."""
        return [*self.claims, *([self.guard] if self.guard else [])]


def asked(
    schema: Schema, metric: str | Use | None, gaps: Sequence[Gap] = (), slices: Sequence[str | Slice] = ()
) -> Asked:
    """The main question, one a slice, one for each rare class that the metric does not single out, and the guard.

    `slices` are those that a person names; weak slices among `gaps` follow, `MOST_SLICES` at most. Raises
    UnknownName or InputError for a metric, a parameter or a level that does not exist.
    """
    task = schema.task()
    use = metric if isinstance(metric, Use) else Use(name=metric or default_metric(schema, task))
    main = Question(metric=use)
    main.plugin()
    named = [s if isinstance(s, Slice) else Slice.parse(s, schema.main) for s in slices]
    for s in named:
        check_levels(s, schema)
    weak = [g.slice for g in gaps if g.kind == "weak" and g.slice and g.slice.on == task.table]
    parts = {str(s): Question(metric=use, slice=s) for s in [*named, *weak[:MOST_SLICES]]}
    return Asked((main, *parts.values(), *_by_class(schema, task, gaps)), common_question(schema, gaps))


def check_asked(asked: Asked, tune: Dataset) -> None:
    """What can be known to fail before the test set is opened, from the tuning rows alone.

    InputError where a metric does not fit the target, or where tune, on which every choice is made, lacks one of
    two classes; UnknownName where a slice reads a column that is not there.
    """
    task = tune.schema.task()
    if task.kind == "classification":
        names = classes(tune.schema, task)
        lacking = sorted(set(range(len(names))) - set(codes(tune, task).tolist()))
        if lacking and len(names) == 2:
            raise InputError(
                f"the tune part has no row of the class {names[lacking[0]]!r}, and every choice is made on it: "
                "split again with more rows"
            )
    guessed = np.full(len(tune), 1.0 / max(1, len(prediction_columns(tune.schema, task))))
    pred = pl.DataFrame(dict.fromkeys(prediction_columns(tune.schema, task), guessed))
    for question in asked.all:
        question.plugin().units(tune, pred, task)
        if question.slice is not None:
            tune.mask(question.slice)


def _by_class(schema: Schema, task: Task, gaps: Sequence[Gap]) -> list[Question]:
    """With more than two classes, average precision of each of the three rarest that a finder named."""
    if task.kind != "classification" or len(classes(schema, task)) == 2:
        return []
    terms = [t for g in gaps if g.kind == "rare" and g.slice for t in g.slice.terms if isinstance(t, Term)]
    named = [str(t.value) for t in terms if t.column == task.targets[0] and t.op == "=="]
    ranked = [Use(name="average_precision", params={"positive": c}) for c in named[:3]]
    return [Question(metric=u, name=f"class {u.params['positive']}") for u in ranked]


def default_metric(schema: Schema, task: Task) -> str:
    """R squared for numbers, average precision for two classes, balanced accuracy for more."""
    if task.metric:
        return task.metric
    if task.kind == "regression":
        return "r2"
    return "average_precision" if len(classes(schema, task)) == 2 else "balanced_accuracy"


def facts_of(test: Dataset, question: Question) -> TestFacts:
    """Rows, positives and groups (units that count once) that a question is answered from."""
    task = test.schema.task()
    mask = test.mask(question.slice).to_numpy() if question.slice else np.ones(len(test), dtype=bool)
    of = test_units(test)[mask]
    positives = side_groups = None
    if task.kind == "classification":
        names = classes(test.schema, task)
        wanted = question.metric.params.get("positive")
        if wanted is None and len(names) == 2:
            wanted = positive_class(test.schema, task)
        if wanted in names:
            yes = (codes(test, task) == names.index(wanted))[mask]
            positives = int(yes.sum())
            if units(test) is not None:
                side_groups = min(len(np.unique(of[yes])), len(np.unique(of[~yes])))
    return TestFacts(int(mask.sum()), positives, len(np.unique(of)), side_groups)
