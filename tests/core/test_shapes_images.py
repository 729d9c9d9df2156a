"""Images with boxes and masks: pixels, files and inline bytes side by side, and slices over boxes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from abound.core.artifact import Artifact, build_folder, open_folder
from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table, Task
from abound.core.slice import Has, Slice, Term
from tests.planted import digit_images


def small_strokes(area: float, at_least: int = 2) -> Slice:
    """Images with that many boxes of class "stroke" that are smaller than `area`."""
    terms = (Term(column="what", op="==", value="stroke"), Term(column="area", op="<", value=area))
    return Slice(on="images", terms=(Has(table="boxes", terms=terms, at_least=at_least),))


@pytest.mark.parametrize("area", [10, 16, 20.5, 100])
def test_images_with_two_small_strokes(area: float, tmp_path: Path) -> None:
    data = digit_images(tmp_path, 40)
    count = dict.fromkeys(data.main["image"], 0)
    for box in data.table("boxes").iter_rows(named=True):
        count[box["image"]] += box["what"] == "stroke" and box["w"] * box["h"] < area
    assert data.mask(small_strokes(area)).to_list() == [n >= 2 for n in count.values()]
    assert data.mask(small_strokes(area, at_least=1)).to_list() == [n >= 1 for n in count.values()]


def test_the_slice_has_some_images_but_not_all(tmp_path: Path) -> None:
    assert 0 < digit_images(tmp_path, 40).support(small_strokes(20.5)).rows < 40


def test_boxes_know_the_digit_of_their_image(tmp_path: Path) -> None:
    data = digit_images(tmp_path, 40)
    zeros = Slice.parse("what = hole and digit = 0", "boxes")
    digit = dict(data.main.select("image", "digit").rows())
    holes = [
        b for b in data.table("boxes").iter_rows(named=True) if b["what"] == "hole" and digit[b["image"]] == "0"
    ]
    support = data.support(zeros)
    assert support.rows == support.main_rows == len(holes) > 0
    assert data.view("boxes", ["digit"]).height == data.table("boxes").height


def test_pixels_files_and_masks_stay_together(tmp_path: Path) -> None:
    data = digit_images(tmp_path, 12)
    mixed = data.take([5, 5, 3]).concat_with(data.take([5]))
    for row, place in enumerate([5, 5, 3, 5]):
        cell = mixed.main.row(row, named=True)
        pixels = np.array(cell["pixels"], dtype=np.uint8)
        assert (pixels == data.main["pixels"].to_numpy()[place]).all()
        with Image.open(io.BytesIO(mixed.asset(cell["file"]))) as image:
            assert (np.asarray(image) == pixels * 15).all()
        with Image.open(io.BytesIO(mixed.asset(cell["mask"]))) as mask:
            assert (np.asarray(mask) == (pixels > 7) * 255).all()
    assert mixed.main["image"].n_unique() == 4
    assert mixed.support(small_strokes(20.5)).rows == sum(data.mask(small_strokes(20.5)).gather([5, 5, 3, 5]))


def test_an_image_set_is_saved_whole_and_opened_again(tmp_path: Path) -> None:
    data = digit_images(tmp_path / "source", 10)
    build_folder(tmp_path / "art", Artifact(kind="dataset", stage="read", key="k", files={}), data.save)
    open_folder(tmp_path / "art")
    again = Dataset.load(tmp_path / "art")
    assert again.digest == data.digest
    assert again.main.schema["pixels"] == pl.Array(pl.UInt8, (8, 8))
    assert again.asset(again.main["file"][9]) == data.asset("png/9.png")


def columns(frame: pl.DataFrame, **kinds: str) -> tuple[Column, ...]:
    """Columns of a frame: id for names that end in _id, box for corners, number or category else."""
    made = []
    for name, dtype in frame.schema.items():
        kind = "id" if name.endswith("_id") else "number" if dtype.is_numeric() else "category"
        role = "box" if name in ("xmin", "ymin", "xmax", "ymax") else "feature"
        made.append(Column(name=name, kind=kinds.get(name, kind), role=role, integer=dtype.is_integer()))
    return tuple(made)


@pytest.mark.slow
def test_real_blood_smears_with_boxes(real_file: Callable[[str], Path]) -> None:
    images = pl.read_parquet(real_file("images/bccd_images.parquet"))
    boxes = pl.read_parquet(real_file("images/bccd_boxes.parquet"))
    area = (pl.col("xmax") - pl.col("xmin")) * (pl.col("ymax") - pl.col("ymin"))
    boxes = boxes.with_columns(area.alias("area"))
    schema = Schema(
        main="images",
        tables={
            "images": Table(name="images", columns=columns(images, jpeg_320x240="asset"), key="image_id"),
            "boxes": Table(name="boxes", columns=columns(boxes)),
        },
        links=(Link(child="boxes", column="image_id", parent="images"),),
        tasks=(Task(table="boxes", targets=("label_name",), kind="detection"),),
    )
    data = Dataset(schema, {"images": images.lazy(), "boxes": boxes.lazy()})
    small = (Term(column="label_name", op="==", value="Platelets"), Term(column="area", op="<", value=1600))
    found = data.mask(Slice(on="images", terms=(Has(table="boxes", terms=small, at_least=2),)))
    hits = boxes.filter((pl.col("label_name") == "Platelets") & (pl.col("area") < 1600))["image_id"].to_list()
    assert found.to_list() == [hits.count(i) >= 2 for i in images["image_id"]]
    assert 5 < found.sum() < 200
    degenerate = data.support(Slice.parse("area <= 0", "boxes"))
    assert degenerate.rows == boxes.filter(pl.col("area") <= 0).height == 2
    drawn = data.take(np.r_[np.arange(50), np.arange(50)])
    assert drawn.support(Slice(on="boxes")).rows == 2 * data.take(np.arange(50)).support(Slice(on="boxes")).rows
    assert data.digest != drawn.digest


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wbc", "magnetic_tile"])
def test_real_images_with_masks(name: str, real_file: Callable[[str], Path], tmp_path: Path) -> None:
    frame = pl.read_parquet(real_file(f"images/{name}.parquet")).with_row_index("row")
    frame = frame.with_columns(pl.col("row").cast(pl.Int64), pl.col("label_name").cast(pl.String))
    kinds = {"jpeg": "asset", "mask_png": "asset", "row": "id", "mask_size_ok": "bool"}
    schema = Schema(
        main="images",
        tables={"images": Table(name="images", columns=columns(frame, **kinds), key="row")},
        tasks=(Task(table="images", targets=("mask_png",), kind="segmentation"),),
    )
    data = Dataset(schema, {"images": frame.lazy()})
    data.save(tmp_path)
    again = Dataset.load(tmp_path)
    assert again.digest == data.digest
    for row in (0, len(data) - 1):
        cells = again.main.row(row, named=True)
        with Image.open(io.BytesIO(again.asset(cells["mask_png"]))) as mask:
            mask.load()
            assert np.asarray(mask).any() or cells["label_name"] == "Free"
    rare = data.main["label_name"].value_counts(sort=True).row(-1)
    assert data.support(Slice.parse(f"label_name = {rare[0]}", "images")).rows == rare[1]
    assert data.mask(Slice.parse("mask_png is missing", "images")).sum() == frame["mask_png"].null_count()
