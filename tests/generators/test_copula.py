"""The copula keeps planted distributions, correlations, associations and patterns of missing cells."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table, Task
from tests.planted import mixed_table


def planted(n=6000, seed=0):
    """Normals u, v, w with correlations .7 (u, v) and -.5 (u, w), shown as a skewed number, an integer, a yes/no
    column, a category whose order is hidden in its names, and a number that is missing where w is high."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky([[1, 0.7, -0.5], [0.7, 1, -0.2], [-0.5, -0.2, 1]])
    u, v, w = (rng.normal(size=(n, 3)) @ root.T).T
    level = np.digitize(v, [-1.0, 0.0, 1.2])
    frame = pl.DataFrame(
        {
            "skew": np.exp(u),
            "whole": np.rint(10 * v).astype(int),
            "flag": w > 0.8,
            "kind": np.array(["m", "z", "a", "k"])[level],
            "hole": pl.Series(v).set(pl.Series(w > 0.5), None),
            "y": np.where(u + w > 1.0, "yes", "no"),
        }
    )
    columns = (
        Column(name="skew", kind="number"), Column(name="whole", kind="number", integer=True),
        Column(name="flag", kind="bool"), Column(name="kind", kind="category", domain=("a", "k", "m", "z")),
        Column(name="hole", kind="number"), Column(name="y", kind="category", role="target", domain=("no", "yes")),
    )  # fmt: skip
    schema = Schema(
        main="rows", tables={"rows": Table(name="rows", columns=columns)},
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="yes"),),
    )  # fmt: skip
    return Dataset(schema, {"rows": frame.lazy()})


def sample(data, n=30_000, **params):
    sampler = registry.create("generator", "copula", params).fit(data, Context())
    return sampler.sample(n, rng=np.random.default_rng(1)).main


@pytest.fixture(scope="module")
def pair():
    data = planted()
    return data.main, sample(data)


def test_distributions_are_kept(pair):
    real, made = pair
    for name in ("skew", "whole", "hole"):
        assert ks_2samp(real[name].drop_nulls(), made[name].drop_nulls()).statistic < 0.025
    assert made["hole"].is_null().mean() == pytest.approx(real["hole"].is_null().mean(), abs=0.015)
    for name in ("flag", "kind", "y"):
        for level in real[name].unique():
            assert (made[name] == level).mean() == pytest.approx((real[name] == level).mean(), abs=0.015)


def test_correlations_of_numbers_are_kept(pair):
    for a, b in (("skew", "whole"), ("skew", "hole"), ("whole", "hole")):
        rank = [f.drop_nulls().select(pl.corr(a, b, method="spearman")).item() for f in pair]
        assert rank[1] == pytest.approx(rank[0], abs=0.04)


def test_associations_of_levels_are_kept(pair):
    real, made = pair
    tests = [pl.col("kind") == "k", pl.col("flag"), pl.col("y") == "yes", pl.col("hole").is_null()]
    tests += [pl.col("skew") > 2, pl.col("whole") > 8]
    for i, a in enumerate(tests):
        for b in tests[:i]:
            both = [f.select((a & b).mean()).item() for f in (real, made)]
            assert both[1] == pytest.approx(both[0], abs=0.02), (str(a), str(b))


def test_fifteen_positives_keep_their_own_distribution_and_borrow_relations():
    data = planted(4000)
    order = data.main.with_row_index().filter(pl.col("y") == "yes")["index"].to_list()[:15]
    rest = data.main.with_row_index().filter(pl.col("y") == "no")["index"].to_list()
    few = data.take([*order, *rest])
    positives = sample(few, 60_000, by_target=True).filter(pl.col("y") == "yes")
    assert len(positives) == pytest.approx(60_000 * 15 / len(few), rel=0.25)
    real = few.main.filter(pl.col("y") == "yes")
    assert positives["skew"].median() == pytest.approx(real["skew"].median(), rel=0.3)
    # Within a class the planted relation of skew and whole is positive, and 15 rows alone could hide it.
    assert positives.select(pl.corr("skew", "whole", method="spearman")).item() > 0.2
    assert positives.drop_nulls().is_unique().mean() > 0.5


def test_more_columns_than_rows():
    rng = np.random.default_rng(0)
    base = mixed_table(30, rare=0.4)
    shared = rng.normal(size=30)
    names = [f"x{i}" for i in range(60)]
    values = {n: shared + 0.1 * rng.normal(size=30) if i < 2 else rng.normal(size=30) for i, n in enumerate(names)}
    columns = (*base.schema.main_table.columns, *(Column(name=n, kind="number") for n in names))
    data = base.with_table(
        "rows", base.main.with_columns([pl.Series(n, v) for n, v in values.items()]),
        base.schema.with_columns("rows", columns),
    )  # fmt: skip
    made = sample(data, 5000)
    assert made.select(pl.corr("x0", "x1")).item() > 0.7
    chance = made.select(names[2:]).to_numpy()
    assert np.square(np.corrcoef(chance.T)[~np.eye(58, dtype=bool)]).mean() < 1 / 29


@pytest.mark.slow
def test_adult_in_seconds(real_file):
    """On half of adult: fit within 2 CPU seconds, 100,000 rows a CPU second, mean column distance within 1 %."""
    import time

    from abound.stages.read import read

    data = read(real_file("tabular/adult.parquet"), target="income", ignore=("split",))
    data = data.take(np.random.default_rng(0).permutation(len(data))[: len(data) // 2])
    start = time.process_time()
    sampler = registry.create("generator", "copula").fit(data, Context())
    fitted = time.process_time() - start
    rng = np.random.default_rng(0)
    start = time.process_time()
    made = pl.concat([sampler.sample(10_000, rng=rng).main for _ in range(10)])
    assert fitted < 2.0
    assert time.process_time() - start < 1.0
    for column in data.schema.main_table.columns:
        if column.kind == "number" and column.role == "feature":
            assert ks_2samp(data.main[column.name], made[column.name]).statistic < 0.015
