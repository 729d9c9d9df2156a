"""Which real rows a synthetic row may be compared with.

Synthetic sets are lopsided on purpose: more of the rare class, rows made for one slice only. Compared overall, such
a set always differs from real data, however good its rows are. So rows are compared within strata: rows made under
a condition with the real rows that satisfy it and, where the classes are shared out differently, rows of a class
with real rows of that class. Scores of strata are averaged by their rows.

What real data scores is measured by drawing two disjoint sets of real rows (training and held-out rows together,
whole groups apart) of the sizes that the synthetic comparison has. Training and held-out rows were parted at
random, so every such pair is a draw of "real against real" (a permutation reference, Good 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.labels import classes, codes
from abound.core.slice import Slice
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.plan import Plan
    from abound.core.schema import Column

Ints = NDArray[np.int64]
WHERE = "_where"  # a synthetic column: the slice (JSON) that a row was made under; null: no condition
ORDER = "_order"
LEAST_ROWS = 30  # with fewer rows on a side, real sets differ so much that nothing can be concluded
_CONDITIONS = "the conditions they were made under"
_SAME_MIX = 0.001  # p below which class shares count as changed


@dataclass(frozen=True)
class Stratum:
    """Rows that belong together: positions in the synthetic set and in `Comparison.real`."""

    name: str
    basis: str  # what its rows have in common, "" where it holds all rows
    synth: Ints
    real: Ints
    train: Ints  # those of `real` that are training rows

    def sizes(self, most: int) -> tuple[int, int]:
        """Rows a side, at most `most`, such that two disjoint real sets of these sizes can be drawn."""
        first = min(len(self.synth), len(self.real) // 2, most)
        return first, min(len(self.train), len(self.real) - first, most)

    @property
    def usable(self) -> bool:
        """Whether both sides have enough rows."""
        return min(self.sizes(LEAST_ROWS)) >= LEAST_ROWS


@dataclass(frozen=True)
class Inside:
    """Rows that satisfy a slice: one bool for each synthetic row and for each row of `Comparison.real`."""

    name: str
    synth: NDArray[np.bool_]
    real: NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Synthetic rows beside real ones (training rows first, then held-out ones), with the strata to compare in.

    `asked` are slices to look into besides. They may overlap each other and the strata.
    """

    columns: tuple[Column, ...]
    synth: pl.DataFrame
    real: pl.DataFrame
    groups: Ints | None  # of the real rows
    strata: tuple[Stratum, ...]
    asked: tuple[Inside, ...] = ()

    @property
    def basis(self) -> str:
        """Words for a sentence: "" or, for example, " within classes"."""
        words = [w for w in dict.fromkeys(s.basis for s in self.usable) if w]
        return f" within {' and '.join(words)}" if words else ""

    @property
    def usable(self) -> list[Stratum]:
        """Strata with enough rows on both sides."""
        return [s for s in self.strata if s.usable]

    def set_aside(self) -> list[str]:
        """The other strata, with their rows, for the report."""
        return [
            f"{s.name} ({len(s.synth):,} synthetic, {len(s.train):,} training and "
            f"{len(s.real) - len(s.train):,} held-out rows)"
            for s in self.strata
            if not s.usable
        ]


def with_conditions(synth: Dataset, plan: Plan) -> Dataset:
    """The synthetic set with the slice (JSON) that each row was made under in `_where`, found by its order."""
    import polars as pl

    frame = synth.main
    if ORDER not in frame.columns:
        return synth
    made = {o.id: o.where.model_dump_json() for o in plan.orders if o.where is not None}
    where = frame[ORDER].cast(pl.String).replace_strict(made, default=None, return_dtype=pl.String)
    return synth.with_table(synth.schema.main, frame.with_columns(where.alias(WHERE)))


def made_under(synth: Dataset, where: Slice) -> Dataset:
    """The synthetic set, all of whose rows were made under one condition."""
    import polars as pl

    frame = synth.main.with_columns(pl.lit(where.model_dump_json()).alias(WHERE))
    return synth.with_table(synth.schema.main, frame)


def compare(synth: Dataset, train: Dataset, reference: Dataset, slices: Sequence[Slice] = ()) -> Comparison:
    """Lay out the comparison of single tables; `slices` on their main table are the ones `asked` for.

    Refusal where the table has no column that is modelled.
    """
    import polars as pl

    table = train.schema.main_table
    columns = tuple(table.column(n) for n in table.modelled())
    if not columns:
        raise Refusal(f"table {table.name!r} has no feature or target column to compare")
    names = [c.name for c in columns]
    real = pl.concat([train.main.select(names), reference.main.select(names)], how="vertical_relaxed")
    groups = None
    if train.schema.group:
        owners = [d.main[train.schema.group].cast(pl.String) for d in (train, reference)]
        groups = pl.concat(owners).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    strata = strata_of(synth, train, reference)
    asked = _asked(slices, strata, synth, train, reference)
    return Comparison(columns, synth.main.select(names), real, groups, strata, asked)


