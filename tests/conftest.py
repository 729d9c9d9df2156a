"""What every test shares: deterministic property tests, and the folder with the large real datasets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Two test processes on two cores: pools of threads would wait for one another. Read when numpy is imported.
for _pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_pool, "1")

# The same examples in every run: a failure elsewhere is a failure here.
settings.register_profile("abound", derandomize=True, deadline=None, max_examples=40, database=None)
settings.load_profile("abound")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture
def real_file() -> Callable[[str], Path]:
    """Path of a real dataset's file under $ABOUND_DATA (../shared/data); the test is skipped where it is absent."""
    root = Path(os.environ.get("ABOUND_DATA", REPOSITORY.parent / "shared" / "data"))

    def find(name: str) -> Path:
        if not (root / name).exists():
            pytest.skip(f"{root / name} is not there: set ABOUND_DATA to the folder with the real datasets")
        return root / name

    return find
