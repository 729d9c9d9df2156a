"""Forms: how the stored cells of one column are read as values, and which form fits a column.

A form is a hypothesis from the first rows, and `survey` then tests it on every row; one cell that does not parse is
enough to give it up. Leading zeros ("00501") and numbers too long for a float are codes, never quantities.

A comma in a number is a decimal sign ("comma") or divides thousands ("grouped"); a note says which was read. Where
nothing tells, the column stays text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

FormKind = Literal["integer", "number", "comma", "grouped", "bool", "time", "string"]

TIMES = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p", "%d-%m-%Y",
    "%m-%d-%Y", "%Y%m%dT%H%M%S", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y",
)  # fmt: skip
LONG = 2.0**53  # from here on a float skips whole numbers
_TRUE, _FALSE = ("true",), ("false",)
_YES, _NO = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Form:
    """A way to read cells. `times`: the formats that fit so far; `loose`: yes/no, t/f and 1/0 are bools too."""

    kind: FormKind
    times: tuple[str, ...] = ()
    loose: bool = False


def parse(form: Form, name: str, dtype: pl.DataType, *, strict: bool) -> pl.Expr:
    """The column as Int64, Float64, Boolean, Datetime("us") or String. Not strict: null where a cell does not fit.

    NaN is null. Durations and times of day are seconds.
    """
    col = pl.col(name)
    if dtype.is_(pl.Null):
        return col.cast(pl.String)
    if isinstance(dtype, pl.String):
        return _parse_text(form, col, strict)
    if form.kind == "bool":
        return col if dtype.is_(pl.Boolean) else _loose_bool(col.cast(pl.String))
    if form.kind == "time":
        return _time(col, dtype)
    if form.kind in ("integer", "number"):
        if isinstance(dtype, pl.Duration):
            col = col.dt.total_microseconds() / 1_000_000
        elif isinstance(dtype, pl.Time):
            col = col.cast(pl.Int64) / 1_000_000_000
        to = pl.Int64() if form.kind == "integer" else pl.Float64()
        out = col.cast(to, strict=strict)
        return out if form.kind == "integer" else out.fill_nan(None)
    return as_words(col, dtype)


def as_words(col: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A typed column as text, as labels are written: true/false, ISO times, whole floats without a point."""
    if isinstance(dtype, pl.Datetime | pl.Date):
        return _time(col, dtype).dt.to_string("iso")
    if dtype.is_float():
        whole = pl.when(col == col.floor()).then(col.cast(pl.Int64, strict=False).cast(pl.String))
        return whole.otherwise(col.fill_nan(None).cast(pl.String))
    return col.cast(pl.String)


def _time(col: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        col = col.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return col.cast(pl.Datetime("us"))


def _parse_text(form: Form, col: pl.Expr, strict: bool) -> pl.Expr:
    if form.kind == "integer":
        return col.cast(pl.Int64, strict=strict)
    if form.kind == "number":
        return col.cast(pl.Float64, strict=strict).fill_nan(None)
    if form.kind == "comma":
        return col.str.replace(",", ".", literal=True).cast(pl.Float64, strict=strict)
    if form.kind == "grouped":
        return col.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=strict)
    if form.kind == "bool":
        words = (_YES, _NO) if form.loose else (_TRUE, _FALSE)
        low = col.str.to_lowercase()
        return pl.when(low.is_in(words[0] + words[1])).then(low.is_in(words[0]))
    if form.kind == "time":
        return text_time(col, form.times[0], strict)
    return col


def _loose_bool(col: pl.Expr) -> pl.Expr:
    low = col.str.to_lowercase().str.strip_suffix(".0")
    return pl.when(low.is_in(_YES + _NO)).then(low.is_in(_YES))


def text_time(col: pl.Expr, format_: str, strict: bool) -> pl.Expr:
    """Text as Datetime("us"); a zone is turned into UTC. A year of two digits does not fit."""
    time = col.str.to_datetime(format_, time_unit="us", strict=strict)
    if "%#z" in format_:
        time = time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return pl.when(time.dt.year() >= 1000).then(time)


