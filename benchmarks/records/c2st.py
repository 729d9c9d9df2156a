"""Two-sample classifier test (Lopez-Paz & Oquab 2017) on the summaries of stays: boosting, half and half."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.records.cohort import judge, summaries, tasks
from benchmarks.rows import row

__all__ = ["rows", "run", "tasks"]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """AUC of telling synthetic from real stays, and training from judging ones, in samples of the same size."""
    train, real, made = (summaries(d) for d in judge(task))
    rng = np.random.default_rng(task["split"])
    return {"c2st": [_auc(made, real, rng), _auc(train, real, rng)]}


def _auc(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], rng: np.random.Generator) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    n = min(len(a), len(b))
    rows = np.concatenate([a[rng.permutation(len(a))[:n]], b[rng.permutation(len(b))[:n]]])
    side, order = np.repeat([0, 1], n), rng.permutation(2 * n)
    rows, side = rows[order], side[order]
    model = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.08, max_leaf_nodes=15, random_state=0)
    model.fit(rows[:n], side[:n])
    return float(roc_auc_score(side[n:], model.predict_proba(rows[n:])[:, 1]))


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """c2st."""
    made, real = np.mean([r["c2st"] for r in results], axis=0)
    return [row("c2st", float(made), "AUC", n=len(results), reference={"real against real": float(real)})]
