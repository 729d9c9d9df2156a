"""Runs: one writer, finished work is kept, and anything that changes redoes exactly what depends on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import abound
from abound.core.artifact import MANIFEST, write_json
from abound.core.run import NOTICE, Run, code_digest
from abound.errors import ArtifactError, InputError, RunLocked, StorageError


class Stage:
    """Writes a text, and counts how often it had to."""

    def __init__(self, run: Run, name: str) -> None:
        self.run, self.name, self.done = run, name, 0

    def __call__(
        self, inputs: dict[str, Path] | None = None, text: str = "x", seed: int = 0, kind: str = "text"
    ) -> Path:
        def fill(work: Path) -> None:
            self.done += 1
            (work / "out.txt").write_text(f"{text} {seed}")

        params = {"text": text}
        return self.run.cached(self.name, kind=kind, inputs=inputs or {}, params=params, seed=seed, fill=fill)


def test_work_is_done_once_and_redone_when_something_changes(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        first, second = Stage(run, "split"), Stage(run, "generate/0")
        second({"train": first()})
        second({"train": first()})
        assert (first.done, second.done) == (1, 1)
        second({"train": first(seed=1)})
        assert (first.done, second.done) == (2, 2)
        second({"train": first(seed=1)}, text="y")
        assert (first.done, second.done) == (2, 3)
        second({"train": first(seed=1)}, text="y", kind="other")
        assert (first.done, second.done) == (2, 4)


def test_an_input_that_comes_out_the_same_changes_nothing_below(tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        second = Stage(run, "b")

        def same(work: Path) -> None:
            (work / "out.txt").write_text("always")

        for seed in (0, 1):
            first = run.cached("a", kind="text", inputs={}, params={}, seed=seed, fill=same)
            second({"a": first})
        assert second.done == 1


@pytest.mark.parametrize("name", ["out.txt", MANIFEST])
def test_a_damaged_artifact_is_made_anew(name: str, tmp_path: Path) -> None:
    with Run(tmp_path / "run") as run:
        stage = Stage(run, "a")
        path = stage() / name
        whole = path.read_bytes()
        for damaged in (whole[:-3], b"", None):
            if damaged is None:
                path.unlink()
            else:
                path.write_bytes(damaged)
            stage()
            assert path.read_bytes() == whole
        assert stage.done == 4


def test_a_second_run_finds_the_work_of_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        with Run(tmp_path / "run") as run:
            stage = Stage(run, "a/b/c")
            stage()
    assert stage.done == 0
    assert set(run.artifacts()) == {"a/b/c"}
    assert run.artifacts()["a/b/c"].stage == "a"
    assert run.seconds()["a/b/c"] >= 0.0


OTHER_CODE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from abound.core.run import Run
    done = []
    with Run(Path(sys.argv[1])) as run:
        run.cached("a", kind="k", inputs={}, params={}, seed=0, fill=done.append)
    print(len(done))
    """
)


def test_a_change_of_code_redoes_the_work(tmp_path: Path) -> None:
    package = tmp_path / "src" / "abound"
    shutil.copytree(Path(abound.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))

    def times_done() -> int:
        env = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
        command = [sys.executable, "-c", OTHER_CODE, str(tmp_path / "run")]
        return int(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)

    assert times_done() == 1
    assert times_done() == 0
    with (package / "core" / "gap.py").open("a") as file:
        file.write("# a comment\n")
    assert times_done() == 1


def test_the_code_digest_covers_every_source_file() -> None:
    assert len(code_digest()) == 64
    assert code_digest() == code_digest()


HOLDER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from abound.core.run import Run
    with Run(Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.read()
    """
)


def test_two_processes_never_write_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    for _ in range(2):
        with pytest.raises(RunLocked, match=f"another run is writing {folder}"), Run(folder):
            pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    # The lock goes with the process, so a crash never leaves a run locked for good.
    with Run(folder) as run:
        Stage(run, "a")()
    assert holder.stdin is not None
    holder.stdin.close()


def test_the_lock_is_free_after_use_and_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), Run(tmp_path / "run"):
        raise RuntimeError
    with Run(tmp_path / "run") as outer, pytest.raises(RunLocked), Run(outer.folder):
        pass
    with Run(tmp_path / "run"):
        pass


def test_a_folder_that_is_no_run_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty and not a run"), Run(tmp_path):
        pass
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="another folder"), Run(tmp_path / "file" / "run"):
        pass


def test_an_empty_folder_becomes_a_run_that_says_what_it_holds(tmp_path: Path) -> None:
    with Run(tmp_path):
        pass
    assert "copies of the real data" in (tmp_path / NOTICE).read_text()


def test_what_a_killed_run_left_is_swept_and_never_listed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Run(folder) as run:
        done = Stage(run, "a/b")()
        shutil.copytree(done, folder / "a" / ".b.tmp-x1y2")
        (folder / "a" / ".seconds.tsv.tmp-aa").write_text("half")
        assert set(run.artifacts()) == {"a/b"}
    with Run(folder) as run:
        assert os.listdir(folder / "a") == ["b"]


def test_a_cut_off_line_of_seconds_is_passed_over(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        assert run.seconds() == {}
        run.note_seconds("a", 1.5)
        run.note_seconds("a", 2.5)
        with (tmp_path / "seconds.tsv").open("a") as file:
            file.write("b\t1")
        assert run.seconds() == {"a": 2.5}


def test_inputs_must_be_finished_artifacts(tmp_path: Path) -> None:
    write_json(tmp_path / "half" / "x.json", 1)
    with Run(tmp_path / "run") as run:
        stage = Stage(run, "a")
        with pytest.raises(ArtifactError, match="no finished artifact"):
            stage({"half": tmp_path / "half"})
