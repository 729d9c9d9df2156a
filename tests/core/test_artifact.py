"""Artifacts: whole or not there, whatever happens while they are written; and damage is found."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from abound.core.artifact import (
    MANIFEST,
    Artifact,
    build_folder,
    file_digest,
    open_folder,
    read_as,
    read_json,
    read_manifest,
    storage_errors,
    sweep,
    write_bytes,
    write_json,
)
from abound.errors import ArtifactError, StorageError

DRAFT = Artifact(
    kind="test", stage="generate", key="k", files={}, params={"a": [1, 2.5, None], "b": {"c": "ü"}}, seed=3
)


def filled(folder: Path, text: str = "new") -> Artifact:
    def fill(work: Path) -> None:
        (work / "a.txt").write_text(text)
        (work / "deep").mkdir()
        np.savez(work / "deep" / "b.npz", x=np.arange(5))

    return build_folder(folder, DRAFT, fill)


def test_a_finished_folder_holds_what_its_manifest_says(tmp_path: Path) -> None:
    done = filled(tmp_path / "x" / "art")
    assert set(done.files) == {"a.txt", "deep/b.npz"}
    assert open_folder(tmp_path / "x" / "art") == done
    assert read_manifest(tmp_path / "x" / "art").params == {"a": [1, 2.5, None], "b": {"c": "ü"}}
    assert sorted(os.listdir(tmp_path / "x")) == ["art"]
    again = filled(tmp_path / "x" / "art", "newer")
    assert again.content_digest() != done.content_digest()
    assert (tmp_path / "x" / "art" / "a.txt").read_text() == "newer"
    assert sorted(os.listdir(tmp_path / "x")) == ["art"]


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    filled(tmp_path / "one")
    filled(tmp_path / "two")
    assert (tmp_path / "one" / MANIFEST).read_bytes() == (tmp_path / "two" / MANIFEST).read_bytes()


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "art"
    filled(folder)
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = path.read_bytes()
        for place in range(0, len(whole), max(1, len(whole) // 60)):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << (place % 8)
            path.write_bytes(damaged)
            with pytest.raises(ArtifactError):
                open_folder(folder)
        path.write_bytes(whole[:-2])
        with pytest.raises(ArtifactError):
            open_folder(folder)
        path.write_bytes(whole)
    open_folder(folder)


def test_missing_pieces_are_named(tmp_path: Path) -> None:
    filled(tmp_path / "art")
    (tmp_path / "art" / "a.txt").unlink()
    with pytest.raises(ArtifactError, match=r"a\.txt is missing"):
        open_folder(tmp_path / "art")
    (tmp_path / "art" / MANIFEST).unlink()
    for folder in (tmp_path / "art", tmp_path / "none", tmp_path / "art" / "deep" / "b.npz"):
        with pytest.raises(ArtifactError, match="no finished artifact"):
            open_folder(folder)


def test_a_changed_manifest_is_found(tmp_path: Path) -> None:
    filled(tmp_path / "art")
    path = tmp_path / "art" / MANIFEST
    text = path.read_text()
    assert '"seed":3' in text
    for other in (text.replace('"seed":3', '"seed":4'), text.replace('"seed"', '"sead"'), text[:40], "", "[]"):
        path.write_text(other)
        with pytest.raises(ArtifactError, match=r"artifact\.json (is|was changed or) damaged"):
            read_manifest(tmp_path / "art")


def test_a_failing_stage_leaves_the_old_artifact(tmp_path: Path) -> None:
    old = filled(tmp_path / "art", "old")

    def fail(work: Path) -> None:
        (work / "a.txt").write_text("half")
        raise RuntimeError("stage failed")

    for folder in (tmp_path / "art", tmp_path / "fresh"):
        with pytest.raises(RuntimeError, match="stage failed"):
            build_folder(folder, DRAFT, fail)
    assert open_folder(tmp_path / "art") == old
    assert os.listdir(tmp_path) == ["art"]


SLOW_WRITER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from abound.core.artifact import Artifact, build_folder
    folder, mark = Path(sys.argv[1]), Path(sys.argv[2])
    def fill(work):
        for i in range(60):
            (work / f"{i}.txt").write_text("new" * 1000)
        mark.touch()
    draft = Artifact(kind="test", stage="s", key="new", files={})
    while True:
        build_folder(folder, draft, fill)
    """
)


