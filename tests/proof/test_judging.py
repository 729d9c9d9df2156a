"""Copies in the test set are one observation; slices, guard and equivalence for predictions from outside."""

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.ledger import unseal
from abound.core.schema import Column
from abound.core.units import units
from abound.encoding.handout import row_ids
from abound.errors import InputError, UnknownName
from abound.proof.questions import asked, facts_of
from abound.proof.scoring import test_draws as draws_of
from abound.stages.judge import judge
from abound.stages.prove import prove
from abound.stages.split import split
from tests.planted import mixed_table


def copied(n, times, seed=3, rare=0.3):
    """A table in which every row stands several times, with tiny noise in its numbers."""
    data = mixed_table(n, seed, nulls=False, rare=rare)
    rng = np.random.default_rng(seed)
    every = pl.concat([data.main.with_columns(pl.Series("height", rng.normal(170, 10, n)))] * times)
    noise = 1 + 1e-7 * rng.normal(size=every.height)
    schema = data.schema.with_columns(
        "rows", (*data.schema.main_table.columns, Column(name="height", kind="number"))
    )
    return data.with_table("rows", every.with_columns(pl.col("income", "height") * noise), schema)


def predictions(folder, parts, repeats=2, **arms):
    """Arms that know the label to a degree. What is random is the same for a row and its copies."""
    frames = [parts.tune.main, pl.read_parquet(parts.test.folder / "rows.parquet")]
    ids = [
        *row_ids(parts.test.digest, "tune", frames[0].height),
        *row_ids(parts.test.digest, "test", parts.test.rows),
    ]
    rows = pl.concat([f.select("age", "height", "since", "y") for f in frames])
    case = rows.select(pl.struct("age", "since", pl.col("height").round(2)).rank("dense")).to_series()
    y = 2 * (rows["y"] == "yes").to_numpy() - 1
    for place, (arm, good) in enumerate(arms.items()):
        luck = np.random.default_rng(place).normal(size=case.max() + 1)[case]
        for repeat in range(repeats):
            own = 0.02 * np.random.default_rng(100 * place + repeat).normal(size=case.max() + 1)[case]
            p = 1 / (1 + np.exp(-(good * y + luck + own)))
            path = folder / arm / f"{repeat}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pl.DataFrame({"id": ids, "p:no": 1 - p, "p:yes": p}).write_parquet(path)
    return folder


def width(data, folder, **options):
    parts = split(data, seed=1, wanted_gain=0.5, **options)
    found = judge(predictions(folder, parts, real_only=0.5, mine=0.7), tune=parts.tune, test=parts.test)
    return found.claim.high - found.claim.low, found.claim


def test_copies_of_test_rows_narrow_no_interval(tmp_path):
    """Each case five times over: rows would make the interval sqrt(5) times narrower, and that would be a lie."""
    alone, one = width(copied(300, 1), tmp_path / "a")
    together, five = width(copied(300, 5), tmp_path / "b")
    parted, none = width(copied(300, 5), tmp_path / "c", near_duplicates="none")
    assert five.units == pytest.approx(5 * one.units, rel=0.05)
    assert five.groups == pytest.approx(one.groups, rel=0.05)
    assert five.side_groups == five.positives // 5
    assert none.groups == none.units
    assert together / alone == pytest.approx(1.0, abs=0.2)
    assert parted / alone == pytest.approx(1 / np.sqrt(5), abs=0.12)


def test_the_bootstrap_draws_whole_units():
    test = unseal(split(copied(300, 5), seed=1).test, "a test")
    drawn, of = draws_of(test, Context(seed=0)), units(test)
    for unit in np.unique(of)[:20]:
        assert (np.ptp(drawn[:, of == unit], axis=1) == 0).all()


def test_a_side_that_few_groups_hold_is_few_observations():
    """Forty positive rows of two cases: neither forty observations nor an interval of no width."""
    data = copied(400, 1, rare=0.02)
    yes = data.main.filter(pl.col("y") == "yes").head(2)
    frame = pl.concat([data.main.filter(pl.col("y") == "no"), *[yes] * 40])
    parts = split(data.with_table("rows", frame), seed=0)
    facts = facts_of(unseal(parts.test, "a test"), asked(parts.tune.schema, None).claims[0])
    assert facts.positives >= 40
    assert facts.side_groups == facts.independent == 1


