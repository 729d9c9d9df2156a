"""Health records as tokens and back: persons' statics, the gaps between visits, codes and values, each with its
floor.

Nothing comes out that rests on fewer than `k` persons: codes (with their units) and levels that fewer have are left
out, numbers go through `abound.stats.value_floor`, and no history is longer than the k-th longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.dataset import Dataset
from abound.core.timeline import SECONDS, Timeline, ever_columns, hours_of, recomputed, timeline_of
from abound.errors import Refusal
from abound.stats.value_floor import ValueMap, decode_values, encode_values, fit_values, from_state, to_state

if TYPE_CHECKING:
    import polars as pl

Ints = NDArray[np.int64]
GAPS = 48  # tokens for the times between visits, and as many for the times before the first


@dataclass(frozen=True, eq=False)
class Static:
    """One column of the person table: token 0 is missing; then `levels`, or the tokens of `values`."""

    name: str
    levels: tuple[str, ...] | None
    values: ValueMap | None

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return 1 + (len(self.levels) if self.levels is not None else self.values.tokens if self.values else 0)


@dataclass(frozen=True, eq=False)
class VisitTokens:
    """What was learned of a dataset's columns. `empty` is the dataset without rows.

    `codes` and `units` have one entry a code (a code in two units is two codes); `values` one map each, without
    tokens where the code has no value that may come out. `opening` and `gap` are in units of `hours_a_unit`.
    """

    empty: Dataset
    statics: tuple[Static, ...]
    codes: tuple[str, ...]
    units: tuple[str | None, ...]
    values: tuple[ValueMap, ...]
    opening: ValueMap
    gap: ValueMap
    hours_a_unit: float
    longest: float
    most_visits: int
    most_events: int
    repeats: bool
    notes: tuple[str, ...]

    @property
    def line(self) -> Timeline:
        """Where the events are."""
        return timeline_of(self.empty.schema)

    @property
    def outcome(self) -> bool:
        """Whether the first of the statics is the target."""
        schema = self.empty.schema
        return bool(schema.tasks and self.statics and self.statics[0].name == schema.target().name)

    @property
    def width(self) -> tuple[int, ...]:
        """Tokens of each code: no value, then its values."""
        return tuple(1 + v.tokens for v in self.values)

    @property
    def gaps(self) -> int:
        """How many gap tokens there are."""
        return self.opening.tokens + self.gap.tokens


@dataclass(frozen=True, eq=False)
class Rows:
    """Events of known codes as arrays, ordered by person, time and code; `person` is a row of the persons."""

    person: Ints
    hours: NDArray[np.float64]
    code: Ints
    value: NDArray[np.float64]  # nan where there is none


def fit_tokens(train: Dataset, k: int = 10, tokens: int = 32) -> VisitTokens:
    """Learn the tokens. `k` persons must stand behind whatever comes out; `tokens` is about their number a code.

    Refusal where the data has no events, fewer than `k` persons, no code of `k` persons, or a class of fewer than
    `k`.
    """
    line = timeline_of(train.schema)
    if len(train) < k:
        raise Refusal(
            f"visits keeps back what fewer than {k} persons share, and there are {len(train)}: use augmentation, "
            "or lower least_persons if the data is not sensitive"
        )
    names, units, dropped = _vocabulary(train, line, k)
    rows = event_rows(train, line, names, units)
    n = len(train)
    values = []
    order = np.argsort(rows.code, kind="stable")
    ends = np.searchsorted(rows.code[order], np.arange(len(names) + 1))
    for c in range(len(names)):
        own = order[ends[c] : ends[c + 1]]
        own = own[~np.isnan(rows.value[own])]
        values.append(fit_values(rows.value[own], rows.person[own], k, tokens))
    scale = 1.0 / 60.0 if line.clock == "datetime" else SECONDS[line.clock] / 3600.0
    opens, person, hours, gap = visits_of(rows)
    first = np.ones(len(person), dtype=bool)
    first[1:] = person[1:] != person[:-1]
    unit_gap = np.round(gap / scale, 6)
    opening = fit_values(unit_gap[first], person[first], k, GAPS, fine=False)
    between = fit_values(unit_gap[~first], person[~first], k, GAPS, fine=False)
    counts = np.bincount(person, minlength=n)
    last = np.full(n, 0.0)
    last[person] = hours  # in order of time, so the last one stays
    sizes = np.diff(np.append(opens, len(rows.code)))
    most = np.zeros(n, dtype=np.int64)
    np.maximum.at(most, person, sizes)
    repeat = rows.code[1:] == rows.code[:-1]
    repeat &= (rows.person[1:] == rows.person[:-1]) & (rows.hours[1:] == rows.hours[:-1])
    empty = Dataset(
        train.schema, {name: train.table(name).clear().lazy() for name in train.tables}, origin="synthetic"
    )
    return VisitTokens(
        empty, _statics(train, k, tokens), names, units, tuple(values), opening, between, scale,
        float(_kth(last, k)), int(_kth(counts, k)), max(1, int(_kth(most, k))),
        bool(len(np.unique(rows.person[1:][repeat])) >= k), dropped,
    )  # fmt: skip


def _kth(values: NDArray[Any], k: int) -> float:
    """The k-th largest: at least k persons have as much."""
    return float(np.sort(values)[-min(k, len(values))])


def _vocabulary(
    train: Dataset, line: Timeline, k: int
) -> tuple[tuple[str, ...], tuple[str | None, ...], tuple[str, ...]]:
    """Codes and units that at least `k` persons have, and sentences about the others."""
    import polars as pl

    events = train.table(line.events)
    unit = pl.col(line.unit) if line.unit else pl.lit(None, dtype=pl.String)
    pairs = events.group_by(
        pl.col(line.code).cast(pl.String).alias("code"), unit.cast(pl.String).alias("unit")
    ).agg(pl.col(line.link).n_unique().alias("persons"), pl.len().alias("rows"))
    kept = pairs.filter((pl.col("persons") >= k) & pl.col("code").is_not_null()).sort("code", "unit")
    if not kept.height:
        raise Refusal(f"no code has events of {k} persons, so no event may come out: there is nothing to learn")
    notes = []
    if kept.height < pairs.height:
        rows = int(pairs["rows"].sum()) - int(kept["rows"].sum())
        notes.append(
            f"{pairs.height - kept.height:,} of {pairs.height:,} codes belong to fewer than {k} persons: their "
            f"{rows:,} events were not learned and do not come out"
        )
    return tuple(kept["code"].to_list()), tuple(kept["unit"].to_list()), tuple(notes)


def event_rows(data: Dataset, line: Timeline, codes: tuple[str, ...], units: tuple[str | None, ...]) -> Rows:
    """The events of known codes, ordered by person, time, code and value."""
    import polars as pl

    events = data.table(line.events)
    unit = pl.col(line.unit).cast(pl.String) if line.unit else pl.lit(None, dtype=pl.String)
    value = pl.col(line.value).cast(pl.Float64) if line.value else pl.lit(None, dtype=pl.Float64)
    frame = events.select(
        pl.col(line.link).alias("key"), pl.col(line.code).cast(pl.String).alias("code"), unit.alias("unit"),
        value.alias("value"), hours_of(data).alias("hours"),
    )  # fmt: skip
    keys = pl.DataFrame({"key": data.main[line.key], "person": np.arange(len(data))})
    known = pl.DataFrame(
        {"code": codes, "unit": units, "number": np.arange(len(codes))}, schema_overrides={"unit": pl.String}
    )
    frame = frame.join(keys, on="key").join(known, on=["code", "unit"], nulls_equal=True)
    frame = frame.drop_nulls("hours").sort("person", "hours", "number", "value", nulls_last=True)
    values = frame["value"].fill_null(np.nan).to_numpy()
    return Rows(
        frame["person"].to_numpy().astype(np.int64), frame["hours"].to_numpy().astype(np.float64),
        frame["number"].to_numpy().astype(np.int64), np.where(np.isfinite(values), values, np.nan),
    )  # fmt: skip


def visits_of(rows: Rows) -> tuple[Ints, Ints, NDArray[np.float64], NDArray[np.float64]]:
    """Where each visit's events begin, its person, its hours, and those since the person's last (or zero)."""
    new = np.ones(len(rows.person), dtype=bool)
    new[1:] = (rows.person[1:] != rows.person[:-1]) | (rows.hours[1:] != rows.hours[:-1])
    opens = np.flatnonzero(new)
    person, hours = rows.person[opens], rows.hours[opens]
    before = np.where(np.append(True, person[1:] != person[:-1])[: len(person)], 0.0, np.roll(hours, 1))
    return opens, person, hours, hours - before


def _statics(train: Dataset, k: int, tokens: int) -> tuple[Static, ...]:
    """The columns of the person table that are made, the target first."""
    table, derived = train.schema.main_table, set(ever_columns(train.schema))
    target = train.schema.target().name if train.schema.tasks else None
    names = [c for c in table.modelled() if c in train.main.columns and c not in derived]
    out = []
    for name in sorted(names, key=lambda c: c != target):
        column = table.column(name)
        series = train.main[name]
        if column.kind in ("category", "bool"):
            counts = series.drop_nulls().value_counts(name="n").sort("n", name, descending=[True, False])
            kept = counts.filter(counts["n"] >= k)
            if name == target and kept.height < counts.height:
                rare = counts[-1]
                raise Refusal(
                    f"{name} = {rare[name][0]} has {rare['n'][0]} persons and visits needs {k} a class: join it "
                    "with another class, or use augmentation"
                )
            out.append(Static(name, tuple(_text(kept[name])), None))
        elif column.kind == "number":
            known = series.is_not_null().to_numpy()
            numbers = series.drop_nulls().to_numpy().astype(np.float64)
            fine = not series.dtype.is_integer()
            out.append(Static(name, None, fit_values(numbers, np.flatnonzero(known), k, tokens, fine)))
    return tuple(out)


def _text(series: pl.Series) -> list[str]:
    from abound.encoding.uniform import as_text

    return as_text(series).to_list()


def encode_statics(tokens: VisitTokens, data: Dataset) -> Ints:
    """int64 (persons, statics); what was never learned is missing."""
    out = np.zeros((len(data), len(tokens.statics)), dtype=np.int64)
    for j, static in enumerate(tokens.statics):
        series = data.main[static.name]
        if static.levels is not None:
            place = {level: i + 1 for i, level in enumerate(static.levels)}
            out[:, j] = [place.get(v, 0) for v in _text(series)]
        elif static.values is not None and static.values.tokens:
            known = series.is_not_null().to_numpy()
            numbers = series.drop_nulls().to_numpy().astype(np.float64)
            out[known, j] = 1 + encode_values(static.values, numbers)
    return out


def decode_statics(tokens: VisitTokens, statics: Ints, rng: np.random.Generator) -> pl.DataFrame:
    """The person table from tokens, with its columns and types; columns that are not made are missing."""
    import polars as pl

    made = {}
    schema = tokens.empty.main.schema
    for j, static in enumerate(tokens.statics):
        own, dtype = statics[:, j], schema[static.name]
        if static.levels is not None:
            text = pl.Series(static.name, [None, *static.levels], dtype=pl.String)[own]
            made[static.name] = (text == "true") if dtype == pl.Boolean else text.cast(dtype)
            continue
        known = own > 0
        numbers = np.full(len(own), np.nan)
        if static.values is not None and known.any():
            numbers[known] = decode_values(static.values, own[known] - 1, rng)
        series = pl.Series(static.name, numbers).fill_nan(None)
        made[static.name] = (series.round() if dtype.is_integer() else series).cast(dtype)
    columns = [
        made[name].alias(name)
        if name in made
        else pl.Series(name, [], dtype=dtype).extend_constant(None, len(statics))
        for name, dtype in schema.items()
        if not name.startswith("_")
    ]
    return pl.DataFrame(columns)


def numbered(tokens: VisitTokens, persons: pl.DataFrame) -> pl.DataFrame:
    """The persons with keys 1, 2, 3, ... of the key's own type."""
    import polars as pl

    key = tokens.line.key
    dtype = persons.schema[key]
    ids = pl.int_range(1, persons.height + 1, eager=True).alias(key)
    return persons.with_columns(ids.cast(dtype) if dtype.is_numeric() else ids.cast(pl.String).cast(dtype))