def first_form(values: pl.Series, *, text: bool, decimal_comma: bool) -> Form:
    """The form that fits every non-null value of a batch. `text`: numbers and bools may be written as text."""
    dtype = values.dtype
    if dtype.is_integer():
        return Form("integer")
    if dtype.is_numeric() or isinstance(dtype, pl.Duration | pl.Time):
        return Form("number")
    if dtype.is_(pl.Boolean):
        return Form("bool")
    if dtype.is_temporal():
        return Form("time")
    if not isinstance(dtype, pl.String):
        return Form("string")
    known = values.drop_nulls()
    if text:
        kinds: tuple[FormKind, ...] = ("integer", "number", "comma", "grouped", "bool")
        for kind in kinds:
            form = Form(kind)
            if fits(form, known.head(100)) and fits(form, known) and _told(kind, known, decimal_comma):
                return form
    times = tuple(t for t in TIMES if fits(Form("time", (t,)), known.head(100)))
    times = tuple(t for t in times if fits(Form("time", (t,)), known))
    return Form("time", times) if times else Form("string")


def fits(form: Form, known: pl.Series) -> bool:
    """Whether every value (no nulls) of a text series is of that form."""
    return unfit(form, known) is None


def unfit(form: Form, known: pl.Series) -> str | None:
    """The first value that is not of that form, None where all are."""
    frame = known.to_frame("value")
    parsed = frame.select(parse(form, "value", pl.String(), strict=False))["value"]
    if parsed.null_count():
        return str(known.filter(parsed.is_null())[0])
    return odd_value(form, known, parsed)


def odd_value(form: Form, known: pl.Series, parsed: pl.Series) -> str | None:
    """The first value that parses and yet is not of that form: a code under numbers, a sign beside a comma."""
    if form.kind in ("integer", "number"):
        return _code(known, parsed)
    if form.kind == "comma":
        plain = known.str.contains(r"^[+-]?\d+(,\d+)?([eE][+-]?\d+)?$")
        return None if plain.all() else str(known.filter(~plain)[0])
    if form.kind == "grouped":
        plain = known.str.contains(r"^[+-]?([1-9]\d{0,2}(,\d{3})+|0|[1-9]\d*)(\.\d*)?$")
        return None if plain.all() else str(known.filter(~plain)[0])
    return None


def _code(known: pl.Series, parsed: pl.Series) -> str | None:
    """The first value that is a code and no quantity: a leading zero, or more digits than a float holds."""
    zeros = known.filter(known.str.starts_with("0") & (known.str.len_bytes() > 1))
    zeros = zeros.filter(zeros.str.contains(r"^0\d"))
    if len(zeros):
        return str(zeros[0])
    if parsed.dtype.is_float():
        long = known.filter((parsed.abs() >= LONG) & parsed.is_finite())
        long = long.filter(long.str.contains(r"^[+-]?\d+$"))
        return str(long[0]) if len(long) else None
    return None


def may_lead_with_zero(name: str) -> pl.Expr:
    """Whether any cell of a text column may start with a leading zero: 007, not 0 or 0.5."""
    col = pl.col(name).str
    return (col.starts_with("0") & (col.len_bytes() > 1) & ~col.starts_with("0.")).any()


def _told(kind: FormKind, known: pl.Series, decimal_comma: bool) -> bool:
    """Whether the cells tell what their commas mean, where the form is about commas.

    `decimal_comma`: the file divides its fields by something else, as files with decimal commas do; there 1,234
    tells nothing. In others it divides thousands, unless numbers stand beside it that are not written so (1234 or
    1.5); where every cell is such a number the readings differ by one factor only.
    """
    if kind not in ("comma", "grouped"):
        return True
    with_comma = known.str.contains(",", literal=True)
    either = bool(known.filter(with_comma).str.contains(r"^[+-]?[1-9]\d{0,2},\d{3}$").all())
    if kind == "comma" or not either:
        return not either
    beside = known.filter(~with_comma)
    return not decimal_comma and bool(beside.str.contains(r"^[+-]?\d{1,3}$").all())
