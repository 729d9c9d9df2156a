"""Models trained elsewhere: what is handed out, and the verdict on what comes back."""

import json
import re

import numpy as np
import polars as pl
import pytest

from abound.core.recipe import Use
from abound.core.run import Run
from abound.encoding.handout import row_ids
from abound.errors import InputError, Refusal
from abound.proof.repeat import read_predictions
from abound.stages.handout import handout
from abound.stages.judge import judge
from abound.stages.prove import prove
from abound.stages.split import split
from tests.planted import mixed_table, stays_with_events

FAST = ("real_only", "duplicated")


@pytest.fixture(scope="module")
def parts():
    return split(mixed_table(2500, 21), seed=3)


@pytest.fixture(scope="module")
def proved(parts, tmp_path_factory):
    """A study of `prove` where further real rows pose as synthetic ones, and its predictions as given files."""
    rng = np.random.default_rng(0)
    real, mixed = [], []
    for _ in range(5):
        order = rng.permutation(len(parts.train))
        real.append(parts.train.take(order[:60]))
        mixed.append(parts.train.take(order[:700]))
    folder = tmp_path_factory.mktemp("judge")
    with Run(folder / "run") as run:
        study = prove({"mixed": mixed}, baseline=real, tune=parts.tune, test=parts.test, learner="linear",
                      controls=FAST, run=run)  # fmt: skip
    for repeat in range(5):
        halves = [read_predictions(folder / "run" / "prove" / f"repeat-{repeat:03d}", p) for p in ("tune", "test")]
        for arm in halves[0]:
            write(folder / "given" / arm / f"{repeat}.parquet", parts, halves[0][arm], halves[1][arm])
    return study, folder / "given"


def write(path, parts, on_tune, on_test):
    ids = [
        *row_ids(parts.test.digest, "tune", len(parts.tune)),
        *row_ids(parts.test.digest, "test", parts.test.rows),
    ]
    frame = (
        pl.concat([on_tune, on_test]).with_columns(pl.Series("id", ids)).sample(fraction=1.0, shuffle=True, seed=1)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)


def guesses(parts, rng, good):
    """Predictions that know the label to the degree `good`."""
    out = []
    for data in (parts.tune, pl.read_parquet(parts.test.folder / "rows.parquet")):
        y = (data.main if hasattr(data, "main") else data)["y"] == "yes"
        p = 1 / (1 + np.exp(-(good * (2 * y.to_numpy() - 1) + rng.normal(size=len(y)))))
        out.append(pl.DataFrame({"p:no": 1 - p, "p:yes": p}))
    return out


def given(folder, parts, repeats=4, suffix="parquet", **arms):
    rng = np.random.default_rng(5)
    for name, good in arms.items():
        for k in range(repeats):
            write(folder / name / f"r{k}.{suffix}", parts, *guesses(parts, rng, good))
    return folder


def verdict(folder, parts, **options):
    return judge(folder, tune=parts.tune, test=parts.test, **options)


def test_the_verdict_is_that_of_prove_on_the_same_predictions(parts, proved):
    study, folder = proved
    before = parts.test.ledger.openings(parts.test.digest)
    found = verdict(folder, parts)
    assert found.verdict == study.verdict == "helps"
    same = {
        "units",
        "positives",
        "groups",
        "repeats",
        "arm",
        "control",
        "difference",
        "low",
        "high",
        "level",
        "sentence",
    }
    assert found.claim.model_dump(include=same) == study.claim.model_dump(include=same)
    assert [a.test for a in found.arms] == [next(b.test for b in study.arms if b.arm == a.arm) for a in found.arms]
    assert found.openings == before + 1
    assert "known" in found.about


def test_csv_files_say_the_same(parts, tmp_path):
    one = verdict(given(tmp_path / "a", parts, real_only=0.5, mine=0.9), parts)
    two = verdict(given(tmp_path / "b", parts, suffix="csv", real_only=0.5, mine=0.9), parts)
    assert one.verdict == two.verdict == "helps"
    assert one.claim.difference == pytest.approx(two.claim.difference, abs=1e-9)
    assert "only control" in one.warnings[0]


def test_worse_predictions_harm_and_equal_ones_do_not_help(parts, tmp_path):
    assert verdict(given(tmp_path / "a", parts, real_only=0.9, mine=0.3), parts).verdict == "harms"
    assert verdict(given(tmp_path / "b", parts, real_only=0.5, mine=0.5), parts).verdict != "helps"


