"""Records over time: where a dataset keeps its events, and the rules that hold along a person's time.

Such a dataset has a main table of persons and, below it, one table of events: a link to the person, a time, a code,
and mostly a value and its unit. A time is either a calendar time or a number of seconds, minutes, hours or days
since a zero of the person's own (an admission, an index date); the column's name then is the unit, so that no
number of unknown unit is ever compared with another.

Rules are declared in the schema (`Schema.timeline`), counted by `core.time_rules.broken` and enforced by `obey`. An
`ever` rule defines a column of the person table from the events, so that it is recomputed and never generated:
stored copies of "ever lactate > 4" contradict their events sooner or later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from abound.core.model import Model
from abound.core.slice import Has, Slice, Term
from abound.errors import Refusal, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Schema

Clock = Literal["seconds", "minutes", "hours", "days", "datetime"]
SECONDS: dict[str, float] = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}
EVENTS, PERSONS = "events", "persons"
DEATH, BIRTH = "MEDS_DEATH", "MEDS_BIRTH"  # the codes that MEDS gives these two


def clock_of(name: str) -> Clock | None:
    """The unit that a column's name states: "minute", "Minutes", "day"; None where it states none."""
    found = name.lower().rstrip("s") + "s"
    clocks: dict[str, Clock] = {
        "seconds": "seconds",
        "minutes": "minutes",
        "mins": "minutes",
        "hours": "hours",
        "days": "days",
    }
    return clocks.get(found)


@dataclass(frozen=True)
class Timeline:
    """The names of a records dataset: its two tables and the columns of the events."""

    persons: str
    events: str
    key: str  # of the person table
    link: str  # the column of the events that holds it
    time: str
    code: str
    value: str | None
    unit: str | None
    clock: Clock


def timeline_of(schema: Schema) -> Timeline:
    """Where the events are, told by the roles of the columns; Refusal where the data has no table of events."""
    for link in schema.children(schema.main):
        table = schema.tables[link.child]
        times, codes = table.names("time"), table.names("event")
        if len(times) != 1 or len(codes) != 1:
            continue
        clock: Clock | None = "datetime" if table.column(times[0]).kind == "time" else clock_of(times[0])
        if clock is None:
            raise Refusal(
                f"the unit of the times in {table.name}.{times[0]} is not known: name the column seconds, minutes, "
                "hours or days"
            )
        values = table.names("feature", kinds=("number",))
        units = table.names("feature", kinds=("category",))
        key = schema.main_table.key or ""
        return Timeline(
            schema.main, table.name, key, link.column, times[0], codes[0],
            values[0] if values else None, units[0] if units else None, clock,
        )  # fmt: skip
    raise Refusal("the data is no set of records: no table below the main one has a time and a code for each event")


def hours_of(data: Dataset, zero: str | None = None) -> pl.Series:
    """The time of each event in hours (Float64), in the order of the events' rows.

    Numbers count from the person's own zero. Calendar times count from `zero`, a time column of the person table,
    or without it from the person's first event; so no calendar time comes out.
    """
    import polars as pl

    line = timeline_of(data.schema)
    time = data.table(line.events)[line.time]
    if line.clock != "datetime":
        return (time.cast(pl.Float64) * (SECONDS[line.clock] / 3600.0)).alias("hours")
    start: pl.Series
    if zero is not None:
        start = data.view(line.events, [zero])[zero].cast(pl.Datetime("us"))
    else:
        frame = data.table(line.events).select(pl.col(line.link), pl.col(line.time).alias("t"))
        start = frame.select(pl.col("t").min().over(line.link))["t"]
    return ((time - start).dt.total_microseconds() / 3.6e9).cast(pl.Float64).alias("hours")


class NothingAfter(Model):
    """No event lies after an end: the first event with the code `code`, or the time in the person column `column`.

    A number in the column is in the unit of the events' times. Persons without an end are free.
    """

    kind: Literal["nothing_after"] = "nothing_after"
    code: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _one(self) -> NothingAfter:
        _one_of(self.kind, self.code, self.column)
        return self

    def __str__(self) -> str:
        return f"nothing after {self.code or self.column}"


class NothingBefore(Model):
    """No event lies before a start: the first event with the code `code`, or the time in the person column."""

    kind: Literal["nothing_before"] = "nothing_before"
    code: str | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _one(self) -> NothingBefore:
        _one_of(self.kind, self.code, self.column)
        return self

    def __str__(self) -> str:
        return f"nothing before {self.code or self.column}"


class NoDuplicates(Model):
    """A person has a code at most once at one time. All but the first row of such a set break it."""

    kind: Literal["no_duplicates"] = "no_duplicates"

    def __str__(self) -> str:
        return "a code at most once a person and time"


