"""`abound split --handout` and `abound prove --predictions`: a model of one's own between the two."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.cli.command import abound, small_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A split with its handout, and two arms of three repeats: a nearest-mean model on few rows and on more."""
    place = small_table(tmp_path_factory.mktemp("predictions")).parent
    done = abound("split", "table.csv", "--target", "diagnosis", "--out", "parts", "--handout", folder=place)
    assert done.code == 0, done.err
    assert "abound prove --predictions DIR --split parts" in done.out.replace("\n", " ")
    train, asked = (pl.read_parquet(place / "parts" / "handout" / f"{n}.parquet") for n in ("train", "predict"))
    for repeat in range(3):
        drawn = train.sample(fraction=1.0, shuffle=True, seed=repeat)
        for arm, rows in (("real_only", 12), ("mine", 60)):
            path = place / "given" / arm / f"{repeat}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            nearest_mean(drawn.head(rows), asked).write_csv(path)
    return place


def nearest_mean(train: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    names = [n for n in asked.columns if n != "id"]
    x, new = train.select(names).to_numpy(), asked.select(names).to_numpy()
    scale = x.std(axis=0)
    bad = (train["diagnosis"] == "malignant").to_numpy()
    far = [((new - x[side].mean(axis=0)) ** 2 / scale**2).sum(axis=1) for side in (bad, ~bad)]
    p = 1 / (1 + np.exp(np.clip((far[0] - far[1]) / 2, -30, 30)))
    return pl.DataFrame({"id": asked["id"], "p:malignant": p, "p:benign": 1 - p})


def test_predictions_are_judged_and_the_opening_is_counted(folder: Path) -> None:
    words = ["prove", "--predictions", "given", "--split", "parts"]
    study = json.loads(abound(*words, "--json", folder=folder).out)
    assert study["openings"] == 1
    assert study["learner"] == "external"
    assert {a["arm"] for a in study["arms"]} == {"real_only", "mine"}
    done = abound(*words, "--metric", "recall", folder=folder)
    assert done.code == 0, done.err
    assert "opened 2 times" in done.out
    assert "Power" in done.out.split("Verdict")[0]
    assert "threshold" in done.out


def test_a_metric_may_have_parameters(folder: Path) -> None:
    words = ["prove", "--predictions", "given", "--split", "parts", "--json", "--metric"]
    dear, even = (json.loads(abound(*words, f"cost: {{false_negative: {c}}}", folder=folder).out) for c in (50, 1))
    assert dear["metric"] == "cost"
    assert dear["arms"][0]["test"]["mean"] > even["arms"][0]["test"]["mean"]
    wrong = abound(*words, "cost: {false_negative: -1}", folder=folder)
    assert wrong.code == 2
    assert "false_negative" in wrong.err
    assert abound(*words, "cost: {", folder=folder).code == 2


def test_slices_margin_purpose_and_a_shared_ledger(folder: Path) -> None:
    words = ["prove", "--predictions", "given", "--split", "parts", "--ledger", "all.jsonl", "--json"]
    small = json.loads(abound(*words, "--slice", "radius > 0", "--slice", "radius > 99", folder=folder).out)
    assert [c["slice"] is None for c in small["claims"]] == [True, False]
    assert "no test row is in it" in small["warnings"][0]
    assert small["guards"][0]["name"].startswith("the common rows")
    alike = json.loads(abound(*words, "--purpose", "replace", "--margin", "1", folder=folder).out)
    assert (alike["purpose"], alike["claims"][0]["control"]) == ("replace", "real_only")
    assert alike["claims"][0]["margin"] == 1.0
    assert len((folder / "all.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--margin", "0"], "error: the margin is 0: give a number above 0"),
        (["--margin", "nan"], "error: the margin is nan"),
        (["--minimal-gain", "-1"], "error: the minimal gain is -1"),
        (["--slice", "radios > 3"], "did you mean 'radius'?"),
        (["--metric", "rmse"], "error: metric: rmse needs a regression target"),
        (["--purpose", "swap"], "--purpose is augment or replace"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_costs_no_opening(folder: Path, words: list[str], said: str) -> None:
    ledger = folder / "parts" / "ledger.jsonl"
    before = ledger.read_text()
    done = abound("prove", "--predictions", "given", "--split", "parts", *words, folder=folder)
    assert done.code in (1, 2)
    assert said in done.err
    assert ledger.read_text() == before


def test_it_is_either_rows_or_predictions(folder: Path) -> None:
    for words in ([], ["table.csv", "--predictions", "given"]):
        done = abound("prove", *words, "--split", "parts", folder=folder)
        assert done.code == 2
        assert "either SYNTH files or --predictions" in done.err


def test_a_wrong_file_is_one_sentence(folder: Path) -> None:
    bad = folder / "bad" / "real_only"
    bad.mkdir(parents=True)
    (folder / "bad" / "mine").mkdir()
    for arm in ("real_only", "mine"):
        (folder / "bad" / arm / "0.csv").write_text("id,p:benign,p:malignant\nx,1,0\n")
    done = abound("prove", "--predictions", "bad", "--split", "parts", folder=folder)
    assert done.code == 1
    assert "ids are unknown, such as 'x'" in done.err
    assert len(done.err.strip().splitlines()) == 1