def tokens_state(tokens: VisitTokens) -> dict[str, Any]:
    """Everything but `empty`, as JSON."""
    return {
        "statics": [
            {"name": s.name, "levels": s.levels, "values": to_state(s.values) if s.values else None}
            for s in tokens.statics
        ],
        "codes": tokens.codes, "units": tokens.units, "values": [to_state(v) for v in tokens.values],
        "opening": to_state(tokens.opening), "gap": to_state(tokens.gap), "hours_a_unit": tokens.hours_a_unit,
        "longest": tokens.longest, "most_visits": tokens.most_visits, "most_events": tokens.most_events,
        "repeats": tokens.repeats, "notes": tokens.notes,
    }  # fmt: skip


def tokens_from(state: dict[str, Any], empty: Dataset) -> VisitTokens:
    """What `tokens_state` wrote."""
    statics = tuple(
        Static(
            s["name"], tuple(s["levels"]) if s["levels"] is not None else None,
            from_state(s["values"]) if s["values"] else None,
        )
        for s in state["statics"]
    )  # fmt: skip
    same = ("hours_a_unit", "longest", "most_visits", "most_events", "repeats")
    return VisitTokens(
        empty=empty, statics=statics, codes=tuple(state["codes"]), units=tuple(state["units"]),
        values=tuple(from_state(v) for v in state["values"]), opening=from_state(state["opening"]),
        gap=from_state(state["gap"]), notes=tuple(state["notes"]), **{n: state[n] for n in same},
    )  # fmt: skip


