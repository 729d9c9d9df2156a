"""COCO: images, boxes and masks in one JSON file (Lin et al. 2014). The ids of images and annotations are kept.

Boxes are [left, top, width, height] in pixels; masks are polygons or run lengths, and are kept as run lengths.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.errors import InputError
from abound.formats.image_folder import IMAGES, PARTS, Listing

if TYPE_CHECKING:
    import numpy as np

MOST_BYTES = 2_000_000_000
Size = tuple[int, int]


def annotation_files(folder: Path) -> list[Path]:
    """JSON files of a folder, or of `annotations` in it, that look like COCO's."""
    found = [p for d in (folder, folder / "annotations") if d.is_dir() for p in sorted(d.glob("*.json"))]
    return [p for p in found if is_coco(p)]


def is_coco(path: Path) -> bool:
    """Whether a JSON file has the lists `images` and `annotations`; only its beginning and its end are read."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1 << 16)
            file.seek(max(0, size - (1 << 16)))
            ends = head + file.read(1 << 16)
    except OSError:
        return False
    if not head.lstrip().startswith(b"{") or b'"images"' not in ends:
        return b'"annotations"' in ends and b'"categories"' in ends
    return b'"annotations"' in ends or b'"categories"' in ends


def listing(path: Path, folder: Path) -> Listing:
    """The images and objects of an annotation file; images lie under `folder`. InputError names the fault."""
    whole = _load(path)
    names = {}
    for c in whole["categories"]:
        names[_id(c, path, "category")] = str(c.get("name", c["id"]))
    if len(set(names.values())) < len(names):
        twice = Counter(names.values()).most_common(1)[0][0]
        raise InputError(f"{path} has two categories called {twice!r}: rename one")
    out = Listing("coco", [], [], tuple(names.values()))
    at: dict[Any, dict[str, Any]] = {}
    missing = 0
    for image in whole["images"]:
        number = _id(image, path, "image")
        if number in at:
            raise InputError(f"{path} has two images with the id {number!r}: ids must differ")
        name = str(image.get("file_name", ""))
        found = _find(name, path, folder)
        at[number] = {"id": number, "path": found, "width": image.get("width"), "height": image.get("height")}
        missing += found is None
        if found is not None:
            out.rows.append({"id": number, "path": found})
    if missing:
        out.said.append(
            f"{missing:,} of {len(at):,} images in {path.name} have no file below {folder.name}: left out"
        )
    _objects(whole["annotations"], names, at, path, out)
    return out


def _load(path: Path) -> dict[str, list[Any]]:
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path} has more than {MOST_BYTES:,} bytes: divide it into several files")
    try:
        whole = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no valid JSON: {str(error).splitlines()[0]}") from None
    lists = {k: whole.get(k) for k in ("images", "annotations", "categories")} if isinstance(whole, dict) else {}
    for key in ("images", "annotations", "categories"):
        value = lists.get(key)
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise InputError(f"{path} is no COCO file: it has no list {key!r} of objects")
    return lists  # type: ignore[return-value]


def _id(entry: dict[str, Any], path: Path, what: str) -> Any:
    value = entry.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InputError(f"{path} has the id {value!r} for one {what}: ids are whole numbers or texts")
    return value


def _find(name: str, path: Path, folder: Path) -> str | None:
    """The image's path relative to `folder`; None where no file is there, or the name leads out of the folder."""
    root = folder.resolve()
    places = ["", *IMAGES, *PARTS, *(f"{i}/{p}" for i in IMAGES for p in PARTS), path.stem.partition("_")[2]]
    for place in places:
        candidate = (root / place / name).resolve()
        if name and "\0" not in name and candidate.is_relative_to(root) and candidate.is_file():
            return candidate.relative_to(root).as_posix()
    return None


