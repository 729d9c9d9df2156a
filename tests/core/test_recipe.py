"""Recipes: short forms, defaults, paths, and what a typo is answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from abound.core.recipe import Make, Recipe, Use, absolute, read_recipe, validate
from abound.errors import RecipeError


def read(text: str, folder: Path) -> Recipe:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    return read_recipe(path)


def test_the_five_line_recipe(tmp_path: Path) -> None:
    recipe = read(
        "data: {path: adult.parquet, target: income}\npurpose: augment\nlearner: boosting\n"
        "repeats: {n: 7}\nseed: 3\n",
        tmp_path,
    )
    assert recipe.data.path == str(tmp_path / "adult.parquet")
    assert recipe.learner == Use(name="boosting")
    assert (recipe.repeats.n, recipe.repeats.train_rows, recipe.seed, recipe.generate) == (7, "all", 3, None)
    assert [u.name for u in recipe.find][:2] == ["rare_class", "missing_combo"]


def test_the_resolved_recipe_reads_back_as_itself(tmp_path: Path) -> None:
    text = "data: {path: /d/adult.csv, schema: s.yaml, positive: 'yes'}\nlearner: {boosting: {max_iter: 50}}\n"
    recipe = read(text, tmp_path)
    again = read(recipe.to_yaml(), tmp_path)
    assert again == recipe
    written = yaml.safe_load(recipe.to_yaml())
    shares = {"test": 0.3, "tune": 0.3, "reference": 0.2, "wanted_gain": 0.1}
    assert written["split"] == {**shares, "time": None, "slices": [], "near_duplicates": "auto"}
    assert set(written) == set(Recipe.model_fields)


def test_paths_are_the_recipes_and_hold_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "data: {path: a.csv, schema: s.yaml}\n"
        "learner: {external: {train: 'x.py {data} {model}', predict: 'x.py {model} {rows} {out}'}}\n"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    recipe = read(text, Path("in"))
    assert (recipe.data.schema_file, recipe.learner.params["folder"]) == ("in/s.yaml", "in")
    fixed = absolute(recipe)
    assert fixed.data.path == str(tmp_path / "in" / "a.csv")
    assert fixed.data.schema_file == str(tmp_path / "in" / "s.yaml")
    assert fixed.learner.params["folder"] == str(tmp_path / "in")
    (tmp_path / "run").mkdir()
    assert read(fixed.to_yaml(), tmp_path / "run") == fixed
    assert read("data: {path: a}\nlearner: tree\n", tmp_path).learner.params == {}


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ("tree", Use(name="tree")),
        ("{tree: {depth: 3}}", Use(name="tree", params={"depth": 3})),
        ("{tree: }", Use(name="tree")),
        ("{name: tree}", Use(name="tree")),
        ("{name: tree, params: {depth: 3}}", Use(name="tree", params={"depth": 3})),
    ],
)
def test_short_forms_of_a_plug_in(text: str, use: Use, tmp_path: Path) -> None:
    assert read(f"data: {{path: x}}\nlearner: {text}\n", tmp_path).learner == use


def test_generators_and_training_sizes(tmp_path: Path) -> None:
    recipe = read(
        "data: {path: x}\n"
        "generate: [{generator: smote, where: income = high}, {generator: {copula: {bins: 4}}, ratio: 0.5}]\n"
        "repeats: {train_rows: {high: 30, low: 300}}\n",
        tmp_path,
    )
    assert recipe.generate == (
        Make(generator=Use(name="smote"), where="income = high"),
        Make(generator=Use(name="copula", params={"bins": 4}), ratio=0.5),
    )
    assert recipe.repeats.train_rows == {"high": 30, "low": 300}


def test_paths_are_relative_to_the_recipe(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    recipe = read("data: {path: ../adult.csv, schema: s.yaml}\n", folder)
    assert Path(recipe.data.path).resolve() == (tmp_path / "adult.csv").resolve()
    assert recipe.data.schema_file == str(folder / "s.yaml")
    assert read("data: {path: /abs/adult.csv, schema: /abs/s.yaml}\n", folder).data.path == "/abs/adult.csv"
    assert read("data: {path: 's3://bucket/adult.csv'}\n", folder).data.path == "s3://bucket/adult.csv"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("data: {path: x}\nsede: 1", "unknown field 'sede': did you mean 'seed'?"),
        ("data: {path: x, traget: y}", "unknown field 'data.traget': did you mean 'target'?"),
        ("data: {path: x, schema_file: y}", "unknown field 'data.schema_file': did you mean 'schema'?"),
        ("dta: {path: x}", "unknown field 'dta': did you mean 'data'?"),
        ("data: {target: y}", "the field 'data.path' is missing"),
        ("data: {path: x}\ngenerate: [{generator: tree, rato: 2}]", "'generate.0.rato': did you mean 'ratio'?"),
        ("data: {path: x}\npurpose: agument", "purpose: should be 'augment' or 'replace' (got 'agument')"),
        ("data: {path: x, positive: yes}", "data.positive: should be text (got True): write it in quotes"),
        ("data: {path: x}\nrepeats: {n: 0}", "repeats.n: should be greater than or equal to 1 (got 0)"),
        ("data: {path: x}\nrepeats: {train_rows: al}", "repeats.train_rows: should be 'all' or a whole number or"),
        ("data: {path: x}\nsplit: {test: 1.5}", "split.test: should be less than 0.9 (got 1.5)"),
        ("data: {path: x}\nfind: rare_class", "find: should be a list"),
        ("data: {path: x}\nlearner: {boosting: 5}", "learner: should be a block of fields"),
        ("data: x.csv", "data: should be a block of fields"),
        ("data: {path: x}\nseed: 1\nseed: 2", "'seed' twice"),
        ("data: {path: x}\nseed: [1", "not valid YAML at line"),
        ("data: &d {path: x}\nlearner: *d", "aliases"),
    ],
)
def test_mistakes_are_named(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as error:
        read(text, tmp_path)
    assert sentence in str(error.value)
    assert str(tmp_path / "recipe.yaml") in str(error.value)
    assert error.value.exit_code == 2


def test_the_error_class_is_the_callers() -> None:
    class Mine(RecipeError):
        pass

    with pytest.raises(Mine, match="x: the field 'data' is missing"):
        validate(Recipe, {}, what="x", error=Mine)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: it needs at least data.path"),
        (b"# nothing\n", "is empty"),
        (b"\x80\xff\x00", "is not a readable text file"),
        (b"data: {path: t.csv}\nrepeats: {n: 2.5}\n", r"repeats\.n: should be a whole number \(got 2\.5\)"),
    ],
)
def test_faults_of_a_file_are_faults_of_the_recipe(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=said) as caught:
        read_recipe(path)
    assert caught.value.exit_code == 2
