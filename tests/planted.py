"""Data with a known truth: what a test plants, a check must find."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table, Task


def mixed_table(n: int = 600, seed: int = 0, *, nulls: bool = True, rare: float = 0.1) -> Dataset:
    """A mixed-type table with a binary target: correlated numbers, an integer, categories, a bool, a date, nulls.

    y depends on income, age and job, with a share `rare` of "yes".
    """
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]])
    age = np.clip(40 + 12 * z[:, 0], 18, 90).round().astype(int)
    income = np.exp(10 + 0.5 * z[:, 1])
    job = rng.choice(["clerk", "nurse", "pilot", "smith"], size=n, p=[0.4, 0.3, 0.2, 0.1])
    member = rng.random(n) < 0.3
    since = np.datetime64("2015-01-01") + rng.integers(0, 3000, n).astype("timedelta64[D]")
    score = z[:, 1] + 0.5 * z[:, 0] + (job == "pilot") * 1.0 + rng.normal(scale=0.7, size=n)
    y = np.where(score > np.quantile(score, 1 - rare), "yes", "no")
    frame = pl.DataFrame(
        {
            "age": age,
            "income": income,
            "job": job,
            "member": member,
            "since": pl.Series(since).cast(pl.Datetime("us")),
            "y": y,
        }
    )
    if nulls:
        hole = pl.Series(rng.random(n) < 0.1)
        frame = frame.with_columns(pl.when(hole).then(None).otherwise(pl.col("income")).alias("income"))
    return Dataset(mixed_schema(), {"rows": frame.lazy()}, split="train")


def mixed_schema() -> Schema:
    """The schema of `mixed_table`."""
    columns = (
        Column(name="age", kind="number", integer=True),
        Column(name="income", kind="number"),
        Column(name="job", kind="category", domain=("clerk", "nurse", "pilot", "smith")),
        Column(name="member", kind="bool"),
        Column(name="since", kind="time"),
        Column(name="y", kind="category", role="target", domain=("no", "yes")),
    )
    return Schema(
        main="rows",
        tables={"rows": Table(name="rows", columns=columns)},
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="yes"),),
    )


def stays_with_events(n: int = 60, seed: int = 0) -> Dataset:
    """Hospital stays (about two a person, the group) with lab events: value by parameter, some values missing.

    Many stays have a lactate row and some row above 4; few have a lactate row above 4.
    """
    rng = np.random.default_rng(seed)
    stays = pl.DataFrame(
        {
            "stay": np.arange(n) + 1000,
            "person": [f"p{i}" for i in rng.integers(0, max(n // 2, 1), n)],
            "age": rng.integers(18, 95, n),
            "died": rng.choice(["no", "yes"], n, p=[0.8, 0.2]),
        }
    )
    m = n * 8
    parameter = rng.choice(["lactate", "heart_rate", "urea"], m)
    scale = np.select([parameter == "lactate", parameter == "urea"], [2.0, 8.0], 85.0)
    value = pl.Series(scale * rng.lognormal(sigma=0.4, size=m))
    events = pl.DataFrame(
        {
            "stay": rng.integers(0, n, m) + 1000,
            "minute": rng.integers(0, 2880, m),
            "parameter": parameter,
            "value": value.scatter(np.flatnonzero(rng.random(m) < 0.05), None),
        }
    )
    return Dataset(stays_schema(), {"stays": stays.lazy(), "events": events.sort("stay", "minute").lazy()})


def stays_schema() -> Schema:
    """The schema of `stays_with_events`."""
    stays = (
        Column(name="stay", kind="id", role="key"),
        Column(name="person", kind="id", role="group"),
        Column(name="age", kind="number", integer=True),
        Column(name="died", kind="category", role="target", domain=("no", "yes")),
    )
    events = (
        Column(name="stay", kind="id", role="key"),
        Column(name="minute", kind="number", role="time", integer=True),
        Column(name="parameter", kind="category", role="event", domain=("heart_rate", "lactate", "urea")),
        Column(name="value", kind="number"),
    )
    return Schema(
        main="stays",
        tables={
            "stays": Table(name="stays", columns=stays, key="stay"),
            "events": Table(name="events", columns=events),
        },
        links=(Link(child="events", column="stay", parent="stays"),),
        group="person",
        tasks=(Task(table="stays", targets=("died",), kind="classification", positive="yes"),),
    )


def clips_with_objects(n: int = 6, seed: int = 0) -> Dataset:
    """Three levels: clips (grouped by city), 5 frames a clip, 0 to 4 objects a frame. Every table has an "id"."""
    rng = np.random.default_rng(seed)
    clips = pl.DataFrame({"id": [f"c{i}" for i in range(n)], "city": [f"city{i % 3}" for i in range(n)]})
    frame_clip = np.repeat(np.arange(n), 5)
    frames = pl.DataFrame(
        {
            "id": np.arange(5 * n),
            "clip": [f"c{i}" for i in frame_clip],
            "step": np.tile(np.arange(5), n),
            "night": rng.random(5 * n) < 0.3,
        }
    )
    object_frame = np.repeat(np.arange(5 * n), rng.integers(0, 5, 5 * n))
    m = len(object_frame)
    objects = pl.DataFrame(
        {
            "id": [f"o{i}" for i in range(m)],
            "frame": object_frame,
            "what": rng.choice(["car", "pedestrian", "cyclist"], m, p=[0.6, 0.3, 0.1]),
            "occluded": pl.Series(rng.random(m) < 0.3),
            "left": rng.uniform(0, 400, m),
            "width": rng.uniform(5, 80, m),
        }
    )
    return Dataset(clips_schema(), {"clips": clips.lazy(), "frames": frames.lazy(), "objects": objects.lazy()})


def clips_schema() -> Schema:
    """The schema of `clips_with_objects`."""
    clips = (
        Column(name="id", kind="id", role="key"),
        Column(name="city", kind="category", role="group", domain=("city0", "city1", "city2")),
    )
    frames = (
        Column(name="id", kind="id", role="key"),
        Column(name="clip", kind="id", role="key"),
        Column(name="step", kind="number", role="order", integer=True),
        Column(name="night", kind="bool"),
    )
    objects = (
        Column(name="id", kind="id", role="key"),
        Column(name="frame", kind="id", role="key"),
        Column(name="what", kind="category", role="target", domain=("car", "pedestrian", "cyclist")),
        Column(name="occluded", kind="bool"),
        Column(name="left", kind="number", role="box"),
        Column(name="width", kind="number", role="box"),
    )
    return Schema(
        main="clips",
        tables={
            "clips": Table(name="clips", columns=clips, key="id"),
            "frames": Table(name="frames", columns=frames, key="id"),
            "objects": Table(name="objects", columns=objects, key="id"),
        },
        links=(
            Link(child="frames", column="clip", parent="clips"),
            Link(child="objects", column="frame", parent="frames"),
        ),
        group="city",
        tasks=(Task(table="objects", targets=("what",), kind="detection"),),
    )


def digit_images(folder: Path, n: int = 40, seed: int = 0) -> Dataset:
    """The first digits of scikit-learn as images: an 8x8 array, a PNG file, an ink mask (PNG bytes), and boxes.

    A box (class "stroke") surrounds the ink of each half of the image that has any; a digit with a hole in the
    middle gets one more (class "hole").
    """
    from PIL import Image

    pixels, label = _digits(n)
    (folder / "png").mkdir(parents=True, exist_ok=True)
    masks, boxes = [], []
    for i, image in enumerate(pixels):
        Image.fromarray(image * 15).save(folder / f"png/{i}.png")
        buffer = io.BytesIO()
        Image.fromarray((image > 7).astype(np.uint8) * 255).save(buffer, format="PNG")
        masks.append(buffer.getvalue())
        boxes += [(f"d{i}", *box) for box in _ink_boxes(image)]
    images = pl.DataFrame(
        {
            "image": [f"d{i}" for i in range(n)],
            "pixels": pl.Series(pixels),
            "file": [f"png/{i}.png" for i in range(n)],
            "mask": masks,
            "digit": label.astype(str),
        }
    )
    box_table = pl.DataFrame(
        boxes,
        schema={"image": pl.String, "what": pl.String, "x": pl.Float64, "y": pl.Float64, "w": pl.Float64,
                "h": pl.Float64, "area": pl.Float64},
        orient="row",
    )  # fmt: skip
    return Dataset(digit_schema(), {"images": images.lazy(), "boxes": box_table.lazy()}, assets=folder)


def _digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first n digits and their labels, from the file in scikit-learn (importing it would take seconds)."""
    package = Path(importlib.util.find_spec("sklearn").origin).parent
    table = np.loadtxt(package / "datasets/data/digits.csv.gz", delimiter=",", max_rows=n, dtype=np.uint8)
    return table[:, :64].reshape(n, 8, 8), table[:, 64]


