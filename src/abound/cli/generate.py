"""`abound generate`: synthetic rows from one generator, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import Data, Group, Ignore, Json, Out, Positive, Quiet, Seed, Sensitive, Target, load

if TYPE_CHECKING:
    from abound.core.dataset import Dataset


def generate(
    data: Data,
    out: Out,
    rows: Annotated[int, typer.Option("--rows", "-n", min=0, help="How many rows to make.")],
    target: Target = None,
    generator: Annotated[str, typer.Option("--generator", "-g", help="See `abound list generator`.")] = "copula",
    param: Annotated[
        list[str] | None, typer.Option("--param", help="A parameter of the generator, name=value; may repeat.")
    ] = None,
    where: Annotated[str | None, typer.Option("--where", help="A condition: 'age < 25 and sex = F'.")] = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    refit: Annotated[
        int, typer.Option("--refit", min=0, help="Which fit of the generator, on the same rows: 0, 1, 2, ...")
    ] = 0,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a generator on the training part of DATA and write rows to --out (.parquet or .csv).

    The training part is that of `abound split` with the same --seed, so `abound audit` and `abound prove` have real
    rows that the generator did not see. For several refits change --refit, not --seed.
    """
    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.cli.room import check_room
    from abound.core.context import Context
    from abound.core.plan import Order, Plan
    from abound.core.slice import Slice, check_levels
    from abound.formats.notes import rows as counted
    from abound.stages.generate import generate as make
    from abound.stages.split import split

    check_out(out)
    params = parameters(param)
    train = split(load(data, target, positive, group, sensitive, ignore), seed=seed).train
    condition = Slice.parse(where, train.schema.main) if where else None
    order = Order(generator=generator, params=params, count=rows, where=condition)
    if condition is not None:
        check_levels(condition, train.schema)
    ctx = Context(seed=seed, progress=progress(quiet))
    check_room(train, order, refit, ctx, out)
    made = make(train, Plan(orders=(order,)), refit=refit, seed=seed, ctx=ctx)
    write_table(made, out)
    if json:
        print_json({"file": out, "rows": len(made), "training_rows": len(train), "order": order})
    else:
        said = f"{counted(len(made))} by {generator}" + (f" where {condition}" if condition else "")
        print_page([("Made", [f"{said}, fitted on {len(train):,} training rows"]), ("File", [str(out)])])


def parameters(given: list[str] | None) -> dict[str, Any]:
    """["by_target=true"] -> {"by_target": True}; the value is read as YAML reads it."""
    import yaml

    out: dict[str, Any] = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"{text!r} is not name=value")
        out[name.strip()] = yaml.safe_load(value)
    return out


def check_out(path: Path) -> None:
    """A usage error for a name that says no format that is written; InputError where something is there already."""
    from abound.core.artifact import storage_errors
    from abound.errors import InputError

    if path.suffix not in (".parquet", ".csv"):
        raise typer.BadParameter(f"{path} should end in .parquet or .csv")
    with storage_errors(path):
        there = path.exists()
    if there:
        raise InputError(f"{path} exists and is not overwritten: choose another --out, or delete it first")


def write_table(data: Dataset, path: Path) -> None:
    """The main table as Parquet or CSV, by the file's suffix; complete or absent."""
    from abound.core.artifact import write_bytes
    from abound.core.dataset import table_bytes

    write_bytes(path, table_bytes(data.main) if path.suffix == ".parquet" else data.main.write_csv().encode())