def _asked(
    slices: Sequence[Slice], strata: Sequence[Stratum], synth: Dataset, train: Dataset, reference: Dataset
) -> tuple[Inside, ...]:
    """The slices that can be looked up on single tables and that are no stratum already."""
    known, out = {s.name for s in strata}, []
    there = set(synth.main.columns) & set(train.main.columns)
    for where in slices:
        if where.on != train.schema.main or str(where) in known or not there >= set(where.columns()):
            continue
        known.add(str(where))
        mine, real, held = (d.mask(where).to_numpy().astype(bool) for d in (synth, train, reference))
        out.append(Inside(str(where), mine, np.concatenate([real, held])))
    return tuple(out)


def draw_synthetic(
    strata: Sequence[Stratum], most: int, groups: Ints | None, rng: np.random.Generator
) -> list[Ints]:
    """For each stratum in turn two arrays of positions: synthetic rows, then training rows (in `real`)."""
    out = []
    for s in strata:
        first, second = s.sizes(most)
        out += [rng.permutation(s.synth)[:first], by_group(s.train, groups, rng)[:second]]
    return out


def draw_real(strata: Sequence[Stratum], most: int, groups: Ints | None, rng: np.random.Generator) -> list[Ints]:
    """For each stratum in turn two disjoint arrays of real rows, of the sizes that `draw_synthetic` gives.

    Rows of a group stay on one side (at most one group per stratum is cut, where the sides meet).
    """
    out = []
    for s in strata:
        first, second = s.sizes(most)
        order = by_group(s.real, groups, rng)
        out += [order[:first], order[len(order) - second :]]
    return out


def by_group(rows: Ints, groups: Ints | None, rng: np.random.Generator) -> Ints:
    """Rows in random order, the rows of one group next to each other (`groups`: a number for each real row)."""
    shuffled = rng.permutation(rows)
    if groups is None:
        return shuffled
    place = rng.permutation(int(groups.max()) + 1)
    return shuffled[np.argsort(place[groups[shuffled]], kind="stable")]


def strata_of(synth: Dataset, train: Dataset, reference: Dataset) -> tuple[Stratum, ...]:
    """Conditions first; rows made under none (or one on the target alone) are divided by class."""
    out: list[Stratum] = []
    free = np.arange(len(synth))
    if WHERE in synth.main.columns:
        made = synth.main[WHERE]
        for text in made.drop_nulls().unique().sort().to_list():
            where = Slice.model_validate_json(text)
            if _on_target_only(where, train):
                continue
            rows = (made == text).fill_null(False).to_numpy()
            free = free[~rows[free]]
            hits = [d.mask(where).to_numpy() for d in (train, reference)]
            out.append(_stratum(str(where), _CONDITIONS, np.flatnonzero(rows), hits[0], hits[1]))
    return (*out, *(_by_class(synth, train, reference, free) if len(free) else ()))


def _by_class(synth: Dataset, train: Dataset, reference: Dataset, free: Ints) -> list[Stratum]:
    """One stratum a class where the classes' shares differ from those of the training rows, else one in all."""
    from scipy.stats import chi2_contingency

    tasks = [t for t in train.schema.tasks if t.table == train.schema.main and t.kind == "classification"]
    if tasks:
        mine, real, held = codes(synth, tasks[0])[free], codes(train, tasks[0]), codes(reference, tasks[0])
        names = classes(train.schema, tasks[0])
        table = np.array([np.bincount(c, minlength=len(names)) for c in (mine, real)])
        table = table[:, table.sum(axis=0) > 0]
        if table.shape[1] > 1 and chi2_contingency(table).pvalue < _SAME_MIX:
            target = tasks[0].targets[0]
            return [
                _stratum(f"{target} = {names[c]}", "classes", free[mine == c], real == c, held == c)
                for c in np.unique(mine)
            ]
    every = [np.ones(len(d), dtype=bool) for d in (train, reference)]
    return [_stratum("all rows", "", free, every[0], every[1])]


def _stratum(name: str, basis: str, synth: Ints, train: NDArray[np.bool_], held: NDArray[np.bool_]) -> Stratum:
    own = np.flatnonzero(train).astype(np.int64)
    return Stratum(
        name, basis, synth, np.concatenate([own, len(train) + np.flatnonzero(held)]).astype(np.int64), own
    )


def _on_target_only(where: Slice, train: Dataset) -> bool:
    targets = {t for task in train.schema.tasks for t in task.targets}
    return len(where.columns()) == len(where.terms) and set(where.columns()) <= targets
