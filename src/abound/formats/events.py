"""Event files as the event table of records: typed, checked, sorted by person and time.

Rows are read in batches and every batch is typed at once, so that millions of events are never held as text.
Whatever does not fit is refused with file, column and fix: an event that is silently dropped changes a patient's
history.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from abound.core.timeline import SECONDS, Clock, clock_of
from abound.errors import InputError, UnknownName, did_you_mean
from abound.formats.columnar import open_columnar
from abound.formats.delimited import open_text
from abound.formats.files import file_format
from abound.formats.forms import TIMES, Form, as_words, first_form, parse
from abound.formats.frames import open_frame
from abound.formats.notes import counted, names
from abound.formats.record_mapping import EventsFile, RecordMapping
from abound.formats.source import Source, clean

CODE, VALUE, UNIT, TEXT = "code", "value", "unit", "text"
RESERVED = (CODE, VALUE, UNIT, TEXT, "time", *SECONDS)
_ZONE = r"(Z|[+-]\d\d:?\d\d)$"


def open_rows(source: Any) -> Source:
    """A file (CSV, Parquet, Arrow) or a frame as stored rows."""
    if not isinstance(source, str | Path):
        return open_frame(source)
    path = Path(source)
    form = file_format(path)
    return open_columnar(path, form) if form in ("parquet", "arrow") else open_text(path, packed=form == "gz")


def check_columns(source: Source, wanted: dict[str, str | None], where: str) -> None:
    """UnknownName where the mapping names a column that the file does not have."""
    for meaning, column in wanted.items():
        if column is not None and column not in source.dtypes:
            raise UnknownName(
                f"{where} names the column {column!r} of {source.name} as {meaning}, and there is none: "
                f"{did_you_mean(column, source.dtypes)}"
            )


def read_events(
    source: Source, file: EventsFile, key: pl.Series, mapping: RecordMapping
) -> tuple[pl.DataFrame, Clock]:
    """The events of one file with the columns key, time, code, value (unit, text), and the clock of their times.

    Times are Datetime("us") or Float64, codes String, values Float64 (null where unknown). `key`: the persons'
    keys, whose type the link takes. Raises InputError for cells that are no key, time, code or number.
    """
    clock = _clock(source, file, mapping)
    parts = []
    formats: tuple[str, ...] = TIMES
    for raw in source.batches():
        frame = clean(source, raw.lazy()).collect()
        time, formats = _time(source, file, frame[file.time], clock, formats)
        columns = [
            as_key(frame[file.key], key.dtype).alias(key.name),
            time.alias(time_name(clock)),
            _code(source, file, frame[file.code]),
            _value(source, file, frame[file.value]) if file.value else _nothing(VALUE, pl.Float64(), frame.height),
        ]
        columns += [_words(frame[c]).alias(n) for n, c in ((UNIT, file.unit), (TEXT, file.text)) if c]
        parts.append(pl.DataFrame(columns))
    if not sum(p.height for p in parts):
        raise InputError(f"{source.name} holds no events: name a file with a row for each event")
    return pl.concat(parts).rechunk(), clock


def time_name(clock: Clock) -> str:
    """The name of the time column: the unit of its numbers, or "time" for calendar times."""
    return "time" if clock == "datetime" else clock


def _nothing(name: str, dtype: pl.DataType, rows: int) -> pl.Series:
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, rows)


def _words(series: pl.Series) -> pl.Series:
    return series.to_frame("x").select(as_words(pl.col("x"), series.dtype))["x"]


def as_key(series: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Keys in the persons' type; null where a cell cannot be one (such a person is unknown)."""
    if series.dtype == dtype:
        return series
    if dtype == pl.String:
        return _words(series)
    return series.cast(dtype, strict=False)


def _clock(source: Source, file: EventsFile, mapping: RecordMapping) -> Clock:
    """The unit of the times: declared, or told by the column's type or name."""
    dtype = source.dtypes[file.time]
    dates = dtype.is_temporal() and not isinstance(dtype, pl.Duration)
    if mapping.time_unit is not None:
        if dates and mapping.time_unit != "datetime":
            raise InputError(
                f"the column {file.time!r} of {source.name} holds {dtype} and time_unit says {mapping.time_unit}: "
                "set time_unit to datetime"
            )
        return mapping.time_unit
    if dates:
        return "datetime"
    if isinstance(dtype, pl.String) and _is_calendar(source, file.time):
        return "datetime"
    if named := clock_of(file.time):
        return named
    raise InputError(
        f"the unit of the times in {file.time!r} of {source.name} is not known: add time_unit (seconds, minutes, "
        "hours, days or datetime) to the mapping"
    )