class FirstBefore(Model):
    """No event with the code `then` lies before the person's first event with the code `first`.

    `required`: a person with `then` and without any `first` breaks the rule too.
    """

    kind: Literal["first_before"] = "first_before"
    first: str
    then: str
    required: bool = False

    @model_validator(mode="after")
    def _two(self) -> FirstBefore:
        if self.first == self.then:
            raise ValueError(f"the order rule names {self.first!r} twice: name two codes")
        return self

    def __str__(self) -> str:
        return f"{self.then} not before the first {self.first}" + (", which must be there" if self.required else "")


class ValueRange(Model):
    """Values of a code (in a unit, where one is named) lie between `low` and `high`, both allowed.

    `repair`: what `obey` does with an event outside: "drop" it, "clip" its value, or "blank" the value.
    """

    kind: Literal["value_range"] = "value_range"
    code: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    repair: Literal["drop", "clip", "blank"] = "drop"

    @model_validator(mode="after")
    def _ordered(self) -> ValueRange:
        if self.low is None and self.high is None:
            raise ValueError(f"the range of {self.code!r} has neither low nor high: give one of them")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the range of {self.code!r} has low {self.low} above high {self.high}")
        return self

    def __str__(self) -> str:
        low = "" if self.low is None else f"{self.low:g} <= "
        high = "" if self.high is None else f" <= {self.high:g}"
        return f"{low}{self.code}{high}" + (f" {self.unit}" if self.unit else "")


class OnlyFor(Model):
    """Events with one of `codes` belong to persons whose `column` is one of `values` only, such as one sex."""

    kind: Literal["only_for"] = "only_for"
    codes: tuple[str, ...] = Field(min_length=1)
    column: str
    values: tuple[str | bool | int | float, ...] = Field(min_length=1)

    def __str__(self) -> str:
        shown = ", ".join(str(v) for v in self.values)
        return f"{', '.join(self.codes)} only where {self.column} is {shown}"


class Ever(Model):
    """The person column `column` is true where at least `at_least` events meet all terms on the same row.

    In YAML the terms may be written as a condition: `terms: code = Lactate and value > 4`.
    """

    kind: Literal["ever"] = "ever"
    column: str
    terms: tuple[Term, ...] = Field(min_length=1)
    at_least: int = Field(default=1, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _written(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("terms"), str):
            return {**value, "terms": Slice.parse(value["terms"], EVENTS).terms}
        return value

    def __str__(self) -> str:
        often = "ever" if self.at_least == 1 else f"at least {self.at_least} times"
        return f"{self.column} = {often} {' and '.join(map(str, self.terms))}"

    def slice(self, line: Timeline) -> Slice:
        """The persons for whom the column is true."""
        has = Has(table=line.events, terms=self.terms, at_least=self.at_least)
        return Slice(on=line.persons, terms=(has,))


TimeRule = Annotated[
    NothingAfter | NothingBefore | NoDuplicates | FirstBefore | ValueRange | OnlyFor | Ever,
    Field(discriminator="kind"),
]


def _one_of(kind: str, code: str | None, column: str | None) -> None:
    if (code is None) == (column is None):
        raise ValueError(
            f"a rule {kind} needs a code or a column, one of them: the end or start of a person's time"
        )


def check_rules(schema: Schema) -> None:
    """ValueError where a rule over time names a code or a column that the schema does not have."""
    if not schema.timeline:
        return
    try:
        line = timeline_of(schema)
    except Refusal as refusal:
        raise ValueError(f"rules over time need a table of events: {refusal}") from None
    events = schema.tables[line.events]
    known = events.column(line.code).domain
    columns = [c.name for c in schema.main_table.columns]
    for rule in schema.timeline:
        for code in _codes(rule):
            if known and code not in known:
                raise ValueError(f"the rule '{rule}' names no code {code!r}: {did_you_mean(code, known)}")
        column = getattr(rule, "column", None)
        if column is not None and column not in columns:
            raise ValueError(
                f"the rule '{rule}' names no person column {column!r}: {did_you_mean(column, columns)}"
            )
        for term in rule.terms if isinstance(rule, Ever) else ():
            if not events.has(term.column) and term.column not in columns:
                names = [c.name for c in events.columns]
                hint = did_you_mean(term.column, names)
                raise ValueError(f"the rule '{rule}' names no event column {term.column!r}: {hint}")


def _codes(rule: TimeRule) -> tuple[str, ...]:
    if isinstance(rule, FirstBefore):
        return (rule.first, rule.then)
    if isinstance(rule, OnlyFor):
        return rule.codes
    code = getattr(rule, "code", None)
    return () if code is None else (code,)


def ever_columns(schema: Schema) -> list[str]:
    """Person columns that the events define, in the order of the rules: recomputed, never generated or stored."""
    return [r.column for r in schema.timeline if isinstance(r, Ever)]


def recomputed(data: Dataset) -> Dataset:
    """The data with each column that an `ever` rule defines filled from the events (Boolean, never null)."""
    rules = [r for r in data.schema.timeline if isinstance(r, Ever)]
    if not rules:
        return data
    line = timeline_of(data.schema)
    main = data.main.with_columns([data.mask(r.slice(line)).alias(r.column) for r in rules])
    return data.with_table(line.persons, main)
