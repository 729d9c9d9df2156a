"""Summaries of a person's events, and the encoder of records that is made of them.

For each of the most common codes: whether the person ever has it, how often, when first and when last, and of its
values the first, last, least, greatest, mean and slope. Over all codes: the time of the first and the last event,
and how many events lie in each window of time. Irregular sampling and missingness are in these numbers (a code that
was never measured, a late first time, few events in a window), so nothing has to be filled in before.

Sums are made in the order of the rows by `numpy.add.reduceat`, so that the same events give the same bytes whatever
the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.model import digest_of
from abound.core.timeline import ever_columns, hours_of, timeline_of
from abound.encoding.vectors import Vectors, fit_vectors
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CODES = 40  # the most common codes, by persons; more make vectors of distances that say less
WINDOWS = 8
LEAST_PERSONS = 2
OF_CODE = ("ever", "count", "first_hour", "last_hour")
OF_VALUE = ("first", "last", "least", "greatest", "mean", "slope")


@dataclass(frozen=True)
class Summary:
    """One column: a code and what is said of it, or None and what is said of all events together."""

    code: str | None
    what: str

    @property
    def name(self) -> str:
        """Such as "Lactate slope" or "events in window 3"."""
        return self.what if self.code is None else f"{self.code} {self.what}"


@dataclass(frozen=True)
class Summaries:
    """Which codes and windows are summarised. `edges`: inner borders of the windows, in hours, rising."""

    codes: tuple[str, ...]
    edges: tuple[float, ...]

    def columns(self) -> list[Summary]:
        """The columns, in order."""
        of_codes = [Summary(c, w) for c in self.codes for w in (*OF_CODE, *OF_VALUE)]
        windows = [Summary(None, f"events in window {i + 1}") for i in range(len(self.edges) + 1)]
        return [*of_codes, Summary(None, "first hour"), Summary(None, "last hour"), *windows]

    def of(self, data: Dataset) -> Floats:
        """float64 (persons, columns); nan where a person has nothing to say it of (no value, no event).

        Times are hours (`core.timeline.hours_of`), counts are counts, the slope is that of the least-squares line
        in units of the value an hour, 0 where all of a person's values of a code are at one time.
        """
        rows = _rows(data, self.codes)
        n, k = len(data), len(self.codes)
        block = np.full((n, k, len(OF_CODE) + len(OF_VALUE)), np.nan)
        block[:, :, :2] = 0.0
        own = rows.code >= 0
        _fill_codes(block, rows, own)
        _fill_values(block, rows, own & ~np.isnan(rows.value))
        whole = np.full((n, 2 + len(self.edges) + 1), np.nan)
        starts = _starts(rows.person)
        who = rows.person[starts]
        whole[who, 0] = np.minimum.reduceat(rows.hour, starts) if len(starts) else []
        whole[who, 1] = np.maximum.reduceat(rows.hour, starts) if len(starts) else []
        window = np.searchsorted(np.array(self.edges), rows.hour, side="right")
        cells = rows.person * (len(self.edges) + 1) + window
        whole[:, 2:] = np.bincount(cells, minlength=n * (len(self.edges) + 1)).reshape(n, -1)
        return np.column_stack([block.reshape(n, -1), whole])


@dataclass(frozen=True, eq=False)
class _Rows:
    """Events sorted by person, code, hour: person position, code number (-1: not summarised), hour, value."""

    person: Ints
    code: Ints
    hour: Floats
    value: Floats


def _rows(data: Dataset, codes: Sequence[str]) -> _Rows:
    import polars as pl

    line = timeline_of(data.schema)
    events = data.table(line.events)
    place = pl.DataFrame({line.link: data.main[line.key]}).with_row_index("person")
    number = {c: i for i, c in enumerate(codes)}
    value = events[line.value].cast(pl.Float64) if line.value else pl.Series([None], dtype=pl.Float64)
    frame = events.select(line.link, pl.col(line.code).replace_strict(number, default=-1, return_dtype=pl.Int64)
        .alias("code")).with_columns(
        hours_of(data), (value if line.value else value.new_from_index(0, events.height)).alias("value")
    )  # fmt: skip
    frame = frame.join(place, on=line.link, how="inner", maintain_order="left")
    frame = frame.sort("person", "code", "hours", maintain_order=True)
    return _Rows(
        frame["person"].to_numpy().astype(np.int64),
        frame["code"].to_numpy().astype(np.int64),
        frame["hours"].to_numpy().astype(np.float64),
        frame["value"].fill_null(float("nan")).to_numpy().astype(np.float64),
    )


def _starts(*keys: Ints) -> Ints:
    """Where each run of equal keys begins."""
    n = len(keys[0])
    new = np.zeros(n, dtype=bool)
    new[:1] = True
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(new)


def _fill_codes(block: NDArray[Any], rows: _Rows, own: NDArray[np.bool_]) -> None:
    person, code, hour = rows.person[own], rows.code[own], rows.hour[own]
    starts = _starts(person, code)
    if not len(starts):
        return
    ends = np.append(starts[1:], len(person))
    at = (person[starts], code[starts])
    block[(*at, 0)] = 1.0
    block[(*at, 1)] = ends - starts
    block[(*at, 2)] = hour[starts]
    block[(*at, 3)] = hour[ends - 1]


def _fill_values(block: NDArray[Any], rows: _Rows, own: NDArray[np.bool_]) -> None:
    person, code, t, v = rows.person[own], rows.code[own], rows.hour[own], rows.value[own]
    starts = _starts(person, code)
    if not len(starts):
        return
    ends = np.append(starts[1:], len(person))
    count = (ends - starts).astype(np.float64)
    mean, middle = np.add.reduceat(v, starts) / count, np.add.reduceat(t, starts) / count
    # Around the person's own means: sums of raw squares lose the digits that the slope is made of.
    run = np.repeat(np.arange(len(starts)), ends - starts)
    dt, dv = t - middle[run], v - mean[run]
    spread, together = np.add.reduceat(dt * dt, starts), np.add.reduceat(dt * dv, starts)
    slope = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 1e-12)
    values = (v[starts], v[ends - 1], np.minimum.reduceat(v, starts), np.maximum.reduceat(v, starts), mean, slope)
    for i, column in enumerate(values):
        block[person[starts], code[starts], len(OF_CODE) + i] = column


def choose_summaries(train: Dataset, codes: int = CODES, windows: int = WINDOWS) -> Summaries:
    """The codes that most training persons have, and windows that hold equally many of their events."""
    import polars as pl

    line = timeline_of(train.schema)
    events = train.table(line.events)
    counts = events.lazy().group_by(line.code).agg(pl.col(line.link).n_unique().alias("n")).collect()
    counts = counts.sort(["n", line.code], descending=[True, False]).filter(pl.col("n") >= LEAST_PERSONS)
    hours = hours_of(train).drop_nulls().to_numpy()
    shares = np.linspace(0, 1, windows + 1)[1:-1]
    edges = np.unique(np.quantile(hours, shares)) if len(hours) else np.zeros(0)
    return Summaries(tuple(counts[line.code].head(codes).to_list()), tuple(float(e) for e in edges))


@dataclass(frozen=True, eq=False)
class RecordEncoder:
    """Vectors of the statics, and scaled summaries of the events."""

    statics: Vectors
    summaries: Summaries
    middle: Floats
    scale: Floats

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that was learned."""
        chosen = [list(self.summaries.codes), list(self.summaries.edges)]
        return digest_of(self.statics.digest, chosen, self.middle.tolist(), self.scale.tolist())

    def encode(self, data: Dataset) -> Floats:
        """float64 (persons, columns) without nan: statics first, then the summaries in their order.

        A summary becomes arcsinh((x - median) / scale); counts are put in logarithms before. An unknown one is 0,
        the median, beside the column that says whether the code was ever there. The columns of a code are made
        smaller by the root of their number, so that a code counts as one static number does.
        """
        raw = _logged(self.summaries.of(data), self.summaries)
        scaled = np.arcsinh((np.where(np.isnan(raw), self.middle, raw) - self.middle) / self.scale)
        return np.column_stack([self.statics.encode(data.main), scaled * _heights(self.summaries)])


