"""`abound run` and what looks at a finished run. The sentences carry the figures of the files and no others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from abound.cli.prove import metric_of
from abound.cli.run import _over, _recipe, gate_code
from abound.cli.summary import read_result
from abound.core.recipe import Use
from abound.core.study import Study
from tests.cli.command import abound, finished, small_table


def test_the_power_statement_stands_before_any_result() -> None:
    out = finished()[1].out
    assert (
        out.index("Power") < out.index("Audit") < out.index("trained on") < out.index("Verdict") < out.index("Use")
    )


def test_the_summary_says_what_the_files_say() -> None:
    folder, done = finished()
    text = " ".join(done.out.split())
    study = Study.model_validate_json((folder / "study.json").read_text())
    split = json.loads((folder / "split" / "split.json").read_text())
    assert split["power"]["sentence"] in text
    assert f"{study.claim.repeats} repeats, {study.claim.units} test rows" in text
    assert study.remedy.sentence in text
    assert all(a.arm.replace("_", " ") in text for a in study.arms)
    assert "140 rows" in text


def test_progress_is_on_stderr_and_can_be_silenced() -> None:
    done = finished()[1]
    assert "prove: 2/2" in done.err
    assert "prove: 2/2" not in done.out


def test_a_metric_may_have_parameters(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("data: {path: table.csv, target: y}\nmetric: {cost: {false_negative: 10}}\n")

    def metric(text: str | None) -> Use | None:
        return _recipe(str(path), {"metric": metric_of(text)}).metric

    assert metric(None) == Use(name="cost", params={"false_negative": 10})
    assert metric("cost: {false_positive: 3}") == Use(name="cost", params={"false_positive": 3})
    assert metric("recall") == Use(name="recall")
    small_table(tmp_path)
    for text, said in (
        ("cost: {false_negativ: 1}", "false_negative"),
        ("cost: {", "neither a name"),
        ("3", "--metric"),
    ):
        done = abound("run", "table.csv", "-t", "diagnosis", "--metric", text, "--out", "no", "-q", folder=tmp_path)
        assert done.code == 2
        assert said in done.err
    assert not (tmp_path / "no").exists()


@pytest.mark.slow
def test_runs_count_their_openings_in_a_shared_ledger(tmp_path: Path) -> None:
    small_table(tmp_path)
    words = ["run", "table.csv", "-t", "diagnosis", "--learner", "linear", "--repeats", "2", "--workers", "1", "-q"]
    for place, text in enumerate(("cost: {false_negative: 10}", "recall")):
        done = abound(*words, "--metric", text, "--ledger", "all.jsonl", "-o", f"run{place}", folder=tmp_path)
        assert done.code == 0, done.err
        study = json.loads((tmp_path / f"run{place}" / "study.json").read_text())
        assert (study["openings"], study["metric"]) == (place + 1, text.partition(":")[0])


def test_show_prints_the_same_as_run() -> None:
    folder, done = finished()
    assert abound("show", "run", folder=folder.parent).out == done.out


def test_json_holds_the_verdict_and_the_paths() -> None:
    folder, _ = finished()
    found = json.loads(abound("show", folder, "--json").out)
    assert found["verdict"] == found["study"]["claims"][0]["verdict"]
    assert found["sentence"]
    assert set(found["paths"]) == {"report", "data", "card", "figures"}
    assert all(Path(p).is_file() for p in found["paths"].values())


def test_a_finished_run_is_not_run_again() -> None:
    folder, done = finished()
    start = (folder / "seconds.tsv").read_text()
    words = ["table.csv", "--target", "diagnosis", "--learner", "linear", "--repeats", "2", "--workers", "1"]
    again = abound("run", *words, "--out", "run", "--resume", "--quiet", folder=folder.parent)
    assert again.code == 0
    assert not again.err
    assert (folder / "seconds.tsv").read_text() == start
    assert again.out.split("Verdict")[0] == done.out.split("Verdict")[0]


def test_the_report_is_written_again_the_same() -> None:
    folder, _ = finished()
    before = (folder / "report.html").read_bytes()
    (folder / "report.html").unlink()
    assert abound("report", "run", folder=folder.parent).code == 0
    assert (folder / "report.html").read_bytes() == before


def test_a_shareable_report_names_no_folder(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished()[0], copy)
    before = (copy / "report.html").read_bytes()
    done = abound("report", copy, "--shareable")
    assert done.code == 0
    for name in ("report.html", "report.json", "data-card.md"):
        assert str(copy / "shareable" / name) in done.out.replace("\n", "").replace(" " * 9, "")
        assert str(tmp_path) not in (copy / "shareable" / name).read_text()
    assert sorted(p.name for p in (copy / "shareable").iterdir()) == ["data-card.md", "report.html", "report.json"]
    assert (copy / "report.html").read_bytes() == before


@pytest.mark.parametrize(
    "file", ["study.json", "split/split.json", "generate/000/plan.json", "data/train/artifact.json"]
)
@pytest.mark.parametrize("text", ['{"a": 3', '{"a": 3}'])
def test_a_damaged_file_of_a_run_is_named(tmp_path: Path, file: str, text: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished()[0], copy)
    (copy / file).write_text(text)
    for words in (["show", copy], ["report", copy]):
        done = abound(*words)
        assert done.code == 1
        assert done.err.startswith(f"error: {copy / file} ")
        assert "damaged" in done.err
        assert ": delete " in done.err
        assert done.err.count("\n") == 1


def test_a_report_of_an_empty_folder_leaves_it_empty(tmp_path: Path) -> None:
    done = abound("report", tmp_path)
    assert done.code == 1
    assert "recipe.yaml" not in done.err
    assert not list(tmp_path.iterdir())


def test_a_dry_run_speaks_of_no_audit_and_no_report(tmp_path: Path) -> None:
    small_table(tmp_path)
    (tmp_path / "a.yaml").write_text("data: {path: table.csv, target: diagnosis}\nfind: [missing_combo]\n")
    out = abound("run", "a.yaml", "--dry-run", "-q", folder=tmp_path).out
    assert "Plan" in out
    assert "audit" not in out
    assert "report" not in out


def test_a_run_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    from abound.core.run import Run

    copy = tmp_path / "copy"
    shutil.copytree(finished()[0], copy)
    with Run(copy):
        done = abound("report", copy)
    assert done.code == 1
    assert "another run is writing" in done.err


@pytest.mark.parametrize(
    ("verdict", "audit", "code"),
    [
        ("helps", "pass", 0), ("no difference", "inconclusive", 0), ("harms", "pass", 3), ("helps", "fail", 3),
        ("not enough evidence", "pass", 4), ("not enough evidence", "fail", 3),
    ],
)  # fmt: skip
def test_the_gate(verdict: str, audit: str, code: int) -> None:
    result = read_result(finished()[0])
    assert result.study is not None
    assert result.audit is not None
    claim = result.study.claim.model_copy(update={"verdict": verdict})
    finding = result.audit.findings[0].model_copy(update={"verdict": audit})
    changed = replace(
        result, study=result.study.model_copy(update={"claims": (claim,)}),
        audit=result.audit.model_copy(update={"findings": (finding,)}),
    )  # fmt: skip
    assert gate_code(changed) == code


def test_the_gate_is_open_unless_asked_for() -> None:
    folder, done = finished()
    words = ["table.csv", "--target", "diagnosis", "--learner", "linear", "--repeats", "2", "--workers", "1"]
    gated = abound("run", *words, "--out", "run", "--gate", "-q", folder=folder.parent)
    assert done.code == 0
    assert gated.code == gate_code(read_result(folder))


def test_options_lie_over_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(
        "data: {path: t.csv, target: y}\nlearner: {tree: {max_depth: 3}}\nrepeats: {n: 7, train_rows: 50}\n"
    )
    recipe = _recipe(str(path), {"data": {"target": "z", "group": None}, "repeats": {"n": 2}, "seed": None})
    assert recipe.data.target == "z"
    assert recipe.data.path == str(tmp_path / "t.csv")
    assert (recipe.repeats.n, recipe.repeats.train_rows) == (2, 50)
    assert recipe.learner.params == {"max_depth": 3}


def test_nothing_asked_for_changes_nothing() -> None:
    assert _over({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"c": None}, "d": {"e": None}}) == {
        "a": 1,
        "b": {"c": 2},
    }


def test_a_typo_in_a_recipe_names_the_field(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("data: {path: t.csv, target: y}\nlerner: tree\n")
    done = abound("run", "r.yaml", folder=tmp_path)
    assert done.code == 2
    assert "lerner" in done.err
    assert "did you mean 'learner'?" in done.err


def test_a_folder_that_is_no_run_is_not_written_to(tmp_path: Path) -> None:
    small_table(tmp_path)
    done = abound("run", "table.csv", "-t", "diagnosis", "--out", ".", folder=tmp_path)
    assert done.code == 1
    assert "choose another with --out" in done.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["table.csv"]


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_leaves_no_worker_and_resumes(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    small_table(tmp_path)
    words = [sys.executable, "-m", "abound", "run", "table.csv", "--target", "diagnosis", "--repeats", "4"]
    words += ["--workers", "2", "--out", "run"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    made = tmp_path / "run" / "generate"
    while not list(made.glob("00?/artifact.json")):
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, sent)  # a terminal sends Ctrl-C to the workers too
    out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert not out
    assert err.rstrip().endswith("stopped; run the same command again to resume")
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    first = (made / "000" / "artifact.json").stat().st_mtime_ns if (made / "000").exists() else None
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert first is None or (made / "000" / "artifact.json").stat().st_mtime_ns == first


def test_a_recipe_runs_on_another_table(tmp_path) -> None:
    table = small_table(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    recipe = tmp_path / "elsewhere" / "a.yaml"
    recipe.write_text("data: {path: not-here.csv, target: diagnosis}\nfind: [rare_class]\nlearner: tree\n")
    done = abound("run", recipe, "--data", table.name, "--dry-run", "--json", folder=tmp_path)
    assert done.code == 0, done.err
    assert abound("run", recipe, "--dry-run", folder=tmp_path).code == 1
    wrong = abound("run", table.name, "--data", table.name, folder=tmp_path)
    assert wrong.code == 2
    assert "--data goes with a recipe" in " ".join(wrong.err.split())
