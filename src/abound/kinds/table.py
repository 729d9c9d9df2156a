"""One table, from a file or a frame, with nothing declared: types, roles and task are guessed and then checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.dataset import Dataset
from abound.core.registry import plugin
from abound.core.schema import Column, Schema, Table, Task
from abound.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.protocols import Encoder
    from abound.formats.casts import Reading
    from abound.formats.notes import Notes
    from abound.formats.roles import Options, Target
    from abound.formats.source import Source
    from abound.formats.survey import Survey

_TABLE_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*$")
_OWN = ("_origin", "_order", "_seed", "_source", "_weight")
_SOFT = "_soft:"
MOST_CLASSES = 100
LEAST_OF_CLASS = 4
LEAST_ROWS = 20  # below it no split is made, and a class may have what it has


@plugin("kind", accepts=("table",))
class TableKind:
    """CSV, TSV, Parquet, Arrow files; pandas, polars, Arrow frames; a dict of columns; a Dataset of one table."""

    def sniff(self, source: Any) -> bool:
        """Whether `source` is a file name, a frame or a Dataset."""
        from abound.formats.frames import frame_library

        return isinstance(source, str | Path | Dataset) or frame_library(source) is not None

    def read(self, source: Any, **options: Any) -> Dataset:
        """Read a table; see `abound.stages.read.read` for the options and the errors."""
        from abound.formats.notes import Notes
        from abound.formats.roles import check_names, find_target

        wanted = _options(source, options)
        stored = _open(source)
        notes = Notes(stored.notes)
        check_names(stored.name, stored.dtypes, wanted)
        target = find_target(stored.name, stored.dtypes, wanted, _table_name(wanted))
        seen, columns = _columns(stored, wanted, target, notes)
        reading = _reading(stored, seen, columns, target, notes)
        frame = reading.lazy()
        schema = _schema(reading, frame, seen, columns, wanted, notes)
        data = Dataset(schema, {schema.main: frame}, notes=notes.sentences())
        if isinstance(source, Dataset):
            data = replace(data, assets=source.assets, origin=source.origin, split=source.split)
        return data

    def encoder(self, train: Dataset, ctx: Context) -> Encoder:
        """Numbers, times, categories as vectors; Refusal for several tables, assets, arrays or no usable column."""
        from abound.encoding.table_encoder import fit_table_encoder

        return fit_table_encoder(train)


def _options(source: Any, given: Mapping[str, Any]) -> Options:
    """The arguments as Options; the schema read from its file, and its target taken over where none is given."""
    from abound.formats.declared import declared_target
    from abound.formats.roles import Options, listed

    schema = given.get("schema")
    if schema is None and isinstance(source, Dataset):
        schema = source.schema
    if schema is not None and not isinstance(schema, Schema):
        schema = Schema.from_yaml(schema)
    positive = given.get("positive")
    if isinstance(positive, bool):
        positive = str(positive).lower()
    options = Options(
        target=given.get("target") or declared_target(schema),
        positive=None if positive is None else str(positive),
        group=given.get("group") or (schema.group if schema else None),
        sensitive=listed(given.get("sensitive")),
        ignore=listed(given.get("ignore")),
        categories=listed(given.get("categories")),
        table=given.get("table"),
        schema=schema,
        part=isinstance(given.get("schema"), Schema),
    )
    if options.positive is not None and options.target is None:
        raise InputError(f"the positive class {options.positive!r} needs a target: name it with target")
    if not _TABLE_NAME.match(_table_name(options)):
        raise InputError(f"the table name {_table_name(options)!r} is no file name: use letters, digits, _ and -")
    return options


def _table_name(options: Options) -> str:
    return options.table or (options.schema.main if options.schema else "rows")


def _open(source: Any) -> Source:
    """The source as stored rows."""
    from abound.formats.columnar import open_columnar
    from abound.formats.delimited import open_text
    from abound.formats.files import file_format
    from abound.formats.frames import open_frame

    if isinstance(source, Dataset):
        if len(source.tables) > 1:
            raise InputError(
                f"the dataset has the tables {sorted(source.tables)}: give it as it is, without options"
            )
        return replace(open_frame(source.main), name="the dataset")
    if not isinstance(source, str | Path):
        return open_frame(source)
    path = Path(source).expanduser()
    form = file_format(path)
    if form in ("parquet", "arrow"):
        return open_columnar(path, form)
    return open_text(path, packed=form == "gz")


def _columns(
    source: Source, options: Options, target: Target | None, notes: Notes
) -> tuple[Survey, dict[str, Column]]:
    """What is in the columns, and what they are: guessed or declared, with the caller's roles and the target."""
    from abound.formats.declared import check_shape, complete, forced_forms, keys_of
    from abound.formats.forms import Form
    from abound.formats.guess import declared_category, guess_columns
    from abound.formats.notes import rows as counted
    from abound.formats.roles import apply_roles, check_group, target_column
    from abound.formats.survey import survey

    forced = {c: Form("string") for c in options.categories}
    if options.schema is None:
        seen = survey(source, forced)
        _check_rows(source, seen.rows)
        columns = guess_columns(source, seen, frozenset(options.categories), notes)
        columns = {n: c for n, c in columns.items() if not n.startswith("_")}
        if not columns:
            raise InputError(
                f"all columns of {source.name} have names that start with _, and such columns are set aside: "
                "rename those that are to be used"
            )
    else:
        table = check_shape(
            source, options.schema, target.name if target and target.condition else None, part=options.part
        )
        seen = survey(source, forced_forms(source, table) | forced, keys_of(table))
        _check_rows(source, seen.rows)
        columns = complete(source, seen, table, notes)
        for name in options.categories:
            columns[name] = declared_category(source, seen.columns[name])
    if seen.empty_rows:
        notes.say(f"{counted(seen.empty_rows)} without any value left out")
    if options.group is not None:
        check_group(source.name, seen.columns[options.group], part=options.part)
    columns = _without_old_target(columns, target)
    columns = apply_roles(columns, seen.columns, options, target)
    if target is not None and target.condition is None:
        column = columns[target.name]
        columns[target.name] = target_column(source.name, column, seen.columns[target.name], options, notes)
    return seen, columns


