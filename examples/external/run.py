"""A script of one's own, judged in two ways, on a table that scikit-learn brings: python examples/external/run.py

First abound trains model.py in every arm (`learner: external`, recipe.yaml). Then it is trained by hand on what
`handout` writes, and abound sees its predictions only (`judge`, on the command line `abound prove --predictions`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
from sklearn.datasets import load_breast_cancer

import abound as ab

HERE = Path(__file__).resolve().parent
REPEATS = 4  # ten for a verdict to rely on
ROWS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_table(Path("table.csv"))
        for name in ("model.py", "recipe.yaml"):
            shutil.copy(HERE / name, name)
        print(ab.run("recipe.yaml", out="run", quiet=True))
        print(by_hand(Path("by-hand")))
        os.chdir(HERE)


def write_table(path: Path) -> None:
    found = load_breast_cancer()
    columns = {str(name): found.data[:, i] for i, name in enumerate(found.feature_names)}
    pl.DataFrame({**columns, "diagnosis": [found.target_names[t] for t in found.target]}).write_csv(path)


def by_hand(folder: Path) -> ab.Study:
    """Few real rows against three times as many: two arms, trained outside, a fresh draw of rows a repeat."""
    train, tune, _, test, _ = ab.split(ab.read("table.csv", target="diagnosis", positive="malignant"), seed=0)
    paths = ab.handout(train, tune, test, folder / "handout")
    rows = pl.read_parquet(paths["train"])
    for repeat in range(REPEATS):
        drawn = rows.sample(fraction=1.0, shuffle=True, seed=repeat)
        for arm, data in (("real_only", drawn.head(ROWS)), ("more_rows", drawn.head(3 * ROWS))):
            place = folder / "models" / f"{arm}-{repeat}"
            place.mkdir(parents=True)
            data.write_parquet(place / "train.parquet")
            shutil.copy(paths["task"], place / "task.json")
            out = folder / "predictions" / arm / f"{repeat}.parquet"
            out.parent.mkdir(parents=True, exist_ok=True)
            script(["train", place, place, repeat])
            script(["predict", place, paths["predict"], out])
    return ab.judge(folder / "predictions", tune=tune, test=test, metric="auc")


def script(words: list[object]) -> None:
    subprocess.run([sys.executable, "model.py", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
