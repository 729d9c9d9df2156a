"""Targets as arrays."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.labels import classes, codes, numbers, positive_class, probabilities, set_labels
from abound.core.schema import Column, Schema, Table, Task
from abound.errors import Refusal, SchemaError


def data_of(values: list, kind: str, **column: object) -> Dataset:
    target = Column(name="y", kind=kind, role="target", **column)
    task = Task(table="r", targets=("y",), kind="regression" if kind == "number" else "classification")
    schema = Schema(main="r", tables={"r": Table(name="r", columns=(target,))}, tasks=(task,))
    return Dataset(schema, {"r": pl.LazyFrame({"y": values})})


def test_codes_follow_the_domain_not_the_alphabet() -> None:
    data = data_of(["b", "a", "c", "b"], "category", domain=("c", "b", "a"))
    task = data.schema.task()
    assert classes(data.schema, task) == ["c", "b", "a"]
    assert codes(data, task).tolist() == [1, 2, 0, 1]
    assert codes(data, task).dtype == np.int64
    assert positive_class(data.schema, task) == "a"
    assert positive_class(data.schema, task.model_copy(update={"positive": "c"})) == "c"
    with pytest.raises(SchemaError, match="'d' is not one of"):
        positive_class(data.schema, task.model_copy(update={"positive": "d"}))


def test_a_bool_target_has_the_classes_false_and_true() -> None:
    data = data_of([True, False], "bool")
    assert classes(data.schema, data.schema.task()) == ["false", "true"]
    assert codes(data, data.schema.task()).tolist() == [1, 0]
    assert set_labels(data, data.schema.task(), np.array([0, 0])).main["y"].to_list() == [False, False]


@pytest.mark.parametrize("values", [["a", "z"], ["a", None]])
def test_labels_outside_the_domain_are_refused(values: list) -> None:
    data = data_of(values, "category", domain=("a", "b"))
    with pytest.raises(Refusal, match="not one of its classes"):
        codes(data, data.schema.task())


def test_a_target_without_a_domain_is_refused() -> None:
    data = data_of(["a"], "category")
    with pytest.raises(SchemaError, match="no list of classes"):
        classes(data.schema, data.schema.task())


def test_numbers_have_no_holes() -> None:
    task = Task(table="r", targets=("y",), kind="regression")
    assert numbers(data_of([1, 2], "number", integer=True), task).tolist() == [1.0, 2.0]
    with pytest.raises(Refusal, match="1 empty cells"):
        numbers(data_of([1.0, None], "number"), task)


def test_set_labels_replaces_the_target_only() -> None:
    data = data_of(["a", "b", "a"], "category", domain=("a", "b"))
    made = set_labels(data, data.schema.task(), np.array([1, 1, 0]))
    assert made.main["y"].to_list() == ["b", "b", "a"]
    assert data.main["y"].to_list() == ["a", "b", "a"]


def test_probabilities_come_in_the_order_asked_for() -> None:
    pred = pl.DataFrame({"p:a": [0.1, 0.2], "p:b": [0.9, 0.8]})
    assert probabilities(pred, ["b", "a"]).tolist() == [[0.9, 0.1], [0.8, 0.2]]
