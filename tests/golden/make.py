"""Make the golden run anew: `python -m tests.golden.make`. Only when a decision record says why its form changed.

A run folder is a promise: what one release wrote, later ones read. The test reads this one.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from abound.core.recipe import DataSpec, Make, Recipe, Repeats, Use
from abound.loop import run
from tests.planted import mixed_table

HERE = Path(__file__).parent / "run-0.1"
KEPT = (
    "data", "split", "generate/000", "prove/repeat-000", "repeats/000", "recipe.yaml", "study.json", "seconds.tsv",
    "REAL-DATA-INSIDE.txt",
)  # fmt: skip


def main() -> None:
    """Run the loop on planted rows and keep what a reader needs."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        table = work / "planted.csv"
        mixed_table(240, 4, rare=0.2).main.write_csv(table)
        recipe = Recipe(
            data=DataSpec(path=str(table), target="y", positive="yes"),
            learner=Use(name="tree"),
            teacher="linear",
            repeats=Repeats(n=2, train_rows=60),
            generate=(Make(generator=Use(name="copula"), ratio=0.5),),
            workers=1,
        )
        run(recipe, out=work / "run", quiet=True)
        shutil.rmtree(HERE, ignore_errors=True)
        for kept in KEPT:
            source, target = work / "run" / kept, HERE / kept
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        text = (HERE / "recipe.yaml").read_text(encoding="utf-8")
        (HERE / "recipe.yaml").write_text(text.replace(str(work), "/data"), encoding="utf-8")


if __name__ == "__main__":
    main()
