"""Whether any row of a slice could obey the declared rules. A combination that cannot occur is not a gap.

Each column that the slice names is reduced to the set of values that it may take (listed values, an interval, or
null). A rule speaks against the slice only if it is broken whatever the other columns hold; where that is open, the
slice counts as possible.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from abound.core.rules import FlagRule, ImpliesRule, OrderRule, Rule, SumRule
from abound.core.slice import Scalar, Slice, Term

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Allowed:
    """Values a column may take in a slice: `values` if listed, else the interval, whose ends may be left out."""

    null: bool = False
    values: tuple[Scalar, ...] | None = None
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False


def allowed(slice_: Slice) -> dict[str, Allowed]:
    """What each column named by flat terms may hold. Terms with != or text bounds do not narrow it."""
    out: dict[str, Allowed] = {}
    for term in (t for t in slice_.terms if isinstance(t, Term)):
        old = out.get(term.column, Allowed())
        number = _number(term.value)
        if term.op == "isnull":
            new = Allowed(null=True)
        elif term.op in ("==", "in"):
            values = term.value if isinstance(term.value, tuple) else (term.value,)
            new = Allowed(values=tuple(v for v in values if v is not None))
        elif term.op in ("<", "<=") and number is not None and number <= old.high:
            new = Allowed(False, old.values, old.low, number, old.low_open, term.op == "<")
        elif term.op in (">", ">=") and number is not None and number >= old.low:
            new = Allowed(False, old.values, number, old.high, term.op == ">", old.high_open)
        else:
            new = old
        out[term.column] = new
    return out


def broken_rule(slice_: Slice, rules: tuple[Rule, ...], bounds: Bounds | None = None) -> Rule | None:
    """A rule that every row of the slice would break; None where a row could obey them all.

    Implications are followed: if the slice makes a rule's conditions hold, its consequences narrow the columns that
    the slice leaves open, and the other rules see them. `bounds` gives the smallest and largest value of number
    columns that stay open (used by sum rules).
    """
    cells = allowed(slice_)
    for _ in rules:  # each round that changes anything uses up a rule
        more = [
            t for r in rules if isinstance(r, ImpliesRule) and _all(r.when, cells) is True for t in r.then
            if t.column not in cells
        ]  # fmt: skip
        if not more:
            break
        cells |= allowed(Slice(on=slice_.on, terms=tuple(more)))
    return _first_broken(rules, cells, bounds or {})


def _first_broken(rules: tuple[Rule, ...], cells: dict[str, Allowed], bounds: Bounds) -> Rule | None:
    for rule in rules:
        if isinstance(rule, ImpliesRule):
            bad = _all(rule.when, cells) is True and _all(rule.then, cells) is False
        elif isinstance(rule, FlagRule):
            bad = _flag(rule, cells)
        elif isinstance(rule, OrderRule):
            bad = _order(rule, cells)
        else:
            bad = _sum(rule, cells, bounds)
        if bad:
            return rule
    return None


def within(inner: Slice, outer: Slice) -> bool:
    """Whether every row of `inner` is sure to be in `outer`, by their conditions alone."""
    cells = allowed(inner)
    return inner.on == outer.on and all(
        term in inner.terms or (isinstance(term, Term) and truth(term, cells.get(term.column)) is True)
        for term in outer.terms
    )


def _all(terms: tuple[Term, ...], cells: dict[str, Allowed]) -> bool | None:
    """True: all hold on every row of the slice; False: one fails on every row; None: open."""
    truths = [truth(t, cells.get(t.column)) for t in terms]
    if False in truths:
        return False
    return None if None in truths else True


def truth(term: Term, cell: Allowed | None) -> bool | None:
    """Whether a term holds for every value allowed (True), for none (False), or that is open (None)."""
    if cell is None:
        return None
    if term.op in ("isnull", "notnull"):
        return cell.null == (term.op == "isnull")
    if cell.null:
        return False
    if cell.values is not None:
        seen = {_holds(term, v) for v in cell.values}
        return seen.pop() if len(seen) == 1 else None
    return _interval(term, cell)


def _interval(term: Term, cell: Allowed) -> bool | None:
    if term.op in ("==", "in"):
        numbers = [_number(v) for v in (term.value if isinstance(term.value, tuple) else (term.value,))]
        return None if any(v is None or _inside(v, cell) for v in numbers) else False
    value = _number(term.value)
    if value is None or term.op == "!=":
        return None
    below = cell.high < value or (cell.high == value and (cell.high_open or term.op in ("<=", ">")))
    above = cell.low > value or (cell.low == value and (cell.low_open or term.op in (">=", "<")))
    if term.op in ("<", "<="):
        return True if below else False if above else None
    return True if above else False if below else None


def _inside(value: float, cell: Allowed) -> bool:
    over = value > cell.low or (value == cell.low and not cell.low_open)
    return over and (value < cell.high or (value == cell.high and not cell.high_open))


def _holds(term: Term, value: Scalar) -> bool | None:
    """Whether one value satisfies a comparison; None where the two cannot be ordered."""
    if term.op in ("==", "!="):
        return _same(value, term.value) == (term.op == "==")
    if term.op == "in":
        others = term.value if isinstance(term.value, tuple) else (term.value,)
        return any(_same(value, o) for o in others)
    left, right = _number(value), _number(term.value)
    if left is None or right is None:
        return None
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[term.op]


def _same(left: object, right: object) -> bool:
    """Equality across the ways a value is written: 1 and "1", True and "true"."""
    a, b = _number(left), _number(right)
    if a is not None and b is not None:
        return a == b
    return str(left).lower() == str(right).lower() if isinstance(left, bool) or isinstance(right, bool) else (
        str(left) == str(right)
    )  # fmt: skip


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _range(cell: Allowed | None) -> tuple[float, float] | None:
    """Smallest and largest value a column may take; None where it is open, null or not a number."""
    if cell is None or cell.null:
        return None
    if cell.values is None:
        return cell.low, cell.high
    numbers = [n for v in cell.values if (n := _number(v)) is not None]
    return (min(numbers), max(numbers)) if numbers and len(numbers) == len(cell.values) else None


def _flag(rule: FlagRule, cells: dict[str, Allowed]) -> bool:
    cell = cells.get(rule.column)
    hold = _all(rule.terms, cells)
    if cell is None or cell.null or hold is None:
        return False
    return truth(Term(column=rule.column, op="==", value=rule.yes if hold else rule.no), cell) is False


def _order(rule: OrderRule, cells: dict[str, Allowed]) -> bool:
    for a, b in itertools.combinations(rule.columns, 2):
        left, right = _range(cells.get(a)), _range(cells.get(b))
        if left is None or right is None:
            continue
        touch = left[0] == right[1] and (cells[a].low_open or cells[b].high_open)
        if left[0] > right[1] or touch:
            return True
    return False


def _sum(rule: SumRule, cells: dict[str, Allowed], bounds: Bounds) -> bool:
    names = (rule.total, *rule.parts)
    if any(n in cells and _range(cells[n]) is None for n in names):
        return False
    ranges = [_range(cells.get(n)) or bounds.get(n, (-math.inf, math.inf)) for n in names]
    low, high = sum(r[0] for r in ranges[1:]), sum(r[1] for r in ranges[1:])
    slack = 1e-6 * (1.0 + abs(ranges[0][0]) if math.isfinite(ranges[0][0]) else 1.0)
    return low > ranges[0][1] + slack or high < ranges[0][0] - slack
