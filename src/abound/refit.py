"""One refit: find, plan, generate, audit and mix on one repeat's training rows, as a task for any worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from abound.core.artifact import Artifact, build_folder, open_folder, write_json
from abound.core.audit import Audit
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.model import digest_of
from abound.core.plan import Plan
from abound.core.recipe import Make, Use
from abound.core.run import Run
from abound.proof.curve import arm_name, part_of
from abound.stages.audit import audit
from abound.stages.find import find
from abound.stages.generate import generate
from abound.stages.mix import mix
from abound.stages.plan import plan
from abound.stages.repair import repair

DROPPING = ("rules", "copies")  # checks whose findings remove rows; the others are read from the first refit
PLANNED = ("rare_class", "missing_combo", "missing_region")  # finders that the plan reads; the same for the others


def refit(task: dict[str, Any]) -> None:
    """Write an artifact with gaps.json, plan.json, audit.json and the folders synth and arm.

    Keys of `task`: folder, draft, run, real, tune, reference, number, seed, dry_run, and the recipe's purpose,
    learner, find, generate, checks and mix. Every repeat finds and plans on its own rows, so that the verdict is
    about the whole procedure.
    """
    real, tune, reference = (_load(task[name]) for name in ("real", "tune", "reference"))
    number, seed = int(task["number"]), int(task["seed"])
    ctx = Context(seed=seed)
    finders = [Use(**f) for f in task["find"]]
    if number:
        finders = [f for f in finders if f.name in PLANNED]
    found = find(real, tune, finders=finders, ctx=ctx.at("find", number), seed=seed)
    make = None if task["generate"] is None else tuple(Make.model_validate(m) for m in task["generate"])
    learner = task["learner"]["name"]
    orders = plan(real, tune, found, learner=learner, purpose=task["purpose"], make=make, seed=seed)

    def fill(work: Path) -> None:
        write_json(work / "gaps.json", [g.model_dump(mode="json") for g in found])
        write_json(work / "found.json", {"skipped": found.skipped, "notes": list(found.notes)})
        if task["dry_run"]:
            write_json(work / "plan.json", orders)
            return
        # What the planner proposes may turn out too rare to make; what a person asked for may not be left out.
        run, own = Run(Path(task["run"])), make is None
        synth = generate(real, orders, refit=number, seed=seed, run=run, skip_refused=own)
        write_json(work / "plan.json", orders.model_copy(update={"notes": (*orders.notes, *_unseen(synth, found))}))
        synth, report = _audited(synth, (real, reference), orders, found, task, ctx)
        write_json(work / "audit.json", report)
        _save(synth, work / "synth")
        arm = (
            _sound(synth, report) if task["purpose"] == "replace" else _mixed(synth, real, tune, report, task, ctx)
        )
        _save(arm, work / arm_name("arm", 1.0))
        for share in task["shares"] if task["purpose"] == "augment" else ():
            _save(part_of(arm, share, ctx.rng("share", number)), work / arm_name("arm", share))

    build_folder(Path(task["folder"]), Artifact.model_validate(task["draft"]), fill)


def _audited(
    synth: Dataset,
    beside: tuple[Dataset, Dataset],
    orders: Plan,
    found: Sequence[Gap],
    task: dict[str, Any],
    ctx: Context,
) -> tuple[Dataset, Audit]:
    """The audit; as often as the recipe's `repair` says, the rows are put right by it and audited again."""
    real, reference = beside
    checks = [Use(**c) for c in task["checks"]]
    if task["number"] and not task["repair"]:
        needed = (*DROPPING, "gap_test") if task["mix"]["name"] == "filter_and_weight" else DROPPING
        checks = [c for c in checks if c.name in needed]

    def judge(rows: Dataset, turn: int) -> Audit:
        here = ctx.at("audit", task["number"], *([turn] if turn else []))
        return audit(
            rows, real, reference=reference, checks=checks, plan=orders, gaps=found, seed=ctx.seed, ctx=here
        )

    report = judge(synth, 0)
    for turn in range(1, task["repair"] + 1):
        if report.verdict == "pass":
            break
        synth = repair(synth, real, report, plan=orders, ctx=ctx.at("repair", task["number"], turn))
        report = judge(synth, turn)
    return synth, report


def _unseen(synth: Dataset, found: Sequence[Gap]) -> list[str]:
    """How many synthetic rows show a combination that no training row shows: it may be an impossible one."""
    import polars as pl

    holes = [g.slice for g in found if g.kind == "missing" and g.slice and g.support == 0]
    inside = [synth.mask(s) for s in holes if s.on == synth.schema.main]
    if not inside or not len(synth):
        return []
    hits = int(pl.DataFrame([m.alias(str(i)) for i, m in enumerate(inside)]).max_horizontal().sum())
    return [
        f"{hits:,} of the {len(synth):,} synthetic rows ({100 * hits / len(synth):.1f} %) show one of the "
        f"{len(inside)} combinations listed as missing: check that these are possible"
    ]


def _mixed(
    synth: Dataset, real: Dataset, tune: Dataset, report: Audit, task: dict[str, Any], ctx: Context
) -> Dataset:
    # A mixer that relabels asks for this repeat's teacher, the one that the controls use.
    here = replace(ctx, refit=task["number"]).at("mix", task["number"])
    return mix(synth, real, tune, report, mixer=Use(**task["mix"]), ctx=here)


def _sound(synth: Dataset, report: Audit) -> Dataset:
    """The synthetic rows that the audit does not say to drop."""
    dropped = set(report.drop())
    return synth.take([row for row in range(len(synth)) if row not in dropped])


def _save(data: Dataset, folder: Path) -> None:
    draft = Artifact(kind="dataset", stage="generate", key=digest_of(data.digest), files={})
    build_folder(folder, draft, data.save)


def _load(path: str) -> Dataset:
    open_folder(Path(path))
    return Dataset.load(Path(path))
