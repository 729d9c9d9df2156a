"""Real rows first, synthetic rows after them, less those that a check says to drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.dataset import Dataset


@plugin("mixer", accepts=("table", "records", "images", "scenes"))
class Append:
    """All real rows followed by the synthetic rows that the audit lets pass.

    Real rows are never left out: training on what is accumulated is safe where replacing rows by generated ones is
    not (Gerstgrasser et al., arXiv 2404.01413). A synthetic row counts `weight` times as much as a real one; a
    generated row is worth less than a measured one wherever the generator errs, so below 1 is the safe side.
    """

    weight: float = Field(default=1.0, gt=0.0, le=100.0)

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The joined rows with `_origin` filled in, and a note on how many were dropped.

        Raises SchemaError where the tables or column types differ, InputError where the audit names rows that the
        synthetic set does not have.
        """
        from abound.encoding.mixing import behind, kept, weighted

        rows, dropped = kept(synth, train, audit)
        note = f"{len(rows):,} synthetic rows follow {len(train):,} real ones; the audit dropped {dropped:,} rows"
        if self.weight != 1.0:
            note += f"; a synthetic row counts {self.weight:g} times"
        ctx.progress.note(note)
        return behind(train, weighted(rows, self.weight), note)
