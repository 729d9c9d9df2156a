"""MEDS folders (Medical Event Data Standard 0.4), in and out.

A MEDS folder holds data/**/*.parquet with subject_id (Int64), time (Datetime in microseconds, null for what does
not change), code, numeric_value (Float32) and text_value; metadata/codes.parquet, dataset.json,
subject_splits.parquet; and labels apart from the data. Source: medical-event-data-standard.github.io, schema.py of
the package meds 0.4.

Static rows become columns of the person table: GENDER//F gives "F" in the column GENDER, a code with a number gives
a column of numbers, MEDS_BIRTH the time column `birth`. Out, it is the other way round. A target is written as a
label, never as a static row, where any model would read it. Times that count from a person's own zero are written
as if that zero were 1970-01-01, and metadata/abound.yaml says so; reading such a folder gives the numbers back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from abound.core.artifact import write_bytes, write_json
from abound.core.dataset import Dataset, table_bytes
from abound.core.recipe import load_yaml
from abound.core.timeline import BIRTH, SECONDS, Clock, Timeline, ever_columns, timeline_of
from abound.errors import InputError
from abound.formats.record_mapping import Tables

if TYPE_CHECKING:
    from abound.core.schema import Column

VERSION = "0.4.1"
_OWN = Path("metadata") / "abound.yaml"
_NEEDED = {"subject_id": pl.Int64(), "time": pl.Datetime("us"), "code": pl.String()}
_LABELS = ("boolean_value", "integer_value", "float_value", "categorical_value")
_KEY = "subject_id"


def read_meds(folder: Path) -> Tables:
    """Persons and events of a MEDS folder. InputError where a file or column is not as the standard says."""
    rows = _rows(folder)
    own: Any = load_yaml(folder / _OWN) if (folder / _OWN).is_file() else {}
    clock: Clock = own.get("clock", "datetime")
    static, timed = rows.filter(pl.col("time").is_null()), rows.filter(pl.col("time").is_not_null())
    birth = timed.filter(pl.col("code") == BIRTH)
    if birth.height:
        timed = timed.filter(pl.col("code") != BIRTH)
    subjects = pl.concat([rows[_KEY], _listed(folder)]).unique().sort()
    persons, notes = _persons(subjects, static)
    if birth.height:
        born = birth.group_by(_KEY).agg(pl.col("time").min().alias("birth"))
        persons = persons.join(born, on=_KEY, how="left", maintain_order="left")
    persons = persons.join(_labels(folder, notes), on=_KEY, how="left", maintain_order="left")
    key = own.get("key", _KEY)
    events = timed.rename({_KEY: key, "numeric_value": "value", "text_value": "text"})
    events = events.with_columns(pl.col("value").cast(pl.Float64).fill_nan(None))
    if clock != "datetime":
        # NumPy divides exactly; Polars multiplies by the reciprocal, which may miss the number that was written.
        numbers = events["time"].cast(pl.Int64).to_numpy() / (SECONDS[clock] * 1e6)
        events = events.with_columns(pl.Series("time", numbers)).rename({"time": clock})
    empty = [c for c in ("text", "unit") if c in events.columns and events[c].null_count() == events.height]
    return Tables(
        persons.rename({_KEY: key}), f"the MEDS folder {folder}", key, events.drop(empty), clock, tuple(notes)
    )


def _rows(folder: Path) -> pl.DataFrame:
    files = sorted((folder / "data").rglob("*.parquet"))
    if not files:
        raise InputError(f"{folder} holds no Parquet file under data/: a MEDS folder has data/<shard>.parquet")
    parts = []
    for path in files:
        try:
            stored = pl.read_parquet_schema(path)
            _check(path, stored)
            extra = ["unit"] if stored.get("unit") == pl.String else []
            optional = [c for c in ("numeric_value", "text_value") if c in stored]
            parts.append(pl.read_parquet(path, columns=[*_NEEDED, *optional, *extra]))
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).split("\n")[0][:200]
            raise InputError(
                f"{path} cannot be read as Parquet: it is damaged ({reason}); write it again"
            ) from None
    rows = pl.concat(parts, how="diagonal_relaxed")
    for name, dtype in (("numeric_value", pl.Float32()), ("text_value", pl.String())):
        have = pl.col(name).cast(dtype) if name in rows.columns else pl.lit(None, dtype=dtype)
        rows = rows.with_columns(have.alias(name))
    for name in (_KEY, "code"):
        if rows[name].null_count():
            raise InputError(
                f"{folder}/data has {rows[name].null_count():,} rows without {name}: MEDS needs one on each"
            )
    if not rows.height:
        raise InputError(f"{folder}/data holds no rows: name a MEDS folder with events")
    return rows.with_columns(pl.col("time").cast(pl.Datetime("us")))


def _check(path: Path, stored: Any) -> None:
    for name, dtype in _NEEDED.items():
        if name not in stored:
            raise InputError(f"{path} has no column {name!r}: MEDS data has subject_id, time and code")
        fits = stored[name].is_(dtype) or (name == "time" and isinstance(stored[name], pl.Datetime))
        fits = fits or (name == _KEY and stored[name].is_integer())
        fits = fits or (name == "code" and isinstance(stored[name], pl.Categorical | pl.Enum))
        if not fits:
            raise InputError(f"the column {name!r} of {path} is {stored[name]} and MEDS says {dtype}: write it so")


def _listed(folder: Path) -> pl.Series:
    """Subjects that the list of splits names, so that those without any row are not lost."""
    path = folder / "metadata" / "subject_splits.parquet"
    none = pl.Series(_KEY, [], dtype=pl.Int64)
    return pl.read_parquet(path, columns=[_KEY])[_KEY].cast(pl.Int64) if path.is_file() else none


def _persons(subjects: pl.Series, static: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """One row a subject: a column for each static code (or for what stands before its last //)."""
    notes: list[str] = []
    plain = pl.col("numeric_value").is_null() & pl.col("text_value").is_null()
    parts = static.with_columns(
        pl.when(plain).then(pl.col("code").str.replace(r"//[^/]*$", "")).otherwise("code").alias("column"),
        pl.when(plain & pl.col("code").str.contains("//", literal=True))
        .then(pl.col("code").str.extract(r"//([^/]*)$", 1))
        .when(plain).then(pl.lit("true")).otherwise(pl.col("text_value")).alias("word"),
    )  # fmt: skip
    frame = subjects.to_frame()
    for (name,), rows in parts.sort("column", _KEY, "word", "numeric_value").group_by(
        "column", maintain_order=True
    ):
        value = "numeric_value" if rows["numeric_value"].null_count() == 0 else "word"
        one = rows.unique(_KEY, keep="first", maintain_order=True)
        if rows.unique([_KEY, value]).height > one.height:
            notes.append(f"{str(name)!r} has several static values for some persons, and the first of each is kept")
        column = one.select(_KEY, pl.col(value).alias(str(name)))
        if value == "numeric_value":
            column = column.with_columns(pl.col(str(name)).cast(pl.Float64))
        elif rows["word"].is_in(["true", "false"]).all():
            column = column.with_columns((pl.col(str(name)) == "true").alias(str(name)))
        frame = frame.join(column, on=_KEY, how="left", maintain_order="left")
    return frame, notes


def _labels(folder: Path, notes: list[str]) -> pl.DataFrame:
    """A column for each task under labels/, the value of each person's label."""
    out: pl.DataFrame | None = None
    root = folder / "labels"
    for task in sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else ():
        rows = pl.concat([pl.read_parquet(p) for p in sorted(task.rglob("*.parquet"))], how="diagonal_relaxed")
        value = next((c for c in _LABELS if c in rows.columns and rows[c].null_count() < rows.height), None)
        if value is None or _KEY not in rows.columns:
            raise InputError(
                f"the labels in {task} have no subject_id or no value: MEDS labels have one of {_LABELS}"
            )
        last = rows.sort("prediction_time").unique(_KEY, keep="last", maintain_order=True)
        if last.height < rows.height:
            notes.append(f"the task {task.name!r} has several labels for some persons, and the latest is taken")
        column = last.select(_KEY, pl.col(value).alias(task.name))
        out = column if out is None else out.join(column, on=_KEY, how="full", coalesce=True)
    return pl.DataFrame(schema={_KEY: pl.Int64}) if out is None else out


def write_meds(data: Dataset, folder: Path) -> tuple[str, ...]:
    """Write a MEDS folder; the same data gives the same bytes. Returns notes: what the standard has no place for.

    Text keys become 1, 2, ... in the order of the persons. numeric_value is Float32 by the standard, so values of
    more than seven digits are rounded. Columns that events define (`ever` rules) are left out.
    """
    import yaml

    line = timeline_of(data.schema)
    notes: list[str] = []
    ids = _ids(data, line, notes)
    events = _events(data, line, ids)
    rows = pl.concat([_static(data, line, ids), events], how="diagonal")
    order = rows.with_row_index("_row").sort([_KEY, "time", "_row"], nulls_last=False).drop("_row")
    write_bytes(folder / "data" / "0.parquet", table_bytes(order))
    codes = order["code"].unique().sort()
    empty = pl.DataFrame({"code": codes}).with_columns(
        pl.lit(None, dtype=pl.String).alias("description"),
        pl.lit(None, dtype=pl.List(pl.String)).alias("parent_codes"),
    )
    write_bytes(folder / "metadata" / "codes.parquet", table_bytes(empty))
    split = pl.DataFrame(
        {_KEY: ids, "split": [data.split or "all"] * len(data)}, schema={_KEY: pl.Int64, "split": pl.String}
    )
    write_bytes(folder / "metadata" / "subject_splits.parquet", table_bytes(split))
    write_json(folder / "metadata" / "dataset.json", _about(data, line))
    key = line.key if ids.equals(data.main[line.key].cast(pl.Int64, strict=False)) else _KEY
    own = {"clock": line.clock, "key": key}
    write_bytes(folder / _OWN, yaml.safe_dump(own, sort_keys=False, allow_unicode=True).encode())
    for task in data.schema.tasks:
        _write_label(data, line, ids, folder, task.targets[0], events)
    return tuple(notes)


def _ids(data: Dataset, line: Timeline, notes: list[str]) -> pl.Series:
    key = data.main[line.key]
    if key.dtype.is_integer():
        return key.cast(pl.Int64).alias(_KEY)
    notes.append(f"the key {line.key!r} is text and MEDS wants whole numbers: persons are numbered from 1")
    return pl.Series(_KEY, range(1, len(data) + 1), dtype=pl.Int64)


def _links(data: Dataset, line: Timeline, ids: pl.Series) -> pl.Series:
    names = pl.DataFrame({"k": data.main[line.key], _KEY: ids})
    left = data.table(line.events).select(pl.col(line.link).alias("k"))
    return left.join(names, on="k", how="left", maintain_order="left")[_KEY]


def _events(data: Dataset, line: Timeline, ids: pl.Series) -> pl.DataFrame:
    frame = data.table(line.events)
    time = frame[line.time]
    if line.clock != "datetime":
        time = (time.cast(pl.Float64) * SECONDS[line.clock] * 1e6).round().cast(pl.Int64).cast(pl.Datetime("us"))
    none = pl.Series([None], dtype=pl.Float32).new_from_index(0, frame.height)
    text = frame["text"].cast(pl.String) if "text" in frame.columns else none.cast(pl.String)
    out = pl.DataFrame(
        {
            _KEY: _links(data, line, ids), "time": time.cast(pl.Datetime("us")), "code": frame[line.code],
            "numeric_value": frame[line.value].cast(pl.Float32) if line.value else none, "text_value": text,
        }
    )  # fmt: skip
    return out.with_columns(frame[line.unit].alias("unit")) if line.unit else out


def _static(data: Dataset, line: Timeline, ids: pl.Series) -> pl.DataFrame:
    """Static rows of the person columns, in their order; a birth is the timed event that the standard has for
    it."""
    targets = {t for task in data.schema.tasks for t in task.targets}
    left_out = {line.key, *targets, *ever_columns(data.schema)}
    parts = []
    for column in data.schema.main_table.columns:
        if column.name in left_out or column.name not in data.main.columns:
            continue
        parts.append(_static_rows(column, data.main[column.name], ids))
    types: dict[str, Any] = {
        _KEY: pl.Int64, "time": pl.Datetime("us"), "code": pl.String, "numeric_value": pl.Float32,
        "text_value": pl.String,
    }  # fmt: skip
    return pl.concat([pl.DataFrame(schema=types), *parts]).filter(pl.col("code").is_not_null())


def _static_rows(column: Column, values: pl.Series, ids: pl.Series) -> pl.DataFrame:
    name, n = column.name, values.len()
    code: Any = pl.lit(name)
    number, text, time = (
        pl.lit(None, dtype=pl.Float32),
        pl.lit(None, dtype=pl.String),
        pl.lit(None, pl.Datetime("us")),
    )
    if column.kind == "time" and name == "birth":
        code, time = pl.lit(BIRTH), pl.col("v").cast(pl.Datetime("us"))
    elif column.kind == "number":
        number = pl.col("v").cast(pl.Float32)
    elif column.kind in ("category", "bool"):
        code = pl.format("{}//{}", pl.lit(name), pl.col("v").cast(pl.String))
    else:
        text = (
            pl.col("v").cast(pl.Datetime("us")).dt.to_string("iso")
            if column.kind == "time"
            else pl.col("v").cast(pl.String)
        )
    frame = pl.DataFrame({_KEY: ids, "v": values}, height=n).filter(pl.col("v").is_not_null())
    return frame.select(
        pl.col(_KEY), time.alias("time"), code.cast(pl.String).alias("code"), number.alias("numeric_value"),
        text.alias("text_value"),
    )  # fmt: skip


def _write_label(
    data: Dataset, line: Timeline, ids: pl.Series, folder: Path, target: str, events: pl.DataFrame
) -> None:
    """A label at the time of each person's last event: models may use what lies up to that time."""
    if target in ever_columns(data.schema):
        return
    last = events.group_by(_KEY).agg(pl.col("time").max().alias("prediction_time"))
    value = data.main[target]
    name = {pl.Boolean: "boolean_value", pl.Int64: "integer_value", pl.Float64: "float_value"}.get(
        type(value.dtype), "categorical_value"
    )
    if name == "float_value":
        value = value.cast(pl.Float32)
    rows = pl.DataFrame({_KEY: ids, name: value}).join(last, on=_KEY, how="left", maintain_order="left")
    epoch = pl.lit(0).cast(pl.Datetime("us"))
    rows = rows.select(_KEY, pl.col("prediction_time").fill_null(epoch), name).filter(pl.col(name).is_not_null())
    write_bytes(folder / "labels" / target / "0.parquet", table_bytes(rows))


def _about(data: Dataset, line: Timeline) -> dict[str, Any]:
    from abound import __version__

    about: dict[str, Any] = {"etl_name": "abound", "etl_version": __version__, "meds_version": VERSION}
    about["dataset_name"] = f"{data.origin} records"
    return about | ({"code_modifier_columns": ["unit"]} if line.unit else {})
