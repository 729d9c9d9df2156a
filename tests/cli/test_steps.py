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
    assert all(e["install"] == f"pip install 'abound[{n}]'" for n, e in facts["extras"].items())
