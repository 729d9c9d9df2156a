"""OMOP Common Data Model 5.4, out: the tables that `formats.omop` reads, and observation_period, which OMOP
requires.

Codes of the forms that `read_omop` gives go back to their tables and concepts. All other codes have no concept:
those that ever have a value become measurements, the others conditions, with concept 0 and the code as source
value.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl

from abound.core.artifact import write_bytes
from abound.core.dataset import Dataset, table_bytes
from abound.core.timeline import DEATH, SECONDS, Timeline, timeline_of
from abound.formats.omop import KEY, SEXES, TABLES, EventTable

_TYPE = 32817  # the concept "EHR", the type of every record
_NEVER = datetime(2000, 1, 1)  # where times that count from a person's own zero begin
_WRITTEN = ("sex", "year_of_birth", "race", "ethnicity", "birth")
_FORM = r"^(visit|condition|drug|measurement):(source:(?s:.*)|\d+)(=\d+)?$"


def write_omop(data: Dataset, folder: Path, *, origin: datetime = _NEVER) -> tuple[str, ...]:
    """Write Parquet files called after their tables; the same data gives the same bytes.

    Times that count from a person's own zero begin at `origin`. Returns notes: person columns that OMOP has no
    place for, and text keys, which become 1, 2, ....
    """
    line = timeline_of(data.schema)
    key, notes = data.main[line.key], []
    ids = key.cast(pl.Int64) if key.dtype.is_integer() else pl.Series(range(1, len(data) + 1), dtype=pl.Int64)
    if not key.dtype.is_integer():
        notes.append(f"the key {line.key!r} is text and OMOP wants whole numbers: persons are numbered from 1")
    left = [c.name for c in data.schema.main_table.columns if c.name not in (*_WRITTEN, line.key)]
    if left:
        notes.append(f"person columns without a place in OMOP are not written: {', '.join(left)}")
    events = _events(data, line, ids, origin)
    tables = {"person": _persons(data, ids, origin), "observation_period": _periods(events)}
    tables |= {t.name: _table(t, events.filter(pl.col("prefix") == t.prefix)) for t in TABLES}
    tables["death"] = _deaths(events)
    for name, frame in tables.items():
        write_bytes(folder / f"{name}.parquet", table_bytes(frame))
    return tuple(notes)


def _events(data: Dataset, line: Timeline, ids: pl.Series, origin: datetime) -> pl.DataFrame:
    """Events with person_id, time, code, value, unit, and what the code says: prefix, concept, word, answer."""
    frame = data.table(line.events)
    who = pl.DataFrame({line.link: data.main[line.key], KEY: ids})
    number = (
        frame[line.value] if line.value else pl.Series([None], dtype=pl.Float64).new_from_index(0, frame.height)
    )
    unit = frame[line.unit] if line.unit else pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
    time = frame[line.time]
    if line.clock != "datetime":
        micros = (time.cast(pl.Float64) * SECONDS[line.clock] * 1e6).round().cast(pl.Int64).cast(pl.Duration("us"))
        time = pl.DataFrame({"d": micros}).select((pl.lit(origin) + pl.col("d")).alias("t"))["t"]
    out = pl.DataFrame({
        KEY: frame.select(line.link).join(who, on=line.link, how="left", maintain_order="left")[KEY],
        "time": time.cast(pl.Datetime("us")), "code": frame[line.code], "value": number, "unit": unit,
    })  # fmt: skip
    code = pl.col("code")
    valued = pl.col("value").is_not_null().any().over("code")
    formed = code.str.contains(_FORM)
    prefix = pl.when(code == DEATH).then(pl.lit("death")).when(formed).then(code.str.extract(_FORM, 1)).when(
        valued).then(pl.lit("measurement")).otherwise(pl.lit("condition"))  # fmt: skip
    body = code.str.extract(_FORM, 2)
    source = body.str.starts_with("source:")
    return out.with_columns(
        prefix.alias("prefix"),
        pl.when(formed & ~source).then(body).otherwise(pl.lit("0")).cast(pl.Int64).alias("concept"),
        pl.when(formed & source).then(body.str.slice(7)).when(~formed).then(code).alias("word"),
        pl.when(formed).then(code.str.extract(_FORM, 3).str.slice(1).cast(pl.Int64)).alias("answer"),
    )


def _persons(data: Dataset, ids: pl.Series, origin: datetime) -> pl.DataFrame:
    main, n = data.main, len(data)

    def word(name: str) -> pl.Series:
        if name in main.columns:
            return main[name].cast(pl.String)
        return pl.Series([None] * n, dtype=pl.String)

    sexes = {v: k for k, v in SEXES.items()}
    frame = pl.DataFrame({KEY: ids, "sex": word("sex"), "race": word("race"), "ethnicity": word("ethnicity")})
    year = main["year_of_birth"].cast(pl.Int64) if "year_of_birth" in main.columns else None
    if year is None and "age" in main.columns:
        year = (origin.year - main["age"].cast(pl.Float64)).round().cast(pl.Int64)
    born = main["birth"].cast(pl.Datetime("us")) if "birth" in main.columns else None
    concept = {c: pl.col(c).cast(pl.Int64, strict=False).fill_null(0) for c in ("race", "ethnicity")}
    none = pl.Series([None] * n, dtype=pl.Int64)
    return frame.select(
        KEY,
        pl.col("sex").replace_strict(sexes, default=0, return_dtype=pl.Int64).alias("gender_concept_id"),
        (year if year is not None else none).alias("year_of_birth"),
        (born if born is not None else none.cast(pl.Datetime("us"))).alias("birth_datetime"),
        concept["race"].alias("race_concept_id"),
        concept["ethnicity"].alias("ethnicity_concept_id"),
        pl.col("sex").alias("gender_source_value"),
        pl.when(concept["race"] == 0).then(pl.col("race")).alias("race_source_value"),
        pl.when(concept["ethnicity"] == 0).then(pl.col("ethnicity")).alias("ethnicity_source_value"),
    )


def _periods(events: pl.DataFrame) -> pl.DataFrame:
    spans = events.group_by(KEY).agg(pl.col("time").min().alias("a"), pl.col("time").max().alias("b")).sort(KEY)
    return spans.select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("observation_period_id"), KEY,
        pl.col("a").dt.date().alias("observation_period_start_date"),
        pl.col("b").dt.date().alias("observation_period_end_date"),
        pl.lit(_TYPE, dtype=pl.Int64).alias("period_type_concept_id"),
    )  # fmt: skip


def _table(table: EventTable, rows: pl.DataFrame) -> pl.DataFrame:
    stem, time = table.stem, pl.col("time")
    columns = [
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(f"{table.name}_id"), pl.col(KEY),
        pl.col("concept").alias(f"{stem}_concept_id"), time.dt.date().alias(f"{table.start}_date"),
        time.alias(f"{table.start}_datetime"),
    ]  # fmt: skip
    if table.end or stem == "drug":
        length = (pl.col("value").fill_null(0.0) * 8.64e10).round().cast(pl.Int64).cast(pl.Duration("us"))
        end = time + length if table.end else time
        name = table.end or "drug_exposure_end"
        known = end if stem == "drug" else pl.when(pl.col("value").is_not_null()).then(end)
        columns += [known.dt.date().alias(f"{name}_date"), known.alias(f"{name}_datetime")]
    columns.append(pl.lit(_TYPE, dtype=pl.Int64).alias(f"{stem}_type_concept_id"))
    if table.value:
        columns.append(pl.col("value").alias(table.value))
    if table.unit:
        columns += [pl.col("answer").alias("value_as_concept_id"), pl.col("unit").alias(table.unit)]
    return rows.select(*columns, pl.col("word").alias(f"{stem}_source_value"))


def _deaths(events: pl.DataFrame) -> pl.DataFrame:
    """The first death of each person: OMOP has one row a person."""
    first = events.filter(pl.col("prefix") == "death").group_by(KEY).agg(pl.col("time").min()).sort(KEY)
    return first.select(
        KEY, pl.col("time").dt.date().alias("death_date"), pl.col("time").alias("death_datetime"),
        pl.lit(_TYPE, dtype=pl.Int64).alias("death_type_concept_id"),
    )  # fmt: skip
