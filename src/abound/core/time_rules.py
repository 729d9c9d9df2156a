"""Rules over time, applied: which events break them, counted with examples, and the data that obeys them.

Each rule gives a mask over the rows of the event table (an `ever` rule over the persons). Everything is a join or a
group-by of whole columns, so that millions of events take seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from abound.core.slice import Scalar
from abound.core.timeline import (
    Ever,
    FirstBefore,
    NoDuplicates,
    NothingAfter,
    NothingBefore,
    OnlyFor,
    Timeline,
    TimeRule,
    ValueRange,
    recomputed,
    timeline_of,
)
from abound.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from abound.core.dataset import Dataset

_EXAMPLES = 3
_ROUNDS = 20


@dataclass(frozen=True)
class Broken:
    """How often one rule is broken: events (persons for an `ever` rule), the persons they belong to, examples.

    `checked`: events that the rule is about, of which `events` break it.
    """

    rule: str
    events: int
    persons: int
    checked: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        if not self.events:
            return f"'{self.rule}' holds on all {self.checked:,} rows that it is about"
        shown = "; ".join(self.examples)
        return (
            f"'{self.rule}' is broken by {self.events:,} of {self.checked:,} rows, of {self.persons:,} "
            f"person{'s' * (self.persons != 1)} (such as {shown})"
        )


def broken(data: Dataset, rules: Sequence[TimeRule] | None = None) -> list[Broken]:
    """For each rule (those of the schema by default), how many rows break it, of how many persons, and examples.

    Refusal where the data has no table of events.
    """
    line = timeline_of(data.schema)
    return [_count(data, line, rule) for rule in (data.schema.timeline if rules is None else rules)]


def obey(data: Dataset, rules: Sequence[TimeRule] | None = None) -> tuple[Dataset, list[Broken]]:
    """The data without what breaks the rules (those of the schema by default), and what was changed by which rule.

    Events are dropped; a range may instead clip or blank its values (its field `repair`), and columns of `ever`
    rules are recomputed. One repair can break another rule (an order, once its first event is gone), so it is gone
    through again until nothing is broken; events only ever become fewer, so this ends. Each change is a note of the
    dataset.
    """
    line = timeline_of(data.schema)
    asked = list(data.schema.timeline if rules is None else rules)
    along = [r for r in asked if not isinstance(r, Ever)]
    made: dict[str, Broken] = {}
    for _ in range(_ROUNDS):
        changed = False
        for rule in along:
            found = _count(data, line, rule)
            if found.events:
                data, changed = _repair(data, line, rule), True
                made[str(rule)] = _added(made.get(str(rule)), found)
        if not changed:
            break
    for ever in (r for r in asked if isinstance(r, Ever)):
        found = _count(data, line, ever)
        if found.events:
            made[str(ever)] = found
    data = recomputed(data)
    done = [made[str(r)] for r in asked if str(r) in made]
    return _noted(data, asked, done), done


def mask(data: Dataset, rule: TimeRule) -> pl.Series:
    """A boolean series: which events break the rule (for an `ever` rule: which persons). Null breaks nothing."""
    return _masks(data, timeline_of(data.schema), rule)[0]


def _masks(data: Dataset, line: Timeline, rule: TimeRule) -> tuple[pl.Series, int]:
    """The rows that break a rule, and how many rows it is about."""
    import polars as pl

    events = data.table(line.events)
    if isinstance(rule, Ever):
        now = data.mask(rule.slice(line))
        if rule.column not in data.main.columns:
            return now & False, len(data)
        return (data.main[rule.column].cast(pl.Boolean) != now).fill_null(True), len(data)
    if isinstance(rule, NothingAfter | NothingBefore):
        edge = _edge(data, line, rule)
        time = events[line.time]
        out = time > edge if isinstance(rule, NothingAfter) else time < edge
        return out.fill_null(False), edge.len() - edge.null_count()
    if isinstance(rule, NoDuplicates):
        again = events.select((~pl.struct(line.link, line.time, line.code).is_first_distinct()).alias("x"))["x"]
        return again, events.height
    if isinstance(rule, FirstBefore):
        then = events[line.code] == rule.then
        first = _first_time(events, line, rule.first)
        out = (events[line.time] < first).fill_null(False)
        return then & (out | first.is_null() if rule.required else out), int(then.sum())
    if isinstance(rule, ValueRange):
        return _outside(events, line, rule)
    own = events[line.code].is_in(list(rule.codes))
    who = data.view(line.events, [rule.column])[rule.column]
    known = who.is_not_null()
    return own & known & ~_one_of(who, rule), int((own & known).sum())


def _outside(events: pl.DataFrame, line: Timeline, rule: ValueRange) -> tuple[pl.Series, int]:
    if line.value is None:
        raise InputError(f"the rule '{rule}' is about values and the events have none")
    own = (events[line.code] == rule.code) & events[line.value].is_not_null()
    if rule.unit is not None:
        if line.unit is None:
            raise InputError(f"the rule '{rule}' is about a unit and the events have none: leave the unit out")
        own = own & (events[line.unit] == rule.unit).fill_null(False)
    value, out = events[line.value], own & False
    if rule.low is not None:
        out = out | (value < rule.low)
    if rule.high is not None:
        out = out | (value > rule.high)
    return (own & out).fill_null(False), int(own.sum())


def _one_of(who: pl.Series, rule: OnlyFor) -> pl.Series:
    """Whether each value is one of the rule's, compared as the column's own type."""
    import polars as pl

    if who.dtype == pl.String:
        return who.is_in([str(v).lower() if isinstance(v, bool) else str(v) for v in rule.values])
    wanted: list[Scalar] = [
        float(v) if not isinstance(v, bool) else v for v in rule.values if not isinstance(v, str)
    ]
    if who.dtype == pl.Boolean:
        wanted = [v for v in rule.values if isinstance(v, bool)]
        wanted += [str(v).lower() == "true" for v in rule.values if isinstance(v, str)]
        return who.is_in(wanted)
    return who.cast(pl.Float64).is_in([float(v) for v in wanted])


def _edge(data: Dataset, line: Timeline, rule: NothingAfter | NothingBefore) -> pl.Series:
    """For each event, the end or start of its person's time; null where there is none."""
    import polars as pl

    if rule.code is not None:
        return _first_time(data.table(line.events), line, rule.code)
    edge = data.view(line.events, [rule.column or ""]).to_series()
    calendar = line.clock == "datetime"
    if not (edge.dtype.is_temporal() if calendar else edge.dtype.is_numeric()):
        kind = "calendar times" if calendar else f"numbers of {line.clock}"
        raise InputError(
            f"the rule '{rule}' compares the events' times ({kind}) with the column {rule.column!r}, which holds "
            f"{edge.dtype}: bring both to one clock"
        )
    return edge.cast(pl.Datetime("us")) if calendar else edge.cast(pl.Float64)


