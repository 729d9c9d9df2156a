"""`abound find`: what is listed, and answers that are kept in a schema file and obeyed from then on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.cli.command import Done, abound

HOLES = ("job = pilot and region = north", "job = smith and shift = night")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table without pilots in the north and smiths at night."""
    rng, n = np.random.default_rng(0), 6000
    frame = pl.DataFrame(
        {
            "job": rng.choice(["clerk", "nurse", "pilot", "smith"], n, p=[0.4, 0.3, 0.2, 0.1]),
            "region": rng.choice(["east", "north", "south", "west"], n),
            "shift": rng.choice(["day", "night"], n),
            "age": rng.integers(18, 70, n),
            "y": rng.choice(["no", "yes"], n),
        }
    )
    pilots = (pl.col("job") == "pilot") & (pl.col("region") == "north")
    smiths = (pl.col("job") == "smith") & (pl.col("shift") == "night")
    frame.filter(~pilots & ~smiths).write_csv(tmp_path / "people.csv")
    return tmp_path


def find(folder: Path, *words: str) -> Done:
    return abound("find", "people.csv", *words, "--finder", "missing_combo", "-q", folder=folder)


def listed(folder: Path, *words: str) -> Any:
    done = find(folder, *words, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_answers_by_id_are_kept_in_a_file_and_obeyed(folder: Path) -> None:
    first = listed(folder, "-t", "y")
    assert (first["answers"], first["schema"]) == ([], None)
    assert not (folder / "people.schema.yaml").exists()
    pilots, smiths = (g["id"] for g in first["gaps"])
    after = listed(folder, "-t", "y", "--answer", f"{pilots}=impossible", "--answer", f"{smiths}=needed")
    assert [g["id"] for g in after["gaps"]] == [smiths]
    assert after["answers"] == [
        {"id": pilots, "hole": HOLES[0], "answer": "impossible"},
        {"id": smiths, "hole": HOLES[1], "answer": "needed"},
    ]
    assert after["schema"] == "people.schema.yaml"
    again = listed(folder, "--schema", "people.schema.yaml")
    assert again["gaps"] == after["gaps"]
    changed = listed(folder, "--schema", "people.schema.yaml", "--answer", f"{pilots}=unneeded")
    assert {a["id"]: a["answer"] for a in changed["answers"]} == {pilots: "unneeded", smiths: "needed"}


@pytest.mark.slow
def test_a_hole_may_be_given_as_a_condition_and_a_run_obeys_it(folder: Path) -> None:
    words = ["-t", "y", "--schema", "own.yaml", "--answer", f"{HOLES[1]}=needed"]
    done = find(folder, *words, "--answer", f"{HOLES[0]}=unneeded")
    assert done.code == 0, done.err
    assert HOLES[1] in done.out
    assert "kept in own.yaml" in done.out
    dry = abound(
        "run", "people.csv", "--schema", "own.yaml", "--learner", "linear", "--dry-run", "--out", "dry", "-q",
        folder=folder,
    )  # fmt: skip
    assert dry.code == 0, dry.err
    said = " ".join(dry.out.split())
    assert f"where {HOLES[1]}: answered to be needed; no real row shows it, so nothing can be proved" in said
    assert HOLES[0] not in said


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("{id}=imposible", "did you mean 'impossible'?"),
        ("{id}", "is not HOLE=impossible"),
        ("{near}=needed", "did you mean '{id}'?"),
        ("pilots=needed", "find lists no hole 'pilots'"),
        ("jbo = pilot=needed", "did you mean 'job'?"),
        ("job = pilto and region = north=impossible", "no level 'pilto': did you mean 'pilot'?"),
        ("job = clerk=impossible", "cannot be impossible"),
    ],
)
def test_what_is_unknown_or_contradicts_the_data_is_one_sentence(folder: Path, answer: str, sentence: str) -> None:
    known = listed(folder, "-t", "y")["gaps"][0]["id"]
    near = known[:-1] + ("0" if known[-1] != "0" else "1")
    done = find(folder, "-t", "y", "--answer", answer.format(id=known, near=near))
    assert done.code != 0
    assert sentence.format(id=known) in done.err
    assert done.err.count("\n") == 1
    assert not (folder / "people.schema.yaml").exists()


def test_a_need_that_a_rule_forbids_is_refused(folder: Path) -> None:
    schema = abound("schema", "people.csv", "-t", "y", folder=folder).out
    rule = (
        "rules:\n- kind: implies\n  when: [{column: job, op: ==, value: pilot}]\n"
        "  then: [{column: region, op: '!=', value: north}]\n"
    )
    (folder / "own.yaml").write_text(schema + rule)
    (gap,) = listed(folder, "--schema", "own.yaml")["gaps"]
    assert gap["reason"].startswith(f"no row has {HOLES[1]}")
    done = find(folder, "--schema", "own.yaml", "--answer", f"{HOLES[0]}=needed")
    assert done.code == 1
    assert "the rule" in done.err


def test_the_target_must_be_known(folder: Path) -> None:
    done = abound("find", "people.csv", "-q", folder=folder)
    assert done.code == 2
    assert "--target" in done.err


def test_missing_combinations_need_no_target(folder: Path) -> None:
    assert find(folder).code == 0
