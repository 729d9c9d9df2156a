"""A recipe's faults are told before any work is done, with the field's name, and no folder is left behind."""

import numpy as np
import polars as pl
import pytest

from abound.core.recipe import Recipe
from abound.errors import AboundError
from abound.loop import run

FAULTS = {
    "learner": ({"learner": "boostin"}, "learner: no learner is called 'boostin'"),
    "learner parameter": ({"learner": {"tree": {"depth": 3}}}, r"learner: .*no parameter 'depth'"),
    "teacher": ({"teacher": "enssemble"}, r"teacher: .*did you mean 'ensemble'"),
    "check": ({"checks": ["rulez"]}, r"checks: .*did you mean 'rules'"),
    "finder": ({"find": ["rare"]}, "find: "),
    "mixer": ({"mix": "apend"}, r"mix: .*did you mean 'append'"),
    "metric": ({"metric": "auroc"}, r"metric: .*auc"),
    "metric of the other kind": ({"metric": "mae"}, "metric: mae needs a regression target"),
    "class of a metric": ({"metric": {"auc": {"positive": "ys"}}}, r"metric: auc has no class 'ys'.*'yes'"),
    "generator": ({"generate": [{"generator": "copla"}]}, r"generate: .*did you mean 'copula'"),
    "condition": ({"generate": [{"generator": "copula", "where": "z > 3"}]}, r"generate\.where: no column 'z'"),
    "class of the draw": ({"repeats": {"train_rows": {"ys": 20}}}, r"train_rows: no class 'ys'.*'yes'"),
    "size of the draw": ({"repeats": {"train_rows": 5000}}, "train_rows: 5,000 rows wanted"),
}


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": rng.normal(size=120), "y": rng.choice(["no", "yes"], 120)})
    frame.write_csv(tmp_path / "t.csv")
    return tmp_path / "t.csv"


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_first(fault, table, tmp_path):
    settings, said = FAULTS[fault]
    recipe = Recipe.model_validate({"data": {"path": str(table), "target": "y"}, **settings})
    with pytest.raises(AboundError, match=said):
        run(recipe, out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_target_is_needed_first(table, tmp_path):
    with pytest.raises(AboundError, match=r"t\.csv is not known: name the column"):
        run(Recipe.model_validate({"data": {"path": str(table)}}), out=tmp_path / "run", quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_table_that_cannot_be_split_leaves_no_folder(tmp_path):
    pl.DataFrame({"x": np.arange(12) + 0.5, "y": ["a", "b"] * 6}).write_csv(tmp_path / "t.csv")
    with pytest.raises(AboundError):
        run(Recipe.model_validate({"data": {"path": str(tmp_path / "t.csv"), "target": "y"}}), out=tmp_path / "run",
            quiet=True)  # fmt: skip
    assert not (tmp_path / "run").exists()


def test_no_synthetic_rows_is_no_verdict(table, tmp_path):
    made = {"data": {"path": str(table), "target": "y"}, "generate": [{"generator": "copula", "ratio": 0}]}
    with pytest.raises(AboundError, match=r"no synthetic rows were made.*the plan asks for none"):
        run(Recipe.model_validate({**made, "repeats": {"n": 2}, "find": []}), out=tmp_path / "run", quiet=True)


def test_other_data_under_the_same_name_is_another_run(table, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = Recipe.model_validate({"data": {"path": str(table), "target": "y"}, "learner": "tree", "find": []})
    first = run(recipe, quiet=True, dry_run=True).folder
    pl.read_csv(table).head(100).write_csv(table)
    assert run(recipe, quiet=True, dry_run=True).folder != first
