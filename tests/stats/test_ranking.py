import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from abound.stats.ranking import auc, average_precision, class_rates


@pytest.mark.parametrize("ties", [False, True])
def test_weighted_scores_equal_scikit_learn(ties):
    rng = np.random.default_rng(3)
    score = rng.random(400)
    score = np.round(score, 1) if ties else score
    positive = rng.random(400) < 0.2 + 0.4 * score
    weights = rng.integers(0, 4, (5, 400)).astype(float)
    for name, ours, theirs in (("ap", average_precision, average_precision_score), ("auc", auc, roc_auc_score)):
        got = ours(score, positive, weights)
        want = [theirs(positive, score, sample_weight=w) for w in weights]
        assert got == pytest.approx(want, abs=1e-12), name


def test_undefined_without_a_class():
    score, none = np.array([0.1, 0.9]), np.array([False, False])
    assert np.isnan(average_precision(score, none, np.ones((1, 2)))).all()
    assert np.isnan(auc(score, none, np.ones((1, 2)))).all()


def test_many_draws_are_cut_into_blocks(monkeypatch):
    rng = np.random.default_rng(4)
    score, positive, weights = rng.random(50), rng.random(50) < 0.3, rng.random((40, 50))
    whole = average_precision(score, positive, weights)
    monkeypatch.setattr("abound.stats.ranking._CELLS", 100)
    assert (average_precision(score, positive, weights) == whole).all()


def test_class_rates():
    actual, predicted = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    rates = class_rates(actual, actual == predicted, np.array([[1.0, 1, 1, 1], [3, 1, 1, 1], [0, 0, 1, 1]]))
    assert rates[0] == pytest.approx([0.5, 1.0])
    assert rates[1] == pytest.approx([0.75, 1.0])
    assert np.isnan(rates[2, 0])
