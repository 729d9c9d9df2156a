"""Slices over linked tables: ancestors, the same row below, support; each against a loop over the rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table
from abound.core.slice import Has, Slice, Term
from abound.errors import InputError, SchemaError, UnknownName
from tests.planted import clips_with_objects, mixed_table, stays_with_events


def is_(column: str, value: Any, op: Any = "==") -> Term:
    return Term(column=column, op=op, value=value)


LINKS = (
    Link(child="frames", column="clip", parent="clips"),
    Link(child="objects", column="frame", parent="frames"),
)


def made(name: str, *columns: str, key: str | None = None) -> Table:
    """A table from "name:kind" texts."""
    return Table(
        name=name, key=key, columns=tuple(Column(name=c.split(":")[0], kind=c.split(":")[1]) for c in columns)
    )


def small() -> Dataset:
    """Two clips, three frames, five objects; object o5 belongs to no frame, frame 3 to no clip."""
    clips = pl.LazyFrame({"id": ["a", "b"], "city": ["x", "y"], "light": ["day", "dusk"]})
    frames = pl.LazyFrame({"id": [1, 2, 3], "clip": ["a", "b", None], "light": ["sun", None, "rain"]})
    objects = pl.LazyFrame(
        {
            "id": ["o1", "o2", "o3", "o4", "o5"],
            "frame": [1, 1, 2, 3, 9],
            "what": ["car", "person", "person", "car", "person"],
            "hidden": [True, False, True, None, True],
        }
    )
    tables = {
        "clips": made("clips", "id:id", "city:category", "light:text", key="id"),
        "frames": made("frames", "id:id", "clip:id", "light:text", key="id"),
        "objects": made("objects", "id:id", "frame:id", "what:category", "hidden:bool", key="id"),
    }
    schema = Schema(main="clips", tables=tables, links=LINKS, group="city")
    return Dataset(schema, {"clips": clips, "frames": frames, "objects": objects})


def test_a_column_comes_from_the_nearest_ancestor() -> None:
    data = small()
    view = data.view("objects", ["what", "light", "city", "clips.light", "frames.id", "clips.id"])
    assert view["light"].to_list() == ["sun", "sun", None, "rain", None]
    assert view["city"].to_list() == ["x", "x", "y", None, None]
    assert view["clips.light"].to_list() == ["day", "day", "dusk", None, None]
    assert view["frames.id"].to_list() == [1, 1, 2, 3, None]
    assert view["clips.id"].to_list() == ["a", "a", "b", None, None]
    assert data.view("frames", []).height == 3
    with pytest.raises(UnknownName, match="did you mean 'hidden'"):
        data.view("objects", ["hiden"])
    with pytest.raises(UnknownName, match="no table"):
        data.table("clip")


def test_a_row_keeps_its_place_in_a_view_of_many() -> None:
    data = clips_with_objects(seed=3)
    frames, objects = data.table("frames"), data.table("objects")
    night = dict(zip(frames["id"], frames["night"], strict=True))
    assert data.view("objects", ["night"])["night"].to_list() == [night[f] for f in objects["frame"]]


def test_the_terms_of_has_hold_on_one_row() -> None:
    hidden_person = (is_("what", "person"), is_("hidden", True))
    data = small()
    assert data.mask(Slice(on="objects", terms=hidden_person)).to_list() == [False, False, True, False, True]
    assert data.mask(Slice(on="frames", terms=(Has(table="objects", terms=hidden_person),))).to_list() == [
        False, True, False,
    ]  # fmt: skip
    # Frame 1 has a hidden row and a person row, but no hidden person: two Has ask for less than one.
    flat = tuple(Has(table="objects", terms=(t,)) for t in hidden_person)
    assert data.mask(Slice(on="frames", terms=flat)).to_list() == [True, True, False]


def test_has_reaches_tables_further_down_and_reads_columns_above_them() -> None:
    data = small()
    hidden = Has(table="objects", terms=(is_("what", "person"), is_("hidden", True)))
    assert data.mask(Slice(on="clips", terms=(hidden,))).to_list() == [False, True]
    in_sun = Has(table="objects", terms=(is_("what", "person"), is_("light", "sun")))
    assert data.mask(Slice(on="clips", terms=(in_sun,))).to_list() == [True, False]
    none = Has(table="objects", terms=(is_("what", "car"),), at_least=0, at_most=0)
    assert data.mask(Slice(on="clips", terms=(none,))).to_list() == [False, True]
    assert data.mask(Slice(on="clips", terms=(Has(table="objects", at_least=2),))).to_list() == [True, False]
    with pytest.raises(UnknownName, match="did you mean 'objects'"):
        data.mask(Slice(on="clips", terms=(Has(table="object"),)))
    with pytest.raises(UnknownName, match="'objects' has no table 'frames' below it"):
        data.mask(Slice(on="objects", terms=(Has(table="frames"),)))


def test_support_counts_rows_main_rows_and_groups() -> None:
    data = small()
    persons = data.support(Slice(on="objects", terms=(is_("what", "person"),)))
    # o5 belongs to nothing: a row, but no clip's.
    assert (persons.rows, persons.main_rows, persons.groups) == (3, 2, 2)
    cars = data.support(Slice(on="objects", terms=(is_("what", "car"),)))
    assert (cars.rows, cars.main_rows, cars.groups) == (2, 1, 1)
    assert data.support(Slice(on="objects", terms=(is_("what", "bus"),))).main_rows == 0
    clips = data.support(Slice(on="clips"))
    assert (clips.rows, clips.main_rows, clips.groups) == (2, 2, 2)


def test_support_of_a_table_above_the_main_table() -> None:
    data = small()
    lower = Dataset(data.schema.model_copy(update={"main": "frames", "group": "clip"}), data.tables)
    found = lower.support(Slice(on="clips", terms=(is_("city", "x"),)))
    assert (found.rows, found.main_rows, found.groups) == (1, 1, 1)
    assert lower.support(Slice(on="objects", terms=(is_("what", "person"),))).main_rows == 2


def test_groups_are_counted_once() -> None:
    data = stays_with_events(200, seed=1)
    old = data.support(Slice(on="stays", terms=(is_("age", 60, ">="),)))
    frame = data.main.filter(pl.col("age") >= 60)
    assert (old.rows, old.main_rows, old.groups) == (frame.height, frame.height, frame["person"].n_unique())
    assert old.groups < old.rows
    flat = mixed_table(100).support(Slice.parse("job = pilot", "rows"))
    assert flat.rows == flat.main_rows == flat.groups


cells = st.none() | st.integers(0, 2)


@given(
    clips=st.lists(cells, min_size=1, max_size=4),
    frames=st.lists(st.tuples(st.none() | st.integers(0, 4), cells), max_size=6),
    objects=st.lists(st.tuples(st.none() | st.integers(0, 7), cells, cells), max_size=12),
    least=st.integers(0, 3),
    most=st.none() | st.integers(3, 4),
    wanted=st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)),
)
def test_slices_over_three_levels_agree_with_loops(
    clips: list[Any], frames: list[Any], objects: list[Any], least: int, most: int | None, wanted: tuple[int, ...]
) -> None:
    data = _three_levels(clips, frames, objects)
    terms = (is_("u", wanted[0]), is_("v", wanted[1], ">="), is_("night", wanted[2], "!="))
    has = Has(table="objects", terms=terms, at_least=least, at_most=most)

    def holds(row: tuple[Any, Any, Any]) -> bool:
        frame, u, v = row
        night = frames[frame][1] if frame is not None and frame < len(frames) else None
        return u == wanted[0] and v is not None and v >= wanted[1] and night is not None and night != wanted[2]

    hit = [holds(o) for o in objects]
    assert data.mask(Slice(on="objects", terms=terms)).to_list() == hit
    per_frame = [sum(h and o[0] == f for o, h in zip(objects, hit, strict=True)) for f in range(len(frames))]
    top = 10**9 if most is None else most
    assert data.mask(Slice(on="frames", terms=(has,))).to_list() == [least <= n <= top for n in per_frame]
    owners = [frames[o[0]][0] if o[0] is not None and o[0] < len(frames) else None for o in objects]
    per_clip = [sum(h and w == c for w, h in zip(owners, hit, strict=True)) for c in range(len(clips))]
    assert data.mask(Slice(on="clips", terms=(has,))).to_list() == [least <= n <= top for n in per_clip]
    support = data.support(Slice(on="objects", terms=terms))
    mine = {w for w, h in zip(owners, hit, strict=True) if h and w is not None and w < len(clips)}
    assert (support.rows, support.main_rows) == (sum(hit), len(mine))
    assert support.groups == len({clips[c] for c in mine})


def _three_levels(clips: list[Any], frames: list[Any], objects: list[Any]) -> Dataset:
    tables = {
        "clips": made("clips", "id:id", "g:number", key="id"),
        "frames": made("frames", "id:id", "clip:id", "night:number", key="id"),
        "objects": made("objects", "frame:id", "u:number", "v:number"),
    }
    schema = Schema(main="clips", tables=tables, links=LINKS, group="g")

    def ints(values: Any) -> pl.Series:
        return pl.Series(list(values), dtype=pl.Int64)

    return Dataset(
        schema,
        {
            "clips": pl.LazyFrame({"id": ints(range(len(clips))), "g": ints(clips)}),
            "frames": pl.LazyFrame(
                {
                    "id": ints(range(len(frames))),
                    "clip": ints(f[0] for f in frames),
                    "night": ints(f[1] for f in frames),
                }
            ),
            "objects": pl.LazyFrame(
                {
                    "frame": ints(o[0] for o in objects),
                    "u": ints(o[1] for o in objects),
                    "v": ints(o[2] for o in objects),
                }
            ),
        },
    )


@pytest.mark.parametrize(
    ("table", "frame", "word"),
    [
        ("clips", pl.DataFrame({"id": ["a", "a"], "city": ["x", "y"], "light": ["s", "s"]}), "'a' twice"),
        ("clips", pl.DataFrame({"id": ["a", None], "city": ["x", "y"], "light": ["s", "s"]}), "empty cells"),
        ("clips", pl.DataFrame({"id": [1, 2], "city": ["x", "y"], "light": ["s", "s"]}), "read both as one type"),
        ("frames", pl.DataFrame({"id": [1, 2, 3], "light": ["s", "s", "s"]}), "lacks its link column 'clip'"),
        ("frames", pl.DataFrame({"clip": ["a"], "light": ["s"]}), "lacks its key column 'id'"),
    ],
)
def test_keys_that_do_not_name_one_row_are_refused(table: str, frame: pl.DataFrame, word: str) -> None:
    data = small().with_table(table, frame)
    with pytest.raises(SchemaError, match=word):
        data.mask(Slice(on="frames", terms=(is_("city", "x"),)))
    with pytest.raises(SchemaError, match=word):
        data.take([0])


def test_select_is_about_main_rows() -> None:
    data = small()
    kept = data.select(Slice(on="clips", terms=(Has(table="objects", terms=(is_("what", "car"),)),)))
    assert kept.main["id"].to_list() == ["a"]
    assert kept.table("objects")["id"].to_list() == ["o1", "o2"]
    with pytest.raises(InputError, match="main table 'clips'"):
        data.select(Slice(on="objects"))
