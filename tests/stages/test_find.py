"""Find: finders run in an order that suits them, refusals are kept, notes are kept."""

from __future__ import annotations

import importlib
import sys

import pytest

from abound.core import registry
from abound.core.gap import Gap
from abound.core.recipe import Use
from abound.core.registry import plugin
from abound.core.schema import Task
from abound.errors import InputError, UnknownName
from abound.stages.find import find
from tests.planted import mixed_table


def numbers_task(data, target="age"):
    task = Task(table="rows", targets=(target,), kind="regression")
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": (task,)}))


def without_task(data):
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": ()}))


FEW = [Use(name="rare_class"), Use(name="missing_combo")]


def test_default_finders_find_the_rare_class():
    data = mixed_table(600, rare=0.05)
    found = find(data, mixed_table(200, seed=1))
    assert found[0].finder == "rare_class"
    assert found.skipped == {}
    assert isinstance(found, list)


def test_even_classes_and_independent_columns_are_silent():
    data = mixed_table(600, rare=0.5)
    assert [g for g in find(data, data, finders=FEW) if g.finder == "rare_class"] == []


@pytest.mark.parametrize(("change", "reason"), [(numbers_task, "classification"), (without_task, "target")])
def test_what_does_not_fit_is_skipped_with_its_reason(change, reason):
    data = change(mixed_table(300))
    found = find(data, data, finders=FEW)
    assert reason in found.skipped["rare_class"]
    assert "missing_combo" not in found.skipped


def test_notes_say_which_columns_were_left_out():
    data = mixed_table(300)
    found = find(data, data, finders=[Use(name="missing_combo")])
    assert any("since" in n for n in found.notes)


def test_same_seed_same_gaps():
    data = mixed_table(500, rare=0.05)
    assert find(data, data, finders=FEW, seed=3) == find(data, data, finders=FEW, seed=3)


def test_unknown_finder_and_parameter():
    data = mixed_table(100)
    with pytest.raises(UnknownName, match="rare_class"):
        find(data, data, finders=[Use(name="rare_clas")])
    with pytest.raises(InputError, match="share"):
        find(data, data, finders=[Use(name="rare_class", params={"shar": 0.2})])
    with pytest.raises(InputError, match="twice"):
        find(data, data, finders=[Use(name="rare_class"), Use(name="rare_class")])


def test_the_same_finder_with_other_parameters_adds_only_new_gaps():
    data = mixed_table(600, rare=0.05)
    twice = find(data, data, finders=[Use(name="rare_class"), Use(name="rare_class", params={"rows": 200})])
    assert len(twice) == 1


@pytest.fixture
def ordered(monkeypatch):
    """Two more finders, as an outside package would bring them: `second` needs `first`."""
    seen = []

    def make(name, needs):
        @plugin("finder", needs=needs)
        class Made:
            def find(self, train, tune, found, ctx):
                seen.append((name, [g.finder for g in found]))
                return [
                    Gap(kind="hard", finder=name, rows=(len(seen),), support=1, main_rows=1, groups=1, wanted=2)
                ]

        Made.spec = registry.Spec("finder", name, ("table",), needs, "model", True, "")
        return Made

    made = {"first": make("first", ()), "second": make("second", ("first",))}
    real = registry.plugin_class
    monkeypatch.setattr(registry, "plugin_class", lambda kind, name: made.get(name) or real(kind, name))
    return seen


def test_a_finder_runs_after_the_one_it_needs(ordered):
    data = mixed_table(100)
    found = find(data, data, finders=[Use(name="second"), Use(name="first")])
    assert ordered == [("first", []), ("second", ["first"])]
    assert [g.finder for g in found] == ["first", "second"]


def test_a_finder_without_the_one_it_needs_is_skipped(ordered):
    data = mixed_table(100)
    found = find(data, data, finders=[Use(name="second")])
    assert ordered == []
    assert "add first" in found.skipped["second"]


def test_finder_files_import_without_heavy_packages():
    for name in registry.names("finder"):
        module = f"abound.finders.{name}"
        before = set(sys.modules)
        sys.modules.pop(module, None)
        importlib.import_module(module)
        assert not {m for m in set(sys.modules) - before if m.split(".")[0] in ("sklearn", "torch")}
