"""Numbers of answers, limits and kappas whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

from abound.stats.intervals import wilson
from abound.stats.raters import agreement, answers_needed, effective_number, exact_limits, ruled_out


def test_answers_needed_are_those_of_the_literature() -> None:
    assert (answers_needed(0.60), answers_needed(0.65)) == (155, 69)
    with pytest.raises(ValueError, match="between"):
        answers_needed(0.5)


def test_no_error_in_sixty_is_at_most_one_in_twenty() -> None:
    assert exact_limits(0, 60)[1] == pytest.approx(1 - 0.05 ** (1 / 60))
    assert round(exact_limits(0, 60)[1], 3) == 0.049
    assert exact_limits(0, 0) == (0.0, 1.0)
    assert exact_limits(60, 60) == (pytest.approx(0.05 ** (1 / 60)), 1.0)


def test_guesses_rule_out_what_their_number_can_and_never_sooner() -> None:
    assert ruled_out(34, 68) == 0.66
    assert ruled_out(34, 69) == 0.65
    assert ruled_out(77, 155) == 0.60
    assert ruled_out(10, 69) == 0.65  # a streak of wrong answers certifies no more
    assert ruled_out(60, 69) == 0.93
    assert ruled_out(3, 6) is None
    assert ruled_out(0, 0) is None


def test_guessers_reach_the_planned_limit_four_times_in_five() -> None:
    rng = np.random.default_rng(0)
    bound = np.array([ruled_out(h, 69) or 1.0 for h in range(70)])
    reached = np.mean(bound[rng.binomial(69, 0.5, 4000)] <= 0.65)
    assert 0.75 < reached < 0.85


def test_raters_at_the_limit_are_rarely_passed() -> None:
    rng = np.random.default_rng(1)
    bound = np.array([ruled_out(h, 155) or 1.0 for h in range(156)])
    assert np.mean(bound[rng.binomial(155, 0.65, 4000)] <= 0.65) <= 0.06


def test_answers_about_the_same_items_are_worth_less() -> None:
    rng = np.random.default_rng(2)
    items = np.repeat(np.arange(80), 3)
    alone = rng.binomial(1, 0.5, 240).astype(float)
    assert effective_number(alone, items) > 150
    alike = np.repeat(rng.binomial(1, 0.5, 80), 3).astype(float)
    assert effective_number(alike, items) == pytest.approx(80, abs=1.5)
    assert effective_number(np.ones(240), items) == 80
    assert effective_number(alone[:80], np.arange(80)) == 80


def test_the_pooled_interval_covers_where_items_differ() -> None:
    """Three raters see the same half of the items rightly: plain counting would be too sure."""
    rng = np.random.default_rng(3)
    items = np.repeat(np.arange(60), 3)
    covered = plain = 0
    for _ in range(200):
        ease = np.where(rng.random(60) < 0.5, 0.95, 0.25)
        right = (rng.random(180) < np.repeat(ease, 3)).astype(float)
        worth = effective_number(right, items)
        low, high = wilson(right.mean() * worth, worth)
        covered += low <= 0.6 <= high
        low, high = wilson(right.sum(), 180)
        plain += low <= 0.6 <= high
    assert covered / 200 >= 0.93
    assert plain / 200 < 0.92


def test_kappa_of_the_textbook_table() -> None:
    """Cohen (1960) as worked in many textbooks: 20 both yes, 15 both no, 5 and 10 apart gives 0.4."""
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    found = agreement(np.array(pairs))
    assert found.kappa == pytest.approx(0.4)
    assert found.name == "Cohen's kappa"
    # The large-sample standard error of this table is 0.1300 (Fleiss, Cohen and Everitt 1969).
    assert found.low == pytest.approx(0.4 - 2.01 * 0.13, abs=0.02)
    assert found.high == pytest.approx(0.4 + 2.01 * 0.13, abs=0.02)


def test_kappa_of_many_raters() -> None:
    """The table of Fleiss (1971) as it is usually reprinted: 10 items, 14 raters, 5 categories, kappa 0.210."""
    counts = [
        (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
    ]  # fmt: skip
    found = agreement(np.array([np.repeat(np.arange(5), row) for row in counts]))
    assert found.kappa == pytest.approx(0.210, abs=0.0005)
    assert found.name == "Fleiss' kappa"


def test_kappa_counts_common_items_and_knows_when_it_is_undefined() -> None:
    ratings = np.array([(0, 0), (1, 1), (0, -1), (1, 0), (-1, 1), (0, 0)])
    assert agreement(ratings).items == 4
    assert agreement(np.zeros((9, 2), dtype=int)).kappa is None
    assert agreement(np.full((9, 2), -1)).kappa is None


def test_the_interval_of_kappa_covers() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(150):
        truth = rng.integers(0, 2, 80)
        # Two raters who are right 85 times in 100: they agree with .745, by chance .5, so kappa is .49.
        ratings = np.stack([np.where(rng.random(80) < 0.85, truth, 1 - truth) for _ in range(2)], axis=1)
        found = agreement(ratings)
        covered += found.low <= 0.49 <= found.high
    assert covered / 150 >= 0.92
