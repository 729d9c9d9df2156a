"""Real rows drawn with replacement: what any generator must beat, and the way to repeat rows by design."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice


@plugin("generator", provenance="rows")
class Resample:
    """Real rows drawn with replacement (the bootstrap, Efron 1979). `_source` holds the row's place in train."""

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Keep the rows; Refusal for several tables or no row."""
        from abound.core.dataset import Dataset
        from abound.encoding.columns import single_table

        frame = single_table(train, "resample", least=1)
        return ResampleSampler(Dataset(train.schema, {train.schema.main: frame.lazy()}, assets=train.assets))

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.dataset import Dataset

        return ResampleSampler(Dataset.load(folder))


@dataclass(frozen=True, eq=False)
class ResampleSampler:
    """The training rows."""

    rows: Dataset

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact: drawn among the rows that satisfy the condition."""
        from abound.errors import WhereRefused

        if given is not None:
            raise WhereRefused("resample draws real rows and cannot complete given ones")
        if not len(self._matching(where)):
            raise WhereRefused(f"no training row has {where}, so there is none to draw")
        return "exact"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows, each equally likely."""
        from abound.encoding.columns import from_rows

        self.support(where, given)
        matching = self._matching(where)
        source = matching[rng.integers(len(matching), size=n)]
        return from_rows(self.rows, self.rows.main[source], source)

    def _matching(self, where: Slice | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        import numpy as np

        from abound.encoding.region import holds, readable_terms

        terms = readable_terms(where, self.rows.schema.main, self.rows.main.columns)
        return np.flatnonzero(holds(self.rows.main, terms))

    def save(self, folder: Path) -> None:
        """The rows as Parquet."""
        self.rows.save(folder)
