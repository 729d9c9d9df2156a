"""Planted copies are found at their places; independent real rows are not taken for copies."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.checks.copies import Copies
from tests.checks.cases import context, grouped, parts, put, replaced


def found(synth, train, reference, seed=0, **params):
    return {f.name: f for f in Copies(**params).check(synth, train, reference, context(seed))}


def noisy(frame, size, rng):
    """The incomes moved by about `size` of their standard deviation."""
    income = frame["income"].fill_null(20000.0) + pl.Series(rng.normal(scale=size * 10000, size=len(frame)))
    return frame.with_columns(income=income)


@pytest.mark.parametrize("seed", range(2))
def test_one_exact_copy_in_a_hundred_rows_is_found(seed):
    synth, train, reference = parts(600, 600, 150, seed=seed)
    spots = sorted(np.random.default_rng(seed).permutation(600)[:6].tolist())
    taken = train.main.filter(pl.col("income").is_not_null())[:6]
    finding = found(replaced(synth, spots, taken), train, reference)["exact copies"]
    assert finding.rows == tuple(spots)
    assert finding.verdict == "fail"
    assert finding.action == "drop"
    assert finding.value == 0.01
    assert finding.reference < 0.002
    assert finding.sentence.startswith("6 of 600 synthetic rows equal a training row in all 6 columns")


@pytest.mark.parametrize("seed", range(3))
def test_one_copy_with_tiny_noise_in_a_hundred_rows_is_found(seed):
    rng = np.random.default_rng(seed)
    synth, train, reference = parts(600, 600, 150, seed=seed)
    spots = sorted(rng.permutation(600)[:6].tolist())
    taken = noisy(train.main.filter(pl.col("income").is_not_null())[50:56], 0.001, rng)
    report = found(replaced(synth, spots, taken), train, reference)
    assert report["exact copies"].verdict == "pass"
    named = set(report["near copies"].rows)
    assert set(spots) <= named
    assert len(named) <= len(spots) + 1  # one in twenty of the rows named may be none
    assert report["near copies"].action == "drop"


def test_a_generator_that_learned_its_rows_by_heart_is_found_as_a_whole():
    rng = np.random.default_rng(0)
    _, train, reference = parts(0, 500, 250)
    moved = noisy(train.main, 0.3, rng).with_columns(age=train.main["age"] + pl.Series(rng.integers(-2, 3, 500)))
    report = found(train.with_table("rows", moved), train, reference)
    assert report["closer to training"].verdict == "fail"
    assert report["closer to training"].value > report["closer to training"].limit > 0.5


def test_independent_rows_are_not_taken_for_copies():
    failed = 0
    for seed in range(25):
        report = found(*parts(150, 150, 80, seed=seed), seed=seed, draws=8)
        failed += any(f.verdict == "fail" for f in report.values())
    assert failed <= 2


def test_equal_rows_of_a_table_of_few_values_are_expected():
    def coarse(data):
        return put(
            data,
            income=(pl.col("income") / 30000).floor() * 30000,
            age=pl.col("age") // 20,
            since=pl.col("since").dt.truncate("5y"),
        )

    synth, train, reference = (coarse(d) for d in parts(300, 300, 150))
    finding = found(synth, train, reference)["exact copies"]
    assert finding.value > 0.3
    assert finding.reference > 0.3
    assert finding.verdict == "pass"


def test_rows_made_from_rows_make_no_claim_and_are_not_dropped():
    _, train, reference = parts(0, 300, 100)
    report = found(put(train, _source=pl.int_range(pl.len())), train, reference)
    assert set(report) == {"made from real rows"}
    only = report["made from real rows"]
    assert "300 of 300 synthetic rows equal a training row" in only.sentence
    assert only.verdict == "fail"
    assert not only.rows


def test_rows_made_from_rows_that_all_differ_are_still_no_privacy_claim():
    synth, train, reference = parts(300, 300, 100)
    only = found(put(synth, _source=pl.int_range(pl.len())), train, reference)["made from real rows"]
    assert "0 of 300 synthetic rows equal a training row" in only.sentence
    assert only.verdict == "inconclusive"


def test_rows_without_a_source_are_still_judged():
    synth, train, reference = parts(300, 300, 100)
    both = synth.main.with_columns(_source=pl.lit(None, dtype=pl.Int64))
    made = train.main[:50].with_columns(_source=pl.int_range(pl.len(), dtype=pl.Int64))
    copied = train.main[100:110].with_columns(_source=pl.lit(None, dtype=pl.Int64))
    mixed = synth.with_table("rows", pl.concat([made, both, copied]))
    report = found(mixed, train, reference)
    assert set(report["exact copies"].rows) == set(range(350, 360))
    assert "50 of 50 synthetic rows equal a training row" in report["made from real rows"].sentence


def test_without_held_out_rows_that_question_is_left_open():
    synth, train, reference = parts(300, 300, 20)
    finding = found(synth, train, reference)["closer to training"]
    assert finding.verdict == "inconclusive"
    assert "20 held-out rows" in finding.sentence


def test_people_with_many_like_rows_are_no_copies():
    synth, train, reference = parts(300, 300, 150)
    report = found(synth, grouped(train, 5), grouped(reference, 5))
    assert {f.verdict for f in report.values()} == {"pass"}


def test_a_part_is_searched_where_rows_are_many():
    synth, train, reference = parts(400, 200, 100)
    finding = found(synth, train, reference, cells=200 * 150)["near copies"]
    assert finding.details["looked_at"] == 150
    assert "seeded part of 400" in finding.sentence
