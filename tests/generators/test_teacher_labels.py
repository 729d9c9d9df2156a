"""Teacher labels carry the signal of the data into rows that the teacher never saw."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.schema import Task
from abound.core.slice import Slice
from abound.errors import InputError, Refusal
from tests.planted import mixed_table


def fit(data, **params):
    return registry.create("generator", "teacher_labels", {"learner": "linear", **params}).fit(
        data, Context(seed=1)
    )


def draw(sampler, n=3000, **more):
    return sampler.sample(n, rng=np.random.default_rng(0), **more)


@pytest.fixture(scope="module")
def data():
    return mixed_table(500, seed=1, rare=0.3)


def test_labels_follow_the_features_and_the_probabilities(data):
    made = draw(fit(data, base="marginals")).main
    income = made.group_by("y").agg(pl.col("income").mean()).sort("y")["income"]
    real = data.main.group_by("y").agg(pl.col("income").mean()).sort("y")["income"]
    assert income[1] / income[0] > 1 + 0.5 * (real[1] / real[0] - 1), (
        "independent rows got their signal from the teacher"
    )
    soft = made["_soft:yes"]
    assert soft.dtype == pl.Float64
    assert (soft + made["_soft:no"]).to_numpy() == pytest.approx(1.0)
    drawn = (made["y"] == "yes").cast(pl.Float64)
    for low in (0.0, 0.25, 0.5, 0.75):
        band = soft.is_between(low, low + 0.25, closed="left")
        if band.sum() > 100:
            assert drawn.filter(band).mean() == pytest.approx(soft.filter(band).mean(), abs=0.08)


def test_hard_likeliest_labels(data):
    made = draw(fit(data, base="marginals", soft=False, labels="likeliest")).main
    assert not [c for c in made.columns if c.startswith("_soft")]
    soft = draw(fit(data, base="marginals", labels="likeliest")).main
    assert ((soft["y"] == "yes") == (soft["_soft:yes"] > 0.5)).all()
    assert made["y"].equals(soft["y"])


def test_given_rows_keep_their_features(data):
    ctx = Context(seed=1)
    fold = ctx.crossfit(data, "linear")
    sampler = fit(data)
    made = draw(sampler, len(data), given=data).main
    assert made.drop("y", "_soft:no", "_soft:yes").equals(data.main.drop("y"))
    assert made["_soft:yes"].to_numpy() == pytest.approx(fold.mean(data)["p:yes"].to_numpy())
    unseen = draw(fit(data, out_of_fold=True), len(data), given=data).main
    assert unseen["_soft:yes"].to_numpy() == pytest.approx(fold.out_of_fold["p:yes"].to_numpy())
    other = data.take(range(100))
    assert len(draw(fit(data, out_of_fold=True), 100, given=other)) == 100


def test_resampled_rows_are_labelled_out_of_fold(data):
    made = draw(fit(data, base="resample", out_of_fold=True)).main
    fold = Context(seed=1).crossfit(data, "linear").out_of_fold
    wanted = fold["p:yes"].to_numpy()[made["_source"].to_numpy()]
    assert made["_soft:yes"].to_numpy() == pytest.approx(wanted)


def test_conditions_on_features_are_met_before_labelling(data):
    sampler = fit(data)
    where = Slice.parse("job = pilot and member = true", "rows")
    assert sampler.support(where, None) == "exact"
    assert sampler.support(Slice.parse("y = yes and age > 30", "rows"), None) == "filter"
    made = draw(sampler, 80, where=where)
    assert made.mask(where).all()
    assert len(made) == 80


def test_numbers_are_labelled_by_the_mean_prediction(data):
    columns = [
        c.model_copy(update={"role": {"age": "target", "y": "feature"}.get(c.name, c.role)})
        for c in data.schema.main_table.columns
    ]
    schema = data.schema.with_columns("rows", tuple(columns)).model_copy(
        update={"tasks": (Task(table="rows", targets=("age",), kind="regression"),)}
    )
    made = draw(fit(data.with_table("rows", data.main, schema), base="marginals")).main
    assert made["age"].dtype == pl.Int64
    assert made.drop_nulls().select(pl.corr("age", "income", method="spearman")).item() > 0.4
    assert made["age"].std() < data.main["age"].std()


def test_refusals(data):
    with pytest.raises(InputError, match="base must make rows"):
        fit(data, base="teacher_labels")
    with pytest.raises(Refusal, match="holds one"):
        fit(data.with_table("rows", data.main.with_columns(pl.lit("no").alias("y"))))
    with pytest.raises(Refusal, match="at least 10"):
        fit(data.take(range(9)))
