"""Rare classes: found where planted, silent where the classes are even, with the share's interval."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.core.schema import Column, Schema, Table, Task
from abound.errors import Refusal
from tests.planted import mixed_table


def labelled(counts, domain=None, group=False):
    """A table with `counts[class]` rows of each class."""
    labels = [name for name, count in counts.items() for _ in range(count)]
    columns = [Column(name="x", kind="number"), Column(name="y", kind="category", role="target",
                                                       domain=tuple(domain or sorted(counts)))]  # fmt: skip
    frame = {"x": np.arange(len(labels), dtype=float), "y": labels}
    if group:
        columns.append(Column(name="site", kind="id", role="group"))
        frame["site"] = [i // 4 for i in range(len(labels))]
    schema = Schema(
        main="t", tables={"t": Table(name="t", columns=tuple(columns))}, group="site" if group else None,
        tasks=(Task(table="t", targets=("y",), kind="classification"),),
    )  # fmt: skip
    return Dataset(schema, {"t": pl.DataFrame(frame).lazy()}, split="train")


def find(data, **params):
    return create("finder", "rare_class", params).find(data, data, (), Context())


def test_a_rare_class_is_found_with_what_it_needs():
    (gap,) = find(labelled({"no": 970, "yes": 30}))
    assert gap.kind == "rare"
    assert str(gap.slice) == "y = yes"
    assert (gap.support, gap.main_rows, gap.groups) == (30, 30, 30)
    assert gap.wanted == 108  # .1 / .9 * 970, rounded up: 108 of 1,078 is a tenth
    (share,) = gap.evidence
    assert (share.value, share.n) == (0.03, 1000)
    assert gap.reason == "30 of 1,000 training rows (3.0 %) have y = yes; wanted are 108"


@pytest.mark.parametrize("counts", [{"a": 500, "b": 500}, {"a": 30, "b": 30}, {str(i): 50 for i in range(10)}])
def test_even_classes_are_not_rare(counts):
    assert find(labelled(counts)) == []


def test_few_rows_of_a_smaller_class():
    assert [g.support for g in find(labelled({"a": 240, "b": 60}))] == [60]
    assert find(labelled({"a": 240, "b": 60}), rows=50) == []


def test_many_classes_rarest_first():
    gaps = find(labelled({"a": 5000, "b": 4000, "c": 200, "d": 30, "e": 900}))
    assert [str(g.slice) for g in gaps] == ["y = d", "y = c", "y = e"]
    assert [g.score for g in gaps] == sorted((g.score for g in gaps), reverse=True)


def test_a_class_without_rows_is_missing():
    (gap,) = find(labelled({"a": 300, "b": 300}, domain=("a", "b", "c")))
    assert (gap.kind, gap.support) == ("missing", 0)
    assert "no model can learn it" in gap.reason


def test_groups_are_counted():
    (gap,) = find(labelled({"a": 400, "b": 20}, group=True))
    assert (gap.support, gap.groups) == (20, 5)


def test_a_bool_target():
    data = labelled({"false": 300, "true": 20})
    frame = data.main.with_columns(pl.col("y") == "true")
    columns = (Column(name="x", kind="number"), Column(name="y", kind="bool", role="target"))
    data = data.with_table("t", frame, data.schema.with_columns("t", columns))
    (gap,) = find(data)
    assert gap.support == 20


def test_a_regression_is_refused():
    data = mixed_table(50)
    task = Task(table="rows", targets=("income",), kind="regression")
    data = data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": (task,)}))
    with pytest.raises(Refusal, match="regression"):
        find(data)
