"""Outliers, label errors and hard cases: each planted row is found by its own finder, with true figures."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.encoder import encoder_of
from abound.core.recipe import Use
from abound.core.registry import create
from abound.core.schema import Column, Schema, Table, Task
from abound.errors import Refusal
from abound.stages.find import find
from tests.planted import digit_images, stays_with_events, three_ways

USES = [Use(name=n) for n in ("outlier", "label_error", "hard_case")]


def lists(data, uses=USES, seed=0):
    return {g.kind: g for g in find(data, data, finders=uses, seed=seed)}


@pytest.mark.parametrize("group", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_each_planted_row_is_found_as_what_it_is(group):
    data, planted = three_ways(group=group)
    found = lists(data)
    assert set(found["outlier"].rows[:8]) == set(planted["outlier"])
    assert len(found["outlier"].rows) <= 12
    errors = set(found["label_error"].rows)
    assert len(errors & set(planted["label_error"])) >= 10
    assert len(errors) <= 14
    hard = found["hard"].rows
    assert len(set(hard[:15]) & set(planted["rare"])) >= 13
    assert not set(hard) & (errors | set(found["outlier"].rows))


def test_figures_and_sentences_agree():
    data, _ = three_ways()
    found = lists(data)
    for gap in found.values():
        figures = {e.name: e.value for e in gap.evidence}
        assert figures["share of rows"] == len(gap.rows) / len(data)
        assert gap.support == gap.wanted == gap.main_rows == gap.groups == len(gap.rows)
        assert gap.reason.startswith(f"{len(gap.rows):,} of {len(data):,} training rows")
    farthest = data.main.select([f"x{i}" for i in range(4)]).to_numpy()[found["outlier"].rows[0]]
    assert np.abs(farthest).max() > 10
    assert {e.name: e.value for e in found["hard"].evidence}["out-of-fold accuracy"] > 0.9
    shown = found["label_error"].reason
    assert re.search(r"right on 9\d\.\d % of rows", shown)


def test_nothing_is_found_in_clean_data():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(400, 3))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": np.where(x[:, 0] > 0.5, "p", "q")})
    columns = [Column(name=n, kind="number") for n in "abc"]
    columns.append(Column(name="y", kind="category", role="target", domain=("p", "q")))
    schema = Schema(
        main="t", tables={"t": Table(name="t", columns=tuple(columns))},
        tasks=(Task(table="t", targets=("y",), kind="classification"),),
    )  # fmt: skip
    assert lists(Dataset(schema, {"t": frame.lazy()})) == {}


def test_outliers_of_a_rare_class_are_not_to_be_deleted():
    data, planted = three_ways()
    labels = data.main["y"].to_numpy().copy()
    labels[planted["outlier"][:3]] = "c"
    columns = tuple(
        c.model_copy(update={"domain": ("a", "b", "c")}) if c.name == "y" else c
        for c in data.schema.main_table.columns
    )
    frame = data.main.with_columns(pl.Series("y", labels))
    odd = data.with_table("rows", frame, data.schema.with_columns("rows", columns))
    gap = lists(odd, [Use(name="outlier")])["outlier"]
    assert "3 belong to rare classes (c) and should not be deleted" in gap.reason
    assert {e.name: e.value for e in gap.evidence}["of rare classes"] == 3


def test_outliers_need_no_target():
    data, planted = three_ways()
    bare = data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": ()}))
    found = find(bare, bare, finders=USES)
    assert set(found[0].rows[:8]) == set(planted["outlier"])
    assert set(found.skipped) == {"label_error", "hard_case"}


def test_errors_in_a_number():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(500, 2))
    y = 5 * x[:, 0] + rng.normal(scale=0.2, size=500)
    wrong = rng.choice(500, 6, replace=False)
    y[wrong] += np.where(y[wrong] > 0, -6, 6)
    columns = (*(Column(name=n, kind="number") for n in "ab"), Column(name="y", kind="number", role="target"))
    schema = Schema(
        main="t", tables={"t": Table(name="t", columns=columns)},
        tasks=(Task(table="t", targets=("y",), kind="regression"),),
    )  # fmt: skip
    data = Dataset(schema, {"t": pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": y}).lazy()})
    found = find(data, data, finders=USES)
    (gap,) = [g for g in found if g.kind == "label_error"]
    assert len(set(gap.rows) & set(wrong)) >= 5
    assert len(gap.rows) <= 8
    assert "classification" in found.skipped["hard_case"]


def test_one_group_and_few_rows_are_refused():
    data, _ = three_ways(group=True)
    one = data.with_table("rows", data.main.with_columns(pl.lit(1).alias("site")))
    with pytest.raises(Refusal, match="same 'site'"):
        create("finder", "outlier").find(one, one, (), Context())
    few = data.take(range(5))
    with pytest.raises(Refusal, match="5 training rows"):
        create("finder", "outlier").find(few, few, (), Context())


def test_data_that_no_kind_encodes_is_refused_with_the_reasons(tmp_path: Path):
    stays = stays_with_events()
    child = stays.schema.links[0].child
    plain = tuple(
        c.model_copy(update={"role": "feature"}) if c.role in ("time", "event") else c
        for c in stays.schema.tables[child].columns
    )
    timeless = replace(stays, schema=stays.schema.with_columns(child, plain))
    with pytest.raises(Refusal, match=r"table: .*one table and this data has 2"):
        encoder_of(timeless, Context())
    pictures = digit_images(tmp_path, 20)
    alone = Schema(main="images", tables={"images": pictures.schema.tables["images"]}, tasks=pictures.schema.tasks)
    with pytest.raises(Refusal, match="array column 'pixels'"):
        encoder_of(Dataset(alone, {"images": pictures.tables["images"]}), Context())


def test_a_level_is_the_farther_the_rarer():
    n = 1000
    frame = pl.DataFrame({"c": ["a"] * 600 + ["b"] * 398 + ["odd", "odder"]})
    column = Column(name="c", kind="category", domain=("a", "b", "odd", "odder"))
    data = Dataset(Schema(main="t", tables={"t": Table(name="t", columns=(column,))}), {"t": frame.lazy()})
    encoder = encoder_of(data, Context())
    z = encoder.encode(data)
    assert np.linalg.norm(z[0] - z[700]) == pytest.approx(1.0)
    assert np.linalg.norm(z[0] - z[999]) == pytest.approx(np.sqrt(0.5 + 0.5 * (np.log(n) / 2) ** 2))
    assert (
        encoder.digest == encoder_of(data, Context()).digest != encoder_of(data.take(range(999)), Context()).digest
    )
