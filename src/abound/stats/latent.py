"""Correlations of normal variables that are seen only through their pieces: levels, exact numbers, bins.

Each observed column is a step (or identity) function of a standard normal variable. The covariance of two such
functions is a power series in the correlation of the normals, whose coefficients are products of their Hermite
coefficients (Mehler 1866; used for this purpose by Cario and Nelson, 1997), and it rises with the correlation. So
the correlation is found by bisection, whatever mixture of numbers, categories and yes/no columns is paired; for two
yes/no columns this is the tetrachoric correlation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ORDER = 32
LARGEST = 0.9995
_STEPS = 18
_FLOOR = 1e-6
_BLOCK = 20_000  # pairs at a time
_PIECES = 10_000  # pieces at a time


def piece_scores(cuts: Floats) -> Floats:
    """The mean of a standard normal over each piece of [0, 1]; float64 (pieces,)."""
    mass = np.diff(cuts)
    drop = -np.diff(_density(cuts))
    return np.asarray(np.where(mass > 0, drop / np.where(mass > 0, mass, 1.0), 0.0))


def _density(cuts: Floats) -> Floats:
    """The standard normal density at quantiles, 0 at the ends."""
    from scipy.special import ndtri

    inside = np.clip(cuts, 1e-300, 1.0 - 1e-16)
    return np.asarray(
        np.where((cuts <= 0) | (cuts >= 1), 0.0, np.exp(-0.5 * ndtri(inside) ** 2) / np.sqrt(2 * np.pi))
    )


def hermite_coefficients(cuts: Floats, stepped: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Coefficients 1 to ORDER, on normalised Hermite polynomials h, of the column's score function; its variance.

    On a stepped piece the score is its mean, elsewhere the normal itself. Uses two closed forms over an interval
    (a, b): the integral of h_k is (density * h_(k-1)(a) - density * h_(k-1)(b)) / sqrt(k), and
    z h_k = sqrt(k+1) h_(k+1) + sqrt(k) h_(k-1).
    """
    if len(stepped) > _PIECES:
        # A sum over pieces, so a column of a million levels is taken in blocks.
        starts = range(0, len(stepped), _PIECES)
        parts = [hermite_coefficients(cuts[s : s + _PIECES + 1], stepped[s : s + _PIECES]) for s in starts]
        return np.sum([p[0] for p in parts], axis=0), sum(p[1] for p in parts)
    from scipy.special import ndtri

    z = np.where((cuts <= 0) | (cuts >= 1), 0.0, ndtri(np.clip(cuts, 1e-300, 1.0 - 1e-16)))
    density = _density(cuts)
    integrals = np.empty((ORDER + 2, len(cuts) - 1))
    integrals[0] = np.diff(cuts)
    before, here = np.zeros_like(z), np.ones_like(z)
    for k in range(1, ORDER + 2):
        integrals[k] = -np.diff(density * here) / np.sqrt(k)
        before, here = here, (z * here - np.sqrt(k - 1) * before) / np.sqrt(k)
    scores = piece_scores(cuts)
    number = np.arange(1, ORDER + 1)[:, None]
    smooth = np.sqrt(number + 1) * integrals[2:] + np.sqrt(number) * integrals[:-2]
    squares = np.where(stepped, scores**2 * integrals[0], np.sqrt(2.0) * integrals[2] + integrals[0])
    return np.where(stepped, scores * integrals[1:-1], smooth).sum(axis=1), float(squares.sum())


def series(products: Floats, rho: Floats) -> Floats:
    """Covariance of two score functions at correlations rho; `products` (ORDER, pairs) of their coefficients."""
    total = np.zeros_like(rho)
    for product in products[::-1]:
        total = (total + product) * rho
    return total


def score_correlation(scores: Floats) -> tuple[Floats, Floats]:
    """Correlations of the columns of `scores` (rows, columns; nan where missing) over the rows that have both.

    Returns the correlations (0 where a column does not vary) and, for each pair, how many rows it rests on.
    Correlations, not covariances: where one column is missing depends on values, the others' spread changes.
    """
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    have = known.astype(np.float64)
    rows = have.T @ have
    safe = np.maximum(rows, 1.0)
    mean = filled.T @ have / safe
    spread = np.sqrt(np.maximum((filled**2).T @ have / safe - mean**2, 0.0))
    unit = spread * spread.T
    covariance = filled.T @ filled / safe - mean * mean.T
    return np.where(unit > 1e-9, covariance / np.where(unit > 1e-9, unit, 1.0), 0.0), rows


def latent_correlation(
    observed: Floats, rows: Floats, coefficients: Floats, variances: Floats, prior: Floats | None = None
) -> Floats:
    """Correlations of the normals behind the columns, shrunk to `prior` (0 by default) where the rows say little.

    `observed` and `rows` are those of `score_correlation`, `coefficients` (columns, ORDER) and `variances` those of
    `hermite_coefficients`. The distance of each observed correlation from the e that the prior implies is
    multiplied by max(0, 1 - v / distance**2), v = (1 - e**2)**2 / (rows - 1) being its variance if the prior is
    true: the positive-part James-Stein rule, pair by pair. Not yet positive definite. float64 (columns, columns),
    ones on the diagonal.
    """
    out = np.eye(len(observed))
    varying = np.flatnonzero(variances > 1e-9)
    pairs = varying[np.stack(np.triu_indices(len(varying), 1), axis=1)]
    for start in range(0, len(pairs), _BLOCK):
        left, right = pairs[start : start + _BLOCK].T
        known = np.zeros(len(left)) if prior is None else prior[left, right]
        unit = np.sqrt(variances[left] * variances[right])
        products = np.ascontiguousarray((coefficients[left] * coefficients[right]).T)
        r = np.clip(observed[left, right], -1.0, 1.0)
        expected = np.clip(series(products, known) / unit, -1.0, 1.0)
        variance = (1.0 - expected**2) ** 2 / np.maximum(rows[left, right] - 1.0, 1.0)
        distance = r - expected
        kept = np.maximum(0.0, 1.0 - variance / np.maximum(distance**2, 1e-12))
        solved = _solve(products, (expected + kept * distance) * unit)
        found = np.where((rows[left, right] > 2) & (kept > 0), solved, known)
        out[left, right] = out[right, left] = found
    return out


def _solve(products: Floats, goal: Floats) -> Floats:
    """The correlation at which the series meets the goal, by bisection; the largest one where none does."""
    low, high = np.full(len(goal), -LARGEST), np.full(len(goal), LARGEST)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = series(products, middle) < goal
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)


def root_of_correlation(correlation: Floats) -> Floats:
    """A lower triangular L with L @ L.T a correlation matrix near this one (eigenvalues raised to a floor)."""
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    if values[0] < _FLOOR:
        correlation = (vectors * np.maximum(values, _FLOOR)) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(correlation))
    return np.asarray(np.linalg.cholesky(correlation * scale[:, None] * scale[None, :]))


def correlation_of(root: Floats) -> Floats:
    """The correlation matrix behind a root."""
    return np.asarray(root @ root.T)
