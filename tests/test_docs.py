"""The documents are true: their commands and code run, and what is public is documented."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import abound
from abound import errors
from abound.cli import reference
from abound.cli.app import COMMANDS
from abound.core.recipe import Recipe, read_recipe
from abound.core.registry import KINDS, create, names
from abound.core.slice import Slice
from tests.cli.command import abound as abound_command
from tests.cli.command import finished, small_table
from tests.cli.test_predictions import nearest_mean
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
TUTORIAL = (REPOSITORY / "docs" / "tutorials" / "first-table.md").read_text(encoding="utf-8")
SCENES = (REPOSITORY / "docs" / "tutorials" / "driving-scenes.md").read_text(encoding="utf-8")
REFERENCE = REPOSITORY / "docs" / "reference"
INSTALLS = "pip install"


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    return [line for block in blocks(text, "sh") for line in block.splitlines() if line.strip()]


def environment() -> dict[str, str]:
    """The command `abound` of this installation."""
    here = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}", "POLARS_MAX_THREADS": "1"}


def takes_long(command: str) -> bool:
    return command.startswith("abound prove") or (command.startswith("abound run") and "--dry-run" not in command)


CLIPS = [c for c in dict.fromkeys(commands(SCENES)) if INSTALLS not in c]
SHOWN = [c for c in dict.fromkeys(commands(README + TUTORIAL)) if INSTALLS not in c and c not in CLIPS]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table and the run folders that the documents speak of."""
    folder = tmp_path_factory.mktemp("docs")
    small_table(folder)
    for name in ("radius", "first"):
        shutil.copytree(finished()[0], folder / "runs" / name)
    return folder


def predict_elsewhere(handout: Path, out: Path) -> None:
    """Two repeats of two arms from a model that abound knows nothing of."""
    train, asked = (pl.read_parquet(handout / f"{n}.parquet") for n in ("train", "predict"))
    for repeat in range(2):
        drawn = train.sample(fraction=1.0, shuffle=True, seed=repeat)
        for arm, rows in (("real_only", 12), ("mine", 60)):
            (out / arm).mkdir(parents=True, exist_ok=True)
            nearest_mean(drawn.head(rows), asked).write_csv(out / arm / f"{repeat}.csv")


@pytest.mark.parametrize("command", [c for c in SHOWN if not takes_long(c)])
def test_each_command_of_the_documents_runs(workplace: Path, command: str) -> None:
    words = shlex.split(command)
    assert words[0] == "abound", f"only abound's own commands are shown: {command}"
    made = workplace / "one.parquet"  # commands may run in any order, and in two processes
    if command.startswith("abound generate"):
        made.unlink(missing_ok=True)
    elif "one.parquet" in command and not made.exists():
        given = "generate table.csv --target diagnosis --rows 50 --out one.parquet"
        assert abound_command(*given.split(), folder=workplace).code == 0
    done = abound_command(*words[1:], folder=workplace)
    assert done.code == 0, done.err
    assert done.out


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in SHOWN if takes_long(c)])
def test_each_long_command_of_the_documents_runs(tmp_path: Path, command: str) -> None:
    small_table(tmp_path)
    before = ("abound split", "abound generate") if command.startswith("abound prove") else ()
    for earlier in (c for c in SHOWN if c.startswith(before or "never")):
        assert abound_command(*shlex.split(earlier)[1:], folder=tmp_path).code == 0
    if "--predictions" in command:
        predict_elsewhere(tmp_path / "handed" / "handout", tmp_path / "predictions")
    words = shlex.split(command)
    done = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks(README + TUTORIAL, "python"))
def test_the_code_of_the_documents_runs(workplace: Path, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=workplace, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "mixed: " in done.stdout


@pytest.mark.slow
def test_the_tutorial_of_driving_scenes_runs_from_top_to_bottom(tmp_path: Path) -> None:
    pytest.importorskip("embreex", reason="the extra [scenes] is not installed")
    assert set(CLIPS) & set(commands(README)), "the README shows commands of the tutorial"
    for command in CLIPS:
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    for code in blocks(SCENES, "python"):
        subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment(), check=True)


@pytest.mark.slow
def test_the_example_in_python_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", REPOSITORY / "examples" / "tables.py"],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "report.html" in done.stdout


