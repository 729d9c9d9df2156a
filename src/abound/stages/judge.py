"""judge: the verdict on models that were trained elsewhere, from their predictions of handed out rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, prediction_columns
from abound.core.ledger import SealedTest, unseal
from abound.core.recipe import Purpose, Use
from abound.core.slice import Slice
from abound.core.study import Study
from abound.encoding.handout import row_ids
from abound.errors import InputError
from abound.proof.judging import Entrant, check_margins, stamped, study_of
from abound.proof.predictions import BASELINE, GivenArm, given_arms, read_arm
from abound.proof.questions import Asked, asked, check_asked
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Question, score_arm, test_draws

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
    purpose: Purpose = "augment",
    gaps: Sequence[Gap] = (),
    slices: Sequence[str | Slice] = (),
    seed: int = 0,
) -> Study:
    """Judge arms x repeats of predictions, DIR/<arm>/<repeat>.parquet or .csv, of the rows that `handout` wrote.

    Each file has a column `id` and "p:<class>" for every class, or `value`. `real_only` is the baseline; an arm
    that is called as one of abound's controls or references is one, the others are candidates, unless arms.yaml in
    the folder says otherwise. The candidate and the control that are compared are the best on `tune`; the
    claims (about all rows, each of `slices`, weak slices and rare classes among `gaps`), their intervals, Holm's
    correction, the verdict and the guard of the common rows are those of `prove`. Where the metric reads labels,
    every arm but the baseline gets its threshold on `tune`, and the baseline with such a threshold is a control.
    With the purpose "replace" the candidates were trained without real rows, and "no difference" from the real rows
    alone is equivalence within `margin`.

    All files are checked before the test set is opened, so that a mistake costs no opening. How the models were
    trained cannot be seen from here: that they saw no test row, and that repeats were drawn or seeded anew, is the
    caller's word. Raises InputError for files that do not form arms x repeats, wrong ids or values (see
    `formats.predictions`), candidates whose repeats are the same, a metric that does not fit the target, and a
    margin out of range.
    """
    start = time.monotonic()
    task = tune.schema.task()
    check_margins(margin, minimal_gain)
    questions = asked(tune.schema, metric, gaps, slices)
    main = questions.claims[0]
    given = given_arms(Path(predictions))
    columns = prediction_columns(tune.schema, task)
    ids = [*row_ids(test.digest, "tune", len(tune)), *row_ids(test.digest, "test", test.rows)]
    frames = {arm.name: read_arm(arm, ids, columns) for arm in given}
    tuned = main.plugin().labels and task.kind == "classification" and len(classes(tune.schema, task)) == 2
    if tuned and _THRESHOLD not in frames:
        given.append(GivenArm(_THRESHOLD, "control", {}))
        frames[_THRESHOLD] = frames[BASELINE]
    check_asked(questions, tune)
    _defined(main, tune, task, frames[BASELINE][0][: len(tune)])
    opened = unseal(test, reason=f"judge {sorted(a.name for a in given)} on {len(frames[BASELINE])} repeats")
    results = _scores(questions, frames, tune, opened, task, Context(seed=seed))
    study = study_of(
        results, questions, opened, [_entrant(arm) for arm in given], purpose=purpose, learner="external",
        margin=margin, minimal_gain=minimal_gain, gaps=gaps,
    )  # fmt: skip
    return stamped(study, test, start, _warnings(study, frames), {"about": _ABOUT, "seed": seed})


def _entrant(arm: GivenArm) -> Entrant:
    """An arm's part in the comparison."""
    rival = arm.role == "control" and arm.same_learner
    return Entrant(arm.name, arm.role, arm.same_learner, arm.description, rival)


def _defined(question: Question, tune: Dataset, task: Task, pred: pl.DataFrame) -> None:
    """InputError where the metric has no value on the tuning rows: then nothing can be chosen on them."""
    metric = question.plugin()
    value = metric.value(metric.units(tune, pred, task), tune.weights(task.table)[None, :])[0]
    if not np.isfinite(value):
        raise InputError(
            f"{question.metric.name.replace('_', ' ')} is undefined on the tune part, and every choice is made on "
            "it: choose another metric, or split again with more rows"
        )


def _scores(
    questions: Asked,
    frames: dict[str, list[pl.DataFrame]],
    tune: Dataset,
    test: Dataset,
    task: Task,
    ctx: Context,
) -> list[RepeatResult]:
    """Each repeat's scores, on the same bootstrap draws of test units as `prove` takes."""
    draws = test_draws(test, ctx)
    out = []
    for repeat in range(len(frames[BASELINE])):
        scores = {}
        for name, given in frames.items():
            on_tune, on_test = given[repeat][: len(tune)], given[repeat][len(tune) :]
            scores[name] = [
                score_arm(q, name != BASELINE, (tune, on_tune), (test, on_test), draws, task) for q in questions.all
            ]
        # How many rows a model was trained on is not known here.
        out.append(RepeatResult({name: {"rows": 0, "weight": 0.0} for name in frames}, {}, scores))
    return out


def _warnings(study: Study, frames: dict[str, list[pl.DataFrame]]) -> list[str]:
    """What a reader must know before trusting the verdict."""
    out, chosen = [], study.claim.arm
    rivals = [a.arm for a in study.arms if a.role == "control" and a.arm not in (BASELINE, _THRESHOLD)]
    if not rivals and study.purpose == "augment":
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
