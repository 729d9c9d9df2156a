"""Recipe: the whole run as one YAML file. Unknown fields are errors with the nearest name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError, model_validator

from abound.core.model import Model
from abound.errors import AboundError, InputError, RecipeError, did_you_mean

M = TypeVar("M", bound=BaseModel)
Purpose = Literal["augment", "replace"]
NearDuplicates = Literal["auto", "exact", "none"]


class Use(Model):
    """A plug-in by name, with parameters. In YAML: `boosting` or `boosting: {max_iter: 50}`."""

    name: str
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and len(value) == 1 and "name" not in value:
            name, params = next(iter(value.items()))
            return {"name": name, "params": params or {}}
        return value


class DataSpec(Model):
    """Where the data is and what its columns mean. Only `path` is required.

    `target` is a column, or a condition such as "price > 650000", which becomes a yes/no target (the columns that
    it reads are then ignored as features).
    """

    path: str
    target: str | None = None
    positive: str | None = None
    group: str | None = None
    sensitive: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    table: str | None = None
    schema_file: str | None = Field(default=None, alias="schema")


class SplitSpec(Model):
    """Shares. `tune` is taken from what test leaves, `reference` from tune.

    `time`: a column of times or numbers; test then holds the latest rows, train the first. `slices`: conditions, or
    columns with levels, that get enough test rows for the wanted gain as the rarest class does.
    """

    test: float = Field(default=0.3, gt=0.0, lt=0.9)
    tune: float = Field(default=0.3, gt=0.0, lt=0.9)
    reference: float = Field(default=0.2, gt=0.0, lt=0.9)
    wanted_gain: float = Field(default=0.1, gt=0.0, lt=1.0)
    time: str | None = None
    slices: tuple[str, ...] = ()
    near_duplicates: NearDuplicates = "auto"  # rows that stay together: auto (beyond chance), exact, none


class Repeats(Model):
    """How often everything is refitted, and on how many training rows (all, a number, or a number per class)."""

    n: int = Field(default=10, ge=1, le=1000)
    train_rows: Literal["all"] | Annotated[int, Field(ge=20)] | dict[str, Annotated[int, Field(ge=2)]] = "all"


class Make(Model):
    """One line of what to generate: a generator, how many rows per training row, and an optional condition."""

    generator: Use
    ratio: float = Field(default=1.0, ge=0.0, le=100.0)
    where: str | None = None


FINDERS = tuple(
    Use(name=n) for n in ("rare_class", "missing_combo", "outlier", "label_error", "hard_case", "weak_slice")
)


class Recipe(Model):
    """A run. Every field has a default but `data`."""

    data: DataSpec
    purpose: Purpose = "augment"
    learner: Use = Use(name="boosting")
    teacher: str = "ensemble"  # the learner whose probabilities relabel rows, in the plan and in the controls
    metric: Use | None = None
    margin: float | None = Field(default=None, gt=0.0, allow_inf_nan=False)
    minimal_gain: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    repeats: Repeats = Repeats()
    split: SplitSpec = SplitSpec()
    find: tuple[Use, ...] = FINDERS
    generate: tuple[Make, ...] | None = None  # None: the planner decides
    # To augment: further candidates with this share of the plan's rows; which share is judged is chosen on tune.
    shares: tuple[Annotated[float, Field(gt=0.0, lt=1.0)], ...] = (0.25, 0.5)
    checks: tuple[Use, ...] = (
        Use(name="rules"), Use(name="marginals"), Use(name="pairs"), Use(name="gap_test"), Use(name="copies"),
    )  # fmt: skip
    repair: int = Field(default=0, ge=0, le=3)  # how often rows that fail the audit are repaired and audited again
    mix: Use = Use(name="append")
    seed: int = Field(default=0, ge=0)
    workers: int | None = Field(default=None, ge=1, le=256)

    def to_yaml(self) -> str:
        """The resolved recipe, every default written out."""
        import yaml

        return yaml.safe_dump(
            self.model_dump(mode="json", by_alias=True), sort_keys=False, allow_unicode=True, width=110
        )


def load_yaml(path: Path) -> Any:
    """Parse a small YAML file. Aliases are refused: a few hundred bytes of them can expand to gigabytes."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check the path") from None
    except (IsADirectoryError, UnicodeDecodeError, PermissionError) as error:
        raise RecipeError(f"{path} is not a readable text file ({error.__class__.__name__})") from error
    if len(text) > 4_000_000:
        raise InputError(f"{path} is larger than 4 MB: a recipe or schema is a small text file")
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        _refuse_surprises(node, set(), path)
        return None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise RecipeError(f"{path} is not valid YAML{where}: {getattr(error, 'problem', error)}") from error
    except RecursionError:
        raise RecipeError(f"{path} is nested too deeply to be a recipe") from None


def _refuse_surprises(node: Any, seen: set[int], path: Path) -> None:
    """Refuse aliases (a node met twice), and a key given twice, of which YAML would keep the last."""
    if id(node) in seen:
        raise RecipeError(f"{path} uses YAML aliases (*name): write the value out instead")
    seen.add(id(node))
    if getattr(node, "id", "") == "sequence":
        for item in node.value:
            _refuse_surprises(item, seen, path)
    elif getattr(node, "id", "") == "mapping":
        keys = [key.value for key, _ in node.value if isinstance(key.value, str)]
        twice = next((k for i, k in enumerate(keys) if k in keys[:i]), None)
        if twice is not None:
            line = node.start_mark.line + 1
            raise RecipeError(f"{path} gives {twice!r} twice in the block at line {line}: keep one of them")
        for key, value in node.value:
            _refuse_surprises(key, seen, path)
            _refuse_surprises(value, seen, path)


