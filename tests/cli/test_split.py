"""`abound split` with times and slices, and `abound run --time` up to its plan."""

import json

import polars as pl
import pytest

from tests.cli.command import abound
from tests.planted import mixed_table


def test_time_and_slices_on_the_command_line(tmp_path):
    mixed_table(600, 3, nulls=False).main.write_csv(tmp_path / "table.csv")
    done = abound(
        "split", "table.csv", "-t", "y", "--time", "since", "--slice", "age > 60", "--out", "parts", "--json",
        folder=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done.err
    power = json.loads(done.out)["power"]
    assert power["slices"][0]["name"] == "rows of the slice 'age > 60'"
    assert power["feasible"] is False
    train, tune = (pl.read_parquet(tmp_path / "parts" / name / "rows.parquet") for name in ("train", "tune"))
    assert train["since"].max() < tune["since"].min()


def test_rows_that_stay_together_are_named(tmp_path):
    frame = mixed_table(300, 3, nulls=False).main
    pl.concat([frame, frame[:20]]).write_csv(tmp_path / "table.csv")
    done = abound("split", "table.csv", "-t", "y", "--out", "parts", folder=tmp_path)
    assert "40 rows in 20 sets" in " ".join(done.out.split())


@pytest.mark.slow
def test_a_run_takes_a_time_column(tmp_path):
    mixed_table(400, 3, nulls=False).main.write_csv(tmp_path / "table.csv")
    done = abound(
        "run", "table.csv", "-t", "y", "--time", "since", "--dry-run", "--out", "run", "-q", folder=tmp_path
    )
    assert done.code == 0, done.err
    train, tune = (pl.read_parquet(tmp_path / "run/data" / name / "rows.parquet") for name in ("train", "tune"))
    assert train["since"].max() < tune["since"].min()
    assert "time: since" in (tmp_path / "run" / "recipe.yaml").read_text()


def test_copies_may_part_where_that_is_asked_for(tmp_path):
    frame = mixed_table(300, 3, nulls=False).main
    pl.concat([frame, frame[:20]]).write_csv(tmp_path / "table.csv")
    words = ["split", "table.csv", "-t", "y", "--out", "parts", "--near-duplicates"]
    bad = abound(*words, "some", folder=tmp_path)
    assert bad.code != 0
    assert "near_duplicates" in bad.err
    done = abound(*words, "none", folder=tmp_path)
    assert done.code == 0
    assert "20 sets" not in done.out