def as_dataset(tokens: VisitTokens, persons: pl.DataFrame, rows: Rows) -> Dataset:
    """Person and event tables as the data had them; calendar times begin at the first of January 2000."""
    import polars as pl

    line, schema = tokens.line, tokens.empty.table(tokens.line.events).schema
    dtype = schema[line.time]
    if line.clock == "datetime":
        micro = pl.Series(np.round(rows.hours * 60.0).astype(np.int64) * 60_000_000)
        time = (pl.Series([0]).cast(pl.Datetime("us")).dt.offset_by("30y")[0], micro.cast(pl.Duration("us")))
        times = (pl.Series(line.time, [time[0]]).new_from_index(0, len(micro)) + time[1]).cast(dtype)
    else:
        units = rows.hours / tokens.hours_a_unit
        times = pl.Series(line.time, np.rint(units) if dtype.is_integer() else units).cast(dtype)
    made = {
        line.link: persons[line.key][rows.person],
        line.time: times,
        line.code: pl.Series(tokens.codes, dtype=pl.String)[rows.code].cast(schema[line.code]),
    }
    if line.value:
        made[line.value] = pl.Series(rows.value).fill_nan(None).cast(schema[line.value])
    if line.unit:
        made[line.unit] = pl.Series(tokens.units, dtype=pl.String)[rows.code].cast(schema[line.unit])
    columns = [
        made[n].alias(n) if n in made else pl.Series(n, [], dtype=t).extend_constant(None, len(rows.code))
        for n, t in schema.items()
        if not n.startswith("_")
    ]
    tables = {line.persons: persons.lazy(), line.events: pl.DataFrame(columns).lazy()}
    made_data = Dataset(tokens.empty.schema, tables, origin="synthetic", notes=tokens.notes)
    return recomputed(made_data)
