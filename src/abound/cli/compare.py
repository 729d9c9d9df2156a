"""`abound compare`: two finished runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import Json

if TYPE_CHECKING:
    from abound.core.study import Estimate

_WIDE = 60


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of the run to hold against it.")],
    json: Json = False,
) -> None:
    """Show where the recipes of two runs differ, their verdicts and figures, and whether these can be compared.

    A difference is printed only where both were scored on the same test rows in the same way; it is no verdict.
    """
    from abound.cli.output import print_json, print_page, print_table
    from abound.formats.wording import plain_name
    from abound.stages.compare import compare as hold

    found = hold(first, second)
    if json:
        print_json(found)
        return
    a, b = found.first, found.second
    rows = [(n, _short(x), _short(y)) for n, (x, y) in found.recipe.items()]
    print_table(("recipe", a.run, b.run), rows or [("no difference", "", "")])
    rows = [
        ("learner", a.learner, b.learner),
        ("metric", plain_name(a.metric), plain_name(b.metric)),
        ("judged arm", plain_name(a.judged), plain_name(b.judged)),
        ("its test score", _figure(a.judged_score), _figure(b.judged_score)),
        ("real only", _figure(a.real_only_score), _figure(b.real_only_score)),
        ("best control", plain_name(a.control), plain_name(b.control)),
        ("verdict", a.verdict, b.verdict),
        ("repeats", f"{a.repeats}", f"{b.repeats}"),
        ("test rows", f"{a.test_rows:,}", f"{b.test_rows:,}"),
        ("test opened", f"{a.openings} times", f"{b.openings} times"),
    ]
    print_table(("result", a.run, b.run), rows)
    print_page([("Note", list(found.warnings)), ("Difference", [found.sentence])])


def _short(value: Any) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= _WIDE else text[: _WIDE - 3] + "..."


def _figure(e: Estimate | None) -> str:
    from abound.formats.wording import decimals, number, span

    if e is None:
        return "not run"
    places = decimals((e.mean, e.low, e.high))
    inside = f" {span(e.low, e.high, places)}" if e.low is not None else ""
    return number(e.mean, places) + inside