def test_an_arm_named_as_a_control_is_one_and_arms_yaml_may_say_otherwise(parts, tmp_path):
    folder = given(tmp_path / "a", parts, real_only=0.3, class_weights=0.9, ensemble=1.5, mine=0.6)
    found = verdict(folder, parts)
    assert found.claim.control == "class_weights"
    assert found.verdict == "harms"
    assert {a.arm: a.role for a in found.arms}["ensemble"] == "reference"
    (folder / "arms.yaml").write_text("class_weights: candidate\nmine: control\n")
    again = verdict(folder, parts)
    assert (again.claim.arm, again.claim.control, again.verdict) == ("class_weights", "mine", "helps")


def test_the_baseline_with_a_threshold_is_a_control_where_labels_are_scored(parts, tmp_path):
    """A model that only moves its probabilities gains nothing that a threshold does not give."""
    folder = tmp_path / "a"
    for k in range(4):
        for arm, move in (("real_only", 0.0), ("mine", 0.3)):
            pred = [
                f.select((1 - f["p:yes"] * 0.4 - move).alias("p:no"), (f["p:yes"] * 0.4 + move).alias("p:yes"))
                for f in guesses(parts, np.random.default_rng(k), 1.0)
            ]
            write(folder / arm / f"{k}.parquet", parts, *pred)
    found = verdict(folder, parts, metric="f1")
    scores = {a.arm: a.test.mean for a in found.arms}
    assert scores["threshold"] > scores["real_only"] + 0.05
    assert found.claim.control == "threshold"
    assert found.verdict != "helps"


def test_one_repeat_gives_no_verdict(parts, tmp_path):
    found = verdict(given(tmp_path / "a", parts, repeats=1, real_only=0.3, mine=2.0), parts)
    assert found.verdict == "not enough evidence"
    assert "one repeat" in found.claim.sentence


def test_copied_repeats_are_no_repeats_and_cost_no_opening(parts, tmp_path):
    folder = given(tmp_path / "a", parts, real_only=0.3, mine=2.0)
    (folder / "mine" / "r3.parquet").write_bytes((folder / "mine" / "r0.parquet").read_bytes())
    before = parts.test.ledger.openings(parts.test.digest)
    with pytest.raises(InputError, match=r"r3.parquet and r0.parquet hold the same predictions"):
        verdict(folder, parts)
    assert parts.test.ledger.openings(parts.test.digest) == before


def test_a_baseline_that_is_the_same_each_time_is_said(parts, tmp_path):
    folder = given(tmp_path / "a", parts, real_only=0.3, mine=2.0)
    for k in range(1, 4):
        (folder / "real_only" / f"r{k}.parquet").write_bytes((folder / "real_only" / "r0.parquet").read_bytes())
    assert any("one training set" in w for w in verdict(folder, parts).warnings)


def broken(frame, how):
    ids = frame["id"].to_list()
    return {
        "lacks 1 of": lambda: frame.head(frame.height - 1),
        "more than once": lambda: pl.concat([frame, frame.head(1)]),
        "row too many": lambda: pl.concat([frame, frame.head(1).with_columns(pl.lit("test-0").alias("id"))]),
        "ids are unknown, such as 'x'": lambda: frame.with_columns(pl.Series("id", ["x", *ids[1:]])),
        "row without an id": lambda: frame.with_columns(pl.Series("id", [None, *ids[1:]])),
        "no column 'p:yes'": lambda: frame.drop("p:yes"),
        "no column 'id'": lambda: frame.rename({"id": "row"}),
        "no such class": lambda: frame.with_columns(pl.lit(0.0).alias("p:maybe")),
        "not finite": lambda: frame.with_columns(pl.lit(float("nan")).alias("p:yes")),
        "below 0 or above 1": lambda: frame.with_columns((1 + pl.col("p:yes")).alias("p:yes")),
        "sum to": lambda: frame.with_columns((pl.col("p:yes") / 2).alias("p:yes")),
        "holds 'high': write numbers": lambda: frame.with_columns(pl.lit("high").alias("p:yes")),
    }[how]()


HOW = [
    "lacks 1 of", "more than once", "row too many", "ids are unknown, such as 'x'", "row without an id",
    "no column 'p:yes'", "no column 'id'", "no such class", "not finite", "below 0 or above 1", "sum to",
    "holds 'high': write numbers",
]  # fmt: skip


