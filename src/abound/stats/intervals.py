"""Intervals and corrections for paired comparisons over repeats and test units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_GRID = 100  # quantiles of an estimated variance that a forecast averages over


@dataclass(frozen=True)
class PairedMean:
    """A mean difference with its two sources of error, as variances of the mean."""

    mean: float
    repeat_variance: float  # training data, generator and learner seeds: s^2 / repeats
    unit_variance: float  # which test units were drawn
    repeats: int
    groups: int

    @property
    def standard_error(self) -> float:
        """Root of the summed variances: never below that of either source alone."""
        return float(np.sqrt(self.repeat_variance + self.unit_variance))

    @property
    def degrees_of_freedom(self) -> float:
        """Welch-Satterthwaite: few repeats make the repeat part uncertain, few groups the unit part."""
        total = (self.repeat_variance + self.unit_variance) ** 2
        if total == 0:
            return float(max(1, self.repeats - 1))
        parts = self.repeat_variance**2 / max(1, self.repeats - 1)
        parts += self.unit_variance**2 / max(1, self.groups - 1)
        return float(total / parts)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Student's t interval; infinite where there are fewer than two repeats or two groups."""
        from scipy.stats import t

        if self.repeats < 2 or self.groups < 2 or not np.isfinite(self.mean):
            return -np.inf, np.inf
        half = float(t.ppf(0.5 + level / 2, self.degrees_of_freedom)) * self.standard_error
        return self.mean - half, self.mean + half

    def p_value(self) -> float:
        """Two-sided p for a mean of zero."""
        from scipy.stats import t

        if self.repeats < 2 or self.groups < 2 or not np.isfinite(self.mean):
            return 1.0
        if self.standard_error == 0:
            return 1.0 if self.mean == 0 else 0.0
        return float(2 * t.sf(abs(self.mean) / self.standard_error, self.degrees_of_freedom))

    @property
    def repeat_share(self) -> float | None:
        """The part of the variance that comes from repeats; None where there is no variance, or none is known."""
        total = self.repeat_variance + self.unit_variance
        return self.repeat_variance / total if 0 < total < np.inf else None

    def power(
        self, gain: float, repeats: int | None = None, groups: int | None = None, level: float = 0.95
    ) -> float:
        """Probability that the interval of a study of this kind lies above zero when the true gain is `gain`.

        `repeats` and `groups` are those of the planned study (this one's by default); both variances shrink in
        proportion. The mean is taken as normal and the two estimated variances as scaled chi-squared, over whose
        distributions the probability is averaged: with few repeats the width of the interval is itself random.
        """
        from scipy.stats import chi2, norm, t

        r, g = repeats or self.repeats, groups or self.groups
        if r < 2 or g < 2:
            return 0.0
        true = np.array([self.repeat_variance * self.repeats / r, self.unit_variance * self.groups / g])
        if true.sum() == 0:
            return float(gain > 0)
        at = (np.arange(_GRID) + 0.5) / _GRID
        spread, units = (v * chi2.ppf(at, k) / k for v, k in zip(true, (r - 1, g - 1), strict=True))
        parts = np.stack(np.broadcast_arrays(spread[:, None], units[None, :]))
        df = parts.sum(axis=0) ** 2 / (parts[0] ** 2 / (r - 1) + parts[1] ** 2 / (g - 1))
        needed = t.ppf(0.5 + level / 2, df) * np.sqrt(parts.sum(axis=0))
        return float(norm.sf((needed - gain) / np.sqrt(true.sum())).mean())

    @property
    def limited_by(self) -> str:
        """Which source of error is the larger."""
        return "repeats" if self.repeat_variance >= self.unit_variance else "test units"


def paired_mean(differences: Floats, resampled: Floats, groups: int) -> PairedMean:
    """Combine repeats and a cluster bootstrap.

    `differences` (repeats,) are the paired differences on the whole test set. `resampled` (repeats, draws) are the
    same differences on bootstrap draws of the test groups, the same draws for all repeats; the variance of their
    mean over repeats is what the choice of test units contributes.
    """
    repeats = len(differences)
    spread = float(np.var(differences, ddof=1)) / repeats if repeats > 1 else np.inf
    by_draw = resampled.mean(axis=0)
    by_draw = by_draw[np.isfinite(by_draw)]
    units = float(np.var(by_draw, ddof=1)) if len(by_draw) > 1 else np.inf
    return PairedMean(float(np.mean(differences)), spread, units, repeats, groups)


def group_draws(groups: NDArray[Any], draws: int, rng: np.random.Generator) -> Floats:
    """Bootstrap weights (draws, units): whole groups drawn with replacement, as often as there are groups."""
    _, index = np.unique(groups, return_inverse=True)
    g = int(index.max()) + 1
    counts = rng.multinomial(g, np.full(g, 1.0 / g), size=draws)
    return np.asarray(counts[:, index], dtype=np.float64)


def holm_levels(p_values: list[float], alpha: float = 0.05) -> list[float]:
    """The coverage at which each claim's interval is shown so that Holm's procedure decides (Holm 1979).

    The smallest p is tested at alpha / m, the next at alpha / (m - 1), ...; after the first that is not significant
    all later ones are tested at the level of that one, which they fail too.
    """
    m = len(p_values)
    order = np.argsort(p_values, kind="stable")
    levels = [0.0] * m
    stop: float | None = None
    for rank, place in enumerate(order):
        level = alpha / (m - rank) if stop is None else stop
        if stop is None and p_values[place] > level:
            stop = level
        levels[place] = 1 - level
    return levels


def wilson(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927); (0, 1) where n is 0."""
    from scipy.stats import norm

    if n == 0:
        return 0.0, 1.0
    z = float(norm.ppf(0.5 + level / 2))
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if hits == 0 else max(0.0, float(middle - half))
    return low, 1.0 if hits == n else min(1.0, float(middle + half))
