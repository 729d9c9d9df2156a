"""Rows whose labels are a teacher's predictions: what the control "relabelled" trains on, and a mixer may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Task


def with_soft_labels(data: Dataset, task: Task, pred: pl.DataFrame) -> Dataset:
    """`data` whose labels are replaced by predictions: class probabilities, or values for a regression.

    `pred` is row-aligned with the task's table: Float64 columns "p:<class>", or "value". Probabilities go into
    Float64 columns "_soft:<class>", the likeliest class into the target.
    """
    import polars as pl

    from abound.core.labels import VALUE, classes, probabilities, set_labels
    from abound.encoding.training import SOFT

    frame = data.table(task.table)
    if task.kind == "regression":
        return data.with_table(task.table, frame.with_columns(pred[VALUE].alias(task.targets[0])))
    names = classes(data.schema, task)
    p = probabilities(pred, names)
    soft = [pl.Series(SOFT + n, p[:, i]) for i, n in enumerate(names)]
    return set_labels(data.with_table(task.table, frame.with_columns(soft)), task, p.argmax(axis=1))


def with_fractions(data: Dataset, task: Task) -> Dataset:
    """`data` with a whole-number target as Float64, as a teacher's predictions are; classes stay as they are."""
    import polars as pl

    if task.kind != "regression":
        return data
    target = pl.col(task.targets[0]).cast(pl.Float64)
    return data.with_table(task.table, data.table(task.table).with_columns(target))
