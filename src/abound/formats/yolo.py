"""YOLO: a text file an image, a line an object: class, centre and size (or a polygon) as shares of the image.

images/train/1.jpg   labels/train/1.txt   data.yaml (names) or classes.txt
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

from abound.errors import InputError
from abound.formats.image_folder import IMAGES, PARTS, Listing, image_files

_MOST_LINES = 100_000


def is_yolo(folder: Path) -> bool:
    """Whether a folder has `labels` with text files, or text files beside images and the names of the classes."""
    if any(next((folder / "labels").rglob("*.txt"), None) for _ in (0,) if (folder / "labels").is_dir()):
        return True
    parts = (folder / p / "labels" for p in PARTS)
    if any(p.is_dir() and next(p.rglob("*.txt"), None) for p in parts):
        return True
    names = next((folder / n for n in ("classes.txt", "obj.names", "data.yaml") if (folder / n).is_file()), None)
    return names is not None and any((folder / p).with_suffix(".txt").is_file() for p in image_files(folder))


def listing(folder: Path) -> Listing:
    """The images and objects of the folder; boxes are still shares of their image, under `shares`."""
    names = _names(folder)
    out = Listing("yolo", [], [])
    assert out.objects is not None
    faults: Counter[str] = Counter()
    used: set[int] = set(range(len(names)))
    labels = {p.resolve() for p in folder.rglob("*.txt") if p.name not in ("classes.txt", "README.txt")}
    for path in image_files(folder):
        row: dict[str, Any] = {"path": path}
        part = next((p for p in Path(path).parts[:-1] if p.lower() in PARTS), None)
        if part is not None:
            row["part"] = part
        out.rows.append(row)
        label = _label_file(folder, path)
        if label is None:
            faults["images without a file of labels: taken as without objects"] += 1
            continue
        labels.discard(label.resolve())
        for o in _lines(label, faults):
            o["path"] = path
            used.add(o["class"])
            out.objects.append(o)
    if not out.rows:
        raise InputError(f"{folder} has labels and no image files")
    if labels:
        faults["files of labels without an image: left out"] += len(labels)
    out.classes = tuple(names.get(i, str(i)) for i in range(max(used, default=-1) + 1))
    if len(set(out.classes)) < len(out.classes):
        raise InputError(
            f"two classes of {folder} have one name: {Counter(out.classes).most_common(1)[0][0]!r}, rename one"
        )
    for o in out.objects:
        o["class"] = out.classes[o["class"]]
    if any("part" in r for r in out.rows):
        for row in out.rows:
            row.setdefault("part", None)
    out.said += [f"{n:,} {why}" for why, n in faults.items()]
    return out


def _names(folder: Path) -> dict[int, str]:
    """The names of the classes, by number; none where no file has them."""
    for name in ("data.yaml", "data.yml", "dataset.yaml"):
        path = folder / name
        if path.is_file():
            from abound.core.recipe import load_yaml

            given = load_yaml(path).get("names", [])
            pairs = (
                given.items() if isinstance(given, dict) else enumerate(given if isinstance(given, list) else [])
            )
            try:
                return {int(k): str(v) for k, v in pairs}
            except ValueError:
                raise InputError(f"{path} numbers its names by something that is no number") from None
    for name in ("classes.txt", "obj.names", "labels/classes.txt"):
        path = folder / name
        if path.is_file():
            return dict(enumerate(n.strip() for n in path.read_text(encoding="utf-8").splitlines() if n.strip()))
    return {}


def _label_file(folder: Path, image: str) -> Path | None:
    """The text file of an image: the same name under `labels`, or beside it."""
    pure = Path(image)
    swapped = [
        Path(*pure.parts[:k], "labels", *pure.parts[k + 1 :]) for k, p in enumerate(pure.parts) if p in IMAGES
    ]
    options = [*swapped, Path("labels") / pure, pure]
    return next(
        (folder / o.with_suffix(".txt") for o in options if (folder / o.with_suffix(".txt")).is_file()), None
    )


def _lines(path: Path, faults: Counter[str]) -> list[dict[str, Any]]:
    """The objects of a file; lines that are none are counted."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        faults["files of labels that are no text: left out"] += 1
        return []
    if len(lines) > _MOST_LINES:
        raise InputError(f"{path} has {len(lines):,} lines: at most {_MOST_LINES:,} objects an image are read")
    out = []
    for line in (line.split() for line in lines):
        if not line:
            continue
        row = _object(line)
        if row is None:
            faults["lines of labels that are no object: left out"] += 1
        else:
            out.append(row)
    return out


def _object(words: list[str]) -> dict[str, Any] | None:
    try:
        numbers = [float(w) for w in words]
    except ValueError:
        return None
    kind = numbers[0]
    polygon = len(numbers) >= 7 and len(numbers) % 2 == 1
    if (
        not all(map(math.isfinite, numbers))
        or kind != int(kind)
        or not 0 <= kind < 100_000
        or not (len(numbers) in (5, 6) or polygon)
    ):
        return None
    if polygon:
        xs, ys = numbers[1::2], numbers[2::2]
        return {"class": int(kind), "shares": (min(xs), min(ys), max(xs), max(ys)), "polygon": numbers[1:]}
    x, y, w, h = numbers[1:5]
    return {"class": int(kind), "shares": (x - w / 2, y - h / 2, x + w / 2, y + h / 2)}


def write(
    images: list[dict[str, Any]], objects: list[dict[str, Any]], classes: tuple[str, ...], out: Path
) -> list[Path]:
    """Write images (`id`, `name`, `data`, `width`, `height`) and objects as images/, labels/ and data.yaml."""
    import yaml

    from abound.core.artifact import write_bytes

    number = {name: i for i, name in enumerate(classes)}
    of: dict[Any, list[str]] = {row["id"]: [] for row in images}
    size = {row["id"]: (row["width"], row["height"]) for row in images}
    for o in objects:
        width, height = size[o["image"]]
        x, y = (o["left"] + o["right"]) / 2 / width, (o["top"] + o["bottom"]) / 2 / height
        w, h = (o["right"] - o["left"]) / width, (o["bottom"] - o["top"]) / height
        of[o["image"]].append(f"{number[o['class']]} {x:.8f} {y:.8f} {w:.8f} {h:.8f}\n")
    written = []
    for row in images:
        name = Path(row["name"]).name
        written += [out / "images" / name, (out / "labels" / name).with_suffix(".txt")]
        write_bytes(written[-2], row["data"])
        write_bytes(written[-1], "".join(of[row["id"]]).encode())
    written.append(out / "data.yaml")
    write_bytes(
        written[-1],
        yaml.safe_dump({"names": dict(enumerate(classes)), "train": "images"}, sort_keys=False).encode(),
    )
    return written
