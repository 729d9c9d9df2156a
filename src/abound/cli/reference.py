"""The reference pages, written from the code: `python -m abound.cli.reference docs/reference`.

A test compares them with what the code says, so a page cannot be stale and nothing public stays undocumented.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

_NOTE = "<!-- Written by `python -m abound.cli.reference docs/reference`. Edit the code, not this page. -->"

_ORIGIN = {"model": "a fitted model", "rows": "real rows, changed or not", "schema": "the schema alone"}
_MEANING = {
    "data": "the table and what its columns mean",
    "data.path": "the file; a relative path is relative to the recipe",
    "data.target": "column to predict, or a condition",
    "data.positive": "class of interest; the rarest if none",
    "data.group": "column whose equal values stay on one side of every split",
    "data.sensitive": "columns that the data card names as sensitive",
    "data.ignore": "columns to leave out",
    "data.categories": "columns to read as categories whatever they look like",
    "data.table": "name of the table",
    "data.schema": "a schema file (`abound schema` prints one) instead of the guess",
    "purpose": "`augment`: real and synthetic rows; `replace`: synthetic rows only",
    "learner": "the model that is trained in every arm",
    "teacher": "the learner behind the relabelled controls and the reference",
    "metric": "what the verdict is about; by default average precision, balanced accuracy or R squared",
    "margin": "differences below it do not matter; the metric's own if none",
    "minimal_gain": "the interval must lie above it for `helps`",
    "repeats": "how often everything is refitted",
    "repeats.n": "number of repeats; one gives no verdict",
    "repeats.train_rows": "rows that a repeat draws from the training part: `all`, at least 20, or 2 a class",
    "split": "sizes of the parts",
    "split.test": "share of all rows, sealed until `prove`",
    "split.tune": "share of what test leaves, for every choice",
    "split.reference": "share of tune, read by audit only",
    "split.time": "column of times: test holds the latest rows, train the first",
    "split.slices": "conditions, or columns, whose rows the test part needs enough of",
    "split.near_duplicates": "rows that stay on one side: `auto` (more alike than chance), `exact` or `none`",
    "split.wanted_gain": "the gain that the power statement asks about, and the test part is sized for",
    "find": "finders, in their order",
    "generate": "what to make; the planner decides if none",
    "generate.generator": "the generator",
    "generate.ratio": "rows to make per training row",
    "generate.where": "a condition that every row satisfies",
    "shares": "further candidates with a share of the synthetic rows; which is judged is chosen on tune",
    "checks": "the audit's checks",
    "repair": "how often rows that fail the audit are repaired and audited again",
    "mix": "how synthetic and real rows are joined",
    "seed": "same seed, same bytes",
    "workers": "processes; all cores if none",
}


def pages() -> dict[str, str]:
    """File name and text of every page."""
    made = {
        "cli.md": ("Command line", _cli), "recipe.md": ("Recipe", _recipe), "plugins.md": ("Plug-ins", _plugins),
        "errors.md": ("Errors", _errors), "api.md": ("Python", _api),
    }  # fmt: skip
    return {name: "\n".join([f"# {title}", "", _NOTE, "", *body()]) for name, (title, body) in made.items()}


def write(folder: Path) -> None:
    """Write every page into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _cli() -> Iterator[str]:
    from abound.cli.app import COMMANDS

    yield "Results go to stdout, progress to stderr. `NO_COLOR` is obeyed; `--json` prints one JSON value."
    yield ""
    yield "Exit codes: 0 done; 1 error; 2 wrong usage; with `--gate` 3 (harms, or audit failed) and 4 (not enough"
    yield "evidence); 130 stopped with Ctrl-C; 141 the reader of the output went away; 143 ended by a signal."
    yield ""
    for panel, commands in COMMANDS.items():
        yield f"## {panel}\n"
        for name, function in commands.items():
            yield f"### abound {name}\n"
            yield f"{inspect.getdoc(function)}\n"
            yield "| argument | default | meaning |\n|---|---|---|"
            for row in _arguments(function):
                yield f"| {' | '.join(row)} |"
            yield ""


def _arguments(function: Callable[..., None]) -> Iterator[tuple[str, str, str]]:
    """Each argument as (how it is written, default, help)."""
    hints = get_type_hints(function, include_extras=True)
    for name, parameter in inspect.signature(function).parameters.items():
        kind, info = get_args(hints[name])[:2]
        # typer reads the first name of an option given inside Annotated from where a default would stand
        given = (getattr(info, "default", None), *(getattr(info, "param_decls", None) or ()))
        flags = [f for f in given if isinstance(f, str) and f.startswith("-")]
        written = ", ".join(f"`{f}`" for f in flags) or f"`{info.metavar or name.upper()}`".replace("|", "\\|")
        default = parameter.default
        plain = default in (inspect.Parameter.empty, None, False)
        needed = "needed" if default is inspect.Parameter.empty else ""
        many = " (may repeat)" if get_origin(kind) is list or "list" in str(kind) else ""
        yield written, needed if plain else f"`{default}`", f"{info.help}{many}"