def _objects(
    annotations: list[dict[str, Any]],
    names: dict[Any, str],
    at: dict[Any, dict[str, Any]],
    path: Path,
    out: Listing,
) -> None:
    """Rows of the objects; what cannot be used is counted."""
    assert out.objects is not None
    faults: Counter[str] = Counter()
    seen: set[Any] = set()
    for entry in annotations:
        number = _id(entry, path, "annotation")
        image, kind = at.get(entry.get("image_id")), names.get(entry.get("category_id"))
        if number in seen:
            raise InputError(f"{path} has two annotations with the id {number!r}: ids must differ")
        seen.add(number)
        fault = (
            "of an image that is not listed"
            if image is None
            else "of a category that is not listed"
            if kind is None
            else None
        )
        if fault is None and image is not None and image["path"] is None:
            fault = "of images without a file"
        box = None if fault else _box(entry)
        if fault is None and box is None:
            fault = "without a box of four numbers"
        if fault:
            faults[fault] += 1
            continue
        assert image is not None
        assert box is not None
        left, top, width, height = box
        mask, wrong = _mask(entry, image)
        faults["with a mask that cannot be read (the box is kept)"] += wrong
        out.objects.append({
            "id": number, "path": image["path"], "class": kind, "left": left, "top": top, "right": left + width,
            "bottom": top + height, "crowd": bool(entry.get("iscrowd", 0)), "mask": mask,
        })  # fmt: skip
    out.said += [
        f"{n:,} annotation{'s' * (n != 1)} {why}{'' if 'kept' in why else ': left out'}"
        for why, n in faults.items()
        if n
    ]


def _box(entry: dict[str, Any]) -> tuple[float, float, float, float] | None:
    box = entry.get("bbox")
    if (
        not isinstance(box, list)
        or len(box) != 4
        or any(isinstance(v, bool) or not isinstance(v, int | float) for v in box)
    ):
        return None
    left, top, width, height = (float(v) for v in box)
    return (left, top, width, height) if all(map(math.isfinite, (left, top, width, height))) else None


def _mask(entry: dict[str, Any], image: dict[str, Any]) -> tuple[bytes | None, bool]:
    """The mask as JSON of run lengths, and whether there is one that cannot be read."""
    from abound.pixels import rle

    given = entry.get("segmentation")
    if not given:
        return None, False
    try:
        if isinstance(given, dict):
            height, width = (int(v) for v in given["size"])
            counts = given["counts"]
            mask = rle.decode(given) if isinstance(counts, str) else _runs(counts, height, width)
        else:
            mask = filled(given, int(image["width"]), int(image["height"]))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None, True
    return json.dumps(rle.encode(mask)).encode(), False


def _runs(counts: list[int], height: int, width: int) -> np.ndarray[Any, Any]:
    """A mask from plain run lengths, down the columns."""
    import numpy as np

    if sum(counts) != height * width or min(counts, default=0) < 0 or height * width > 1 << 28:
        raise ValueError("the runs do not fill the picture")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape((height, width), order="F")


def filled(polygons: list[list[float]], width: int, height: int) -> np.ndarray[Any, Any]:
    """A mask from polygons x, y, x, y: pixels whose centre is inside, to within a sixteenth of a pixel."""
    import cv2
    import numpy as np

    if not 0 < width * height <= 1 << 28:
        raise ValueError("the picture has no size")
    mask = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        if len(points) < 3 or not np.isfinite(points).all():
            raise ValueError("a polygon has at least three points")
        cv2.fillPoly(mask, [np.round((points - 0.5) * 16).astype(np.int32)], 1, shift=4)
    return mask.view(bool)


def write(
    images: list[dict[str, Any]], objects: list[dict[str, Any]], classes: tuple[str, ...], out: Path
) -> list[Path]:
    """Write images (`id`, `name`, `data`, `width`, `height`) and objects as `images/` and annotations.json."""
    from abound.core.artifact import write_bytes

    number = {name: i for i, name in enumerate(classes, 1)}
    numbers = {row["id"]: row["id"] if isinstance(row["id"], int) else i for i, row in enumerate(images, 1)}
    written, listed, annotations = [], [], []
    for row in images:
        written.append(out / "images" / Path(row["name"]).name)
        write_bytes(written[-1], row["data"])
        listed.append(
            {
                "id": numbers[row["id"]],
                "file_name": written[-1].name,
                "width": row["width"],
                "height": row["height"],
            }
        )
    for k, o in enumerate(objects, 1):
        width, height = o["right"] - o["left"], o["bottom"] - o["top"]
        entry = {
            "id": o["id"] if isinstance(o.get("id"), int) else k, "image_id": numbers[o["image"]],
            "category_id": number[o["class"]], "bbox": [o["left"], o["top"], width, height], "area": width * height,
            "iscrowd": int(bool(o.get("crowd"))),
        }  # fmt: skip
        if o.get("mask") is not None:
            entry["segmentation"] = json.loads(o["mask"])
        annotations.append(entry)
    categories = [{"id": i, "name": n} for n, i in number.items()]
    whole = {"images": listed, "annotations": annotations, "categories": categories}
    written.append(out / "annotations.json")
    write_bytes(written[-1], json.dumps(whole).encode())
    return written
