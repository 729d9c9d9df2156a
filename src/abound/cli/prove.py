"""`abound prove`: whether rows made elsewhere help, on the sealed test rows of a split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abound.cli.mix import SplitFolder
from abound.cli.options import Json, Quiet, Seed, rows_like

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.recipe import Use
    from abound.core.study import Study


def prove(
    split: SplitFolder,
    synth: Annotated[
        list[Path] | None,
        typer.Argument(metavar="SYNTH...", help="Synthetic rows, one file a refit of the generator."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions",
            metavar="DIR",
            help="Instead: predictions of models trained elsewhere, DIR/<arm>/<repeat>.parquet or .csv.",
        ),
    ] = None,
    learner: Annotated[str, typer.Option("--learner", help="See `abound list learner`.")] = "boosting",
    metric: Annotated[
        str | None, typer.Option("--metric", help="See `abound list metric`; or 'cost: {false_negative: 10}'.")
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="augment (real and synthetic) or replace.")] = "augment",
    seed: Seed = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")] = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train with and without SYNTH and compare on the sealed test rows of a split, beside every cheap control.

    One file gives no interval and no verdict: give the files of several refits, fitted on the training part only.
    Each call opens the test set once more, and the ledger of the split counts it.

    With --predictions nothing is trained: DIR holds predictions of the rows that `abound split --handout` wrote.
    The arm real_only is the baseline; arms called as one of abound's controls or references are one, unless a file
    arms.yaml in DIR says otherwise; the others are candidates.
    """
    from abound.cli.output import print_json, print_page
    from abound.cli.split import part, sealed
    from abound.cli.summary import print_arms, verdict_paragraphs

    if (predictions is None) == (not synth):
        raise typer.BadParameter("give either SYNTH files or --predictions DIR")
    if predictions is not None:
        from abound.stages.judge import judge

        tune = part(split, "tune")
        study = judge(predictions, tune=tune, test=sealed(split), metric=_metric(metric, tune), seed=seed)
    else:
        study = _trained(synth or [], split, learner, metric, purpose, seed, workers, quiet)
    if json:
        print_json(study)
        return
    print_page([("Power", [study.power])])
    print_arms(study)
    print_page(verdict_paragraphs(study))


def _trained(
    synth: list[Path], split: Path, learner: str, metric: str | None, purpose: str, seed: int, workers: int,
    quiet: bool,
) -> Study:  # fmt: skip
    """Train with and without the rows of each file."""
    from abound.cli.options import progress
    from abound.cli.run import purpose_of
    from abound.cli.split import part, sealed
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.registry import create
    from abound.stages.mix import mix
    from abound.stages.prove import prove as compare

    why, test = purpose_of(purpose), sealed(split)
    train, tune = part(split, "train"), part(split, "tune")
    rows = [rows_like(path, train, split) for path in synth]
    engine = create("engine", "local") if workers == 1 else create("engine", "processes", {"workers": workers})
    ctx = Context(seed=seed, engine=engine, progress=progress(quiet))
    arms = rows if why == "replace" else [mix(r, train, tune, Audit(), seed=seed, ctx=ctx) for r in rows]
    name = "synthetic" if why == "replace" else "mixed"
    return compare(
        {name: arms}, baseline=[train] * len(arms), tune=tune, test=test, learner=learner,
        metric=_metric(metric, train), purpose=why, seed=seed, ctx=ctx,
    )  # fmt: skip


def _metric(text: str | None, data: Dataset) -> Use | None:
    """The metric, where it suits the target of the data."""
    from abound.preflight import check_metric

    wanted = metric_of(text)
    if wanted is not None:
        check_metric(wanted, data)
    return wanted


def metric_of(text: str | None) -> Use | None:
    """A metric by name, or with parameters as a recipe has them."""
    import yaml

    from abound.core.recipe import Use, validate

    if text is None:
        return None
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError:
        raise typer.BadParameter(f"--metric {text!r} is neither a name nor 'name: {{parameter: value}}'") from None
    return validate(Use, given, what="--metric")
