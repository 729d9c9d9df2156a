"""Plug-ins by name. Built-in ones are the files of their folder, listed without importing; one is imported on use.

Packages outside abound register an entry point in the group "abound.<folder>" (for example
"abound.generators"), whose value names the class.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, dataclass_transform

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass

from abound.errors import InputError, MissingExtra, UnknownName, did_you_mean, install_line

PluginKind = Literal["finder", "generator", "check", "mixer", "tagger", "learner", "metric", "kind", "engine"]
KINDS: tuple[PluginKind, ...] = (
    "finder", "generator", "check", "mixer", "tagger", "learner", "metric", "kind", "engine",
)  # fmt: skip
Provenance = Literal["model", "rows", "schema"]
T = TypeVar("T")


@dataclass(frozen=True)
class Spec:
    """What a plug-in says of itself."""

    kind: PluginKind
    name: str
    accepts: tuple[str, ...]  # kinds of data: "table", "records", "images", "scenes"
    needs: tuple[str, ...]  # what must be there: "target", "classification", or finders that run before
    provenance: Provenance
    deterministic: bool
    summary: str


@dataclass_transform(frozen_default=True)
def plugin(
    kind: PluginKind,
    *,
    accepts: tuple[str, ...] = ("table",),
    needs: tuple[str, ...] = (),
    provenance: Provenance = "model",
    deterministic: bool = True,
) -> Callable[[type[T]], type[T]]:
    """Make a class a plug-in: a frozen, validated dataclass that knows its `Spec`. Its name is its file's stem."""

    def decorate(cls: type[T]) -> type[T]:
        made: Any = pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))(cls)
        name = cls.__module__.rpartition(".")[2]
        summary = (cls.__doc__ or "").strip().split("\n")[0]
        made.spec = Spec(kind, name, accepts, needs, provenance, deterministic, summary)
        return cast(type[T], made)

    return decorate


def folder_of(kind: str) -> str:
    """The folder that holds plug-ins of a kind."""
    return "finders" if kind == "finder" else f"{kind}s"


def _entry_points(kind: str) -> dict[str, importlib.metadata.EntryPoint]:
    found = importlib.metadata.entry_points(group=f"abound.{folder_of(kind)}")
    return {e.name: e for e in found}


def _built_in(kind: str) -> set[str]:
    folder = Path(__file__).parent.parent / folder_of(kind)
    return {m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_")}


@cache
def names(kind: PluginKind) -> tuple[str, ...]:
    """Names of the plug-ins of a kind, sorted; nothing is imported."""
    return tuple(sorted(_built_in(kind) | set(_entry_points(kind))))


@cache
def plugin_class(kind: PluginKind, name: str) -> type[Any]:
    """The class of a plug-in; UnknownName with the nearest name otherwise."""
    if name not in names(kind):
        raise UnknownName(f"no {kind} is called {name!r}: {did_you_mean(name, names(kind))}")
    outside = _entry_points(kind).get(name)
    if outside is not None:
        return _outside_class(kind, outside)
    module = importlib.import_module(f"abound.{folder_of(kind)}.{name}")
    for value in vars(module).values():
        spec = getattr(value, "spec", None)
        if isinstance(value, type) and isinstance(spec, Spec) and value.__module__ == module.__name__:
            return value
    raise UnknownName(f"the file {module.__file__} defines no plug-in class")


def _outside_class(kind: PluginKind, entry: importlib.metadata.EntryPoint) -> type[Any]:
    """The class of another package, after checking that it is what its entry point says."""
    package = entry.dist.name if entry.dist else entry.value
    if entry.name in _built_in(kind):
        raise InputError(
            f"the package {package!r} registers the {kind} {entry.name!r}, which abound has: rename it"
        )
    try:
        loaded: type[Any] = entry.load()
    except (ImportError, AttributeError) as error:
        raise InputError(f"the {kind} {entry.name!r} of package {package!r} cannot be imported: {error}") from error
    found = getattr(loaded, "spec", None)
    if not isinstance(found, Spec) or (found.kind, found.name) != (kind, entry.name):
        raise InputError(
            f"{entry.value} of package {package!r} is not the {kind} {entry.name!r}: decorate the class with "
            f"@plugin({kind!r}) in a file called {entry.name}.py"
        )
    return loaded


def spec(kind: PluginKind, name: str) -> Spec:
    """What a plug-in says of itself."""
    found: Spec = plugin_class(kind, name).spec
    return found


def create(kind: PluginKind, name: str, params: dict[str, Any] | None = None) -> Any:
    """A plug-in with these parameters; InputError names the parameter that is wrong."""
    cls = plugin_class(kind, name)
    try:
        return cls(**(params or {}))
    except (ValidationError, TypeError) as error:
        raise InputError(f"{kind} {name!r}: {_explain(error, cls)}") from error


def params_schema(kind: PluginKind, name: str) -> dict[str, Any]:
    """The JSON Schema of a plug-in's parameters."""
    return TypeAdapter(plugin_class(kind, name)).json_schema()


def _explain(error: ValidationError | TypeError, cls: type[Any]) -> str:
    if isinstance(error, TypeError):
        return str(error)
    first = error.errors()[0]
    field = ".".join(str(p) for p in first["loc"])
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"no parameter {field!r}: {did_you_mean(field, cls.__dataclass_fields__)}"
    return f"parameter {field!r}: {first['msg'].lower()} (got {first['input']!r})"


def require(module: str, extra: str) -> Any:
    """Import an optional dependency, or say which pip line brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(f"{package} is not installed: run  {install_line(extra)}") from error
