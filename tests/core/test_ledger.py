"""The ledger: nothing is lost, and no test row is read before its opening is written down."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from abound.core.artifact import Artifact, build_folder
from abound.core.dataset import Dataset
from abound.core.ledger import Ledger, Power, SealedTest, unseal
from abound.errors import ArtifactError, StorageError
from tests.planted import digit_images, mixed_table

POWER = Power(
    rare_class=None, rare_units=0, wanted_gain=0.1, discordant=0.2, needed_units=0, minimum_gain=None, sentence=""
)


def sealed(folder: Path, data: Dataset | None = None) -> SealedTest:
    data = data or mixed_table(30)
    draft = Artifact(kind="dataset", stage="split", key="k", files={})
    build_folder(folder / "test", draft, data.save)
    return SealedTest(folder / "test", data.digest, len(data), len(data), POWER)


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    assert ledger.read() == []
    assert ledger.openings("d") == 0
    ledger.append("open_test", test="d", reason='quotes " and\nbreaks \u2028 ü')
    ledger.append("alpha", spent=0.01)
    ledger.append("open_test", test="other")
    assert [e["event"] for e in ledger.read()] == ["open_test", "alpha", "open_test"]
    assert ledger.read()[0]["reason"] == 'quotes " and\nbreaks \u2028 ü'
    assert ledger.openings("d") == 1


WRITER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from abound.core.ledger import Ledger
    for i in range(int(sys.argv[3])):
        Ledger(Path(sys.argv[1])).append("open_test", test="d", who=sys.argv[2], i=i, filler="x" * 5000)
    """
)


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(w), "40"]) for w in range(3)]
    for writer in writers:
        assert writer.wait() == 0
    ledger = Ledger(path)
    for who in "012":
        assert [e["i"] for e in ledger.read() if e["who"] == who] == list(range(40))
    assert ledger.openings("d") == 120


def test_a_writer_waits_for_the_one_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with ledger.path.open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=ledger.append, args=("alpha",))
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        assert ledger.read() == []
    writer.join(10)
    assert len(ledger.read()) == 1


def test_a_line_cut_short_counts_and_spoils_no_other(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append("open_test", test="d")
    with ledger.path.open("a") as file:
        file.write('{"event":"open_te')
    ledger.append("open_test", test="d")
    assert [e["event"] for e in ledger.read()] == ["open_test", "unreadable", "open_test"]
    assert ledger.openings("d") == 3
    assert ledger.openings("e") == 1


def test_two_folders_count_together_in_a_shared_file(tmp_path: Path) -> None:
    one, two = (replace(sealed(tmp_path / n), shared=tmp_path / "all" / "looks.jsonl") for n in ("a", "b"))
    unseal(one, "study 1")
    unseal(two, "study 2")
    unseal(two, "study 3")
    assert [s.ledger.openings(s.digest) for s in (one, two)] == [3, 3]
    assert [len(s.ledger.read()) for s in (one, two)] == [1, 2]
    unseal(replace(one, shared=None), "unseen by the shared file, and counted where it happened")
    assert [s.ledger.openings(s.digest) for s in (one, two)] == [4, 3]
    own = replace(two, shared=two.folder.parent / "ledger.jsonl")
    unseal(own, "its own file as the shared one")
    assert len(own.ledger.read()) == 3


def test_a_shared_ledger_that_is_no_file_keeps_the_test_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dataset, "load", lambda folder: pytest.fail("the test was read"))
    with pytest.raises(StorageError):
        unseal(replace(sealed(tmp_path / "a"), shared=tmp_path), "x")


def test_opening_gives_the_rows_and_is_written_down(tmp_path: Path) -> None:
    test = sealed(tmp_path)
    assert test.ledger.path == tmp_path / "ledger.jsonl"
    assert unseal(test, "study 1").main.equals(mixed_table(30).main)
    unseal(test, "study 2")
    assert [e["reason"] for e in test.ledger.read()] == ["study 1", "study 2"]
    assert test.ledger.openings(test.digest) == 2


def test_the_handle_holds_no_rows(tmp_path: Path) -> None:
    test = sealed(tmp_path)
    assert not any(isinstance(v, Dataset | pl.DataFrame | pl.LazyFrame) for v in vars(test).values())
    assert "clerk" not in repr(test)


def test_the_opening_is_written_before_a_row_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = sealed(tmp_path)
    seen = []
    monkeypatch.setattr(
        Dataset, "load", lambda folder: seen.append(test.ledger.openings(test.digest)) or mixed_table(30)
    )
    unseal(test, "x")
    assert seen == [1]


def test_nothing_is_read_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = sealed(tmp_path)
    test.ledger.path.mkdir()
    monkeypatch.setattr(Dataset, "load", lambda folder: pytest.fail("the test was read"))
    with pytest.raises(StorageError):
        unseal(test, "x")


def test_a_changed_test_set_is_refused_and_the_attempt_counts(tmp_path: Path) -> None:
    test = sealed(tmp_path)
    mixed_table(30, seed=1).save(test.folder)
    with pytest.raises(ArtifactError, match="changed or damaged"):
        unseal(test, "x")
    other = sealed(tmp_path, mixed_table(30, seed=1))
    with pytest.raises(ArtifactError, match="not the one that was sealed"):
        unseal(test, "x")
    assert test.ledger.openings(test.digest) == 2
    assert len(unseal(other, "x")) == 30


def test_a_changed_image_of_the_test_set_is_refused(tmp_path: Path) -> None:
    test = sealed(tmp_path, digit_images(tmp_path / "images", 5))
    unseal(test, "x")
    (tmp_path / "images/png/2.png").write_bytes(b"another picture")
    with pytest.raises(ArtifactError, match="not the one that was sealed"):
        unseal(test, "x")
