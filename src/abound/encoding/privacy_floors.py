"""Floors below which nothing of one person comes out: rare codes, rare values, calendar times, high ages.

A value that few people have can name one of them, so a generator must not repeat it. `value_floor` divides the
values of a code, in their order, into groups of at least `k` persons each and gives every group one value to stand
for it: a value that at least `k` persons share stands for itself, all others are stood for by one that no person
has, or that at least `k` persons have. So every marginal keeps its shape to within two or three times k persons,
spikes survive, and no rare real value can be written, whatever a model has learnt.

k >= 10 follows the minimum cell size of published health statistics (10 or 11; CMS cell size suppression policy);
the age limit is that of the HIPAA safe harbor (45 CFR 164.514(b)(2)(i)(C): ages over 89 in one class).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.timeline import hours_of, timeline_of
from abound.errors import InputError

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

K = 10
TOP_AGE = 90


@dataclass(frozen=True, eq=False)
class ValueFloor:
    """Groups of one code's values. `lows`, `highs`: borders that rise; `values`: what each group comes out as.

    The borders are halfway between neighbouring values, or the outermost values that come out, so that they are no
    rare person's value either. `persons`: how many persons each group has.
    """

    lows: Floats
    highs: Floats
    values: Floats
    persons: Ints

    def __len__(self) -> int:
        return len(self.values)

    def groups(self, values: Floats) -> Ints:
        """The group of each value, int64; values outside all groups belong to the outermost. -1 for nan."""
        if not len(self):
            return np.full(len(values), -1, dtype=np.int64)
        found = np.searchsorted(self.highs[:-1], values, side="left")
        return np.where(np.isnan(values), -1, found).astype(np.int64)

    def snapped(self, values: Floats) -> Floats:
        """Each value as its group comes out; nan stays nan, and is all that a floor without groups gives."""
        group = self.groups(values)
        if not len(self):
            return np.full(len(values), np.nan)
        return np.where(group < 0, np.nan, self.values[np.maximum(group, 0)])


def value_floor(values: Floats, persons: Ints, k: int = K) -> ValueFloor:
    """Groups of at least `k` persons from the values of one code and the person of each; nan is left out.

    Fewer than `k` persons give a floor without groups: nothing of the code may come out. InputError for k below 2,
    or where values and persons differ in number.
    """
    if k < 2:
        raise InputError(f"k is {k}: a value is not one person's own only if at least 2 persons have it")
    if len(values) != len(persons):
        raise InputError(f"there are {len(values)} values and {len(persons)} persons: give each value its person")
    known = ~np.isnan(values)
    # A person with one value many times counts once for it.
    pairs = np.unique(np.column_stack([values[known], persons[known].astype(np.float64)]), axis=0)
    distinct, of, count = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    who = pairs[:, 1].astype(np.int64)
    if len(np.unique(who)) < k:
        empty = np.zeros(0)
        return ValueFloor(empty, empty, empty, np.zeros(0, dtype=np.int64))
    label = _merged(distinct, of, who, count, k)
    groups = int(label[-1]) + 1
    size = _distinct_persons(label[of], who, groups)
    out = _standing_for(distinct, count, label, groups, k)
    between = (distinct[1:] + distinct[:-1]) / 2
    inner = between[np.flatnonzero(np.diff(label))]
    return ValueFloor(np.append(out[0], inner), np.append(inner, out[-1]), out, size)


def _merged(distinct: Floats, of: Ints, who: Ints, count: Ints, k: int) -> Ints:
    """The group of each distinct value, rising, each with at least `k` persons.

    Values that `k` persons share are groups at first, the runs between them are cut where the counts add up to `k`.
    Groups that are too small (persons counted twice, short runs) join their nearer neighbour until none is.
    """
    common = count >= k
    cut = np.r_[True, common[1:] | common[:-1]]
    run = np.cumsum(cut) - 1
    before = np.cumsum(count) - count
    first = np.flatnonzero(cut)
    part = np.where(common, 0, (before - before[first][run]) // k)
    label = np.cumsum(np.r_[True, (np.diff(run) != 0) | (np.diff(part) != 0)]) - 1
    while True:
        groups = int(label[-1]) + 1
        small = _distinct_persons(label[of], who, groups) < k
        if not small.any() or groups == 1:
            return label.astype(np.int64)
        start = np.flatnonzero(np.r_[True, np.diff(label) != 0])
        gap = distinct[start[1:]] - distinct[start[1:] - 1]
        left, right = np.r_[np.inf, gap], np.r_[gap, np.inf]
        to_left, to_right = small & (left <= right), small & (left > right)
        joined = to_right[:-1] | to_left[1:]
        label = (np.cumsum(np.r_[True, ~joined]) - 1)[label]


def _distinct_persons(group: Ints, who: Ints, groups: int) -> Ints:
    """How many different persons each group has."""
    pairs = np.unique(np.column_stack([group, who]), axis=0)
    return np.bincount(pairs[:, 0], minlength=groups).astype(np.int64)


def _standing_for(distinct: Floats, count: Ints, label: Ints, groups: int, k: int) -> Floats:
    """What each group comes out as: its most common value where `k` persons have it, else one that nobody has."""
    out = np.empty(groups)
    start = np.flatnonzero(np.r_[True, np.diff(label) != 0])
    end = np.append(start[1:], len(distinct))
    grain = _grain(distinct)
    for g, (a, b) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        top = a + int(np.argmax(count[a:b]))
        out[g] = distinct[top] if count[top] >= k else _unseen(distinct[a:b], count[a:b], grain)
    return out


def _grain(distinct: Floats) -> float:
    """The step that the values are written in (1, .1, ... 1e-6), 0 where they have none."""
    for digits in range(7):
        if np.allclose(
            distinct, np.round(distinct, digits), rtol=0, atol=1e-9 * max(1.0, float(np.abs(distinct).max()))
        ):
            return float(10.0**-digits)
    return 0.0


def _unseen(values: Floats, count: Ints, grain: float) -> float:
    """A value between the least and the greatest that no person has: near their mean, as round as they are."""
    mean = float(np.average(values, weights=count))
    if grain:
        steps = np.arange(np.ceil(values[0] / grain), np.floor(values[-1] / grain) + 1)[:100_000]
        digits = max(0, round(-np.log10(grain)))
        free = np.round(steps * grain, digits)
        free = free[~np.isin(free, np.round(values, digits))]
        if len(free):
            return float(free[np.argmin(np.abs(free - mean))])
    # No such step is free, so the value lies halfway between two neighbours: a person's value it cannot be.
    i = int(np.clip(np.searchsorted(values, mean), 1, len(values) - 1))
    return float((values[i - 1] + values[i]) / 2)


def value_floors(data: Dataset, k: int = K) -> dict[tuple[str, str | None], ValueFloor]:
    """The floor of each code (and unit): learned from training persons, to be applied to what is generated."""
    import polars as pl

    line = timeline_of(data.schema)
    if line.value is None:
        return {}
    place = pl.DataFrame({line.link: data.main[line.key]}).with_row_index("_person")
    by = [line.code, *([line.unit] if line.unit else [])]
    frame = (
        data.table(line.events).select(line.link, line.value, *by).join(place, on=line.link, maintain_order="left")
    )
    out: dict[tuple[str, str | None], ValueFloor] = {}
    parts = frame.filter(pl.col(line.value).is_not_null()).sort(by, nulls_last=True).partition_by(by, as_dict=True)
    for key, rows in parts.items():
        floor = value_floor(rows[line.value].to_numpy(), rows["_person"].to_numpy().astype(np.int64), k)
        out[(str(key[0]), None if len(key) < 2 or key[1] is None else str(key[1]))] = floor
    return out


def with_floored_values(data: Dataset, floors: dict[tuple[str, str | None], ValueFloor]) -> Dataset:
    """The events with every value as its group comes out; null where the code has no floor, or one without
    groups."""
    import polars as pl

    line = timeline_of(data.schema)
    events = data.table(line.events)
    if line.value is None:
        return data
    values = events[line.value].fill_null(float("nan")).to_numpy().astype(np.float64)
    out = np.full(len(values), np.nan)
    by = [line.code, *([line.unit] if line.unit else [])]
    groups = events.select(by).with_row_index("_row").partition_by(by, as_dict=True)
    for key, rows in groups.items():
        unit = None if len(key) < 2 or key[1] is None else str(key[1])
        floor = floors.get((str(key[0]), unit))
        if floor is not None:
            at = rows["_row"].to_numpy()
            out[at] = floor.snapped(values[at])
    column = pl.Series(line.value, out).fill_nan(None)
    return data.with_table(line.events, events.with_columns(column))


def rare_values_in(synth: Dataset, train: Dataset, k: int = K) -> dict[str, int]:
    """For each code, how many synthetic values are real ones that fewer than `k` training persons have; 0s left
    out.

    The test of every floor: with one in force there are none, beyond what rounding to the grain of the data makes
    equal by chance.
    """
    import polars as pl

    line, own = timeline_of(train.schema), timeline_of(synth.schema)
    if line.value is None or own.value is None:
        return {}
    real = train.table(line.events).lazy().select(code=line.code, value=line.value, who=line.link).drop_nulls()
    rare = real.group_by("code", "value").agg(pl.col("who").n_unique().alias("n")).filter(pl.col("n") < k)
    made = synth.table(own.events).lazy().select(code=own.code, value=own.value).drop_nulls()
    hits = made.join(rare, on=["code", "value"], how="semi").group_by("code").len("n").sort("code").collect()
    return dict(zip(hits["code"].to_list(), hits["n"].to_list(), strict=True))


def rare_codes(data: Dataset, k: int = K) -> dict[str, int]:
    """Codes that fewer than `k` persons have, with their number of persons, sorted by code."""
    import polars as pl

    line = timeline_of(data.schema)
    counts = (
        data.table(line.events).lazy().group_by(line.code).agg(pl.col(line.link).n_unique().alias("n")).collect()
    )
    rare = counts.filter(pl.col("n") < k).sort(line.code)
    return dict(zip(rare[line.code].to_list(), rare["n"].to_list(), strict=True))


def without_rare_codes(data: Dataset, k: int = K) -> Dataset:
    """The data without the events of codes that fewer than `k` persons have, out of the schema too; with a note."""
    import polars as pl

    line = timeline_of(data.schema)
    rare = rare_codes(data, k)
    if not rare:
        return data
    events = data.table(line.events)
    kept = events.filter(~pl.col(line.code).is_in(list(rare)))
    table = data.schema.tables[line.events]
    left = tuple(c for c in table.column(line.code).domain or () if c not in rare)
    columns = tuple(c.model_copy(update={"domain": left}) if c.name == line.code else c for c in table.columns)
    rules = tuple(r for r in data.schema.timeline if not set(rare) & set(_named(r)))
    schema = data.schema.with_columns(line.events, columns).model_copy(update={"timeline": rules})
    note = (
        f"{len(rare):,} codes of fewer than {k} persons left out, with their {events.height - kept.height:,} events"
    )
    return replace(data.with_table(line.events, kept, schema), notes=(*data.notes, note))


def _named(rule: Any) -> tuple[str, ...]:
    """The codes that a rule over time names."""
    found = [getattr(rule, name, None) for name in ("code", "first", "then")]
    return (*[c for c in found if c is not None], *getattr(rule, "codes", ()))


def top_coded(ages: Floats, at: float = TOP_AGE) -> Floats:
    """Ages in years with everything from `at` upwards as `at`; nan stays nan."""
    return np.where(np.isnan(ages), np.nan, np.minimum(ages, at))


def relative(data: Dataset, zero: str | None = None, age_column: str = "age") -> Dataset:
    """The data with no calendar time in it: events in hours since each person's zero, a birth as an age in years.

    The zero is a time column of the persons, or the person's first event. A birth (a column `birth`) becomes the
    age at the zero, top-coded at 90, where the persons have no column `age_column`; all other calendar times of the
    persons become hours since the zero. A year of birth is left out, and rules about columns that are gone. Numbers
    as times are left as they are.
    """
    import polars as pl

    from abound.core.schema import Column

    line = timeline_of(data.schema)
    if line.clock != "datetime":
        return data
    events = data.table(line.events)
    first = events.group_by(line.link).agg(pl.col(line.time).min().alias("_zero")).rename({line.link: line.key})
    main = data.main.join(first, on=line.key, how="left", maintain_order="left")
    if zero is not None:
        main = main.with_columns(pl.col(zero).cast(pl.Datetime("us")).alias("_zero"))
    table, columns = data.schema.main_table, []
    for column in table.columns:
        since = (pl.col(column.name) - pl.col("_zero")).dt.total_microseconds() if column.kind == "time" else None
        if column.name in ("year_of_birth", zero):
            main = main.drop(column.name)
        elif column.name == "birth" and since is not None:
            age = pl.min_horizontal((-since / (365.25 * 8.64e10)).floor(), pl.lit(float(TOP_AGE)))
            if age_column not in main.columns:
                main = main.with_columns(age.cast(pl.Int64).alias(age_column))
                columns.append(Column(name=age_column, kind="number", integer=True))
            main = main.drop("birth")
        elif since is not None:
            main = main.with_columns((since / 3.6e9).alias(column.name))
            columns.append(column.model_copy(update={"kind": "number", "stored": None}))
        else:
            columns.append(column)
    hours = hours_of(data, zero)
    renamed = events.with_columns(hours.alias(line.time)).rename({line.time: "hours"})
    own = tuple(
        c.model_copy(update={"name": "hours", "kind": "number", "stored": None}) if c.name == line.time else c
        for c in data.schema.tables[line.events].columns
    )
    left = {c.name for c in columns}
    rules = tuple(r for r in data.schema.timeline if getattr(r, "column", None) in (None, *left))
    schema = data.schema.with_columns(line.persons, tuple(columns)).with_columns(line.events, own)
    schema = schema.model_copy(update={"timeline": rules})
    made = data.with_table(line.persons, main.drop("_zero"))
    return made.with_table(line.events, renamed, schema)
