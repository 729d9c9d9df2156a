"""What does following the printed advice cost against the best arm in hindsight?

Default runs (300 training rows a repeat, everything else as it comes) on tables with a class of interest, three
learners. Regret: the test score of the best arm of the same learner that could be deployed, less that of the arm
which the remedy names; in points of average precision. The best arm in hindsight is chosen on the test rows that it
is scored on, so a regret of zero is out of reach.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core.recipe import Recipe
from abound.loop import run as run_loop
from abound.proof.remedy import NEVER_USED
from benchmarks.proof.false_helps import TABLES as CLASSES
from benchmarks.rows import row
from benchmarks.tables import here, load

TABLES = {**CLASSES, "adult": ">50K", "credit_default": "1"}
LEARNERS = ("tree", "linear", "boosting")
ROWS, SEED = 300, 701


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Every table with a learner that takes its turn; in quick runs one, with two repeats and one finder."""
    names = ["pima"] if quick else here(tuple(TABLES))
    return [{"table": t, "learner": LEARNERS[i % 3], "quick": quick, "seed": SEED + i} for i, t in enumerate(names)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The regret of one run, with the names of both arms."""
    frame, target = load(task["table"])
    yes = pl.col(target).cast(pl.String) == TABLES[task["table"]]
    frame = frame.with_columns(yes.replace_strict({True: "yes", False: "no"}).alias("y")).drop(target)
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "table.parquet"
        frame.write_parquet(path)
        rows_there = int(0.45 * 0.8 * frame.height)
        recipe = Recipe.model_validate({
            "data": {"path": str(path), "target": "y", "positive": "yes"}, "learner": task["learner"], "workers": 1,
            "repeats": {"n": 2 if task["quick"] else 10, "train_rows": min(ROWS, rows_there)}, "seed": task["seed"],
            "checks": ["rules"], **({"find": ["rare_class"], "shares": []} if task["quick"] else {}),
        })  # fmt: skip
        study = run_loop(recipe, out=Path(work) / "run", quiet=True).study
    assert study is not None
    scores = {a.arm: a.test.mean for a in study.arms if a.same_learner and a.arm not in NEVER_USED}
    best = max(scores, key=lambda a: scores[a])
    chosen = study.remedy.arm
    return {
        "regret": 100 * (scores[best] - scores[chosen]),
        "best": best,
        "chosen": chosen,
        "verdict": study.verdict,
    }


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """advice_regret: the mean over tables, and each table beside it."""
    regret = np.array([r["regret"] for r in results])
    error = float(regret.std(ddof=1) / np.sqrt(len(regret))) if len(regret) > 1 else None
    beside = {
        f"{t['table']} {t['learner']}": f"{r['regret']:.2f} ({r['chosen']}; best {r['best']})"
        for t, r in zip(tasks(quick), results, strict=True)
    }
    mean = float(regret.mean())
    low, high = (mean - 2 * error, mean + 2 * error) if error is not None else (None, None)
    return [
        row("advice_regret", mean, "points", low=low, high=high, n=len(regret), reference={"limit": 1, **beside})
    ]
