"""Planted event streams with a known structure, for what generators of records must find."""

from __future__ import annotations

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.schema import Column, Link, Schema, Table, Task


def streams(n: int = 400, seed: int = 0) -> Dataset:
    """Persons of two sexes; one in four dies.

    Visits come 6 or 12 hours apart, four to nine of them. Each holds "pulse", whose value is about 60 for women and
    90 for men, and 25 higher for those who die; half hold "order", and the visit after an "order" holds "result",
    which never comes otherwise. One person has a pulse of 400.5; three have the code "odd".
    """
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, n)
    dies = rng.random(n) < 0.25
    rows: list[tuple[int, int, str, float | None]] = []
    for i in range(n):
        at, ordered = 0, False
        for _ in range(rng.integers(4, 10)):
            pulse = 60 + 30 * sex[i] + 25 * dies[i] + rng.normal(0, 4)
            rows.append((i, at, "pulse", round(float(pulse), 1)))
            if ordered:
                rows.append((i, at, "result", None))
            ordered = rng.random() < 0.5
            if ordered:
                rows.append((i, at, "order", None))
            at += int(rng.choice([6, 12]))
    rows.append((0, 0, "pulse", 400.5))
    rows += [(i, 0, "odd", 1.0) for i in range(3)]
    persons = pl.DataFrame({
        "id": np.arange(n), "sex": np.array(["F", "M"])[sex],
        "age": np.clip(rng.normal(60, 12, n).round(), 20, 95).astype(np.int64),
        "dies": np.array(["no", "yes"])[dies.astype(int)],
    })  # fmt: skip
    events = pl.DataFrame(
        rows, schema={"id": pl.Int64, "hours": pl.Int64, "code": pl.String, "value": pl.Float64}, orient="row"
    ).sort("id", "hours", "code")
    schema = Schema(
        main="persons", group="id",
        tables={
            "persons": Table(name="persons", key="id", columns=(
                Column(name="id", kind="id", role="key"), Column(name="sex", kind="category", domain=("F", "M")),
                Column(name="age", kind="number", integer=True),
                Column(name="dies", kind="category", role="target", domain=("no", "yes")),
            )),
            "events": Table(name="events", columns=(
                Column(name="id", kind="id", role="key"),
                Column(name="hours", kind="number", role="time", integer=True),
                Column(name="code", kind="category", role="event", domain=("odd", "order", "pulse", "result")),
                Column(name="value", kind="number"),
            )),
        },
        links=(Link(child="events", column="id", parent="persons"),),
        tasks=(Task(table="persons", targets=("dies",), kind="classification", positive="yes"),),
    )  # fmt: skip
    return Dataset(schema, {"persons": persons.lazy(), "events": events.lazy()}, split="train")
