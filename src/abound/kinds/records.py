"""Health records: persons with what does not change, and their events at irregular times, from files of any size.

The main table is the persons, the table below it the events, and the person is the group: rows of one person never
part. The event table has the columns time (or the unit of its numbers), code, value and, where they are known, unit
and text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from abound.core.dataset import Dataset
from abound.core.registry import create, plugin
from abound.core.schema import Column, Link, Schema, Table
from abound.core.timeline import EVENTS, PERSONS, Ever, TimeRule, recomputed, timeline_of
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.protocols import Encoder
    from abound.formats.record_mapping import Found, RecordMapping, Tables

_FRAME = "the polars frame"  # what the reader of tables calls a frame


@plugin("kind", accepts=("records",))
class Records:
    """Persons with timed events: files by a small mapping (a dict or YAML), MEDS folders, OMOP folders."""

    def sniff(self, source: Any) -> bool:
        """Whether `source` is a mapping of records, a folder of records, or a Dataset of persons with events."""
        from abound.formats.record_mapping import is_records

        if isinstance(source, Dataset):
            return len(source.tables) > 1 and _has_events(source.schema)
        return is_records(source)

    def read(self, source: Any, **options: Any) -> Dataset:
        """Read records; see `abound.formats.record_mapping` for the mapping, `abound.stages.read` for the options.

        Raises InputError (SchemaError, UnknownName), one sentence that names file, column and fix.
        """
        from abound.formats.record_mapping import find_mapping

        if isinstance(source, Dataset):
            return _again(source, options)
        found = find_mapping(source)
        schema = _schema(found, options.get("schema"))
        said: list[str] = []
        tables = _tables(found, said)
        options = {**options, "table": options.get("table") or (schema.main if schema else PERSONS)}
        return _described(tables, found.mapping, schema, options, said)

    def encoder(self, train: Dataset, ctx: Context) -> Encoder:
        """Summaries of each person's statics and events; Refusal where the data has no table of events."""
        from abound.encoding.record_summaries import fit_record_encoder

        return fit_record_encoder(train)

    def write(
        self, data: Dataset, folder: Path, form: Literal["plain", "csv", "meds", "omop"] = "plain"
    ) -> Dataset:
        """Write a folder in one of the forms that `read` takes; the data, with notes on what the form has no place
        for.

        Refusal where the data has no table of events.
        """
        from abound.formats.meds import write_meds
        from abound.formats.omop_out import write_omop
        from abound.formats.record_files import write_records

        if form == "meds":
            notes = write_meds(data, folder)
        elif form == "omop":
            notes = write_omop(data, folder)
        else:
            notes = write_records(data, folder, form="parquet" if form == "plain" else "csv")
        return replace(data, notes=(*data.notes, *notes))


def _has_events(schema: Schema) -> bool:
    try:
        timeline_of(schema)
    except Refusal:
        return False
    return True


def _schema(found: Found, given: Schema | Path | str | None) -> Schema | None:
    """The schema that the caller gives, else the one that the mapping names."""
    if isinstance(given, Schema):
        return given
    named = given if given is not None else found.mapping.schema_file
    if named is None:
        return None
    return Schema.from_yaml(named if given is not None else found.folder / str(named))


def _tables(found: Found, said: list[str]) -> Tables:
    """Typed persons and checked events from whichever source the mapping names."""
    from abound.formats.events import joined_events
    from abound.formats.meds import read_meds
    from abound.formats.omop import read_omop

    mapping = found.mapping
    if mapping.persons is not None:
        return _plain(found, said)
    tables = (
        read_meds(found.place(mapping.meds)) if mapping.meds is not None else read_omop(found.place(mapping.omop))
    )
    keys = tables.persons[tables.key]
    _check_key(tables.name, tables.key, keys)
    events, clock = joined_events([(tables.name, tables.events, tables.clock)], keys, mapping, said)
    return replace(tables, events=events, clock=clock)


def _plain(found: Found, said: list[str]) -> Tables:
    from abound.formats.events import RESERVED, check_columns, joined_events, open_rows, read_events
    from abound.formats.record_mapping import Tables

    mapping, persons = found.mapping, found.mapping.persons
    assert persons is not None, "only called for plain files"
    source = open_rows(found.place(persons.file))
    check_columns(source, {"key": persons.key}, found.name)
    if persons.key in RESERVED:
        raise InputError(
            f"the key of {source.name} is called {persons.key!r}, which is a column of the events: rename it"
        )
    _check_source_key(source, persons.key)
    first = create("kind", "table").read(found.place(persons.file), group=persons.key)
    frame, keys = _known(first, persons.key, persons.sentinels, said), first.main[persons.key]
    parts = []
    for file in mapping.events:
        rows = open_rows(found.place(file.file))
        columns = {n: getattr(file, n) for n in ("key", "time", "code", "value", "unit", "text")}
        check_columns(rows, columns, found.name)
        events, clock = read_events(rows, file, keys, mapping)
        parts.append((rows.name, events, clock))
    events, clock = joined_events(parts, keys, mapping, said)
    return Tables(frame, source.name, persons.key, events, clock, first.notes)


