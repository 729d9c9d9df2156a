"""Plain tables for whoever trains outside abound: labelled rows to learn from, rows without labels to predict.

A labelled table holds the features, the target and `_weight`; an unlabelled one an id and the features, and nothing
that tells the label: not the target, not an ignored column (a target may be computed from it), and not the weight
(test rows are weighted by class).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from abound.core.artifact import write_bytes
from abound.core.dataset import WEIGHT, Dataset, table_bytes
from abound.core.labels import ID, classes, numbers, positive_class, prediction_columns
from abound.encoding.training import spread_labels
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.schema import Task


def labelled(data: Dataset, task: Task, keep: tuple[str, ...] = ()) -> pl.DataFrame:
    """Features, target and `_weight` (and the columns `keep`), ready for any learner that takes row weights.

    Classes are their names as text. A row with class probabilities (`_soft:<class>`) stands there once a class,
    weighted by its probability, as abound's own learners are trained. Rows without weight are left out.
    """
    if task.kind not in ("classification", "regression"):
        raise Refusal(f"rows are handed out to predict a column of a table, not {task.kind}")
    frame, target = _plain(data), task.targets[0]
    if task.kind == "classification":
        names = classes(data.schema, task)
        rows, label, weight = spread_labels(data, task)
        y = pl.Series(target, [names[i] for i in label], dtype=pl.String)
    else:
        rows, weight = np.arange(frame.height), data.weights(task.table)
        y = pl.Series(target, numbers(data, task), dtype=pl.Float64)
    kept = pl.Series(weight > 0)
    more = [data.main[name][rows] for name in keep]
    out = pl.DataFrame([*frame[rows].get_columns(), y, pl.Series(WEIGHT, weight), *more])
    return out.filter(kept)


def unlabelled(data: Dataset, ids: list[str]) -> pl.DataFrame:
    """The ids and the features."""
    frame = _plain(data)
    if ID in frame.columns:
        raise Refusal(f"the feature {ID!r} has the name of the id column: rename it before it is read")
    return pl.DataFrame([pl.Series(ID, ids, dtype=pl.String), *frame.get_columns()])


def _plain(data: Dataset) -> pl.DataFrame:
    """The feature columns of a single table; Refusal for several tables."""
    if len(data.schema.tables) > 1:
        raise Refusal("rows are handed out of a single table, and this data has several")
    table = data.schema.main_table
    return data.main.select([n for n in table.features() if table.column(n).kind != "array"])


def facts(data: Dataset, task: Task) -> dict[str, Any]:
    """What a script has to know of the task, as JSON: target, kind, classes, columns of a prediction, features."""
    table = data.schema.main_table
    out: dict[str, Any] = {"target": task.targets[0], "kind": task.kind}
    if task.kind == "classification":
        names = classes(data.schema, task)
        out["classes"] = names
        out["positive"] = positive_class(data.schema, task) if len(names) == 2 else None
    out["predictions"] = [ID, *prediction_columns(data.schema, task)]
    out["features"] = {n: table.column(n).kind for n in _plain(data).columns}
    return out


def row_ids(digest: str, part: str, rows: int) -> list[str]:
    """An id a row that says nothing of its place: a digest of the test set's digest, the part and the place."""
    texts = (f"{digest} {part} {place}".encode() for place in range(rows))
    return [f"{part}-{hashlib.sha256(text).hexdigest()[:16]}" for text in texts]


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Parquet, or CSV for programs: a cell that begins like a formula is a value, and stays as it is."""
    write_bytes(path, frame.write_csv().encode() if path.suffix == ".csv" else table_bytes(frame))
