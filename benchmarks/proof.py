"""Is the proof calibrated? False "helps" on useless data, and the known answers on real tables.

`false_helps`: small runs in which the synthetic rows are worthless by construction (copies of training rows, and
training rows with shuffled labels) must be called "helps" in at most 5 of 100. `naive_helps` is the share of those
runs in which the usual protocol (one fit, mean above real only on test) would have claimed a gain.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.run import Run
from abound.stages.prove import prove
from abound.stages.read import read
from abound.stages.split import split
from abound.stats.intervals import wilson
from benchmarks.rows import main, row

CONTROLS = ("real_only", "duplicated", "class_weights", "relabelled", "smote")


def tables() -> dict[str, Dataset]:
    """Tables that scikit-learn ships, each with a two-class target."""
    from sklearn.datasets import load_breast_cancer, load_digits, load_wine

    cancer, wine, digits = load_breast_cancer(), load_wine(), load_digits()
    frames = {
        "breast_cancer": _frame(cancer.data, cancer.target == 0),
        "wine": _frame(wine.data, wine.target == 2),
        "digits_8": _frame(digits.data[:, 8:40], digits.target == 8),
    }
    return {name: read(frame, target="y", positive="yes") for name, frame in frames.items()}


def _frame(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> pl.DataFrame:
    columns = {f"x{i}": x[:, i] for i in range(x.shape[1])}
    return pl.DataFrame({**columns, "y": np.where(y, "yes", "no")})


def useless(kind: str, real: Dataset, rng: np.random.Generator) -> Dataset:
    """Rows that carry nothing new: copies of the real rows, or copies whose labels are shuffled."""
    copy = real.take(rng.integers(0, len(real), len(real)))
    frame = copy.main.with_columns(pl.lit("synthetic").alias("_origin"))
    if kind == "shuffled":
        frame = frame.with_columns(pl.Series("y", rng.permutation(frame["y"].to_numpy())))
    return copy.with_table(copy.schema.main, frame)


def one_run(data: Dataset, kind: str, learner: str, seed: int, repeats: int = 5) -> tuple[bool, bool]:
    """(our verdict is "helps", the naive protocol claims a gain)."""
    parts = split(data, seed=seed)
    rng = np.random.default_rng(seed)
    size = min(150, int(0.8 * len(parts.train)))
    real = [parts.train.take(np.sort(rng.choice(len(parts.train), size, replace=False))) for _ in range(repeats)]
    arms = {"mixed": [r.concat_with(useless(kind, r, rng)) for r in real]}
    with tempfile.TemporaryDirectory() as work:
        study = prove(
            arms, baseline=real, tune=parts.tune, test=parts.test, learner=learner, controls=CONTROLS, seed=seed,
            run=Run(Path(work)),
        )  # fmt: skip
    value = {a.arm: a.values[0] for a in study.arms}
    return study.verdict == "helps", value["mixed"] > value["real_only"]


def measure(quick: bool) -> list[dict[str, Any]]:
    """Rows false_helps and naive_helps."""
    runs = 6 if quick else 100
    data = tables()
    ours, naive, n = 0, 0, 0
    for number in range(runs):
        name = list(data)[number % len(data)]
        kind = ("duplicates", "shuffled")[number // len(data) % 2]
        learner = ("tree", "linear")[number // (2 * len(data)) % 2]
        helped, claimed = one_run(data[name], kind, learner, seed=1000 + number)
        ours, naive, n = ours + helped, naive + claimed, n + 1
    low, high = wilson(ours, n)
    what = f"{len(data)} tables, copies and shuffled labels, tree and linear, 5 repeats of 150 rows"
    rows = [row("false_helps", ours / n, "share", low=low, high=high, n=n, reference={"limit": 0.05, "over": what})]
    low, high = wilson(naive, n)
    rows.append(row("naive_helps", naive / n, "share", low=low, high=high, n=n, reference={"same runs": what}))
    return rows


if __name__ == "__main__":
    main("proof", measure)
