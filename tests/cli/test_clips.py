"""`abound generate street` and `abound export`: what they say, what they leave, what they refuse."""

from __future__ import annotations

import json
import shutil

import pytest

from abound.core.context import Context
from abound.core.plan import Order
from tests.cli.command import abound
from tests.clips import BARE, TINY, clip, condition

WHERE = "zone == rural and weather == clear and time == day and actor == none"


def small(*more):
    params = [f"{k}={v}" for k, v in TINY.items()] + [f"scene={json.dumps(BARE)}"]
    return [*more, *(w for p in params for w in ("--param", p)), "--workers", "1"]


def said(done, code=1):
    """The one sentence of a refusal."""
    assert done.code == code, done.out + done.err
    lines = [line for line in done.err.strip().splitlines() if line.strip()]
    assert "Traceback" not in done.err
    return " ".join(lines)


@pytest.fixture
def engine():
    pytest.importorskip("numba", reason="the extra [scenes] is not installed")
    pytest.importorskip("embreex", reason="the extra [scenes] is not installed")


@pytest.mark.slow
def test_clips_in_a_folder_their_pictures_and_a_second_run_that_goes_on(engine, tmp_path):
    words = ["generate", "street", "--where", WHERE, "--out", "clips", *small()]
    first = abound(*words, "-n", "1", folder=tmp_path)
    assert first.code == 0, first.err
    assert "1 clip by street" in first.out
    assert "on the disk" in first.err
    out = tmp_path / "clips"
    assert {"clips.parquet", "frames.parquet", "objects.parquet", "dataset.json", "order.json", "clips.html",
            "sheet.jpg", "clips"} <= {p.name for p in out.iterdir()}  # fmt: skip
    (made,) = (out / "clips").iterdir()
    before = made.stat().st_mtime_ns
    second = abound(*words, "-n", "2", "--json", folder=tmp_path)
    assert second.code == 0, second.err
    assert json.loads(second.out)["clips"] == 2
    assert made.stat().st_mtime_ns == before, "a finished clip is kept"


@pytest.mark.slow
def test_a_dry_run_makes_one_clip_and_says_what_all_take(engine, tmp_path):
    done = abound("generate", "street", "-n", "5000", "--where", WHERE, "--dry-run", *small(), folder=tmp_path)
    assert done.code == 0, done.err
    assert "5,000 clips" in done.out
    assert "done about" in done.out
    assert len(list((tmp_path / "street" / "clips").iterdir())) == 1
    assert not (tmp_path / "street" / "clips.parquet").exists()


def test_another_order_does_not_write_into_a_folder(engine, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    told = said(abound("generate", "street", "-n", "1", "--out", "full", *small(), folder=tmp_path))
    assert "not overwritten" in told
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("wether == fog", "did you mean 'weather'"), ("weather == foggy", "did you mean 'fog'"),
        ("actor == deer and action == braking", "change one of them"), ("actor == child and size > 3", "not 3"),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_met_are_one_sentence_and_leave_no_folder(engine, tmp_path, where, words):
    done = abound("generate", "street", "-n", "1", "--where", where, *small(), folder=tmp_path)
    assert words in said(done, done.code)
    assert done.code != 0
    assert not list(tmp_path.glob("street/clips/*"))


@pytest.mark.parametrize(
    ("param", "words"),
    [("frames=0", "frames"), ("width=0", "width"), ("height=16384", "height"), ("wide=3", "wide")],
)
def test_wrong_parameters_are_one_sentence(engine, tmp_path, param, words):
    done = abound("generate", "street", "-n", "1", "--param", param, folder=tmp_path)
    assert done.code != 0
    assert words in said(done, done.code)


@pytest.mark.parametrize("layout", ["kitti", "coco", "cityscapes", "scalabel"])
def test_export(tmp_path, layout):
    _, folder = clip()
    done = abound("export", folder, "--layout", layout, "--out", tmp_path / "out", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["files"] == len([p for p in (tmp_path / "out").rglob("*") if p.is_file()]) > 0
    again = abound("export", folder, "--layout", layout, "--out", tmp_path / "out")
    assert "not overwritten" in said(again)


def test_exports_of_something_else_are_one_sentence(tmp_path):
    _, folder = clip()
    assert "did you mean 'kitti'" in said(abound("export", folder, "--layout", "kiti", "--out", tmp_path / "a"))
    assert "abound generate street" in said(abound("export", tmp_path, "--layout", "coco", "--out", tmp_path / "a"))
    for file in folder.glob("*.*"):
        shutil.copy(file, tmp_path / file.name)
    gone = said(abound("export", tmp_path, "--layout", "coco", "--out", tmp_path / "a"))
    assert "clips/" in gone


def test_the_mark_of_a_folder_leaves_out_how_many(tmp_path):
    """Asking for more clips goes on in the same folder."""
    few, many = (
        Order(generator="street", count=n, where=condition(WHERE)).model_dump(mode="json", exclude={"count"})
        for n in (1, 9)
    )
    assert few == many
    assert Context(seed=1).seed == 1
