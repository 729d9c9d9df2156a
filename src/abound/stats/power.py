"""How many real test units a claim needs, and what a given number can show.

Paired comparison of two models on the same units (Connor 1987, for McNemar's test): with a share `discordant` of
units whose outcome differs between the models, a true gain g in the share right is found with probability `power`
at one-sided `alpha` by R = [(z_alpha sqrt(psi) + z_power sqrt(psi - g^2)) / g]^2 units.
"""

from __future__ import annotations

import math

ALPHA = 0.05
POWER = 0.8


def units_needed(gain: float, discordant: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Test units for a gain (a share, such as .1 for ten points). The gain cannot exceed the discordant share."""
    from scipy.stats import norm

    if not 0 < gain <= discordant <= 1:
        raise ValueError(f"need 0 < gain <= discordant <= 1, got gain {gain} and discordant {discordant}")
    z = float(norm.ppf(1 - alpha)) * math.sqrt(discordant)
    z += float(norm.ppf(power)) * math.sqrt(max(0.0, discordant - gain**2))
    return math.ceil((z / gain) ** 2)


def minimum_gain(units: int, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest gain that so many units can show; None if even the largest possible gain is out of reach."""
    if units < 1 or units_needed(discordant, discordant, alpha, power) > units:
        return None
    low, high = 1e-6, discordant
    for _ in range(60):
        middle = (low + high) / 2
        if units_needed(middle, discordant, alpha, power) <= units:
            high = middle
        else:
            low = middle
    return high
