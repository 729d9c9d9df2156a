import numpy as np
import pytest

from abound.stats.power import minimum_gain, units_needed

# Units for psi, g at one-sided alpha .05 and power .8 by Connor's formula, computed by hand.
KNOWN = [(0.1, 0.05, 246), (0.1, 0.10, 60), (0.2, 0.10, 122), (0.2, 0.15, 53), (0.3, 0.20, 45)]


@pytest.mark.parametrize(("psi", "gain", "units"), KNOWN)
def test_units_needed(psi, gain, units):
    assert abs(units_needed(gain, psi) - units) <= 1


def test_minimum_gain_inverts_units_needed():
    for units in (60, 122, 500, 3000):
        gain = minimum_gain(units, 0.2)
        assert gain is not None
        assert units_needed(gain, 0.2) <= units < units_needed(gain * 0.97, 0.2)
    assert minimum_gain(3, 0.2) is None
    assert minimum_gain(0, 0.2) is None


def test_power_is_what_the_formula_promises():
    """Simulate McNemar's test at the computed size: the gain is found about 80 % of the time."""
    rng = np.random.default_rng(0)
    psi, gain = 0.2, 0.1
    n = units_needed(gain, psi)
    better = rng.binomial(n, (psi + gain) / 2, 4000)
    worse = np.array([rng.binomial(n - b, ((psi - gain) / 2) / (1 - (psi + gain) / 2)) for b in better])
    z = (better - worse) / np.sqrt(np.maximum(1, better + worse))
    assert (z > 1.645).mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("gain", "psi"), [(0.0, 0.2), (0.3, 0.2), (0.1, 1.2)])
def test_impossible_questions_are_refused(gain, psi):
    with pytest.raises(ValueError, match="gain"):
        units_needed(gain, psi)
