"""Two columns at a time: do they go together as in real data?

Each column is cut into a few bins that hold equal shares of the real rows (categories: their most frequent
levels), and the table of counts of each pair is compared by total variation, as contingency similarity in SDMetrics
does, but for all kinds of columns alike, so that a dependence of any form counts. The bins become finer with the
number of rows (the cube root of it), or the tables would be mostly noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.audit import Finding
    from abound.core.context import Context
    from abound.core.dataset import Dataset

_CHECK = "pairs"


@plugin("check")
class Pairs:
    """Joint distributions of column pairs, beside those of two real sets of the same size.

    At most `rows` rows a side and `most_pairs` pairs (drawn by seed where there are more); `draws` pairs of real
    sets; `alpha` is the chance that either finding fails when the rows are real ones.
    """

    rows: int = 5_000
    draws: int = 50
    most_pairs: int = 200
    alpha: float = 0.01

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """Two findings: "trend" (the mean over pairs) and "worst pair". Refusal with fewer than two columns."""
        import numpy as np

        from abound.encoding.bins import binned
        from abound.encoding.comparison import compare
        from abound.encoding.distance_findings import (
            against_real,
            largest_finding,
            mean_finding,
            not_compared,
            sizes_text,
        )
        from abound.stats.distances import total_variation

        comparison = compare(synth, train, reference)
        if len(comparison.columns) < 2:
            raise Refusal("pairs needs two columns: the table has one feature or target only")
        if not comparison.usable:
            return not_compared(_CHECK, comparison)
        smallest = min(min(s.sizes(self.rows)) for s in comparison.usable)
        bins = int(np.clip(round(smallest ** (1 / 3)), 3, 10))
        coded = [binned(c, comparison.real[c.name], comparison.synth[c.name], bins) for c in comparison.columns]
        left, right = self._pairs(len(coded), ctx)

        def distance(first: NDArray[np.int64], is_real: bool, second: NDArray[np.int64]) -> NDArray[np.float64]:
            mine = [(c.real if is_real else c.synth)[first] for c in coded]
            real = [c.real[second] for c in coded]
            out = np.empty(len(left))
            for p, (i, j) in enumerate(zip(left, right, strict=True)):
                width = coded[j].size
                joint = mine[i] * width + mine[j], real[i] * width + real[j]
                out[p] = total_variation(*joint, coded[i].size * width)
            return out

        values, real = against_real(comparison, distance, most=self.rows, draws=self.draws, rng=ctx.rng("draws"))
        names = [f"{coded[i].name} x {coded[j].name}" for i, j in zip(left, right, strict=True)]
        known, sizes = len(coded) * (len(coded) - 1) // 2, sizes_text(comparison, self.rows)
        over = f"{len(names)} pairs of columns" if len(names) == known else (
            f"{len(names)} pairs of columns (drawn by seed from {known:,})"
        )  # fmt: skip
        level, details = self.alpha / 2, {"pairs": len(names), "all_pairs": known, "bins": bins}
        return [
            mean_finding(_CHECK, "trend", over, values, real, level=level, sizes=sizes, details=details),
            largest_finding(_CHECK, "pair", names, values, real, level=level, smallest=smallest, sizes=sizes),
            *not_compared(_CHECK, comparison),
        ]

    def _pairs(self, columns: int, ctx: Context) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        import numpy as np

        left, right = np.triu_indices(columns, k=1)
        if len(left) > self.most_pairs:
            kept = np.sort(ctx.rng("pairs").choice(len(left), self.most_pairs, replace=False))
            left, right = left[kept], right[kept]
        return left.astype(np.int64), right.astype(np.int64)
