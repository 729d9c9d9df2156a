"""Real rows first, then the synthetic rows that are like real ones, each weighted by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from abound.core.registry import plugin
from abound.errors import InputError

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.dataset import Dataset


@plugin("mixer")
class FilterAndWeight:
    """All real rows, and synthetic rows weighted by the density ratio that the gap test found.

    Rows that the audit drops, and rows out of the real ones' support (below the 5th percentile of the ratio of
    held-out real rows), are left out. The others weigh p_real / p_synthetic, clipped to [.1, 10] and brought
    together until they are worth `least_effective` of their number (Kish 1965), `weight` on average. A set that the
    gap test did not tell apart carries no weights: its rows then count equally.
    """

    least_effective: float = Field(default=0.3, gt=0.0, le=1.0)
    weight: float = Field(default=1.0, gt=0.0, le=100.0)

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The joined rows with `_origin` filled in, and a note on how many were dropped and what the rest is worth.

        Raises SchemaError and InputError as `encoding.mixing.kept` does, InputError where the weights are those of
        another set.
        """
        import numpy as np
        import polars as pl

        from abound.core.dataset import WEIGHT
        from abound.encoding.mixing import behind, kept, weighted
        from abound.stats.density_ratio import effective_share, tempered

        rows, dropped = kept(synth, train, audit)
        ratio = np.ones(len(synth))
        found = [f.weights for f in audit.findings if f.weights]
        if found and len(found[0]) != len(synth):
            raise InputError(f"the audit weighs {len(found[0])} rows and the synthetic set has {len(synth)}")
        for weights in found:
            ratio *= np.array(weights)
        ratio = ratio[np.setdiff1d(np.arange(len(synth)), np.array(audit.drop(), dtype=np.int64))]
        note = f"the audit dropped {dropped:,} rows"
        if found:
            inside = ratio > 0
            rows, ratio = rows.take(np.flatnonzero(inside)), tempered(ratio[inside], self.least_effective)
            own = rows.weights() * ratio
            rows = rows.with_table(rows.schema.main, rows.main.with_columns(pl.Series(WEIGHT, own)))
            note += (
                f" and {int((~inside).sum()):,} more lie where no real row is; the others are worth "
                f"{effective_share(ratio):.0%} of their number"
            )
        else:
            note += " and has no weights for the others"
        note = f"{len(rows):,} synthetic rows follow {len(train):,} real ones; {note}"
        ctx.progress.note(note)
        return behind(train, weighted(rows, self.weight), note)
