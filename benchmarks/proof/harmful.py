"""Is harmful data caught? Held-out real rows, given as synthetic with labels flipped or features shifted.

A run counts as caught if the audit fails (rules, marginals, pairs, gap_test, copies) or the verdict is not "helps".
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.run import Run
from abound.stages.audit import audit
from abound.stages.prove import prove
from abound.stages.split import split
from benchmarks.proof.false_helps import two_class
from benchmarks.rows import share

TABLES = ("satimage", "page-blocks", "abalone", "pima", "yeast", "german")
HARMS = ("flipped", "shifted")
RUNS, REPEATS, ROWS = 240, 5, 120
CONTROLS = ("real_only", "duplicated", "class_weights")


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Tables, harms and learners in turn; in quick runs one of either harm."""
    return [
        {
            "table": TABLES[i % len(TABLES)],
            "harm": HARMS[i // len(TABLES) % 2],
            "learner": ("tree", "linear")[i // (2 * len(TABLES)) % 2],
            "seed": 40_000 + i,
        }
        for i in ((3, 9) if quick else range(RUNS))
    ]


def harmed(rows: Dataset, harm: str, rng: np.random.Generator) -> Dataset:
    """Half of the labels flipped, or each number moved by one standard deviation in a direction of its own."""
    frame = rows.main.with_columns(pl.lit("synthetic").alias("_origin"))
    if harm == "flipped":
        flip = rng.random(len(rows)) < 0.5
        other = np.where(frame["y"].to_numpy() == "yes", "no", "yes")
        frame = frame.with_columns(pl.Series("y", np.where(flip, other, frame["y"].to_numpy())))
    else:
        table = rows.schema.main_table
        numbers = [c for c in table.features() if table.column(c).kind == "number"]
        frame = frame.with_columns([_moved(frame[c], float(rng.choice([-1.0, 1.0]))) for c in numbers])
    return rows.with_table(rows.schema.main, frame)


def _moved(values: pl.Series, by: float) -> pl.Series:
    numbers = values.cast(pl.Float64)
    moved = numbers + by * float(numbers.std() or 0.0)  # type: ignore[arg-type]
    return (moved.round() if values.dtype.is_integer() else moved).cast(values.dtype)


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The verdict, and whether the audit failed."""
    rng = np.random.default_rng(task["seed"])
    parts = split(two_class(task["table"], rng), seed=task["seed"])
    real, mixed, first = [], [], None
    for _ in range(REPEATS):
        order = rng.permutation(len(parts.train))
        size = min(ROWS, len(order) // 2)
        base = parts.train.take(np.sort(order[:size]))
        bad = harmed(parts.train.take(np.sort(order[size : 2 * size])), task["harm"], rng)
        first = first or (bad, base)
        real.append(base)
        mixed.append(base.concat_with(bad))
    assert first is not None
    found = audit(first[0], first[1], reference=parts.reference, seed=task["seed"])
    with tempfile.TemporaryDirectory() as work:
        study = prove(
            {"mixed": mixed}, baseline=real, tune=parts.tune, test=parts.test, learner=task["learner"],
            controls=CONTROLS, seed=task["seed"], run=Run(Path(work)),
        )  # fmt: skip
    return {"verdict": study.verdict, "audit": found.verdict}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """harmful_caught over all, by kind of harm, and how often the verdict itself says "harms"."""
    caught = [r["audit"] == "fail" or r["verdict"] != "helps" for r in results]
    harms = [t["harm"] for t in tasks(quick)]
    out = [share("harmful_caught", caught, {"floor": 0.95})]
    for harm in HARMS:
        of = [r for r, h in zip(results, harms, strict=True) if h == harm]
        if of:
            out.append(share(f"harmful_audit_failed_{harm}", [r["audit"] == "fail" for r in of], {}))
            out.append(share(f"harmful_said_harms_{harm}", [r["verdict"] == "harms" for r in of], {}))
    return out
