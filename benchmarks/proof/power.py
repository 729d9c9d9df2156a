"""Does a study find a planted real gain as often as it is forecast to?

The planted gain: held-out real rows, given as if they were synthetic. Three cells (table, learner, training rows,
test rows). In each, PILOTS runs on seeds of their own give the true gain against the control that is chosen, and
the two variances behind the interval; from these `PairedMean.power` forecasts how often the verdict is "helps".
Then the cell is run 400 times on fresh seeds. Every run draws its own training, tune and test rows.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core.recipe import Use
from abound.core.run import Run
from abound.stages.prove import prove
from abound.stages.split import split
from abound.stats.intervals import PairedMean, wilson
from benchmarks.proof.false_helps import two_class
from benchmarks.rows import row

CELLS: dict[str, dict[str, Any]] = {
    "satimage_tree": {"table": "satimage", "learner": "tree", "rows": 60, "added": 60},
    "page-blocks_linear": {"table": "page-blocks", "learner": "linear", "rows": 80, "added": 120},
    "abalone_tree": {"table": "abalone", "learner": "tree", "rows": 60, "added": 120},
}
CONTROLS = ("real_only", "duplicated")
REPEATS = 5
PILOTS, RUNS = 100, 400


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Pilot runs and judged runs of each cell, on different seeds."""
    pilots, runs = (1, 1) if quick else (PILOTS, RUNS)
    return [
        {"cell": cell, "pilot": pilot, "seed": first + i}
        for cell in CELLS
        for pilot, first, n in ((True, 20_000, pilots), (False, 30_000, runs))
        for i in range(n)
    ]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The main claim of one run: difference, its standard error by source, and the verdict."""
    cell, rng = CELLS[task["cell"]], np.random.default_rng(task["seed"])
    data = two_class(cell["table"], rng)
    parts = split(data, seed=task["seed"], test=0.4)
    real, mixed = [], []
    for _ in range(REPEATS):
        order = rng.permutation(len(parts.train))
        base = parts.train.take(np.sort(order[: cell["rows"]]))
        more = parts.train.take(np.sort(order[cell["rows"] : cell["rows"] + cell["added"]]))
        frame = more.main.with_columns(pl.lit("synthetic").alias("_origin"))
        real.append(base)
        mixed.append(base.concat_with(more.with_table(more.schema.main, frame)))
    with tempfile.TemporaryDirectory() as work:
        claim = prove(
            {"mixed": mixed}, baseline=real, tune=parts.tune, test=parts.test, learner=Use(name=cell["learner"]),
            controls=CONTROLS, seed=task["seed"], run=Run(Path(work)),
        ).claim  # fmt: skip
    return {"verdict": claim.verdict, "difference": claim.difference, **_variances(claim)}


def _variances(claim: Any) -> dict[str, float]:
    """The two variances of the mean, from the interval and the share of repeats in it."""
    from scipy.stats import t

    share = claim.repeat_share or 0.0
    df = 1 / (share**2 / (claim.repeats - 1) + (1 - share) ** 2 / (claim.groups - 1))
    error = (claim.high - claim.low) / 2 / t.ppf(0.5 + claim.level / 2, df)
    return {"repeat": error**2 * share, "unit": error**2 * (1 - share), "groups": claim.groups}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """One row a cell: the share of runs that say "helps", beside the forecast; and the largest deviation."""
    out, apart = [], []
    for cell, what in CELLS.items():
        pilot, judged = (
            [r for t, r in zip(tasks(quick), results, strict=True) if t["cell"] == cell and t["pilot"] == is_pilot]
            for is_pilot in (True, False)
        )
        gain = float(np.mean([r["difference"] for r in pilot]))
        repeat, unit, groups = (float(np.mean([r[k] for r in pilot])) for k in ("repeat", "unit", "groups"))
        forecast = PairedMean(0.0, repeat, unit, REPEATS, round(groups)).power(gain)
        hits = sum(r["verdict"] == "helps" for r in judged)
        low, high = wilson(hits, len(judged))
        apart.append(abs(hits / len(judged) - forecast))
        beside = {"forecast": forecast, "true gain": gain, **what}
        out.append(
            row(f"power_{cell}", hits / len(judged), "share", low=low, high=high, n=len(judged), reference=beside)
        )
    out.append(row("power_off_forecast", max(apart), "share", n=len(CELLS), reference={"limit": 0.05}))
    return out
