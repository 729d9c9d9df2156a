"""The registry: names without imports, one import on use, and clear answers to wrong names and parameters."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from abound.core import registry
from abound.errors import InputError, MissingExtra, UnknownName

PLUGIN = '''
"""A finder from another package."""
from abound.core.registry import plugin

@plugin("finder", accepts=("table", "images"), needs=("rare_class",), provenance="rows", deterministic=False)
class Blurry:
    """Finds blurry images.

    More about it.
    """
    limit: float = 0.5
    names: tuple[str, ...] = ()

    def find(self, train, tune, found, ctx):
        """Nothing."""
        return []
'''


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package "blurkit" with a finder, a finder under a wrong name, and two that do not import."""
    package = tmp_path / "blurkit"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "blurry.py").write_text(PLUGIN)
    (package / "broken.py").write_text("import no_such_module_at_all\n")
    (package / "plain.py").write_text("class Plain:\n    pass\n")
    info = tmp_path / "blurkit-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: blurkit\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[abound.finders]\nblurry = blurkit.blurry:Blurry\nbroken = blurkit.broken:X\nplain = blurkit.plain:Plain\n"
        "other_name = blurkit.blurry:Blurry\ngone = blurkit.blurry:Gone\n"
        "[abound.engines]\nlocal = blurkit.plain:Plain\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    _forget()
    yield tmp_path
    for name in [n for n in sys.modules if n.partition(".")[0] == "blurkit"]:
        del sys.modules[name]
    _forget()


def _forget() -> None:
    registry.names.cache_clear()
    registry.plugin_class.cache_clear()


def test_a_plug_in_of_another_package_is_found_by_its_entry_point(outside: Path) -> None:
    assert "blurry" in registry.names("finder")
    assert "blurkit" not in sys.modules
    made = registry.create("finder", "blurry", {"limit": 2})
    assert (made.limit, made.names) == (2.0, ())
    spec = registry.spec("finder", "blurry")
    assert (spec.kind, spec.name, spec.accepts, spec.needs) == (
        "finder",
        "blurry",
        ("table", "images"),
        ("rare_class",),
    )
    assert (spec.provenance, spec.deterministic, spec.summary) == ("rows", False, "Finds blurry images.")
    schema = registry.params_schema("finder", "blurry")
    assert schema["properties"]["limit"] == {"default": 0.5, "title": "Limit", "type": "number"}
    assert json.dumps(schema)


def test_plug_ins_are_frozen_values(outside: Path) -> None:
    made = registry.create("finder", "blurry")
    assert made == registry.create("finder", "blurry", {})
    with pytest.raises(AttributeError):
        made.limit = 3


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"limt": 1}, "finder 'blurry': no parameter 'limt': did you mean 'limit'?"),
        ({"limit": "much"}, "finder 'blurry': parameter 'limit': "),
        ({"names": 3}, "finder 'blurry': parameter 'names': "),
    ],
)
def test_wrong_parameters_are_named(params: dict, sentence: str, outside: Path) -> None:
    with pytest.raises(InputError) as error:
        registry.create("finder", "blurry", params)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("blury", "no finder is called 'blury': did you mean 'blurry'?"),
        ("broken", "the finder 'broken' of package 'blurkit' cannot be imported: No module named 'no_such_module"),
        ("gone", "the finder 'gone' of package 'blurkit' cannot be imported"),
        ("plain", "blurkit.plain:Plain of package 'blurkit' is not the finder 'plain'"),
        ("other_name", "decorate the class with @plugin('finder') in a file called other_name.py"),
    ],
)
def test_what_cannot_be_used_is_explained(name: str, sentence: str, outside: Path) -> None:
    with pytest.raises(InputError) as error:
        registry.create("finder", name)
    assert sentence in str(error.value)


def test_no_package_replaces_a_built_in_silently(outside: Path) -> None:
    if "local" not in registry._built_in("engine"):
        pytest.skip("the local engine is not there yet")
    with pytest.raises(InputError, match="registers the engine 'local', which abound has"):
        registry.create("engine", "local")


def test_an_unknown_kind_of_name_lists_what_there_is() -> None:
    with pytest.raises(UnknownName, match="no metric is called 'zzz': known: "):
        registry.create("metric", "zzz")


LIST_ALL = textwrap.dedent(
    """
    import json, sys
    from abound.core import registry
    names = {kind: registry.names(kind) for kind in registry.KINDS}
    folders = tuple(f"abound.{registry.folder_of(kind)}." for kind in registry.KINDS)
    before = [m for m in sys.modules if m.startswith(folders)]
    kind, name = next((k, n[0]) for k, n in names.items() if n)
    registry.plugin_class(kind, name)
    after = [m for m in sys.modules if m.startswith(folders)]
    print(json.dumps([names, before, f"abound.{registry.folder_of(kind)}.{name}", after]))
    """
)


def test_names_are_listed_without_an_import_and_one_is_imported_on_use() -> None:
    done = subprocess.run([sys.executable, "-c", LIST_ALL], capture_output=True, text=True, check=True)
    names, before, used, after = json.loads(done.stdout)
    assert before == []
    assert after == [used]
    assert all(n == sorted(n) for n in names.values())
    folder = Path(registry.__file__).parent.parent
    for kind, found in names.items():
        files = {p.stem for p in (folder / registry.folder_of(kind)).glob("[a-z]*.py")}
        assert files <= set(found), kind


def test_folders_are_plural() -> None:
    assert [registry.folder_of(k) for k in ("finder", "check", "mixer")] == ["finders", "checks", "mixers"]


def test_a_missing_extra_says_which_line_brings_it() -> None:
    assert registry.require("json", "x") is json
    with pytest.raises(MissingExtra, match=r"torchy is not installed: run  pip install 'abound\[neural\]'"):
        registry.require("torchy.nn", "neural")
