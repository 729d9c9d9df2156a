"""Slices: which rows are meant, as data. No code strings, so a slice from a file is harmless.

A `Term` compares one column with a value, `Has` counts rows of a table below that satisfy all of its terms *on
the same row*, and a `Slice` is the AND of both over one table. "Ever lactate > 4" is a `Has`: written as flat terms
it would ask for a lactate row and, separately, for some row above 4.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from abound.core.model import Model
from abound.errors import InputError, UnknownName, did_you_mean

if TYPE_CHECKING:
    import polars as pl

    from abound.core.schema import Schema

Op = Literal["==", "!=", "<", "<=", ">", ">=", "in", "isnull", "notnull"]
Scalar = bool | int | float | str

_WORDS = {"==": "=", "!=": "is not", "in": "in", "isnull": "is missing", "notnull": "is present"}
_TERM = re.compile(r'^\s*(?P<column>[^<>=!"]+?)\s*(?P<op><=|>=|==|!=|<|>|=)\s*(?P<value>.+?)\s*$')
_IS = re.compile(
    r'^\s*(?P<column>[^<>=!"]+?)\s+is\s+(?P<not>not\s+)?(?P<word>null|missing|present)\s*$', re.IGNORECASE
)
_IS_NOT = re.compile(r'^\s*(?P<column>[^<>=!"]+?)\s+is\s+not\s+(?P<value>.+?)\s*$', re.IGNORECASE)
_IN = re.compile(r'^\s*(?P<column>[^<>=!"]+?)\s+in\s+\[(?P<values>.*)\]\s*$', re.IGNORECASE)
# A quote only opens a quoted text where a value may begin, so that O'Brien needs no quotes.
_QUOTED = r"""(?<!\w)(?:"[^"]*"|'[^']*')"""
_JOIN = re.compile(rf"{_QUOTED}|\[(?:{_QUOTED}|[^\]])*\]|(?P<join>\s+and\s+|\s*&\s*)", re.IGNORECASE)
_COMMA = re.compile(rf"{_QUOTED}|(?P<join>,)")
_NEEDS_QUOTES = re.compile(r"^$|^\s|\s$|[\[\],&'\"]|\sand\s|^(null|missing|present)$", re.IGNORECASE)


class Term(Model):
    """One comparison. `column` is on the slice's own table or, if not found there, on its nearest ancestor.

    A null cell satisfies only "isnull". Values of time columns are ISO 8601 text.
    """

    column: str
    op: Op
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Term:
        if self.op in ("isnull", "notnull"):
            if self.value is not None:
                raise ValueError(f"the condition on {self.column!r} ({self.op}) takes no value")
            return self
        if self.value is None:
            raise ValueError(f"the condition on {self.column!r} ({self.op}) needs a value: use isnull for missing")
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if isinstance(self.value, tuple) and self.op != "in":
            raise ValueError(f"the condition on {self.column!r} ({self.op}) takes one value: use 'in' for a list")
        if any(isinstance(v, float) and math.isnan(v) for v in values):
            raise ValueError(f"the condition on {self.column!r} compares with NaN: use isnull for missing")
        return self

    def expr(self, dtype: pl.DataType | None = None) -> pl.Expr:
        """A Polars boolean expression; null never passes unless the term asks for it."""
        import polars as pl

        col = pl.col(self.column)
        if self.op == "isnull":
            return col.is_null()
        if self.op == "notnull":
            return col.is_not_null()
        if self.op == "in":
            values = list(self.value) if isinstance(self.value, tuple) else [self.value]
            tests = [col == _literal(v, dtype, self.column) for v in values]
            # Without a level the answer is no, but still one answer a row.
            test = pl.any_horizontal(tests) if tests else col.is_null() & False
            return test.fill_null(False)
        value = _literal(self.value, dtype, self.column)
        test = {
            "==": col == value, "!=": col != value, "<": col < value,
            "<=": col <= value, ">": col > value, ">=": col >= value,
        }[self.op]  # fmt: skip
        return test.fill_null(False)

    def __str__(self) -> str:
        if self.op in ("isnull", "notnull"):
            return f"{self.column} {_WORDS[self.op]}"
        value = self.value
        shown = f"[{', '.join(map(_shown, value))}]" if isinstance(value, tuple) else _shown(value)
        return f"{self.column} {_WORDS.get(self.op, self.op)} {shown}"


class Has(Model):
    """At least / at most that many rows of `table` for which all `terms` hold on the same row.

    `table` is a child of the slice's table, or any table further down: its rows are then counted for the row of
    the slice's table that they belong to, over all tables between (docs/decisions/0002).
    """

    table: str
    terms: tuple[Term, ...] = ()
    at_least: int = Field(default=1, ge=0)
    at_most: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _possible(self) -> Has:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(
                f"no row has at least {self.at_least} and at most {self.at_most} rows of {self.table!r}"
            )
        return self

    def __str__(self) -> str:
        what = " and ".join(map(str, self.terms)) or "any"
        limit = f"at least {self.at_least}" if self.at_most is None else f"{self.at_least} to {self.at_most}"
        return f"{limit} {self.table} row{'s' if self.at_least != 1 else ''} with {what}"


