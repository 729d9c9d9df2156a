"""Do training rows hold rows of the sealed test set?

The rows of an arm that are not among its real rows are looked up in the test set. How often a row that was made
without looking equals a test row depends on how coarse the table is, and real rows tell: those of train and tune
are looked up as well. Far more equal rows than these have come from a generator that saw test rows, for example one
that was fitted on the whole table, or on the training part of another split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abound.errors import LeakError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

CHANCE = 1e-6  # of so many equal rows, were the arm's rows like real ones
TIMES = 5  # how much oftener than real rows: a generator may prefer the rows that are common everywhere
LEAST = 0.02  # share of the arm's own rows


def no_leak(name: str, arm: Dataset, real: Dataset, tune: Dataset, test: Dataset) -> None:
    """LeakError where the rows of `arm` that are not in `real` equal test rows far oftener than real rows do."""
    from scipy.stats import hypergeom

    table = test.schema.main_table
    columns = [c for c in [*table.features(), *table.names("target")] if c in arm.main.columns]
    if not columns:
        return
    sealed, known = _words(test.main, columns), _words(real.main, columns)
    own = np.setdiff1d(_words(arm.main, columns), known)
    fresh = np.union1d(known, _words(tune.main, columns))
    hits, by_chance = (int(np.isin(words, sealed).sum()) for words in (own, fresh))
    p = float(hypergeom.sf(hits - 1, len(own) + len(fresh), len(own), hits + by_chance))
    often = hits > max(LEAST, TIMES * (by_chance + 1) / len(fresh)) * len(own)
    if often and p < CHANCE:
        raise LeakError(
            f"{hits:,} of the {len(own):,} different rows that the arm {name!r} adds are sealed test rows ("
            f"{by_chance:,} of {len(fresh):,} real rows of train and tune equal one): fit the generator on the "
            "training part of this split only"
        )


def _words(frame: pl.DataFrame, columns: list[str]) -> np.ndarray[Any, Any]:
    """The distinct rows as 64-bit hashes; numbers compare as numbers whatever their type."""
    import polars as pl

    numeric = {c: pl.Float64() for c in columns if frame[c].dtype.is_numeric()}
    return np.unique(frame.select(columns).cast(numeric).hash_rows(seed=0).to_numpy())  # type: ignore[arg-type]
