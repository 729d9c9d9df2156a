"""The classifier test: it finds what is planted, names it, and is silent on real rows as often as it says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.gap_test import GapTest
from tests.checks.cases import context, grouped, parts, put
from tests.planted import mixed_table


def test_half_a_deviation_in_one_column_is_found_and_named():
    found = 0
    for seed in range(2):
        synth, train, reference = parts(seed=seed)
        half = 0.5 * float(train.main["age"].std())
        finding = GapTest(draws=1).check(
            put(synth, age=(pl.col("age") + half).round().cast(pl.Int64)), train, reference, context(seed)
        )[0]
        named = finding.verdict == "fail" and finding.details["culprits"][0]["column"] == "age"
        found += named and finding.action == "repair"
        assert finding.low < finding.value < finding.high
        assert finding.reference < finding.value
    assert found == 2


def test_rounding_gives_a_column_away():
    synth, train, reference = parts(400, 400, 200)
    cents = {d: put(d, income=pl.col("income").round(2)) for d in (train, reference)}
    finding = GapTest(draws=1).check(synth, cents[train], cents[reference], context())[0]
    assert finding.verdict == "fail"
    assert finding.details["culprits"][0] == finding.details["culprits"][0] | {
        "column": "income",
        "by": "its rounding",
    }
    assert finding.value > 0.9
    both = GapTest(draws=1).check(
        put(synth, income=pl.col("income").round(2)), cents[train], cents[reference], context()
    )[0]
    assert both.verdict == "pass"


def test_a_dependence_that_only_trees_see():
    rng = np.random.default_rng(0)
    synth, train, reference = parts(800, 800, 300)
    order = rng.permutation(len(synth))
    broken = put(synth, job=synth.main["job"].gather(order), y=synth.main["y"])
    wrong = put(broken, income=broken.main["income"].gather(rng.permutation(len(synth))))
    finding = GapTest(draws=1).check(wrong, train, reference, context())[0]
    assert finding.verdict == "fail"
    assert {c["column"] for c in finding.details["culprits"]} & {"income", "age"}


def test_more_of_the_rare_class_is_no_gap():
    full = mixed_table(3000, seed=3, rare=0.2)
    yes, no = ((full.main["y"] == v).arg_true().to_list() for v in ("yes", "no"))
    synth, rest = full.take(yes[:200] + no[:200]), yes[200:] + no[200:]
    finding = GapTest(draws=1).check(synth, full.take(rest[::2]), full.take(rest[1::2]), context())[0]
    assert finding.verdict == "pass"
    assert "within classes" in finding.sentence


def test_copies_of_the_training_rows_are_no_gap():
    _, train, reference = parts(300, 300, 150)
    assert GapTest(draws=1).check(train, train, reference, context())[0].verdict == "pass"


def test_a_pass_says_which_closeness_is_certified():
    finding = GapTest(draws=1).check(*parts(700, 700, 300), context())[0]
    assert finding.verdict == "pass"
    assert finding.value < finding.details["at_most"] <= 0.6
    assert f"an AUC above {finding.details['at_most']:.3f} is ruled out" in finding.sentence
    assert finding.weights == ()


def test_too_few_rows_to_call_them_close_are_inconclusive():
    finding = GapTest(draws=1).check(*parts(60, 60, 60), context())[0]
    assert finding.details["p_value"] > 0.02
    assert finding.verdict == "inconclusive"
    assert "0.60 needs about 104 judged rows a side" in finding.sentence


def test_rows_unlike_real_ones_weigh_nothing_and_their_slice_is_named():
    synth, train, reference = parts(900, 900, 300)
    nurses = (synth.main["job"] == "nurse").to_numpy()
    odd = put(synth, age=pl.when(pl.Series(nurses)).then(pl.col("age") + 60).otherwise(pl.col("age")))
    finding = GapTest(draws=1).check(odd, train, reference, context())[0]
    weights = np.array(finding.weights)
    assert len(weights) == 900
    assert (weights[nurses] == 0).mean() > 0.9
    assert (weights[~nurses] > 0).mean() > 0.85
    worse = [s["slice"] for s in finding.details["slices"] if s.get("worse")]
    assert any("job" in s or "age" in s for s in worse)
    assert {s["slice"] for s in finding.details["slices"]} >= {"y = no"}


def test_a_wider_spread_without_a_shift_is_found():
    rng = np.random.default_rng(0)
    synth, train, reference = parts(400, 400, 200)
    noise = pl.Series(rng.normal(scale=14, size=400)).round()
    finding = GapTest(draws=1).check(
        put(synth, age=(pl.col("age") + noise).cast(pl.Int64)), train, reference, context()
    )[0]
    assert finding.verdict == "fail"
    assert finding.details["culprits"][0]["column"] == "age"


def test_few_rows_are_inconclusive():
    synth, train, reference = parts(20, 300, 100)
    finding = GapTest(draws=1).check(synth, train, reference, context())[0]
    assert finding.verdict == "inconclusive"
    assert "20 synthetic" in finding.sentence


@pytest.mark.slow
@pytest.mark.parametrize("rows", [60, 300])
def test_size_on_real_rows(rows):
    """At .05 the test rejects at most .06 of real sets (binomial slack of two standard errors at 400 draws)."""
    check = GapTest(draws=1, alpha=0.05)
    rejected = sum(
        check.check(*parts(rows, rows, rows, seed=s), context(s))[0].verdict == "fail" for s in range(400)
    )
    assert rejected / 400 <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.slow
def test_size_with_people_who_have_many_rows():
    """Rows of one person are alike: judged as independent rows they would be told apart far too often."""
    rejected = 0
    for s in range(100):
        _, train, reference = parts(400, 400, 400, seed=s)
        people = grouped(mixed_table(8000, seed=9000 + s), 20)
        firsts = people.take(np.random.default_rng(s).permutation(8000)[:400])  # as a perfect generator would
        rejected += (
            GapTest(draws=1, alpha=0.05)
            .check(firsts, grouped(train, 20), grouped(reference, 20), context(s))[0]
            .verdict
            == "fail"
        )
    assert rejected <= 12
