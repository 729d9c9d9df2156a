"""Missing regions: what the reference has and train lacks is described, and sets that are alike show nothing."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.registry import create
from abound.core.schema import Column
from abound.errors import Refusal
from tests.planted import mixed_table


def halves(n, seed):
    data = mixed_table(2 * n, seed)
    return data.take(range(n)), data.take(range(n, 2 * n))


def find(train, other, seed=0, **params):
    return create("finder", "missing_region", params).find(train, other, (), Context(seed=seed))


def without(data, condition):
    return data.with_table("rows", data.main.filter(~condition))


@pytest.mark.parametrize("seed", range(3))
def test_a_region_taken_out_of_train_is_described(seed):
    train, other = halves(1500, seed)
    (gap, *more) = find(without(train, (pl.col("job") == "nurse") & (pl.col("age") >= 40)), other)
    assert not more
    assert gap.kind == "missing"
    assert set(gap.slice.columns()) == {"age", "job"}
    assert "job = nurse" in str(gap.slice)
    bare, rest, real = (e.value for e in gap.evidence[:3])
    assert bare > 0.5 > 0.25 > rest
    assert 0.05 < real < 0.25
    assert gap.wanted > gap.support
    assert "no training row near them" in gap.reason


def test_a_reference_file_is_read(tmp_path):
    train, other = halves(1200, 5)
    small = without(train, pl.col("income") > 30_000)
    path = tmp_path / "site_b.parquet"
    other.main.write_parquet(path)
    gaps = find(small, train, reference=str(path))
    assert gaps[0].slice.columns() == ("income",)
    assert "site_b.parquet" in gaps[0].reason


def test_sets_that_are_alike_show_no_region():
    assert sum(bool(find(*halves(150, 200 + k), seed=k)) for k in range(10)) <= 3


def test_whole_groups_are_exchanged():
    """Each place has prices of its own: other places are elsewhere, as any two halves of the places are."""
    alarms = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        place = np.repeat(np.arange(40), 20)
        data = mixed_table(800, seed)
        frame = data.main.with_columns(
            pl.Series("income", np.exp(rng.normal(10, 1, 40)[place] + rng.normal(0, 0.02, 800))),
            pl.Series("place", [f"p{i}" for i in place]),
        )
        columns = (*data.schema.main_table.columns, Column(name="place", kind="id", role="group"))
        schema = data.schema.with_columns("rows", columns).model_copy(update={"group": "place"})
        data = data.with_table("rows", frame, schema)
        alarms += bool(find(data.take(range(400)), data.take(range(400, 800)), seed))
    assert alarms <= 1


def test_bad_input_is_one_sentence():
    train, other = halves(100, 3)
    with pytest.raises(Refusal, match="rows"):
        find(train, other.take([]))
    with pytest.raises(Refusal, match="too few"):
        find(train.take(range(20)), other)
