"""Taking, repeating and joining rows: children follow their parents and keys never collide."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table
from abound.core.slice import Has, Slice, Term
from abound.errors import InputError, SchemaError
from tests.planted import clips_with_objects, mixed_table, stays_with_events

CAR_AT_NIGHT = (Term(column="what", op="==", value="car"), Term(column="night", op="==", value=True))
NIGHT_CARS = Slice(on="clips", terms=(Has(table="objects", terms=CAR_AT_NIGHT),))


def story(data: Dataset, clip: str) -> list[list[tuple]]:
    """A clip without its keys: for each frame its step, its light, and its objects."""
    frames = data.table("frames").filter(pl.col("clip") == clip)
    objects = data.table("objects")
    seen = []
    for frame in frames.iter_rows(named=True):
        mine = objects.filter(pl.col("frame") == frame["id"]).select("what", "occluded", "left", "width")
        seen.append([(frame["step"], frame["night"]), *mine.rows()])
    return seen


def assert_sound(data: Dataset) -> None:
    """Every key names one row and every link leads to one."""
    for link in data.schema.links:
        key = data.table(link.parent)[data.schema.tables[link.parent].key]
        assert key.n_unique() == key.len()
        assert data.table(link.child)[link.column].is_in(key.implode()).all()
    own = data.table("objects")["id"]
    assert own.n_unique() == own.len()


@given(rows=st.lists(st.integers(0, 5), max_size=10))
def test_each_taken_clip_tells_its_own_story(rows: list[int]) -> None:
    data = clips_with_objects(6, seed=1)
    taken = data.take(rows)
    assert_sound(taken)
    assert len(taken) == len(rows)
    assert taken.main["city"].to_list() == [data.main["city"][i] for i in rows]
    for place, row in enumerate(rows):
        assert story(taken, taken.main["id"][place]) == story(data, data.main["id"][row])
    assert data.mask(NIGHT_CARS).gather(rows).to_list() == taken.mask(NIGHT_CARS).to_list()


def test_rows_repeated_twice_over_keep_their_stories() -> None:
    data = clips_with_objects(3, seed=2)
    again = data.take([0, 0, 1]).take([1, 0, 1, 2, 1])
    assert_sound(again)
    for place, row in enumerate([0, 0, 0, 1, 0]):
        assert story(again, again.main["id"][place]) == story(data, data.main["id"][row])


def test_order_and_first_keys_stay() -> None:
    data = clips_with_objects(4)
    taken = data.take([2, 0])
    assert taken.main["id"].to_list() == ["c2", "c0"]
    ids = data.table("objects").join(data.table("frames"), left_on="frame", right_on="id", maintain_order="left")
    want = ids.filter(pl.col("clip").is_in(["c0", "c2"]))["id"].to_list()
    assert taken.table("objects")["id"].to_list() == want
    assert data.take([1, 1]).main["id"][0] == "c1"


def test_children_of_copies_follow_in_order() -> None:
    data = clips_with_objects(40, seed=3)
    data = Dataset(data.schema, {n: f.with_row_index("_row") for n, f in data.tables.items()})
    taken = data.take(np.random.default_rng(0).integers(0, 40, 200))
    for table in ("frames", "objects"):
        rows = taken.table(table)["_row"].to_list()
        count: Counter[int] = Counter()
        copies = []
        for row in rows:
            copies.append(count[row])
            count[row] += 1
        assert max(copies) > 5
        assert list(zip(copies, rows, strict=True)) == sorted(zip(copies, rows, strict=True))


def test_flat_tables_repeat_without_keys() -> None:
    data = mixed_table(20)
    taken = data.take(np.array([3, 3, 0]))
    assert taken.main.equals(data.main[[3, 3, 0]])
    assert len(data.take([])) == 0
    assert data.take([]).main.schema == data.main.schema


@pytest.mark.parametrize(
    "rows", [[True, False], np.array([True] * 20), [0.5], [-1], [20], np.zeros((2, 2), dtype=int)]
)
def test_what_is_no_position_is_refused(rows: object) -> None:
    with pytest.raises(InputError, match="position"):
        mixed_table(20).take(rows)


@pytest.mark.parametrize(("left", "right"), [([0, 1, 2], [2, 3]), ([], [1, 1]), ([0], []), ([1, 1, 4], [1, 5, 1])])
def test_concat_re_keys_what_collides(left: list[int], right: list[int]) -> None:
    data = clips_with_objects(6, seed=4)
    both = data.take(left).concat_with(data.take(right))
    assert_sound(both)
    for place, row in enumerate([*left, *right]):
        assert story(both, both.main["id"][place]) == story(data, data.main["id"][row])
    counts = Counter([*left, *right])
    objects = data.table("frames").join(data.table("objects"), left_on="id", right_on="frame")
    want = sum(n * objects.filter(pl.col("clip") == f"c{i}").height for i, n in counts.items())
    assert both.table("objects").height == want


def test_concat_three_times_does_not_triple_a_slice() -> None:
    data = stays_with_events(50, seed=5)
    slice_ = Slice(on="stays", terms=(Has(table="events", terms=(Term(column="value", op=">", value=100),)),))
    once = data.support(slice_).rows
    assert 0 < once < 50
    joined = data.concat_with(data).concat_with(data)
    assert joined.support(slice_).rows == 3 * once
    assert joined.main["stay"].n_unique() == 150
    # The group is not the key, so a person's copies stay one group.
    assert joined.support(slice_).groups == data.support(slice_).groups


def test_keys_that_do_not_collide_are_left_alone() -> None:
    data = clips_with_objects(6)
    both = data.take([0, 1]).concat_with(data.take([2, 3]))
    assert both.main["id"].to_list() == ["c0", "c1", "c2", "c3"]


def test_text_keys_that_look_moved_already() -> None:
    data = clips_with_objects(3, seed=6)
    names = {"c0": "1/x", "c1": "7/x", "c2": "x"}
    tricky = data.with_table("clips", data.main.with_columns(pl.col("id").replace(names))).with_table(
        "frames", data.table("frames").with_columns(pl.col("clip").replace(names))
    )
    for joined in (tricky.concat_with(tricky), tricky.take([0, 1, 2, 2, 1, 0])):
        assert_sound(joined)
        assert joined.main["id"].n_unique() == 6


def test_integer_keys_are_never_wrapped_around() -> None:
    data = stays_with_events(3)
    top = 2**63 - 3
    moved = {1000: top, 1001: top + 1, 1002: -5}
    far = data.with_table("stays", data.main.with_columns(pl.col("stay").replace_strict(moved))).with_table(
        "events", data.table("events").with_columns(pl.col("stay").replace_strict(moved))
    )
    assert far.take([0, 2]).main["stay"].to_list() == [top, -5]
    for refused in (lambda: far.concat_with(far), lambda: far.take([0, 0])):
        with pytest.raises(SchemaError, match="read it as text"):
            refused()


def one_to_one(child_first: bool) -> Dataset:
    """Persons, an extension table whose key is its link, and notes below the extension."""
    own = Column(name="id", kind="id")
    tables = {
        "persons": Table(name="persons", key="id", columns=(own,)),
        "details": Table(name="details", key="id", columns=(own, Column(name="d", kind="text"))),
        "notes": Table(name="notes", columns=(Column(name="of", kind="id"), Column(name="n", kind="text"))),
    }
    order = ["notes", "details", "persons"] if child_first else ["persons", "details", "notes"]
    frames = {
        "persons": pl.LazyFrame({"id": [5, 1]}),
        "details": pl.LazyFrame({"id": [1, 5], "d": ["one", "five"]}),
        "notes": pl.LazyFrame({"of": [5, 1, 5], "n": ["a", "b", "c"]}),
    }
    links = (
        Link(child="details", column="id", parent="persons"),
        Link(child="notes", column="of", parent="details"),
    )
    return Dataset(Schema(main="persons", tables={n: tables[n] for n in order}, links=links), frames)


@pytest.mark.parametrize("child_first", [True, False])
def test_a_key_that_is_also_the_link_moves_once(child_first: bool) -> None:
    data = one_to_one(child_first)
    for joined in (data.concat_with(data), data.take([0, 1, 0, 1])):
        assert joined.main["id"].n_unique() == 4
        assert sorted(joined.table("details")["id"]) == sorted(joined.main["id"])
        text = joined.view("notes", ["n", "d"])
        assert Counter(text.rows()) == Counter({("a", "five"): 2, ("b", "one"): 2, ("c", "five"): 2})


def test_an_equal_look_up_table_is_kept_once() -> None:
    data = clips_with_objects(4, seed=7)
    lower = Dataset(data.schema.model_copy(update={"main": "frames", "group": "clip"}), data.tables)
    both = lower.take([0, 1, 1]).concat_with(lower.take([1, 7]))
    assert both.table("clips").equals(data.main)
    assert_sound(both)
    assert both.main["clip"].to_list() == ["c0", "c0", "c0", "c0", "c1"]


def test_concat_refuses_what_does_not_fit() -> None:
    data = mixed_table(10)
    text = data.with_table("rows", data.main.with_columns(pl.col("age").cast(pl.String)))
    with pytest.raises(SchemaError, match=r"rows.age is Int64 in one dataset and String in the other"):
        data.concat_with(text)
    with pytest.raises(SchemaError, match=r"rows.age is Int64 in one dataset and absent"):
        data.concat_with(data.with_table("rows", data.main.drop("age")))
    with pytest.raises(SchemaError, match="same tables"):
        data.concat_with(stays_with_events(5))
    with pytest.raises(SchemaError, match="the key 'stay' is Int64 in one dataset and String"):
        stays_with_events(5).concat_with(_text_stays())


def _text_stays() -> Dataset:
    data = stays_with_events(5)
    tables = {n: f.with_columns(pl.col("stay").cast(pl.String)) for n, f in data.tables.items()}
    return Dataset(data.schema, tables)


def test_concat_joins_provenance_domains_and_origin() -> None:
    data = mixed_table(10)
    jobs = data.schema.tables["rows"].column("job").model_copy(update={"domain": ("clerk", "baker")})
    columns = tuple(jobs if c.name == "job" else c for c in data.schema.main_table.columns)
    synth = data.with_table(
        "rows", data.main.with_columns(pl.lit("o1").alias("_order")), data.schema.with_columns("rows", columns)
    )
    both = data.concat_with(replace(synth, origin="synthetic"))
    assert both.origin == "mixed"
    assert both.main["_order"].to_list() == [None] * 10 + ["o1"] * 10
    assert both.schema.main_table.column("job").domain == ("clerk", "nurse", "pilot", "smith", "baker")
    assert data.concat_with(data).origin == "real"


def test_weights_default_to_one() -> None:
    data = mixed_table(4)
    assert data.weights().tolist() == [1.0] * 4
    weighted = data.with_table("rows", data.main.with_columns(pl.Series("_weight", [0.5, None, 2, 1])))
    assert weighted.weights().tolist() == [0.5, 1.0, 2.0, 1.0]
    assert weighted.take([2, 2]).weights().tolist() == [2.0, 2.0]
    assert data.concat_with(weighted).weights().tolist() == [1.0] * 4 + [0.5, 1.0, 2.0, 1.0]


def test_batches_cover_every_row_once() -> None:
    data = clips_with_objects(5, seed=8)
    parts = list(data.batches(2))
    assert [len(p) for p in parts] == [2, 2, 1]
    assert pl.concat([p.table("objects") for p in parts]).equals(data.table("objects"))


def test_a_dataset_needs_the_declared_tables() -> None:
    data = stays_with_events(3)
    with pytest.raises(SchemaError, match="declares the tables"):
        Dataset(data.schema, {"stays": data.tables["stays"]})
