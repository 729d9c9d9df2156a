"""Units: main rows that must not part, in splits, folds, draws of training rows and bootstraps alike.

Rows of one group, rows that share a key and near-duplicates tell the same story: a model that saw one of them knows
the other, and a test set that holds both holds one observation. `split` looks for them in the whole data and, where
they are more than the groups that the schema names, leaves each row's unit in the column `_unit`; every later step
asks here. Rows without one (synthetic rows) are units of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.dataset import Dataset

    Ints = NDArray[np.int64]

UNIT = "_unit"


def units(data: Dataset) -> Ints | None:
    """The unit of each main row, int64 (rows,); None where every row is one.

    From `_unit` where `split` left it, else from the group column, whose empty cells are one group.
    """
    import numpy as np

    frame = data.main
    if UNIT in frame.columns:
        own = -1 - np.arange(frame.height, dtype=np.int64)
        known = frame[UNIT].is_not_null().to_numpy()
        return np.where(known, frame[UNIT].fill_null(0).to_numpy(), own).astype(np.int64)
    if data.schema.group is None:
        return None
    return frame[data.schema.group].rank("dense").fill_null(0).to_numpy().astype(np.int64)


def count_units(data: Dataset) -> int:
    """How many units the main rows are."""
    import numpy as np

    of = units(data)
    return len(data) if of is None else len(np.unique(of))


def with_units(data: Dataset, of: Ints) -> Dataset:
    """The data with its rows' units noted, where they are not what the schema says already."""
    import numpy as np
    import polars as pl

    if len(np.unique(of)) == count_units(data):
        return data
    return data.with_table(data.schema.main, data.main.with_columns(pl.Series(UNIT, of, dtype=pl.Int64)))
