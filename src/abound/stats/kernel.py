"""The kernel distance between two samples, in time linear in their rows.

The maximum mean discrepancy (Gretton et al. 2012) is the distance of two samples' means in the space of a kernel;
it is zero for equal distributions only. With random Fourier features (Rahimi & Recht 2007) that space has a few
hundred dimensions, so the distance is that of two mean vectors and an exchange of labels costs one product. Several
widths around the median distance are asked, since none suits every difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WIDTHS = (0.5, 1.0, 2.0)
_PAIRED = 500  # rows whose distances give the median


def fourier_features(
    x: Floats, rng: np.random.Generator, *, widths: Sequence[float] = WIDTHS, waves: int = 64
) -> list[Floats]:
    """For each width an array (rows, 2 * waves) whose products approach a Gaussian kernel's values.

    Widths are in median distances between rows; rows that are all equal have width 1.
    """
    some = x[rng.permutation(len(x))[:_PAIRED]]
    squares = (some**2).sum(axis=1)
    apart = squares[:, None] + squares[None] - 2 * some @ some.T
    pairs = apart[np.triu_indices(len(some), 1)]
    middle = float(np.sqrt(max(0.0, float(np.median(pairs))))) if len(pairs) else 0.0
    out = []
    for width in widths:
        angles = x @ (rng.normal(size=(x.shape[1], waves)) / (width * (middle or 1.0)))
        out.append(np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(waves))
    return out