def _logged(raw: Floats, chosen: Summaries) -> Floats:
    """Counts as log(1 + count)."""
    columns = [i for i, s in enumerate(chosen.columns()) if s.what == "count" or s.what.startswith("events in")]
    out = raw.copy()
    out[:, columns] = np.log1p(out[:, columns])
    return out


def _heights(chosen: Summaries) -> Floats:
    columns = chosen.columns()
    of_all = sum(s.code is None for s in columns)
    size = len(OF_CODE) + len(OF_VALUE)
    return np.array([(of_all if s.code is None else size) ** -0.5 for s in columns])


def fit_record_encoder(train: Dataset, codes: int = CODES, windows: int = WINDOWS) -> RecordEncoder:
    """Learn from training persons which codes to summarise, the windows, and the quartiles of each summary.

    Statics are the features of the person table without calendar times (they say when, not who) and without the
    columns that events define, which would count twice. Refusal where the data has no table of events.
    """
    line = timeline_of(train.schema)
    table, derived = train.schema.main_table, set(ever_columns(train.schema))
    used = [table.column(n) for n in table.features() if n not in derived and n in train.main.columns]
    statics = fit_vectors(train.main, [c for c in used if c.kind in ("number", "category", "bool")])
    if not train.table(line.events).height:
        raise Refusal(f"no training person has an event in {line.events!r}: there is nothing to summarise")
    chosen = choose_summaries(train, codes, windows)
    raw = _logged(chosen.of(train), chosen)
    middle, scale = np.zeros(raw.shape[1]), np.ones(raw.shape[1])
    for j in range(raw.shape[1]):
        seen = raw[~np.isnan(raw[:, j]), j]
        if not len(seen):
            continue
        low, middle[j], high = np.quantile(seen, (0.25, 0.5, 0.75))
        spread = (high - low) / 1.349 or float(seen.std())
        scale[j] = spread if spread > 1e-12 else 1.0
    return RecordEncoder(statics, chosen, middle, scale)
