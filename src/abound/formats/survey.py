"""One streaming look through a table: the form of each column tested on every row, and what its values are like.

Memory is that of one batch plus, per column, at most LEVELS distinct values with their counts, and what identifiers
need to be told apart. A column whose form breaks on
a later row is looked at again from the start with the next form, so the outcome never depends on which rows came
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from abound.formats.forms import LONG, Form, first_form, fits, may_lead_with_zero, odd_value, parse
from abound.formats.identifiers import Distinct, like_id
from abound.formats.source import Source, drop_empty, drop_words, strip
from abound.formats.totals import measure

LEVELS = 1_000  # distinct values that are counted one by one
DECLARED_LEVELS = 10_000  # the same where a person said that the column is a category
_SAMPLE = 20_000


@dataclass
class Found:
    """What was seen of one column. `levels` counts the values, None once there are more than `most` of them."""

    name: str
    dtype: pl.DataType
    form: Form | None = None
    forced: bool = False
    rows: int = 0
    nulls: int = 0
    words: int = 0  # cells with a word such as NA that are read as missing
    infinite: int = 0
    whole: bool = True
    low: float | None = None
    high: float | None = None
    levels: dict[Any, int] | None = field(default_factory=dict)
    most: int = LEVELS
    different: Distinct | None = None  # counted for identifiers
    running: bool = True  # each value one more than the last
    last: int | None = None
    mean_words: float = 0.0
    near_number: str | None = None  # the first cell that keeps an almost numeric column from being one
    bad: int = 0
    bad_value: str | None = None

    @property
    def counts_rows(self) -> bool:
        """Whether it holds 0, 1, 2, ... or 1, 2, 3, ... without a gap, as row numbers do."""
        return self.running and self.last is not None and self.last - self.rows + 1 in (0, 1)

    @property
    def is_whole(self) -> bool:
        """Whether the values are whole numbers."""
        return self.form is not None and self.form.kind in ("integer", "number") and self.whole

    @property
    def filled(self) -> int:
        """Rows with a value."""
        return self.rows - self.nulls

    def distinct(self) -> int | None:
        """Distinct values, None where there were too many to count."""
        if self.different is not None and self.levels is None:
            return self.different.total()
        return None if self.levels is None else len(self.levels)


@dataclass(frozen=True)
class Survey:
    """Rows with any value, rows without, and what was found column by column."""

    rows: int
    empty_rows: int
    columns: Mapping[str, Found]


def survey(source: Source, forced: Mapping[str, Form], unique: frozenset[str] = frozenset()) -> Survey:
    """Look through the table.

    `forced` are forms that a person declared: cells that do not fit are counted (`bad`) and the form is kept.
    `unique` are columns whose distinct values are counted whatever their name.
    """
    done: dict[str, Found] = {}
    near: dict[str, str | None] = {}
    hashed = set() if source.large else {n for n in source.dtypes if like_id(n) or n in unique}
    todo: dict[str, Form | None] = {n: forced.get(n) for n in source.dtypes}
    rows = empty = 0
    while todo:
        states = {n: _state(source, n, form, n in forced, near.get(n)) for n, form in todo.items()}
        for name in (n for n in states if like_id(n) or n in unique):
            states[name].different = Distinct(name in hashed)
        todo, rows, empty = _pass(source, states, near, hashed)
        done |= {n: s for n, s in states.items() if n not in todo}
    return Survey(rows, empty, {n: done[n] for n in source.dtypes})


def _pass(
    source: Source, states: dict[str, Found], near: dict[str, str | None], hashed: set[str]
) -> tuple[dict[str, Form | None], int, int]:
    """One pass over the batches: the columns to look through again with another form, full rows, empty rows."""
    todo: dict[str, Form | None] = {}
    rows = empty = 0
    for raw in source.batches():
        frame, words = _prepare(source, raw)
        rows += frame.height
        empty += raw.height - frame.height
        parsed = _parse(source, states, frame)
        codes, numbers = _suspects(states, frame, parsed), measure(parsed)
        for name, state in ((n, s) for n, s in states.items() if n not in todo):
            state.words += words.get(name, 0)
            if not _update(state, frame[name], parsed[name], name in codes, numbers.get(name)):
                todo[name], near[name] = _next_form(state), state.bad_value
            elif state.different is not None and not state.different.hashing and not state.different.rising:
                todo[name] = state.form
                hashed.add(name)
    return todo, rows, empty


def _state(source: Source, name: str, form: Form | None, forced: bool, near: str | None) -> Found:
    most = DECLARED_LEVELS if forced else LEVELS
    return Found(name, source.dtypes[name], form, forced, near_number=near, most=most)


def _prepare(source: Source, raw: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, int]]:
    """A batch, cleaned, and the number of cells of each column that a word such as NA made missing."""
    if not source.text:
        return raw, {}
    stripped = strip(raw.lazy()).collect()
    words = {}
    known = drop_words(stripped.lazy()).collect()
    for column in stripped:
        lost = known[column.name].null_count() - column.null_count()
        if lost:
            words[column.name] = lost - int((column == "").sum())
    return drop_empty(known.lazy()).collect(), words


def _next_form(state: Found) -> Form | None:
    """The form to try after this one broke: whole numbers become numbers, all else text."""
    if state.form is not None and state.form.kind == "integer" and state.bad_value is None:
        return Form("number")
    if state.form is not None and state.form.kind in ("bool", "time"):
        state.bad_value = None  # no number to speak of
    return Form("string")


def _parse(source: Source, states: Mapping[str, Found], frame: pl.DataFrame) -> pl.DataFrame:
    """Every column read by its form, all at once; a form is chosen on the first batch that has a value."""
    for name, state in states.items():
        values = frame[name]
        if state.form is None and values.null_count() < len(values):
            state.form = first_form(values, text=source.text, decimal_comma=source.decimal_comma)
            if state.form.kind == "string" and source.text:
                state.near_number = _near_number(values)
    return frame.select(
        [parse(s.form or Form("string"), n, s.dtype, strict=False).alias(n) for n, s in states.items()]
    )


def _suspects(states: Mapping[str, Found], frame: pl.DataFrame, parsed: pl.DataFrame) -> set[str]:
    """Columns of numbers in text of which a cell may be a code; one pass over all columns, as most have none."""
    texts = [
        n
        for n, s in states.items()
        if isinstance(s.dtype, pl.String) and s.form and s.form.kind in ("integer", "number")
    ]
    zeros = frame.select([may_lead_with_zero(n) for n in texts])
    large = parsed.select([(pl.col(n).abs() >= LONG).any() for n in texts])
    return {n for part in (zeros, large) if part.height for n, odd in part.row(0, named=True).items() if odd}


def _update(
    state: Found, values: pl.Series, parsed: pl.Series, code: bool, numbers: Mapping[str, Any] | None
) -> bool:
    """Add a batch. False where the column's form does not hold."""
    if state.form is not None and state.form.kind != "string":
        narrowed = _holds(state, values, parsed, code)
        if narrowed is None:
            return False
        parsed = narrowed
    state.rows += len(values)
    state.nulls += parsed.null_count()
    if state.form is not None:
        _look(state, parsed.drop_nulls(), numbers)
    return True


