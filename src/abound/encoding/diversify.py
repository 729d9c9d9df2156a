"""Rows for regions of the real data where a generator made none (mode collapse).

No weight brings back a mode that has no row, and no column repaired on its own does. So a model is fitted to the
real rows of each bare region alone (`stats.coverage`), and its rows take the places of as many others as the region
has too few. Rows are compared as the audit compares them: under the condition of their order, or within classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.core import registry
from abound.core.slice import Slice
from abound.encoding.comparison import WHERE, Stratum, strata_of
from abound.encoding.rejection import passing
from abound.encoding.vectors import fit_vectors
from abound.errors import Refusal
from abound.stats.coverage import LEAST, bare_regions

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset

Ints = NDArray[np.int64]
SOURCE = "_source"
LEAST_REGION = 20  # real rows of a region from which a model of it is fitted
MOST_ROWS = 4_000  # of a stratum, that are looked at


class Region(NamedTuple):
    """A bare region: its real rows (positions in train) and their share of the stratum that it lies in."""

    rows: Ints
    share: float
    stratum: Stratum


def bare(synth: Dataset, train: Dataset, ctx: Context) -> list[Region]:
    """Regions of at least 20 training rows that no synthetic row of their stratum is near, the largest first."""
    import polars as pl

    table = train.schema.main_table
    columns = [table.column(n) for n in table.modelled()]
    names = [c.name for c in columns]
    out = []
    for i, stratum in enumerate(strata_of(synth, train, train.take([]))):
        size = min(len(stratum.synth), len(stratum.train), MOST_ROWS)
        if size < max(LEAST, LEAST_REGION):
            continue
        rng = ctx.rng("bare", i)
        real, made = (np.sort(rng.permutation(rows)[:size]) for rows in (stratum.train, stratum.synth))
        parts = [train.main.select(names)[real], synth.main.select(names)[made]]
        vectors = fit_vectors(pl.concat(parts, how="vertical_relaxed"), columns)
        of = bare_regions(*(vectors.encode(p) for p in parts))
        for region in range(int(of.max(initial=-1)) + 1):
            rows = real[of == region]
            if len(rows) >= LEAST_REGION:
                out.append(Region(rows, len(rows) / size, stratum))
    return sorted(out, key=lambda r: -r.share)


def diversified(synth: Dataset, train: Dataset, ctx: Context) -> tuple[Dataset, list[str]]:
    """The set with rows drawn anew for its bare regions, and what was done, in words.

    Each region gets its share of the rows of its stratum, in the places of rows drawn at random there, whose keys,
    groups and orders stay.
    """
    frame, notes, taken = synth.main, [], np.zeros(0, dtype=np.int64)
    for k, region in enumerate(bare(synth, train, ctx)):
        free = np.setdiff1d(region.stratum.synth, taken)
        count = min(round(region.share * len(region.stratum.synth)), len(free))
        if not count:
            continue
        places = np.sort(ctx.rng("places", k).permutation(free)[:count])
        try:
            made = _rows(train.take(region.rows), synth, places, ctx.at("region", k))
        except Refusal as reason:
            notes.append(f"no rows were made where {len(region.rows):,} training rows have no like: {reason}")
            continue
        taken = np.concatenate([taken, places])
        frame = _placed(frame, made, places)
        notes.append(
            f"{count:,} rows of '{region.stratum.name}' were replaced by rows of a copula fitted to "
            f"{len(region.rows):,} training rows that had no synthetic row near them"
        )
    return synth.with_table(synth.schema.main, frame), notes


def _rows(real: Dataset, synth: Dataset, places: Ints, ctx: Context) -> pl.DataFrame:
    """As many rows like those of the region as there are places, under the places' condition and the rules."""
    from abound.core.labels import codes
    from abound.core.rules import broken_rows, recompute

    rules, where = real.schema.rules, _condition(synth, places)
    tasks = [t for t in real.schema.tasks if t.table == real.schema.main and t.kind == "classification"]
    by_target = bool(tasks) and bool((np.unique(codes(real, tasks[0]), return_counts=True)[1] >= 10).all())
    sampler = registry.create("generator", "copula", {"by_target": by_target}).fit(real, ctx)
    names = real.schema.main_table.modelled()
    types = real.main.schema

    def make(number: int, size: int) -> pl.DataFrame:
        made = sampler.sample(size, rng=ctx.rng("sample", number)).main
        return recompute(made, rules).select([made[n].cast(types[n]) for n in names])

    def passes(frame: pl.DataFrame) -> NDArray[np.bool_]:
        good = np.ones(frame.height, dtype=bool)
        for broken in broken_rows(frame, rules).values():
            good &= ~broken.to_numpy().astype(bool)
        if where is not None:
            good &= real.with_table(real.schema.main, frame).mask(where).to_numpy().astype(bool)
        return good

    def give_up(share: float, tried: int) -> Refusal:
        return Refusal(f"a copula of them keeps the rules and the condition {where} too rarely")

    return passing(make, passes, len(places), give_up)


def _condition(synth: Dataset, places: Ints) -> Slice | None:
    """The condition that all rows at the places were made under, if there is one."""
    if WHERE not in synth.main.columns:
        return None
    made = synth.main[WHERE][places].unique().to_list()
    return Slice.model_validate_json(made[0]) if len(made) == 1 and made[0] is not None else None


def _placed(frame: pl.DataFrame, made: pl.DataFrame, places: Ints) -> pl.DataFrame:
    """The frame with made rows at the places. They were made from no single real row, so `_source` is missing."""
    import polars as pl

    out = [frame[n].scatter(places, made[n].cast(frame.schema[n])) for n in made.columns]
    if SOURCE in frame.columns:
        out.append(frame[SOURCE].scatter(places, pl.Series([None] * len(places), dtype=frame.schema[SOURCE])))
    return frame.with_columns(out)
