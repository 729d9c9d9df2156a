"""`abound list`: the plug-ins, by kind."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from abound.cli.options import Json


def list_(
    kind: Annotated[
        str | None,
        typer.Argument(help="finder, generator, check, mixer, learner, metric, kind or engine; default: all."),
    ] = None,
    json: Json = False,
) -> None:
    """List what a recipe can name: finders, generators, checks, mixers, learners, metrics."""
    from abound.cli.output import print_json, print_page
    from abound.core.registry import KINDS, PluginKind, names
    from abound.errors import UnknownName, did_you_mean

    singular = (kind or "").removesuffix("s")
    wanted: list[PluginKind] = [k for k in KINDS if not kind or k == singular]
    if not wanted:
        raise UnknownName(f"no kind of plug-in is called {kind!r}: {did_you_mean(singular, KINDS)}")
    found = [entry(k, name) for k in wanted for name in names(k)]
    if json:
        print_json(found)
        return
    for k in wanted:
        lines = [line for e in found if e["kind"] == k for line in _lines(e, detail=bool(kind))]
        print_page([(k, lines)])


def entry(kind: Any, name: str) -> dict[str, Any]:
    """What a plug-in says of itself, with the JSON Schema of its parameters."""
    from abound.core.registry import params_schema, spec

    known, schema = spec(kind, name), params_schema(kind, name)
    return {
        "kind": kind, "name": name, "summary": known.summary, "accepts": known.accepts, "needs": known.needs,
        "provenance": known.provenance, "deterministic": known.deterministic, "parameters": schema,
    }  # fmt: skip


def parameters(schema: dict[str, Any]) -> list[str]:
    """Each parameter as "name: type = default"."""
    return [
        f"{name}: {_type(field)}" + (f" = {field['default']}" if "default" in field else "")
        for name, field in schema.get("properties", {}).items()
    ]


def _type(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " or ".join(map(str, field["enum"]))
    if "anyOf" in field:
        return " or ".join(_type(f) for f in field["anyOf"])
    return str(field.get("type") or field.get("const") or "value")


def _lines(found: dict[str, Any], detail: bool) -> list[str]:
    lines = [f"{found['name']}: {found['summary']}"]
    return [*lines, *(f"    {p}" for p in parameters(found["parameters"]))] if detail else lines
