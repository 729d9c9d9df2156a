"""The single verbs on files: what one writes, the next one reads."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from abound.cli.generate import parameters
from abound.core.artifact import open_folder
from abound.errors import ArtifactError
from tests.cli.command import abound, small_table

TARGET = ["--target", "diagnosis"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, its split, and rows made from its training part."""
    place = small_table(tmp_path_factory.mktemp("steps")).parent
    assert abound("split", "table.csv", *TARGET, "--out", "parts", folder=place).code == 0
    made = abound("generate", "table.csv", *TARGET, "-g", "copula", "-n", "40", "-o", "made.parquet", folder=place)
    assert made.code == 0, made.err
    return place


def test_read_says_what_each_column_is(folder: Path) -> None:
    found = json.loads(abound("read", "table.csv", *TARGET, "--json", folder=folder).out)
    kinds = {c["name"]: (c["kind"], c["role"]) for c in found["columns"]}
    assert found["rows"] == 140
    assert kinds["radius"] == ("number", "feature")
    assert kinds["diagnosis"] == ("category", "target")


def test_a_condition_is_a_target(folder: Path) -> None:
    found = json.loads(
        abound("read", "table.csv", "-t", "radius > 14", "--ignore", "area,perimeter", "--json", folder=folder).out
    )
    roles = {c["name"]: c["role"] for c in found["columns"]}
    assert roles["radius > 14"] == "target"
    assert {n for n, r in roles.items() if r == "ignore"} == {"radius", "area", "perimeter"}


def test_the_parts_of_a_split_are_sound_and_the_test_part_is_sealed(folder: Path) -> None:
    info = json.loads((folder / "parts" / "split.json").read_text())
    assert sum(info["parts"].values()) + info["rows"] == 140
    for name in ("train", "tune", "reference", "test"):
        assert open_folder(folder / "parts" / name).kind == "dataset"
    assert not (folder / "parts" / "ledger.jsonl").exists()


def test_a_split_is_not_written_over(folder: Path) -> None:
    done = abound("split", "table.csv", *TARGET, "--out", "parts", folder=folder)
    assert done.code == 1
    assert "not empty" in done.err


def test_a_changed_part_is_noticed(folder: Path) -> None:
    abound("split", "table.csv", *TARGET, "--out", "changed", folder=folder)
    path = folder / "changed" / "tune" / "rows.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = abound("mix", "made.parquet", "--split", "changed", "--out", "m.csv", folder=folder)
    assert done.code == ArtifactError.exit_code
    assert "changed or damaged" in done.err


def test_made_rows_are_in_the_file_and_named_synthetic(folder: Path) -> None:
    made = pl.read_parquet(folder / "made.parquet")
    assert made.height == 40
    assert set(made["_origin"]) == {"synthetic"}


def test_the_same_seed_makes_the_same_file(folder: Path) -> None:
    words = ["generate", "table.csv", *TARGET, "-g", "copula", "-n", "40"]
    abound(*words, "-o", "again.parquet", folder=folder)
    abound(*words, "-o", "other.parquet", "--seed", "1", folder=folder)
    read = {n: (folder / n).read_bytes() for n in ("made.parquet", "again.parquet", "other.parquet")}
    assert read["again.parquet"] == read["made.parquet"] != read["other.parquet"]


def test_a_condition_and_a_parameter_of_the_generator_are_obeyed(folder: Path) -> None:
    done = abound(
        "generate", "table.csv", *TARGET, "-g", "marginals", "--param", "by_target=true", "-n", "25",
        "--where", "diagnosis = malignant and radius > 12", "-o", "some.csv", folder=folder,
    )  # fmt: skip
    assert done.code == 0, done.err
    made = pl.read_csv(folder / "some.csv")
    assert made.height == 25
    assert set(made["diagnosis"]) == {"malignant"}
    assert made["radius"].min() > 12


def test_parameters_are_read_as_yaml_reads_them() -> None:
    assert parameters(["by_target=true", "share=.5", "base=copula"]) == {
        "by_target": True, "share": 0.5, "base": "copula",
    }  # fmt: skip


def test_mixed_rows_are_the_training_part_and_what_was_made(folder: Path) -> None:
    done = abound(
        "mix", "made.parquet", "--split", "parts", "--out", "mixed.parquet", "--json", "-q", folder=folder
    )
    sizes = json.loads(done.out)
    mixed = pl.read_parquet(folder / "mixed.parquet")
    assert mixed.height == sizes["real"] + sizes["synthetic"]
    assert sizes["synthetic"] == 40 - sizes["dropped"]
    assert mixed["_origin"].value_counts().sort("_origin")["count"].to_list() == [sizes["real"], sizes["synthetic"]]


def test_the_audit_finds_planted_copies(folder: Path) -> None:
    train = pl.read_parquet(folder / "parts" / "train" / "rows.parquet")
    train.head(40).write_parquet(folder / "copies.parquet")
    words = ["--real", "table.csv", *TARGET, "--json", "-q"]
    found = json.loads(abound("audit", "copies.parquet", *words, folder=folder).out)
    assert found["verdict"] == "fail"
    assert any(f["check"] == "copies" and f["verdict"] == "fail" for f in found["findings"])


