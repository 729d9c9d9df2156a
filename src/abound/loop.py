"""The loop: read, split, find, plan, generate, audit, mix, prove, report; each step an artifact of a run folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core import registry
from abound.core.artifact import Artifact, build_folder, is_sound, read_json, write_bytes, write_json
from abound.core.audit import Audit
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, codes
from abound.core.ledger import Power, SealedTest
from abound.core.model import digest_of
from abound.core.plan import Plan
from abound.core.progress import Lines, Progress, Silent
from abound.core.recipe import Recipe, absolute, read_recipe
from abound.core.run import Run
from abound.core.study import Study
from abound.core.units import count_units, units
from abound.errors import InputError, RecipeError, Refusal
from abound.preflight import preflight
from abound.proof.curve import arm_name
from abound.proof.outside import outside_files
from abound.proof.questions import asked, check_asked
from abound.publish import publish
from abound.stats.splitting import draw_rows, draw_strata

if TYPE_CHECKING:
    import numpy as np

PARTS = ("train", "tune", "reference", "test")
FOR_REFITS = (
    "purpose",
    "learner",
    "find",
    "generate",
    "shares",
    "checks",
    "repair",
    "mix",
)  # fields that a refit reads
FOR_PROOF = ("purpose", "learner", "teacher", "metric", "margin", "minimal_gain")


@dataclass(frozen=True)
class Result:
    """What a run left behind. Everything is also in `folder`, as files."""

    folder: Path
    recipe: Recipe
    gaps: tuple[Gap, ...]
    plan: Plan
    audit: Audit | None = None
    study: Study | None = None

    def __str__(self) -> str:
        return str(self.study) if self.study else self.plan.advice

    def _repr_html_(self) -> str:
        return self.study._repr_html_() if self.study else f"<p>{self.plan.advice}</p>"


def run(
    recipe: Recipe | Path | str,
    *,
    out: Path | str | None = None,
    progress: Progress | None = None,
    quiet: bool = False,
    dry_run: bool = False,
    preliminary: bool = False,
    source: Any = None,
    ledger: Path | str | None = None,
) -> Result:
    """Run the whole loop, or resume it: finished, unchanged artifacts of `out` are used again.

    `source` replaces the recipe's data path by rows in memory. With `dry_run` it stops after the plan. `ledger` is
    a file in which runs with the same test rows count their openings together, beside the ledger of each folder.
    Raises RunLocked where another process writes the same folder.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    ctx = _context(recipe, progress or (Silent() if quiet else Lines()))
    data = _read(recipe, source, ctx)
    preflight(recipe, data)
    folder = Path(out) if out is not None else Path("runs") / digest_of(recipe, data.digest)[:8]
    with Run(folder) as here:
        write_bytes(folder / "recipe.yaml", absolute(recipe).to_yaml().encode())
        parts, test = _split(here, recipe, data)
        test = replace(test, shared=Path(ledger) if ledger is not None else None)
        choosing = Dataset.load(parts["tune"])
        check_asked(asked(choosing.schema, recipe.metric), choosing)
        repeats = _repeats(here, recipe, parts["train"], ctx)
        made = _refits(here, recipe, repeats, parts, ctx, dry_run)
        gaps, plan = _found(made[0])
        if dry_run:
            return Result(folder, recipe, gaps, plan)
        _some_rows(made, plan)
        audit = Audit.model_validate(read_json(made[0] / "audit.json"))
        claimed = _claimed(gaps, plan)
        study = _prove(here, recipe, repeats, made, parts["tune"], test, claimed, ctx, preliminary)
        publish(folder)
    return Result(folder, recipe, gaps, plan, audit, study)


@dataclass(frozen=True)
class _Repeat:
    """The training rows of one repeat, and training rows that it leaves out (None if it uses all)."""

    number: int
    real: Path
    extra: Path | None


def _context(recipe: Recipe, progress: Progress) -> Context:
    import os

    workers = min(recipe.workers or os.cpu_count() or 1, recipe.repeats.n)
    # Even one worker is a process: Polars then runs on one thread, so the machine's cores change no byte.
    engine = registry.create("engine", "processes", {"workers": max(1, workers)})
    return Context(seed=recipe.seed, engine=engine, progress=progress)