def _check_rows(source: Source, rows: int) -> None:
    if rows < 2:
        many = "one row" if rows else "column names and no rows"
        raise InputError(f"{source.name} has {many}: at least two rows are needed")


def _without_old_target(columns: dict[str, Column], target: Target | None) -> dict[str, Column]:
    """A declared target that is not the one asked for becomes a feature again."""
    name = target.name if target else None
    return {
        n: c.model_copy(update={"role": "feature"}) if c.role == "target" and n != name else c
        for n, c in columns.items()
    }


def _reading(
    source: Source, seen: Survey, columns: Mapping[str, Column], target: Target | None, notes: Notes
) -> Reading:
    """The expressions that turn stored rows into the main table."""
    from abound.formats.casts import Reading, canonical, canonical_type

    exprs = [canonical(c, seen.columns[n]) for n, c in columns.items() if n in seen.columns]
    exprs += _own_columns(source, seen, notes)
    name = target.name if target else None
    if target is None or target.condition is None:
        return Reading(source, tuple(exprs), target=name)
    types = {n: canonical_type(columns[n], seen.columns[n]) for n in target.reads()}
    return Reading(source, tuple(exprs), (target.name, target.condition), types, name)


def _own_columns(source: Source, seen: Survey, notes: Notes) -> list[pl.Expr]:
    """Columns outside the schema: provenance and weights written by an export; other names with _ are left out."""
    from abound.formats.casts import canonical
    from abound.formats.guess import check_infinite, stored_as

    out = []
    for name in (n for n in source.dtypes if n.startswith("_")):
        found = seen.columns[name]
        number = name == "_weight" or name.startswith(_SOFT)
        if name not in _OWN and not number:
            notes.about(name, "names that start with _ are set aside, left out (rename to use)")
            continue
        check_infinite(source, found)
        kind = found.form.kind if found.form else "number"
        if number and (kind not in ("integer", "number") or (found.low or 0.0) < 0.0):
            raise InputError(
                f"the column {name!r} of {source.name} must hold numbers of 0 or more, as it weights rows: rename "
                "it if it means something else"
            )
        as_is = {"integer": "number", "number": "number", "bool": "bool", "time": "time"}.get(kind, "category")
        column = Column(name=name, kind=as_is, integer=kind == "integer" and not number, stored=stored_as(found))
        out.append(canonical(column, found))
    kept = [n for n in source.dtypes if n in _OWN or n.startswith(_SOFT)]
    for name in kept:
        notes.about(name, "kept beside the data (provenance and weights are no features)")
    return out


