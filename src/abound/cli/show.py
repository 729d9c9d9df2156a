"""`abound show`: a finished run on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abound.cli.options import Json, RunFolder


def show(
    run: RunFolder,
    remedy: Annotated[
        bool, typer.Option("--remedy", help="What to use: training table, settings, rows to collect.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="With --remedy: the folder to write it to.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the summary of a finished run: gaps, audit, verdict, what to use, paths."""
    from abound.cli.output import print_json
    from abound.cli.summary import as_json, print_summary, read_result

    if out is not None and not remedy:
        raise typer.BadParameter("--out belongs to --remedy")
    if remedy:
        _remedy(run, out, json)
        return
    result = read_result(run)
    if json:
        print_json(as_json(result))
    else:
        print_summary(result)


def _remedy(run: Path, out: Path | None, json: bool) -> None:
    from abound.cli.output import print_json, print_page
    from abound.deployment import DATA, deploy

    made = deploy(run, out)
    if json:
        print_json({**made.settings, "folder": out})
        return
    s = made.settings
    learner = " ".join([s["learner"]["name"], *(f"{n}={v!r}" for n, v in s["learner"]["params"].items())])
    data, cut = s["data"], s["threshold"]
    where = f"{out / DATA}" if out else "written with --out FOLDER"
    collect = [f"{c['more_rows']:,} more where {c['where']} ({c['training_rows']:,} now)" for c in s["collect"][:5]]
    print_page(
        [
            ("Use", [s["use"]]),
            ("Learner", [learner]),
            ("Data", [f"{data['real']:,} real and {data['synthetic']:,} synthetic rows, with weights: {where}"]),
            ("Threshold", [f"{cut['class']} from {cut['at_least']:.6g}: {cut['why']}"] if cut else []),
            ("Collect", collect),
        ]
    )
