"""PhysioNet/CinC Challenge 2012 (Silva et al. 2012) as records, its splits, and what generators make of it.

Splits are random by person, 60/20/20, stratified by outcome and set, because the given sets are not exchangeable.
Seeds from 100 up are for development and read train and tune only; 0 to 4 are the judged ones and read train and
test.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core.artifact import Artifact, build_folder, is_sound
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.model import digest_of
from abound.core.registry import create
from abound.core.schema import Column, Link, Schema, Table, Task
from benchmarks.rows import DATA
from benchmarks.shards import HERE, _code

HOURS, STEP = 48, 3
CELLS = HOURS // STEP
JUDGED = 5


@cache
def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Stays and events: unknown codes (below 0) are missing, values are cut at the 0.1 and 99.9 percentiles."""
    stays = pl.read_parquet(DATA / "ehr" / "physionet2012_stays.parquet")
    events = pl.read_parquet(DATA / "ehr" / "physionet2012_events.parquet")

    def known(name: str) -> pl.Expr:
        return pl.when(pl.col(name) >= 0).then(pl.col(name)).cast(pl.Float64).round(1).alias(name)

    stays = stays.select(
        pl.col("record_id").cast(pl.Int64).alias("stay"), pl.col("age").cast(pl.Int64),
        pl.when(pl.col("gender") == 0).then(pl.lit("F")).when(pl.col("gender") == 1).then(pl.lit("M")).alias("sex"),
        known("height"), known("weight"), pl.col("icu_type").cast(pl.String),
        pl.col("in_hospital_death").cast(pl.String).alias("died"), "set",
    )  # fmt: skip
    events = events.filter(pl.col("value") >= 0).select(
        pl.col("record_id").cast(pl.Int64).alias("stay"), pl.col("minute").cast(pl.Int64).alias("minutes"),
        pl.col("parameter").cast(pl.String).alias("code"), pl.col("value").cast(pl.Float64).round(2),
    )  # fmt: skip
    low, high = (pl.col("value").quantile(q).over("code") for q in (0.001, 0.999))
    return stays, events.with_columns(pl.col("value").clip(low, high)).sort("stay", "minutes", "code")


def parts(seed: int) -> list[Dataset]:
    """Train, tune and test of one split."""
    stays, events = tables()
    rng = np.random.default_rng(seed)
    strata = (stays["died"] + stays["set"]).to_numpy()
    part = np.zeros(len(strata), dtype=np.int64)
    for level in sorted(set(strata)):
        rows = rng.permutation(np.flatnonzero(strata == level))
        part[rows] = np.digitize(np.arange(len(rows)), [round(0.6 * len(rows)), round(0.8 * len(rows))])
    out = []
    for k in range(3):
        own = stays.filter(pl.Series(part == k)).drop("set")
        out.append(_dataset(own, events.filter(pl.col("stay").is_in(own["stay"].implode()))))
    return out


def _dataset(stays: pl.DataFrame, events: pl.DataFrame) -> Dataset:
    codes = tuple(tables()[1]["code"].unique().sort().to_list())
    schema = Schema(
        main="stays", group="stay",
        tables={
            "stays": Table(name="stays", key="stay", columns=(
                Column(name="stay", kind="id", role="key"), Column(name="age", kind="number", integer=True),
                Column(name="sex", kind="category", domain=("F", "M")), Column(name="height", kind="number"),
                Column(name="weight", kind="number"), Column(name="icu_type", kind="category",
                domain=tuple("1234")), Column(name="died", kind="category", role="target", domain=("0", "1")),
            )),
            "events": Table(name="events", columns=(
                Column(name="stay", kind="id", role="key"), Column(name="minutes", kind="number", role="time",
                integer=True), Column(name="code", kind="category", role="event", domain=codes),
                Column(name="value", kind="number"),
            )),
        },
        links=(Link(child="events", column="stay", parent="stays"),),
        tasks=(Task(table="stays", targets=("died",), kind="classification", positive="1"),),
    )  # fmt: skip
    return Dataset(schema, {"stays": stays.lazy(), "events": events.lazy()}, split="train")