def _schema(
    reading: Reading,
    frame: pl.LazyFrame,
    seen: Survey,
    columns: dict[str, Column],
    options: Options,
    notes: Notes,
) -> Schema:
    """The schema: levels and classes as they are on the rows that are kept, the key, the group, the task."""
    from abound.formats.notes import rows as counted
    from abound.formats.totals import recount

    source, target = reading.source, reading.target
    if target is not None and (target not in seen.columns or seen.columns[target].nulls):
        leveled = [n for n, c in columns.items() if c.kind == "category"]
        frames = reading.batches() if source.large else [frame.collect()]
        rows, counts = recount(frames, leveled)
        if rows < seen.rows:
            notes.say(f"{counted(seen.rows - rows)} without a value of the target {target!r} dropped")
        if rows < 2:
            raise InputError(
                f"{source.name} has {counted(rows)} with a value of the target {target!r}: at least "
                "two are needed, fill it or name another target"
            )
        for name, levels in counts.items():
            old = columns[name]
            keep = old.declared or (name == target and target not in seen.columns)
            domain = old.domain if keep else tuple(v for v in old.domain or () if v in levels)
            columns[name] = old.model_copy(update={"domain": domain})
        classes = counts.get(target)
    else:
        classes = None
    if source.large:
        notes.say(f"{source.name} is large: its rows stay on the disk until they are used")
    if target is not None:
        _check_features(source, columns, target, notes)
    task = _task(source, seen, columns, target, classes, options)
    if target is not None and options.schema is None:
        _check_varying(source, seen, columns, target)
    key = next((n for n, c in columns.items() if c.role == "key"), None)
    main = _table_name(options)
    table = Table(name=main, columns=tuple(columns.values()), key=key)
    rules = options.schema.rules if options.schema else ()
    tasks = () if task is None else (task,)
    answers = tuple(
        a.model_copy(update={"hole": a.hole.model_copy(update={"on": main})})
        for a in (options.schema.answers if options.schema else ())
    )
    return Schema(main=main, tables={main: table}, group=options.group, rules=rules, tasks=tasks, answers=answers)


def _check_features(source: Source, columns: Mapping[str, Column], target: str, notes: Notes) -> None:
    """InputError where nothing is left to predict from, with the first reason."""
    if any(c.role in ("feature", "sensitive") and c.kind != "id" for c in columns.values()):
        return
    reasons = (n for n in notes.sentences() if "ignored" in n or "set aside" in n)
    why = next(reasons, "list columns in categories to use them")
    raise InputError(
        f"{source.name} has no column left to predict the target {target!r} from: all others are ignored ({why})"
    )


def _check_varying(source: Source, seen: Survey, columns: Mapping[str, Column], target: str) -> None:
    """InputError where every column to predict from holds one value: nothing can be learnt from them."""
    from abound.formats.notes import names

    used = [n for n, c in columns.items() if c.role in ("feature", "sensitive") and c.kind != "id"]
    found = [seen.columns[n] for n in used]
    if all(f.distinct() == 1 and not f.nulls for f in found):
        many = f"the column {names(used)} holds" if len(used) == 1 else f"the columns {names(used)} each hold"
        raise InputError(
            f"{many} the same value on every row of {source.name}: add a column that varies to predict the target "
            f"{target!r} from"
        )


def _check_classes(source: Source, target: str, counts: Mapping[str, int], rows: int, part: bool) -> None:
    """InputError for more classes than are told apart, or a rarer class of two that no split can share out.

    `part`: the rows are a part of a table that is known already, and may hold few of a class.
    """
    from abound.formats.notes import rows as counted

    if len(counts) > MOST_CLASSES:
        raise InputError(
            f"the target {target!r} of {source.name} has {len(counts):,} classes and at most {MOST_CLASSES} are "
            "told apart: group the rare ones into one class, or name another target"
        )
    if part or len(counts) != 2 or rows < LEAST_ROWS:
        return
    rare = min(counts, key=lambda c: counts[c])
    if counts[rare] < LEAST_OF_CLASS:
        raise InputError(
            f"the target {target!r} of {source.name} has {counted(counts[rare])} of the class {rare!r} and at "
            f"least {LEAST_OF_CLASS} are needed, one a part of the split: add rows of it or name another target"
        )


def _task(
    source: Source,
    seen: Survey,
    columns: Mapping[str, Column],
    target: str | None,
    classes: Mapping[str, int] | None,
    options: Options,
) -> Task | None:
    """The task that the target poses, with its positive class."""
    from abound.formats.guess import count_labels
    from abound.formats.roles import choose_positive

    if target is None:
        return None
    main = _table_name(options)
    column = columns[target]
    old = next((t for t in (options.schema.tasks if options.schema else ()) if t.targets == (target,)), None)
    metric = old.metric if old else None
    if column.kind == "number":
        found = seen.columns[target]
        if found.low == found.high and not options.part:
            raise InputError(
                f"the target {target!r} of {source.name} has the same number on every row: name another"
            )
        return Task(table=main, targets=(target,), kind="regression", metric=metric)
    counts = classes if classes is not None else count_labels(seen.columns[target].levels or {})
    ordered = {c: counts.get(c, 0) for c in (column.domain or counts)}
    if target not in seen.columns:
        ordered = {c: n for c, n in ordered.items() if n}
    wanted = options.positive or (old.positive if old else None) or ("yes" if target not in seen.columns else None)
    _check_classes(source, target, {c: n for c, n in ordered.items() if n}, seen.rows, options.part)
    if options.part and old is not None and old.positive == wanted and sum(n > 0 for n in ordered.values()) < 2:
        return old.model_copy(update={"table": main})  # rows of one class of a known table, such as synthetic ones
    positive = choose_positive(source.name, target, ordered, wanted)
    return Task(table=main, targets=(target,), kind="classification", metric=metric, positive=positive)
