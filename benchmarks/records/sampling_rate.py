"""Patients that a fitted sampler writes in a CPU second, on one thread; a short fit is enough for that."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from abound.core.context import Context
from abound.core.registry import create
from benchmarks.records.cohort import cut, parts
from benchmarks.rows import row


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One fit of the usual size with few passes over the data."""
    size = "small" if quick else "medium"
    return [{"params": {"minutes": 0.2 if quick else 3.0, "size": size}, "stays": 300 if quick else None}]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of sampling, patients and events."""
    train = cut(parts(100)[0], task["stays"])
    sampler = create("generator", "visits", task["params"]).fit(train, Context(seed=0))
    start = time.process_time()
    made = sampler.sample(task["stays"] or 4096, rng=np.random.default_rng(0))
    return {"seconds": time.process_time() - start, "patients": len(made), "events": made.table("events").height}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """sampling_rate, scaled to patients of 400 events."""
    events, patients, seconds = (sum(r[k] for r in results) for k in ("events", "patients", "seconds"))
    reference = {"events a second": events / seconds, "patients a second": patients / seconds}
    return [
        row(
            "sampling_rate",
            events / 400 / seconds,
            "patients of 400 events a CPU s",
            n=patients,
            reference=reference,
        )
    ]