def synthetic(task: dict[str, Any]) -> Dataset:
    """As many synthetic stays as train has, made once for all measures."""
    key = digest_of(_code(Path(__file__)), {k: task[k] for k in ("split", "seed", "generator", "params", "stays")})
    folder = HERE / "work" / "records" / "synthetic" / key[:24]
    if not is_sound(folder):
        train = cut(parts(task["split"])[0], task["stays"])
        sampler = create("generator", task["generator"], task["params"]).fit(train, Context(seed=task["seed"]))
        made = sampler.sample(len(train), rng=np.random.default_rng(task["seed"]))
        build_folder(folder, Artifact(kind="records", stage="benchmark", key=key, files={}), made.save)
    return Dataset.load(folder)


def cut(data: Dataset, stays: int | None) -> Dataset:
    """The first stays only, for quick runs."""
    return data if stays is None or len(data) <= stays else data.take(range(stays))


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One fit for each judged split; quick: one small fit on the development split."""
    task: dict[str, Any] = {"generator": "visits", "params": {}, "seed": 0, "stays": None}
    if quick:
        return [{**task, "split": 100, "stays": 300, "params": {"minutes": 0.2, "size": "small"}}]
    return [{**task, "split": s} for s in range(JUDGED)]


def judge(task: dict[str, Any]) -> tuple[Dataset, Dataset, Dataset]:
    """Train, the stays that judge (tune on a development split, test on a judged one), and the synthetic ones."""
    train, tune, test = parts(task["split"])
    return cut(train, task["stays"]), test if task["split"] < 100 else tune, synthetic(task)


def grid(data: Dataset) -> np.ndarray[Any, Any]:
    """float64 (stays, 16, codes): the mean of each 3-hour cell, nan where it is empty."""
    codes = data.schema.tables["events"].column("code").domain or ()
    rows = pl.DataFrame({"stay": data.main["stay"], "row": np.arange(len(data))})
    numbers = pl.DataFrame({"code": codes, "number": np.arange(len(codes))})
    events = data.table("events").join(rows, on="stay").join(numbers, on="code").drop_nulls("value")
    step = np.minimum(events["minutes"].to_numpy() // (60 * STEP), CELLS - 1)
    place = (events["row"].to_numpy() * CELLS + step) * len(codes) + events["number"].to_numpy()
    size = len(data) * CELLS * len(codes)
    count = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=events["value"].to_numpy(), minlength=size)
    cells = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return cells.reshape(len(data), CELLS, len(codes))


def summaries(data: Dataset) -> np.ndarray[Any, Any]:
    """float64 (stays, 8 + 6 a code): statics; first, last, least, greatest, mean and number of cells a code."""
    cells = grid(data)
    known = ~np.isnan(cells)
    some = known.any(axis=1)
    first = np.take_along_axis(cells, known.argmax(1)[:, None], 1)[:, 0]
    last = np.take_along_axis(cells, CELLS - 1 - known[:, ::-1].argmax(1)[:, None], 1)[:, 0]
    least = np.where(some, np.where(known, cells, np.inf).min(1), np.nan)
    most = np.where(some, np.where(known, cells, -np.inf).max(1), np.nan)
    count = known.sum(1)
    mean = np.where(some, np.where(known, cells, 0.0).sum(1) / np.maximum(count, 1), np.nan)
    main = data.main
    statics = [main[c].cast(pl.Float64).to_numpy() for c in ("age", "height", "weight")]
    statics += [(main["sex"] == "M").cast(pl.Float64).to_numpy()]
    statics += [(main["icu_type"] == level).cast(pl.Float64).to_numpy() for level in "1234"]
    return np.column_stack([*statics, first, last, least, most, mean, count])


def outcome(data: Dataset) -> np.ndarray[Any, Any]:
    """int64 (stays): 1 for death in hospital."""
    return (data.main["died"] == "1").to_numpy().astype(np.int64)
