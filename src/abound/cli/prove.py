"""`abound prove`: whether rows made elsewhere help, on the sealed test rows of a split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abound.cli.mix import SplitFolder
from abound.cli.options import Json, Quiet, Seed


def prove(
    synth: Annotated[
        list[Path],
        typer.Argument(metavar="SYNTH...", help="Synthetic rows, one file a refit of the generator."),
    ],
    split: SplitFolder,
    learner: Annotated[str, typer.Option("--learner", help="See `abound list learner`.")] = "boosting",
    metric: Annotated[str | None, typer.Option("--metric", help="See `abound list metric`.")] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="augment (real and synthetic) or replace.")] = "augment",
    seed: Seed = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")] = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train with and without SYNTH and compare on the sealed test rows of a split, beside every cheap control.

    One file gives no interval and no verdict: give the files of several refits, fitted on the training part only.
    Each call opens the test set once more, and the ledger of the split counts it.
    """
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.cli.run import purpose_of
    from abound.cli.split import part, sealed
    from abound.cli.summary import print_arms, verdict_paragraphs
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.registry import create
    from abound.stages.mix import mix
    from abound.stages.prove import prove as judge
    from abound.stages.read import read

    why, test = purpose_of(purpose), sealed(split)
    train, tune = part(split, "train"), part(split, "tune")
    rows = [read(path, schema=train.schema) for path in synth]
    engine = create("engine", "local") if workers == 1 else create("engine", "processes", {"workers": workers})
    ctx = Context(seed=seed, engine=engine, progress=progress(quiet))
    arms = rows if why == "replace" else [mix(r, train, tune, Audit(), seed=seed, ctx=ctx) for r in rows]
    name = "synthetic" if why == "replace" else "mixed"
    study = judge(
        {name: arms}, baseline=[train] * len(arms), tune=tune, test=test, learner=learner, metric=metric,
        purpose=why, seed=seed, ctx=ctx,
    )  # fmt: skip
    if json:
        print_json(study)
        return
    print_page([("Power", [test.power.sentence])])
    print_arms(study)
    print_page(verdict_paragraphs(study))
