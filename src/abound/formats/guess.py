"""From what was found in a column to what it is: kind, role, levels. Guesses that cost something leave notes.

The order of the questions: empty? a bool or a time? a row number or an identifier? a number? few enough texts to
be categories? else free text, which no model reads yet.
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from abound.core.schema import Column, ColumnKind, Role
from abound.errors import InputError
from abound.formats.forms import as_words
from abound.formats.identifiers import like_id, like_person_id
from abound.formats.notes import Notes
from abound.formats.source import Source
from abound.formats.survey import Found, Survey
from abound.formats.typed import stored_name

FEW = 20  # so few texts are categories whatever the number of rows
CODES = 200  # so few integers under the name of a code are categories
MIN_ROWS_PER_LEVEL = 3.0
_CODE_NAME = re.compile(r"(^|[^a-z])(zip|postal|post)[ _-]?(code)?s?([^a-z]|$)|zipcode|postcode|plz", re.IGNORECASE)
_COMMAS = {
    "comma": "commas read as decimal signs (1,5 is 1.5); write numbers without commas if that is wrong",
    "grouped": "commas read as dividing thousands (1,234 is 1234); write numbers without commas if that is wrong",
}
_ROW_NAME = re.compile(r"^(column_1|index|row|row[ _]?(nr|no|number|num)|unnamed: 0|level_0)$", re.IGNORECASE)


def guess_columns(source: Source, seen: Survey, categories: frozenset[str], notes: Notes) -> dict[str, Column]:
    """The guessed columns by name; at most one is a key (unique, never null, named like an identifier)."""
    out: dict[str, Column] = {}
    for name, found in seen.columns.items():
        check_infinite(source, found)
        column = _guess(source, found, name in categories, notes)
        if column.role == "key" and any(c.role == "key" for c in out.values()):
            column = column.model_copy(update={"role": "ignore"})
        out[name] = column
        if found.words:
            notes.about(name, "words such as NA, ? or None are read as missing")
    return out


def check_infinite(source: Source, found: Found) -> None:
    """InputError where a column of numbers holds an infinity: no statistic of it would mean anything."""
    if found.infinite:
        raise InputError(
            f"{source.name} holds an infinite number on {found.infinite:,} row{'s' * (found.infinite > 1)} of the "
            f"column {found.name!r}: replace it by an empty cell or by a number"
        )


def stored_as(found: Found) -> str:
    """The stored type as the schema keeps it; times and decimals in text also keep how they were written."""
    if isinstance(found.dtype, pl.String) and found.form is not None:
        if found.form.kind == "time":
            return f"String {found.form.times[0]}"
        written = {
            "integer": "Int64",
            "number": "Float64",
            "bool": "Boolean",
            "comma": "String ,",
            "grouped": "Float64",
        }
        return written.get(found.form.kind, "String")
    return stored_name(found.dtype)


def _guess(source: Source, found: Found, category: bool, notes: Notes) -> Column:
    name = found.name
    if found.filled == 0 or found.form is None:
        notes.about(name, "empty on every row, ignored")
        return Column(name=name, kind=_empty_kind(found.dtype), role="ignore", stored=stored_as(found))
    if category:
        return declared_category(source, found)
    if found.distinct() == 1 and found.filled == found.rows > 1:
        notes.about(name, "the same value on every row")
    kind = found.form.kind
    if kind == "bool":
        return Column(name=name, kind="bool", stored=stored_as(found))
    if kind == "time":
        _note_time(found, notes)
        return Column(name=name, kind="time", stored=stored_as(found))
    if isinstance(found.dtype, pl.Duration | pl.Time):
        notes.about(name, "a duration or time of day, read as seconds")
    if kind in _COMMAS and not (kind == "comma" and source.decimal_comma):
        notes.about(name, _COMMAS[kind])
    return _guess_number(found, notes) if kind != "string" else _guess_text(source, found, notes)


def _empty_kind(dtype: pl.DataType) -> ColumnKind:
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "time"
    return "bool" if isinstance(dtype, pl.Boolean) else "category"


def _note_time(found: Found, notes: Notes) -> None:
    assert found.form is not None
    if isinstance(found.dtype, pl.Datetime) and found.dtype.time_zone:
        notes.about(found.name, "times with a zone, read as UTC")
    day_first = [t for t in found.form.times if t.startswith(("%d/", "%d-%m"))]
    if day_first and len(found.form.times) > len(day_first):
        notes.about(
            found.name, "dates that read both ways, taken as day/month/year; write them as 2024-12-31 if not"
        )


def _guess_number(found: Found, notes: Notes) -> Column:
    name = found.name
    integer = found.whole
    number = Column(name=name, kind="number", integer=integer, stored=stored_as(found))
    if not integer:
        return number
    if found.counts_rows and (found.rows >= 50 or _ROW_NAME.match(name)):
        unique_id = like_id(name)
        if not unique_id:
            notes.about(name, "counts the rows one by one, ignored")
        return _identifier(found, "key" if unique_id else "ignore")
    if like_id(name):
        return _guess_id(found, notes, number)
    if _CODE_NAME.search(name) and found.levels is not None:
        notes.about(name, "numbers that are codes by their name, read as categories")
        return category_of(found)
    return number


def _guess_text(source: Source, found: Found, notes: Notes) -> Column:
    name = found.name
    if found.near_number is not None:
        fix = "empty them" if "," not in found.near_number else "write them without commas, as 1234.5,"
        notes.say(f"{name!r} is read as text because of cells such as {found.near_number!r}: {fix} to get numbers")
    if name in source.levels:
        return category_of(found, declared=source.levels[name])
    few = found.levels is not None and (
        len(found.levels) <= FEW or found.filled / len(found.levels) >= MIN_ROWS_PER_LEVEL
    )
    if like_id(name):
        return _guess_id(found, notes, category_of(found) if few else None)
    if few:
        return category_of(found)
    if found.mean_words >= 3:
        notes.about(name, "free text, ignored (no model reads it yet)")
        return Column(name=name, kind="text", role="ignore", stored=stored_as(found))
    notes.about(name, "too many different texts to be categories, ignored")
    return Column(name=name, kind="id", role="ignore", stored=stored_as(found))


def _guess_id(found: Found, notes: Notes, otherwise: Column | None) -> Column:
    """A column that is named like an identifier: a key, an identifier that repeats, or codes."""
    name = found.name
    distinct = found.distinct()
    if distinct is None:
        notes.about(name, "an identifier by its name, ignored")
        return _identifier(found, "ignore")
    if distinct == found.rows and found.nulls == 0:
        return _identifier(found, "key")
    if like_person_id(name) or distinct >= 0.5 * found.filled:
        if distinct < found.filled:
            notes.say(
                f"{name!r} repeats ({found.filled:,} rows, {distinct:,} values) and is ignored: name it as the "
                "group if the rows of one value belong together"
            )
        return _identifier(found, "ignore")
    if otherwise is not None and (otherwise.kind == "category" or distinct <= CODES):
        notes.about(name, "codes by the name, read as categories")
        return category_of(found)
    notes.about(name, "an identifier by its name, ignored")
    return _identifier(found, "ignore")


def _identifier(found: Found, role: Role) -> Column:
    return Column(name=found.name, kind="id", role=role, stored=stored_as(found))


def category_of(found: Found, declared: tuple[str, ...] | None = None) -> Column:
    """The column as a category: its levels are those seen, sorted (numbers by size), or those declared."""
    domain = declared or domain_of(found.levels or {})
    return Column(
        name=found.name, kind="category", domain=domain, declared=declared is not None, stored=stored_as(found)
    )


def declared_category(source: Source, found: Found) -> Column:
    """A column that a person called a category; InputError where it has too many levels to be one."""
    if found.levels is None:
        raise InputError(
            f"the column {found.name!r} of {source.name} has more than {found.most:,} different values, too many "
            "for a category: group them first, or leave it out of categories"
        )
    return category_of(found, declared=source.levels.get(found.name))


def domain_of(levels: dict[Any, int]) -> tuple[str, ...]:
    """Levels as text in a fixed order: false before true, numbers by size, text by its characters."""
    return tuple(count_labels(levels))


def count_labels(levels: dict[Any, int]) -> dict[str, int]:
    """Counts by the text of each level (true, 3, 2.5), in the order of `domain_of`."""
    if not levels:
        return {}
    values = pl.DataFrame({"value": sorted(levels)})
    words = values.select(as_words(pl.col("value"), values.schema["value"]))["value"]
    return dict(zip(words.to_list(), (levels[v] for v in values["value"]), strict=True))
