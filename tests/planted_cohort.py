"""A small cohort with a known truth: patients, their events, and rules that hold in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.stages.read import read

LACTATE, HR, PREGNANT, ADMIT, GLUCOSE = "Lactate", "HR", "Pregnancy", "Admission", "Glucose"


def frames(n: int = 200, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Persons and events (in hours). Everyone is admitted first; women alone may be pregnant; the dead are silent.

    Sick patients die more often, have higher lactate and a heart rate that rises. Person 0 has an odd lactate of
    17.37; two persons have no event but their admission, the last person has none at all.
    """
    rng = np.random.default_rng(seed)
    sick = rng.random(n) < 0.3
    died = rng.random(n) < np.where(sick, 0.6, 0.05)
    sex = rng.choice(["F", "M"], n)
    persons = pl.DataFrame({
        "pid": np.arange(n) + 7, "sex": sex, "age": rng.integers(18, 97, n),
        "weight": np.where(rng.random(n) < 0.2, -1.0, rng.normal(75, 12, n).round(1)),
        "died": np.where(died, "yes", "no"),
    })  # fmt: skip
    end = rng.uniform(12, 48, n).round(2)
    rows: list[tuple[int, float, str, float | None, str | None]] = []
    for i in range(n - 1):
        pid = i + 7
        rows.append((pid, 0.0, ADMIT, None, None))
        if i in (1, 2):
            continue
        for t in np.sort(rng.uniform(0.5, end[i], 12)).round(2):
            rows.append((pid, float(t), HR, float(round(80 + sick[i] * t + rng.normal(0, 8))), "bpm"))
        for t in np.unique(rng.uniform(0.5, end[i], 3).round(2)):
            value = float(np.round(rng.lognormal(0.4 + 0.8 * sick[i], 0.3), 1))
            rows.append((pid, float(t), LACTATE, value, "mmol/L"))
        if sex[i] == "F" and rng.random() < 0.6:
            rows.append((pid, 0.0, PREGNANT, None, None))
        if died[i]:
            rows.append((pid, float(end[i]) + 1.0, "MEDS_DEATH", None, None))
    rows.append((7, 1.0, LACTATE, 17.37, "mmol/L"))
    events = pl.DataFrame(rows, orient="row", schema={
        "who": pl.Int64, "hour": pl.Float64, "what": pl.String, "result": pl.Float64, "unit": pl.String,
    })  # fmt: skip
    return persons, events


def mapping(persons: Any, events: Any, **more: Any) -> dict[str, Any]:
    """The mapping of these two."""
    own = {"file": events, "key": "who", "time": "hour", "code": "what", "value": "result", "unit": "unit"}
    return {"persons": {"file": persons, "key": "pid", "sentinels": [-1]}, "events": own, **more}


def cohort(n: int = 200, seed: int = 0, *, target: str | None = "died", **more: Any) -> Dataset:
    """The cohort as records."""
    return read(mapping(*frames(n, seed), **more), target=target)
