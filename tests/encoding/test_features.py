"""Feature matrices on columns in which nothing was seen."""

from __future__ import annotations

import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.encoding.features import fit_features
from tests.planted import mixed_table


@pytest.mark.parametrize("learner", ["boosting", "tree", "linear", "mlp"])
def test_a_column_without_a_single_value_is_no_obstacle(learner: str) -> None:
    data = mixed_table(120, seed=3, rare=0.4)
    empty = data.with_table("rows", data.main.with_columns(pl.lit(None, dtype=pl.Float64).alias("income")))
    assert "income" not in [c.name for c in fit_features(empty, "rows", "codes").columns]
    task = data.schema.task()
    model = registry.create("learner", learner).fit(empty, task, empty, Context())
    # Rows that do hold a value are predicted too.
    assert model.predict(data).height == len(data)
