"""What a finished run says to use, as a folder: the training table, the settings, the rows to collect."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import abound
from abound.core.artifact import file_digest, open_folder, read_as, write_bytes, write_json
from abound.core.context import Context
from abound.core.dataset import WEIGHT, Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, positive_class
from abound.core.recipe import Recipe, Use, read_recipe
from abound.core.study import ArmResult, Study
from abound.core.task import one_thread
from abound.encoding.handout import labelled, write_frame
from abound.errors import InputError
from abound.proof.controls import Setting, synthetic_rows
from abound.proof.curve import arm_name
from abound.proof.rebuild import RebuiltArm, rebuild
from abound.proof.repeat import read_predictions
from abound.proof.scoring import Question, chosen_threshold

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Task

DATA, SETTINGS, GUIDE = "data.parquet", "remedy.json", "README.md"
_FIRST = "000"


@dataclass(frozen=True)
class Deployment:
    """What to use: `table` to train on (features, target, `_weight`, `_origin`), and `settings` as plain values."""

    table: pl.DataFrame
    settings: dict[str, Any]

    def __str__(self) -> str:
        return guide(self.settings)


def deploy(run: Path | str, out: Path | str | None = None) -> Deployment:
    """The remedy of a finished run; written to `out`, where given, as data.parquet, remedy.json and README.md.

    The table is what the chosen arm trained on in the first repeat, rebuilt by the arm's own builder: the very rows
    whose score was measured, and not more of them, because nothing was measured about more. With
    `repeats.train_rows` that is one draw of training rows, otherwise all of them. Rows that a teacher labelled
    stand there once a class, weighted by its probability, so any learner that takes row weights can be trained on
    it. The threshold is the one that the arm was given on the tuning rows. Raises InputError where the run has not
    finished or `out` is not empty, ArtifactError where its files were changed.
    """
    folder = Path(run)
    if not (folder / "study.json").is_file():
        raise InputError(f"{folder} holds no finished study: finish the run first")
    if out is not None and Path(out).exists() and any(Path(out).iterdir()):
        raise InputError(f"the folder {out} is not empty: name a new one with --out")
    study = read_as(folder / "study.json", Study)
    recipe = read_recipe(folder / "recipe.yaml")
    first, question = _First(folder, recipe), _question(recipe, study)
    with one_thread():  # as in a worker: the last digits of a teacher's probabilities depend on it
        built = rebuild(study.remedy.arm, first.candidates(), first.setting(question))
    table = _table(built.data, first.task)
    settings = _settings(study, question, first, built, table)
    if out is not None:
        _write(Path(out), table, settings)
    return Deployment(table, settings)


@dataclass(frozen=True)
class _First:
    """The first repeat of a run folder."""

    folder: Path
    recipe: Recipe

    @property
    def real(self) -> Dataset:
        own = self.folder / "repeats" / _FIRST / "real"
        return _load(own if own.is_dir() else self.folder / "data" / "train")

    @property
    def task(self) -> Task:
        return self.real.schema.task()

    def candidates(self) -> dict[str, Dataset]:
        name = "synthetic" if self.recipe.purpose == "replace" else "mixed"
        made = self.folder / "generate" / _FIRST
        open_folder(made)
        return {arm_name(name, s): _load(made / arm_name("arm", s)) for s in (*self.recipe.shares, 1.0)}

    def setting(self, question: Question) -> Setting:
        """As `run_repeat` makes it."""
        extra = self.folder / "repeats" / _FIRST / "extra"
        largest = max(self.candidates().values(), key=lambda d: float(d.weights().sum()))
        return Setting(
            real=self.real, mixed=largest, extra=_load(extra) if extra.is_dir() else None,
            tune=_load(self.folder / "data" / "tune"), task=self.task, learner=self.recipe.learner,
            teacher=self.recipe.teacher, reads_labels=question.plugin().labels,
            ctx=Context(seed=self.recipe.seed).at("prove", 0),
        )  # fmt: skip

    def gaps(self) -> list[Gap]:
        return list(read_as(self.folder / "generate" / _FIRST / "gaps.json", tuple[Gap, ...]))


def _load(folder: Path) -> Dataset:
    open_folder(folder)
    return Dataset.load(folder)


def _question(recipe: Recipe, study: Study) -> Question:
    return Question(metric=recipe.metric or Use(name=study.metric))


def _table(data: Dataset, task: Task) -> pl.DataFrame:
    origin = ("_origin",) if len(synthetic_rows(data.main)) else ()
    return labelled(data, task, origin)


def _settings(
    study: Study, question: Question, first: _First, built: RebuiltArm, table: pl.DataFrame
) -> dict[str, Any]:
    """Everything that the table does not say."""
    task, recipe = first.task, first.recipe
    arm = next(a for a in study.arms if a.arm == study.remedy.arm)
    made = len(synthetic_rows(built.data.main))
    return {
        "use": study.remedy.sentence,
        "arm": {"name": arm.arm, "description": arm.description},
        "learner": recipe.learner.model_dump(),
        "target": task.targets[0],
        "classes": classes(first.real.schema, task) if task.kind == "classification" else None,
        "weight": WEIGHT,
        "threshold": _threshold(question, first, built, arm),
        "data": {
            "rows": table.height, "real": len(built.data) - made, "synthetic": made,
            "weight": float(table[WEIGHT].sum()), "about": study.about,
        },
        "measured": {
            "metric": study.metric, "larger_is_better": study.larger_is_better, "test": arm.test.model_dump(),
            "against_real_only": arm.versus_real.model_dump() if arm.versus_real else None,
            "verdict_on_synthetic_rows": study.verdict, "test_digest": study.test_digest,
        },
        "collect": [
            {"where": str(g.slice), "training_rows": g.support, "more_rows": g.wanted - g.support}
            for g in first.gaps() if _collectable(g)
        ],
        "seed": recipe.seed, "abound": abound.__version__,
    }  # fmt: skip


def _collectable(gap: Gap) -> bool:
    """A slice that real rows are known to have: one that none has may be impossible."""
    return gap.slice is not None and gap.wanted > gap.support > 0


def _threshold(question: Question, first: _First, built: RebuiltArm, arm: ArmResult) -> dict[str, Any] | None:
    """Where to call the class of interest; None where the target has no two classes."""
    schema, task = first.real.schema, first.task
    if task.kind != "classification" or len(classes(schema, task)) != 2:
        return None
    value, why = 0.5, "the metric ranks rows and reads no label, so no threshold was chosen"
    if question.plugin().labels:
        why = "this arm is called at one half"
        if built.tuned_threshold:
            folder = first.folder / "prove" / f"repeat-{_FIRST}"
            open_folder(folder)
            pred = read_predictions(folder, "tune")[arm.arm]
            value = chosen_threshold(question, _load(first.folder / "data" / "tune"), pred, task)
            why = "chosen on the tuning rows"
    return {"class": positive_class(schema, task), "at_least": value, "why": why}


def _write(out: Path, table: pl.DataFrame, settings: dict[str, Any]) -> None:
    write_frame(table, out / DATA)
    write_json(out / SETTINGS, {**settings, "files": {DATA: file_digest(out / DATA)}})
    write_bytes(out / GUIDE, guide(settings).encode())


def guide(settings: dict[str, Any]) -> str:
    """How to use the folder, in a few lines."""
    data, learner, cut = settings["data"], settings["learner"], settings["threshold"]
    options = "".join(f" {name}={value!r}" for name, value in learner["params"].items())
    lines = [
        "# What to use",
        "",
        settings["use"],
        "",
        f"1. Train {learner['name']}{options} on {DATA}: target {settings['target']!r}, row weights in "
        f"{settings['weight']!r}, features in all other columns but `_origin`.",
        f"   It holds {data['rows']:,} lines of {data['real']:,} real and {data['synthetic']:,} synthetic rows (a "
        f"row with class probabilities is one line a class). What was measured is about {data['about']}.",
    ]
    if cut:
        called = f"Call {cut['class']!r} where its probability is at least {cut['at_least']:.6g}"
        lines.append(f"2. {called}: {cut['why']}.")
    more = [f"{c['more_rows']:,} where {c['where']} ({c['training_rows']:,} now)" for c in settings["collect"][:5]]
    lines.append("Real rows to collect next: " + ("; ".join(more) if more else "none was found to be short") + ".")
    lines += [f"All figures: {SETTINGS}. {DATA} holds real rows: treat it as you treat the data itself.", ""]
    return "\n".join(lines)
