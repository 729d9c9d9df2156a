"""Independent columns: each column as it is distributed, no relation between any two (or none within a class)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice, Term
    from abound.encoding.uniform import ColumnMap

_TRIES = 200


@plugin("generator")
class Marginals:
    """Independent columns: the floor that any model of relations must beat.

    With `by_target` the columns are independent within each class (naive Bayes as a generator), so every column
    keeps its relation to the target and only to it.
    """

    by_target: bool = False

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Map each modelled column; Refusal for several tables, under two rows, or a class of under ten rows."""
        import numpy as np

        from abound.encoding.columns import classes_present, fit_maps, modelled, single_table, template

        frame = single_table(train, "marginals")
        names = modelled(train, "marginals")
        groups = [np.arange(frame.height)]
        if self.by_target:
            labels, index = classes_present(train, "marginals")
            groups = [np.flatnonzero(index == c) for c in range(len(labels))]
        maps = tuple(fit_maps(train, frame[rows], names) for rows in groups)
        share = np.array([len(rows) for rows in groups]) / frame.height
        return MarginalsSampler(template(train, frame), share, maps)

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.dataset import Dataset
        from abound.encoding.columns import load_maps

        empty = Dataset.load(folder)
        parts = [load_maps(folder, f"part-{i}", empty) for i in range(len(list(folder.glob("part-*.npz"))))]
        return MarginalsSampler(empty, parts[0][1]["share"], tuple(maps for maps, _ in parts))


@dataclass(frozen=True, eq=False)
class MarginalsSampler:
    """One set of column maps for each part of the rows: a single part, or one a class."""

    empty: Dataset
    share: np.ndarray[Any, Any]
    parts: tuple[dict[str, ColumnMap], ...]

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact: each column is drawn from what the condition leaves of it."""
        from abound.errors import WhereRefused

        if given is not None:
            raise WhereRefused("marginals makes whole rows and cannot complete given ones")
        if not self._weights(self._terms(where)).sum() > 0:
            raise WhereRefused(f"no row with {where} can be made: the training rows give it no probability")
        return "exact"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows. Only a term with "!=" on a number can leave rows to reject; they are drawn again."""
        import numpy as np
        import polars as pl

        from abound.encoding.columns import fill
        from abound.encoding.region import holds
        from abound.errors import WhereRefused

        self.support(where, given)
        terms = self._terms(where)
        made: list[pl.DataFrame] = []
        missing = n
        for _ in range(_TRIES):
            frame = self._draw(missing, terms, rng)
            frame = frame.filter(pl.Series(np.asarray(holds(frame, terms))))
            made.append(frame)
            missing -= frame.height
            if missing <= 0:
                return fill(self.empty, pl.concat(made).get_columns(), n)
        raise WhereRefused(f"no row with {where} was made in {_TRIES} tries: the values it names hardly ever occur")

    def _terms(self, where: Slice | None) -> tuple[Term, ...]:
        from abound.encoding.region import readable_terms

        return readable_terms(where, self.empty.schema.main, list(self.parts[0]))

    def _weights(self, terms: tuple[Term, ...]) -> np.ndarray[Any, Any]:
        """For each part, its share times the probability of the terms in it."""
        import numpy as np

        from abound.encoding.region import region

        columns = dict.fromkeys(t.column for t in terms)
        chance = [
            float(np.prod([region(maps[c], [t for t in terms if t.column == c]).mass for c in columns]))
            for maps in self.parts
        ]
        return np.asarray(self.share * np.array(chance))

    def _draw(self, n: int, terms: tuple[Term, ...], rng: np.random.Generator) -> pl.DataFrame:
        """`n` rows from the regions of the terms, parts mixed at random."""
        import numpy as np
        import polars as pl

        from abound.encoding.region import draw, region

        weights = self._weights(terms)
        part = rng.choice(len(weights), size=n, p=weights / weights.sum())
        frames = []
        for i, maps in enumerate(self.parts):
            points = rng.random((int((part == i).sum()), len(maps)))
            columns = [
                draw(fitted, region(fitted, [t for t in terms if t.column == name]), points[:, j])
                for j, (name, fitted) in enumerate(maps.items())
            ]
            frames.append(pl.DataFrame(columns))
        place = np.empty(n, dtype=np.int64)
        place[np.argsort(part, kind="stable")] = np.arange(n)
        return pl.concat(frames)[place]

    def save(self, folder: Path) -> None:
        """Maps as JSON and npz, and the empty table."""
        from abound.encoding.columns import save_maps

        self.empty.save(folder)
        for i, maps in enumerate(self.parts):
            save_maps(folder, f"part-{i}", maps, {"share": self.share})
