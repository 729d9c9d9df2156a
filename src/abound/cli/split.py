"""`abound split`: the four parts of a table as folders, the test part sealed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import (
    Data,
    Group,
    Ignore,
    Json,
    NearDuplicates,
    Out,
    Positive,
    SchemaFile,
    Seed,
    Sensitive,
    Slices,
    Target,
    Time,
    load,
    needs_target,
    parts_of,
)  # fmt: skip

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.ledger import SealedTest
    from abound.stages.split import Split

SPLIT = "split.json"
HANDOUT = "handout"


def split(
    data: Data,
    out: Out,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    time: Time = None,
    slices: Slices = None,
    near_duplicates: NearDuplicates = "auto",
    schema: SchemaFile = None,
    handout: Annotated[
        bool,
        typer.Option(
            "--handout", help="Also write train, tune and the test rows without labels, to train elsewhere."
        ),
    ] = False,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Split DATA into train, tune, reference and a sealed test set under --out; print what the test can show."""
    from abound.cli.output import print_json, print_page
    from abound.errors import InputError

    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file: name a new folder with --out")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"the folder {out} is not empty: name a new one with --out")
    rows = needs_target(load(data, target, positive, group, sensitive, ignore, schema))
    with _whole_or_absent(out):
        made = parts_of(rows, seed, time, slices, near_duplicates, out / "test")
        info = _write(made, out)
        if handout:
            from abound.stages.handout import handout as hand_out

            hand_out(made.train, made.tune, made.test, out / HANDOUT)
    if json:
        print_json({"folder": out, **info})
        return
    shown = ", ".join(f"{name} {count:,}" for name, count in info["parts"].items())
    print_page(
        [
            ("Split", [f"{shown}, test {made.test.rows:,} rows (sealed: only prove opens it)"]),
            ("Together", list(made.train.notes[len(rows.notes) :])),
            ("Power", [made.power.sentence]),
            ("Folder", [str(out)]),
            ("Handout", [handed_out(out)] if handout else []),
        ]
    )


@contextlib.contextmanager
def _whole_or_absent(out: Path) -> Iterator[None]:
    """A folder that was not finished is emptied again: half a split would be refused, and cannot be completed."""
    import shutil

    there = out.exists()
    try:
        yield
    except BaseException:
        for path in out.glob("*") if there else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not there:
            shutil.rmtree(out, ignore_errors=True)
        raise


def _write(made: Split, out: Path) -> dict[str, Any]:
    """The open parts as folders beside the sealed one, and the file that describes the split."""
    from abound.core.artifact import Artifact, build_folder, write_json

    parts = {"train": made.train, "tune": made.tune, "reference": made.reference}
    for name, data in parts.items():
        build_folder(out / name, Artifact(kind="dataset", stage="split", key=data.digest, files={}), data.save)
    info = {
        "digest": made.test.digest, "rows": made.test.rows, "groups": made.test.groups, "power": made.power,
        "parts": {name: len(data) for name, data in parts.items()},
    }  # fmt: skip
    write_json(out / SPLIT, info)
    return info


def handed_out(out: Path) -> str:
    """What to do with the handout."""
    return (
        f"{out / HANDOUT}: train on train.parquet, predict predict.parquet, several times over, then "
        f"abound prove --predictions DIR --split {out}"
    )


def part(folder: Path, name: str) -> Dataset:
    """One part that `abound split` wrote, after checking its digests."""
    from abound.core.artifact import open_folder
    from abound.core.dataset import Dataset

    open_folder(folder / name)
    return Dataset.load(folder / name)


def sealed(folder: Path) -> SealedTest:
    """The sealed test part of a split folder."""
    from abound.core.artifact import read_as
    from abound.core.ledger import SplitFile
    from abound.errors import InputError

    path = folder / SPLIT
    if not path.is_file():
        raise InputError(f"{folder} is not a split ({SPLIT} is missing): run  abound split DATA --out DIR")
    return read_as(path, SplitFile).sealed(folder / "test")
