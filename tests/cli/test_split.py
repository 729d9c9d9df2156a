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


def test_a_schema_file_stands_for_the_options(tmp_path):
    """A target of the schema needs no --target; generate and split with equal options have one training part."""
    mixed_table(600, 3, nulls=False).main.write_csv(tmp_path / "table.csv")
    guessed = abound("schema", "table.csv", "-t", "y", "--ignore", "job", folder=tmp_path)
    (tmp_path / "own.yaml").write_text(guessed.out)
    split = ["split", "table.csv", "--schema", "own.yaml", "--time", "since", "--out", "parts"]
    assert abound(*split, folder=tmp_path).code == 0
    train = pl.read_parquet(tmp_path / "parts" / "train" / "rows.parquet")
    words = ["generate", "table.csv", "--schema", "own.yaml", "--time", "since", "-g", "resample", "-n", "30"]
    done = abound(*words, "--out", "made.parquet", "--json", "-q", folder=tmp_path)
    assert json.loads(done.out)["training_rows"] == train.height
    assert pl.read_parquet(tmp_path / "made.parquet")["since"].max() <= train["since"].max()
    shown = json.loads(abound("read", "table.csv", "--schema", "own.yaml", "--json", folder=tmp_path).out)
    assert [c["role"] for c in shown["columns"] if c["name"] in ("job", "y")] == ["ignore", "target"]
    for command in (["plan"], ["find"], ["split", "--out", "other"]):
        none = abound(*command, "table.csv", folder=tmp_path)
        assert none.code == 2
        assert "--target" in none.err
        assert "--schema" in none.err
        lack = abound(*command, "table.csv", "--schema", "lack.yaml", folder=tmp_path)
        assert "error: lack.yaml does not exist" in lack.err


def test_find_by_time_says_what_has_drifted(tmp_path):
    frame = mixed_table(900, 3, nulls=False).main.sort("since")
    late = pl.int_range(pl.len()) > 420
    job = pl.when(late & (pl.col("age") > 30)).then(pl.lit("pilot")).otherwise(pl.col("job"))
    frame.with_columns(job.alias("job")).write_csv(tmp_path / "table.csv")
    words = ["find", "table.csv", "-t", "y", "--finder", "drift", "--json", "-q"]
    found = json.loads(abound(*words, "--time", "since", folder=tmp_path).out)["gaps"]
    assert any("job = pilot" in str(g["reason"]) for g in found)
    assert not json.loads(abound(*words, folder=tmp_path).out)["gaps"]
    wrong = abound("find", "table.csv", "-t", "y", "--time", "job", folder=tmp_path)
    assert "error: the column 'job' is a category" in wrong.err


def test_copies_are_called_what_they_are(tmp_path):
    frame = mixed_table(200, 3, nulls=False, rare=0.4).main
    pl.concat([frame] * 3).write_csv(tmp_path / "table.csv")
    done = abound("split", "table.csv", "-t", "y", "--out", "parts", folder=tmp_path)
    assert "different cases (near-duplicates are one case" in " ".join(done.out.split())
    assert "groups" not in done.out


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
