"""What an import costs: `import abound` loads nothing heavy, and no module does before it is used."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import abound
from tests.conftest import REPOSITORY

HEAVY = ("torch", "ray", "pandas", "pyarrow", "sklearn", "scipy.stats", "joblib", "matplotlib", "PIL")
DATA = ("polars", "numpy", "scipy", "pydantic", "yaml", "typer", "rich", "jinja2")


def loaded(code: str) -> set[str]:
    """Names of all modules that a new Python holds after this code."""
    code = f"{textwrap.dedent(code)}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_abound_loads_nothing_heavy() -> None:
    modules = loaded("import abound")
    assert not modules & {*HEAVY, *DATA}
    assert {m for m in modules if m.startswith("abound")} == {"abound"}


def test_no_module_loads_anything_heavy_before_it_is_used() -> None:
    modules = loaded(
        """
        import importlib, pkgutil, abound
        for found in pkgutil.walk_packages(abound.__path__, "abound."):
            # The estimators are scikit-learn's by inheritance, networks are torch's: importing them is using them.
            away = ("abound.cli", "abound.networks")
            skipped = found.name.startswith(away) or found.name.endswith(("__main__", ".estimators"))
            if not skipped:
                importlib.import_module(found.name)
        """
    )
    assert "abound.core.dataset" in modules
    assert not modules & set(HEAVY)
    assert not modules & {"typer", "rich", "click"}


def test_every_public_name_is_there_and_typed() -> None:
    for name in abound.__all__:
        assert getattr(abound, name) is not None
    assert set(abound.__all__) <= set(dir(abound))
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = abound.reed
    stub = ast.parse((Path(abound.__file__).parent / "__init__.pyi").read_text(encoding="utf-8"))
    typed = {a.asname or a.name for n in stub.body if isinstance(n, ast.ImportFrom) for a in n.names}
    typed |= {n.name for n in stub.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    assert set(abound.__all__) <= typed


@pytest.mark.slow
def test_import_abound_takes_less_than_300_ms() -> None:
    code = "import time; t = time.perf_counter(); import abound; print(time.perf_counter() - t)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    assert min(times) < 0.3


def test_the_package_says_that_it_is_typed() -> None:
    assert (REPOSITORY / "src" / "abound" / "py.typed").exists()
    assert os.path.samefile(Path(abound.__file__).parent, REPOSITORY / "src" / "abound")