@pytest.mark.parametrize("how", HOW)
def test_a_wrong_file_is_one_sentence_and_costs_no_opening(parts, tmp_path, how):
    folder = given(tmp_path / "a", parts, repeats=2, real_only=0.3, mine=2.0)
    path = folder / "mine" / "r1.parquet"
    broken(pl.read_parquet(path), how).write_parquet(path)
    before = parts.test.ledger.openings(parts.test.digest)
    with pytest.raises(InputError, match=re.escape(how)) as error:
        verdict(folder, parts)
    assert "r1.parquet" in str(error.value)
    assert "\n" not in str(error.value)
    assert parts.test.ledger.openings(parts.test.digest) == before


def test_a_folder_that_is_no_arms_and_repeats_is_one_sentence(parts, tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        verdict(tmp_path / "none", parts)
    folder = given(tmp_path / "a", parts, repeats=2, mine=1.0)
    with pytest.raises(InputError, match="no arm 'real_only'"):
        verdict(folder, parts)
    given(folder, parts, repeats=3, real_only=1.0)
    with pytest.raises(InputError, match="arm 'mine' has no repeat 'r2'"):
        verdict(folder, parts)
    (folder / "real_only" / "r2.parquet").rename(folder / "real_only.parquet")
    with pytest.raises(InputError, match="lies beside the arms"):
        verdict(folder, parts)
    (folder / "real_only.parquet").rename(folder / "mine" / "notes.txt")
    with pytest.raises(InputError, match="no table of predictions"):
        verdict(folder, parts)
    (folder / "mine" / "notes.txt").unlink()
    wrong = {"mina: control": "did you mean 'mine'", "mine: rival": "choose one of", "mine": "lines",
             "real_only: candidate": "stays a control", "mine: control": "no candidate"}  # fmt: skip
    for text, said in wrong.items():
        (folder / "arms.yaml").write_text(text)
        with pytest.raises(InputError, match=said):
            verdict(folder, parts)


def test_a_metric_that_does_not_fit_costs_no_opening(parts, tmp_path):
    folder = given(tmp_path / "a", parts, repeats=2, real_only=0.3, mine=2.0)
    before = parts.test.ledger.openings(parts.test.digest)
    with pytest.raises(InputError, match="needs a regression target"):
        verdict(folder, parts, metric="rmse")
    with pytest.raises(InputError, match="no class"):
        verdict(folder, parts, metric=Use(name="cost", params={"positive": "maybe"}))
    assert parts.test.ledger.openings(parts.test.digest) == before


def test_the_handout_tells_no_label(tmp_path):
    """Rows sorted by class, and a test part weighted by class: neither order, weight nor id gives it away."""
    data = mixed_table(900, 4, rare=0.05)
    data = data.take(data.main["y"].arg_sort().to_numpy())
    parts = split(data, seed=0, wanted_gain=0.2)
    paths = handout(parts.train, parts.tune, parts.test, tmp_path / "out")
    asked = pl.read_parquet(paths["predict"])
    assert asked.columns == ["id", "age", "income", "job", "member", "since"]
    assert asked.height == len(parts.tune) + parts.test.rows
    truth = pl.read_parquet(parts.test.folder / "rows.parquet")
    ids = row_ids(parts.test.digest, "test", truth.height)
    labels = asked.join(pl.DataFrame({"id": ids, "y": truth["y"]}), on="id", maintain_order="left")["y"] == "yes"
    place = np.flatnonzero(labels.to_numpy())
    assert abs(place.mean() / len(labels) - 0.5) < 0.15
    train = pl.read_parquet(paths["train"])
    assert train.columns == ["age", "income", "job", "member", "since", "y", "_weight"]
    assert train.height == len(parts.train)
    told = json.loads(paths["task"].read_text())
    assert told["classes"] == ["no", "yes"]
    assert told["predictions"] == ["id", "p:no", "p:yes"]
    assert [e["event"] for e in parts.test.ledger.read()] == ["hand_out_test"]
    assert parts.test.ledger.openings(parts.test.digest) == 0


def test_a_handout_needs_one_table_a_new_folder_and_a_known_form(parts, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not empty"):
        handout(parts.train, parts.tune, parts.test, tmp_path)
    with pytest.raises(InputError, match="parquet or csv"):
        handout(parts.train, parts.tune, parts.test, tmp_path / "x", table="xls")
    stays = stays_with_events(60)
    with pytest.raises(Refusal, match="single table"):
        handout(stays, stays, parts.test, tmp_path / "y")
