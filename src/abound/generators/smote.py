"""SMOTE-NC: new rows of a rare class between a row and one of its neighbours (Chawla et al. 2002)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice, Term

    Ints = np.ndarray[Any, np.dtype[np.int64]]


_MOST_ROWS = 10_000  # of a class: the search for neighbours grows with the square


@plugin("generator", needs=("target", "classification"), provenance="rows")
class Smote:
    """Rows between a row of one class and one of its `neighbours` nearest rows of that class (SMOTE-NC).

    Numbers and times lie between the two rows, on the column's grid; categories take the level that most of the
    neighbours hold (the row's own in a tie). A missing cell stays missing; where only the neighbour's is missing,
    the row's own value is kept. Numbers are scaled to unit variance over train before distances are taken (the
    paper leaves units as they are, so that the column with the largest unit decides); a differing category adds
    the median standard deviation of the class's numbers, as in the paper. The class is that of `where`, by default
    the rarest; of one with more than 10,000 rows, every so-manieth row is used, 10,000 in all. Texts, ids and other
    columns are those of the row. `_source` holds its place in train.
    """

    neighbours: int = Field(default=5, ge=1)

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Keep the rows; Refusal for several tables, a target that is not a class, or a class of one row."""
        from abound.core.dataset import Dataset
        from abound.encoding.columns import single_table
        from abound.errors import Refusal

        frame = single_table(train, "smote")
        task = train.schema.task()
        if task.kind != "classification":
            raise Refusal(f"smote makes rows of a class and the target {task.targets[0]!r} is a number")
        rows = Dataset(train.schema, {train.schema.main: frame.lazy()}, assets=train.assets)
        return SmoteSampler(rows, self.neighbours)

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.artifact import read_json
        from abound.core.dataset import Dataset

        return SmoteSampler(Dataset.load(folder), read_json(folder / "smote.json")["neighbours"])


