"""Folders of images: a folder a class, metadata beside them, masks beside them.

flowers/rose/1.jpg                 the class is the folder; train/, val/ and test/ above it are noted as `part`
images/1.jpg + masks/1.png         the mask has the name of its image
metadata.csv or metadata.jsonl     one line a file, column `file_name`; its other columns are columns
classes.txt                        the names of the classes of the masks, one a line, from 0
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.errors import InputError
from abound.pixels.image import SUFFIXES

if TYPE_CHECKING:
    import polars as pl

MOST_FILES = 2_000_000
PARTS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing")
MASKS = (
    "masks",
    "mask",
    "labels",
    "labels_png",
    "annotations",
    "segmentation",
    "SegmentationClass",
    "gt",
    "ground_truth",
)
IMAGES = ("images", "image", "img", "imgs", "JPEGImages")
_ENDINGS = ("_mask", "_masks", "_label", "_labels", "_gt", "-mask", "_seg")


@dataclass
class Listing:
    """Images of a folder as rows, with the objects in them and what is to be said about it.

    `rows`: dicts with `path` (relative) and what else is known of an image (class, part, mask, id). `objects`:
    dicts with `path`, class, left, top, right, bottom and perhaps mask (bytes) and id; None where the layout has
    no objects.
    """

    layout: str
    rows: list[dict[str, Any]]
    objects: list[dict[str, Any]] | None = None
    classes: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)


def image_files(folder: Path) -> Iterator[str]:
    """Relative paths of all image files below a folder, sorted; hidden ones, and links out of it, are left out."""
    count = 0
    root = folder.resolve()
    for here, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(files):
            if name.startswith(".") or Path(name).suffix.lower() not in SUFFIXES:
                continue
            count += 1
            if count > MOST_FILES:
                raise InputError(f"{folder} holds more than {MOST_FILES:,} images: name a part of it")
            yield (Path(here) / name).relative_to(root).as_posix()


def has_images(folder: Path) -> bool:
    """Whether there is an image file below a folder."""
    return next(image_files(folder), None) is not None


def listing(folder: Path) -> Listing:
    """The images of a folder with classes, parts and masks, as their places say. InputError where it has none."""
    paths = list(image_files(folder))
    if not paths:
        raise InputError(f"{folder} holds no image files ({', '.join(sorted(SUFFIXES))})")
    masks = _masks(paths)
    taken = set(masks.values())
    alone = [p for p in paths if p not in taken and not _in_mask_folder(p, paths)]
    lost = len(paths) - len(taken) - len(alone)
    rows: list[dict[str, Any]] = [{"path": p} for p in alone]
    if masks:
        for row in rows:
            row["mask"] = masks.get(row["path"])
        out = Listing("masks", rows, classes=_names(folder))
        missing = sum(r["mask"] is None for r in rows)
        if missing:
            out.said.append(f"{_n(missing, 'image')} without a mask: kept, their mask is empty")
        if lost:
            out.said.append(f"{_n(lost, 'mask')} without an image left out")
        return out
    for row in rows:
        row.update(_place(row["path"]))
    named = any(r["class"] is not None for r in rows)
    out = Listing("classes" if named else "plain", rows)
    if not named:
        for row in rows:
            del row["class"]
    elif any(r["class"] is None for r in rows):
        loose = sum(r["class"] is None for r in rows)
        out.rows = [r for r in rows if r["class"] is not None]
        out.said.append(f"{_n(loose, 'image')} outside the folders of the classes left out")
    if all(r["part"] is None for r in out.rows):
        for row in out.rows:
            del row["part"]
    return out


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}{'s' * (n != 1)}"


def _place(path: str) -> dict[str, Any]:
    """Class and part of an image by its folders: the nearest folder is the class, a part above it is the part."""
    above = [f for f in Path(path).parts[:-1] if f not in IMAGES]
    part = above.pop(0) if above and above[0].lower() in PARTS else None
    return {"class": above[-1] if above else None, "part": part}


def _in_mask_folder(path: str, paths: list[str]) -> bool:
    """Whether a path lies in a folder of masks that stands beside one of images."""
    parts = Path(path).parts[:-1]
    for k, name in enumerate(parts):
        beside = [Path(*parts[:k], i).as_posix() + "/" for i in IMAGES]
        if name in MASKS and any(p.startswith(tuple(beside)) for p in paths[:1] + paths[-1:] + paths):
            return True
    return False


def _masks(paths: list[str]) -> dict[str, str]:
    """The mask of each image: the same name under a folder of masks, or the name with an ending beside it."""
    stems: dict[str, list[str]] = {}
    for p in paths:
        stems.setdefault(Path(p).stem, []).append(p)
    found: dict[str, str] = {}
    for p in paths:
        pure = Path(p)
        options = [q for q in stems[pure.stem] if q != p and _beside(p, q)]
        options += [
            q
            for e in _ENDINGS
            for q in stems.get(pure.stem + e, [])
            if _beside(p, q) or Path(q).parent == pure.parent
        ]
        if len(options) > 1:
            raise InputError(f"{p} has several masks ({', '.join(options[:3])}): keep one")
        if options:
            found[p] = options[0]
    return found


def _beside(image: str, mask: str) -> bool:
    """Whether two paths differ in one folder only, that of the images and that of the masks."""
    a, b = Path(image).parts[:-1], Path(mask).parts[:-1]
    if len(a) == len(b) - 1:  # 1.jpg beside masks/1.png
        at = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
        return b[at] in MASKS and a == b[:at] + b[at + 1 :]
    differing = [(x, y) for x, y in zip(a, b, strict=False) if x != y]
    return len(a) == len(b) and len(differing) == 1 and differing[0][0] in IMAGES and differing[0][1] in MASKS


def _names(folder: Path) -> tuple[str, ...]:
    path = folder / "classes.txt"
    if not path.is_file():
        return ()
    names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return tuple(n for n in names if n)


def metadata(folder: Path) -> tuple[str, pl.DataFrame] | None:
    """Name and rows of metadata.csv or metadata.jsonl with its column `file_name`; None where there is none."""
    import polars as pl

    for name in ("metadata.jsonl", "metadata.csv"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            frame = (
                pl.read_ndjson(path, infer_schema_length=None)
                if name.endswith("l")
                else pl.read_csv(path, infer_schema_length=None)
            )
        except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
        if "file_name" not in frame.columns:
            raise InputError(f"{path} has no column 'file_name': it names the image of each line")
        frame = frame.with_columns(
            pl.col("file_name").cast(pl.String).str.replace_all("\\", "/", literal=True).str.strip_prefix("./")
        )
        twice = frame["file_name"].is_duplicated()
        if twice.any():
            raise InputError(f"{path} has more than one line for {frame['file_name'].filter(twice)[0]!r}: keep one")
        return name, frame
    return None


def write(rows: list[dict[str, Any]], out: Path) -> list[Path]:
    """Write images (dicts of `name`, `data`, and `class` or None) as folders of classes; the written paths."""
    from abound.core.artifact import write_bytes

    written = []
    for row in rows:
        folder = out / _safe(str(row["class"])) if row.get("class") is not None else out
        written.append(folder / Path(row["name"]).name)
        write_bytes(written[-1], row["data"])
    return written


def _safe(name: str) -> str:
    """A class's name as a folder's."""
    if name in ("", ".", "..") or any(c in name for c in "/\\\0"):
        raise InputError(f"the class {name!r} cannot name a folder: rename it")
    return name
