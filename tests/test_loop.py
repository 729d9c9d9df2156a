"""The whole loop on a small planted table, through the public function."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.recipe import DataSpec, Make, Recipe, Repeats, Use
from abound.core.run import Run
from abound.errors import InputError, RecipeError, RunLocked
from abound.loop import run
from abound.publish import publish
from tests.planted import mixed_table

HALF = """
import csv, sys
if len(sys.argv) == 4:
    with open(sys.argv[3], "w") as out:
        print("id,p:no,p:yes", file=out)
        for row in csv.DictReader(open(sys.argv[2])):
            print(row["id"], 0.5, 0.5, sep=",", file=out)
"""
COPULA = Make(generator=Use(name="copula"), ratio=0.5)


def recipe(path="rows.csv", **more):
    base = {
        "data": DataSpec(path=str(path), target="y", positive="yes"),
        "learner": Use(name="tree"),
        "repeats": Repeats(n=2, train_rows=200),
        "generate": (COPULA,),
        "workers": 1,
        "teacher": "linear",
        "find": (Use(name="rare_class"), Use(name="missing_combo")),
    }
    return Recipe(**{**base, **more})


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    mixed_table(900, 4, rare=0.2).main.write_csv(path)
    return path


@pytest.fixture(scope="module")
def done(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "one"
    return run(recipe(rows), out=folder, quiet=True)


def bytes_of(folder):
    """Every file but those that hold seconds, paths or the lock."""
    left_out = {"seconds.tsv", ".lock", "ledger.jsonl", "recipe.yaml", "report.html", "report.json",
                "data-card.md", "croissant.json"}  # fmt: skip
    files = [
        f for f in sorted(folder.rglob("*")) if f.is_file() and f.name not in left_out and "cost" not in f.parts
    ]
    return {str(f.relative_to(folder)): f.read_bytes() for f in files}


def test_a_run_leaves_everything_behind(done):
    names = {p.name for p in done.folder.iterdir()}
    assert {"report.html", "report.json", "data-card.md", "croissant.json", "synthetic.parquet", "recipe.yaml",
            "study.json", "REAL-DATA-INSIDE.txt"} <= names  # fmt: skip
    synth = pl.read_parquet(done.folder / "synthetic.parquet")
    assert synth.height == 100
    assert set(synth["_origin"]) == {"synthetic"}
    assert done.study.repeats if hasattr(done.study, "repeats") else len(done.study.arms[0].values) == 2
    assert done.study.claim.sentence in str(done)
    facts = json.loads((done.folder / "report.json").read_text())
    assert facts["study"]["claims"][0]["difference"] == done.study.claim.difference
    assert done.study.openings == 1


def test_any_number_of_workers_writes_the_same_bytes(done, rows, tmp_path):
    two = run(recipe(rows, workers=2), out=tmp_path / "two", quiet=True)
    assert bytes_of(two.folder) == bytes_of(done.folder)
    assert two.study.claims == done.study.claims


@pytest.mark.slow
def test_another_seed_is_another_run(done, rows, tmp_path):
    other = run(recipe(rows, seed=1), out=tmp_path / "other", quiet=True)
    assert bytes_of(other.folder)["synthetic.parquet"] != bytes_of(done.folder)["synthetic.parquet"]


def test_a_second_call_does_nothing_again(done, rows):
    stamps = {f: f.stat().st_mtime_ns for f in done.folder.rglob("artifact.json")}
    again = run(recipe(rows), out=done.folder, quiet=True)
    assert {f: f.stat().st_mtime_ns for f in done.folder.rglob("artifact.json")} == stamps
    assert again.study == done.study
    ledger = (done.folder / "data" / "ledger.jsonl").read_text().splitlines()
    assert len([line for line in ledger if "open_test" in line]) == 1  # it stays closed


def test_an_edited_plan_redoes_only_what_changed(rows, tmp_path):
    folder = tmp_path / "edited"
    first = run(recipe(rows, generate=(COPULA,)), out=folder, quiet=True)
    split = {f: f.stat().st_mtime_ns for f in (folder / "data").rglob("artifact.json")}
    kept = {f: f.stat().st_mtime_ns for f in (folder / "generate").glob("shard-*/artifact.json")}
    assert kept
    more = Make(generator=Use(name="swap"), ratio=0.25)
    second = run(recipe(rows, generate=(COPULA, more)), out=folder, quiet=True)
    assert second.plan.total == first.plan.total + 50
    for stamps in (split, kept):
        assert {f: f.stat().st_mtime_ns for f in stamps} == stamps


def test_a_killed_run_resumes_to_the_same_bytes(done, rows, tmp_path):
    """kill -9 at a few moments; the same command then finishes, with the bytes of an undisturbed run."""
    folder = tmp_path / "killed"
    command = [sys.executable, "-c",
               "import sys\nfrom abound.core.recipe import Recipe\nfrom abound.loop import run\n"
               "run(Recipe.model_validate_json(sys.argv[1]), out=sys.argv[2], quiet=True)",
               recipe(rows).model_dump_json(by_alias=True), str(folder)]  # fmt: skip
    for delay in (0.8, 1.6):
        process = subprocess.Popen(command, start_new_session=True)
        time.sleep(delay)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finished = run(recipe(rows), out=folder, quiet=True)
    study, whole = finished.study, done.study
    assert study.model_copy(update={"openings": 1}) == whole  # what was opened before the kill stays counted
    found, expected = ({k: v for k, v in bytes_of(f).items() if "study" not in k} for f in (folder, done.folder))
    assert found == expected


def test_replace_trains_on_synthetic_rows_alone(rows, tmp_path):
    result = run(recipe(rows, purpose="replace"), out=tmp_path / "replace", quiet=True)
    assert result.study.claim.arm == "synthetic"
    assert result.study.claim.control == "real_only"
    arm = next(a for a in result.study.arms if a.arm == "synthetic")
    assert arm.train_rows == 100


def test_a_dry_run_plans_and_makes_nothing(rows, tmp_path):
    result = run(recipe(rows), out=tmp_path / "dry", quiet=True, dry_run=True)
    assert result.study is None
    assert result.plan.total == 100
    assert not (tmp_path / "dry" / "generate").exists()


def test_frames_in_memory(tmp_path):
    data = mixed_table(600, 2, rare=0.2).main
    result = run(recipe("in memory"), out=tmp_path / "frame", quiet=True, source=data, dry_run=True)
    assert result.plan.total


def test_two_runs_in_one_folder(done, rows):
    with Run(done.folder), pytest.raises(RunLocked, match="another run is writing"):
        run(recipe(rows), out=done.folder, quiet=True)


def test_a_report_is_written_again_from_the_folder(done):
    before = (done.folder / "report.json").read_bytes()
    (done.folder / "report.html").unlink()
    publish(done.folder)
    assert (done.folder / "report.html").exists()
    assert (done.folder / "report.json").read_bytes() == before


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        publish(tmp_path)


@pytest.mark.slow
def test_rows_by_class(rows, tmp_path):
    few = Repeats(n=2, train_rows={"yes": 15, "no": 120})
    result = run(recipe(rows, repeats=few), out=tmp_path / "few", quiet=True)
    assert next(a for a in result.study.arms if a.arm == "real_only").train_rows == 135
    with pytest.raises(RecipeError, match="did you mean 'yes'"):
        run(recipe(rows, repeats=Repeats(n=2, train_rows={"yess": 5})), out=tmp_path / "typo", quiet=True)
    with pytest.raises(RecipeError, match="5000 rows of 'yes' wanted"):
        run(recipe(rows, repeats=Repeats(n=2, train_rows={"yes": 5000})), out=tmp_path / "many", quiet=True)


@pytest.mark.slow
def test_draws_by_class_keep_copies_together(tmp_path):
    frame = mixed_table(400, 4, nulls=False, rare=0.3).main
    frame = pl.concat([frame] * 3).with_row_index("place").with_columns(pl.col("place") % 400)
    frame.write_csv(tmp_path / "rows.csv")
    data = DataSpec(path=str(tmp_path / "rows.csv"), target="y", positive="yes", ignore=("place",))
    for wanted in ({"no": 91, "yes": 40}, 130):
        one = run(recipe(data=data, repeats=Repeats(n=1, train_rows=wanted)), out=tmp_path / f"{wanted}"[:3],
                  quiet=True, dry_run=True)  # fmt: skip
        real, extra = (Dataset.load(one.folder / "repeats" / "000" / n) for n in ("real", "extra"))
        assert not set(real.main["place"]) & set(extra.main["place"])
        assert 126 <= len(real) <= 131


@pytest.mark.slow
def test_an_edited_script_of_an_external_learner_is_judged_anew(rows, tmp_path):
    (tmp_path / "in").mkdir()
    script = tmp_path / "in" / "half.py"
    script.write_text(HALF)
    learner = {"train": f"{sys.executable} half.py {{data}} {{model}}", "table": "csv",
               "predict": f"{sys.executable} half.py {{model}} {{rows}} {{out}}"}  # fmt: skip
    path = tmp_path / "in" / "recipe.yaml"
    given = recipe(rows, learner=Use(name="external", params=learner), shares=(), checks=())
    path.write_text(given.to_yaml())
    openings = []
    for _ in range(3):
        openings.append(run(path, out=tmp_path / "run", quiet=True).study.openings)
        if len(openings) == 2:
            script.write_text(HALF + "# changed")
    assert openings == [1, 1, 2]


def test_rows_that_fail_the_audit_are_repaired_where_the_recipe_says_so(tmp_path):
    """Columns that move together, made as if they had nothing to do with one another."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=900)
    near = {f"x{i}": x + 0.2 * rng.normal(size=900) for i in range(4)}
    pl.DataFrame({**near, "y": np.where(x + rng.normal(size=900) > 1, "yes", "no")}).write_csv(tmp_path / "t.csv")
    asked = recipe(
        tmp_path / "t.csv", generate=[{"generator": "marginals"}], checks=("rules", "gap_test"), repair=1,
        repeats=Repeats(n=1, train_rows=200),
    )  # fmt: skip
    result = run(asked, out=tmp_path / "repaired", quiet=True)
    notes = Dataset.load(result.folder / "generate" / "000" / "synth").notes
    assert any(note.startswith("repair kept") for note in notes)
