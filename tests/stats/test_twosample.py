"""Limits hold at their rate, the held-out AUC has the error that it states, planted distances are named."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from abound.stats.twosample import Part, held_out_auc, judge_largest, rows_to_certify, upper_limit


def part(scores, second, clusters=None):
    own = np.arange(len(scores)) if clusters is None else clusters
    return Part(np.asarray(scores, dtype=float), np.asarray(second, dtype=bool), own)


def draws(rng, rows=120, shift=0.0, ties=False, blocks=3):
    out = []
    for b in range(blocks):
        second = np.repeat([False, True], rows // blocks // 2)
        scores = rng.normal(size=len(second)) + shift * second
        out.append(part(np.round(scores) if ties else scores, second, np.arange(len(second)) + 1000 * b))
    return out


def test_a_limit_is_exceeded_at_its_rate():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(2000, 30, 12)).max(axis=2)  # the largest of twelve distances
    limits = np.array([upper_limit(s, 0.02) for s in samples])
    over = (rng.normal(size=(2000, 12)).max(axis=1) > limits).mean()
    assert 0.008 <= over <= 0.03
    assert upper_limit(np.array([0.3]), 0.01) == pytest.approx(0.3)


def test_the_largest_distance_is_named_and_nothing_else():
    rng = np.random.default_rng(1)
    scale = np.array([0.01, 0.1, 1.0, 5.0])
    real = np.abs(rng.normal(size=(40, 4))) * scale
    values = real.mean(axis=0)
    values[1] += 6 * real[:, 1].std()
    found = judge_largest(values, real, 0.01, 1e-9)
    assert found.over.tolist() == [1]
    assert found.largest == 1
    assert (found.limit > found.mean).all()


def test_no_distance_is_named_more_often_than_stated():
    rng = np.random.default_rng(2)
    named = 0
    for _ in range(800):
        real, value = rng.gamma(4.0, size=(30, 10)), rng.gamma(4.0, size=10)
        named += len(judge_largest(value, real, 0.02, 1e-9).over) > 0
    assert named / 800 <= 0.035


def test_a_distance_that_never_moves_needs_a_whole_row_of_difference():
    real = np.zeros((20, 2))
    assert judge_largest(np.zeros(2), real, 0.01, 0.01).over.tolist() == []
    assert judge_largest(np.array([0.0, 0.2]), real, 0.01, 0.01).over.tolist() == [1]


def test_the_auc_is_the_usual_one():
    rng = np.random.default_rng(3)
    scores, second = np.round(rng.normal(size=80), 1), rng.random(80) < 0.4
    held = held_out_auc([part(scores, second)], clustered=False)
    assert held.auc == pytest.approx(roc_auc_score(second, scores))
    assert held.rows == (int((~second).sum()), int(second.sum()))


@pytest.mark.parametrize("ties", [False, True])
def test_the_null_error_is_the_spread_of_alike_sets(ties):
    rng = np.random.default_rng(4)
    helds = [held_out_auc(draws(rng, ties=ties), clustered=False) for _ in range(400)]
    spread = np.std([h.auc for h in helds])
    assert np.mean([h.null_error for h in helds]) == pytest.approx(spread, rel=0.1)
    assert np.mean([h.p_value() <= 0.05 for h in helds]) == pytest.approx(0.05, abs=0.025)


def test_the_interval_covers_and_the_limit_matches_the_p_value():
    rng = np.random.default_rng(5)
    true, inside = 0.7602499389065233, 0  # of two normals one deviation apart
    for _ in range(300):
        held = held_out_auc(draws(rng, shift=1.0), clustered=False)
        low, high = held.interval()
        inside += low <= true <= high
        assert (held.auc > held.limit(0.025)) == (held.p_value() < 0.025)
    assert 0.92 <= inside / 300 <= 0.98


def test_rows_of_one_cluster_count_as_few():
    rng = np.random.default_rng(6)
    aucs, clustered, plain = [], [], []
    for _ in range(250):
        second = np.repeat([False, True], 100)
        cluster = np.r_[np.arange(100) // 10, 1000 + np.arange(100)]
        scores = rng.normal(size=200) * 0.3
        scores[:100] += rng.normal(size=10)[cluster[:100]]
        scores[100:] += rng.normal(size=100)
        one = part(scores, second, cluster)
        aucs.append(held_out_auc([one], clustered=False).auc)
        clustered.append(held_out_auc([one], clustered=True).null_error)
        plain.append(held_out_auc([one], clustered=False).null_error)
    assert np.mean(plain) < 0.5 * np.std(aucs)
    assert np.mean(clustered) == pytest.approx(np.std(aucs), rel=0.15)
    assert held_out_auc([one], clustered=True).freedom == 9


def test_parts_without_both_sets_say_nothing():
    held = held_out_auc([part([1.0, 2.0], [True, True])], clustered=False)
    assert (held.auc, held.rows) == (0.5, (0, 0))
    assert held.p_value() == 0.5
    constant = held_out_auc([part([1.0] * 6, [True, False] * 3)], clustered=False)
    assert constant.auc == 0.5
    assert constant.p_value() == 1.0


def test_the_rows_that_certify_a_closeness():
    assert (rows_to_certify(0.55), rows_to_certify(0.60)) == (413, 104)
    rng = np.random.default_rng(7)
    limits = [held_out_auc(draws(rng, rows=826, blocks=1), clustered=False).at_most() for _ in range(300)]
    assert np.mean(np.array(limits) <= 0.55) == pytest.approx(0.8, abs=0.06)
    assert np.mean(np.array(limits) < 0.5) <= 0.08