def _first_time(events: pl.DataFrame, line: Timeline, code: str) -> pl.Series:
    """For each event, the time at which its person has a code first; null where never."""
    import polars as pl

    own = events.lazy().filter(pl.col(line.code) == code)
    first = own.group_by(line.link).agg(pl.col(line.time).min().alias("first")).collect()
    return events.select(line.link).join(first, on=line.link, how="left", maintain_order="left")["first"]


def _count(data: Dataset, line: Timeline, rule: TimeRule) -> Broken:
    rows, checked = _masks(data, line, rule)
    if isinstance(rule, Ever):
        examples = tuple(f"{line.key} {k}" for k in data.main[line.key].filter(rows).head(_EXAMPLES))
        return Broken(str(rule), int(rows.sum()), int(rows.sum()), checked, examples)
    hit = data.table(line.events).filter(rows)
    shown = [line.link, line.time, line.code, *([line.value] if line.value else [])]
    examples = tuple(
        ", ".join(f"{name} {row[name]}" for name in shown if row[name] is not None)
        for row in hit.select(shown).head(_EXAMPLES).iter_rows(named=True)
    )
    return Broken(str(rule), hit.height, hit[line.link].n_unique() if hit.height else 0, checked, examples)


def _repair(data: Dataset, line: Timeline, rule: TimeRule) -> Dataset:
    import polars as pl

    events = data.table(line.events)
    rows = _masks(data, line, rule)[0]
    if isinstance(rule, ValueRange) and rule.repair != "drop" and line.value is not None:
        value = pl.col(line.value)
        new = value.clip(rule.low, rule.high) if rule.repair == "clip" else pl.lit(None, dtype=pl.Float64)
        return data.with_table(
            line.events, events.with_columns(pl.when(rows).then(new).otherwise(value).alias(line.value))
        )
    return data.with_table(line.events, events.filter(~rows))


def _added(old: Broken | None, new: Broken) -> Broken:
    """Two rounds of one rule together. A person may be counted in both, so persons are at most their sum."""
    if old is None:
        return new
    return Broken(
        old.rule, old.events + new.events, max(old.persons, new.persons), old.checked, old.examples or new.examples
    )


def _noted(data: Dataset, rules: list[TimeRule], done: list[Broken]) -> Dataset:
    from dataclasses import replace

    words = {str(r): _done(r) for r in rules}
    said = tuple(
        f"{found.events:,} row{'s' * (found.events != 1)} {words[found.rule]} by the rule '{found.rule}'"
        for found in done
    )
    return replace(data, notes=(*data.notes, *said)) if said else data


def _done(rule: TimeRule) -> str:
    if isinstance(rule, Ever):
        return "recomputed"
    if isinstance(rule, ValueRange):
        return {"drop": "dropped", "clip": "clipped", "blank": "blanked"}[rule.repair]
    return "dropped"
