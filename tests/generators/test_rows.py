"""Generators that start from real rows: what is copied, what is exchanged, what lies between."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table, Task
from abound.core.slice import Slice
from abound.errors import InputError, Refusal, WhereRefused
from tests.planted import mixed_table

FEATURES = ["age", "income", "job", "member", "since"]


def sample(name, data, n=4000, where=None, **params):
    sampler = registry.create("generator", name, params).fit(data, Context())
    return sampler.sample(n, rng=np.random.default_rng(0), where=where).main


def test_resample_draws_every_row_alike():
    data = mixed_table(50)
    made = sample("resample", data, 10_000)
    source = made["_source"].to_numpy()
    assert made.drop("_source").equals(data.main[source])
    counts = np.bincount(source, minlength=50)
    assert counts.min() > 130
    assert counts.max() < 270


def test_resample_under_a_condition_draws_matching_rows():
    data = mixed_table(300)
    where = Slice.parse("income is missing", "rows")
    made = sample("resample", data, 500, where)
    assert set(made["_source"]) == set(data.mask(where).arg_true())


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_swap_exchanges_that_share_of_the_cells(share):
    rng = np.random.default_rng(3)
    data = mixed_table(500, nulls=False)
    frame = data.main.with_columns(pl.Series("income", rng.permutation(500.0 + np.arange(500))))
    data = data.with_table("rows", frame)
    made = sample("swap", data, share=share)
    base = frame[made["_source"].to_numpy()]
    assert (made["income"] != base["income"]).mean() == pytest.approx(share, abs=0.02)
    assert (made["y"] == base["y"]).all()
    for name in FEATURES:
        assert set(made[name]) <= set(frame[name])
    both = (made["income"] != base["income"]) & (made["since"] != base["since"])
    assert both.mean() == pytest.approx(share**2, abs=0.02), "cells are exchanged independently"


def test_swap_share_is_checked():
    with pytest.raises(InputError, match="'share'"):
        registry.create("generator", "swap", {"share": 1.5})


def test_smote_rows_lie_between_neighbours_of_the_rare_class():
    data = mixed_table(400, rare=0.15)
    made = sample("smote", data, 500)
    real = data.main
    assert set(made["y"]) == {"yes"}
    assert (real["y"][made["_source"].to_numpy()] == "yes").all()
    mine = real.filter(pl.col("y") == "yes")
    for row in made.head(200).iter_rows(named=True):
        base = real.row(row["_source"], named=True)
        possible = mine.filter(
            *[
                pl.lit(row[n]).is_between(
                    pl.min_horizontal(n, pl.lit(base[n])), pl.max_horizontal(n, pl.lit(base[n]))
                )
                for n in ("age", "since")
            ]
        )
        if base["income"] is None:
            assert row["income"] is None
        else:
            low = pl.min_horizontal("income", pl.lit(base["income"])) - 1e-6
            high = pl.max_horizontal("income", pl.lit(base["income"])) + 1e-6
            possible = possible.filter(
                pl.lit(row["income"]).is_between(low, high)
                | (pl.col("income").is_null() & (pl.lit(row["income"]) == base["income"]))
            )
        assert len(possible), "no partner"
    assert (made["since"].dt.hour() == 0).all()


def line(n_rare):
    """Rare rows at x = 0, 10, 20, ... with category by half; common rows elsewhere."""
    x = [10.0 * i for i in range(n_rare)] + [1000.0 + i for i in range(50)]
    kind = ["low" if v < 10 * n_rare / 2 else "high" for v in x]
    y = ["rare"] * n_rare + ["common"] * 50
    columns = (
        Column(name="x", kind="number"), Column(name="kind", kind="category", domain=("high", "low")),
        Column(name="y", kind="category", role="target", domain=("common", "rare")),
    )  # fmt: skip
    schema = Schema(
        main="rows", tables={"rows": Table(name="rows", columns=columns)},
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="rare"),),
    )  # fmt: skip
    return Dataset(schema, {"rows": pl.DataFrame({"x": x, "kind": kind, "y": y}).lazy()})


def test_smote_uses_the_nearest_neighbours_only():
    made = sample("smote", line(20), 3000, neighbours=2)
    distance = (made["x"] - 10.0 * made["_source"].cast(pl.Float64)).abs()
    assert distance.max() <= 20.0, "end points have their second neighbour two steps away"
    assert (distance > 1.0).mean() > 0.8
    assert set(made.filter(pl.col("x") < 70)["kind"]) == {"low"}
    assert set(made.filter(pl.col("x") > 130)["kind"]) == {"high"}


def test_smote_makes_the_class_that_is_asked_for():
    data = line(8)
    made = sample("smote", data, 300, Slice.parse("y = common", "rows"))
    assert set(made["y"]) == {"common"}
    both = sample("smote", data, 2000, Slice.parse("y in [rare, common]", "rows"))
    assert (both["y"] == "rare").mean() == pytest.approx(8 / 58, abs=0.03)


def test_smote_refuses_a_class_of_one_row_and_numbers():
    with pytest.raises(WhereRefused, match="one training row"):
        sample("smote", line(1), 10)
    data = mixed_table(50)
    task = Task(table="rows", targets=("age",), kind="regression")
    with pytest.raises(Refusal, match="'age' is a number"):
        sample("smote", data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": (task,)})))
