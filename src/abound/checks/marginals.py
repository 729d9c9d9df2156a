"""Column by column: is each column distributed as in real data?

Numbers, times and text lengths: Kolmogorov-Smirnov distance, with nulls below every value. Categories and bools:
total variation, with null as a level. The mean of 1 - distance is the "shape" score of SDMetrics. A distance means
nothing by itself: it is as large as it is between two real sets of that size, or larger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.audit import Finding
    from abound.core.context import Context
    from abound.core.dataset import Dataset

_CHECK = "marginals"


@plugin("check")
class Marginals:
    """Distances of single columns, beside those between two real sets of the same size.

    At most `rows` rows a side; `draws` pairs of real sets; `alpha` is the chance that either finding fails when the
    rows are real ones.
    """

    rows: int = 10_000
    draws: int = 50
    alpha: float = 0.01

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """Two findings: "shape" (the mean over columns) and "worst column" (the largest excess)."""
        import numpy as np

        from abound.encoding.bins import ranked
        from abound.encoding.comparison import compare
        from abound.encoding.distance_findings import (
            against_real,
            largest_finding,
            mean_finding,
            not_compared,
            sizes_text,
        )
        from abound.stats.distances import kolmogorov_smirnov, total_variation

        comparison = compare(synth, train, reference)
        if not comparison.usable:
            return not_compared(_CHECK, comparison)
        coded = [ranked(c, comparison.real[c.name], comparison.synth[c.name]) for c in comparison.columns]

        def distance(first: NDArray[np.int64], is_real: bool, second: NDArray[np.int64]) -> NDArray[np.float64]:
            out = np.empty(len(coded))
            for j, c in enumerate(coded):
                measure = kolmogorov_smirnov if c.ordered else total_variation
                out[j] = measure((c.real if is_real else c.synth)[first], c.real[second], c.size)
            return out

        values, real = against_real(comparison, distance, most=self.rows, draws=self.draws, rng=ctx.rng("draws"))
        names, sizes = [c.name for c in coded], sizes_text(comparison, self.rows)
        smallest = min(min(s.sizes(self.rows)) for s in comparison.usable)
        level, details = self.alpha / 2, {"columns": len(names)}
        over = f"{len(names)} columns"
        return [
            mean_finding(_CHECK, "shape", over, values, real, level=level, sizes=sizes, details=details),
            largest_finding(_CHECK, "column", names, values, real, level=level, smallest=smallest, sizes=sizes),
            *not_compared(_CHECK, comparison),
        ]
