"""audit: what is wrong with a synthetic set, each score beside what real rows of the same number score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.audit import Audit, Finding
from abound.core.context import Context
from abound.core.recipe import Use
from abound.encoding.comparison import WHERE
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.plan import Plan

CHECKS = ("rules", "marginals", "pairs", "gap_test", "copies")
_ORDER = "_order"


def audit(
    synth: Dataset,
    train: Dataset,
    *,
    reference: Dataset,
    checks: Sequence[Use | str] = CHECKS,
    plan: Plan | None = None,
    seed: int = 0,
    ctx: Context | None = None,
) -> Audit:
    """Run the checks in their order; one that does not apply is in `skipped` with the reason.

    `reference` are real rows that no generator saw. With the `plan` that the rows were made by, rows made under a
    condition are compared with the real rows that satisfy it, else with all real rows of their class.
    Raises InputError where the synthetic table lacks a column or holds it in another type, UnknownName for a check
    that does not exist.
    """
    ctx = (ctx or Context(seed=seed)).at("audit")
    uses = [Use(name=c) if isinstance(c, str) else c for c in checks]
    plugins = [registry.create("check", u.name, u.params) for u in uses]
    findings: list[Finding] = []
    skipped: dict[str, str] = {}
    reason = None if len(synth) else "the synthetic set has no rows"
    if reason is None:
        _comparable(synth, train)
        synth = _with_conditions(synth, plan) if plan is not None else synth
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


def _with_conditions(synth: Dataset, plan: Plan) -> Dataset:
    """The synthetic set with the slice (JSON) that each row was made under, found by its order."""
    import polars as pl

    frame = synth.main
    if _ORDER not in frame.columns:
        return synth
    made = {o.id: o.where.model_dump_json() for o in plan.orders if o.where is not None}
    where: pl.Series = frame[_ORDER].cast(pl.String).replace_strict(made, default=None, return_dtype=pl.String)
    return synth.with_table(synth.schema.main, frame.with_columns(where.alias(WHERE)))
