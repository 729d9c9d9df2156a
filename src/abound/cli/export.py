"""`abound export`: clips of driving scenes in the layouts that other tools read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abound.cli.options import Json, Out


def export(
    folder: Annotated[Path, typer.Argument(metavar="CLIPS", help="A folder that `abound generate street` wrote.")],
    layout: Annotated[str, typer.Option("--layout", "-l", help="kitti, coco, cityscapes or scalabel.")],
    out: Out,
    json: Json = False,
) -> None:
    """Write every frame and its labels as KITTI object, COCO, Cityscapes or Scalabel files."""
    from abound.cli.output import print_json, print_page
    from abound.core.artifact import storage_errors
    from abound.core.registry import create
    from abound.errors import InputError
    from abound.formats.driving import export as write

    with storage_errors(out):
        full = out.exists() and any(out.iterdir())
    if full:
        raise InputError(f"{out} holds something already and is not overwritten: choose another --out")
    files = write(create("kind", "scenes").read(folder), layout, out)
    if json:
        print_json({"folder": out, "layout": layout, "files": len(files)})
    else:
        print_page([("Wrote", [f"{len(files):,} files as {layout}"]), ("Folder", [str(out)])])
