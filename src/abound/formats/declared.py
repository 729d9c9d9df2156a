"""A declared schema laid over the data: what it leaves open is filled in, what contradicts the data is refused."""

from __future__ import annotations

import polars as pl

from abound.core.schema import Column, Schema, Table
from abound.errors import SchemaError, did_you_mean
from abound.formats.forms import Form
from abound.formats.guess import check_infinite, count_labels, stored_as
from abound.formats.notes import Notes, names
from abound.formats.notes import rows as counted
from abound.formats.source import Source
from abound.formats.survey import Found, Survey, survey

NUMBERS = ("integer", "number", "comma", "grouped")


def check_shape(source: Source, schema: Schema, derived: str | None, *, part: bool = False) -> Table:
    """The one table of the schema, all of whose columns are in the data (`derived`, a condition, need not be).

    `part`: the schema is that of another table, of which the rows are to be a part.
    """
    if len(schema.tables) > 1:
        raise SchemaError(
            f"the schema declares the tables {sorted(schema.tables)} and {source.name} is one table: declare one"
        )
    table = schema.main_table
    lacking = [n for n in table.names() if n not in source.dtypes and n != derived]
    if lacking and part:
        many = len(lacking) > 1
        raise SchemaError(
            f"{source.name} lacks the column{'s' * many} {names(lacking)} of the table that it must fit "
            f"({did_you_mean(lacking[0], source.dtypes)}): add {'them' if many else 'it'}, or make the rows again "
            "from that table"
        )
    for column in table.columns:
        if column.kind in ("array", "asset"):
            raise SchemaError(
                f"the schema calls {column.name!r} an {column.kind}, which a table cannot hold: leave it out"
            )
        if column.name not in source.dtypes and column.name != derived:
            hint = did_you_mean(column.name, source.dtypes)
            raise _contradiction(source, f"it declares the column {column.name!r}, which is not there ({hint})")
    return table


def forced_forms(source: Source, table: Table) -> dict[str, Form]:
    """Forms that the schema leaves no choice about; numbers and times are recognised, and then compared."""
    out = {}
    for column in table.columns:
        dtype = source.dtypes.get(column.name)
        if dtype is None:
            continue
        if column.kind in ("category", "text") or (column.kind == "id" and _text_id(column, dtype)):
            out[column.name] = Form("string")
        elif column.kind == "bool" and not dtype.is_temporal():
            out[column.name] = Form("bool", loose=True)
        elif column.kind == "number" and isinstance(dtype, pl.String) and not source.text:
            out[column.name] = Form("number")
    return out


def _text_id(column: Column, dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.String) and not (column.stored or "").startswith(("Int", "UInt"))


def complete(source: Source, seen: Survey, table: Table, notes: Notes) -> dict[str, Column]:
    """The declared columns with levels and stored types filled in; SchemaError where the data says otherwise."""
    out = {}
    for column in table.columns:
        found = seen.columns.get(column.name)
        if found is None:
            continue  # a condition, made later
        check_infinite(source, found)
        _check_kind(source, column, found)
        stored = column.stored if source.text and column.stored else stored_as(found)
        column = column.model_copy(update={"stored": stored})
        if column.kind == "category":
            column = _levels(source, column, found, notes)
        if column.role == "key" or table.key == column.name:
            _check_key(source, found)
        if column.kind == "number":
            _check_number(source, column, found, notes)
        out[column.name] = column
    extra = [n for n in source.dtypes if not table.has(n) and not n.startswith("_")]
    for name in extra:
        notes.about(name, "not in the schema, left out")
    return out


def _check_kind(source: Source, column: Column, found: Found) -> None:
    if found.form is None:
        return
    kind = found.form.kind
    if column.kind == "number" and kind not in NUMBERS:
        checked = survey(source, {column.name: Form("number")}).columns[column.name]
        found = checked if checked.bad else found
    if found.bad:
        raise _contradiction(
            source,
            f"it calls {column.name!r} a {column.kind} and {found.bad:,} cell{'s' * (found.bad > 1)} cannot be "
            f"read as one (the first is {found.bad_value!r})",
        )
    fits = {"number": kind in NUMBERS, "time": kind == "time", "bool": kind == "bool"}.get(column.kind, True)
    if not fits:
        first = min(found.levels or (), default=None)
        shown = f" such as {first!r}" if first is not None else ""
        raise _contradiction(
            source, f"it calls {column.name!r} a {column.kind} and the column holds {kind}s{shown}"
        )


def _levels(source: Source, column: Column, found: Found, notes: Notes) -> Column:
    if found.levels is None:
        raise _contradiction(
            source,
            f"it calls {column.name!r} a category and the column has more than {found.most:,} different values",
        )
    counts = count_labels(found.levels)
    if column.domain is None:
        return column.model_copy(update={"domain": tuple(counts)})
    new = [v for v in counts if v not in set(column.domain)]
    if not new:
        return column
    if column.declared:
        rows = counts[new[0]]
        raise _contradiction(
            source,
            f"{column.name!r} holds {new[0]!r} on {rows:,} row{'s' * (rows > 1)}, which is not among its declared "
            f"levels ({did_you_mean(new[0], column.domain)})",
        )
    notes.about(column.name, "levels that the schema does not list were added to it")
    return column.model_copy(update={"domain": (*column.domain, *new)})


def _check_key(source: Source, found: Found) -> None:
    distinct = found.distinct()
    if found.nulls:
        raise _contradiction(source, f"its key {found.name!r} is empty on {counted(found.nulls)}")
    if distinct is not None and distinct < found.rows:
        raise _contradiction(
            source, f"its key {found.name!r} repeats: {found.rows:,} rows have {distinct:,} different values"
        )


def _check_number(source: Source, column: Column, found: Found, notes: Notes) -> None:
    if column.integer and not found.whole:
        raise _contradiction(source, f"it calls {column.name!r} an integer and some values have a fraction")
    below = column.low is not None and found.low is not None and found.low < column.low
    above = column.high is not None and found.high is not None and found.high > column.high
    if below or above:
        notes.about(column.name, "values outside the range that the schema declares")


def _contradiction(source: Source, reason: str) -> SchemaError:
    return SchemaError(f"the schema does not fit {source.name}: {reason}; correct the schema or the data")


def keys_of(table: Table) -> frozenset[str]:
    """Columns that the schema calls unique."""
    return frozenset({c.name for c in table.columns if c.role == "key"} | ({table.key} if table.key else set()))


def declared_target(schema: Schema | None) -> str | None:
    """The target that the schema declares, if any; where it is no column it may be a condition."""
    if schema is None or not schema.tasks or len(schema.tasks[0].targets) != 1:
        return None
    return schema.tasks[0].targets[0]
