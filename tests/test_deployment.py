"""What a finished run says to use: the folder holds exactly what was measured."""

import json
import shutil

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.recipe import Recipe, Use
from abound.core.registry import create
from abound.core.run import Run
from abound.core.study import Study
from abound.core.task import one_thread
from abound.deployment import DATA, GUIDE, SETTINGS, deploy
from abound.errors import ArtifactError, InputError
from abound.loop import run
from abound.proof.repeat import read_predictions
from abound.proof.scoring import Question, score_arm
from tests.cli.command import abound
from tests.planted import mixed_table


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One repeat of 150 rows, scored by labels, on a table with nulls, categories and dates."""
    folder = tmp_path_factory.mktemp("deploy") / "run"
    table = mixed_table(700, 5, rare=0.15).main
    recipe = Recipe(
        data={"path": "table", "target": "y", "positive": "yes"}, learner={"tree": {"max_depth": 3}}, metric="f1",
        repeats={"n": 1, "train_rows": 150}, find=["rare_class"], checks=["rules"], teacher="linear",
        generate=[{"generator": {"copula": {"by_target": True}}, "ratio": 1}], workers=1,
    )  # fmt: skip
    run(recipe, source=table, out=folder, quiet=True)
    return folder


def with_remedy(finished, folder, arm):
    """The run, as if `arm` had been chosen."""
    shutil.copytree(finished, folder)
    path = folder / "study.json"
    study = Study.model_validate(json.loads(path.read_text()))
    path.write_text(
        study.model_copy(update={"remedy": study.remedy.model_copy(update={"arm": arm})}).model_dump_json()
    )
    return folder


ARMS = [
    "real_only", "threshold", "class_weights", "duplicated", "smote", "relabelled", "relabelled_out_of_fold",
    "mixed",
]  # fmt: skip


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_is_what_the_arm_was_trained_on(finished, tmp_path, arm):
    """The learner trained on the file predicts the test rows as the arm did in its repeat, to the last bit."""
    place = with_remedy(finished, tmp_path / "run", arm)
    made = deploy(place, tmp_path / "out")
    table = pl.read_parquet(tmp_path / "out" / DATA)
    assert table.equals(made.table)
    real = Dataset.load(finished / "repeats" / "000" / "real")
    task = real.schema.task()
    data = Dataset(real.schema, {"rows": table.lazy()})
    fitted = "real_only" if arm == "threshold" else arm
    ctx = Context(seed=0).at("prove", 0).at("fit", fitted)
    tune, test = (Dataset.load(finished / "data" / part) for part in ("tune", "test"))
    with one_thread():
        model = create("learner", "tree", {"max_depth": 3}).fit(data, task, tune, ctx)
        found = model.predict(test)
    stored = {part: read_predictions(finished / "prove" / "repeat-000", part)[arm] for part in ("tune", "test")}
    assert np.array_equal(found.to_numpy(), stored["test"].to_numpy())
    settings = json.loads((tmp_path / "out" / SETTINGS).read_text())
    cut = settings["threshold"]["at_least"]
    assert settings["threshold"]["class"] == "yes"
    assert (cut == 0.5) or arm != "real_only"
    question, draws = Question(metric=Use(name="f1")), np.ones((1, len(test)))
    expected = score_arm(question, arm != "real_only", (tune, stored["tune"]), (test, stored["test"]), draws, task)
    hit, truth = stored["test"]["p:yes"].to_numpy() >= cut, (test.main["y"] == "yes").to_numpy()
    w = test.weights()
    f1 = 2 * (w * (hit & truth)).sum() / ((w * hit).sum() + (w * truth).sum())
    assert f1 == pytest.approx(expected.test)


def test_the_settings_say_what_was_measured_and_what_to_collect(finished, tmp_path):
    study = Study.model_validate(json.loads((finished / "study.json").read_text()))
    made = deploy(finished, tmp_path / "out")
    s = json.loads((tmp_path / "out" / SETTINGS).read_text())
    assert {p.name for p in (tmp_path / "out").iterdir()} == {DATA, SETTINGS, GUIDE}
    assert s["learner"] == {"name": "tree", "params": {"max_depth": 3}}
    assert s["arm"]["name"] == study.remedy.arm
    assert s["measured"]["metric"] == "f1"
    assert s["measured"]["test_digest"] == study.test_digest
    assert s["data"]["rows"] == made.table.height
    assert any("yes" in c["where"] and c["more_rows"] > 0 for c in s["collect"]), s["collect"]
    guide = (tmp_path / "out" / GUIDE).read_text()
    assert len(guide.splitlines()) <= 12
    assert study.remedy.sentence in guide
    assert f"at least {s['threshold']['at_least']:.6g}" in guide


def test_what_is_synthetic_is_named_and_the_same_run_gives_the_same_bytes(finished, tmp_path):
    place = with_remedy(finished, tmp_path / "run", "mixed")
    made = [deploy(place, tmp_path / n) for n in ("a", "b")]
    assert made[0].table["_origin"].value_counts(sort=True).height == 2
    assert made[0].settings["data"]["synthetic"] > 0
    for name in (DATA, SETTINGS, GUIDE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_unfinished_run_a_full_folder_and_a_changed_file_are_one_sentence(finished, tmp_path):
    with Run(tmp_path / "new"):
        pass
    with pytest.raises(InputError, match="no finished study"):
        deploy(tmp_path / "new")
    with pytest.raises(InputError, match="not empty"):
        deploy(finished, finished)
    place = with_remedy(finished, tmp_path / "run", "mixed")
    path = place / "generate" / "000" / "arm" / "rows.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match="changed or damaged"):
        deploy(place)


def test_the_command_prints_or_writes_it(finished, tmp_path):
    done = abound("show", finished, "--remedy")
    assert done.code == 0, done.err
    assert "--out FOLDER" in done.out
    assert "Threshold" in done.out
    done = abound("show", finished, "--remedy", "--out", tmp_path / "out", "--json")
    assert json.loads(done.out)["folder"] == str(tmp_path / "out")
    assert (tmp_path / "out" / DATA).is_file()
    assert abound("show", finished, "--out", tmp_path / "out").code == 2
