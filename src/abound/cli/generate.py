"""`abound generate`: synthetic rows from one generator, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import (
    Group,
    Ignore,
    Json,
    NearDuplicates,
    Positive,
    Quiet,
    SchemaFile,
    Seed,
    Sensitive,
    Slices,
    Target,
    Time,
    load,
    parts_of,
)  # fmt: skip

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.plan import Order


def generate(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table; or a generator that needs none: street.")],
    rows: Annotated[int, typer.Option("--rows", "-n", min=0, help="How many rows (or clips) to make.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file; for clips a folder.")] = None,
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
    time: Time = None,
    slices: Slices = None,
    near_duplicates: NearDuplicates = "auto",
    schema: SchemaFile = None,
    refit: Annotated[
        int, typer.Option("--refit", min=0, help="Which fit of the generator, on the same rows: 0, 1, 2, ...")
    ] = 0,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes for clips; default: all cores.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="For clips: say time and disk, make only the first.")
    ] = False,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a generator on the training part of DATA and write rows to --out (.parquet or .csv).

    `abound generate street -n 100 --where "weather = fog and actor = child"` needs no data: it renders clips of
    driving scenes with every label into the folder --out (default: street) and goes on there if it was stopped.

    The training part is that of `abound split` with the same --seed, --group, --time, --slice and
    --near-duplicates, so `abound audit` and `abound prove` have real rows that the generator did not see. For
    several refits change --refit, not --seed.
    """
    from abound.cli.clips import generate_clips, is_from_schema
    from abound.cli.options import progress
    from abound.core.context import Context
    from abound.core.plan import Order
    from abound.core.slice import Slice, check_levels

    params = parameters(param)
    if is_from_schema(data) and not Path(data).exists():
        generate_clips(data, out or Path(data), rows, params, where, seed, workers, dry_run, json, quiet)
        return
    if out is None:
        raise typer.BadParameter("name the file to write with --out, such as --out rows.parquet")
    check_out(out)
    rows_in = load(data, target, positive, group, sensitive, ignore, schema)
    train = parts_of(rows_in, seed, time, slices, near_duplicates).train
    condition = Slice.parse(where, train.schema.main) if where else None
    if condition is not None:
        check_levels(condition, train.schema)
    order = Order(generator=generator, params=params, count=rows, where=condition)
    _write_rows(train, order, refit, Context(seed=seed, progress=progress(quiet)), out, json)


def _write_rows(train: Dataset, order: Order, refit: int, ctx: Context, out: Path, json: bool) -> None:
    """Fit, make the rows, write the file, say so."""
    from abound.cli.output import print_json, print_page
    from abound.cli.room import check_room
    from abound.core.plan import Plan
    from abound.formats.notes import rows as counted
    from abound.stages.generate import generate as make

    check_room(train, order, refit, ctx, out)
    made = make(train, Plan(orders=(order,)), refit=refit, seed=ctx.seed, ctx=ctx)
    write_table(made, out)
    if json:
        print_json({"file": out, "rows": len(made), "training_rows": len(train), "order": order})
        return
    said = f"{counted(len(made))} by {order.generator}" + (f" where {order.where}" if order.where else "")
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
    from abound.core.units import UNIT

    frame = data.main.drop(UNIT, strict=False)  # which rows stay together is abound's to know, and no feature
    write_bytes(path, table_bytes(frame) if path.suffix == ".parquet" else frame.write_csv().encode())
