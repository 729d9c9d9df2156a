"""`abound show`: a finished run on one screen."""

from __future__ import annotations

from abound.cli.options import Json, RunFolder


def show(run: RunFolder, json: Json = False) -> None:
    """Print the summary of a finished run: gaps, audit, verdict, what to use, paths."""
    from abound.cli.output import print_json
    from abound.cli.summary import as_json, print_summary, read_result

    result = read_result(run)
    if json:
        print_json(as_json(result))
    else:
        print_summary(result)
