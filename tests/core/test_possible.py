"""A slice is impossible exactly where no row can be in it and obey the rules."""

from __future__ import annotations

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.possible import allowed, broken_rule, truth, within
from abound.core.rules import FlagRule, ImpliesRule, OrderRule, SumRule
from abound.core.slice import Slice, Term

VALUES = {"a": (0, 1, 2, None), "b": (0, 1, 2, None), "flag": (True, False, None)}
EVERY_ROW = pl.DataFrame(
    list(itertools.product(*VALUES.values())),
    schema={"a": pl.Int64, "b": pl.Int64, "flag": pl.Boolean},
    orient="row",
)


def terms(columns=("a", "b", "flag")):
    number = st.builds(
        Term, column=st.sampled_from([c for c in columns if c != "flag"]),
        op=st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), value=st.integers(-1, 3),
    )  # fmt: skip
    several = st.builds(
        Term, column=st.just("a"), op=st.just("in"), value=st.lists(st.integers(0, 2), min_size=1).map(tuple)
    )
    null = st.builds(Term, column=st.sampled_from(columns), op=st.sampled_from(["isnull", "notnull"]))
    yes = st.builds(Term, column=st.just("flag"), op=st.just("=="), value=st.sampled_from([True, False]))
    return st.one_of(number, several, null, yes)


rules = st.one_of(
    st.builds(
        ImpliesRule,
        when=st.lists(terms(), min_size=1, max_size=2).map(tuple),
        then=st.lists(terms(), min_size=1, max_size=2).map(tuple),
    ),
    st.builds(
        FlagRule, column=st.just("flag"), terms=st.lists(terms(("a", "b")), min_size=1, max_size=2).map(tuple)
    ),
    st.just(OrderRule(columns=("a", "b"))),
)


@given(
    st.lists(terms(), min_size=1, max_size=3, unique_by=lambda t: t.column), st.lists(rules, min_size=1, max_size=3)
)
def test_a_slice_called_impossible_has_no_obedient_row(slice_terms, several):
    dtypes = dict(EVERY_ROW.schema)
    inside = EVERY_ROW.filter(pl.all_horizontal([t.expr(dtypes[t.column]) for t in slice_terms]))
    for rule in several:
        inside = inside.filter(~pl.Series(inside.select(rule.broken(dtypes).alias("x"))["x"]))
    if broken_rule(Slice(on="t", terms=tuple(slice_terms)), tuple(several)) is not None:
        assert inside.height == 0


@given(*[st.lists(terms(), min_size=1, max_size=3, unique_by=lambda t: t.column)] * 2)
def test_what_is_called_within_is(inner, outer):
    dtypes = dict(EVERY_ROW.schema)
    left, right = (pl.all_horizontal([t.expr(dtypes[t.column]) for t in ts]) for ts in (inner, outer))
    if within(Slice(on="t", terms=tuple(inner)), Slice(on="t", terms=tuple(outer))):
        assert EVERY_ROW.filter(left & ~right).height == 0


def levels(**columns):
    """One level a column, as missing_combo writes them."""
    return Slice(on="t", terms=tuple(t for ts in columns.values() for t in ts))


def eq(column, value):
    return (Term(column=column, op="==", value=value),)


def between(column, low, high):
    return (Term(column=column, op=">=", value=low), Term(column=column, op="<", value=high))


@pytest.mark.parametrize(
    ("slice_", "rule", "impossible"),
    [
        (levels(a=eq("job", "pilot"), b=between("age", 0, 16)),
         ImpliesRule(when=eq("job", "pilot"), then=(Term(column="age", op=">=", value=18),)), True),
        (levels(a=eq("job", "pilot"), b=between("age", 0, 20)),
         ImpliesRule(when=eq("job", "pilot"), then=(Term(column="age", op=">=", value=18),)), False),
        (levels(a=eq("adult", True), b=between("age", 0, 18)),
         FlagRule(column="adult", terms=(Term(column="age", op=">=", value=18),)), True),
        (levels(a=eq("adult", "no"), b=between("age", 18, 30)),
         FlagRule(column="adult", terms=(Term(column="age", op=">=", value=18),), yes="yes", no="no"), True),
        (levels(a=eq("adult", "no"), b=between("age", 17, 30)),
         FlagRule(column="adult", terms=(Term(column="age", op=">=", value=18),), yes="yes", no="no"), False),
        (levels(a=between("start", 5, 9), b=between("end", 1, 5)), OrderRule(columns=("start", "end")), True),
        (levels(a=between("start", 4, 9), b=between("end", 1, 5)), OrderRule(columns=("start", "end")), False),
        (levels(a=between("start", 5, 9), b=between("end", 1, 4)),
         OrderRule(columns=("start", "mid", "end")), True),
        (levels(a=between("total", 0, 10), b=between("p", 20, 30)), SumRule(total="total", parts=("p", "q")), True),
        (levels(a=between("total", 0, 10), b=between("p", 5, 30)), SumRule(total="total", parts=("p", "q")), False),
        (levels(a=between("total", 0, 10), b=(Term(column="p", op="isnull"),)),
         SumRule(total="total", parts=("p", "q")), False),
    ],
)  # fmt: skip
def test_rules_decide(slice_, rule, impossible):
    found = broken_rule(slice_, (rule,), {"q": (0.0, 50.0)})
    assert (found is rule) is impossible


def test_without_bounds_an_open_part_may_be_negative():
    here = levels(a=between("total", 0, 10), b=between("p", 20, 30))
    assert broken_rule(here, (SumRule(total="total", parts=("p", "q")),)) is None


def test_truth_of_a_term_about_a_cell():
    cell = allowed(Slice(on="t", terms=between("x", 2, 5)))["x"]
    assert truth(Term(column="x", op=">=", value=2), cell) is True
    assert truth(Term(column="x", op="<", value=2), cell) is False
    assert truth(Term(column="x", op=">", value=2), cell) is None
    assert truth(Term(column="x", op="==", value=5), cell) is False
    assert truth(Term(column="x", op="isnull"), cell) is False
    assert truth(Term(column="y", op="==", value=1), None) is None


def test_rules_are_followed_from_one_to_the_next():
    rules = (
        ImpliesRule(when=eq("licence", "yes"), then=(Term(column="age", op=">=", value=18),)),
        ImpliesRule(when=eq("job", "pilot"), then=eq("licence", "yes")),
    )
    assert broken_rule(levels(a=eq("job", "pilot"), b=between("age", 0, 16)), rules) is rules[0]
    assert broken_rule(levels(a=eq("job", "clerk"), b=between("age", 0, 16)), rules) is None
    order = OrderRule(columns=("first", "last"))
    begins = ImpliesRule(when=eq("kind", "late"), then=(Term(column="first", op=">=", value=10),))
    assert broken_rule(levels(a=eq("kind", "late"), b=between("last", 0, 10)), (order, begins)) is order


def test_a_part_is_within_the_whole_and_not_the_other_way_round():
    whole = levels(a=eq("job", "pilot"), b=between("age", 20, 40))
    part = levels(a=eq("job", "pilot"), b=between("age", 20, 30), c=eq("sex", "F"))
    assert within(part, whole)
    assert within(whole, whole)
    assert not within(whole, part)
    assert within(levels(a=eq("x", 1)), levels(a=eq("x", "1")))
    assert not within(levels(a=eq("x", 1)), Slice(on="other", terms=eq("x", 1)))
