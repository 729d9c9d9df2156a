"""Plain files of records, out: persons.parquet, events.parquet, and the mapping and schema that read them back.

The columns that events define (`ever` rules) are not written: they are recomputed when the files are read.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from abound.core.artifact import write_bytes
from abound.core.dataset import Dataset
from abound.core.timeline import ever_columns, timeline_of
from abound.formats.export import stored_frame, write_csv, write_parquet
from abound.formats.record_mapping import MAPPING_FILE


def write_records(data: Dataset, folder: Path, *, form: str = "parquet") -> tuple[str, ...]:
    """Write a folder that `read` takes; Parquet gives back the same digest, CSV (`form="csv"`) the same tables.

    Returns notes, such as cells that got an apostrophe against spreadsheet formulas.
    """
    import yaml

    line, notes = timeline_of(data.schema), []
    derived = set(ever_columns(data.schema))
    persons = stored_frame(data, line.persons)
    persons = persons.select(pl.exclude(derived)) if derived else persons
    for name, frame in ((line.persons, persons), (line.events, data.table(line.events))):
        path = folder / f"{name}.{form}"
        if form == "parquet":
            write_parquet(frame, path)
        elif write_csv(frame, path):
            notes.append(
                f"{path.name}: cells that a spreadsheet would run as a formula got an apostrophe before them"
            )
    events = {"file": f"{line.events}.{form}", "key": line.link, "time": line.time, "code": line.code}
    events |= {k: v for k, v in (("value", line.value), ("unit", line.unit)) if v}
    if data.schema.tables[line.events].has("text"):
        events["text"] = "text"
    mapping = {
        "persons": {"file": f"{line.persons}.{form}", "key": line.key},
        "events": events,
        "time_unit": line.clock,
        "negative_times": "keep",
        "units": "keep",
        "schema": "schema.yaml",
    }
    write_bytes(folder / MAPPING_FILE, yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True).encode())
    write_bytes(folder / "schema.yaml", data.schema.to_yaml().encode())
    return tuple(notes)
