"""Real rows with some cells exchanged for those of other rows: new combinations, each value a real one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice


@plugin("generator", provenance="rows")
class Swap:
    """Real rows with a share of the feature cells taken from other random rows (swap noise; Jahrer 2017).

    Each feature cell is replaced with probability `share`, independently, by the cell of another row drawn for it
    alone. The target is kept, so with a large share the labels become wrong: combine with `teacher_labels`.
    `_source` holds the place in train of the row that the target and the other cells come from.
    """

    share: float = Field(default=0.2, ge=0.0, le=1.0)

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Keep the rows; Refusal for several tables, under two rows, or no feature."""
        from abound.core.dataset import Dataset
        from abound.encoding.columns import single_table
        from abound.errors import Refusal

        frame = single_table(train, "swap")
        if not train.schema.main_table.features():
            raise Refusal("swap found no feature to exchange: every column is a target, a key or ignored")
        return SwapSampler(
            Dataset(train.schema, {train.schema.main: frame.lazy()}, assets=train.assets), self.share
        )

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.artifact import read_json
        from abound.core.dataset import Dataset

        return SwapSampler(Dataset.load(folder), read_json(folder / "swap.json")["share"])


@dataclass(frozen=True, eq=False)
class SwapSampler:
    """The training rows and the share of cells to exchange."""

    rows: Dataset
    share: float

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Filter: a condition may come true, or stop being true, by an exchange."""
        from abound.encoding.region import holds, readable_terms
        from abound.errors import WhereRefused

        if given is not None:
            raise WhereRefused("swap starts from its own training rows and cannot complete given ones")
        frame = self.rows.main
        terms = readable_terms(where, self.rows.schema.main, frame.columns)
        for name in dict.fromkeys(t.column for t in terms):
            own = [t for t in terms if t.column == name]
            if not holds(frame, own).any():
                raise WhereRefused(
                    f"no training row has {' and '.join(map(str, own))}, so no exchange can bring it"
                )
        return "filter" if terms else "exact"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows drawn with replacement, cells exchanged."""
        import polars as pl

        from abound.encoding.columns import from_rows
        from abound.errors import WhereRefused

        if self.support(where, given) != "exact":
            raise WhereRefused(f"swap makes rows with {where} by rejection: sample without it and filter")
        frame = self.rows.main
        source = rng.integers(frame.height, size=n)
        columns = []
        for name in frame.columns:
            place = source
            if name in set(self.rows.schema.main_table.features()):
                other = (source + 1 + rng.integers(frame.height - 1, size=n)) % frame.height
                place = source + (rng.random(n) < self.share) * (other - source)
            columns.append(frame[name][place])
        return from_rows(self.rows, pl.DataFrame(columns), source)

    def save(self, folder: Path) -> None:
        """The rows as Parquet, the share as JSON."""
        from abound.core.artifact import write_json

        self.rows.save(folder)
        write_json(folder / "swap.json", {"share": self.share})