def _read(recipe: Recipe, source: Any, ctx: Context) -> Dataset:
    """The recipe's data, or the rows in memory; its notes are passed on."""
    from abound.stages.read import read

    spec = recipe.data
    data = read(
        source if source is not None else spec.path, target=spec.target, positive=spec.positive, group=spec.group,
        sensitive=spec.sensitive, ignore=spec.ignore, categories=spec.categories, schema=spec.schema_file,
        table=spec.table,
    )  # fmt: skip
    for note in data.notes:
        ctx.progress.note(note)
    return data


def _split(here: Run, recipe: Recipe, data: Dataset) -> tuple[dict[str, Path], SealedTest]:
    """Split, or take the split that is already there and sound. A folder that got no further is not left behind."""
    from abound.stages.split import split

    folders = {name: here.folder / "data" / name for name in PARTS}

    def fill(work: Path) -> None:
        made = split(data, seed=recipe.seed, folder=folders["test"], **recipe.split.model_dump())
        for name, part in (("train", made.train), ("tune", made.tune), ("reference", made.reference)):
            build_folder(
                folders[name], Artifact(kind="dataset", stage="split", key=part.digest, files={}), part.save
            )
        sealed = {"digest": made.test.digest, "rows": made.test.rows, "groups": made.test.groups}
        sizes = {p.split: (len(p), count_units(p)) for p in (made.train, made.tune, made.reference)}
        sizes["test"] = (made.test.rows, made.test.groups)
        write_json(work / "split.json", {**sealed, "power": made.power.model_dump(), "parts": sizes})

    if not all(is_sound(folder) for folder in folders.values()):
        shutil.rmtree(here.folder / "split", ignore_errors=True)
    params = {"data": data.digest, **recipe.split.model_dump()}
    try:
        folder = here.cached("split", kind="split", inputs={}, params=params, seed=recipe.seed, fill=fill)
    except (InputError, Refusal):
        if not here.artifacts():
            shutil.rmtree(here.folder, ignore_errors=True)
        raise
    info = read_json(folder / "split.json")
    power = Power.model_validate(info["power"])
    return folders, SealedTest(folders["test"], info["digest"], info["rows"], info["groups"], power)


def _repeats(here: Run, recipe: Recipe, train: Path, ctx: Context) -> list[_Repeat]:
    """The training rows of each repeat: all of them, or a fresh draw of whole units (groups, near-duplicates)."""
    wanted = recipe.repeats.train_rows
    if wanted == "all":
        return [_Repeat(k, train, None) for k in range(recipe.repeats.n)]
    data = Dataset.load(train)
    out = []
    for k in range(recipe.repeats.n):
        inside, outside = _draw(data, wanted, ctx.rng("repeats", k))
        folders = []
        for name, rows in (("real", inside), ("extra", outside)):
            folders.append(
                here.cached(
                    f"repeats/{k:03d}/{name}", kind="dataset", inputs={"train": train},
                    params={"train_rows": wanted, "part": name}, seed=recipe.seed, fill=data.take(rows).save,
                )
            )  # fmt: skip
        out.append(_Repeat(k, folders[0], folders[1] if len(outside) else None))
    return out


def _draw(data: Dataset, wanted: int | dict[str, int], rng: np.random.Generator) -> tuple[Any, Any]:
    """Positions of the rows of one repeat, and of the others in random order."""
    import numpy as np

    if isinstance(wanted, int):
        if wanted > len(data):
            raise RecipeError(
                f"repeats.train_rows: {wanted:,} rows wanted, and the training part has {len(data):,}: "
                "ask for at most as many, or all"
            )
        of = units(data)
        inside = draw_rows(None if of is None else of.tolist(), len(data), wanted, rng)
    else:
        inside = _draw_classes(data, wanted, rng)
    return inside, rng.permutation(np.setdiff1d(np.arange(len(data)), inside))


def _draw_classes(data: Dataset, wanted: dict[str, int], rng: np.random.Generator) -> Any:
    """A given number of rows of each class; where units are more than rows, the most that whole ones fill."""
    import numpy as np

    task = data.schema.task()
    names, code = classes(data.schema, task), codes(data, task)
    of, parts = units(data), []
    for name, count in wanted.items():
        rows = np.flatnonzero(code == names.index(name))
        if len(rows) < count:
            raise RecipeError(
                f"repeats.train_rows: {count} rows of {name!r} wanted, the training part has {len(rows)}"
            )
        if of is None:
            parts.append(rng.choice(rows, size=count, replace=False))
    if of is None:
        return np.sort(np.concatenate(parts))
    return draw_strata(code, of, {names.index(n): c for n, c in wanted.items()}, rng)


