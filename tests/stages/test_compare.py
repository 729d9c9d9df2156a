"""Two runs side by side: a paired difference where there is one, and none where there is not."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from abound.core.artifact import write_json
from abound.core.recipe import Recipe
from abound.core.run import Run
from abound.errors import InputError
from abound.stages.compare import compare
from abound.stages.prove import prove
from abound.stages.split import split
from tests.cli.command import abound
from tests.planted import mixed_table


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same five repeats, with further rows that tell the target and with the same rows that do not."""
    folder = tmp_path_factory.mktemp("compare")
    parts = split(mixed_table(900, 8, rare=0.3), seed=0)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(parts.train)) for _ in range(5)]
    real = [parts.train.take(o[:40]) for o in orders]
    further = [parts.train.take(o[40:240]) for o in orders]
    shuffled = [f.with_table("rows", f.main.with_columns(pl.col("y").reverse())) for f in further]
    for name, more in (("told", further), ("untold", shuffled)):
        recipe = Recipe(
            data={"path": "table", "target": "y"}, learner="linear", metric="auc",
            generate=[{"generator": {"marginals": {"by_target": name == "told"}}, "ratio": 5}],
        )  # fmt: skip
        arms = {"mixed": [r.concat_with(m) for r, m in zip(real, more, strict=True)]}
        with Run(folder / name) as here:
            study = prove(arms, baseline=real, tune=parts.tune, test=parts.test, learner="linear", metric="auc",
                          controls=("real_only",), run=here)  # fmt: skip
        write_json(folder / name / "study.json", study)
        (folder / name / "recipe.yaml").write_text(recipe.to_yaml())
    return folder


def test_a_paired_difference_finds_the_better_run(runs):
    found = compare(runs / "untold", runs / "told")
    assert not found.warnings
    assert set(found.recipe) == {"data.path", "generate"}
    told = [line[0]["generator"]["params"]["by_target"] for line in found.recipe["generate"]]
    assert told == [False, True]
    gap = found.difference
    assert gap.low > 0
    assert gap.mean == pytest.approx(found.second.judged_score.mean - found.first.judged_score.mean)
    assert "no verdict" in found.sentence
    back = compare(runs / "told", runs / "untold").difference
    assert (back.mean, back.low, back.high) == pytest.approx((-gap.mean, -gap.high, -gap.low))


def test_a_run_against_itself_differs_by_nothing(runs):
    found = compare(runs / "told", runs / "told")
    assert found.recipe == {}
    assert (found.difference.mean, found.difference.low, found.difference.high) == (0.0, 0.0, 0.0)


def changed(runs, folder, study=(), recipe=()):
    """The run with other values in its study, or another recipe text."""
    shutil.copytree(runs / "told", folder)
    path = folder / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **dict(study)}))
    text = (folder / "recipe.yaml").read_text()
    for old, new in dict(recipe).items():
        assert old in text
        text = text.replace(old, new)
    (folder / "recipe.yaml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("study", "recipe", "said"),
    [
        ({"test_digest": "x"}, {}, "different test rows"),
        ({"metric": "f1"}, {}, "the metrics differ"),
        ({}, {"params: {}": "params: {positive: 'yes'}"}, "auc with positive='yes'"),
        ({"seed": 9}, {}, "the seeds differ"),
    ],
)
def test_what_is_not_paired_gets_no_difference(runs, tmp_path, study, recipe, said):
    found = compare(runs / "told", changed(runs, tmp_path / "other", study, recipe))
    assert found.difference is None
    assert any(said in w for w in found.warnings), found.warnings
    assert "No difference between the two runs is claimed" in found.sentence


def test_other_training_rows_are_not_paired(runs, tmp_path):
    other = changed(runs, tmp_path / "other")
    shutil.rmtree(other / "prove" / "repeat-000")
    shutil.copytree(other / "prove" / "repeat-001", other / "prove" / "repeat-000")
    found = compare(runs / "told", other)
    assert found.difference is None
    assert any("different real rows" in w for w in found.warnings)


def test_what_differs_without_harm_is_said(runs, tmp_path):
    study = {"learner": "tree", "purpose": "replace", "about": "something else"}
    found = compare(runs / "told", changed(runs, tmp_path / "other", study))
    assert found.difference is not None
    text = " ".join(found.warnings)
    assert "learners differ: linear and tree" in text
    assert "purposes differ" in text
    assert "something else" in text


def test_the_command_prints_both_and_an_unfinished_run_is_one_sentence(runs, tmp_path):
    done = abound("compare", "untold", "told", folder=runs)
    assert done.code == 0, done.err
    for text in ("generate", "verdict", "real only", "paired on the same"):
        assert text in done.out
    assert json.loads(abound("compare", "untold", "told", "--json", folder=runs).out)["difference"]["low"] > 0
    with pytest.raises(InputError, match="no finished run"):
        compare(runs / "told", tmp_path)
