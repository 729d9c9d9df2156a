"""Learners on arrays: what scikit-learn wonders about, and what the task has already said."""

from __future__ import annotations

import numpy as np
import pytest

from abound.core.context import Context
from abound.core.registry import create
from abound.stages.read import read


@pytest.mark.parametrize("learner", ["linear", "tree", "random_forest"])
def test_many_classes_on_few_rows_are_no_warning(learner: str) -> None:
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=78), "b": rng.normal(size=78), "y": [f"k{i % 26:02d}" for i in range(78)]}
    data = read(columns, target="y").take(np.arange(40))
    fitted = create("learner", learner).fit(data, data.schema.task(), data, Context(seed=0))  # warnings are errors
    assert fitted.predict(data).width == 26