def killed(folder: Path, mark: Path, wait: float) -> None:
    """Write the artifact over and over in another process; kill -9 it `wait` seconds after its first full set."""
    process = subprocess.Popen([sys.executable, "-c", SLOW_WRITER, str(folder), str(mark)])
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.001)
    time.sleep(wait)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("wait", [0.0, 0.013])
def test_kill_9_in_the_middle_leaves_the_old_one_the_new_one_or_none(wait: float, tmp_path: Path) -> None:
    folder = tmp_path / "run" / "art"
    filled(folder, "old")
    killed(folder, tmp_path / "mark", wait)
    if folder.exists():
        state = open_folder(folder)
        assert state.key in ("k", "new")
        assert len(state.files) == (2 if state.key == "k" else 60)
    sweep(tmp_path / "run")
    assert os.listdir(tmp_path / "run") in (["art"], [])
    assert filled(folder, "again").files == open_folder(folder).files


@pytest.mark.slow
def test_kill_9_at_many_moments(tmp_path: Path) -> None:
    for i in range(40):
        test_kill_9_in_the_middle_leaves_the_old_one_the_new_one_or_none(0.0007 * i, tmp_path / str(i))


def test_a_kill_between_the_two_renames_loses_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "art", "old")
    real, calls = os.replace, []

    def second_fails(source: Path, target: Path) -> None:
        calls.append(source)
        if Path(target) == tmp_path / "art" and len(calls) == 3:
            raise OSError(errno.ENOSPC, "full")
        real(source, target)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(StorageError):
        filled(tmp_path / "art", "new")
    assert (tmp_path / "art" / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["art"]


def test_files_are_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.bin"
    digest = write_bytes(path, b"one")
    assert digest == file_digest(path)
    assert path.stat().st_mode & 0o777 == 0o644
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(path.parent) == ["x.bin"]
    write_json(tmp_path / "x.json", {"b": 1, "a": [DRAFT]})
    assert (tmp_path / "x.json").read_text().startswith('{"a":[{"check":"","files":{}')
    assert read_json(tmp_path / "x.json")["a"][0]["seed"] == 3


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_leaves_the_old_artifact_and_says_so(tiny_disk: Path) -> None:
    old = filled(tiny_disk / "art", "old")
    (tiny_disk / "ballast").write_bytes(b"x" * 150_000)

    def big(work: Path) -> None:
        (work / "big.bin").write_bytes(os.urandom(300_000))

    with pytest.raises(StorageError, match=f"cannot write {tiny_disk / 'art'}: the disk is full"):
        build_folder(tiny_disk / "art", DRAFT, big)
    assert open_folder(tiny_disk / "art") == old
    with pytest.raises(StorageError, match="the disk is full"):
        write_bytes(tiny_disk / "ballast", b"y" * 200_000)
    assert (tiny_disk / "ballast").read_bytes() == b"x" * 150_000
    assert sorted(os.listdir(tiny_disk)) == ["art", "ballast"]
    (tiny_disk / "ballast").unlink()
    filled(tiny_disk / "art", "resumed")


def test_a_read_only_disk_is_named(tiny_disk: Path) -> None:
    filled(tiny_disk / "art", "old")
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    for write in (lambda: filled(tiny_disk / "art"), lambda: write_bytes(tiny_disk / "new" / "x", b"")):
        with pytest.raises(StorageError, match="read-only: choose another folder"):
            write()
    open_folder(tiny_disk / "art")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match="no permission"):
        write_bytes(tmp_path / "x", b"")
    tmp_path.chmod(0o700)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file", tmp_path / "file" / "art"):
        with pytest.raises(StorageError, match="another folder"):
            filled(target)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="another folder"):
        write_bytes(tmp_path / "folder", b"")
    assert (tmp_path / "file").read_text() == "x"


def test_other_errors_of_the_system_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), storage_errors(tmp_path):
        (tmp_path / "none").read_bytes()


def test_an_error_of_the_system_without_words_of_its_own_is_still_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"cannot write .*: Input/output error: choose another"),
        storage_errors(tmp_path),
    ):
        raise OSError(errno.EIO, "Input/output error")
    with pytest.raises(StorageError, match="the name is too long"):
        write_bytes(tmp_path / ("a" * 300), b"")


@pytest.mark.parametrize("text", ['{"kind": 3', '{"kind": 3}', "[]", "\udcff", ""])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "noun.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ArtifactError, match=r"noun\.json is damaged \(.*\): delete it and run"):
        read_as(path, Artifact)
    path.unlink()
    with pytest.raises(ArtifactError, match=r"noun\.json is missing: run"):
        read_as(path, Artifact)
