"""Records: persons and events from plain files and frames; what does not fit is refused with its fix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.ledger import unseal
from abound.core.registry import create
from abound.core.slice import Has, Slice, Term
from abound.errors import InputError, Refusal, SchemaError, UnknownName
from abound.stages.read import read
from abound.stages.split import split
from tests.planted import mixed_table, stays_with_events
from tests.planted_cohort import LACTATE, cohort, frames, mapping

HIGH = Slice(on="persons", terms=(Has(table="events", terms=(
    Term(column="code", op="==", value=LACTATE), Term(column="value", op=">", value=3))),))  # fmt: skip


def roles(data: Dataset, table: str) -> dict[str, tuple[str, str]]:
    return {c.name: (c.kind, c.role) for c in data.schema.tables[table].columns}


def test_persons_and_events_with_their_roles() -> None:
    data = cohort()
    assert roles(data, "persons") == {
        "pid": ("id", "key"), "sex": ("category", "feature"), "age": ("number", "feature"),
        "weight": ("number", "feature"), "died": ("category", "target"),
    }  # fmt: skip
    assert roles(data, "events") == {
        "pid": ("id", "key"), "hours": ("number", "time"), "code": ("category", "event"),
        "value": ("number", "feature"), "unit": ("category", "feature"),
    }  # fmt: skip
    assert data.schema.group == "pid"
    assert data.schema.task().positive == "yes"
    assert data.main["weight"].min() > 0
    assert "3,241 events of 5 codes for 200 persons, 1 of them without any" in data.notes[0]
    assert any("'weight': 43 cells that mean unknown" in n for n in data.notes)
    assert data.table("events").equals(data.table("events").sort("pid", "hours", "code", "value", nulls_last=True))


def test_the_kind_knows_its_sources(tmp_path: Path) -> None:
    kind = create("kind", "records")
    persons, events = frames(20)
    assert kind.spec.accepts == ("records",)
    assert kind.sniff(mapping(persons, events))
    assert kind.sniff(stays_with_events(20))
    assert not any(map(kind.sniff, (persons, "t.csv", {"a": [1]}, tmp_path, mixed_table(20), 3)))
    with pytest.raises(Refusal, match="no table below the main one has a time and a code"):
        kind.encoder(mixed_table(20), None)


def test_csv_parquet_and_frames_are_one_data_set(tmp_path: Path) -> None:
    persons, events = frames(40)
    whole = cohort(40)
    persons.write_csv(tmp_path / "p.csv")
    events.write_csv(tmp_path / "e.csv")
    persons.write_parquet(tmp_path / "p.parquet")
    events.sample(fraction=1.0, shuffle=True, seed=1).write_parquet(tmp_path / "e.parquet")
    (tmp_path / "cohort.yaml").write_text(
        "persons: {file: p.csv, key: pid, sentinels: [-1]}\n"
        "events: {file: e.csv, key: who, time: hour, code: what, value: result, unit: unit}\n"
    )
    for source in (tmp_path / "cohort.yaml", mapping(tmp_path / "p.parquet", tmp_path / "e.parquet")):
        data = read(source, target="died")
        assert data.table("events").equals(whole.table("events"))
        assert data.main.equals(whole.main)


def test_two_event_files_and_columns_named_once() -> None:
    persons, events = frames(40)
    events = events.rename({"who": "pid", "hour": "hours"})
    lab = events.filter(pl.col("what") == LACTATE).select("pid", "hours", test="what", result="result", unit="unit")
    rest = events.filter(pl.col("what") != LACTATE).drop("hours").with_columns(hours=events.filter(
        pl.col("what") != LACTATE)["hours"])  # fmt: skip
    source = {
        "persons": persons, "key": "pid", "time": "hours", "value": "result", "unit": "unit",
        "events": [{"file": lab, "code": "test"}, {"file": rest, "code": "what"}],
    }  # fmt: skip
    data = read(source, target="died")
    assert data.table("events").equals(cohort(40).table("events"))


@pytest.mark.parametrize("how", ["typed", "text", "zone"])
def test_calendar_times(how: str, tmp_path: Path) -> None:
    persons, events = frames(30)
    start = pl.datetime(2024, 3, 30, 22)
    events = events.with_columns((start + pl.duration(minutes=(pl.col("hour") * 60).round())).alias("hour"))
    want = events["hour"].sort().to_list()
    if how == "text":
        events = events.with_columns(pl.col("hour").dt.strftime("%d.%m.%Y %H:%M"))
    if how == "zone":
        events = events.with_columns(pl.col("hour").dt.strftime("%Y-%m-%dT%H:%M:%S+02:00"))
        want = [t - pl.Series([7_200_000_000]).cast(pl.Duration("us"))[0] for t in want]
    data = read(mapping(persons, events), target="died")
    assert data.schema.tables["events"].column("time").kind == "time"
    assert data.table("events")["time"].sort().to_list() == want


def test_a_column_that_events_define_is_recomputed_and_may_be_the_target() -> None:
    data = cohort(ever={"high": "code = Lactate and value > 3"}, target="high")
    assert data.main["high"].to_list() == data.mask(HIGH).to_list()
    assert 5 < data.main["high"].sum() < 150
    assert data.schema.task().targets == ("high",)
    assert [r.kind for r in data.schema.timeline] == ["ever"]
    half = data.take(range(100))
    assert half.main["high"].to_list() == half.mask(HIGH).to_list()


def test_another_target_for_the_same_records() -> None:
    data = read(cohort(target=None), target="age > 80", ignore=["weight"])
    assert data.schema.task().targets == ("age > 80",)
    assert roles(data, "persons")["weight"] == ("number", "ignore")
    assert data.table("events").height == 3241


def test_persons_without_a_target_go_with_their_events() -> None:
    persons, events = frames(60)
    persons = persons.with_columns(pl.when(pl.col("pid") != 9).then(pl.col("died")).alias("died"))
    data = read(mapping(persons, events), target="died")
    assert len(data) == 59
    assert 9 not in data.table("events")["pid"]
    assert any("events of persons without a target dropped" in n for n in data.notes)


def change(frame: pl.DataFrame, row: int, column: str, value: Any) -> pl.DataFrame:
    values = frame[column].cast(pl.String) if isinstance(value, str) else frame[column]
    return frame.with_columns(values.scatter(row, value).alias(column))


EVENT_FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], tuple[str, ...]]] = {
    "unknown person": (
        lambda e: change(e, 3, "who", 999),
        ("1 event of 1 person", "999", "unknown_persons to drop"),
    ),
    "no time": (lambda e: change(e, 3, "hour", "soon"), ("'hour'", "'soon'", "number of hours")),
    "empty time": (lambda e: change(e, 3, "hour", None), ("time column 'hour'", "empty on 1 row", "fill it")),
    "no number": (
        lambda e: change(e, 3, "result", "positive"),
        ("'result'", "'positive'", "name the column as text"),
    ),
    "infinite": (lambda e: change(e, 3, "result", float("inf")), ("'result'", "infinite")),
    "no code": (lambda e: change(e, 3, "what", None), ("code column 'what'", "empty on 1 row")),
    "negative": (
        lambda e: change(e, 3, "hour", -4.0),
        ("1 event at a negative time", "-4 hours", "negative_times"),
    ),
    "units": (lambda e: change(e, 3, "unit", "per min"), ("'HR'", "bpm", "per min 1", "units to split")),
    "empty": (lambda e: e.clear(), ("no events", "a row for each event")),
}


@pytest.mark.parametrize("case", EVENT_FAULTS)
def test_events_that_do_not_fit(case: str) -> None:
    spoil, words = EVENT_FAULTS[case]
    persons, events = frames(30)
    with pytest.raises(InputError) as caught:
        read(mapping(persons, spoil(events)), target="died")
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    assert all(w in message for w in words), message


def test_what_the_mapping_allows_is_done_and_said() -> None:
    persons, events = frames(30)
    events = change(change(events, 3, "unit", "per min"), 4, "hour", -4.0)
    events = pl.concat([events, events[5:6].with_columns(pl.lit(999, dtype=pl.Int64).alias("who"))])
    data = read(
        mapping(persons, events, unknown_persons="drop", negative_times="keep", units="split"), target="died"
    )
    assert {"HR [bpm]", "HR [per min]"} <= set(data.table("events")["code"])
    assert data.table("events")["hours"].min() == -4
    said = " ".join(data.notes)
    assert "1 event of 1 person without a row in persons dropped" in said
    assert "1 event lies before" in said
    assert "each unit is a code of its own for 'HR'" in said


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"evnts": 1}, InputError, ("unknown field 'evnts'", "did you mean 'events'")),
        ({"time_unit": "fortnights"}, InputError, ("time_unit", "fortnights")),
        ({"time_unit": "datetime"}, InputError, ("'hour'", "which is not a calendar time")),
        ({"ever": {"x": "cod = HR"}}, SchemaError, ("no event column 'cod'",)),
        ({"rules": [{"kind": "first_before", "first": "HR", "then": "Lactat"}]}, SchemaError, ("'Lactate'",)),
    ],
)
def test_a_mapping_that_does_not_fit(more: dict[str, Any], error: type[InputError], words: tuple[str, ...]) -> None:
    with pytest.raises(error) as caught:
        read(mapping(*frames(30), **more))
    assert all(w in str(caught.value) for w in words), caught.value


def test_files_that_lack_columns_or_rows(tmp_path: Path) -> None:
    persons, events = frames(30)
    with pytest.raises(UnknownName, match=r"'hour' of the polars frame as time.*did you mean 'hours'"):
        read(mapping(persons, events.rename({"hour": "hours"})))
    with pytest.raises(UnknownName, match="'pid' of the polars frame as key"):
        read(mapping(persons.drop("pid"), events))
    with pytest.raises(InputError, match=r"several rows for one person.*'pid' holds 7 twice"):
        read(mapping(pl.concat([persons, persons[:1]]), events))
    with pytest.raises(InputError, match=r"'pid' of .* is empty on 1 row"):
        read(mapping(change(persons, 3, "pid", None), events))
    with pytest.raises(InputError, match="no rows"):
        read(mapping(persons.clear(), events))
    with pytest.raises(InputError, match="the file of events is not named"):
        read({"persons": persons, "key": "pid", "events": []})
    other = mapping(persons, events.rename({"hour": "t"}))
    with pytest.raises(InputError, match="the unit of the times in 't'"):
        read({**other, "events": {**other["events"], "time": "t"}})
    both = events.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("2024-01-01T10:00:00"))
        .otherwise(pl.lit("2024-01-01T10:00:00Z")).alias("hour"))  # fmt: skip
    with pytest.raises(InputError, match="mixes times with a zone"):
        read(mapping(persons, both))
    persons.write_csv(tmp_path / "p.csv")
    with pytest.raises(UnknownName, match=r"p.csv has no column 'dyed'"):
        read(mapping(tmp_path / "p.csv", events), target="dyed")


def test_taken_and_joined_records_never_share_a_key() -> None:
    data = cohort(60)
    rows = np.array([0, 0, 5, 0, 59, 5])
    drawn = data.take(rows)
    assert drawn.main["pid"].n_unique() == 6
    assert drawn.mask(HIGH).to_list() == data.mask(HIGH).gather(rows).to_list()
    joined = data.concat_with(drawn).concat_with(data)
    assert len(joined) == 126
    assert joined.main["pid"].n_unique() == 126
    assert joined.support(HIGH).rows == 2 * data.support(HIGH).rows + drawn.support(HIGH).rows
    assert joined.support(HIGH).groups == joined.support(HIGH).rows
    assert joined.table("events").height == 2 * data.table("events").height + drawn.table("events").height
    assert create("kind", "records").encoder(joined, None).encode(joined).shape[0] == 126


def test_persons_are_split_whole_and_by_outcome() -> None:
    data = cohort(300)
    parts = split(data, seed=1)
    four = [parts.train, parts.tune, parts.reference, unseal(parts.test, "test")]
    keys = [set(p.main["pid"]) for p in four]
    assert sum(map(len, keys)) == 300
    assert len(set().union(*keys)) == 300
    whole = (data.main["died"] == "yes").mean()
    for part, own in zip(four, keys, strict=True):
        assert set(part.table("events")["pid"]) <= own
    assert abs((parts.train.main["died"] == "yes").mean() - whole) < 0.08
    assert sum(p.table("events").height for p in four) == data.table("events").height


def test_what_is_odd_is_said_with_counts() -> None:
    persons, events = frames(30)
    heart = events.filter(pl.col("what") == "HR")
    unknown = heart[:4].with_columns(pl.lit(-1.0).alias("result"), pl.col("hour") + 0.001)
    late = heart[:2].with_columns(pl.lit(99.0).alias("hour"))
    dead = events.filter(pl.col("what") == "MEDS_DEATH")["who"][0]
    late = late.with_columns(pl.lit(dead, dtype=pl.Int64).alias("who"))
    many = pl.concat([heart[:1]] * 12_000).with_columns(pl.Series("hour", np.arange(12_000) / 1000 + 0.0005))
    source = mapping(
        persons, pl.concat([events, events[5:8], unknown, late, many]), rules=[{"kind": "no_duplicates"}]
    )
    said = " | ".join(read(source).notes)
    assert "4 values are -1 under codes that are never negative otherwise ('HR')" in said
    assert "'nothing after MEDS_DEATH' is broken by 2 of" in said
    assert "'a code at most once a person and time' is broken by" in said
    assert "one person (pid 7) has 12,0" in said
    one = events.unique("who", keep="first", maintain_order=True)
    assert any("have one event only" in n for n in read(mapping(persons, one)).notes)
    stored = persons.with_columns(pl.lit(True).alias("high"))
    data = read(mapping(stored, events, ever={"high": "code = Lactate and value > 3"}))
    assert data.main["high"].to_list() == data.mask(HIGH).to_list()
    assert any("'high': the stored column is replaced" in n for n in data.notes)
    with pytest.raises(InputError, match="'hours', which is a column of the events: rename it"):
        read(mapping(persons.rename({"pid": "hours"}), events) | {"persons": {
            "file": persons.rename({"pid": "hours"}), "key": "hours"}})  # fmt: skip
