"""`abound mix`: synthetic rows joined to the training part of a split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abound.cli.options import Json, Out, Quiet, Seed, rows_like

SplitFolder = Annotated[Path, typer.Option("--split", help="The folder that `abound split` wrote.")]


def mix(
    synth: Annotated[Path, typer.Argument(metavar="SYNTH", help="Synthetic rows: CSV, Parquet or Arrow.")],
    split: SplitFolder,
    out: Out,
    mixer: Annotated[str, typer.Option("--mixer", help="See `abound list mixer`.")] = "append",
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Join SYNTH to the training part of a split, less the rows that the audit drops; write --out."""
    from abound.cli.generate import check_out, write_table
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.cli.split import part
    from abound.core.context import Context
    from abound.core.recipe import Use
    from abound.stages.audit import audit
    from abound.stages.mix import mix as join

    check_out(out)
    train, tune = part(split, "train"), part(split, "tune")
    rows = rows_like(synth, train, split)
    ctx = Context(seed=seed, progress=progress(quiet))
    found = audit(rows, train, reference=part(split, "reference"), seed=seed, ctx=ctx)
    mixed = join(rows, train, tune, found, mixer=Use(name=mixer), seed=seed, ctx=ctx)
    write_table(mixed, out)
    dropped = len(found.drop())
    if json:
        print_json({"file": out, "real": len(train), "synthetic": len(mixed) - len(train), "dropped": dropped})
    else:
        sizes = f"{len(train):,} real and {len(mixed) - len(train):,} synthetic rows; the audit dropped {dropped:,}"
        print_page([("Mixed", [sizes]), ("File", [str(out)])])
