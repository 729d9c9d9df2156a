"""Marginals: columns as they are, relations gone (or kept to the target alone)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.errors import InputError, Refusal
from tests.planted import mixed_table


def sample(data, n=20_000, **params):
    return registry.create("generator", "marginals", params).fit(data, Context()).sample(
        n, rng=np.random.default_rng(0)
    ).main  # fmt: skip


def association(frame, a, b):
    return frame.drop_nulls().select(pl.corr(a, b, method="spearman")).item()


def test_columns_kept_and_relations_gone():
    data = mixed_table(2000)
    made = sample(data)
    assert abs(association(data.main, "age", "income")) > 0.5
    assert abs(association(made, "age", "income")) < 0.03
    assert made["age"].mean() == pytest.approx(data.main["age"].mean(), rel=0.02)
    assert (made["y"] == "yes").mean() == pytest.approx(0.1, abs=0.01)


def test_by_target_keeps_the_relation_to_the_target_only():
    data = mixed_table(2000, rare=0.3)
    made = sample(data, by_target=True)
    for level in ("yes", "no"):
        real, own = (f.filter(pl.col("y") == level) for f in (data.main, made))
        assert own["income"].mean() == pytest.approx(real["income"].mean(), rel=0.05)
        assert abs(association(own, "age", "income")) < 0.05


def test_small_classes_and_wrong_parameters_are_refused():
    data = mixed_table(40, rare=0.1)
    with pytest.raises(Refusal, match=r"y' = yes has 4"):
        sample(data, by_target=True)
    with pytest.raises(InputError, match="did you mean 'by_target'"):
        registry.create("generator", "marginals", {"by_targe": True})
