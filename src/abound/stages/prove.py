"""prove: does it help on held-out real rows? The only stage that opens the sealed test set."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core import registry
from abound.core.artifact import Artifact, build_folder
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, codes
from abound.core.ledger import SealedTest, unseal
from abound.core.recipe import Purpose, Use
from abound.core.run import Run
from abound.core.slice import Term
from abound.core.study import ArmResult, ArmRole, Guard, Study
from abound.errors import InputError
from abound.proof import remedy as remedies
from abound.proof.controls import CONTROLS
from abound.proof.curve import curve
from abound.proof.guards import common_question, guard
from abound.proof.questions import arm_result, default_metric, facts_of
from abound.proof.repeat import RepeatResult, read_repeat
from abound.proof.scoring import Question
from abound.proof.verdict import TestFacts, claims, common_arms, tune_mean

if TYPE_CHECKING:
    from abound.core.schema import Schema

MOST_SLICES = 3  # weak slices that are claimed about: each more widens the intervals of all (Holm)
_SAME_SHARES = 0.1  # class shares of a drawn training set that differ less from the test rows' go without saying
Rows = Dataset | Path  # rows in memory, or the artifact folder that holds them


@dataclass(frozen=True)
class _Job:
    """Everything the repeats need, by path."""

    run: Run
    ctx: Context
    learner: Use
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
    a paired difference adds the variance over repeats and the variance over bootstrap draws of whole test groups;
    Holm's correction covers all claims. With one repeat or one test group there is no interval and no verdict.
    Raises InputError for arms of different lengths, LeakError where an arm is the test set itself.
    """
    start = time.monotonic()
    ctx = ctx or Context(seed=seed, engine=_engine(workers))
    with tempfile.TemporaryDirectory(prefix="abound-prove-") as scratch:
        run = run or Run(Path(scratch))
        repeats = _repeats(arms, baseline)
        real = [_place(run, b, ctx) for b in _each(baseline, repeats)]
        placed = {name: [_place(run, d, ctx) for d in _each(value, repeats)] for name, value in arms.items()}
        more = [_place(run, e, ctx) if e is not None else None for e in extra or [None] * repeats]
        opened = unseal(test, reason=f"prove {sorted(arms)} on {repeats} repeats")
        _not_the_same(placed, real)
        use = learner if isinstance(learner, Use) else Use(name=learner)
        asked = _questions(opened.schema, metric, gaps)
        beside = common_question(opened.schema, gaps)
        questions = [*asked, *([beside] if beside else [])]
        job = _Job(run, ctx, use, teacher, questions, _place(run, tune, ctx), test)
        names = list(controls) if controls is not None else [c.name for c in CONTROLS]
        results = _run_repeats(job, placed, real, more, names)
        about = _about(real, opened.schema.main, opened)
    facts = [facts_of(opened, q) for q in asked]
    kept = [i for i, f in enumerate(facts) if i == 0 or f.enough]
    study = _study(job, results, [asked[i] for i in kept], [facts[i] for i in kept], kept, list(arms), names,
                   (margin, minimal_gain), gaps, purpose)  # fmt: skip
    return study.model_copy(
        update={
            "guards": _guards(results, study.claim.arm, len(asked), beside, opened),
            "preliminary": preliminary, "power": test.power.sentence, "test_digest": test.digest,
            "test_rows": test.rows, "openings": test.ledger.openings(test.digest), "seed": ctx.seed,
            "seconds": round(time.monotonic() - start, 1), "about": about,
        }
    )  # fmt: skip


def _guards(
    results: list[RepeatResult], arm: str, place: int, asked: Question | None, test: Dataset
) -> tuple[Guard, ...]:
    found = guard(results, arm, place, asked, facts_of(test, asked)) if asked else None
    return (found,) if found else ()


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