def _ink_boxes(image: np.ndarray) -> list[tuple]:
    boxes = []
    for top in (0, 4):
        rows, columns = np.nonzero(image[top : top + 4] > 7)
        if len(rows):
            x, y = columns.min(), rows.min() + top
            w, h = np.ptp(columns) + 1, np.ptp(rows) + 1
            boxes.append(("stroke", *map(float, (x, y, w, h, w * h))))
    if image[3:5, 3:5].max() < 4:
        boxes.append(("hole", 3.0, 3.0, 2.0, 2.0, 4.0))
    return boxes


def digit_schema() -> Schema:
    """The schema of `digit_images`."""
    images = (
        Column(name="image", kind="id", role="key"),
        Column(name="pixels", kind="array", shape=(8, 8)),
        Column(name="file", kind="asset"),
        Column(name="mask", kind="asset", role="source"),
        Column(name="digit", kind="category", role="target", domain=tuple("0123456789")),
    )
    boxes = (
        Column(name="image", kind="id", role="key"),
        Column(name="what", kind="category", domain=("stroke", "hole")),
        *(Column(name=c, kind="number", role="box") for c in "xywh"),
        Column(name="area", kind="number"),
    )
    return Schema(
        main="images",
        tables={
            "images": Table(name="images", columns=images, key="image"),
            "boxes": Table(name="boxes", columns=boxes),
        },
        links=(Link(child="boxes", column="image", parent="images"),),
        tasks=(Task(table="images", targets=("digit",), kind="classification"),),
    )


