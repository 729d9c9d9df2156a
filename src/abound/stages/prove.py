"""prove: does it help on held-out real rows? The only stage that opens the sealed test set."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abound.core import registry
from abound.core.artifact import Artifact, build_folder
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, codes
from abound.core.ledger import SealedTest, unseal
from abound.core.recipe import Purpose, Use
from abound.core.run import Run
from abound.core.slice import Slice
from abound.core.study import Study
from abound.errors import InputError, UnknownName, did_you_mean
from abound.proof.controls import CONTROLS
from abound.proof.curve import curve
from abound.proof.judging import Entrant, check_margins, stamped, study_of
from abound.proof.outside import outside_files
from abound.proof.questions import Asked, asked, check_asked
from abound.proof.remedy import description
from abound.proof.repeat import RepeatResult, read_repeat
from abound.proof.scoring import Question
from abound.proof.verdict import common_arms

_SAME_SHARES = 0.1  # class shares of a drawn training set that differ less from the test rows' go without saying
Rows = Dataset | Path  # rows in memory, or the artifact folder that holds them


@dataclass(frozen=True)
class _Job:
    """Everything the repeats need, by path."""

    run: Run
    ctx: Context
    learner: Use
    files: dict[str, str]  # scripts that the learner runs, and their digests
    teacher: str
    questions: list[Question]
    tune: Path
    test: SealedTest


def prove(
    arms: Mapping[str, Dataset | Sequence[Rows]],
    *,
    baseline: Dataset | Sequence[Rows],
    tune: Rows,
    test: SealedTest,
    extra: Sequence[Rows | None] | None = None,
    learner: str | Use = "boosting",
    metric: str | Use | None = None,
    margin: float | None = None,
    minimal_gain: float = 0.0,
    purpose: Purpose = "augment",
    teacher: str = "ensemble",
    gaps: Sequence[Gap] = (),
    slices: Sequence[str | Slice] = (),
    controls: Sequence[str] | None = None,
    preliminary: bool = False,
    seed: int = 0,
    workers: int = 1,
    run: Run | None = None,
    ctx: Context | None = None,
) -> Study:
    """Train every arm and every control in each repeat, and compare them on the sealed test rows.

    `arms` maps a name to one training set a repeat (refits of the generator); `baseline` is the real rows of each
    repeat, or one set for all. Which candidate and which control are compared is chosen on `tune`. The interval of
    a paired difference adds the variance over repeats and the variance over bootstrap draws of whole test units
    (groups, shared keys, near-duplicates); Holm's correction covers all claims. With one repeat or one test group
    there is no interval and no verdict. Claims are about all test rows, each of `slices` (conditions), and weak
    slices and rare classes among `gaps`. To "replace", arms hold no real rows and are compared with those alone:
    "no difference" is equivalence within `margin`. Raises InputError for what does not fit together or the target,
    before the test set is opened; LeakError where an arm is the test set itself.
    """
    start = time.monotonic()
    ctx = ctx or Context(seed=seed, engine=_engine(workers))
    with tempfile.TemporaryDirectory(prefix="abound-prove-") as scratch:
        run = run or Run(Path(scratch))
        repeats = _repeats(arms, baseline)
        real = [_place(run, b, ctx) for b in _each(baseline, repeats)]
        placed = {name: [_place(run, d, ctx) for d in _each(value, repeats)] for name, value in arms.items()}
        more = [_place(run, e, ctx) if e is not None else None for e in extra or [None] * repeats]
        # A mistake that can be seen without the test rows costs no opening.
        names = _controls(controls, arms)
        _not_the_same(placed, real)
        use = learner if isinstance(learner, Use) else Use(name=learner)
        place, files = _place(run, tune, ctx), outside_files(use)
        questions = _questions(Dataset.load(place), metric, gaps, slices, (margin, minimal_gain))
        opened = unseal(test, reason=f"prove {sorted(arms)} on {repeats} repeats")
        job = _Job(run, ctx, use, files, teacher, questions.all, place, test)
        results = _run_repeats(job, placed, real, more, names)
        about = _about(real, opened.schema.main, opened)
    study = study_of(
        results, questions, opened, [_entrant(name, list(arms)) for name in common_arms(results)],
        purpose=purpose, learner=use.name, margin=margin, minimal_gain=minimal_gain, gaps=gaps,
    )  # fmt: skip
    said: dict[str, Any] = {"skipped": _skipped(results, names), "curve": curve(study.arms, study.claim.arm)}
    said |= {"about": about, "preliminary": preliminary, "seed": ctx.seed}
    return stamped(study, test, start, _warnings(study, use.name), said)


def _questions(
    tune: Dataset, metric: str | Use | None, gaps: Sequence[Gap], slices: Sequence[str | Slice],
    limits: tuple[float | None, float],
) -> Asked:  # fmt: skip
    """What is asked, after all that can be said against it without the test rows."""
    check_margins(*limits)
    questions = asked(tune.schema, metric, gaps, slices)
    check_asked(questions, tune)
    return questions


def _engine(workers: int) -> Any:
    if workers == 1:
        return registry.create("engine", "local")
    return registry.create("engine", "processes", {"workers": workers})


def _repeats(arms: Mapping[str, Any], baseline: Any) -> int:
    if not arms:
        raise InputError("prove needs at least one arm: a name and its training sets")
    lengths = {n: 1 if isinstance(a, Dataset) else len(a) for n, a in arms.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise InputError(f"every arm needs the same number of training sets, one a repeat; got {lengths}")
    repeats = next(iter(lengths.values()))
    if not isinstance(baseline, Dataset) and len(baseline) != repeats:
        raise InputError(f"the baseline has {len(baseline)} training sets and the arms have {repeats}")
    return repeats


def _not_the_same(arms: Mapping[str, Sequence[Path]], real: Sequence[Path]) -> None:
    """InputError where all repeats of all arms hold the same rows: they are one repeat, counted several times."""
    pairs = [list(zip(paths, real, strict=True)) for paths in arms.values()]
    if len(real) > 1 and all(len({*map(_rows_of, p)}) == 1 for p in pairs):
        raise InputError(
            f"all {len(real)} repeats hold the same synthetic rows: fit the generator again for each repeat "
            "(refit=0, 1, 2, ...), or give one"
        )


def _rows_of(pair: tuple[Path, Path]) -> tuple[str, str]:
    from abound.core.artifact import read_manifest

    return read_manifest(pair[0]).content_digest(), read_manifest(pair[1]).content_digest()


def _each(value: Any, repeats: int) -> list[Rows]:
    return [value] * repeats if isinstance(value, Dataset) else list(value)


def _place(run: Run, rows: Rows, ctx: Context) -> Path:
    """The artifact folder of a dataset; one in memory is written, once for equal content."""
    if isinstance(rows, Path):
        return rows
    folder = run.folder / "data" / rows.digest[:16]
    if not (folder / "artifact.json").exists():
        draft = Artifact(kind="dataset", stage="prove", key=rows.digest, files={})
        build_folder(folder, draft, rows.save)
    return folder


def _run_repeats(
    job: _Job, arms: dict[str, list[Path]], real: list[Path], extra: list[Path | None], controls: list[str]
) -> list[RepeatResult]:
    """Run the repeats that are not finished yet; read them all."""
    tasks, folders = [], []
    for number, base in enumerate(real):
        mine = {name: paths[number] for name, paths in arms.items()}
        more = extra[number]
        inputs = {
            "real": base,
            "tune": job.tune,
            "test": job.test.folder,
            **{f"arm {n}": p for n, p in mine.items()},
        }
        if more is not None:
            inputs["extra"] = more
        settings = {
            "learner": job.learner.model_dump(), "files": job.files, "teacher": job.teacher, "controls": controls,
            "number": number, "questions": [q.model_dump(mode="json") for q in job.questions],
        }  # fmt: skip
        folder, draft, fresh = job.run.plan(
            f"prove/repeat-{number:03d}", kind="repeat", inputs=inputs, params=settings, seed=job.ctx.seed
        )
        folders.append(folder)
        if not fresh:
            task = {**settings, "folder": str(folder), "draft": draft.model_dump(mode="json"), "seed": job.ctx.seed}
            task |= {"real": str(base), "tune": str(job.tune), "test": str(job.test.folder)}
            task |= {"arms": {n: str(p) for n, p in mine.items()}, "extra": str(more) if more else None}
            tasks.append({**task, "cost": str(job.run.folder / "cost" / f"repeat-{number:03d}.json")})
    total = len(tasks)
    engine = job.ctx.engine or registry.create("engine", "local")
    if total:
        job.ctx.progress.step("prove", 0, total)
    for _ in engine.map(
        "abound.proof.repeat:run_repeat", tasks, lambda done: job.ctx.progress.step("prove", done, total)
    ):
        pass
    return [read_repeat(folder) for folder in folders]


def _controls(asked_for: Sequence[str] | None, arms: Mapping[str, Any]) -> list[str]:
    """The controls to run; UnknownName or InputError for a name that is none, or that an arm has as well."""
    known = [c.name for c in CONTROLS]
    names = known if asked_for is None else list(asked_for)
    for name in names:
        if name not in known:
            raise UnknownName(f"no control is called {name!r}: {did_you_mean(name, known)}")
    for name in arms:
        if name in names:
            raise InputError(f"the arm {name!r} has the name of a control: call it otherwise")
    return names


def _entrant(name: str, candidates: list[str]) -> Entrant:
    """An arm's part in the comparison: what the shuffled rows score is a warning, and no rival."""
    control = next((c for c in CONTROLS if c.name == name and name not in candidates), None)
    if control is None:
        return Entrant(name, "candidate", True, description(name), False)
    rival = control.role == "control" and control.same_learner and name != "shuffled"
    return Entrant(name, control.role, control.same_learner, control.description, rival)


