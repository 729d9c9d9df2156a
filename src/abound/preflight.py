"""Everything in a recipe that can be wrong, checked against the data before any work is done or a folder made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.labels import classes
from abound.core.recipe import Recipe, Use
from abound.core.slice import Slice, check_levels
from abound.encoding.scores import fitting_metrics
from abound.errors import AboundError, InputError, RecipeError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

_BY_COLUMN = ("classification", "regression")


def preflight(recipe: Recipe, data: Dataset) -> None:
    """Raise the error that the run would meet later: unknown names, parameters, columns, levels, a missing target.

    RecipeError and UnknownName name the recipe's field.
    """
    if not data.schema.tasks:
        raise RecipeError(
            f"the target of {recipe.data.path} is not known: name the column to predict with --target, or in the "
            "recipe as data.target"
        )
    plugins: list[tuple[str, registry.PluginKind, Use]] = [
        ("learner", "learner", recipe.learner), ("teacher", "learner", Use(name=recipe.teacher)),
        ("mix", "mixer", recipe.mix), *(("find", "finder", u) for u in recipe.find),
        *(("checks", "check", u) for u in recipe.checks),
        *(("generate", "generator", m.generator) for m in recipe.generate or ()),
    ]  # fmt: skip
    for field, kind, use in plugins:
        _named(field, lambda kind=kind, use=use: registry.create(kind, use.name, use.params))  # type: ignore[misc]
    for line in recipe.generate or ():
        if line.where is not None:
            with _field("generate.where"):
                where = Slice.parse(line.where, data.schema.main)
                data.mask(where)
                check_levels(where, data.schema)
    if recipe.metric is not None:
        check_metric(recipe.metric, data)
    _train_rows(recipe, data)


def _named(field: str, check: Callable[[], object]) -> None:
    with _field(field):
        check()


@contextmanager
def _field(name: str) -> Iterator[None]:
    """Errors inside, with the recipe's field in front and the exit code of a fault in the recipe."""
    try:
        yield
    except UnknownName as error:
        raise UnknownName(f"{name}: {error}") from error
    except InputError as error:
        raise RecipeError(f"{name}: {error}") from error
    except AboundError as error:
        raise type(error)(f"{name}: {error}") from error


def check_metric(use: Use, data: Dataset) -> None:
    """RecipeError where the metric does not suit the target of the data, or names a class that it lacks."""
    task = data.schema.task()
    with _field("metric"):
        plugin = registry.create("metric", use.name, use.params)
        needs = [n for n in plugin.spec.needs if n in _BY_COLUMN]
        if needs and task.kind not in needs:
            raise InputError(
                f"{use.name} needs a {needs[0]} target, and {task.targets[0]!r} is a {task.kind} target: "
                f"choose one of {', '.join(fitting_metrics(task))}"
            )
        wanted = use.params.get("positive")
        if wanted is not None and wanted not in (names := classes(data.schema, task)):
            raise InputError(f"{use.name} has no class {wanted!r}: {did_you_mean(str(wanted), names)}")


def _train_rows(recipe: Recipe, data: Dataset) -> None:
    wanted, task = recipe.repeats.train_rows, data.schema.task()
    if isinstance(wanted, dict):
        if task.kind != "classification":
            raise RecipeError(f"repeats.train_rows by class needs classes, and {task.targets[0]!r} is a number")
        if data.schema.group:
            raise RecipeError(
                "repeats.train_rows by class cannot keep the groups of data.group whole: give a number"
            )
        names = classes(data.schema, task)
        for name in wanted:
            if name not in names:
                raise RecipeError(f"repeats.train_rows: no class {name!r}: {did_you_mean(name, names)}")
    elif isinstance(wanted, int) and wanted > len(data):
        raise RecipeError(f"repeats.train_rows: {wanted:,} rows wanted, and the data has {len(data):,}")
