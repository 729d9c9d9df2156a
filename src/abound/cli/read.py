"""`abound read`: what a table, or each table of a set, holds and what was guessed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abound.cli.options import Data, Group, Ignore, Json, Positive, SchemaFile, Sensitive, Target, load

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

_SHOWN_CODES = 12


def read(
    data: Data,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    schema: SchemaFile = None,
    json: Json = False,
) -> None:
    """Read DATA and print its columns, what was guessed, and what is odd about it."""
    from abound.cli.output import print_json, print_page

    found = load(data, target, positive, group, sensitive, ignore, schema)
    tables = {name: _columns(found, name) for name in sorted(found.tables, key=lambda n: n != found.schema.main)}
    columns = tables.pop(found.schema.main)
    if json:
        others = {"tables": {n: {"rows": found.table(n).height, "columns": c} for n, c in tables.items()}}
        whole = {"rows": len(found), "columns": columns, "notes": found.notes, "schema": found.schema}
        print_json(whole | (others if tables else {}))
        return
    _show_columns(columns)
    for name, more in tables.items():
        print_page([("Table", [f"{name}, {found.table(name).height:,} rows"])])
        _show_columns(more)
    print_page([("Rows", [f"{len(found):,}"]), ("Codes", _codes(found)), ("Notes", found.notes)])


def _columns(found: Dataset, table: str) -> list[dict[str, Any]]:
    """What each column of a table is and holds; lists and arrays are not compared, so their values are not
    counted."""
    frame = found.table(table)
    return [
        {
            "name": c.name, "kind": c.kind, "role": c.role, "missing": frame[c.name].null_count(),
            "distinct": None if frame.schema[c.name].is_nested() else frame[c.name].n_unique(),
            "levels": len(c.domain) if c.domain else None,
        }
        for c in found.schema.tables[table].columns if c.name in frame.columns
    ]  # fmt: skip


def _show_columns(columns: list[dict[str, Any]]) -> None:
    from abound.cli.output import print_table

    def count(n: int | None) -> str:
        return "" if n is None else f"{n:,}"

    print_table(
        ("column", "kind", "role", "missing", "distinct"),
        [(c["name"], c["kind"], c["role"], count(c["missing"]), count(c["distinct"])) for c in columns],
        right=(3, 4),
    )


def _codes(found: Dataset) -> list[str]:
    """The most common codes of records, with their events and persons; nothing for other data."""
    import polars as pl

    from abound.core.timeline import timeline_of
    from abound.errors import Refusal

    try:
        line = timeline_of(found.schema)
    except Refusal:
        return []
    own = found.table(line.events).lazy().group_by(line.code).agg(pl.len().alias("n"), pl.col(line.link).n_unique())
    counts = own.sort([line.link, line.code], descending=[True, False]).collect()
    shown = [f"{code}: {n:,} events of {who:,} persons" for code, n, who in counts.head(_SHOWN_CODES).iter_rows()]
    more = counts.height - len(shown)
    return [*shown, f"and {more:,} more codes"] if more else shown