def validate(model: type[M], data: Any, *, what: str, error: type[AboundError] = RecipeError) -> M:
    """Build a model from parsed YAML; the message names the field, the fault and the nearest known field."""
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        raise error(f"{what}: {_explain(problem, model, data)}") from problem


def _explain(problem: ValidationError, model: type[BaseModel], data: Any) -> str:
    errors = problem.errors()
    # A misspelt field is also a missing one: the misspelling is what to name.
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    shown = _as_written(first["loc"], data, first["type"] == "missing")
    name = ".".join(shown) or "the file"
    if first["type"] == "extra_forbidden":
        return f"unknown field {name!r}: {did_you_mean(shown[-1], _fields_at(model, first['loc'][:-1]))}"
    if first["type"] == "missing":
        return f"the field {name!r} is missing"
    same = [e for e in errors if _as_written(e["loc"], data, False) == shown]
    said = " or ".join(dict.fromkeys(_said(e["type"], e["msg"]) for e in same)).replace(" or should be ", " or ")
    if not shown:
        return said
    # YAML 1.1 reads an unquoted yes, no, on or off as true or false.
    hint = ": write it in quotes" if first["type"] == "string_type" and isinstance(first["input"], bool) else ""
    return f"{name}: {said} (got {repr(first['input'])[:60]}){hint}"


def _said(kind: str, message: str) -> str:
    """An error of pydantic in the words of somebody who writes a file."""
    plain = {
        "model_type": "should be a block of fields, one a line",
        "dict_type": "should be a block of fields, one a line",
        "tuple_type": "should be a list, such as [a, b]",
        "string_type": "should be text",
        "int_parsing": "should be a whole number",
        "int_type": "should be a whole number",
        "int_from_float": "should be a whole number",
        "float_parsing": "should be a number",
        "float_type": "should be a number",
        "bool_type": "should be true or false",
        "union_tag_not_found": "needs a field 'kind'",
    }
    message = message.removeprefix("Value error, ").replace("Input should be", "should be")
    return plain.get(kind, message)


def _as_written(loc: tuple[int | str, ...], data: Any, missing: bool) -> list[str]:
    """The part of an error's path that is in the file: pydantic's path also names the alternatives of a union."""
    shown = []
    for part in loc:
        inside = (isinstance(data, dict) and part in data) or (isinstance(data, list) and isinstance(part, int))
        if inside:
            data = data[part]
            shown.append(str(part))
    return [*shown, str(loc[-1])] if missing else shown


def _fields_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Field names of the model that `path` leads to."""
    found: list[Any] = [model]
    for part in path:
        found = [inner for kind in found for inner in _step(kind, part)]
    models = [m for kind in found for m in _alternatives(kind) if _is_model(m)]
    return [f.alias or n for m in models for n, f in m.model_fields.items()]


def _step(annotation: Any, part: int | str) -> list[Any]:
    """What an annotation holds under one part of a path: a field's type, an item's type, or an alternative."""
    out: list[Any] = []
    for kind in _alternatives(annotation):
        if _is_model(kind):
            fields = {f.alias or n: f for n, f in kind.model_fields.items()}
            tag = fields["kind"].default if "kind" in fields else None
            out += [fields[str(part)].annotation] if part in fields else []
            out += [kind] if part in (kind.__name__, tag) else []
        elif get_origin(kind) in (tuple, list, dict):
            out.append(get_args(kind)[1 if get_origin(kind) is dict else 0])
    return out


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, through Annotated; the annotation itself otherwise."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) for kind in _alternatives(one)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def read_recipe(path: Path | str) -> Recipe:
    """Read a recipe file. Relative paths in it are relative to the recipe's folder.

    These are data.path, data.schema, and the folder in which the commands of an external learner run.
    """
    path = Path(path)
    written = load_yaml(path)
    if written is None:
        raise RecipeError(f"recipe {path} is empty: it needs at least data.path and data.target")
    recipe = validate(Recipe, written, what=f"recipe {path}")
    return _paths(recipe, lambda given: str(path.parent / given))


def absolute(recipe: Recipe) -> Recipe:
    """The recipe with paths that hold from any folder."""
    return _paths(recipe, lambda given: str(Path(given).resolve()))


def _paths(recipe: Recipe, place: Callable[[str], str]) -> Recipe:
    """The recipe with each path in it put through `place`."""
    found: dict[str, str] = {}
    if "://" not in recipe.data.path:
        found["path"] = place(recipe.data.path)
    if recipe.data.schema_file is not None:
        found["schema_file"] = place(recipe.data.schema_file)
    update: dict[str, Any] = {"data": recipe.data.model_copy(update=found)}
    learner = recipe.learner
    folder = learner.params.get("folder", ".")
    if learner.name == "external" and isinstance(folder, str):
        params = {**learner.params, "folder": place(folder)}
        update["learner"] = learner.model_copy(update={"params": params})
    return recipe.model_copy(update=update)