def _refits(
    here: Run, recipe: Recipe, repeats: list[_Repeat], parts: dict[str, Path], ctx: Context, dry_run: bool
) -> list[Path]:
    """For each repeat: find, plan, generate, audit, mix. Returns the artifact folders."""
    tasks, folders = [], []
    chosen = recipe.model_dump(mode="json", include=set(FOR_REFITS))
    for repeat in repeats[:1] if dry_run else repeats:
        inputs = {"real": repeat.real, "tune": parts["tune"], "reference": parts["reference"]}
        name = f"{'plan' if dry_run else 'generate'}/{repeat.number:03d}"
        params = {**chosen, "number": repeat.number}
        folder, draft, fresh = here.plan(name, kind="refit", inputs=inputs, params=params, seed=recipe.seed)
        folders.append(folder)
        if not fresh:
            paths = {label: str(path) for label, path in inputs.items()}
            tasks.append(
                {**paths, **params, "folder": str(folder), "draft": draft.model_dump(mode="json"),
                 "seed": recipe.seed, "run": str(here.folder), "dry_run": dry_run}
            )  # fmt: skip
    total, engine = len(tasks), ctx.engine or registry.create("engine", "local")
    if total:
        ctx.progress.step("generate", 0, total)
    for _ in engine.map("abound.refit:refit", tasks, lambda done: ctx.progress.step("generate", done, total)):
        pass
    return folders


def _some_rows(made: list[Path], plan: Plan) -> None:
    """InputError where no repeat made a synthetic row: then there is nothing to judge."""
    synth = [Dataset.load(folder / "synth") for folder in made]
    if any(len(s) for s in synth):
        return
    why = "; ".join(dict.fromkeys([*synth[0].notes, *plan.notes])) if plan.total else "the plan asks for none"
    raise InputError(f"no synthetic rows were made, so there is nothing to prove: {why}")


def _claimed(gaps: tuple[Gap, ...], plan: Plan) -> tuple[Gap, ...]:
    """The gaps that claims are made about: weak slices only where the plan makes rows for them.

    Every further claim widens the intervals of all of them.
    """
    aimed = {o.gap for o in plan.orders} | {o.where for o in plan.orders}
    return tuple(g for g in gaps if g.kind != "weak" or g.id in aimed or g.slice in aimed)


def _prove(
    here: Run, recipe: Recipe, repeats: list[_Repeat], made: list[Path], tune: Path, test: SealedTest,
    gaps: tuple[Gap, ...], ctx: Context, preliminary: bool,
) -> Study:  # fmt: skip
    """The study, as an artifact: a finished one is read again, and the test set is not opened for it."""
    from abound.stages.prove import prove

    name, shares = ("synthetic", (1.0,)) if recipe.purpose == "replace" else ("mixed", (*recipe.shares, 1.0))
    arms = {arm_name(name, s): [folder / arm_name("arm", s) for folder in made] for s in shares}
    inputs = {"tune": tune, "test": test.folder}
    for k, repeat in enumerate(repeats):
        inputs |= {f"real {k}": repeat.real} | ({f"extra {k}": repeat.extra} if repeat.extra else {})
        inputs |= {f"{arm} {k}": paths[k] for arm, paths in arms.items()}
    settings = recipe.model_dump(mode="json", include=set(FOR_PROOF))
    settings["files"] = outside_files(recipe.learner)

    def fill(work: Path) -> None:
        study = prove(
            arms, baseline=[r.real for r in repeats], extra=[r.extra for r in repeats], tune=tune, test=test,
            learner=recipe.learner, metric=recipe.metric, margin=recipe.margin, minimal_gain=recipe.minimal_gain,
            purpose=recipe.purpose, gaps=gaps, teacher=recipe.teacher, preliminary=preliminary, run=here, ctx=ctx,
        )  # fmt: skip
        write_json(work / "study.json", study.model_copy(update={"seconds": 0.0}))

    params = {**settings, "preliminary": preliminary, "gaps": [g.id for g in gaps]}
    folder = here.cached("study", kind="study", inputs=inputs, params=params, seed=recipe.seed, fill=fill)
    study = Study.model_validate(read_json(folder / "study.json"))
    write_json(here.folder / "study.json", study)
    return study


def _found(folder: Path) -> tuple[tuple[Gap, ...], Plan]:
    gaps = tuple(Gap.model_validate(g) for g in read_json(folder / "gaps.json"))
    return gaps, Plan.model_validate(read_json(folder / "plan.json"))
