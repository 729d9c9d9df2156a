"""Arguments and options that several commands share, with one wording each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.progress import Progress
    from abound.stages.split import Split

Data = Annotated[str, typer.Argument(metavar="DATA", help="A table: CSV, TSV, Parquet or Arrow.")]
Target = Annotated[
    str | None, typer.Option("--target", "-t", help="Column to predict, or a condition such as 'price > 650000'.")
]
NeededTarget = Annotated[
    str, typer.Option("--target", "-t", help="Column to predict, or a condition such as 'price > 650000'.")
]
Positive = Annotated[str | None, typer.Option("--positive", help="The class of interest; default: the rarer one.")]
Group = Annotated[
    str | None, typer.Option("--group", help="Column whose equal values stay on one side of every split.")
]
Time = Annotated[
    str | None, typer.Option("--time", help="Column of times: test holds the latest rows, train the first.")
]
Slices = Annotated[
    list[str] | None,
    typer.Option("--slice", help="Condition or column whose rows test needs enough of; may be given twice."),
]
NearDuplicates = Annotated[
    str, typer.Option("--near-duplicates", help="Copies that stay together: auto (beyond chance), exact or none.")
]
Sensitive = Annotated[
    list[str] | None, typer.Option("--sensitive", help="Columns to treat as sensitive; a,b or given twice.")
]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", help="Columns to leave out; a,b or given twice.")]
SchemaFile = Annotated[
    Path | None, typer.Option("--schema", help="A schema file instead of the guess; its answers are obeyed.")
]
LedgerFile = Annotated[
    Path | None,
    typer.Option("--ledger", help="A file in which folders with the same test rows count their openings together."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Where to write.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]


def names(values: list[str] | None) -> tuple[str, ...]:
    """["a,b", "c"] -> ("a", "b", "c")."""
    return tuple(part.strip() for value in values or () for part in value.split(",") if part.strip())


def progress(quiet: bool) -> Progress:
    """Lines on stderr, or nothing."""
    from abound.core.progress import Lines, Silent

    return Silent() if quiet else Lines()


def load(
    path: str, target: str | None, positive: str | None, group: str | None, sensitive: list[str] | None,
    ignore: list[str] | None, schema: Path | None = None,
) -> Dataset:  # fmt: skip
    """Read a table with the shared options."""
    from abound.stages.read import read

    return read(
        path, target=target, positive=positive, group=group, sensitive=names(sensitive), ignore=names(ignore),
        schema=schema,
    )  # fmt: skip


def needs_target(data: Dataset) -> Dataset:
    """The data; a usage error where it is not known what to predict."""
    if not data.schema.tasks:
        raise typer.BadParameter("name the column to predict with --target, or a --schema that declares it")
    return data


def parts_of(
    data: Dataset, seed: int, time: str | None = None, slices: list[str] | None = None, near: str = "auto",
    folder: Path | None = None,
) -> Split:  # fmt: skip
    """Split as `abound split` does with the same options."""
    from abound.core.recipe import SplitSpec, validate
    from abound.stages.split import split

    given = {"time": time, "slices": slices or (), "near_duplicates": near}
    spec = validate(SplitSpec, given, what="the command line")
    return split(data, seed=seed, folder=folder, **spec.model_dump())


def rows_like(path: Path, train: Dataset, table: str | Path) -> Dataset:
    """Synthetic rows from a file, as rows of the table that `train` is from; the message of a misfit names both."""
    from abound.errors import SchemaError
    from abound.stages.read import read

    try:
        return read(path, schema=train.schema)
    except SchemaError as error:
        raise SchemaError(f"{error} (the rows must fit {table})") from None
