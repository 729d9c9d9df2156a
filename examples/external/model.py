"""A model that knows nothing of abound: weighted logistic regression, trained and asked from the command line.

    python model.py train DATA MODEL SEED       DATA/train.parquet and DATA/task.json  ->  MODEL/model.json
    python model.py predict MODEL ROWS OUT      MODEL/model.json and ROWS (Parquet)    ->  OUT (Parquet)

It is for two classes and columns of numbers. A script in another language does the same with `table: csv`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl

STEPS = 25  # of Newton's method
RIDGE = 1.0


def train(data: Path, model: Path) -> None:
    task = json.loads((data / "task.json").read_text())
    rows = pl.read_parquet(data / "train.parquet")
    names = [name for name, kind in task["features"].items() if kind == "number"]
    x = rows.select(names).fill_null(strategy="mean").to_numpy()
    mean, scale = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    y = (rows[task["target"]] == task["positive"]).to_numpy().astype(float)
    weight = rows["_weight"].to_numpy()
    w = np.zeros(z.shape[1])
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        slope = z.T @ (weight * (y - p)) - RIDGE * w
        curve = (z * (weight * p * (1 - p))[:, None]).T @ z + RIDGE * np.eye(len(w))
        w = w + np.linalg.solve(curve, slope)
    found = {"names": names, "mean": mean.tolist(), "scale": scale.tolist(), "w": w.tolist(), "task": task}
    (model / "model.json").write_text(json.dumps(found))


def predict(model: Path, rows: Path, out: Path) -> None:
    m = json.loads((model / "model.json").read_text())
    table = pl.read_parquet(rows)
    x = np.nan_to_num((table.select(m["names"]).cast(pl.Float64).to_numpy() - m["mean"]) / m["scale"])
    p = 1 / (1 + np.exp(-np.clip(m["w"][0] + x @ np.array(m["w"][1:]), -30, 30)))
    yes = m["task"]["positive"]
    no = next(name for name in m["task"]["classes"] if name != yes)
    pl.DataFrame({"id": table["id"], f"p:{yes}": p, f"p:{no}": 1 - p}).write_parquet(out)


if __name__ == "__main__":
    if sys.argv[1] == "train":
        train(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        predict(*map(Path, sys.argv[2:5]))
