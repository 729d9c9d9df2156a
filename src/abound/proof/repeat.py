"""One repeat: every arm trained on this repeat's rows, predictions for tune and test written as an artifact."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.artifact import Artifact, build_folder, open_folder, read_json, write_json
from abound.core.context import Context
from abound.core.dataset import Dataset, table_bytes
from abound.core.recipe import Use
from abound.errors import Refusal
from abound.proof.controls import CONTROLS, Arm, Setting, arm_from, at_budget
from abound.proof.leaks import no_leak
from abound.proof.scoring import Question, Score, score_arm, test_draws

if TYPE_CHECKING:
    import polars as pl

SEPARATOR = "\x1f"  # between arm and column in the stored predictions; no column name holds it


@dataclass(frozen=True)
class RepeatResult:
    """What one repeat left: per arm the rows and weight it used, and its score for each question."""

    arms: dict[str, dict[str, Any]]
    skipped: dict[str, str]
    scores: dict[str, list[Score]]


def run_repeat(task: dict[str, Any]) -> None:
    """The worker's task: train every arm, predict, score, and write the repeat's artifact.

    Keys: folder, draft, number, seed, real, arms {name: path}, extra (or None), tune, test, test_group (column or
    None), learner, teacher, questions, controls (names), cost (path of a file for seconds).
    """
    data = {name: _load(path) for name, path in task["arms"].items()}
    real, tune, test = (_load(task[name]) for name in ("real", "tune", "test"))
    extra = _load(task["extra"]) if task["extra"] else None
    for name, rows in data.items():
        no_leak(name, rows, real, tune, test)
    ctx = Context(seed=task["seed"], refit=task["number"])
    questions = [Question.model_validate(q) for q in task["questions"]]
    largest = max(data.values(), key=lambda d: float(d.weights().sum()))
    setting = Setting(
        real=real, mixed=largest, extra=extra, tune=tune, task=real.schema.task(), learner=Use(**task["learner"]),
        teacher=task["teacher"], reads_labels=questions[0].plugin().labels, ctx=ctx.at("prove", task["number"]),
    )  # fmt: skip
    builders: dict[str, Callable[[], Arm]] = {n: _candidate(setting, n, d) for n, d in data.items()}
    builders |= {c.name: partial(c.build, setting) for c in CONTROLS if c.name in task["controls"]}
    draws = test_draws(test, ctx)
    arms: dict[str, dict[str, Any]] = {}
    skipped: dict[str, str] = {}
    parts: dict[str, dict[str, pl.DataFrame]] = {"tune": {}, "test": {}}
    scores: dict[str, list[dict[str, Any]]] = {}
    seconds: dict[str, float] = {}
    for name, build in builders.items():
        start = time.monotonic()
        try:
            arm = build()
        except Refusal as reason:
            skipped[name] = str(reason)
            continue
        arms[name] = {"rows": arm.rows, "weight": arm.weight}
        on_tune, on_test = arm.predictor.predict(tune), arm.predictor.predict(test)
        parts["tune"][name], parts["test"][name] = on_tune, on_test
        scores[name] = [
            score_arm(q, arm.tuned_threshold, (tune, on_tune), (test, on_test), draws, setting.task).model_dump()
            for q in questions
        ]
        seconds[name] = round(time.monotonic() - start, 3)

    def fill(work: Path) -> None:
        write_json(work / "repeat.json", {"arms": arms, "skipped": skipped, "scores": scores})
        for part, frames in parts.items():
            (work / f"{part}.parquet").write_bytes(table_bytes(_wide(frames)))

    build_folder(Path(task["folder"]), Artifact.model_validate(task["draft"]), fill)
    # Seconds differ between equal runs, so they stay outside the artifact.
    write_json(Path(task["cost"]), seconds)


def _candidate(setting: Setting, name: str, data: Dataset) -> Callable[[], Arm]:
    return lambda: arm_from(setting, at_budget(data, setting), name)


def _load(path: str) -> Dataset:
    open_folder(Path(path))
    return Dataset.load(Path(path))


def _wide(frames: dict[str, pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame([f[c].alias(f"{arm}{SEPARATOR}{c}") for arm, f in frames.items() for c in f.columns])


def read_repeat(folder: Path) -> RepeatResult:
    """Read what `run_repeat` wrote, checking the digests."""
    open_folder(folder)
    info = read_json(folder / "repeat.json")
    scores = {arm: [Score.model_validate(s) for s in rows] for arm, rows in info["scores"].items()}
    return RepeatResult(info["arms"], info["skipped"], scores)


def read_predictions(folder: Path, part: str) -> dict[str, pl.DataFrame]:
    """Predictions of every arm for "tune" or "test", row-aligned with that part."""
    import polars as pl

    wide = pl.read_parquet(folder / f"{part}.parquet")
    arms: dict[str, list[pl.Series]] = {}
    for name in wide.columns:
        arm, column = name.split(SEPARATOR, 1)
        arms.setdefault(arm, []).append(wide[name].alias(column))
    return {arm: pl.DataFrame(columns) for arm, columns in arms.items()}
