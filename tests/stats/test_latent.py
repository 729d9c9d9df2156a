"""Latent correlations: recovered through any mixture of levels and numbers, shrunk where rows are few."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from abound.stats.latent import (
    correlation_of,
    hermite_coefficients,
    latent_correlation,
    piece_scores,
    root_of_correlation,
    score_correlation,
)

CUTS = {
    "rare": np.array([0.0, 0.03, 1.0]),
    "half": np.array([0.0, 0.5, 1.0]),
    "levels": np.array([0.0, 0.3, 0.45, 0.9, 1.0]),
    "number": np.array([0.0, 0.25, 0.5, 0.75, 1.0]),
}


def observed(normal, kind):
    """The scores that a column of this kind shows of its normal variable."""
    if kind == "number":
        return normal
    piece = np.searchsorted(CUTS[kind], ndtr(normal), side="right") - 1
    return piece_scores(CUTS[kind])[piece]


def fitted(scores, kinds, prior=None):
    parts = [hermite_coefficients(CUTS[k], np.full(len(CUTS[k]) - 1, k != "number")) for k in kinds]
    coefficients, variances = np.array([p[0] for p in parts]), np.array([p[1] for p in parts])
    return latent_correlation(*score_correlation(scores), coefficients, variances, prior)


@pytest.mark.parametrize("kinds", [("rare", "half"), ("half", "levels"), ("levels", "number"), ("rare", "number")])
@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.4, 0.75])
def test_the_correlation_behind_any_two_columns_is_found(kinds, rho):
    rng = np.random.default_rng(0)
    x = rng.normal(size=40_000)
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=40_000)
    scores = np.column_stack([observed(x, kinds[0]), observed(y, kinds[1])])
    assert fitted(scores, kinds)[0, 1] == pytest.approx(rho, abs=0.05)


def test_score_variance_is_that_of_the_scores():
    rng = np.random.default_rng(1)
    for kind in CUTS:
        scores = observed(rng.normal(size=200_000), kind)
        _, variance = hermite_coefficients(CUTS[kind], np.full(len(CUTS[kind]) - 1, kind != "number"))
        assert scores.mean() == pytest.approx(0.0, abs=0.01)
        assert scores.var() == pytest.approx(variance, rel=0.03)


def test_many_pieces_in_blocks():
    cuts = np.linspace(0.0, 1.0, 25_001)
    coefficients, variance = hermite_coefficients(cuts, np.ones(25_000, dtype=bool))
    assert coefficients[0] == pytest.approx(1.0, abs=1e-3)
    assert np.abs(coefficients[1:]).max() < 1e-2
    assert variance == pytest.approx(1.0, abs=1e-3)


def test_missing_cells_are_left_out_pair_by_pair():
    rng = np.random.default_rng(2)
    x = rng.normal(size=20_000)
    y = 0.6 * x + 0.8 * rng.normal(size=20_000)
    scores = np.column_stack([x, y])
    scores[rng.random(20_000) < 0.5, 1] = np.nan
    observed, rows = score_correlation(scores)
    assert observed[0, 0] == pytest.approx(1.0)
    assert observed[0, 1] == pytest.approx(0.6, abs=0.03)
    assert rows[0, 0] == 20_000
    assert 9_500 < rows[0, 1] < 10_500


def test_chance_correlations_of_few_rows_are_shrunk():
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(25, 40))
    raw = np.corrcoef(scores.T)
    shrunk = fitted(scores, ["number"] * 40)
    off = ~np.eye(40, dtype=bool)
    assert (shrunk[off] == 0).mean() > 0.5
    assert np.square(shrunk[off]).mean() < 0.5 * np.square(raw[off]).mean()


def test_few_rows_borrow_from_the_prior():
    rng = np.random.default_rng(4)
    near = []
    for _ in range(20):
        x = rng.normal(size=15)
        scores = np.column_stack([x, 0.8 * x + 0.6 * rng.normal(size=15)])
        prior = np.array([[1.0, 0.8], [0.8, 1.0]])
        near.append([abs(fitted(scores, ["number"] * 2, p)[0, 1] - 0.8) for p in (None, prior)])
    assert np.mean(near, axis=0)[1] < 0.7 * np.mean(near, axis=0)[0]


def test_the_root_gives_a_correlation_matrix_for_any_input():
    rng = np.random.default_rng(5)
    wild = np.clip(rng.normal(size=(12, 12)), -0.99, 0.99)
    wild = (wild + wild.T) / 2
    np.fill_diagonal(wild, 1.0)
    assert np.linalg.eigvalsh(wild)[0] < 0
    near = correlation_of(root_of_correlation(wild))
    assert np.allclose(np.diag(near), 1.0)
    assert np.linalg.eigvalsh(near)[0] > 0
    good = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert np.allclose(correlation_of(root_of_correlation(good)), good)
