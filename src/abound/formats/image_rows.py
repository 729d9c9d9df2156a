"""From listed image files to rows: every file opened once, every fault counted; and back to files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.assets import asset_path
from abound.errors import InputError, did_you_mean
from abound.formats.image_folder import Listing

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Column

_SHOWN = 3
_LEAST_OF_CLASS = 4  # images: one a part of a split
_TELLING = 16  # pixels: smaller pictures resemble one another without being copies
_TINY = 8  # pixels: below it there is nothing to learn from
_LEAST_SIDE = 1e-3  # of a box after clipping, in pixels


@dataclass
class Rows:
    """`images` and `objects` as frames; `summary` says what was read, `notes` what was odd about it."""

    images: pl.DataFrame
    objects: pl.DataFrame | None
    summary: list[str]
    notes: list[str]


class _Faults:
    """Files with one remark together: the count, and the first few names."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}

    def add(self, what: str, name: str) -> None:
        """A remark about a file."""
        self.names.setdefault(what, []).append(name)

    def sentences(self) -> list[str]:
        """One sentence a remark."""
        out = []
        for what, names in self.names.items():
            more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
            out.append(f"{len(names):,} image{'s' * (len(names) != 1)} {what}: {', '.join(names[:_SHOWN])}{more}")
        return out


def image_rows(found: Listing, folder: Path, near_copies: bool) -> Rows:
    """Open every listed file. InputError where not one can be used."""
    import numpy as np
    import polars as pl

    from abound.pixels.image import decode, read_bytes
    from abound.pixels.near_copies import thumbnail

    faults, rows, thumbs = _Faults(), [], []
    damaged: list[str] = []
    for row in found.rows:
        try:
            path = asset_path(folder, row["path"])
            picture = decode(read_bytes(path), row["path"])
        except InputError as error:
            damaged.append(str(error))
            continue
        for what in picture.said:
            faults.add(what, row["path"])
        height, width = picture.image.shape[:2]
        if min(height, width) < _TINY:
            faults.add(f"of fewer than {_TINY} pixels a side", row["path"])
        rows.append({
            "id": row.get("id", row["path"]), **row, "width": width, "height": height,
            "colour": "rgb" if picture.image.ndim == 3 else "grey", "bits": 8 * picture.image.dtype.itemsize,
        })  # fmt: skip
        if "mask" in row:
            rows[-1]["mask"] = _checked_mask(folder, row["mask"], (height, width), faults, row["path"])
        if near_copies:
            thumbs.append(thumbnail(picture.image))
    if not rows:
        raise InputError(
            f"none of the {len(found.rows):,} images of {folder} can be used: {(damaged or ['none is listed'])[0]}"
        )
    if len({type(r["id"]) for r in rows}) > 1:
        rows = [{**r, "id": str(r["id"])} for r in rows]
    order = ["id", "path", "width", "height", "colour", "bits", "class", "part", "mask"]
    frame = pl.DataFrame(rows, infer_schema_length=None).select([c for c in order if any(c in r for r in rows)])
    groups, said = _groups(np.stack(thumbs) if thumbs else None, frame)
    frame = frame.with_columns(pl.Series("group", groups, dtype=pl.Int64))
    objects = None if found.objects is None else _object_frame(found, frame, faults)
    notes = [*_damaged(damaged), *faults.sentences(), *said]
    return Rows(frame, objects, _summary(frame, objects), notes)


def _damaged(messages: list[str]) -> list[str]:
    """What was left out; the sentences of the first few say why."""
    if not messages:
        return []
    more = f"; and {len(messages) - _SHOWN:,} more" if len(messages) > _SHOWN else ""
    return [f"{len(messages):,} image{'s' * (len(messages) != 1)} left out: {'; '.join(messages[:_SHOWN])}{more}"]


def _checked_mask(folder: Path, mask: str | None, size: tuple[int, int], faults: _Faults, image: str) -> str | None:
    """The mask's path where it can be used."""
    from abound.pixels.image import decode_labels, read_bytes

    if mask is None:
        return None
    try:
        labels = decode_labels(read_bytes(asset_path(folder, mask)), mask)
    except InputError as error:
        faults.add(f"whose mask cannot be used ({error}): kept without it", image)
        return None
    if labels.shape != size:
        faults.add("whose mask has another size: kept without it", image)
        return None
    return mask


def _groups(thumbs: Any, frame: pl.DataFrame) -> tuple[Any, list[str]]:
    """A number for each image, the same for near-copies, and what to say about them."""
    import numpy as np

    from abound.pixels.near_copies import near_copies
    from abound.stats.unionfind import chained, components, sizes

    n = frame.height
    if thumbs is None:
        return np.arange(n), []
    sides = np.minimum(frame["width"].to_numpy(), frame["height"].to_numpy())
    large = np.flatnonzero(sides >= _TELLING)
    found = near_copies(thumbs[large])
    # Smaller pictures are alike for want of pixels: of them only equal ones are copies.
    small = np.flatnonzero(sides < _TELLING)
    _, equal = np.unique(thumbs[small].reshape(len(small), thumbs[0].size), axis=0, return_inverse=True)
    groups = components(np.vstack([large[found.pairs], small[chained(equal)]]), n)
    size = sizes(groups)
    if not (size > 1).any():
        return groups, []
    many, sets = int((size > 1).sum()), len(set(groups[size > 1].tolist()))
    where = "" if found.windows > 4 else " (so many images are compared whole and mirrored only, not as crops)"
    return groups, [f"{many:,} images in {sets:,} groups are near-copies of one another and stay together{where}"]


