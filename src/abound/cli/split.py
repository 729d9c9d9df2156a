"""`abound split`: the four parts of a table as folders, the test part sealed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abound.cli.options import (
    Data,
    Group,
    Ignore,
    Json,
    NeededTarget,
    Out,
    Positive,
    Seed,
    Sensitive,
    Slices,
    Time,
    load,
)  # fmt: skip

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.ledger import SealedTest

SPLIT = "split.json"
HANDOUT = "handout"


def split(
    data: Data,
    target: NeededTarget,
    out: Out,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    time: Time = None,
    slices: Slices = None,
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
    from abound.core.artifact import Artifact, build_folder, write_json
    from abound.errors import InputError
    from abound.stages.split import split as divide

    if out.exists() and any(out.iterdir()):
        raise InputError(f"the folder {out} is not empty: name a new one with --out")
    rows = load(data, target, positive, group, sensitive, ignore)
    made = divide(rows, seed=seed, time=time, slices=slices or (), folder=out / "test")
    for name, part in (("train", made.train), ("tune", made.tune), ("reference", made.reference)):
        build_folder(out / name, Artifact(kind="dataset", stage="split", key=part.digest, files={}), part.save)
    sizes = {"train": len(made.train), "tune": len(made.tune), "reference": len(made.reference)}
    info = {
        "digest": made.test.digest, "rows": made.test.rows, "groups": made.test.groups, "power": made.power,
        "parts": sizes,
    }  # fmt: skip
    write_json(out / SPLIT, info)
    if handout:
        from abound.stages.handout import handout as hand_out

        hand_out(made.train, made.tune, made.test, out / HANDOUT)
    if json:
        print_json({"folder": out, **info})
        return
    shown = ", ".join(f"{name} {rows:,}" for name, rows in sizes.items())
    print_page(
        [
            ("Split", [f"{shown}, test {made.test.rows:,} rows (sealed: only prove opens it)"]),
            ("Together", list(made.train.notes[len(rows.notes) :])),
            ("Power", [made.power.sentence]),
            ("Folder", [str(out)]),
            ("Handout", [handed_out(out)] if handout else []),
        ]
    )


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
    from abound.core.artifact import read_json
    from abound.core.ledger import Power, SealedTest
    from abound.errors import InputError

    path = folder / SPLIT
    if not path.is_file():
        raise InputError(f"{folder} is not a split ({SPLIT} is missing): run  abound split DATA --out DIR")
    info = read_json(path)
    power = Power.model_validate(info["power"])
    return SealedTest(folder / "test", info["digest"], info["rows"], info["groups"], power)