def three_ways(n: int = 600, seed: int = 0, group: bool = False) -> tuple[Dataset, dict[str, np.ndarray]]:
    """Two classes of two boxes of rows each, with planted rows; returns the positions of each kind of them.

    "rare": 15 rows of a cluster of their own, of class "a", amid nothing; "outlier": 8 rows far from all others and
    from each other; "label_error": 12 rows of the class that their cluster has not. A category says nothing. With
    `group` three rows of a cluster make a site.
    """
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0, 0], [5, 5, 0, 0], [0, 5, 5, 0], [5, 0, 5, 5]], dtype=float)
    cluster = rng.integers(4, size=n)
    x = centres[cluster] + rng.uniform(-1.5, 1.5, size=(n, 4))
    label = np.where(cluster < 2, "a", "b")
    places = rng.permutation(n)
    rare, outlier, wrong = places[:15], places[15:23], places[23:35]
    x[rare] = np.array([-3.0, 3.0, 4.0, -3.0]) + rng.normal(scale=0.5, size=(15, 4))
    label[rare] = "a"
    x[outlier] = 25 * rng.choice([-1, 1], size=(8, 4)) * rng.uniform(0.5, 1.5, size=(8, 4))
    label[wrong] = np.where(label[wrong] == "a", "b", "a")
    frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(4)}).with_columns(
        pl.Series("colour", rng.choice(["blue", "red"], n)), pl.Series("y", label)
    )
    columns = [Column(name=f"x{i}", kind="number") for i in range(4)]
    columns += [
        Column(name="colour", kind="category", domain=("blue", "red")),
        Column(name="y", kind="category", role="target", domain=("a", "b")),
    ]
    if group:
        cluster[rare] = 4
        site = np.empty(n, dtype=int)
        site[np.argsort(cluster, kind="stable")] = np.arange(n) // 3
        frame = frame.with_columns(pl.Series("site", site))
        columns.append(Column(name="site", kind="id", role="group"))
    schema = Schema(
        main="rows", tables={"rows": Table(name="rows", columns=tuple(columns))}, group="site" if group else None,
        tasks=(Task(table="rows", targets=("y",), kind="classification"),),
    )  # fmt: skip
    planted = {"rare": np.sort(rare), "outlier": np.sort(outlier), "label_error": np.sort(wrong)}
    return Dataset(schema, {"rows": frame.lazy()}, split="train"), planted