def _object_frame(found: Listing, frame: pl.DataFrame, faults: _Faults) -> pl.DataFrame:
    """Objects of the images that are used, in pixels, inside the image; those without an area are counted."""
    import polars as pl

    key = dict(zip(frame["path"], frame["id"], strict=True))
    size = dict(zip(frame["path"], zip(frame["width"], frame["height"], strict=True), strict=True))
    counts: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for o in found.objects or ():
        if o["path"] not in key:
            counts["objects of images that are left out"] += 1
            continue
        width, height = size[o["path"]]
        if "shares" in o:
            left, top, right, bottom = o["shares"]
            box = [left * width, top * height, right * width, bottom * height]
        else:
            box = [o["left"], o["top"], o["right"], o["bottom"]]
        inside = [min(max(v, 0.0), s) for v, s in zip(box, (width, height) * 2, strict=True)]
        if box[2] - box[0] < _LEAST_SIDE or box[3] - box[1] < _LEAST_SIDE:
            counts["boxes without an area: left out"] += 1
            continue
        if inside[2] - inside[0] < _LEAST_SIDE or inside[3] - inside[1] < _LEAST_SIDE:
            counts["boxes outside their image: left out"] += 1
            continue
        # Shares are written with a few digits, so that a box at the border is over it by rounding.
        counts["boxes beyond the border of their image: cut at it"] += any(
            abs(a - b) > 0.01 for a, b in zip(box, inside, strict=True)
        )
        mask = o.get("mask") or (_polygon(o, width, height) if "polygon" in o else None)
        rows.append({
            "object": o.get("id", len(rows)), "image": key[o["path"]], "class": o["class"], "left": inside[0],
            "top": inside[1], "right": inside[2], "bottom": inside[3], "crowd": o.get("crowd", False), "mask": mask,
        })  # fmt: skip
    found.said += [f"{n:,} {what}" for what, n in counts.items() if n]
    numbers = all(isinstance(r["object"], int) for r in rows)
    types = {
        "object": pl.Int64 if numbers else pl.String, "image": frame["id"].dtype, "class": pl.String,
        "left": pl.Float64, "top": pl.Float64, "right": pl.Float64, "bottom": pl.Float64,
        "crowd": pl.Boolean, "mask": pl.Binary,
    }  # fmt: skip
    if not numbers:
        rows = [{**r, "object": str(r["object"])} for r in rows]
    return pl.DataFrame(rows, schema=types)


def _polygon(o: dict[str, Any], width: int, height: int) -> bytes:
    import json

    from abound.formats.coco import filled
    from abound.pixels import rle

    points = [v * (width, height)[k % 2] for k, v in enumerate(o["polygon"])]
    return json.dumps(rle.encode(filled([points], width, height))).encode()


def _summary(frame: pl.DataFrame, objects: pl.DataFrame | None) -> list[str]:
    """Sizes, kinds and classes in a few sentences."""
    import numpy as np

    sizes = frame.select("width", "height").unique()
    wide, high = frame["width"], frame["height"]
    if sizes.height == 1:
        size = f"{wide[0]} x {high[0]} pixels"
    else:
        spans = [f"{int(np.min(n))} to {int(np.max(n))}" for n in (wide.to_numpy(), high.to_numpy())]
        size = f"{' x '.join(spans)} pixels ({sizes.height:,} sizes)"
    kinds = Counter(f"{c} {b} bits" for c, b in frame.select("colour", "bits").iter_rows())
    kind = ", ".join(f"{k} {n:,}" if len(kinds) > 1 else k for k, n in kinds.most_common())
    out = [f"{frame.height:,} images, {size}, {kind}"]
    if "class" in frame.columns:
        counts = Counter(frame["class"].drop_nulls().to_list())
        out.append(_classes(counts))
        rare = sorted(c for c, n in counts.items() if n < _LEAST_OF_CLASS)
        if rare:
            shown = ", ".join(map(repr, rare[:_SHOWN])) + (" ..." if len(rare) > _SHOWN else "")
            out.append(f"{len(rare):,} classes have too few images to be in every part of a split: {shown}")
    if objects is not None:
        out.append(
            f"{objects.height:,} objects in {objects['image'].n_unique():,} images; "
            + _classes(Counter(objects["class"].to_list()))
        )
    if "mask" in frame.columns:
        out.append(f"{frame['mask'].count():,} of {frame.height:,} images have a mask")
    return out