def _is_calendar(source: Source, column: str) -> bool:
    """Whether the first cell of a text column is a calendar time; a number is none."""
    first = next((b[column].drop_nulls().head(1) for b in source.batches()), pl.Series(dtype=pl.String))
    number = first.str.strip_chars().cast(pl.Float64, strict=False)
    return (
        bool(len(first))
        and number.null_count() > 0
        and first_form(first, text=False, decimal_comma=False).kind == "time"
    )


def _time(
    source: Source, file: EventsFile, times: pl.Series, clock: Clock, formats: tuple[str, ...]
) -> tuple[pl.Series, tuple[str, ...]]:
    """The times of one batch, and the formats that fit all batches so far."""
    if times.null_count():
        raise InputError(
            f"the time column {file.time!r} of {source.name} is empty on {counted(times.null_count(), 'row')}: "
            "fill it, or leave these events out"
        )
    if clock != "datetime":
        if isinstance(times.dtype, pl.Duration):
            return times.dt.total_microseconds() / 1e6 / {"seconds": 1, "minutes": 60, "hours": 3600}.get(
                clock, 86400
            ), formats  # fmt: skip
        out = times.cast(pl.Float64, strict=False)
        finite = out.is_finite().fill_null(False)
        if not finite.all():
            raise _no_time(source, file, times.filter(~finite)[0], f"a number of {clock}")
        return out, formats
    frame = times.to_frame("t")
    if times.dtype != pl.String:
        if not times.dtype.is_temporal():
            raise _no_time(source, file, times[0], "a calendar time")
        return frame.select(parse(Form("time"), "t", times.dtype, strict=True))["t"], formats
    for form in formats:
        made = frame.select(parse(Form("time", (form,)), "t", pl.String(), strict=False))["t"]
        if not made.null_count():
            left = formats[formats.index(form) :]
            return made, left
    zoned = times.str.contains(_ZONE)
    if zoned.any() and not zoned.all():
        raise InputError(
            f"the column {file.time!r} of {source.name} mixes times with a zone ({times.filter(zoned)[0]}) and "
            f"without ({times.filter(~zoned)[0]}): write all of them in one way"
        )
    best = max((frame.select(parse(Form("time", (f,)), "t", pl.String(), strict=False))["t"] for f in TIMES),
               key=lambda s: s.len() - s.null_count())  # fmt: skip
    raise _no_time(source, file, times.filter(best.is_null())[0], "a calendar time such as 2024-05-31 09:30")


def _no_time(source: Source, file: EventsFile, value: Any, what: str) -> InputError:
    return InputError(
        f"the time column {file.time!r} of {source.name} holds {value!r}, which is not {what}: correct it, or set "
        "time_unit to what it is"
    )


def _code(source: Source, file: EventsFile, codes: pl.Series) -> pl.Series:
    if codes.null_count():
        raise InputError(
            f"the code column {file.code!r} of {source.name} is empty on {counted(codes.null_count(), 'row')}: "
            "fill it, or leave these events out"
        )
    return _words(codes).alias(CODE)


def _value(source: Source, file: EventsFile, values: pl.Series) -> pl.Series:
    numbers = values.cast(pl.Float64, strict=False)
    bad = numbers.is_null() & values.is_not_null()
    if bad.any():
        raise InputError(
            f"the value column {file.value!r} of {source.name} holds {values.filter(bad)[0]!r}, which is no number "
            f"(on {counted(int(bad.sum()), 'row')} at least): clean it, or name the column as text in the mapping"
        )
    if numbers.is_infinite().any():
        raise InputError(
            f"the value column {file.value!r} of {source.name} holds an infinite number: empty the cell or "
            "correct it"
        )
    out = numbers.fill_nan(None)
    if file.sentinels:
        out = out.to_frame("v").select(pl.when(~pl.col("v").is_in(list(file.sentinels))).then(pl.col("v")))["v"]
    return out.alias(VALUE)


