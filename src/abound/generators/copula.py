"""Gaussian copula: every column as it is distributed, related through correlated normals (Sklar 1959)."""

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

    Maps = dict[str, ColumnMap]


@plugin("generator")
class Copula:
    """Gaussian copula: all columns' distributions kept, relations up to correlation, fitted in about a second.

    Behind each column stands a normal variable, and behind each column with missing cells a second one that says
    when it is missing. Their correlations are those that reproduce the association seen between the pieces
    (`abound.stats.latent`). A single normal can only relate ordered levels, so category levels are put in the order
    that relates them best (`abound.encoding.ordering`). Correlations that the rows do not support are shrunk to
    zero, so more columns than rows are no obstacle.

    With `by_target` each class has a copula of its own, whose correlations are shrunk to those within the classes
    together: 15 rows of a rare class then borrow their relations and keep their own distributions. A class of
    fewer than ten rows is refused.
    """

    by_target: bool = False

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Fit maps and correlations; Refusal for several tables, under two rows, or a class of under ten rows."""
        import numpy as np

        from abound.core.task import one_thread
        from abound.encoding.columns import classes_present, fit_maps, modelled, single_table, template
        from abound.encoding.ordering import level_orders

        frame = single_table(train, "copula")
        names = modelled(train, "copula")
        groups = [np.arange(frame.height)]
        labels: tuple[str, ...] = ()
        if self.by_target:
            present, index = classes_present(train, "copula")
            labels, groups = tuple(present), [np.flatnonzero(index == c) for c in range(len(present))]
        with one_thread():
            orders = level_orders(train, frame, names)
            maps = tuple(fit_maps(train, frame[rows], names, orders) for rows in groups)
            roots = _roots([frame[rows] for rows in groups], maps)
        share = np.array([len(rows) for rows in groups]) / frame.height
        return CopulaSampler(template(train, frame), labels, share, maps, roots)

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.artifact import read_json
        from abound.core.dataset import Dataset
        from abound.encoding.columns import load_maps

        empty = Dataset.load(folder)
        labels = tuple(read_json(folder / "classes.json"))
        parts = [load_maps(folder, f"part-{i}", empty) for i in range(max(1, len(labels)))]
        maps, arrays = tuple(m for m, _ in parts), [a for _, a in parts]
        return CopulaSampler(empty, labels, arrays[0]["share"], maps, tuple(a["root"] for a in arrays))


def _roots(frames: list[pl.DataFrame], maps: tuple[Maps, ...]) -> tuple[np.ndarray[Any, Any], ...]:
    """For each part, the lower triangular root of its latent correlations."""
    import numpy as np

    from abound.encoding.ordering import normal_scores, score_coefficients
    from abound.stats.latent import latent_correlation, root_of_correlation, score_correlation

    inputs = []
    for frame, own in zip(frames, maps, strict=True):
        inputs.append((*score_correlation(normal_scores(frame, own)), *score_coefficients(own)))
    found = [latent_correlation(*i) for i in inputs]
    if len(found) > 1:
        weight = np.array([f.height for f in frames]) / sum(f.height for f in frames)
        together = sum(w * f for w, f in zip(weight, found, strict=True))
        found = [latent_correlation(*i, prior=np.asarray(together)) for i in inputs]
    return tuple(root_of_correlation(f) for f in found)


@dataclass(frozen=True, eq=False)
class CopulaSampler:
    """Maps and the root of the latent correlations, once, or once a class."""

    empty: Dataset
    labels: tuple[str, ...]
    share: np.ndarray[Any, Any]
    maps: tuple[Maps, ...]
    roots: tuple[np.ndarray[Any, Any], ...]

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact for conditions on the target alone with `by_target`; filter for others."""
        import numpy as np

        from abound.encoding.region import region
        from abound.errors import WhereRefused

        if given is not None:
            raise WhereRefused("copula makes whole rows and cannot complete given ones")
        terms = self._terms(where)
        columns = dict.fromkeys(t.column for t in terms)
        chance = [
            np.prod([region(maps[c], [t for t in terms if t.column == c]).mass for c in columns])
            for maps in self.maps
        ]
        if not sum(chance) > 0:
            raise WhereRefused(f"no row with {where} can be made: the training rows never hold these values")
        own = {self.empty.schema.target().name} if self.labels else set()
        return "exact" if set(columns) <= own else "filter"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows; with `by_target`, a condition on the target chooses the classes."""
        import numpy as np
        import polars as pl

        from abound.core.task import one_thread
        from abound.encoding.columns import fill
        from abound.errors import WhereRefused

        if self.support(where, given) != "exact":
            raise WhereRefused(f"copula makes rows with {where} by rejection: sample without it and filter")
        weights = self._shares(self._terms(where))
        part = rng.choice(len(weights), size=n, p=weights / weights.sum())
        frames = []
        with one_thread():
            for i, (maps, root) in enumerate(zip(self.maps, self.roots, strict=True)):
                normals = rng.standard_normal((int((part == i).sum()), len(root)))
                frames.append(_decode(maps, normals @ root.T))
        place = np.empty(n, dtype=np.int64)
        place[np.argsort(part, kind="stable")] = np.arange(n)
        rows = pl.concat(frames)[place] if len(frames) > 1 else frames[0]
        return fill(self.empty, rows.get_columns(), n)

    def _terms(self, where: Slice | None) -> tuple[Term, ...]:
        from abound.encoding.region import readable_terms

        return readable_terms(where, self.empty.schema.main, list(self.maps[0]))

    def _shares(self, terms: tuple[Term, ...]) -> np.ndarray[Any, Any]:
        """The share of each part, 0 for classes that the terms (on the target alone) exclude."""
        import numpy as np

        from abound.encoding.region import region

        if not terms:
            return self.share
        allowed = [region(maps[terms[0].column], terms).mass > 0 for maps in self.maps]
        return np.where(allowed, self.share, 0.0)

    def save(self, folder: Path) -> None:
        """Maps and roots as JSON and npz, and the empty table."""
        from abound.core.artifact import write_json
        from abound.encoding.columns import save_maps

        self.empty.save(folder)
        write_json(folder / "classes.json", list(self.labels))
        for i, (maps, root) in enumerate(zip(self.maps, self.roots, strict=True)):
            save_maps(folder, f"part-{i}", maps, {"share": self.share, "root": root})


def _decode(maps: Maps, normals: np.ndarray[Any, Any]) -> pl.DataFrame:
    import numpy as np
    import polars as pl
    from scipy.special import ndtr

    from abound.encoding.uniform import decode_values

    points, width = ndtr(normals), len(maps)
    columns = []
    for j, fitted in enumerate(maps.values()):
        null = points[:, width + j] < fitted.missing
        columns.append(decode_values(fitted, np.minimum(points[:, j], 1.0 - 2.0**-53), null))
    return pl.DataFrame(columns)
