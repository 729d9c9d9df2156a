"""Cross-fitting: no model ever sees a row of the groups that it predicts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.crossfit import crossfit
from abound.core.dataset import Dataset
from abound.core.schema import Column
from abound.core.units import with_units
from abound.errors import Refusal
from tests.planted import mixed_table, stays_with_events


@dataclass
class Memory:
    """A learner that predicts a row as sure "yes" if it saw the row's group in training, as sure "no" otherwise."""

    fits: list

    def fit(self, arm: Dataset, task: object, tune: Dataset, ctx: Context) -> Memory:
        seen = set(arm.main["g"].to_list())
        assert not seen & set(tune.main["g"].to_list())
        self.fits.append(ctx.path)
        return replace(self, fits=[seen])

    def predict(self, data: Dataset) -> pl.DataFrame:
        known = [float(g in self.fits[0]) for g in data.main["g"]]
        return pl.DataFrame({"p:no": [1 - k for k in known], "p:yes": known})


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    learner = Memory([])
    monkeypatch.setattr(registry, "create", lambda kind, name, params=None: learner)
    return learner


def grouped(groups: list, n: int = 200) -> Dataset:
    data = mixed_table(n)
    frame = data.main.with_columns(pl.Series("g", [groups[i % len(groups)] for i in range(n)]))
    schema = data.schema.with_columns(
        "rows", (*data.schema.main_table.columns, Column(name="g", kind="id", role="group"))
    )
    return Dataset(schema.model_copy(update={"group": "g"}), {"rows": frame.lazy()})


def test_no_row_is_predicted_by_a_model_that_saw_its_group(memory: Memory) -> None:
    made = crossfit(grouped([f"p{i}" for i in range(37)]), "memory", None, Context())
    assert made.out_of_fold.height == 200
    assert made.out_of_fold["p:yes"].sum() == 0.0
    assert len(made.models) == 5
    assert len(set(memory.fits)) == 5


def test_the_mean_is_over_all_fold_models(memory: Memory) -> None:
    data = grouped([f"p{i}" for i in range(37)])
    mean = crossfit(data, "memory", 4, Context()).mean(data)
    assert mean.columns == ["p:no", "p:yes"]
    assert mean["p:yes"].to_list() == pytest.approx([0.75] * 200)


def test_predictions_are_in_the_order_of_the_rows(memory: Memory) -> None:
    data = grouped(list(range(200)))
    by_row = replace(memory)
    by_row.predict = lambda rows: pl.DataFrame(
        {"p:no": rows.main["g"].cast(pl.Float64), "p:yes": [0.0] * len(rows)}
    )
    memory.fit = lambda arm, task, tune, ctx: by_row
    assert crossfit(data, "memory", None, Context()).out_of_fold["p:no"].to_list() == list(map(float, range(200)))


def test_no_row_is_predicted_by_a_model_that_saw_its_twin(memory: Memory) -> None:
    """Near-duplicates that no group column names, as `split` notes them."""
    pairs = np.repeat(np.arange(100), 2)
    data = mixed_table(200).with_table("rows", mixed_table(200).main.with_columns(pl.Series("g", pairs)))
    made = crossfit(with_units(data, pairs), "memory", None, Context())
    assert made.out_of_fold["p:yes"].sum() == 0.0


def test_few_groups_give_few_folds(memory: Memory) -> None:
    assert len(crossfit(grouped(["a", "b", "c"]), "memory", 5, Context()).models) == 3
    with pytest.raises(Refusal, match="at least two groups"):
        crossfit(grouped(["a"]), "memory", 5, Context())


def test_larger_data_gets_three_folds(memory: Memory) -> None:
    assert len(crossfit(grouped(list(range(60)), 5001), "memory", None, Context()).models) == 3


def test_a_crossfit_is_made_once_per_data_and_seed(memory: Memory) -> None:
    data = grouped(list(range(50)))
    ctx = Context(seed=1)
    first = ctx.crossfit(data, "memory")
    assert ctx.at("finder", "weak").crossfit(data, "memory") is first
    assert ctx.crossfit(data.take(np.arange(150)), "memory") is not first
    assert replace(ctx, seed=2).crossfit(data, "memory") is not first


def test_every_class_is_in_every_fold(memory: Memory) -> None:
    data = grouped(list(range(200)))
    seen = []
    memory.fit = lambda arm, task, tune, ctx: seen.append(tune.main["y"].to_list()) or replace(memory, fits=[set()])
    crossfit(data, "memory", 5, Context())
    assert all("yes" in part and "no" in part for part in seen)


def test_with_a_real_learner_the_result_repeats() -> None:
    if "linear" not in registry.names("learner"):
        pytest.skip("the linear learner is not there yet")
    data = stays_with_events(90, seed=2)
    one, two = (crossfit(data, "linear", 3, Context(seed=4)).out_of_fold for _ in range(2))
    assert one.equals(two)
    assert one.columns == ["p:no", "p:yes"]
    assert np.allclose(one["p:no"] + one["p:yes"], 1.0)
