"""Kolmogorov-Smirnov distance of the values of 3-hour cells, mean over codes, and the error of the share of empty
cells.

Beside each stands what the real training stays score against the same judging stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.records.cohort import grid, judge, tasks
from benchmarks.rows import row

__all__ = ["rows", "run", "tasks"]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Distances of synthetic and of training stays to the judging ones."""
    cells = [grid(d) for d in judge(task)]
    train, real, made = cells
    return {
        "ks": [_ks(made, real), _ks(train, real)],
        "missing": [_missing(made, real), _missing(train, real)],
    }


def _ks(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    from scipy.stats import ks_2samp

    out = []
    for c in range(a.shape[2]):
        x, y = (t[..., c][~np.isnan(t[..., c])] for t in (a, b))
        out.append(float(ks_2samp(x, y).statistic) if len(x) and len(y) else 1.0)
    return float(np.mean(out))


def _missing(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return float(np.abs(np.isnan(a).mean(axis=0) - np.isnan(b).mean(axis=0)).mean())


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """ks_cells and missing_rate_error."""
    out = []
    for name, key in (("ks_cells", "ks"), ("missing_rate_error", "missing")):
        made, real = np.mean([r[key] for r in results], axis=0)
        out.append(row(name, float(made), "distance", n=len(results), reference={"real against real": float(real)}))
    return out