def _skipped(results: list[RepeatResult], controls: list[str]) -> dict[str, str]:
    """Controls that some repeat could not build, with the reason."""
    out: dict[str, str] = {}
    for result in results:
        for name, reason in result.skipped.items():
            out.setdefault(name, reason)
    for name in (c.name for c in CONTROLS if c.name not in controls):
        out[name] = "not asked for"
    return out


def _warnings(study: Study, learner: str) -> list[str]:
    """What a reader must know before trusting the verdict."""
    by, sign = {a.arm: a for a in study.arms}, 1.0 if study.larger_is_better else -1.0
    out = []
    shuffled, real, teacher = (by.get(n) for n in ("shuffled", "real_only", "ensemble"))
    if shuffled and shuffled.versus_real and shuffled.versus_real.low is not None and shuffled.versus_real.low > 0:
        out.append(
            "Synthetic rows with shuffled labels beat the real rows alone: part of any gain here is not due to "
            "what the synthetic rows say about the target."
        )
    if real and teacher and sign * teacher.tune < sign * real.tune:
        out.append(
            f"The teacher is worse on tune ({teacher.tune:.4f}) than {learner} trained on the real rows "
            f"({real.tune:.4f}): labels that come from it, in synthetic rows or in controls, can hardly help."
        )
    return out


def _about(real: Sequence[Path], main: str, test: Dataset) -> str:
    """What population of training sets the verdict speaks of, and where its classes differ from the test rows'."""
    import numpy as np
    import polars as pl

    rows = pl.scan_parquet(real[0] / f"{main}.parquet").select(pl.len()).collect().item()
    if len(set(real)) == 1:
        return f"this training set of {rows:,} rows"
    data = Dataset.load(real[0])
    task = data.schema.task()
    if task.kind != "classification":
        return f"training sets of {rows:,} rows drawn from the training part"
    names, held = classes(data.schema, task), np.bincount(codes(data, task)) / rows
    natural = np.bincount(codes(test, task), weights=test.weights(task.table)) / test.weights(task.table).sum()
    if len(held) == len(natural) and np.abs(held - natural).max() < _SAME_SHARES:
        return f"training sets of {rows:,} rows drawn from the training part"
    rarest = int(np.argmin(held))
    share, there = 100 * held[rarest], 100 * natural[rarest]
    return (
        f"training sets of {rows:,} rows drawn from the training part, {share:.1f} % of them {names[rarest]}; "
        f"in the test rows it is {there:.1f} %"
    )
