"""Coverage: alike sets cover each other, and a missing mode is one region."""

from __future__ import annotations

import numpy as np
import pytest

from abound.stats.coverage import bare_regions, coverage


def blobs(n, seed, modes):
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 9.0, 0.0]])
    of = rng.choice(modes, size=n)
    return rng.normal(size=(n, 3)) + centres[of], of


def test_alike_sets_have_the_coverage_of_chance_and_no_bare_region():
    real, made = (blobs(800, s, (0, 1, 2))[0] for s in (1, 2))
    assert coverage(real, made) == pytest.approx(1 - 2**-5, abs=0.02)
    assert (bare_regions(real, made) == -1).all()


def test_each_missing_mode_is_a_region_of_its_own():
    real, of = blobs(600, 1, (0, 1, 2))
    made, _ = blobs(600, 2, (0,))
    region = bare_regions(real, made)
    assert coverage(real, made) == pytest.approx(1 / 3, abs=0.05)
    for mode in (1, 2):
        numbers, counts = np.unique(region[of == mode], return_counts=True)
        assert counts.max() == (of == mode).sum()
        assert numbers[counts.argmax()] >= 0
    assert (region[of == 0] >= 0).mean() < 0.02
    assert (bare_regions(made, real) >= 0).mean() < 0.25  # three times thinner there, which bares the edge only


def test_a_shift_of_everything_is_bare_both_ways():
    real, made = blobs(300, 1, (0, 1))[0], blobs(300, 2, (0, 1))[0] + 20
    assert (bare_regions(real, made) >= 0).mean() > 0.9
    assert (bare_regions(made, real) >= 0).mean() > 0.9