@pytest.mark.parametrize("path", sorted((REPOSITORY / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_each_example_is_a_recipe_that_says_what_to_expect(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "# What to expect:" in text
    assert f"#     abound run examples/{path.name} --data " in text
    recipe = read_recipe(path)
    assert recipe.generate
    for line in recipe.generate:
        create("generator", line.generator.name, line.generator.params)
        assert line.where is None or Slice.parse(line.where, "rows").terms
    create("learner", recipe.learner.name, recipe.learner.params)


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((REPOSITORY / "examples").glob("*.yaml")), ids=lambda p: p.stem)
def test_each_example_gives_the_verdict_that_it_announces(
    tmp_path: Path, path: Path, real_file: Callable[[str], Path]
) -> None:
    from abound.loop import run

    recipe = read_recipe(path)
    data = recipe.data.model_copy(update={"path": str(real_file(f"tabular/{Path(recipe.data.path).name}"))})
    study = run(recipe.model_copy(update={"data": data}), out=tmp_path / "run", quiet=True).study
    announced = re.findall(r"# What to expect: \"([a-z ]+)\"", path.read_text(encoding="utf-8"))
    assert study is not None
    assert [study.verdict] == announced, str(study)


def test_the_recipe_of_the_readme_is_one() -> None:
    import yaml

    from abound.core.recipe import validate

    recipes = blocks(README + TUTORIAL, "yaml")
    assert recipes
    for block in recipes:
        validate(Recipe, yaml.safe_load(block), what="README")


def test_the_two_commands_are_one_line_each_and_pinned() -> None:
    installs = [c for c in commands(README) if INSTALLS in c]
    assert len(installs) == 2
    assert all("python3 -m venv" in c and "-c constraints.txt" in c and "torch" not in c for c in installs)
    pinned = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.+]+", line) for line in pinned if not line.startswith("#"))
    assert not any(line.startswith(("torch", "nvidia")) for line in pinned)


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in commands(README) if INSTALLS in c], ids=["demo", "tests"])
def test_the_two_commands_work_in_a_fresh_clone(tmp_path: Path, command: str) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(clone)], check=True)
    done = subprocess.run(["bash", "-c", command], cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_reference_pages_are_what_the_code_says() -> None:
    stale = [n for n, text in reference.pages().items() if (REFERENCE / n).read_text(encoding="utf-8") != text]
    assert not stale, "run  python -m abound.cli.reference docs/reference"
    assert {p.name for p in REFERENCE.iterdir()} == set(reference.pages())


def test_everything_public_is_in_the_reference() -> None:
    text = {p.name: p.read_text(encoding="utf-8") for p in REFERENCE.iterdir()}
    for panel in COMMANDS.values():
        assert all(f"### abound {name}\n" in text["cli.md"] for name in panel)
    for kind in KINDS:
        assert all(f"### {name}\n" in text["plugins.md"] for name in names(kind))
    assert all(f"`{f.alias or n}`" in text["recipe.md"] for n, f in Recipe.model_fields.items())
    raised = [n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.AboundError)]
    assert all(f"`{name}`" in text["errors.md"] and name in (errors.__doc__ or "") for name in raised)
    shown = text["api.md"]
    assert all(f"### {name}\n" in shown or f"`{name}`" in shown for name in abound.__all__)


def test_every_option_says_what_it_is_for() -> None:
    for panel in COMMANDS.values():
        for name, function in panel.items():
            assert function.__doc__, name
            assert all(help_ for _, _, help_ in reference._arguments(function)), name


def test_the_readme_promises_no_figure() -> None:
    """A measured gain, an accuracy or a speed has its place beside the command that measures it."""
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    assert not re.findall(r"\d+(?:\.\d+)?\s?%|[+-]\.\d|\bAUC\b", prose)


def test_links_lead_somewhere() -> None:
    pages = [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "examples").glob("*.md"),
    ]
    for page in pages:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_architecture_page_shows_the_tree_as_it_is() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    source = REPOSITORY / "src" / "abound"
    folders = [p.name for p in source.iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    files = [p.name for p in source.glob("*.py")]
    assert all(f"{name}/" in text for name in folders)
    assert all(name in text for name in files if name != "__init__.py")


def test_the_generator_of_the_contributing_page_obeys_the_laws(tmp_path: Path) -> None:
    """The page's file, registered by the page's entry point, passes the page's command."""
    code = next(b for b in blocks(CONTRIBUTING, "python") if "class Jitter" in b)
    entry = next(b for b in blocks(CONTRIBUTING, "toml") if "abound.generators" in b)
    package = tmp_path / "abound_jitter"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "jitter.py").write_text(code)
    metadata = tmp_path / "abound_jitter-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: abound-jitter\nVersion: 1.0\n")
    line = entry.splitlines()[1].replace('"', "")
    (metadata / "entry_points.txt").write_text(f"[abound.generators]\n{line}\n")
    command = next(c for c in commands(CONTRIBUTING) if c.startswith("pytest"))
    done = subprocess.run(
        [sys.executable, "-m", *shlex.split(command), "-p", "no:cacheprovider"], cwd=REPOSITORY,
        env={**environment(), "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 20
    for tool in (
        ["ruff", "check", "--config", "pyproject.toml"],
        ["ruff", "format", "--check", "--line-length", "116"],
    ):
        checked = subprocess.run(
            [sys.executable, "-m", *tool, str(package / "jitter.py")], cwd=REPOSITORY, check=False
        )
        assert checked.returncode == 0, tool