@dataclass(frozen=True, eq=False)
class SmoteSampler:
    """The training rows. The neighbours within a class are found when it is first asked for, then remembered."""

    rows: Dataset
    neighbours: int
    _near: dict[int, Ints] = field(default_factory=dict, repr=False)

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact for conditions on the target (they choose the classes); filter for others."""
        from abound.encoding.region import readable_terms
        from abound.errors import WhereRefused

        if given is not None:
            raise WhereRefused("smote starts from its own training rows and cannot complete given ones")
        terms = readable_terms(where, self.rows.schema.main, self.rows.main.columns)
        for term in terms:
            self._possible(term)
        on_target = all(t.column == self.rows.schema.target().name for t in terms)
        self._classes(where if on_target else None, self._labels())
        return "exact" if on_target else "filter"

    def _possible(self, term: Term) -> None:
        """WhereRefused for a level that no row has, and for numbers beyond all rows."""
        from abound.encoding.region import holds
        from abound.errors import WhereRefused

        among_numbers = term.column in self._columns("number", "time")
        if among_numbers and term.op in ("==", "!=", "in"):
            return
        if not holds(self.rows.main, (term,)).any():
            raise WhereRefused(f"no training row has {term}, and smote makes nothing beyond its rows")

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows, each from a random row of the class. WhereRefused where a class has under two rows."""
        import numpy as np
        import polars as pl

        from abound.core.task import one_thread
        from abound.encoding.columns import from_rows
        from abound.errors import WhereRefused

        if self.support(where, given) != "exact":
            raise WhereRefused(f"smote makes rows with {where} by rejection: sample without it and filter")
        label = self._labels()
        chosen = self._classes(where, label)
        counts = np.bincount(label)[chosen]
        made_of = rng.choice(chosen, size=n, p=counts / counts.sum())
        start, pick, gap = rng.random((3, n))
        source = np.empty(n, dtype=np.int64)
        parts, places = [], []
        with one_thread():
            for one in chosen:
                mine = np.flatnonzero(made_of == one)
                rows, near = _rows_of(int(one), label), self._neighbours_of(int(one), label)
                base = np.floor(start[mine] * len(rows)).astype(np.int64)
                partner = near[base, np.floor(pick[mine] * near.shape[1]).astype(np.int64)]
                source[mine] = rows[base]
                parts.append(self._between(rows[base], partner, near[base], gap[mine]))
                places.append(mine)
        order = np.argsort(np.concatenate(places), kind="stable")
        return from_rows(self.rows, pl.concat(parts)[order], source)

    def _labels(self) -> Ints:
        from abound.core.labels import codes

        return codes(self.rows, self.rows.schema.task())

    def _classes(self, where: Slice | None, label: Ints) -> Ints:
        """Codes of the classes that `where` names, or of the rarest one."""
        import numpy as np

        from abound.encoding.region import holds, readable_terms
        from abound.errors import WhereRefused

        present, counts = np.unique(label, return_counts=True)
        terms = readable_terms(where, self.rows.schema.main, self.rows.main.columns)
        chosen = np.unique(label[holds(self.rows.main, terms)]) if terms else present[[counts.argmin()]]
        few = [int(c) for c in chosen if counts[np.searchsorted(present, c)] < 2]
        if few or not len(chosen):
            reason = "has one training row and no neighbour" if few else "has no training row"
            raise WhereRefused(f"smote cannot make rows: the class of {where or 'the rarest rows'} {reason}")
        return np.asarray(chosen, dtype=np.int64)

    def _neighbours_of(self, one: int, label: Ints) -> Ints:
        """For each of `_rows_of` the class, the places in train of the nearest others (rows, neighbours)."""
        import numpy as np

        from abound.stats.neighbours import nearest_rows

        if one not in self._near:
            mine = _rows_of(one, label)
            numbers, codes = self._vectors()
            spread = numbers[mine].std(axis=0)
            penalty = float(np.median(spread)) if len(spread) and np.median(spread) > 0 else 1.0
            near = nearest_rows(numbers[mine], codes[mine], penalty, min(self.neighbours, len(mine) - 1))
            self._near[one] = mine[near]
        return self._near[one]

    def _columns(self, *kinds: str) -> list[str]:
        table = self.rows.schema.main_table
        return [n for n in table.features() if table.column(n).kind in kinds]

    def _vectors(self) -> tuple[np.ndarray[Any, Any], Ints]:
        """Numbers scaled to unit variance (missing: the mean); codes of categories and of missing numbers."""
        import numpy as np

        frame = self.rows.main
        numbers, codes = [np.zeros((frame.height, 0))], [np.zeros((frame.height, 0), dtype=np.int64)]
        for name in self._columns("number", "time"):
            values = _positions(frame[name])[0]
            missing = np.isnan(values)
            known = values[~missing]
            scale = known.std() if len(known) and known.std() > 0 else 1.0
            centred = np.where(missing, 0.0, (values - (known.mean() if len(known) else 0.0)) / scale)
            numbers.append(centred[:, None])
            codes.append(missing[:, None].astype(np.int64))
        for name in self._columns("category", "bool"):
            codes.append(_codes(frame[name])[:, None])
        return np.hstack(numbers), np.hstack(codes)

    def _between(self, source: Ints, partner: Ints, near: Ints, gap: np.ndarray[Any, Any]) -> pl.DataFrame:
        """Rows between `source` and `partner`, with the categories of most of `near`."""
        import numpy as np
        import polars as pl

        from abound.encoding.grid import at_positions
        from abound.stats.neighbours import majority

        frame = self.rows.main
        numbers, categories = set(self._columns("number", "time")), set(self._columns("category", "bool"))
        columns = []
        for name in frame.columns:
            series = frame[name]
            made = series[source]
            if name in categories:
                codes = _codes(series)
                winner = majority(codes[near], codes[source])
                rows = np.where(winner < 0, source, near[np.arange(len(source)), winner])
                made = series[rows]
            elif name in numbers and series.null_count() < len(series):
                place, grid = _positions(series)
                left, right = place[source], np.where(np.isnan(place[partner]), place[source], place[partner])
                moved = at_positions(np.nan_to_num(left + gap * (right - left)), grid, series.dtype, name)
                known = pl.Series(~np.isnan(left))
                made = pl.select(pl.when(known).then(moved).alias(name)).to_series()
            columns.append(made)
        return pl.DataFrame(columns)

    def save(self, folder: Path) -> None:
        """The rows as Parquet, the number of neighbours as JSON."""
        from abound.core.artifact import write_json

        self.rows.save(folder)
        write_json(folder / "smote.json", {"neighbours": self.neighbours})


def _rows_of(one: int, label: Ints) -> Ints:
    """Places in train of a class's rows, evenly spaced ones if there are too many."""
    import numpy as np

    rows = np.flatnonzero(label == one)
    if len(rows) > _MOST_ROWS:
        rows = rows[np.linspace(0, len(rows) - 1, _MOST_ROWS).astype(np.int64)]
    return rows


def _positions(series: pl.Series) -> tuple[np.ndarray[Any, Any], Any]:
    """Grid positions with nan for null, and the grid."""
    import numpy as np

    from abound.encoding.grid import find_grid, positions

    out = np.full(len(series), np.nan)
    known = series.drop_nulls()
    if not len(known):
        return out, None
    grid = find_grid(known)
    out[series.is_not_null().to_numpy()] = positions(known, grid)
    return out, grid


def _codes(series: pl.Series) -> Ints:
    """Dense codes of the levels in order of their text, -1 for null."""
    import numpy as np

    from abound.encoding.uniform import as_text

    return np.asarray(as_text(series).rank("dense").cast(int).fill_null(0).to_numpy() - 1, dtype=np.int64)