def joined_events(parts: list[tuple[str, pl.DataFrame, Clock]], persons: pl.Series, mapping: RecordMapping,
                  said: list[str]) -> tuple[pl.DataFrame, Clock]:  # fmt: skip
    """All files' events as one table, checked and sorted by person, time, code, value.

    `persons`: the keys, in the order of the person table. `said` collects notes. InputError for unknown persons,
    negative times, several clocks and mixed units, each unless the mapping allows it.
    """
    clocks = {clock: name for name, _, clock in parts}
    if len(clocks) > 1:
        (a, first), (b, second) = list(clocks.items())[:2]
        raise InputError(f"the times of {first} are {a} and those of {second} are {b}: write them in one unit")
    (clock,) = clocks
    kept = [_known(name, frame, persons, mapping, said) for name, frame, _ in parts]
    if clock != "datetime":
        for (name, _, _), frame in zip(parts, kept, strict=True):
            _check_sign(name, frame, clock, mapping, said)
    events = pl.concat(kept, how="diagonal_relaxed")
    if not events.height:
        raise InputError(f"{parts[0][0]} holds no event of the persons: check the key")
    if clock != "datetime" and (events[clock] == events[clock].round()).all():
        events = events.with_columns(pl.col(clock).cast(pl.Int64))
    events = _one_unit(parts[0][0], events, mapping, said)
    return sorted_events(events, persons, time_name(clock)), clock


def sorted_events(events: pl.DataFrame, persons: pl.Series, time: str) -> pl.DataFrame:
    """By person (in the order of the person table), time, code, value, unit: one order for one content."""
    place = pl.DataFrame({persons.name: persons}).with_row_index("_place")
    by = ["_place", time, CODE, *[c for c in (VALUE, UNIT, TEXT) if c in events.columns]]
    ordered = events.lazy().join(place.lazy(), on=persons.name, how="left").sort(by, nulls_last=True)
    return ordered.drop("_place").collect().rechunk()


def _known(
    name: str, frame: pl.DataFrame, persons: pl.Series, mapping: RecordMapping, said: list[str]
) -> pl.DataFrame:
    known = frame[persons.name].is_in(persons.implode()).fill_null(False)
    lost = frame.height - int(known.sum())
    if not lost:
        return frame
    who = frame.filter(~known)[persons.name]
    first = next((repr(v) for v in who.drop_nulls().head(1)), "an empty cell")
    if mapping.unknown_persons == "refuse":
        of = counted(who.n_unique(), "person")
        raise InputError(
            f"{name} has {counted(lost, 'event')} of {of} that the persons file does not have (the first key is "
            f"{first}): add these persons, or set unknown_persons to drop"
        )
    said.append(
        f"{counted(lost, 'event')} of {counted(who.n_unique(), 'person')} without a row in persons dropped ({name})"
    )
    return frame.filter(known)


def _check_sign(name: str, frame: pl.DataFrame, clock: Clock, mapping: RecordMapping, said: list[str]) -> None:
    negative = frame[clock] < 0
    n = int(negative.sum())
    if n and mapping.negative_times == "refuse":
        first = frame[clock].filter(negative)[0]
        raise InputError(
            f"{name} has {counted(n, 'event')} at a negative time (the first at {first:g} {clock}): correct them, "
            "or set negative_times to keep where events before the zero are meant"
        )
    if n:
        said.append(f"{counted(n, 'event')} {'lies' if n == 1 else 'lie'} before the person's zero ({name})")


def _one_unit(name: str, events: pl.DataFrame, mapping: RecordMapping, said: list[str]) -> pl.DataFrame:
    """Refuse codes whose values are in several units, or make a code of each unit."""
    if UNIT not in events.columns or mapping.units == "keep":
        return events
    pairs = events.lazy().filter(pl.col(UNIT).is_not_null()).group_by(CODE, UNIT).len("n").collect()
    mixed = pairs.filter(pl.len().over(CODE) > 1).sort([CODE, "n"], descending=[False, True])
    if not mixed.height:
        return events
    codes = mixed[CODE].unique(maintain_order=True).to_list()
    one = mixed.filter(pl.col(CODE) == codes[0])
    shown = ", ".join(f"{u} {n:,}" for u, n in one.select(UNIT, "n").head(4).iter_rows())
    if mapping.units == "refuse":
        more = f", and {len(codes) - 1:,} more codes are mixed" if len(codes) > 1 else ""
        raise InputError(
            f"the values of {codes[0]!r} in {name} are in several units ({shown}{more}): convert them to one, or "
            "set units to split, which makes a code of each"
        )
    said.append(f"values in several units: each unit is a code of its own for {names(codes)}")
    split = pl.col(CODE).is_in(codes) & pl.col(UNIT).is_not_null()
    return events.with_columns(
        pl.when(split).then(pl.format("{} [{}]", CODE, UNIT)).otherwise(pl.col(CODE)).alias(CODE)
    )
