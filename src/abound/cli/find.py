"""`abound find`: what the training part of a table lacks."""

from __future__ import annotations

from typing import Annotated

import typer

from abound.cli.options import Data, Group, Ignore, Json, NeededTarget, Positive, Quiet, Seed, Sensitive, load

_EXPLAINED = 3  # the reasons of the others are in --json


def find(
    data: Data,
    target: NeededTarget,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    finder: Annotated[list[str] | None, typer.Option("--finder", help="Finders to run.")] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Split DATA and list what its training part lacks: rare classes, combinations that are missing."""
    from abound.cli.options import names, progress
    from abound.cli.output import print_json, print_page, print_table
    from abound.core.context import Context
    from abound.core.recipe import Use
    from abound.stages.find import DEFAULT
    from abound.stages.find import find as search
    from abound.stages.split import split

    parts = split(load(data, target, positive, group, sensitive, ignore), seed=seed)
    finders = [Use(name=n) for n in names(finder)] or DEFAULT
    found = search(parts.train, parts.tune, finders=finders, ctx=Context(seed=seed, progress=progress(quiet)))
    if json:
        gaps = [{"id": g.id, **g.model_dump(mode="json")} for g in found]
        print_json({"gaps": gaps, "skipped": found.skipped, "notes": found.notes})
        return
    if found:
        print_table(
            ("id", "kind", "where", "rows", "wanted"),
            [(g.id, g.kind, str(g.slice or "rows"), f"{g.support:,}", f"{g.wanted:,}") for g in found],
            right=(3, 4),
        )
    skipped = [f"{name}: {why}" for name, why in found.skipped.items()]
    rows = [f"{len(parts.train):,} training rows" + ("" if found else ": nothing found that is lacking")]
    print_page(
        [
            ("Looked at", rows),
            ("Why", [f"{g.id}: {g.reason}" for g in found[:_EXPLAINED] if g.reason]),
            ("Not run", skipped),
        ]
    )
