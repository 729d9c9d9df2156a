"""`abound inspect` from the command line: a run, two files, folders; answers; and what it says of mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from abound.core.dataset import Dataset
from tests.cli.command import abound, finished
from tests.planted import mixed_table, stays_with_events
from tests.stages.test_inspect import data_of, key_of, rater


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of two repeats."""
    shutil.copytree(finished()[0], tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """real.csv and made.csv in a folder."""
    for name, seed in (("real", 0), ("made", 1)):
        mixed_table(300, seed=seed).main.write_csv(tmp_path / f"{name}.csv")
    return tmp_path


def test_a_run_is_inspected_and_its_answers_read(run: Path) -> None:
    done = abound("inspect", run, "--items", "20")
    assert done.code == 0, done.err
    folder = run / "inspection"
    assert f"{folder / 'inspection.html'}" in done.out.replace("\n      ", "")
    assert "69 answers to rule out 0.65 and 155 answers to rule out 0.60" in done.out.replace("\n      ", " ")
    answers = [rater(folder, n, 0.5, s) for s, n in enumerate(("anna", "ben"))]
    done = abound("inspect", run, "--answers", answers[0], "--answers", answers[1])
    assert done.code == 0, done.err
    assert "Not enough evidence" in done.out
    assert "Cohen's kappa of 2 raters" in done.out
    read = abound("inspect", folder, "--answers", answers[0], "--answers", answers[1], "--json")
    found = json.loads(read.out)
    assert found["verdict"] == "inconclusive"
    assert found["findings"][0]["name"] == "accuracy"
    assert json.loads((folder / "inspection-findings.json").read_text())["findings"] == found["findings"]
    assert abound("report", run).code == 0  # the run is none the worse


def test_the_real_rows_of_a_run_are_rows_that_no_generator_saw_and_the_sealed_ones_stay_sealed(run: Path) -> None:
    assert abound("inspect", run, "--items", "24").code == 0
    ledger = (run / "data" / "ledger.jsonl").read_bytes()
    assert ledger == (finished()[0] / "data" / "ledger.jsonl").read_bytes()
    rows = {n: Dataset.load(run / "data" / n).main["radius"].round(3).to_list() for n in ("reference", "tune")}
    key = key_of(run / "inspection")["items"]
    decimals = 4
    held = {round(v, decimals) for part in rows.values() for v in part}
    for item in data_of(run / "inspection")["items"]:
        if key[item["item"]]["truth"] == "real":
            assert float(dict(item["cards"][0]["cells"])["radius"]) in {round(v, 2) for v in held}


def test_two_tables(files: Path) -> None:
    words = ["inspect", "--real", "real.csv", "--synthetic", "made.csv", "--target", "y", "--items", "10"]
    done = abound(*words, folder=files)
    assert done.code == 0, done.err
    assert len(data_of(files / "inspection")["items"]) == 10
    made = json.loads(abound(*words, "--json", "--two-choice", "--out", "pairs", folder=files).out)
    assert (made["mode"], made["items"], made["shows"]) == ("pairs", 10, "rows")


def test_folders_of_pictures_and_of_people(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for side in ("camera", "made"):
        (tmp_path / side).mkdir()
        for i in range(4):
            Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(tmp_path / side / f"{i}.png")
    done = abound("inspect", "--real", tmp_path / "camera", "--synthetic", tmp_path / "made", "--items", "6",
                  "--out", tmp_path / "page")  # fmt: skip
    assert done.code == 0, done.err
    assert "60 x 40 pixels" in done.out
    for name, seed in (("stays", 0), ("visits", 1)):
        stays_with_events(30, seed=seed).save(tmp_path / name)
    done = abound("inspect", "--real", tmp_path / "stays", "--synthetic", tmp_path / "visits", "--items", "6",
                  "--out", tmp_path / "people", "--json")  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(done.out)["shows"] == "timelines"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "name the folder of a run"),
        (["--real", "real.csv"], 2, "are given together"),
        (["run", "--real", "real.csv"], 2, "name the folder of a run, or"),
        (["--real", "real.csv", "--synthetic", "nowhere.csv"], 1, "nowhere.csv is not there"),
        (["--real", ".", "--synthetic", "made.csv"], 1, "give two tables or two folders"),
        (["empty"], 1, "empty holds no finished run"),
        (["empty", "--answers", "x.json"], 1, "holds no inspection-key.json"),
        (["--real", "real.csv", "--synthetic", "made.csv", "--items", "1"], 1, "between 2 and 2,000 items"),
        (["--real", "empty", "--synthetic", "empty"], 1, "holds no pictures"),
    ],
)
def test_mistakes_are_one_sentence(files: Path, words: list[str], code: int, said: str) -> None:
    (files / "empty").mkdir()
    done = abound("inspect", *words, folder=files)
    assert done.code == code
    assert said in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err


def test_rows_of_another_table_are_named(files: Path) -> None:
    pl.DataFrame({"a": [1, 2]}).write_csv(files / "other.csv")
    done = abound("inspect", "--real", "real.csv", "--synthetic", "other.csv", folder=files)
    assert done.code == 1
    assert "the rows must fit real.csv" in done.err
