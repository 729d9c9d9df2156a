"""`abound audit`: what is wrong with synthetic rows, made here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abound.cli.options import Group, Ignore, Json, NeededTarget, Positive, Quiet, Seed, Sensitive, load, rows_like

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.core.plan import Plan
    from abound.core.schema import Schema
    from abound.core.slice import Slice


def audit(
    synth: Annotated[Path, typer.Argument(metavar="SYNTH", help="Synthetic rows: CSV, Parquet or Arrow.")],
    real: Annotated[str, typer.Option("--real", help="The real table.")],
    target: NeededTarget,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    where: Annotated[
        str | None, typer.Option("--where", help="The condition that all rows were made under: 'age < 25'.")
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan", help="The plan that they were made by: plan.json of a run, or `abound plan --json`."
        ),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge synthetic rows against the training part of --real, beside held-out real rows of the same number.

    Rows made under a condition (--where, or --plan for rows that name their order) are compared with the real rows
    that satisfy it.

    Rows made elsewhere from the whole table have seen the held-out rows too; only `copies` then loses its meaning
    as a comparison.
    """
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.core.context import Context
    from abound.encoding.comparison import made_under
    from abound.stages.audit import audit as judge
    from abound.stages.split import split

    if where is not None and plan is not None:
        raise typer.BadParameter("give --where or --plan: the orders of a plan have their own conditions")
    parts = split(load(real, target, positive, group, sensitive, ignore), seed=seed)
    rows = rows_like(synth, parts.train, real)
    if where is not None:
        rows = made_under(rows, condition_of(where, parts.train.schema))
    orders = None if plan is None else plan_of(plan)
    ctx = Context(seed=seed, progress=progress(quiet))
    found = judge(rows, parts.train, reference=parts.reference, plan=orders, seed=seed, ctx=ctx)
    if json:
        print_json({"verdict": found.verdict, **found.model_dump(mode="json")})
        return
    compared = f"{len(rows):,} synthetic, {len(parts.train):,} training and {len(parts.reference):,} held-out rows"
    print_page([("Compared", [compared]), ("Audit", audit_lines(found))])


def condition_of(text: str, schema: Schema) -> Slice:
    """The condition, with its columns and levels known to the table."""
    from abound.core.slice import Slice, check_levels

    condition = Slice.parse(text, schema.main)
    check_levels(condition, schema)
    return condition


def plan_of(path: Path) -> Plan:
    """A plan from its JSON file; InputError where it is none."""
    from pydantic import ValidationError

    from abound.core.artifact import read_json
    from abound.core.plan import Plan
    from abound.errors import InputError

    found = read_json(path)
    try:
        return Plan.model_validate(found)
    except ValidationError as error:
        raise InputError(f"{path} is not a plan: write one with `abound plan TABLE --json`") from error


def audit_lines(found: Audit, short: bool = False) -> list[str]:
    """One line a finding with its check, equal ones of several checks as one; then the checks that did not run.

    `short` leaves out the sentences of what passed. A check that passed on the rows it compared, and says so of no
    others, is named among those that passed.
    """
    passed = {f.check for f in found.findings if f.verdict == "pass"}
    failed = {f.check for f in found.findings if f.verdict == "fail"}
    open_ = {f.check for f in found.findings if f.verdict == "inconclusive"}
    lines = []
    if short and (good := [n for n in _checks(found) if n in passed - failed]):
        lines.append("pass: " + ", ".join(f"{n} (as far as it was judged)" if n in open_ else n for n in good))
    shown: dict[tuple[str, str], list[str]] = {}
    for f in found.findings:
        if not short or f.verdict != "pass":
            shown.setdefault((f.verdict, f.sentence), []).append(f.check)
    lines += [f"{verdict}: {', '.join(dict.fromkeys(n))}: {said}" for (verdict, said), n in shown.items()]
    return [*lines, *(f"not run: {name}: {why}" for name, why in found.skipped.items())]


def _checks(found: Audit) -> list[str]:
    return list(dict.fromkeys(f.check for f in found.findings))
