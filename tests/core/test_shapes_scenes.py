"""Clips, frames and objects: "a pedestrian who is occluded", asked of objects, frames and clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table
from abound.core.slice import Has, Slice, Term
from tests.planted import clips_with_objects

HIDDEN_WALKER = (Term(column="what", op="==", value="pedestrian"), Term(column="occluded", op="==", value=True))


def at(on: str, at_least: int = 1) -> Slice:
    """The hidden walker on that table."""
    terms = HIDDEN_WALKER if on == "objects" else (Has(table="objects", terms=HIDDEN_WALKER, at_least=at_least),)
    return Slice(on=on, terms=terms)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_question_on_three_levels(seed: int) -> None:
    data = clips_with_objects(12, seed=seed)
    frame_of = dict(zip(data.table("frames")["id"], data.table("frames")["clip"], strict=True))
    hit = [
        (o["frame"], frame_of[o["frame"]])
        for o in data.table("objects").iter_rows(named=True)
        if o["what"] == "pedestrian" and o["occluded"]
    ]
    assert data.support(at("objects")).rows == len(hit)
    assert data.support(at("frames")).rows == len({f for f, _ in hit})
    clips = [c for _, c in hit]
    assert data.mask(at("clips")).to_list() == [c in clips for c in data.main["id"]]
    assert data.mask(at("clips", 2)).to_list() == [clips.count(c) >= 2 for c in data.main["id"]]
    for on in ("objects", "frames", "clips"):
        assert data.support(at(on)).main_rows == len(set(clips))
    city = dict(data.main.select("id", "city").rows())
    assert data.support(at("objects")).groups == len({city[c] for c in clips})


def test_two_in_a_clip_need_not_be_two_in_a_frame() -> None:
    data = clips_with_objects(30, seed=9)
    in_frames = set(data.table("frames").filter(data.mask(at("frames", 2)))["clip"])
    in_clips = set(data.main.filter(data.mask(at("clips", 2)))["id"])
    assert in_frames < in_clips


def test_the_light_of_the_frame_and_the_city_of_the_clip_are_asked_on_the_object() -> None:
    data = clips_with_objects(20, seed=5)
    more = (*HIDDEN_WALKER, Term(column="night", op="==", value=True), Term(column="city", op="==", value="city1"))
    objects = data.support(Slice(on="objects", terms=more))
    clips = data.support(Slice(on="clips", terms=(Has(table="objects", terms=more),)))
    assert 0 < clips.rows == objects.main_rows <= objects.rows
    # Somewhere at night, and somewhere a hidden walker, is a weaker demand.
    flat = (Has(table="objects", terms=HIDDEN_WALKER), Has(table="frames", terms=(more[2],)), more[3])
    assert data.support(Slice(on="clips", terms=flat)).rows > clips.rows


@pytest.mark.slow
def test_real_clips_with_frames(real_file: Callable[[str], Path]) -> None:
    path = real_file("driving/camvid/frames.csv")
    frames = pl.read_csv(path).drop("original_split")
    clips = frames.select("clip").unique(maintain_order=True)
    assets = {"image": "images/" + frames["frame"] + ".jpg", "label": "labels/" + frames["frame"] + ".png"}
    frames = frames.with_columns(**assets)
    numbers = tuple(Column(name=n, kind="number", integer=True) for n, t in frames.schema.items() if t.is_numeric())
    columns = (
        Column(name="frame", kind="id"),
        Column(name="clip", kind="id"),
        *numbers,
        Column(name="image", kind="asset"),
        Column(name="label", kind="asset"),
    )
    schema = Schema(
        main="clips",
        tables={
            "clips": Table(name="clips", columns=(Column(name="clip", kind="id"),), key="clip"),
            "frames": Table(name="frames", columns=columns, key="frame"),
        },
        links=(Link(child="frames", column="clip", parent="clips"),),
        group="clip",
    )
    data = Dataset(schema, {"clips": clips.lazy(), "frames": frames.lazy()}, assets=path.parent)
    on_road = data.support(Slice.parse("pedestrians_on_road > 0", "frames"))
    assert (on_road.rows, on_road.main_rows, on_road.groups) == (151, 3, 3)
    dark = Slice.parse("pedestrians_on_road > 0 and mean_brightness < 80", "frames")
    lifted = Slice(on="clips", terms=(Has(table="frames", terms=dark.terms),))
    want = frames.filter((pl.col("pedestrians_on_road") > 0) & (pl.col("mean_brightness") < 80))["clip"].unique()
    assert set(data.main.filter(data.mask(lifted))["clip"]) == set(want)
    assert len(data.asset(frames["image"][0])) > 1000
    twice = data.take([0, 0])
    assert twice.table("frames").height == 2 * frames.filter(pl.col("clip") == clips["clip"][0]).height
