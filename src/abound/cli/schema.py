"""`abound schema`: what was guessed about a table, as YAML to edit; or the JSON Schema of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from abound.cli.options import Group, Ignore, Json, Positive, Sensitive, Target, load


def schema(
    data: Annotated[str | None, typer.Argument(metavar="DATA", help="A table; or street, or scene.")] = None,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    recipe: Annotated[bool, typer.Option("--recipe", help="The JSON Schema of a recipe instead.")] = False,
    json: Json = False,
) -> None:
    """Print the guessed schema of DATA as YAML; edit it and name it in a recipe as data.schema.

    `abound schema street` prints the operational design domain of driving scenes, `abound schema scene` the JSON
    Schema of the scene language.
    """
    from abound.cli.clips import is_from_schema
    from abound.cli.output import print_json

    if recipe:
        from abound.core.recipe import Recipe

        print_json(Recipe.model_json_schema(by_alias=True))
        return
    if data == "scene" and not Path(data).exists():
        from abound.render.spec import Scene

        print_json(Scene.model_json_schema())
        return
    if data is not None and is_from_schema(data) and not Path(data).exists():
        from abound.core.registry import create

        domain = create("kind", "scenes").schema()
        print_json(domain) if json else print(domain.to_yaml(), end="")
        return
    if data is None:
        raise typer.BadParameter("name a table, or ask for --recipe")
    found = load(data, target, positive, group, sensitive, ignore).schema
    if json:
        print_json(found)
    else:
        print(found.to_yaml(), end="")
