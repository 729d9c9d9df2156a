"""Tasks for the engine tests: module-level functions, as an engine needs them."""

from __future__ import annotations

import os
from typing import Any

from abound.errors import Refusal


def square(task: dict[str, Any]) -> int:
    return int(task["x"]) ** 2


def talk(task: dict[str, Any]) -> str:
    print("a library that prints must not spoil the answers")
    return str(task["text"])


def refuse(task: dict[str, Any]) -> None:
    raise Refusal("the column 'größe' does not suit")


def crash(task: dict[str, Any]) -> None:
    raise KeyError("not planned")


def die(task: dict[str, Any]) -> None:
    os._exit(9)


def total(task: dict[str, Any]) -> str:
    """Sums whose last bits depend on the order of addition, by BLAS and by a histogram learner's threads."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingRegressor

    rng = np.random.default_rng(task["seed"])
    values, x = rng.normal(size=200_000), rng.normal(size=(1500, 3))
    model = HistGradientBoostingRegressor(max_iter=5, random_state=0).fit(x, x[:, 0] + rng.normal(size=1500))
    return float(np.dot(values, values)).hex() + float(model.predict(x).sum()).hex()


def who(task: dict[str, Any]) -> int:
    return os.getpid()
