"""Which rows must stay together: planted groups, keys and copies, and their union."""

import numpy as np
import polars as pl
import pytest

from abound.core.schema import Column
from abound.encoding.near_duplicates import near_duplicates
from abound.encoding.together import together
from abound.errors import InputError
from tests.planted import clips_with_objects, digit_images, mixed_table, stays_with_events


def same(units, a, b):
    return units.of[a] == units.of[b]


def test_rows_of_a_plain_table_are_their_own():
    units = together(mixed_table(200), "auto")
    assert units.count == 200
    assert units.groups() is None
    assert units.notes == ()


def test_groups_and_copies_are_joined_where_they_overlap():
    data = mixed_table(200, nulls=False)
    frame = pl.concat([data.main, data.main[[0, 1]]]).with_columns(who=pl.int_range(pl.len()) // 2)
    columns = (*data.schema.main_table.columns, Column(name="who", kind="id", role="group"))
    schema = data.schema.with_columns("rows", columns).model_copy(update={"group": "who"})
    units = together(data.with_table("rows", frame, schema), "auto")
    # Rows 0 and 1 are one person, 200 and 201 copies of them and another person.
    assert len({int(units.of[i]) for i in (0, 1, 200, 201)}) == 1
    assert units.count == 100
    assert units.reasons == ("group who", "near-duplicates")


def test_equal_rows_below_are_needed_for_a_copy():
    data = stays_with_events(60, seed=1)
    twice = data.concat_with(data.take([5]))
    assert (np.bincount(near_duplicates(twice, "exact")) > 1).sum() == 1
    assert (np.bincount(near_duplicates(twice, "auto")) > 1).sum() == 1
    other = data.main.with_columns(age=pl.lit(50))
    assert (np.bincount(near_duplicates(data.with_table("stays", other), "exact")) > 1).sum() == 0


def test_equal_images_are_copies(tmp_path):
    data = digit_images(tmp_path, 30)
    assert together(data, "auto").count == 30
    assert together(data.concat_with(data.take([3, 7])), "auto").count == 30


def test_a_key_in_a_table_below_joins_its_owners():
    data = stays_with_events(40, seed=2)
    events = data.table("events").with_columns(device=pl.Series("device", [f"d{i}" for i in range(320)]))
    first = [events["stay"].to_list().index(s) for s in data.main["stay"].to_list()[:2]]
    device = events["device"].scatter(first, ["shared", "shared"])
    events = events.with_columns(device)
    columns = (*data.schema.tables["events"].columns, Column(name="device", kind="id", role="key"))
    joined = data.with_table("events", events, data.schema.with_columns("events", columns))
    alone = together(
        data.with_table("stays", data.main.with_columns(person=pl.col("stay").cast(pl.String))), "none"
    )
    assert alone.count == 40
    person = joined.main.with_columns(person=pl.col("stay").cast(pl.String))
    units = together(joined.with_table("stays", person), "none")
    assert same(units, 0, 1)
    assert units.count == 39


def test_rows_below_one_parent_stay_together():
    clips = clips_with_objects(6, seed=1)
    schema = clips.schema.model_copy(update={"main": "frames", "group": None, "tasks": ()})
    units = together(clips.with_table("frames", clips.table("frames"), schema), "none")
    assert units.count == 6
    assert "key clip" in units.reasons


def test_another_word_is_one_sentence():
    with pytest.raises(InputError, match="near_duplicates is 'exct'"):
        together(mixed_table(40), "exct")
