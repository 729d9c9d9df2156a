"""The example that trains a script of one's own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.test_docs import environment


@pytest.mark.slow
def test_the_example_of_an_outside_script_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", REPOSITORY / "examples" / "external" / "run.py"],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "more_rows: " in done.stdout