def _check_source_key(source: Any, key: str) -> None:
    """The key of a persons file, before any type is guessed: there, and once each."""
    import polars as pl

    from abound.formats.source import clean

    parts = [clean(source, b.lazy()).select(pl.col(key)).collect() for b in source.batches()]
    if parts:
        _check_key(source.name, key, pl.concat(parts)[key])


def _check_key(name: str, key: str, keys: pl.Series) -> None:
    empty = keys.null_count()
    if empty:
        raise InputError(
            f"the key {key!r} of {name} is empty on {empty:,} row{'s' * (empty > 1)}: every person needs one"
        )
    if keys.n_unique() < keys.len():
        twice = keys.filter(keys.is_duplicated())
        raise InputError(
            f"{name} has several rows for one person (the key {key!r} holds {twice[0]!r} twice, and "
            f"{twice.n_unique():,} keys more than once): keep one row a person, and put what changes over time "
            "into the events"
        )


def _known(data: Dataset, key: str, sentinels: tuple[float, ...], said: list[str]) -> pl.DataFrame:
    """The persons with numbers that mean unknown made null."""
    import polars as pl

    frame = data.main
    if not sentinels:
        return frame
    numbers = [c for c, t in frame.schema.items() if t.is_numeric() and c != key]
    unknown = {c: pl.col(c).cast(pl.Float64).is_in(list(sentinels)).fill_null(False) for c in numbers}
    hits = frame.select(**{c: test.sum() for c, test in unknown.items()}).row(0, named=True)
    said += [f"{c!r}: {n:,} cells that mean unknown are empty now" for c, n in hits.items() if n]
    return frame.with_columns([pl.when(~unknown[c]).then(pl.col(c)).alias(c) for c in numbers if hits[c]])


def _rules(mapping: RecordMapping | None, schema: Schema | None) -> tuple[TimeRule, ...]:
    """The rules of the schema, of the mapping, and the columns that the mapping defines, each once."""
    asked: list[TimeRule] = list(schema.timeline if schema else ())
    if mapping is not None:
        asked += [Ever.model_validate({"column": c, "terms": text}) for c, text in mapping.ever.items()]
        asked += mapping.rules
    return tuple({str(r): r for r in asked}.values())


def _described(
    tables: Tables,
    mapping: RecordMapping | None,
    schema: Schema | None,
    options: Mapping[str, Any],
    said: list[str],
) -> Dataset:
    """The dataset: persons as the reader of tables describes them, events, rules, and what was found, in notes."""
    from abound.formats.record_oddities import oddities

    main = str(options["table"])
    rules = _rules(mapping, schema)
    events = _events_table(tables)
    frame = _with_ever(tables, events, rules)
    stored = [r.column for r in rules if isinstance(r, Ever) and r.column in tables.persons.columns]
    said += [f"{c!r}: the stored column is replaced by what the events say" for c in stored]
    asked = {**options, "table": main}
    if schema is not None:
        asked["schema"] = _persons_schema(schema)
    elif not options.get("group"):
        asked["group"] = tables.key
    try:
        persons = create("kind", "table").read(frame, **{k: v for k, v in asked.items() if v is not None})
    except InputError as error:
        raise type(error)(str(error).replace(_FRAME, tables.name)) from None
    table = _keyed(persons.schema.main_table, tables.key)
    rows = tables.events
    if len(persons) < frame.height:
        rows = rows.filter(rows[tables.key].is_in(persons.main[tables.key].implode()))
        said.append(f"{tables.events.height - rows.height:,} events of persons without a target dropped")
    made = persons.schema.model_copy(update={"tables": {main: table}})
    whole = _checked(
        tables.name,
        main=main, tables={main: table, EVENTS: events},
        links=(Link(child=EVENTS, column=tables.key, parent=main),),
        group=options.get("group") or (schema.group if schema else None) or tables.key,
        rules=made.rules, tasks=made.tasks, answers=made.answers, timeline=rules,
    )  # fmt: skip
    data = recomputed(Dataset(whole, {main: persons.main.lazy(), EVENTS: rows.lazy()}))
    table_notes = (n.replace(_FRAME, tables.name) for n in persons.notes)
    notes = (_size(tables, rows, len(persons)), *said, *tables.notes, *table_notes, *oddities(data))
    return replace(data, notes=tuple(dict.fromkeys(notes)))


