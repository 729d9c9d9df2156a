"""`abound audit`: what is wrong with synthetic rows, made here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abound.cli.options import Group, Ignore, Json, NeededTarget, Positive, Quiet, Seed, Sensitive, load

if TYPE_CHECKING:
    from abound.core.audit import Audit


def audit(
    synth: Annotated[Path, typer.Argument(metavar="SYNTH", help="Synthetic rows: CSV, Parquet or Arrow.")],
    real: Annotated[str, typer.Option("--real", help="The real table.")],
    target: NeededTarget,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge synthetic rows against the training part of --real, beside held-out real rows of the same number.

    Rows made elsewhere from the whole table have seen the held-out rows too; only `copies` then loses its meaning
    as a comparison.
    """
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.core.context import Context
    from abound.stages.audit import audit as judge
    from abound.stages.read import read
    from abound.stages.split import split

    parts = split(load(real, target, positive, group, sensitive, ignore), seed=seed)
    rows = read(synth, schema=parts.train.schema)
    ctx = Context(seed=seed, progress=progress(quiet))
    found = judge(rows, parts.train, reference=parts.reference, seed=seed, ctx=ctx)
    if json:
        print_json({"verdict": found.verdict, **found.model_dump(mode="json")})
        return
    compared = f"{len(rows):,} synthetic, {len(parts.train):,} training and {len(parts.reference):,} held-out rows"
    print_page([("Compared", [compared]), ("Audit", audit_lines(found))])


def audit_lines(found: Audit, short: bool = False) -> list[str]:
    """One line a finding, then the checks that did not run and why; `short` only names what passed."""
    shown = [f for f in found.findings if not short or f.verdict != "pass"]
    lines = [f"{f.verdict}: {f.sentence}" for f in shown]
    failed = {f.check for f in shown}
    passed = [name for name in dict.fromkeys(f.check for f in found.findings) if name not in failed]
    if short and passed:
        lines.insert(0, f"pass: {', '.join(passed)}")
    return [*lines, *(f"not run: {name}: {why}" for name, why in found.skipped.items())]
