"""audit: what is wrong with a synthetic set, each score beside what real rows of the same number score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.audit import Audit, Finding
from abound.core.context import Context
from abound.core.recipe import Use
from abound.encoding.comparison import with_conditions
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.plan import Plan

CHECKS = ("rules", "marginals", "pairs", "gap_test", "copies")


def audit(
    synth: Dataset,
    train: Dataset,
    *,
    reference: Dataset,
    checks: Sequence[Use | str] = CHECKS,
    plan: Plan | None = None,
    gaps: Sequence[Gap] = (),
    seed: int = 0,
    ctx: Context | None = None,
) -> Audit:
    """Run the checks in their order; one that does not apply is in `skipped` with the reason.

    `reference` are real rows that no generator saw. With the `plan` that the rows were made by, rows made under a
    condition are compared with the real rows that satisfy it, else with all real rows of their class. The gap test
    also looks into the slices of `gaps` one by one, whatever the rows there were made for.
    Raises InputError where the synthetic table lacks a column or holds it in another type, UnknownName for a check
    that does not exist.
    """
    ctx = (ctx or Context(seed=seed)).at("audit")
    ctx = replace(ctx, slices=tuple(g.slice for g in gaps if g.slice is not None))
    uses = [Use(name=c) if isinstance(c, str) else c for c in checks]
    plugins = [registry.create("check", u.name, u.params) for u in uses]
    findings: list[Finding] = []
    skipped: dict[str, str] = {}
    reason = None if len(synth) else "the synthetic set has no rows"
    if reason is None:
        _comparable(synth, train)
        synth = with_conditions(synth, plan) if plan is not None else synth
    for i, (use, plugin) in enumerate(zip(uses, plugins, strict=True)):
        ctx.progress.step("audit", i, len(uses))
        accepts = registry.spec("check", use.name).accepts
        why = reason or _unfit(train, accepts)
        if why is None:
            try:
                findings += plugin.check(synth, train, reference, ctx.at(use.name))
            except Refusal as refusal:
                why = str(refusal)
        if why is not None:
            skipped[use.name] = why
    ctx.progress.step("audit", len(uses), len(uses))
    return Audit(findings=tuple(findings), skipped=skipped)


def _unfit(train: Dataset, accepts: tuple[str, ...]) -> str | None:
    """Why a check does not fit this kind of data; None where it does."""
    if accepts == ("table",) and len(train.tables) > 1:
        return f"it reads single tables and the data has {len(train.tables)}"
    return None


def _comparable(synth: Dataset, train: Dataset) -> None:
    """InputError where a column that is to be compared is missing or of another type."""
    mine, real = synth.main.schema, train.main.schema
    for name in train.schema.main_table.modelled():
        if name not in mine:
            raise InputError(f"the synthetic table lacks the column {name!r}: make it, or set its role to ignore")
        same = mine[name] == real[name] or (mine[name].is_numeric() and real[name].is_numeric())
        if not same:
            raise InputError(
                f"the column {name!r} is {mine[name]} in the synthetic table and {real[name]} in the training "
                f"table: cast it to {real[name]}"
            )
