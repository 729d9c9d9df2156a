"""Who may import whom (pyproject.toml, tool.importlinter): the law is kept, and it catches who breaks it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

LINTER = Path(sys.executable).parent / "lint-imports"
pytestmark = pytest.mark.skipif(
    not LINTER.exists(), reason="import-linter is not installed: pip install 'abound[dev]'"
)


def lint(folder: Path) -> tuple[int, str, set[str]]:
    """Exit code, text, and the names of the broken contracts."""
    env = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "300"}
    command = [str(LINTER), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    text = done.stdout + done.stderr
    return done.returncode, text, set(re.findall(r"^(.+) BROKEN$", text, re.MULTILINE))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources to break."""
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    shutil.copytree(REPOSITORY / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_law_is_kept() -> None:
    code, text, broken = lint(REPOSITORY)
    assert code == 0, text
    assert not broken
    assert "The import law KEPT" in text


def test_a_new_top_level_folder_breaks_it(copy: Path) -> None:
    (copy / "src" / "abound" / "utils").mkdir()
    (copy / "src" / "abound" / "utils" / "__init__.py").write_text("")
    code, text, broken = lint(copy)
    assert code == 1
    assert broken == {"The import law"}
    assert "abound.utils" in text


BREACHES = [
    ("core/model.py", "import abound.stages.split", "The import law"),
    ("stats/splitting.py", "import polars", "stats, pixels, render and networks work on arrays"),
    ("stats/splitting.py", "import abound.core.model", "The import law"),
    ("learners/linear.py", "import abound.learners.tree", "Plug-in files of one folder"),
    ("stages/split.py", "import abound.stages.find", "Plug-in files of one folder"),
    ("core/progress.py", "import rich", "typer and rich only in cli"),
    ("learners/tree.py", "import torch", "torch only in networks"),
    ("learners/tree.py", "import abound.metrics.auc", "The import law"),
]


def test_each_kind_of_breach_is_caught(copy: Path) -> None:
    """All at once, because each graph takes a second: every contract must break, and every breach be named."""
    root = copy / "src" / "abound"
    for file, line, _ in BREACHES:
        with (root / file).open("a") as source:
            source.write(f"{line}\n")
    code, text, broken = lint(copy)
    assert code == 1
    for file, line, contract in BREACHES:
        assert any(contract in name for name in broken), contract
        source = "abound." + file.removesuffix(".py").replace("/", ".")
        assert re.search(rf"{source} -> {line.removeprefix('import ')}", text), (file, line)
