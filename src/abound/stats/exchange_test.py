"""The test that fits nothing: shifts in many columns, in few, and any other difference, at one exact level.

Hotelling's T2, the largest part of one column, and the kernel distance are computed for the same exchanges of
labels and share the level by their smallest p value. T2 has the largest share: on its own ground (shifts in many
columns) nothing beats it, so what the others take away from it must be little.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.stats.hotelling import MeanTest, mean_test
from abound.stats.kernel import fourier_features
from abound.stats.permutation import Labels, mean_differences, ranked_p_values, smallest_p_value, standardised

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHARES = (0.75, 0.15, 0.1)


class Exchange(NamedTuple):
    """`p_value` of all three together and of each; the test of means and the differences of all exchanges."""

    p_value: float
    means: float
    column: float
    kernel: float
    test: MeanTest
    shift: Floats

    def culprits(self, level: float, most: int = 5) -> list[tuple[int, float]]:
        """Owners that give the sets away and their shares of T2, the clearest first.

        One after another is taken out while the largest part among those left is too large for any of an exchange
        (Westfall & Young 1993), so an owner that differs only from what a culprit foretells is not named.
        """
        out: list[tuple[int, float]] = []
        test = self.test
        while len(out) < min(most, len(test.cells)):
            parts = test.parts(self.shift)
            largest = parts.max(axis=1)
            if (largest >= largest[0]).mean() > level:
                break
            owner = int(parts[0].argmax())
            out.append((owner, self.test.share(self.shift, owner)))
            test = test.without(owner)
        return out


def exchange_test(x: Floats, owner: Ints, labels: Labels, *, draws: int, rng: np.random.Generator) -> Exchange:
    """Test rows `x` (n, features), whose features belong to `owner` (features,), by `draws` exchanges."""
    test = mean_test(x, labels.second, labels.stratum, owner)
    waves = fourier_features(x, rng)
    width = waves[0].shape[1]
    differences = mean_differences(np.hstack([x, *waves]), labels, draws, rng)
    shift = differences[:, : x.shape[1]]
    distances = (differences[:, x.shape[1] :] ** 2).reshape(len(differences), len(waves), width).sum(axis=2)
    columns = [test.total(shift), test.parts(shift).max(axis=1), standardised(distances).max(axis=1)]
    p_values = ranked_p_values(np.column_stack(columns))
    means, column, kernel = (float(p) for p in p_values[0])
    return Exchange(smallest_p_value(p_values, SHARES), means, column, kernel, test, shift)
