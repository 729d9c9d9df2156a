"""`abound report`: the report of a run, written again from its artifacts."""

from __future__ import annotations

from typing import Annotated

import typer

from abound.cli.options import Json, RunFolder


def report(
    run: RunFolder,
    shareable: Annotated[
        bool,
        typer.Option("--shareable", help="Into RUN/shareable, without single rows, small cells, folder names."),
    ] = False,
    json: Json = False,
) -> None:
    """Write the report, its JSON, the data card and the manifest of a finished run again.

    With --shareable, a copy to pass on goes into the subfolder "shareable"; what stands in the run folder stays.
    """
    from abound.cli.output import print_json, print_page
    from abound.core.run import Run
    from abound.errors import InputError
    from abound.publish import finished, publish

    if not run.is_dir():
        raise InputError(f"{run} is not a folder: name the folder of a run")
    finished(run)
    with Run(run):
        written = publish(run, shareable=shareable)
    if json:
        print_json(written)
    else:
        print_page([("Written", [str(path) for path in written.values()])])
