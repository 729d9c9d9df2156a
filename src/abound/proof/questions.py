"""What is asked of the test rows, how much they can answer, and what an arm showed: shared by all who judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.core.labels import classes, codes, positive_class
from abound.core.study import ArmResult, ArmRole
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Question
from abound.proof.verdict import TestFacts, common_arms, difference, estimate, score_mean, tune_mean

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.schema import Schema, Task


def default_metric(schema: Schema, task: Task) -> str:
    """R squared for numbers, average precision for two classes, balanced accuracy for more."""
    if task.metric:
        return task.metric
    if task.kind == "regression":
        return "r2"
    return "average_precision" if len(classes(schema, task)) == 2 else "balanced_accuracy"


def groups_of(data: Dataset) -> Any:
    """The group of each test row; every row its own where the schema names none."""
    column = data.schema.group
    return data.main[column].rank("dense").to_numpy() if column else np.arange(len(data))


def facts_of(test: Dataset, question: Question) -> TestFacts:
    """Units, positives and groups that a question is answered from."""
    task = test.schema.task()
    mask = test.mask(question.slice).to_numpy() if question.slice else np.ones(len(test), dtype=bool)
    groups = len(np.unique(groups_of(test)[mask]))
    positives = None
    if task.kind == "classification":
        names = classes(test.schema, task)
        wanted = question.metric.params.get("positive")
        if wanted is None and len(names) == 2:
            wanted = positive_class(test.schema, task)
        if wanted in names:
            positives = int((codes(test, task) == names.index(wanted))[mask].sum())
    return TestFacts(int(mask.sum()), positives, groups)


def arm_result(
    results: Sequence[RepeatResult], name: str, role: ArmRole, same_learner: bool, description: str, groups: int,
    sign: float,
) -> ArmResult:  # fmt: skip
    """One arm over all repeats on the first question, with its paired difference from real only."""
    versus = difference(results, name, "real_only", groups, sign) if "real_only" in common_arms(results) else None
    return ArmResult(
        arm=name,
        role=role,
        same_learner=same_learner,
        description=description,
        repeats=len(results),
        train_rows=sum(r.arms[name]["rows"] for r in results) / len(results),
        train_weight=round(sum(r.arms[name]["weight"] for r in results) / len(results), 6),
        tune=tune_mean(results, name),
        test=estimate(score_mean(results, name, groups)),
        versus_real=estimate(versus) if versus and name != "real_only" else None,
        values=tuple(r.scores[name][0].test for r in results),
    )
