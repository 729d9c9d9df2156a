"""`abound run`: the whole loop, from a table or a recipe to a verdict."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from abound.cli.options import (
    Group,
    Ignore,
    Json,
    LedgerFile,
    Positive,
    Quiet,
    SchemaFile,
    Sensitive,
    Target,
    Time,
    names,
)  # fmt: skip
from abound.cli.prove import Metric, metric_of

if TYPE_CHECKING:
    from abound.core.recipe import Purpose, Recipe
    from abound.loop import Result

QUICK_REPEATS = 5
HARMS, NOT_ENOUGH = 3, 4

Table = Annotated[
    Path | None, typer.Option("--data", help="The table to use, in place of the one that the recipe names.")
]
Learner = Annotated[str | None, typer.Option("--learner", help="The model that is trained; default: boosting.")]
Why = Annotated[
    str | None, typer.Option("--purpose", help="augment (add rows; the default) or replace (no real rows).")
]
TrainRows = Annotated[
    str | None, typer.Option("--train-rows", help="'all', or a number: each repeat draws that many rows.")
]
Gate = Annotated[
    bool, typer.Option("--gate", help="Exit 3 if it harms or fails the audit, 4 if evidence is lacking.")
]


def run(
    data: Annotated[str, typer.Argument(metavar="DATA|RECIPE", help="A table, or a recipe (.yaml).")],
    table: Table = None,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    time: Time = None,
    schema: SchemaFile = None,
    learner: Learner = None,
    metric: Metric = None,
    purpose: Why = None,
    repeats: Annotated[int | None, typer.Option("--repeats", min=1, help="Refits of it all; default 10.")] = None,
    train_rows: TrainRows = None,
    quick: Annotated[bool, typer.Option("--quick", help="5 repeats; the verdict is marked preliminary.")] = False,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Same seed, same bytes.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: all cores.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Run folder; default: runs/<digest>.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Use what is finished (this is always so).")] = False,
    ledger: LedgerFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop after the plan.")] = False,
    gate: Gate = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find what DATA lacks, make rows for it, and prove on held-out real rows whether they help.

    Options change what a recipe says. The same command again goes on where a stopped run ended.
    """
    from abound.cli.options import progress
    from abound.cli.output import print_json
    from abound.cli.summary import as_json, print_summary
    from abound.loop import run as loop

    del resume
    if quick and repeats is not None:
        raise typer.BadParameter("--quick means 5 repeats: give it or --repeats, not both")
    if table is not None and not _is_recipe(data):
        raise typer.BadParameter(f"--data goes with a recipe, and {data} is not one: name one table")
    asked = {
        "data": {
            "path": str(table) if table is not None else None, "target": target, "positive": positive,
            "group": group, "sensitive": names(sensitive) or None, "ignore": names(ignore) or None,
            "schema": str(schema) if schema is not None else None,
        },
        "learner": learner, "metric": metric_of(metric), "purpose": purpose, "seed": seed, "workers": workers,
        "repeats": {"n": QUICK_REPEATS if quick else repeats, "train_rows": _rows(train_rows)},
        "split": {"time": time},
    }  # fmt: skip
    recipe = _recipe(data, asked)
    result = loop(recipe, out=out, progress=progress(quiet), dry_run=dry_run, preliminary=quick, ledger=ledger)
    if json:
        print_json(as_json(result))
    else:
        print_summary(result)
    if gate and (code := gate_code(result)):
        print(f"gate: exit {code}: {_gate_reason(result)}", file=sys.stderr)
        raise typer.Exit(code)


def _recipe(data: str, asked: dict[str, Any]) -> Recipe:
    """The recipe file, or one for the bare table, with what was asked for on the command line laid over it."""
    from abound.core.recipe import Recipe, read_recipe, validate

    if _is_recipe(data):
        base = read_recipe(data).model_dump(mode="json", by_alias=True)
    else:
        base = {"data": {"path": data}}
    return validate(Recipe, _over(base, asked), what="the command line")


def _is_recipe(path: str) -> bool:
    return Path(path).suffix.lower() in (".yaml", ".yml")


def _over(base: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """`base` with every value of `asked` that is not None, block by block."""
    out = dict(base or {})
    for name, value in asked.items():
        if isinstance(value, dict):
            inner = _over(out.get(name), value)
            if inner:
                out[name] = inner
        elif value is not None:
            out[name] = value
    return out


def _rows(text: str | None) -> str | int | None:
    if text is None or text == "all":
        return text
    if not text.isdigit() or int(text) < 1:
        raise typer.BadParameter(f"--train-rows takes 'all' or a number of rows, not {text!r}")
    return int(text)


def purpose_of(text: str) -> Purpose:
    """The purpose, or a usage error that names both."""
    from abound.core.recipe import Purpose

    for known in get_args(Purpose):
        if known == text:
            found: Purpose = known
            return found
    raise typer.BadParameter(f"--purpose is {' or '.join(get_args(Purpose))}, not {text!r}")


def _gate_reason(result: Result) -> str:
    """What closed the gate."""
    assert result.study is not None, "a gate needs a finished run"
    failed = sorted({f.check for f in result.audit.findings if f.verdict == "fail"}) if result.audit else []
    closing = result.study.verdict in ("harms", "not enough evidence")
    why = [f"the verdict is {result.study.verdict!r}"] if closing else []
    return "; ".join([*why, *([f"the audit failed ({', '.join(failed)})"] if failed else [])])


def gate_code(result: Result) -> int:
    """3 where the rows harm or fail the audit, 4 where the evidence decides nothing, else 0."""
    if result.study is None:
        return 0
    if result.study.verdict == "harms" or (result.audit is not None and result.audit.verdict == "fail"):
        return HARMS
    return NOT_ENOUGH if result.study.verdict == "not enough evidence" else 0
