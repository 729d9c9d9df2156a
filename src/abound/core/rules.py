"""Rules: what must hold on every row, declared once and checked, enforced or recomputed everywhere.

Four kinds. `sum` and `flag` define a column from others, so it is recomputed and never generated (stored copies
contradict their sources sooner or later). `order` and `implies` are obeyed by rejection. A row that breaks a rule
is dropped from synthetic data, and counted in real data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from abound.core.model import Model
from abound.core.slice import Term

if TYPE_CHECKING:
    import polars as pl


class SumRule(Model):
    """`total` = sum of `parts` (null if any part is null), to within 1e-6 of the total's size."""

    kind: Literal["sum"] = "sum"
    total: str
    parts: tuple[str, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return f"{self.total} = {' + '.join(self.parts)}"

    def names(self) -> tuple[str, ...]:
        """Columns that the rule names."""
        return (self.total, *self.parts)

    def derived(self) -> str | None:
        """The column that this rule defines."""
        return self.total

    def expr(self) -> pl.Expr:
        """The value of the derived column."""
        import polars as pl

        return pl.sum_horizontal([pl.col(p) for p in self.parts], ignore_nulls=False)

    def broken(self, dtypes: dict[str, pl.DataType]) -> pl.Expr:
        """True where the rule is broken."""
        import polars as pl

        gap = (pl.col(self.total) - self.expr()).abs()
        return (gap > 1e-6 * (1.0 + pl.col(self.total).abs())).fill_null(False)


class FlagRule(Model):
    """`column` is `yes` where all `terms` hold on the row, `no` elsewhere."""

    kind: Literal["flag"] = "flag"
    column: str
    terms: tuple[Term, ...] = Field(min_length=1)
    yes: str | bool = True
    no: str | bool = False

    def __str__(self) -> str:
        return f"{self.column} = {self.yes} exactly where {' and '.join(map(str, self.terms))}"

    def names(self) -> tuple[str, ...]:
        """Columns that the rule names."""
        return (self.column, *(t.column for t in self.terms))

    def derived(self) -> str | None:
        """The column that this rule defines."""
        return self.column

    def expr(self, dtypes: dict[str, pl.DataType] | None = None) -> pl.Expr:
        """The value of the derived column."""
        import polars as pl

        kinds = dtypes or {}
        hold = pl.all_horizontal([t.expr(kinds.get(t.column)) for t in self.terms])
        return pl.when(hold).then(pl.lit(self.yes)).otherwise(pl.lit(self.no))

    def broken(self, dtypes: dict[str, pl.DataType]) -> pl.Expr:
        """True where the rule is broken."""
        import polars as pl

        return (pl.col(self.column) != self.expr(dtypes)).fill_null(False)


class OrderRule(Model):
    """The values do not fall from left to right (nulls are passed over)."""

    kind: Literal["order"] = "order"
    columns: tuple[str, ...] = Field(min_length=2)

    def __str__(self) -> str:
        return " <= ".join(self.columns)

    def names(self) -> tuple[str, ...]:
        """Columns that the rule names."""
        return self.columns

    def derived(self) -> str | None:
        """None: nothing is recomputed."""
        return None

    def broken(self, dtypes: dict[str, pl.DataType]) -> pl.Expr:
        """True where the rule is broken."""
        import itertools

        import polars as pl

        # All pairs, not neighbours: a null between two values does not hide that they fall.
        pairs = itertools.combinations(self.columns, 2)
        return pl.any_horizontal([(pl.col(a) > pl.col(b)).fill_null(False) for a, b in pairs])


class ImpliesRule(Model):
    """Where all of `when` hold, all of `then` hold."""

    kind: Literal["implies"] = "implies"
    when: tuple[Term, ...] = Field(min_length=1)
    then: tuple[Term, ...] = Field(min_length=1)

    def __str__(self) -> str:
        return f"where {' and '.join(map(str, self.when))}: {' and '.join(map(str, self.then))}"

    def names(self) -> tuple[str, ...]:
        """Columns that the rule names."""
        return tuple(t.column for t in (*self.when, *self.then))

    def derived(self) -> str | None:
        """None: nothing is recomputed."""
        return None

    def broken(self, dtypes: dict[str, pl.DataType]) -> pl.Expr:
        """True where the rule is broken."""
        import polars as pl

        if_ = pl.all_horizontal([t.expr(dtypes.get(t.column)) for t in self.when])
        then = pl.all_horizontal([t.expr(dtypes.get(t.column)) for t in self.then])
        return if_ & ~then


Rule = Annotated[SumRule | FlagRule | OrderRule | ImpliesRule, Field(discriminator="kind")]


def derived_columns(rules: tuple[Rule, ...]) -> list[str]:
    """Columns that some rule defines, in the order of the rules."""
    return [d for r in rules if (d := r.derived()) is not None]


def in_order(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules with each definition before those that read its column; ValueError where they go in a circle."""
    import graphlib

    maker: dict[str, int] = {}
    for i, rule in enumerate(rules):
        column = rule.derived()
        if column in maker:
            raise ValueError(f"two rules define the column {column!r}: keep one of them")
        if column is not None:
            maker[column] = i
    needs = {
        i: sorted({maker[n] for n in _sources(rule) if n in maker} if rule.derived() else ())
        for i, rule in enumerate(rules)
    }
    try:
        return tuple(rules[i] for i in graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        circle = ", ".join(sorted({rules[i].derived() or "" for i in error.args[1]}))
        raise ValueError(f"rules define columns from each other in a circle: {circle}") from error


def _sources(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, SumRule):
        return rule.parts
    return tuple(t.column for t in rule.terms) if isinstance(rule, FlagRule) else ()


def recompute(frame: pl.DataFrame, rules: tuple[Rule, ...]) -> pl.DataFrame:
    """Fill every derived column from its sources, sources first; where a source is absent it is left alone."""
    for rule in in_order(rules):
        dtypes = dict(frame.schema)
        if isinstance(rule, SumRule) and all(p in dtypes for p in rule.parts):
            frame = frame.with_columns(rule.expr().alias(rule.total))
        elif isinstance(rule, FlagRule) and all(t.column in dtypes for t in rule.terms):
            frame = frame.with_columns(rule.expr(dtypes).alias(rule.column))
    return frame


def broken_rows(frame: pl.DataFrame, rules: tuple[Rule, ...]) -> dict[str, pl.Series]:
    """For each rule (as text), a boolean series: which rows break it."""
    dtypes = dict(frame.schema)
    return {str(r): frame.select(r.broken(dtypes).alias("broken"))["broken"] for r in rules}