def _holds(state: Found, values: pl.Series, parsed: pl.Series, code: bool) -> pl.Series | None:
    """The parsed batch if the form holds on it, else None. A time drops the formats that do not fit any more.

    A forced form is kept; the cells that do not fit are counted.
    """
    assert state.form is not None
    text = isinstance(values.dtype, pl.String)
    if text and state.form.kind == "time":
        known = values.drop_nulls()
        left = tuple(t for t in state.form.times if fits(Form("time", (t,)), known))
        if left and left[0] != state.form.times[0]:
            again = parse(Form("time", left), values.name, values.dtype, strict=False)
            parsed = values.to_frame().select(again).to_series()
        state.form = Form("time", left) if left else state.form
        return parsed if left or not len(known) else None
    bad = _misfit(state.form, values, parsed, code)
    if bad is None:
        return parsed
    if state.forced:
        state.bad += int((parsed.is_null() & values.is_not_null()).sum())
        state.bad_value = state.bad_value or bad
        return parsed
    if state.form.kind != "integer" or not _is_float(values, state):
        state.bad_value = bad
    return None


def _misfit(form: Form, values: pl.Series, parsed: pl.Series, code: bool) -> str | None:
    """The first value of a batch that its form cannot read."""
    if parsed.null_count() > values.null_count():
        lost = parsed.is_null() & values.is_not_null()
        if values.dtype.is_float():
            lost = lost & values.is_not_nan()
        if lost.any():
            return str(values.filter(lost)[0])
    if not code and form.kind not in ("comma", "grouped"):
        return None
    return odd_value(form, values.drop_nulls(), parsed.drop_nulls())


def _is_float(values: pl.Series, state: Found) -> bool:
    """Whether a batch that breaks "integer" is all numbers, so that the column is one of numbers."""
    if not isinstance(values.dtype, pl.String):
        return True
    return fits(Form("number"), values.drop_nulls())


def _look(state: Found, known: pl.Series, numbers: Mapping[str, Any] | None) -> None:
    """Levels, whole numbers, infinities, uniqueness and row numbers of the parsed values of a batch."""
    if numbers is not None:
        state.whole = state.whole and numbers["whole"]
        state.infinite += numbers["infinite"]
        state.low = min((v for v in (state.low, numbers["low"]) if v is not None), default=None)
        state.high = max((v for v in (state.high, numbers["high"]) if v is not None), default=None)
        known = known.filter(known.is_finite()) if numbers["infinite"] else known
    if state.form is not None and state.form.kind == "string" and state.mean_words == 0.0:
        state.mean_words = float(known.head(1000).str.split(" ").list.len().mean() or 0.0)  # type: ignore[arg-type]
    if state.different is not None:
        state.different.add(known)
    _look_running(state, known)
    _count(state, known)


def _look_running(state: Found, known: pl.Series) -> None:
    if not state.running or not len(known):
        return
    if not known.dtype.is_integer() or state.nulls:
        state.running = False
        return
    first = int(known[0])
    state.running = (state.last in (None, first - 1)) and bool((known.diff().drop_nulls() == 1).all())
    state.last = int(known[-1])


def _count(state: Found, known: pl.Series) -> None:
    """Add the batch to the counts of levels, unless there are too many."""
    if state.levels is None or not len(known):
        return
    many = known.dtype.is_temporal() or known.head(_SAMPLE).n_unique() > state.most
    if many or (len(known) > _SAMPLE and known.n_unique() > state.most):
        state.levels = None
        return
    for value, count in known.value_counts().iter_rows():
        state.levels[value] = state.levels.get(value, 0) + count
    if len(state.levels) > state.most:
        state.levels = None


def _near_number(values: pl.Series) -> str | None:
    """The first cell that is no number, in a column where at least nine cells of ten are, commas apart."""
    known = values.drop_nulls().head(_SAMPLE)
    number = known.cast(pl.Float64, strict=False)
    bare = known.str.replace(r"^([+-]?\d+),(\d+)$", "${1}${2}").str.replace_all(r",(\d{3})", "${1}")
    lost = bare.cast(pl.Float64, strict=False).null_count()
    if lost > 0.1 * len(known) or not number.null_count():
        return None
    return str(known.filter(number.is_null())[0])
