"""`abound prove`: whether rows made elsewhere help, on the sealed test rows of a split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.mix import SplitFolder
from abound.cli.options import Json, LedgerFile, Quiet, Seed, rows_like

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.recipe import Use
    from abound.core.study import Study

Synth = Annotated[
    list[Path] | None,
    typer.Argument(metavar="SYNTH...", help="Synthetic rows, one file a refit of the generator."),
]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        metavar="DIR",
        help="Instead: predictions of models trained elsewhere, DIR/<arm>/<repeat>.parquet or .csv.",
    ),
]
Claimed = Annotated[
    list[str] | None,
    typer.Option("--slice", help="A condition to make a claim about as well, such as 'age > 80'; may repeat."),
]
Margin = Annotated[
    float | None, typer.Option("--margin", help="Differences below it count as none; default: the metric's.")
]
MinimalGain = Annotated[
    float, typer.Option("--minimal-gain", help="The least gain that is worth having: 'helps' is above it.")
]
Metric = Annotated[
    str | None,
    typer.Option(
        "--metric", help="What the verdict is about: see `abound list metric`; or 'cost: {false_negative: 10}'."
    ),
]


def prove(
    split: SplitFolder,
    synth: Synth = None,
    predictions: Predictions = None,
    learner: Annotated[str, typer.Option("--learner", help="See `abound list learner`.")] = "boosting",
    metric: Metric = None,
    slices: Claimed = None,
    margin: Margin = None,
    minimal_gain: MinimalGain = 0.0,
    purpose: Annotated[str, typer.Option("--purpose", help="augment (real and synthetic) or replace.")] = "augment",
    ledger: LedgerFile = None,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Worker processes.")] = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train with and without SYNTH and compare on the sealed test rows of a split, beside every cheap control.

    One file gives no interval and no verdict: give the files of several refits, fitted on the training part only.
    Each call opens the test set once more, and the ledger of the split counts it.

    Each --slice is a claim of its own, and widens the intervals of all. With --purpose replace SYNTH is trained on
    without the real rows and compared with them: "no difference" says that it does as well, within --margin.

    With --predictions nothing is trained: DIR holds predictions of the rows that `abound split --handout` wrote.
    The arm real_only is the baseline; arms called as one of abound's controls or references are one, unless a file
    arms.yaml in DIR says otherwise; the others are candidates.
    """
    from abound.cli.output import print_json, print_page
    from abound.cli.run import purpose_of
    from abound.cli.split import part, sealed
    from abound.cli.summary import print_arms, verdict_paragraphs

    if (predictions is None) == (not synth):
        raise typer.BadParameter("give either SYNTH files or --predictions DIR")
    test, tune = sealed(split), part(split, "tune")
    asked: dict[str, Any] = {
        "tune": tune, "test": replace(test, shared=ledger), "metric": _metric(metric, tune),
        "slices": slices or (), "margin": margin, "minimal_gain": minimal_gain, "purpose": purpose_of(purpose),
        "seed": seed,
    }  # fmt: skip
    if predictions is not None:
        from abound.stages.judge import judge

        study = judge(predictions, **asked)
    else:
        study = _trained(synth or [], split, asked, learner, workers, quiet)
    if json:
        print_json(study)
        return
    print_page([("Power", [study.power])])
    print_arms(study)
    print_page(verdict_paragraphs(study))


def _trained(
    synth: list[Path], split: Path, asked: dict[str, Any], learner: str, workers: int, quiet: bool
) -> Study:  # fmt: skip
    """Train with and without the rows of each file."""
    from abound.cli.options import progress
    from abound.cli.split import part
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.registry import create
    from abound.stages.mix import mix
    from abound.stages.prove import prove as compare

    train, tune, seed = part(split, "train"), asked["tune"], asked["seed"]
    rows = [rows_like(path, train, split) for path in synth]
    engine = create("engine", "local") if workers == 1 else create("engine", "processes", {"workers": workers})
    ctx = Context(seed=seed, engine=engine, progress=progress(quiet))
    alone = asked["purpose"] == "replace"
    arms = rows if alone else [mix(r, train, tune, Audit(), seed=seed, ctx=ctx) for r in rows]
    return compare(
        {"synthetic" if alone else "mixed": arms}, baseline=[train] * len(arms), learner=learner, ctx=ctx, **asked
    )


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
