"""`abound plan`: what would be made for a table, and why. Nothing is generated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from abound.cli.options import (
    Data,
    Group,
    Ignore,
    Json,
    Positive,
    Quiet,
    SchemaFile,
    Seed,
    Sensitive,
    Target,
    Time,
    load,
    needs_target,
    parts_of,
)  # fmt: skip

if TYPE_CHECKING:
    from abound.core.plan import Plan


def plan(
    data: Data,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    time: Time = None,
    schema: SchemaFile = None,
    learner: Annotated[str, typer.Option("--learner", help="The model that will be trained.")] = "boosting",
    purpose: Annotated[str, typer.Option("--purpose", help="augment or replace.")] = "augment",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print what would be made for DATA, and why; nothing is generated."""
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.cli.run import purpose_of
    from abound.core.context import Context
    from abound.stages.find import find
    from abound.stages.plan import plan as decide

    why = purpose_of(purpose)
    whole = needs_target(load(data, target, positive, group, sensitive, ignore, schema))
    parts = parts_of(whole, seed, time)
    gaps = find(parts.train, parts.tune, ctx=Context(seed=seed, progress=progress(quiet)))
    made = decide(parts.train, parts.tune, gaps, learner=learner, purpose=why, seed=seed)
    if json:
        print_json(made)
    else:
        print_page([("Orders", order_lines(made)), ("Advice", [made.advice]), ("Notes", made.notes)])


def order_lines(made: Plan) -> list[str]:
    """One line an order: how many rows, with what, under which condition, and why."""
    from abound.formats.notes import rows as counted

    if not made.orders:
        return ["nothing"]
    return [
        f"{counted(o.count)} by {o.generator}"
        + (f" ({', '.join(f'{k} {v}' for k, v in o.params.items())})" if o.params else "")
        + (f" where {o.where}" if o.where else "")
        + (f": {o.reason}" if o.reason else "")
        for o in made.orders
    ]
