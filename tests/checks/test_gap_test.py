"""The classifier test: it finds what is planted, names it, and is silent on real rows as often as it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from abound.checks.gap_test import GapTest
from abound.core.gap import Gap
from abound.core.plan import Order, Plan
from abound.core.recipe import Use
from abound.core.slice import Slice, Term
from abound.encoding.comparison import compare, made_under, with_conditions
from abound.encoding.sides import draw_sides
from abound.stages.audit import audit
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
    worse = [s["slice"] for s in finding.details["levels"]]
    assert any("job" in s or "age" in s for s in worse)


def test_a_wider_spread_without_a_shift_is_found():
    rng = np.random.default_rng(0)
    synth, train, reference = parts(400, 400, 200)
    noise = pl.Series(rng.normal(scale=14, size=400)).round()
    finding = GapTest(draws=1).check(
        put(synth, age=(pl.col("age") + noise).cast(pl.Int64)), train, reference, context()
    )[0]
    assert finding.verdict == "fail"
    assert finding.details["culprits"][0]["column"] == "age"


def ordered(rows, share, fault):
    """Rows of which the nurses were ordered; that share of these carries the fault."""
    full = mixed_table(4 * rows, seed=4)
    nurses = full.main["job"].eq("nurse").fill_null(False).arg_true().to_list()
    synth = full.take(list(range(rows)) + [i for i in nurses if rows <= i][:share])
    where = Slice(on="rows", terms=(Term(column="job", op="==", value="nurse"),))
    orders = (Order(generator="copula", count=rows), Order(generator="copula", count=share, where=where))
    of = [orders[0].id] * rows + [orders[1].id] * share
    synth = put(synth, _order=pl.Series(of))
    mine = pl.col("_order") == orders[1].id
    synth = put(synth, age=pl.when(mine).then(pl.col("age") + fault).otherwise(pl.col("age")))
    _, train, reference = parts(0, rows, 400, seed=5)
    return synth, train, reference, Plan(orders=orders)


def test_a_fault_in_the_slice_that_rows_were_made_for_is_found_there():
    synth, train, reference, plan = ordered(700, 80, 9)
    checks = [Use(name="gap_test", params={"draws": 1})]
    overall, inside = audit(synth, train, reference=reference, checks=checks, plan=plan).findings
    told = [s for s in inside.details["slices"] if s["p_value"] <= s["level"]]
    assert [s["slice"] for s in told] == ["job = nurse"]
    assert inside.verdict == "fail"
    assert "in 1 of 4 slices: job = nurse (AUC" in inside.sentence
    assert inside.value > inside.reference
    if overall.verdict != "fail":
        weights = np.array(inside.weights)
        assert (weights[:500] == 1).all()
        assert inside.action == "weight"


def test_a_real_row_of_two_strata_is_in_one_block():
    """Else it trains the model that judges it, and real rows are told apart by having been seen."""
    synth, train, reference, plan = ordered(400, 80, 0)
    comparison = compare(with_conditions(synth, plan), train, reference)
    for draw in (None, 0):
        sides = draw_sides(comparison, 4_000, 8, draw, context())
        both = np.concatenate([sides.real, sides.other if draw == 0 else []])
        assert len(np.unique(both)) < len(both)
        blocks = [np.unique(sides.rows.block[: len(both)][both == row]) for row in np.unique(both)]
        assert {len(b) for b in blocks} == {1}
        assert sides.clustered


def test_slices_of_gaps_are_looked_into_and_small_ones_named():
    synth, train, reference = parts(600, 600, 200)
    faulty = put(synth, income=pl.when(pl.col("age") > 50).then(pl.col("income") * 1.5).otherwise(pl.col("income")))
    gaps = [gap("age > 50"), gap("age > 69")]
    checks = [Use(name="gap_test", params={"draws": 1})]
    inside = audit(faulty, train, reference=reference, checks=checks, gaps=gaps).findings[1]
    assert inside.details["clearest"] == "age > 50"
    assert "Not looked into, for fewer than 30 synthetic or training rows: age > 69" in inside.sentence
    plain = audit(synth, train, reference=reference, checks=checks, gaps=gaps).findings[1]
    assert plain.verdict == "pass"
    assert "In none of 3 slices" in plain.sentence


def gap(where):
    return Gap(
        kind="weak",
        finder="weak_slice",
        slice=Slice.parse(where, "rows"),
        support=9,
        main_rows=9,
        groups=9,
        wanted=9,
    )


@pytest.mark.slow
def test_size_over_all_slices():
    """Conditions, classes and gaps together fail at most as often as the level says."""
    failed = 0
    for seed in range(100):
        synth, train, reference = parts(400, 400, 100, seed=1000 + seed)
        if seed % 2:
            extra = mixed_table(2_000, seed=5000 + seed)
            clerks = extra.take(extra.mask(gap("job = clerk").slice).arg_true().to_list()[:80])
            ordered_rows = made_under(clerks, gap("job = clerk").slice).main
            synth = synth.with_table("rows", pl.concat([ordered_rows, synth.main], how="diagonal"))
        ctx = replace(context(seed), slices=(gap("age > 40").slice, gap("job = clerk").slice))
        found = GapTest(draws=1, alpha=0.05).check(synth, train, reference, ctx)
        failed += any(f.verdict == "fail" for f in found)
    assert failed <= 100 * 0.05 + 2 * np.sqrt(100 * 0.05 * 0.95)


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