def _questions(schema: Schema, metric: str | Use | None, gaps: Sequence[Gap]) -> list[Question]:
    """The main question, one for each weak slice, one for each rare class that the metric does not single out."""
    task = schema.task()
    use = metric if isinstance(metric, Use) else Use(name=metric or default_metric(schema, task))
    main = Question(metric=use)
    main.plugin()
    weak = [g.slice for g in gaps if g.kind == "weak" and g.slice and g.slice.on == task.table]
    slices = [Question(metric=main.metric, slice=s) for s in weak[:MOST_SLICES]]
    if task.kind != "classification" or len(classes(schema, task)) == 2:
        return [main, *slices]
    terms = [t for g in gaps if g.kind == "rare" and g.slice for t in g.slice.terms if isinstance(t, Term)]
    named = [str(t.value) for t in terms if t.column == task.targets[0] and t.op == "=="]
    ranked = [Use(name="average_precision", params={"positive": c}) for c in named[:3]]
    return [main, *slices, *(Question(metric=u, name=f"class {u.params['positive']}") for u in ranked)]


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
            "learner": job.learner.model_dump(), "teacher": job.teacher, "controls": controls, "number": number,
            "questions": [q.model_dump(mode="json") for q in job.questions],
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


def _study(
    job: _Job, results: list[RepeatResult], questions: list[Question], facts: list[TestFacts], kept: list[int],
    candidates: list[str], controls: list[str], limits: tuple[float | None, float], gaps: Sequence[Gap],
    purpose: Purpose,
) -> Study:  # fmt: skip
    metric = questions[0].plugin()
    sign = 1.0 if metric.larger_is_better else -1.0
    trimmed = [_only(r, kept) for r in results]
    groups = facts[0].groups if facts[0].enough else 1  # too few test rows of a side: no interval anywhere
    arms = [
        arm_result(trimmed, name, *_role(name, candidates), remedies.description(name), groups, sign)
        for name in common_arms(trimmed)
    ]
    trained = [a.arm for a in arms if a.arm in candidates]
    if not trained:
        raise InputError("no candidate arm could be trained in every repeat: see the reasons in the run folder")
    chosen = max(trained, key=lambda a: sign * tune_mean(trimmed, a))
    rivals = [a.arm for a in arms if a.role == "control" and a.same_learner and a.arm != "shuffled"]
    if purpose == "replace":
        rivals = ["real_only"]
    margins = [limits[0], *[None] * (len(questions) - 1)]
    told = tuple(claims(trimmed, questions, chosen, rivals, facts, margins, limits[1]))
    name = questions[0].metric.name
    return Study(
        purpose=purpose, metric=name, larger_is_better=metric.larger_is_better,
        learner=job.learner.name, about="", arms=tuple(arms), skipped=_skipped(results, controls),
        claims=told, curve=curve(arms, chosen),
        remedy=remedies.remedy(arms, metric.larger_is_better, name, job.learner.name, gaps, told),
        warnings=tuple(_warnings(arms, sign, job.learner.name)),
    )  # fmt: skip


def _only(result: RepeatResult, kept: list[int]) -> RepeatResult:
    """The repeat with the scores of these questions only."""
    scores = {arm: [rows[i] for i in kept] for arm, rows in result.scores.items()}
    return RepeatResult(result.arms, result.skipped, scores)


def _role(name: str, candidates: list[str]) -> tuple[ArmRole, bool]:
    """An arm's role, and whether it deploys the learner that was asked for."""
    control = next((c for c in CONTROLS if c.name == name and name not in candidates), None)
    return ("candidate", True) if control is None else (control.role, control.same_learner)


def _skipped(results: list[RepeatResult], controls: list[str]) -> dict[str, str]:
    """Controls that some repeat could not build, with the reason."""
    out: dict[str, str] = {}
    for result in results:
        for name, reason in result.skipped.items():
            out.setdefault(name, reason)
    for name in (c.name for c in CONTROLS if c.name not in controls):
        out[name] = "not asked for"
    return out


def _warnings(arms: Sequence[ArmResult], sign: float, learner: str) -> list[str]:
    """What a reader must know before trusting the verdict."""
    by = {a.arm: a for a in arms}
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
