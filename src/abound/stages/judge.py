"""judge: the verdict on models that were trained elsewhere, from their predictions of handed out rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.labels import classes, codes, prediction_columns
from abound.core.ledger import SealedTest, unseal
from abound.core.recipe import Use
from abound.core.study import ArmResult, Study
from abound.encoding.handout import row_ids
from abound.errors import InputError
from abound.proof.predictions import BASELINE, GivenArm, given_arms, read_arm
from abound.proof.questions import arm_result, default_metric, facts_of, groups_of
from abound.proof.remedy import remedy
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import DRAWS, Question, score_arm
from abound.proof.verdict import claims, tune_mean
from abound.stats.intervals import group_draws

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Task

_THRESHOLD = "threshold"
_ABOUT = "models trained elsewhere, of which only the predictions are known"


def judge(
    predictions: Path | str,
    *,
    tune: Dataset,
    test: SealedTest,
    metric: str | Use | None = None,
    margin: float | None = None,
    minimal_gain: float = 0.0,
    seed: int = 0,
) -> Study:
    """Judge arms x repeats of predictions, DIR/<arm>/<repeat>.parquet or .csv, of the rows that `handout` wrote.

    Each file has a column `id` and "p:<class>" for every class, or `value`. `real_only` is the baseline; an arm
    that is called as one of abound's controls or references is one, the others are candidates, unless arms.yaml in
    the folder says otherwise. The candidate and the control that are compared are the best on `tune`; the
    difference, its interval, Holm's correction and the verdict are those of `prove`. Where the metric reads labels,
    every arm but the baseline gets its threshold on `tune`, and the baseline with such a threshold is a control.

    All files are checked before the test set is opened, so that a mistake costs no opening. How the models were
    trained cannot be seen from here: that they saw no test row, and that repeats were drawn or seeded anew, is the
    caller's word. Raises InputError for files that do not form arms x repeats, wrong ids or values (see
    `formats.predictions`), and candidates whose repeats are the same.
    """
    start = time.monotonic()
    task = tune.schema.task()
    use = metric if isinstance(metric, Use) else Use(name=metric or default_metric(tune.schema, task))
    question = Question(metric=use)
    plugin = question.plugin()
    sign = 1.0 if plugin.larger_is_better else -1.0
    given = given_arms(Path(predictions))
    columns = prediction_columns(tune.schema, task)
    ids = [*row_ids(test.digest, "tune", len(tune)), *row_ids(test.digest, "test", test.rows)]
    frames = {arm.name: read_arm(arm, ids, columns) for arm in given}
    tuned = plugin.labels and task.kind == "classification" and len(classes(tune.schema, task)) == 2
    if tuned and _THRESHOLD not in frames:
        given.append(GivenArm(_THRESHOLD, "control", {}))
        frames[_THRESHOLD] = frames[BASELINE]
    _check_tune(question, tune, task, frames[BASELINE][0][: len(tune)])
    opened = unseal(test, reason=f"judge {sorted(a.name for a in given)} on {len(frames[BASELINE])} repeats")
    results = _scores(question, frames, tune, opened, task, Context(seed=seed))
    facts = facts_of(opened, question)
    groups = facts.groups if facts.enough else 1
    arms = [arm_result(results, a.name, a.role, a.same_learner, a.description, groups, sign) for a in given]
    chosen = max((a.name for a in given if a.role == "candidate"), key=lambda n: sign * tune_mean(results, n))
    rivals = [a.name for a in given if a.role == "control" and a.same_learner]
    told = tuple(claims(results, [question], chosen, rivals, [facts], [margin], minimal_gain))
    return Study(
        purpose="augment", metric=use.name, larger_is_better=plugin.larger_is_better, learner="external",
        about=_ABOUT, arms=tuple(arms), claims=told,
        remedy=remedy(arms, plugin.larger_is_better, use.name, "external", (), told),
        warnings=tuple(_warnings(arms, frames, chosen)), power=test.power.sentence, test_digest=test.digest,
        test_rows=test.rows, openings=test.ledger.openings(test.digest), seed=seed,
        seconds=round(time.monotonic() - start, 1),
    )  # fmt: skip


def _check_tune(question: Question, tune: Dataset, task: Task, pred: pl.DataFrame) -> None:
    """InputError where the metric does not fit the target, or nothing can be chosen on the tuning rows."""
    if task.kind == "classification":
        names = classes(tune.schema, task)
        lacking = sorted(set(range(len(names))) - set(codes(tune, task).tolist()))
        if lacking and len(names) == 2:
            raise InputError(
                f"the tune part has no row of the class {names[lacking[0]]!r}, and every choice is made on it: "
                "split again with more rows"
            )
    metric = question.plugin()
    value = metric.value(metric.units(tune, pred, task), tune.weights(task.table)[None, :])[0]
    if not np.isfinite(value):
        raise InputError(
            f"{question.metric.name.replace('_', ' ')} is undefined on the tune part, and every choice is made on "
            "it: choose another metric, or split again with more rows"
        )


def _scores(
    question: Question,
    frames: dict[str, list[pl.DataFrame]],
    tune: Dataset,
    test: Dataset,
    task: Task,
    ctx: Context,
) -> list[RepeatResult]:
    """Each repeat's scores, on the same bootstrap draws of test groups as `prove` takes."""
    draws = group_draws(groups_of(test), DRAWS, ctx.rng("draws"))
    out = []
    for repeat in range(len(frames[BASELINE])):
        scores = {}
        for name, given in frames.items():
            on_tune, on_test = given[repeat][: len(tune)], given[repeat][len(tune) :]
            score = score_arm(question, name != BASELINE, (tune, on_tune), (test, on_test), draws, task)
            scores[name] = [score]
        # How many rows a model was trained on is not known here.
        out.append(RepeatResult({name: {"rows": 0, "weight": 0.0} for name in frames}, {}, scores))
    return out


def _warnings(arms: list[ArmResult], frames: dict[str, list[pl.DataFrame]], chosen: str) -> list[str]:
    """What a reader must know before trusting the verdict."""
    out = []
    rivals = [a.arm for a in arms if a.role == "control" and a.arm not in (BASELINE, _THRESHOLD)]
    if not rivals:
        out.append(
            "The real rows alone are the only control: whether row weights, duplicated rows or SMOTE would gain as "
            "much was not compared. Give their predictions as arms called class_weights, duplicated and smote."
        )
    pairs = zip(frames[chosen], frames[BASELINE], strict=True)
    if all(np.array_equal(a.to_numpy(), b.to_numpy()) for a, b in pairs):
        out.append(f"{chosen} and {BASELINE} hold the same predictions in every repeat.")
    if len({f.to_numpy().tobytes() for f in frames[BASELINE]}) == 1 < len(frames[BASELINE]):
        out.append(
            f"{BASELINE} is the same in every repeat, so the verdict is about one training set and not about "
            "training sets like it."
        )
    return out
