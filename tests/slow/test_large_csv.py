"""A CSV of 1 GB: read, with a guessed schema, within 500 MB of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

BYTES = 1_000_000_000
LIMIT = 500_000_000
READ = """
import json, resource, sys, time
from abound.stages.read import read
started = time.perf_counter()
data = read(sys.argv[1], target=sys.argv[2])
columns = {c.name: [c.kind, c.role] for c in data.schema.main_table.columns}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
seconds = time.perf_counter() - started
positive = data.schema.task().positive
print(json.dumps({"peak": peak, "seconds": seconds, "columns": columns, "positive": positive, "notes": data.notes}))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1 GB of rows with a shuffled identifier, numbers, categories, dates, texts and a rare class."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    rng = np.random.default_rng(0)
    n = 200_000
    part = pl.DataFrame(
        {
            "x": rng.normal(size=n),
            "amount": rng.lognormal(size=n).round(2),
            "age": rng.integers(18, 90, n),
            "job": rng.choice(["clerk", "nurse", "pilot"], n),
            "day": pl.Series(np.datetime64("2015-01-01") + rng.integers(0, 3000, n).astype("timedelta64[D]")),
            "token": [f"t{v:x}" for v in rng.integers(0, 1 << 60, n)],
            "y": rng.choice(["no", "yes"], n, p=[0.97, 0.03]),
        }
    )
    order = rng.permutation(n)
    with path.open("wb") as file:
        file.write(b"id,x,amount,age,job,day,token,y\n")
        for start in range(0, 10_000 * n, n):
            part.select(pl.Series("id", order + start), pl.all()).write_csv(file, include_header=False)
            if file.tell() > BYTES:
                return path
    raise AssertionError("the loop ends at the size")


@pytest.mark.slow
@pytest.mark.parametrize("target", ["y", "amount > 20"])
def test_one_gigabyte_within_500_megabytes(large: Path, target: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(large), target], capture_output=True, text=True, check=True
    )
    result = json.loads(done.stdout)
    assert result["peak"] < LIMIT, f"{result['peak'] / 1e6:.0f} MB in {result['seconds']:.0f} s"
    assert result["columns"]["id"] == ["id", "key"]
    assert result["columns"]["x"] == ["number", "feature"]
    assert result["columns"]["job"] == ["category", "feature"]
    assert result["columns"]["day"] == ["time", "feature"]
    assert result["columns"]["token"] == ["id", "ignore"]
    assert result["columns"][target] == ["category", "target"]
    assert result["positive"] == "yes"
    assert any("stay on the disk" in note for note in result["notes"])
