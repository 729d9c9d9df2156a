"""The public names: all there, typed by the stub, documented, and loaded only when used."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import abound
from tests.conftest import REPOSITORY

STUB = ast.parse((REPOSITORY / "src" / "abound" / "__init__.pyi").read_text(encoding="utf-8"))


def stubbed() -> dict[str, str]:
    """Name -> module of every re-export of the stub."""
    return {
        alias.asname or alias.name: node.module or ""
        for node in STUB.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_the_stub_types_exactly_the_public_names() -> None:
    assert set(stubbed()) == set(abound.__all__)


@pytest.mark.parametrize("name", abound.__all__)
def test_each_name_is_what_the_stub_says(name: str) -> None:
    value = getattr(abound, name)
    if name != "errors":
        assert value.__module__ == stubbed()[name]
        assert value.__doc__


def test_dir_shows_them() -> None:
    assert set(abound.__all__) <= set(dir(abound))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'reed'"):
        _ = abound.reed  # type: ignore[attr-defined]


def test_verbs_and_submodules_do_not_get_in_each_others_way() -> None:
    code = (
        "import abound.stages.read, abound.stages.report, abound.loop, abound as ab\n"
        "from abound import run, find\n"
        "assert callable(ab.read) and callable(ab.report) and callable(run) and callable(find)\n"
        "assert ab.errors.AboundError"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