def _checked(name: str, **fields: Any) -> Schema:
    """A schema of these fields; SchemaError, in one sentence, where a rule does not fit them."""
    from abound.core.recipe import validate
    from abound.errors import SchemaError

    return validate(Schema, fields, what=name, error=SchemaError)


def _persons_schema(schema: Schema) -> Schema:
    """The part of a schema that is about the persons alone."""
    return schema.model_copy(update={"tables": {schema.main: schema.main_table}, "links": (), "timeline": ()})


def _events_table(tables: Tables) -> Table:
    """The columns of the events, with the codes and units that are there."""
    from abound.formats.events import CODE, TEXT, UNIT, VALUE, time_name

    def levels(name: str) -> tuple[str, ...]:
        return tuple(tables.events[name].drop_nulls().unique().sort().to_list())

    name = time_name(tables.clock)
    kind: Literal["time", "number"] = "time" if tables.clock == "datetime" else "number"
    integer = tables.events[name].dtype.is_integer()
    columns = [
        Column(name=tables.key, kind="id", role="key"),
        Column(name=name, kind=kind, role="time", integer=integer),
        Column(name=CODE, kind="category", role="event", domain=levels(CODE)),
        Column(name=VALUE, kind="number"),
    ]
    if UNIT in tables.events.columns:
        columns.append(Column(name=UNIT, kind="category", domain=levels(UNIT)))
    if TEXT in tables.events.columns:
        columns.append(Column(name=TEXT, kind="text", role="ignore"))
    return Table(name=EVENTS, columns=tuple(columns))


def _with_ever(tables: Tables, events: Table, rules: tuple[TimeRule, ...]) -> pl.DataFrame:
    """The persons with the columns that the events define: one of them may be the target."""
    if not any(isinstance(r, Ever) for r in rules):
        return tables.persons
    key = Column(name=tables.key, kind="id", role="key")
    others = [Column(name=c, kind="id", role="ignore") for c in tables.persons.columns if c != tables.key]
    made = [r for r in rules if isinstance(r, Ever) and r.column not in tables.persons.columns]
    columns = (key, *others, *(Column(name=r.column, kind="bool") for r in made))
    schema = _checked(
        tables.name,
        main=PERSONS, tables={PERSONS: Table(name=PERSONS, columns=columns, key=tables.key), EVENTS: events},
        links=(Link(child=EVENTS, column=tables.key, parent=PERSONS),),
        timeline=tuple(r for r in rules if isinstance(r, Ever)),
    )  # fmt: skip
    return recomputed(Dataset(schema, {PERSONS: tables.persons.lazy(), EVENTS: tables.events.lazy()})).main


def _keyed(table: Table, key: str) -> Table:
    """The person table with its key."""
    columns = tuple(
        c.model_copy(update={"kind": "id", "role": "key", "domain": None, "declared": False, "integer": False})
        if c.name == key
        else c.model_copy(update={"role": "ignore"}) if c.role == "key" else c
        for c in table.columns
    )  # fmt: skip
    return table.model_copy(update={"columns": columns, "key": key})


def _size(tables: Tables, events: pl.DataFrame, persons: int) -> str:
    """How many events, codes and persons there are, over which time."""
    import numpy as np

    from abound.formats.events import CODE, time_name

    counts = events.group_by(tables.key).len("n")["n"].to_numpy()
    time = events[time_name(tables.clock)]
    first, last = (repr(v) if isinstance(v, float) else str(v) for v in (time.min(), time.max()))
    clock = "" if tables.clock == "datetime" else f" {tables.clock}"
    silent = persons - len(counts)
    without = f", {silent:,} of them without any" if silent else ""
    return (
        f"{events.height:,} events of {events[CODE].n_unique():,} codes for {persons:,} persons{without}: "
        f"{np.median(counts):,.0f} a person in the middle, {counts.max():,} at most, from {first} to {last}{clock}"
    )


def _again(data: Dataset, options: Mapping[str, Any]) -> Dataset:
    """A Dataset of records with other options, such as a target."""
    from abound.formats.record_mapping import Tables

    line = timeline_of(data.schema)
    if options.get("table") not in (None, line.persons):
        raise InputError(f"the persons are the table {line.persons!r} already: leave out table")
    given = options.get("schema")
    schema = given if isinstance(given, Schema) else Schema.from_yaml(given) if given is not None else data.schema
    own = [c for c in data.main.columns if c not in {r.column for r in schema.timeline if isinstance(r, Ever)}]
    events = data.table(line.events)
    tables = Tables(data.main.select(own), "the dataset", line.key, events, line.clock)
    made = _described(tables, None, schema, {**options, "table": line.persons}, [])
    return replace(made, assets=data.assets, origin=data.origin, split=data.split)
