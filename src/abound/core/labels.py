"""The target of a task as arrays: class names, class codes, numbers. Missing targets are refused by `read`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from abound.errors import Refusal, SchemaError

if TYPE_CHECKING:
    import numpy as np

    from abound.core.dataset import Dataset
    from abound.core.schema import Schema, Task

PROBABILITY = "p:"
VALUE = "value"
ID = "id"  # of a row in predictions that come from outside


def classes(schema: Schema, task: Task) -> list[str]:
    """Class names in the order of the target's domain."""
    column = schema.tables[task.table].column(task.targets[0])
    if column.kind == "bool":
        return ["false", "true"]
    if not column.domain:
        raise SchemaError(f"the target {column.name!r} has no list of classes (domain) in the schema")
    return list(column.domain)


def positive_class(schema: Schema, task: Task) -> str:
    """The class of interest of a two-class task: declared, or the second of the domain."""
    names = classes(schema, task)
    if task.positive is not None:
        if task.positive not in names:
            raise SchemaError(f"the positive class {task.positive!r} is not one of {names}")
        return task.positive
    return names[-1]


def codes(data: Dataset, task: Task) -> np.ndarray[Any, Any]:
    """The class of each row as an index (int64) into `classes`."""
    import numpy as np
    import polars as pl

    series = data.table(task.table)[task.targets[0]]
    text = series.cast(pl.String) if series.dtype != pl.Boolean else series.replace_strict(
        {True: "true", False: "false"}, return_dtype=pl.String
    )  # fmt: skip
    names = classes(data.schema, task)
    out = text.replace_strict({n: i for i, n in enumerate(names)}, default=None, return_dtype=pl.Int64)
    if out.null_count():
        bad = text.filter(out.is_null())[0]
        raise Refusal(f"the target {series.name!r} holds {bad!r}, which is not one of its classes {names}")
    return out.to_numpy().astype(np.int64)


def numbers(data: Dataset, task: Task) -> np.ndarray[Any, Any]:
    """The target of a regression as float64."""
    import numpy as np

    series = data.table(task.table)[task.targets[0]]
    if series.null_count():
        raise Refusal(f"the target {series.name!r} has {series.null_count()} empty cells: drop or fill those rows")
    return series.to_numpy().astype(np.float64)


def set_labels(data: Dataset, task: Task, index: np.ndarray[Any, Any]) -> Dataset:
    """The dataset with the target replaced by the classes at these codes."""
    import polars as pl

    frame = data.table(task.table)
    names = classes(data.schema, task)
    column = data.schema.tables[task.table].column(task.targets[0])
    values: list[Any] = [names[i] for i in index]
    if column.kind == "bool":
        values = [v == "true" for v in values]
    dtype = frame.schema.get(column.name, pl.String())
    new = pl.Series(column.name, values, dtype=dtype)
    return data.with_table(task.table, frame.with_columns(new))


def probabilities(pred: Any, names: list[str]) -> np.ndarray[Any, Any]:
    """The "p:<class>" columns of a prediction frame as an array (rows, classes)."""
    import numpy as np

    return np.column_stack([pred[PROBABILITY + n].to_numpy() for n in names])


def prediction_columns(schema: Schema, task: Task) -> list[str]:
    """The columns of a prediction frame."""
    if task.kind == "classification":
        return [PROBABILITY + name for name in classes(schema, task)]
    return [VALUE]
