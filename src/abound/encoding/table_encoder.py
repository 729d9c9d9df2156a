"""The encoder of tables: the vectors of `abound.encoding.vectors`, in which a rare level is farther away.

Two rows that differ in a common level are at distance 1; a level that few rows have is evidence that a row is
unlike the others, as much as a number far from the middle is. So the height of a level grows with its surprise,
-ln(share) / 2, from a share of 13.5 % downwards (inverse document frequency; Spaerck Jones 1972).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.model import digest_of
from abound.encoding.vectors import VectorPart, Vectors, fit_vectors, level_codes
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
_MOST_COLUMNS = 600
_COMMON = 2.0  # -ln(.135)


@dataclass(frozen=True, eq=False)
class TableEncoder:
    """Fitted vectors and the height of each of their columns."""

    vectors: Vectors
    heights: tuple[float, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that was learned."""
        return digest_of(self.vectors.digest, list(self.heights))

    def encode(self, data: Dataset) -> Floats:
        """float64 (rows, columns) without nan."""
        return np.asarray(self.vectors.encode(data.main) * np.array(self.heights))


def fit_table_encoder(train: Dataset) -> TableEncoder:
    """Learn from the feature columns of a single table. Sensitive columns count; targets, keys and groups do not.

    Refusal for several tables, for assets and arrays, and where no feature can be encoded.
    """
    if len(train.schema.tables) > 1:
        raise Refusal(f"it encodes one table and this data has {len(train.schema.tables)}")
    table = train.schema.main_table
    for name in table.names("feature", "sensitive", kinds=("asset", "array")):
        raise Refusal(
            f"it does not look into the {table.column(name).kind} column {name!r}: set its role to ignore"
        )
    used = [table.column(n) for n in table.features()]
    if not used:
        raise Refusal(f"table {table.name!r} has no feature columns: check which columns are ignored in the schema")
    vectors = fit_vectors(train.main, used, max_levels=int(np.clip(_MOST_COLUMNS // len(used), 4, 32)))
    heights = [h for part in vectors.parts for h in _heights(train.main[part.name], part)]
    return TableEncoder(vectors, tuple(heights))


def _heights(series: pl.Series, part: VectorPart) -> list[float]:
    """The height of each output column of one part: 1 for numbers, by surprise for levels.

    The column of all other levels stands for the mean level in it, not for their sum.
    """
    if part.levels is None or not len(series):
        return [1.0] * len(part.features())
    rows = np.bincount(level_codes(series, part.levels), minlength=len(part.levels) + 2).astype(np.float64)
    pooled = series.n_unique() - len(part.levels) - (series.null_count() > 0)
    rows[-1] /= max(1, pooled)
    surprise = -np.log(np.maximum(rows, 1.0) / len(series)) / _COMMON
    height = np.maximum(1.0, surprise)
    return [float(h) for h in (*height[1:], height[0])]
