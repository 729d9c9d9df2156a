"""Commands of abound in this process, and one finished small run that several tests look at."""

from __future__ import annotations

import atexit
import contextlib
import io
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from abound.cli.app import run


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def abound(*words: str | Path, folder: Path | None = None) -> Done:
    """Run one command line in `folder` and catch what it prints."""
    before = Path.cwd()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            os.chdir(folder or before)
            code = run([str(w) for w in words])
        finally:
            os.chdir(before)
    return Done(code, out.getvalue(), err.getvalue())


def small_table(folder: Path) -> Path:
    """A real table with the columns that the documents speak of, small enough for a quick run."""
    from sklearn.datasets import load_breast_cancer

    found = load_breast_cancer()
    columns = {str(n).removeprefix("mean "): found.data[:, i] for i, n in enumerate(found.feature_names[:5])}
    labels = ["malignant" if t == 0 else "benign" for t in found.target]
    pl.DataFrame({**columns, "diagnosis": labels}).tail(140).write_csv(folder / "table.csv")
    return folder / "table.csv"


@cache
def finished() -> tuple[Path, Done]:
    """The folder of a run of two repeats, made once a session, and what its command printed."""
    folder = Path(tempfile.mkdtemp(prefix="abound-cli-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    small_table(folder)
    words = ["run", "table.csv", "--target", "diagnosis", "--learner", "linear", "--repeats", "2"]
    done = abound(*words, "--workers", "1", "--out", "run", folder=folder)
    assert done.code == 0, done.err
    return folder / "run", done