class Slice(Model):
    """The rows of table `on` for which all `terms` hold."""

    on: str
    terms: tuple[Term | Has, ...] = Field(default=())

    def __str__(self) -> str:
        return " and ".join(map(str, self.terms)) or f"all of {self.on}"

    def columns(self) -> tuple[str, ...]:
        """Names of the columns that the flat terms read."""
        return tuple(t.column for t in self.terms if isinstance(t, Term))

    @staticmethod
    def parse(text: str, on: str) -> Slice:
        """Read "age < 25 and sex = F and job is missing and country in [FR, DE]".

        The text of a slice without `Has` reads back as the same condition. Values that hold " and ", a comma or a
        bracket are written in quotes. Values keep their text; `Dataset` casts them to the column's type when the
        slice is applied. Raises InputError where a part is not a comparison.
        """
        return Slice(on=on, terms=tuple(_parse_term(part, text) for part in _split(_JOIN, text)))


def check_levels(where: Slice, schema: Schema) -> None:
    """UnknownName where a condition compares a category with a level that it does not have: no row can meet it."""
    for term in where.terms:
        if (
            not isinstance(term, Term)
            or term.op not in ("==", "!=", "in")
            or not schema.main_table.has(term.column)
        ):
            continue
        known = schema.main_table.column(term.column).domain
        values = term.value if isinstance(term.value, tuple) else (term.value,)
        wrong = [str(v) for v in values if known is not None and str(v) not in known]
        if wrong:
            hint = did_you_mean(wrong[0], known or ())
            raise UnknownName(f"the column {term.column!r} has no level {wrong[0]!r}: {hint}")


def _no_operator(m: re.Match[str]) -> bool:
    """Whether ">>>", "=<" or ">= =" was written; a level such as >50K may stand behind an operator and a space."""
    value = m["value"]
    return value[0] in "<>=!" and (m.start("value") == m.end("op") or re.match(r"[<>=!]+\s", value) is not None)


def _split(joint: re.Pattern[str], text: str) -> list[str]:
    """The parts of a text between the joints that are outside quotes (and, for conditions, outside brackets)."""
    parts, start = [], 0
    for found in joint.finditer(text):
        if found["join"] is not None:
            parts.append(text[start : found.start()])
            start = found.end()
    return [*parts, text[start:]]


def _parse_term(part: str, text: str) -> Term:
    if m := _IS.match(part):
        missing = (m["word"].lower() == "present") == bool(m["not"])
        return Term(column=m["column"], op="isnull" if missing else "notnull")
    if (m := _IN.match(part)) and m["values"].strip():
        values = tuple(_unquoted(v) for v in _split(_COMMA, m["values"]))
        return Term(column=m["column"], op="in", value=values)
    if m := _IS_NOT.match(part):
        return Term(column=m["column"], op="!=", value=_unquoted(m["value"]))
    if (m := _TERM.match(part)) and not _no_operator(m):
        op: Any = "==" if m["op"] == "=" else m["op"]
        return Term(column=m["column"], op=op, value=_unquoted(m["value"]))
    raise InputError(
        f"cannot read {part!r} in the condition {text!r}: write comparisons such as 'age < 25 and sex = F'"
    )


def _unquoted(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _shown(value: Any) -> str:
    """A value as `parse` reads it."""
    text = str(value)
    if not _NEEDS_QUOTES.search(text):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def _literal(value: Any, dtype: pl.DataType | None, column: str) -> pl.Expr:
    """The value as the column's own type, so that text from a command line compares with numbers and times."""
    import polars as pl

    if dtype is None:
        return pl.lit(value)
    if dtype.is_nested() or dtype.is_(pl.Binary):
        raise InputError(
            f"the column {column!r} holds {dtype} and cannot be compared: only 'is missing' works on it"
        )
    if dtype.is_temporal():
        return pl.lit(_time(value, dtype, column), dtype=dtype)
    if dtype.is_(pl.String):
        return pl.lit(str(value).lower() if isinstance(value, bool) else str(value))
    if not isinstance(value, str):
        return pl.lit(value)
    if dtype.is_(pl.Boolean):
        return pl.lit(_truth(value, column))
    return pl.lit(_number(value, dtype, column) if dtype.is_numeric() else value)


def _truth(value: str, column: str) -> bool:
    low = value.strip().lower()
    if low not in ("true", "false", "t", "f", "1", "0", "yes", "no"):
        raise InputError(f"{column!r} is a yes/no column and {value!r} is neither: write true or false")
    return low in ("true", "t", "1", "yes")


def _number(value: str, dtype: pl.DataType, column: str) -> int | float:
    """Whole numbers stay whole: a 64-bit key does not survive a trip through a float."""
    try:
        if dtype.is_integer() and re.fullmatch(r"\s*[+-]?\d{1,18}\s*", value):
            return int(value)
        number = float(value)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise InputError(f"{column!r} is a number column and {value!r} is not a number")
    return number


def _time(value: Any, dtype: pl.DataType, column: str) -> Any:
    import polars as pl

    try:
        return pl.Series([value], dtype=pl.String).str.to_datetime(strict=True).cast(dtype)[0]
    except (TypeError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{column!r} is a time column and {value!r} is not a time: write it as 2024-05-31 or 2024-05-31T09:30"
        ) from error