@pytest.mark.slow
def test_rows_made_elsewhere_are_judged_on_the_sealed_test(folder: Path) -> None:
    for seed in ("1", "2"):
        abound("generate", "table.csv", *TARGET, "-n", "40", "-o", f"s{seed}.parquet", folder=folder)
    words = ["--split", "parts", "--learner", "linear", "-q"]
    one = json.loads(abound("prove", "s1.parquet", *words, "--json", folder=folder).out)
    assert one["claims"][0]["verdict"] == "not enough evidence"
    two = abound("prove", "s1.parquet", "s2.parquet", *words, folder=folder)
    assert two.code == 0
    assert "opened 2 times" in two.out
    assert "2 repeats" in two.out


@pytest.mark.slow
def test_a_schema_that_was_edited_can_be_used(folder: Path) -> None:
    printed = abound("schema", "table.csv", *TARGET, folder=folder).out
    (folder / "schema.yaml").write_text(printed)
    recipe = "data: {path: table.csv, schema: schema.yaml}\nlearner: linear\n"
    (folder / "recipe.yaml").write_text(recipe)
    done = abound("run", "recipe.yaml", "--dry-run", "--out", "dry", "-q", folder=folder)
    assert done.code == 0, done.err
    assert "predicts diagnosis" in done.out


def test_list_names_every_plug_in_with_its_parameters() -> None:
    from abound.core.registry import KINDS, names

    found = {(e["kind"], e["name"]): e for e in json.loads(abound("list", "--json").out)}
    assert set(found) == {(k, n) for k in KINDS for n in names(k)}
    assert "by_target" in found["generator", "copula"]["parameters"]["properties"]
    assert "by_target: boolean = False" in abound("list", "generators").out


def test_doctor_says_what_is_missing() -> None:
    facts = json.loads(abound("doctor", "--json").out)
    assert facts["versions"]["abound"]
    assert facts["machine"]["cores"] >= 1
    assert facts["machine"]["memory_gib"] > 0
    assert set(facts["extras"]) >= {"demo", "pandas", "dev"}
    assert all(
        e["install"] == f"pip install 'abound[{n}]'  (in a clone: pip install '.[{n}]')"
        for n, e in facts["extras"].items()
    )


def test_rows_of_one_class_are_audited_mixed_and_proved(tmp_path: Path) -> None:
    small_table(tmp_path)
    split = ["--split", "parts", "-q"]
    words = ["generate", "table.csv", *TARGET, "-n", "40", "-g", "resample", "--where", "diagnosis = malignant"]
    for line in (
        ["split", "table.csv", *TARGET, "-o", "parts"],
        [*words, "-o", "one.parquet", "-q"],
        ["audit", "one.parquet", "--real", "table.csv", *TARGET, "-q"],
        ["mix", "one.parquet", *split, "-o", "mixed.parquet"],
        ["prove", "one.parquet", *split, "--learner", "linear"],
    ):
        done = abound(*line, folder=tmp_path)
        assert done.code == 0, (line, done.err)


def test_synthetic_rows_that_lack_a_column_name_it_and_the_table(tmp_path: Path) -> None:
    small_table(tmp_path)
    assert abound("split", "table.csv", *TARGET, "-o", "parts", folder=tmp_path).code == 0
    pl.read_csv(tmp_path / "table.csv").drop("texture", "area").write_csv(tmp_path / "lack.csv")
    for words, table in (
        (["audit", "lack.csv", "--real", "table.csv", *TARGET], "table.csv"),
        (["mix", "lack.csv", "--split", "parts", "-o", "m.csv"], "parts"),
        (["prove", "lack.csv", "--split", "parts"], "parts"),
    ):
        done = abound(*words, folder=tmp_path)
        assert done.code == 1
        assert "lack.csv lacks the columns 'texture', 'area'" in done.err
        assert f"(the rows must fit {table})" in done.err


def test_a_metric_that_does_not_suit_the_target_is_named_before_any_work(tmp_path: Path) -> None:
    small_table(tmp_path)
    assert abound("split", "table.csv", *TARGET, "-o", "parts", folder=tmp_path).code == 0
    done = abound("prove", "table.csv", "--split", "parts", "--metric", "r2", "-q", folder=tmp_path)
    assert done.code == 2
    assert "r2 needs a regression target, and 'diagnosis' is a classification target" in done.err
    assert "average_precision" in done.err
    assert "rmse" not in done.err


def test_a_split_that_fails_leaves_nothing(tmp_path: Path) -> None:
    small_table(tmp_path)
    words = ["split", "table.csv", *TARGET, "-o", "parts"]
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts").rmdir()
    done = abound(*words, "--slice", "texture > 1e9", folder=tmp_path)
    assert done.code != 0
    assert not (tmp_path / "parts").exists()


def test_many_rows_say_beforehand_what_they_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abound.cli.room.LARGE", 15_000)
    small_table(tmp_path)
    words = ["generate", "table.csv", "-n", "15000", "-g", "marginals", "-o", "x.csv"]
    done = abound(*words, folder=tmp_path)
    assert done.code == 0
    said, *steps = done.err.strip().splitlines()
    assert said.startswith("15,000 rows take about ")
    told = float(said.split("about ")[1].split(" MB")[0])
    assert abs(told - (tmp_path / "x.csv").stat().st_size / 1e6) < 1
    assert steps[0].startswith("generate: 10000/15000")
    assert steps[-1].startswith("generate: 15000/15000 done")