@pytest.fixture(scope="module")
def parts():
    return split(copied(800, 1, seed=21, rare=0.3), seed=3)


def verdict(folder, parts, **options):
    return judge(folder, tune=parts.tune, test=parts.test, **options)


def test_slices_and_the_guard_are_those_of_prove(parts, tmp_path):
    folder = predictions(tmp_path, parts, real_only=0.4, mine=0.9)
    found = verdict(folder, parts, slices=["job = nurse", "age > 89"])
    assert [str(c.slice) for c in found.claims[1:]] == ["job = nurse"]
    assert found.claims[1].verdict == "helps"
    assert found.claims[1].units < found.claim.units
    assert {c.level for c in found.claims} == {0.975, 0.95}
    assert [g.name for g in found.guards] == ["the common rows (no)"]
    assert any("Nothing is claimed about the slice 'age > 89'" in w for w in found.warnings)
    study = prove({"mixed": [parts.train.take(range(n)) for n in (90, 95)]}, baseline=parts.train, tune=parts.tune,
                  test=parts.test, learner="tree", controls=("real_only",), slices=["job = nurse"])  # fmt: skip
    assert [str(c.slice) for c in study.claims] == [str(c.slice) for c in found.claims]
    assert [c.units for c in study.claims] == [c.units for c in found.claims]
    assert study.guards[0].units == found.guards[0].units


def test_to_replace_is_to_be_equivalent_within_the_margin(parts, tmp_path):
    folder = predictions(tmp_path, parts, real_only=0.6, mine=0.6, class_weights=0.9)
    wide, narrow = (verdict(folder, parts, purpose="replace", margin=m) for m in (0.4, 0.001))
    assert (wide.purpose, wide.claim.control, wide.verdict) == ("replace", "real_only", "no difference")
    assert narrow.verdict == "not enough evidence"
    assert verdict(folder, parts, margin=0.4).claim.control == "class_weights"
    assert verdict(folder, parts, purpose="replace", metric="f1").claim.control in ("real_only", "threshold")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"margin": 0.0}, InputError, "the margin is 0: give a number above 0"),
        ({"margin": -1.0}, InputError, "the margin is -1"),
        ({"margin": float("nan")}, InputError, "the margin is nan"),
        ({"minimal_gain": -0.1}, InputError, "the minimal gain is -0.1"),
        ({"metric": "rmse"}, InputError, "needs a regression target"),
        ({"slices": ["ege > 3"]}, UnknownName, "did you mean 'age'"),
        ({"slices": ["job = nurs"]}, UnknownName, "did you mean 'nurse'"),
        ({"slices": ["age"]}, InputError, "write comparisons such as"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence_and_costs_no_opening(parts, tmp_path, options, error, said):
    folder = predictions(tmp_path, parts, repeats=2, real_only=0.4, mine=0.9)
    common = {"tune": parts.tune, "test": parts.test, **options}
    before = parts.test.ledger.openings(parts.test.digest)
    for call in (
        lambda: judge(folder, **common),
        lambda: prove({"m": parts.train}, baseline=parts.train, **common),
    ):
        with pytest.raises(error, match=said) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert parts.test.ledger.openings(parts.test.digest) == before


def test_a_class_that_tune_lacks_is_one_sentence_and_costs_no_opening(parts, tmp_path):
    tune = parts.tune.take(np.flatnonzero((parts.tune.main["y"] == "no").to_numpy()))
    before = parts.test.ledger.openings(parts.test.digest)
    with pytest.raises(InputError, match="the tune part has no row of the class 'yes'"):
        prove({"m": parts.train}, baseline=parts.train, tune=tune, test=parts.test)
    assert parts.test.ledger.openings(parts.test.digest) == before


def test_controls_that_are_none_and_arms_called_as_one_are_one_sentence(parts):
    common = {"baseline": parts.train, "tune": parts.tune, "test": parts.test}
    with pytest.raises(UnknownName, match="did you mean 'smote'"):
        prove({"m": parts.train}, controls=("real_only", "smot"), **common)
    with pytest.raises(InputError, match="the arm 'smote' has the name of a control"):
        prove({"smote": parts.train}, **common)