def _recipe() -> Iterator[str]:
    from abound.core.recipe import Recipe

    yield f"{inspect.getdoc(Recipe)} `abound schema --recipe` prints the JSON Schema.\n"
    yield "A plug-in is written `boosting` or, with parameters, `boosting: {max_iter: 50}`."
    yield ""
    yield from _fields(Recipe, "")


def _fields(model: Any, prefix: str) -> Iterator[str]:
    """A table of the model's fields, then one for each block inside it."""
    inner: list[tuple[str, Any]] = []
    yield "| field | type | default | meaning |\n|---|---|---|---|"
    for name, field in model.model_fields.items():
        written = prefix + (field.alias or name)
        default = "needed" if field.is_required() else f"`{_default(field.get_default(call_default_factory=True))}`"
        yield f"| `{written}` | {_type(field.annotation)} | {default} | {_MEANING[written]} |"
        inner += [(written, m) for m in _models(field.annotation) if m.__name__ != "Use"]
    yield ""
    for written, found in inner:
        yield f"## {written}\n"
        yield f"{inspect.getdoc(found)}\n"
        yield from _fields(found, f"{written}.")


def _default(value: Any) -> str:
    if hasattr(value, "model_dump"):
        return _short(value.model_dump(mode="json"))
    if isinstance(value, tuple):
        return f"[{', '.join(_default(v) for v in value)}]"
    return "none" if value is None else str(value)


def _short(value: dict[str, Any]) -> str:
    """A plug-in with its parameters as a recipe writes it."""
    if set(value) == {"name", "params"}:
        return value["name"] if not value["params"] else f"{value['name']}: {value['params']}"
    return ", ".join(f"{k}: {v}" for k, v in value.items())


def _models(kind: Any) -> list[Any]:
    if isinstance(kind, type) and hasattr(kind, "model_fields"):
        return [kind]
    return list(dict.fromkeys(m for part in get_args(kind) for m in _models(part)))


def _type(kind: Any) -> str:
    """A type in words: "text or none", "list of plug-in"."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type(parts[0])
    if origin is Literal:
        return " or ".join(f"`{p}`" for p in parts)
    if origin in (Union, UnionType):
        return " or ".join(_type(p) for p in parts)
    if origin in (tuple, list):
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"{_type(parts[1])} by name"
    words = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "yes or no",
        NoneType: "none",
        Any: "anything",
    }
    return words.get(kind) or {"Use": "plug-in"}.get(kind.__name__, "block")


def _plugins() -> Iterator[str]:
    from abound.cli.list import entry, parameters
    from abound.core.registry import KINDS, names

    yield "`abound list KIND` prints the same. A package of your own adds to this list: see CONTRIBUTING.md.\n"
    for kind in KINDS:
        yield f"## {kind}\n"
        for name in names(kind):
            found = entry(kind, name)
            yield f"### {name}\n"
            yield f"{found['summary']}\n"
            for line in parameters(found["parameters"]):
                yield f"- `{line}`"
            yield f"- for {', '.join(found['accepts'])}"
            if kind == "generator":
                yield f"- rows come from {_ORIGIN[found['provenance']]}"
            yield ""


def _errors() -> Iterator[str]:
    from abound import errors

    tree = (inspect.getdoc(errors) or "").split("\n\n")
    yield "Each message is one sentence that names the file or column and says what to do.\n"
    yield f"```\n{inspect.cleandoc(tree[1])}\n```\n"
    yield "| class | exit code | when |\n|---|---|---|"
    for name, cls in vars(errors).items():
        if isinstance(cls, type) and issubclass(cls, errors.AboundError):
            yield f"| `{name}` | {cls.exit_code} | {inspect.getdoc(cls)} |"
    yield ""


def _api() -> Iterator[str]:
    import abound

    yield "`import abound as ab`; a name is imported when it is first used.\n"
    public = {name: getattr(abound, name) for name in abound.__all__ if name != "errors"}
    yield "## Functions\n"
    for name, value in public.items():
        if inspect.isfunction(value):
            yield f"### {name}\n\n```python\n{name}({_call(value)})\n```\n"
            yield f"{inspect.getdoc(value)}\n"
    yield "## Classes\n"
    for name, value in public.items():
        if isinstance(value, type):
            yield f"- `{name}`: {(inspect.getdoc(value) or '').splitlines()[0]}"
    yield "- `errors`: the module of every error, see [Errors](errors.md)\n"


def _call(function: Callable[..., Any]) -> str:
    """The parameters as they are called: names, "*" and whether there is a default."""
    out, starred = [], False
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not starred:
            out.append("*")
            starred = True
        out.append(name if parameter.default is inspect.Parameter.empty else f"{name}=...")
    return ", ".join(out)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
