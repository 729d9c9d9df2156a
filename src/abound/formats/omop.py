"""OMOP Common Data Model 5.4 (person, visit_occurrence, condition_occurrence, drug_exposure, measurement, death),
in.

Codes name their table and concept: `condition:201826`, `drug:1125315`; where no standard concept is known (concept
0) the source value stands in its place, `condition:source:E11.9`. A measurement with a concept for an answer ends
in `=concept`. A visit's value is its length in days, a drug's its quantity. A death is the event MEDS_DEATH. Source
of the fields: OHDSI CommonDataModel, OMOP_CDMv5.4_Field_Level.csv.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from abound.core.timeline import DEATH
from abound.errors import InputError
from abound.formats.events import open_rows
from abound.formats.forms import TIMES, Form, parse
from abound.formats.notes import counted
from abound.formats.record_mapping import Tables
from abound.formats.source import Source, clean

KEY = "person_id"
SEXES = {8507: "male", 8532: "female"}  # concepts of the domain Gender
ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".txt")


@dataclass(frozen=True)
class EventTable:
    """One OMOP table of events: the prefix of its codes, and its columns."""

    name: str
    prefix: str
    start: str  # the stem of <stem>_date and <stem>_datetime
    end: str | None = None
    value: str | None = None
    unit: str | None = None

    @property
    def stem(self) -> str:
        """The stem of the concept and source columns."""
        return self.name.partition("_")[0]


TABLES = (
    EventTable("visit_occurrence", "visit", "visit_start", end="visit_end"),
    EventTable("condition_occurrence", "condition", "condition_start"),
    EventTable("drug_exposure", "drug", "drug_exposure_start", value="quantity"),
    EventTable("measurement", "measurement", "measurement", value="value_as_number", unit="unit_source_value"),
)


def read_omop(folder: Path) -> Tables:
    """Persons and events of a folder with OMOP tables as CSV or Parquet files, each called after its table.

    The persons have sex, year_of_birth, race and ethnicity, and `birth` where its day is known. InputError where
    the person table or a required column is missing, or a cell is no date or number. Tables that are not listed
    above are left out, with a note.
    """
    notes: list[str] = []
    persons = _persons(folder)
    parts = [_events(folder, table) for table in TABLES]
    parts.append(_deaths(folder))
    found = [p for p in parts if p is not None]
    if not found:
        names = ", ".join(t.name for t in TABLES)
        raise InputError(f"{folder} has no table of events: add at least one of {names}")
    events = pl.concat(found, how="diagonal_relaxed")
    known = {"person", "death", "concept", *(t.name for t in TABLES)}
    others = sorted({p.name.lower().partition(".")[0] for p in folder.iterdir() if p.is_file()} - known)
    others = [n for n in others if n not in ("observation_period", "manifest", "readme")]
    if others:
        notes.append(f"tables that are not read are left out: {', '.join(others)}")
    if "unit" in events.columns and events["unit"].null_count() == events.height:
        events = events.drop("unit")
    return Tables(persons, f"the OMOP folder {folder}", KEY, events, "datetime", tuple(notes))


def _open(folder: Path, table: str) -> Source | None:
    files = {p.name.lower(): p for p in sorted(folder.iterdir()) if p.is_file()}
    path = next((files[table + e] for e in ENDINGS if table + e in files), None)
    return None if path is None else open_rows(path)


def _frame(source: Source, needed: list[str], optional: list[str]) -> pl.DataFrame:
    """The columns of a table by their lower-case names; optional ones that are absent are null."""
    have = {n.lower(): n for n in source.dtypes}
    for name in needed:
        if name not in have:
            raise InputError(f"{source.name} has no column {name!r}, which OMOP requires: add it")
    wanted = [n for n in [*needed, *optional] if n in have]
    parts = [clean(source, b.lazy()).select([pl.col(have[n]).alias(n) for n in wanted]).collect()
             for b in source.batches()]  # fmt: skip
    frame = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))
    return frame.with_columns([pl.lit(None, dtype=pl.String).alias(n) for n in optional if n not in have])


def _whole(source: Source, frame: pl.DataFrame, name: str, *, empty: int | None = None) -> pl.Series:
    """A column of whole numbers; InputError for others, and for empty cells unless `empty` stands for them."""
    values = frame[name]
    out = values.cast(pl.Float64, strict=False).cast(pl.Int64, strict=False)
    bad = out.is_null() & values.is_not_null()
    if bad.any():
        raise InputError(
            f"the column {name!r} of {source.name} holds {values.filter(bad)[0]!r}: write whole numbers"
        )
    if out.null_count() and empty is None:
        raise InputError(
            f"the column {name!r} of {source.name} is empty on {counted(out.null_count(), 'row')}: fill it"
        )
    return out.fill_null(empty) if empty is not None else out


def _number(source: Source, frame: pl.DataFrame, name: str) -> pl.Series:
    values = frame[name]
    out = values.cast(pl.Float64, strict=False).fill_nan(None)
    bad = out.is_null() & values.is_not_null() & (values.cast(pl.String) != "NaN")
    if bad.any():
        raise InputError(f"the column {name!r} of {source.name} holds {values.filter(bad)[0]!r}: write numbers")
    return out


def _date(source: Source, frame: pl.DataFrame, name: str) -> pl.Series:
    """A column of dates as Datetime("us"), null where empty."""
    values = frame[name]
    if values.null_count() == values.len():
        return pl.Series(name, [None] * values.len(), dtype=pl.Datetime("us"))
    one = values.to_frame("t")
    if values.dtype.is_temporal():
        return one.select(parse(Form("time"), "t", values.dtype, strict=True).alias(name))[name]
    text = values.cast(pl.String)
    for form in TIMES:
        made = text.to_frame("t").select(parse(Form("time", (form,)), "t", pl.String(), strict=False))["t"]
        if made.null_count() == values.null_count():
            return made.alias(name)
    first = text.drop_nulls()[0]
    raise InputError(
        f"the column {name!r} of {source.name} holds {first!r}, not one kind of date: write 2024-05-31"
    )


def _moment(source: Source, frame: pl.DataFrame, stem: str) -> pl.Series:
    """<stem>_datetime, or where it is empty <stem>_date."""
    date, full = _date(source, frame, f"{stem}_date"), _date(source, frame, f"{stem}_datetime")
    return pl.DataFrame({"full": full, "date": date}).select(pl.coalesce("full", "date").alias("time"))["time"]


def _persons(folder: Path) -> pl.DataFrame:
    source = _open(folder, "person")
    if source is None:
        raise InputError(f"{folder} has no person table: add person.csv or person.parquet")
    parts = ["month_of_birth", "day_of_birth", "birth_datetime"]
    words = ["gender_source_value", "race_source_value", "ethnicity_source_value"]
    concepts = ["race_concept_id", "ethnicity_concept_id"]
    frame = _frame(source, [KEY, "gender_concept_id", "year_of_birth"], [*parts, *concepts, *words])
    gender = _whole(source, frame, "gender_concept_id", empty=0)
    year = _whole(source, frame, "year_of_birth")
    word = frame["gender_source_value"].cast(pl.String)
    sex = gender.replace_strict(SEXES, default=None, return_dtype=pl.String)
    out = {KEY: _whole(source, frame, KEY), "sex": sex.zip_with(sex.is_not_null(), word), "year_of_birth": year}
    for name in ("race", "ethnicity"):
        concept = _whole(source, frame, f"{name}_concept_id", empty=0)
        text = frame[f"{name}_source_value"].cast(pl.String)
        out[name] = concept.cast(pl.String).zip_with(concept != 0, text)
    born = _date(source, frame, "birth_datetime")
    if born.null_count() == born.len():
        month, day = (_whole(source, frame, n, empty=0) for n in parts[:2])
        one = pl.DataFrame({"y": year, "m": month, "d": day})
        whole = (pl.col("m") > 0) & (pl.col("d") > 0)
        born = one.select(pl.when(whole).then(pl.datetime("y", "m", "d")).cast(pl.Datetime("us")))["y"]
    made = pl.DataFrame(out).with_columns(born.alias("birth"))
    kept = [n for n in made.columns if n == KEY or made[n].null_count() < made.height]
    return made.select(kept)


def _events(folder: Path, table: EventTable) -> pl.DataFrame | None:
    source = _open(folder, table.name)
    if source is None:
        return None
    concept, word = f"{table.stem}_concept_id", f"{table.stem}_source_value"
    ends = [f"{table.end}_date", f"{table.end}_datetime"] if table.end else []
    answer = ["value_as_concept_id"] if table.prefix == "measurement" else []
    optional = [word, f"{table.start}_datetime", *ends, *[c for c in (table.value, table.unit) if c], *answer]
    frame = _frame(source, [KEY, concept, f"{table.start}_date"], optional)
    zero = pl.Series([0]).new_from_index(0, len(frame))
    codes = pl.DataFrame({
        "concept": _whole(source, frame, concept, empty=0), "word": frame[word].cast(pl.String),
        "answer": _whole(source, frame, answer[0], empty=0) if answer else zero,
    })  # fmt: skip
    own = pl.when(pl.col("concept") != 0).then(pl.format(f"{table.prefix}:{{}}", "concept")).otherwise(
        pl.format(f"{table.prefix}:source:{{}}", pl.col("word").fill_null("unknown"))
    )  # fmt: skip
    tail = pl.when(pl.col("answer") != 0).then(pl.format("={}", "answer")).otherwise(pl.lit(""))
    start = _moment(source, frame, table.start)
    if start.null_count():
        lost = counted(start.null_count(), "row")
        raise InputError(f"{source.name} has no {table.start}_date on {lost}: fill it, as OMOP requires it")
    out = pl.DataFrame(
        {KEY: _whole(source, frame, KEY), "time": start, "code": codes.select((own + tail).alias("c"))["c"]}
    )
    none = pl.Series("value", [None], dtype=pl.Float64).new_from_index(0, len(frame))
    if table.end is not None:
        days = (_moment(source, frame, table.end) - start).dt.total_microseconds() / 8.64e10
        return out.with_columns(days.cast(pl.Float64).alias("value"))
    value = none if table.value is None else _number(source, frame, table.value)
    out = out.with_columns(value.alias("value"))
    return out.with_columns(frame[table.unit].cast(pl.String).alias("unit")) if table.unit else out


def _deaths(folder: Path) -> pl.DataFrame | None:
    source = _open(folder, "death")
    if source is None:
        return None
    frame = _frame(source, [KEY, "death_date"], ["death_datetime"])
    time = _moment(source, frame, "death")
    if time.null_count():
        raise InputError(f"{source.name} has no death_date on {counted(time.null_count(), 'row')}: fill or drop it")
    out = pl.DataFrame({KEY: _whole(source, frame, KEY), "time": time})
    return out.with_columns(pl.lit(DEATH).alias("code"), pl.lit(None, dtype=pl.Float64).alias("value"))
