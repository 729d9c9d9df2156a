"""Shortcut: a mark on synthetic rows that gives the rare class away is found; rows near the border are let be."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.shortcut import Shortcut
from abound.core.dataset import Dataset
from abound.core.labels import codes
from abound.core.schema import Column, Schema, Table, Task
from abound.stats.matched import matched_excess, paired_excess, positives, standing
from tests.checks.cases import context

QUICK = Shortcut(learner="tree", folds=2)


def rows(n, rare, seed, mark=0.0, near=False):
    """A noisy class that depends on a and b; `mark` sits in a column that says nothing of it."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < rare
    shift = np.where(y, 1.0, 0.7 if near else 0.0)
    frame = pl.DataFrame(
        {
            "a": rng.normal(size=n) + shift,
            "b": rng.normal(size=n) + shift,
            "mark": rng.normal(scale=0.05, size=n) + mark,
            "y": np.where(y, "yes", "no"),
        }
    )
    columns = (*(Column(name=c, kind="number") for c in ("a", "b", "mark")),)
    target = Column(name="y", kind="category", role="target", domain=("no", "yes"))
    schema = Schema(
        main="rows",
        tables={"rows": Table(name="rows", columns=(*columns, target))},
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="yes"),),
    )
    return Dataset(schema, {"rows": frame.lazy()})


def holed(data, seed, holes=True):
    """The rows with three columns that say nothing; real rows have no value there half of the time."""
    rng = np.random.default_rng(seed)
    n, names = len(data), ("h0", "h1", "h2")
    drawn = [
        pl.Series(name, rng.normal(size=n)).scatter(np.flatnonzero((rng.random(n) < 0.5) & holes), None)
        for name in names
    ]
    columns = (*data.schema.main_table.columns, *(Column(name=name, kind="number") for name in names))
    return data.with_table("rows", data.main.with_columns(drawn), data.schema.with_columns("rows", columns))


def verdict(synth, check=QUICK, seed=0):
    return check.check(synth, rows(900, 0.1, 1), rows(200, 0.1, 2), context(seed))[0]


@pytest.mark.parametrize("learner", ["tree", "boosting"])
def test_a_planted_shortcut_is_found(learner):
    found = verdict(rows(400, 0.7, 3, mark=3.0), Shortcut(learner=learner, folds=2))
    assert (found.verdict, found.action) == ("fail", "repair")
    assert found.value > 0.3
    assert found.low > found.limit
    assert abs(found.reference) < 0.15
    assert "looks synthetic" in found.sentence


@pytest.mark.parametrize("learner", ["tree", pytest.param("boosting", marks=pytest.mark.slow)])
def test_rare_rows_missed_for_a_planted_shortcut_are_found(learner):
    """A tree of four levels spends three of them on "no cell is missing"; boosting stops before it has the rest."""
    train, tune, synth = (
        rows(n, rare, seed) for n, rare, seed in ((1500, 0.15, 1), (300, 0.15, 2), (900, 0.95, 3))
    )
    check = Shortcut(learner=learner, folds=3)
    found = check.check(holed(synth, 6, holes=False), holed(train, 4), holed(tune, 5), context())[-1]
    assert found.name == "missed rare rows"
    assert found.details["synthetic_found_beyond_real"] > 0.2
    assert (found.verdict, found.action) == ("fail", "repair")
    assert found.low > found.limit
    assert "takes 'looks real' for another class than 'yes'" in found.sentence


@pytest.mark.parametrize("seed", range(3))
def test_real_rows_given_as_synthetic_lose_no_rare_rows(seed):
    train, tune, synth = (rows(n, 0.15, 30 + 3 * seed + i) for i, n in enumerate((900, 200, 900)))
    found = QUICK.check(holed(synth, 6), holed(train, 4), holed(tune, 5), context(seed))[-1]
    assert (found.name, found.verdict) == ("missed rare rows", "pass")


def test_too_few_real_rare_rows_to_see_misses():
    found = QUICK.check(rows(400, 0.7, 3), rows(900, 0.02, 1), rows(200, 0.1, 2), context())
    assert [f.verdict for f in found] == ["pass", "inconclusive"]
    assert "are too few to see whether a model misses more of them" in found[1].sentence


@pytest.mark.parametrize("seed", range(3))
def test_real_rows_with_more_of_the_rare_class_pass(seed):
    assert verdict(rows(400, 0.7, 10 + seed), seed=seed).verdict == "pass"


@pytest.mark.parametrize("seed", range(3))
def test_common_rows_near_the_border_pass(seed):
    found = verdict(rows(400, 0.3, 20 + seed, near=True), seed=seed)
    assert found.details["synthetic_rate"] > 0.05
    assert found.verdict == "pass"


def test_a_mark_that_says_nothing_of_the_class_passes():
    assert verdict(rows(600, 0.1, 3, mark=3.0)).verdict == "pass"


def test_too_few_common_rows_says_what_to_do():
    found = verdict(rows(40, 0.7, 3, mark=3.0))
    assert found.verdict == "inconclusive"
    assert "raise the common share" in found.sentence


def test_altered_rows_stay_with_their_source():
    from abound.checks.shortcut import _folds, _Sets

    train, synth = rows(90, 0.3, 1), rows(60, 0.3, 2)
    source = np.arange(60) % 50
    synth = synth.with_table("rows", synth.main.with_columns(_source=pl.Series(source)))
    real, made = _folds(_Sets(train, synth, 1, train), 3, context())
    assert (made == real[source]).all()
    assert (np.bincount(real[codes(train, train.schema.task()) == 1], minlength=3) >= 5).all()


def test_a_large_set_is_reduced_with_its_sources():
    synth = rows(400, 0.7, 3, mark=3.0)
    synth = synth.with_table("rows", synth.main.with_columns(_source=pl.Series(np.arange(400))))
    assert verdict(synth, Shortcut(learner="tree", folds=2, rows=600)).verdict == "fail"


def test_positives_have_the_rate_whatever_the_ties():
    calm = np.repeat([0.1, 0.2, 0.9], [50, 45, 5])
    for rate in (0.01, 0.05, 0.2):
        assert positives(calm, calm, rate).mean() == pytest.approx(rate)
    assert standing(np.array([0.0, 0.2, 1.0]), calm).tolist() == [0.0, 0.725, 1.0]


def test_what_the_covariate_explains_is_taken_out():
    rng = np.random.default_rng(0)
    at, among = rng.beta(3, 1, 3_000), rng.random(3_000)
    flags = [(rng.random(3_000) < level**3).astype(float) for level in (at, among)]
    found = matched_excess(flags[0], at, flags[1], among)
    low, high = found.interval(0.98)
    assert found.first - flags[1].mean() > 0.2
    assert low < 0.03
    assert high > 0


def test_a_paired_difference_is_as_sure_as_its_rows():
    first = np.repeat([1.0, 0.0], [60, 40])
    found = paired_excess(first, np.where(np.arange(100) < 50, 1.0, 0.0))
    assert (found.first, found.second) == (0.6, 0.5)
    assert found.error == pytest.approx(np.sqrt(0.1 * 0.9 / 100), rel=0.1)
    assert 0 < paired_excess(first, first).error < 0.02
