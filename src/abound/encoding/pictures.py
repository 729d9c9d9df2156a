"""The pictures and marks of a set of images, decoded once for all that look at them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.errors import InputError, Refusal, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Array = np.ndarray[Any, Any]
LONGEST = 512  # pixels of the longer side at which pictures are looked at
_KEPT_BYTES = 256_000_000


def check_images(data: Dataset) -> None:
    """Refusal where the main table has no column of image files."""
    table = data.schema.main_table
    if not table.has("path") or table.column("path").kind != "asset" or not table.has("width"):
        raise Refusal("the data is no set of images: its main table has no column of image files")


def pictures(data: Dataset) -> Iterator[Array]:
    """Each image in the order of the main table, uint8 or uint16, grey or RGB; its longer side is at most 512."""
    check_images(data)
    kept = _kept(data)
    for k, value in enumerate(data.main["path"].to_list()):
        if k in kept:
            yield kept[k]
            continue
        image = _small(picture(data, value))
        if sum(v.nbytes for v in kept.values()) + image.nbytes <= _KEPT_BYTES:
            kept[k] = image
        yield image


@lru_cache(maxsize=1)
def _kept(data: Dataset) -> dict[int, Array]:
    """What has been decoded of the last dataset (datasets are the same only as objects)."""
    return {}


def picture(data: Dataset, value: str | bytes) -> Array:
    """One image of a dataset, as it is; InputError names the file where it is damaged."""
    from abound.pixels.image import decode

    return decode(data.asset(value), value if isinstance(value, str) else "an image").image


def _small(image: Array) -> Array:
    import cv2

    scale = LONGEST / max(image.shape[:2])
    if scale >= 1:
        return image
    height, width = (max(1, round(n * scale)) for n in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def label_maps(data: Dataset) -> Iterator[Array | None]:
    """The mask of each image as a map of class numbers, or None; Refusal where the images have no masks."""
    from abound.pixels.image import decode_labels

    check_images(data)
    if "mask" not in data.main.columns:
        raise Refusal("the images have no masks")
    for value in data.main["mask"].to_list():
        name = value if isinstance(value, str) else "a mask"
        yield None if value is None else decode_labels(data.asset(value), name)


def class_number(data: Dataset, name: str | int) -> int:
    """The number in the masks of a class by its name; a number stands for itself. Refusal for an unknown name."""
    if isinstance(name, int) or name.isdigit():
        return int(name)
    known = data.schema.main_table.column("mask").domain or ()
    if name not in known:
        hint = (
            did_you_mean(name, known) if known else "classes.txt beside the images would name them; give its number"
        )
        raise Refusal(f"the masks have no class called {name!r}: {hint}")
    return known.index(name)


def marked(data: Dataset, of: str | None) -> pl.DataFrame:
    """Every marked object: image (row of the main table), left, top, right, bottom, area and share of the image.

    From the table of objects, or the connected pieces of a class of the masks. `of` names a class; without it all
    objects count, or the one class of a mask of two values. Refusal where nothing is marked.
    """
    import polars as pl

    check_images(data)
    sizes = data.main.select("width", "height").with_row_index("image").with_columns(pl.col("image").cast(pl.Int64))
    if "objects" in data.tables:
        objects = data.table("objects")
        known = data.schema.tables["objects"].column("class").domain or ()
        if of is not None and of not in known:
            raise InputError(f"there are no objects of the class {of!r}: {did_you_mean(of, known)}")
        rows = objects.filter(pl.col("class") == of) if of is not None else objects
        place = (
            data.main.select(pl.col("id").alias("key"))
            .with_row_index("image")
            .with_columns(pl.col("image").cast(pl.Int64))
        )
        found = rows.rename({"image": "key"}).join(place, on="key", maintain_order="left")
        found = found.select("image", "left", "top", "right", "bottom").with_columns(
            area=(pl.col("right") - pl.col("left")) * (pl.col("bottom") - pl.col("top"))
        )
    else:
        found = _pieces(data, of)
    out = found.join(sizes, on="image", maintain_order="left")
    return out.with_columns(share=pl.col("area") / (pl.col("width") * pl.col("height")))


def _pieces(data: Dataset, of: str | None) -> pl.DataFrame:
    """Connected pieces of one class of the masks, of at least a ten-thousandth of the image."""
    import polars as pl

    from abound.pixels.measures import blobs

    maps = list(label_maps(data))
    if of is None:
        values = sorted({int(v) for m in maps if m is not None for v in np.unique(m)} - {0})
        if len(values) != 1:
            raise Refusal("the masks hold several classes: name one with the parameter 'of'")
        number = values[0]
    else:
        number = class_number(data, of)
    rows = []
    for k, labels in enumerate(maps):
        if labels is not None:
            rows += [[k, *b] for b in blobs(labels == number, max(1, labels.size // 10_000)).tolist()]
    names = ["image", "left", "top", "right", "bottom", "area"]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Float64), orient="row")
    return frame.with_columns(pl.col("image").cast(pl.Int64))


def per_image(data: Dataset, found: pl.DataFrame, value: pl.Expr, empty: Any) -> pl.Series:
    """One value an image over its marked objects; `empty` where it has none."""
    import polars as pl

    grouped = found.group_by("image", maintain_order=True).agg(value.alias("value"))
    rows = pl.DataFrame({"image": np.arange(len(data), dtype=np.int64)})
    out = rows.join(grouped, on="image", how="left", maintain_order="left")["value"]
    return out if empty is None else out.fill_null(empty)
