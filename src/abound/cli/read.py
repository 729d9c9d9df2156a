"""`abound read`: what a table holds and what was guessed about it."""

from __future__ import annotations

from typing import Any

from abound.cli.options import Data, Group, Ignore, Json, Positive, SchemaFile, Sensitive, Target, load


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
    from abound.cli.output import print_json, print_page, print_table

    found = load(data, target, positive, group, sensitive, ignore, schema)
    frame, table = found.main, found.schema.main_table
    columns: list[dict[str, Any]] = [
        {
            "name": c.name, "kind": c.kind, "role": c.role, "missing": frame[c.name].null_count(),
            "distinct": frame[c.name].n_unique(), "levels": len(c.domain) if c.domain else None,
        }
        for c in table.columns if c.name in frame.columns
    ]  # fmt: skip
    if json:
        print_json({"rows": len(found), "columns": columns, "notes": found.notes, "schema": found.schema})
        return
    print_table(
        ("column", "kind", "role", "missing", "distinct"),
        [(c["name"], c["kind"], c["role"], f"{c['missing']:,}", f"{c['distinct']:,}") for c in columns],
        right=(3, 4),
    )
    print_page([("Rows", [f"{len(found):,}"]), ("Notes", found.notes)])