def _classes(counts: Counter[str]) -> str:
    shown = ", ".join(f"{c} {n:,}" for c, n in counts.most_common(12))
    return f"{len(counts)} classes: {shown}" + (f" and {len(counts) - 12} more" if len(counts) > 12 else "")


def with_metadata(
    frame: pl.DataFrame, folder: Path, options: Mapping[str, Any]
) -> tuple[pl.DataFrame, list[Column], list[str]]:
    """The image rows with the columns of the metadata, and all columns as the schema has them."""
    from abound.core.schema import Column
    from abound.formats.image_folder import metadata

    number = {"kind": "number", "integer": True, "stored": "Int64"}
    own: dict[str, dict[str, Any]] = {
        "id": {"kind": "id", "role": "key"}, "path": {"kind": "asset"}, "width": number, "height": number,
        "colour": {"kind": "category"}, "bits": {**number, "role": "ignore"}, "class": {"kind": "category"},
        "part": {"kind": "category", "role": "ignore"}, "mask": {"kind": "asset"},
        "group": {"kind": "id", "role": "group"},
    }  # fmt: skip
    said: list[str] = []
    beside = metadata(folder)
    extra: list[Column] = []
    if beside is not None:
        frame, extra, said = _joined(frame, beside, options, set(own))
    columns = []
    for name in frame.columns:
        if name not in own or any(c.name == name for c in extra):
            columns.append(next(c for c in extra if c.name == name))
            continue
        levels = (
            tuple(sorted(frame[name].drop_nulls().unique().to_list())) if own[name]["kind"] == "category" else None
        )
        columns.append(Column(name=name, domain=levels, **own[name]))
    known = set(frame.columns)
    for option in ("sensitive", "ignore", "categories"):
        wrong = [n for n in options.get(option) or () if n not in known]
        if wrong:
            raise InputError(f"{option}: the images have no column {wrong[0]!r}: {did_you_mean(wrong[0], known)}")
    roles = {n: r for r in ("sensitive", "ignore") for n in options.get(r) or ()}
    columns = [c.model_copy(update={"role": roles[c.name]}) if c.name in roles else c for c in columns]
    return frame, columns, said


def _joined(
    frame: pl.DataFrame, beside: tuple[str, pl.DataFrame], options: Mapping[str, Any], own: set[str]
) -> tuple[pl.DataFrame, list[Column], list[str]]:
    """Metadata read as a table is, and its rows laid beside the images."""
    import polars as pl

    from abound.core import registry

    name, given = beside
    nested = [c for c, t in given.schema.items() if t.is_nested()]
    clash = sorted((own - {"class"}) & set(given.columns))
    if clash:
        raise InputError(f"{name} has a column {clash[0]!r}, which the images have already: rename it")
    said = [f"{name}: the nested column {c!r} is left out" for c in nested]
    given = given.drop(nested)
    wanted = {"categories": tuple(c for c in options.get("categories") or () if c in given.columns)}
    features = given.drop("file_name")
    if not features.width or given.height < 2:
        return frame, [], said
    read = registry.create("kind", "table").read(features, **wanted)
    table = read.main.with_columns(given["file_name"].alias("path"))
    unlisted = frame.filter(~pl.col("path").is_in(table["path"].implode())).height
    unknown = table.filter(~pl.col("path").is_in(frame["path"].implode())).height
    said += list(read.notes)
    said += [f"{unlisted:,} images are not in {name}: their columns are empty"] if unlisted else []
    said += [f"{unknown:,} lines of {name} name no image that is used: left out"] if unknown else []
    if "class" in table.columns and "class" in frame.columns:
        frame = frame.drop("class")
        said.append(f"the class is that of {name}, not the folder's name")
    return (
        frame.join(table, on="path", how="left", maintain_order="left"),
        list(read.schema.main_table.columns),
        said,
    )


def write_images(data: Dataset, out: Path, layout: str) -> list[Path]:
    """Write a dataset of images in a layout; InputError for an unknown one or where it lacks what that needs."""
    from abound.formats import coco, image_folder, yolo

    if layout not in ("coco", "yolo", "folders"):
        raise InputError(
            f"there is no layout {layout!r} of images: {did_you_mean(layout, ('coco', 'yolo', 'folders'))}"
        )
    images = []
    for k, row in enumerate(data.main.iter_rows(named=True)):
        suffix = Path(row["path"]).suffix if isinstance(row["path"], str) else ".png"
        images.append({**row, "name": f"{k:06d}{suffix}", "data": data.asset(row["path"])})
    if layout == "folders":
        return image_folder.write(images, out)
    if "objects" not in data.tables:
        raise InputError(f"the images have no boxes to write as {layout}")
    objects = [{**o, "id": o["object"]} for o in data.table("objects").iter_rows(named=True)]
    classes = data.schema.tables["objects"].column("class").domain or ()
    writer = coco.write if layout == "coco" else yolo.write
    return writer(images, objects, classes, out)
