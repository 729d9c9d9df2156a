"""Rules over time that the data suggests, each with its support. A person reads and declares them; none is applied.

A rule is suggested where it is about enough persons and hardly any break it: an end after which nothing comes,
codes that do not repeat, pairs of codes that come in one order, codes that only one sex has, and ranges that hold
all but the outermost values. Ranges are rounded outwards to two digits, so that no single person's value is their
border.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from abound.core.time_rules import Broken, broken
from abound.core.timeline import (
    DEATH,
    FirstBefore,
    NoDuplicates,
    NothingAfter,
    OnlyFor,
    Timeline,
    TimeRule,
    ValueRange,
    timeline_of,
)

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from abound.core.dataset import Dataset

LEAST_PERSONS = 20
MOST_BROKEN = 0.01  # share of rows or persons that may break a suggested rule
_DEATH = re.compile(r"(^|[^a-z])(death|died|dead|deceased|exitus)([^a-z]|$)", re.IGNORECASE)
_SEX = re.compile(r"^(sex|gender|male|female|is_male|is_female)([^a-z].*)?$", re.IGNORECASE)
_CODES = 60  # the most common codes, among which orders are looked for
_TELLING = 1e-6  # chance at which a code would belong to one sex only
_TAIL = 0.001


@dataclass(frozen=True)
class Proposal:
    """A rule, how many persons it is about, and how often the data breaks it."""

    rule: TimeRule
    persons: int
    found: Broken

    def __str__(self) -> str:
        kept = "never broken" if not self.found.events else f"broken by {self.found.events:,} rows"
        return f"{self.rule}: about {self.persons:,} persons and {self.found.checked:,} rows, {kept}"


def propose(data: Dataset) -> list[Proposal]:
    """Rules that hold on (nearly) all of the data, with their support; the caller decides which to declare.

    Refusal where the data has no table of events. Rules that the schema declares already are left out.
    """
    line = timeline_of(data.schema)
    events = data.table(line.events)
    per_code = _per_code(events, line)
    asked: list[tuple[TimeRule, int]] = [
        *_ends(data, line, per_code),
        (NoDuplicates(), events[line.link].n_unique()),
        *_orders(events, line, per_code),
        *_one_sex(data, line),
    ]
    asked = [(r, n) for r, n in asked if n >= LEAST_PERSONS]
    found = broken(data, [r for r, _ in asked])
    made = [Proposal(rule, n, f) for (rule, n), f in zip(asked, found, strict=True)] + _ranges(events, line)
    declared = {str(r) for r in data.schema.timeline}
    made = [p for p in made if str(p.rule) not in declared]
    return [p for p in made if p.found.events <= MOST_BROKEN * max(1, p.found.checked)]


def _per_code(events: pl.DataFrame, line: Timeline) -> dict[str, int]:
    """Persons of each code, the most common first, ties by name."""
    import polars as pl

    counts = events.lazy().group_by(line.code).agg(pl.col(line.link).n_unique().alias("n")).collect()
    ordered = counts.sort(["n", line.code], descending=[True, False])
    return dict(zip(ordered[line.code].to_list(), ordered["n"].to_list(), strict=True))


def _ends(data: Dataset, line: Timeline, per_code: dict[str, int]) -> list[tuple[TimeRule, int]]:
    """Codes and person columns that, by their name, say when somebody died."""
    out: list[tuple[TimeRule, int]] = []
    for code, n in per_code.items():
        if code == DEATH or _DEATH.search(code):
            out.append((NothingAfter(code=code), n))
    kind = "time" if line.clock == "datetime" else "number"
    for column in data.schema.main_table.columns:
        if column.kind == kind and _DEATH.search(column.name) and column.name in data.main.columns:
            filled = len(data) - data.main[column.name].null_count()
            out.append((NothingAfter(column=column.name), filled))
    return out


def _ranges(events: pl.DataFrame, line: Timeline) -> list[Proposal]:
    """For each code (and unit), the range of all but the outermost .1 % on each side, rounded outwards.

    All of them are counted in one pass: there may be thousands of codes.
    """
    import polars as pl

    if line.value is None:
        return []
    value, by = pl.col(line.value), [line.code, *([line.unit] if line.unit else [])]
    known = events.lazy().filter(value.is_not_null())
    stats = known.group_by(by).agg(
        pl.col(line.link).n_unique().alias("persons"), pl.len().alias("rows"),
        value.quantile(_TAIL, "lower").alias("low"), value.quantile(1 - _TAIL, "higher").alias("high"),
        value.min().alias("least"),
    ).filter(pl.col("persons") >= LEAST_PERSONS).sort(
        ["persons", *by], descending=[True, *[False] * len(by)]
    ).collect()  # fmt: skip
    low = [max(b, 0.0) if least >= 0 else b for b, least in
           ((_outwards(v, up=False), least) for v, least in stats.select("low", "least").iter_rows())]  # fmt: skip
    bounds = stats.select(by).with_columns(
        pl.Series("low", low, dtype=pl.Float64),
        pl.Series("high", [_outwards(v, up=True) for v in stats["high"]], dtype=pl.Float64),
    )
    outside = known.join(bounds.lazy(), on=by, nulls_equal=True).filter(
        (value < pl.col("low")) | (value > pl.col("high"))
    )
    hits = outside.group_by(by).agg(pl.len().alias("n"), pl.col(line.link).n_unique().alias("who")).collect()
    whole = pl.concat([stats.select("persons", "rows"), bounds], how="horizontal")
    whole = whole.join(hits, on=by, how="left", maintain_order="left", nulls_equal=True).fill_null(0)
    out = []
    for row in whole.iter_rows(named=True):
        unit = row[line.unit] if line.unit else None
        rule = ValueRange(code=row[line.code], unit=unit or None, low=row["low"], high=row["high"])
        out.append(Proposal(rule, row["persons"], Broken(str(rule), row["n"], row["who"], row["rows"], ())))
    return out


def _outwards(value: float, *, up: bool) -> float:
    """Rounded to two digits, away from the values inside."""
    value = float(f"{value:.6g}")  # a value that was stored in 32 bits is as round as it was written
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    whole = math.ceil(value / step - 1e-9) if up else math.floor(value / step + 1e-9)
    return float(f"{whole * step:.6g}")


def _orders(events: pl.DataFrame, line: Timeline, per_code: dict[str, int]) -> list[tuple[TimeRule, int]]:
    """Pairs of common codes of which one never comes before the first of the other, in persons who have both.

    Pairs that mostly begin at the same time say nothing and are left out, as are those with the code of death,
    which its own rule covers.
    """
    import numpy as np

    codes = [c for c, n in per_code.items() if n >= LEAST_PERSONS and c != DEATH and not _DEATH.search(c)][:_CODES]
    first = _first_times(events, line, codes)
    out: list[tuple[TimeRule, int]] = []
    for j, then in enumerate(codes):
        both = ~np.isnan(first) & ~np.isnan(first[:, [j]])
        later = (first[:, [j]] > first) & both
        early = (first[:, [j]] < first) & both
        n, ahead, behind = both.sum(axis=0), later.sum(axis=0), early.sum(axis=0)
        # With the rule of three, none of 60 persons leaves 5 % that break it; fewer are no evidence of an order.
        good = (n >= 3 * LEAST_PERSONS) & (behind <= MOST_BROKEN * n) & (ahead >= 0.5 * n)
        out += [(FirstBefore(first=codes[i], then=then), int(n[i])) for i in np.flatnonzero(good)]
    return out


def _first_times(events: pl.DataFrame, line: Timeline, codes: list[str]) -> NDArray[np.float64]:
    """(persons with events, codes): the first time of each code as a number, nan where a person never has it."""
    import numpy as np
    import polars as pl

    number = {c: i for i, c in enumerate(codes)}
    time: Any = pl.col(line.time)
    if line.clock == "datetime":
        time = time.cast(pl.Datetime("us")).cast(pl.Int64)
    firsts = (
        events.lazy()
        .filter(pl.col(line.code).is_in(codes))
        .group_by(line.link, line.code)
        .agg(time.cast(pl.Float64).min().alias("t"))
        .collect()
    )
    person = (firsts[line.link].rank("dense") - 1).to_numpy().astype(np.int64)
    code = firsts[line.code].replace_strict(number, return_dtype=pl.Int64).to_numpy()
    out = np.full((int(person.max(initial=-1)) + 1, len(codes)), np.nan)
    out[person, code] = firsts["t"].to_numpy()
    return out


def _one_sex(data: Dataset, line: Timeline) -> list[tuple[TimeRule, int]]:
    """Codes that, among persons of known sex, only one sex has, where chance would not make it so."""
    import polars as pl

    out: list[tuple[TimeRule, int]] = []
    for column in data.schema.main_table.columns:
        frame = data.main
        if not _SEX.match(column.name) or column.name not in frame.columns:
            continue
        levels = frame[column.name].drop_nulls()
        if not 2 <= levels.n_unique() <= 4:
            continue
        shares = {r[0]: r[1] / levels.len() for r in levels.value_counts().iter_rows()}
        pairs = pl.DataFrame({
            "code": data.table(line.events)[line.code], "who": data.table(line.events)[line.link],
            "sex": data.view(line.events, [column.name])[column.name],
        }).drop_nulls().unique()  # fmt: skip
        counts = pairs.group_by("code", "sex").len("n")
        top = counts.sort(["code", "n"], descending=[False, True]).group_by("code", maintain_order=True).agg(
            pl.col("sex").first(), pl.col("n").first().alias("most"), pl.col("n").sum().alias("all")
        )  # fmt: skip
        own: dict[Any, list[str]] = {}
        support: dict[Any, int] = {}
        for code, sex, most, every in top.iter_rows():
            if most >= (1 - MOST_BROKEN) * every and every * math.log(max(shares[sex], 1e-12)) < math.log(_TELLING):
                own.setdefault(sex, []).append(code)
                support[sex] = support.get(sex, 0) + every
        for sex in sorted(own, key=str):
            out += [(OnlyFor(codes=tuple(sorted(own[sex])), column=column.name, values=(sex,)), support[sex])]
    return out
