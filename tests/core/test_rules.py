"""Rules: what they call broken, what they recompute, and what a null means to each."""

from __future__ import annotations

import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.rules import (
    FlagRule,
    ImpliesRule,
    OrderRule,
    Rule,
    SumRule,
    broken_rows,
    derived_columns,
    in_order,
    recompute,
)
from abound.core.slice import Term


def broken(rule: Rule, **columns: Any) -> list[bool]:
    found = broken_rows(pl.DataFrame(columns, strict=False), (rule,))
    assert list(found) == [str(rule)]
    assert found[str(rule)].null_count() == 0
    return found[str(rule)].to_list()


def at_least(column: str, value: Any) -> Term:
    return Term(column=column, op=">=", value=value)


def test_a_sum_may_be_off_by_rounding_only() -> None:
    rule = SumRule(total="t", parts=("a", "b"))
    a, b = [0.1, 1.0, 1e9, 1.0, None, None], [0.2, 2.0, 1.0, 2.0, 1.0, 1.0]
    assert broken(rule, a=a, b=b, t=[0.3, 3.1, 1e9 + 1.0005, None, 1.0, None]) == [
        False,
        True,
        False,
        False,
        False,
        False,
    ]
    made = recompute(pl.DataFrame({"a": a, "b": b}), (rule,))
    assert made["t"].to_list() == [0.1 + 0.2, 3.0, 1e9 + 1, 3.0, None, None]


def test_a_whole_sum_stays_whole() -> None:
    made = recompute(pl.DataFrame({"a": [1, 2], "b": [3, None]}), (SumRule(total="t", parts=("a", "b")),))
    assert made["t"].to_list() == [4, None]
    assert made.schema["t"] == pl.Int64


def test_a_flag_is_yes_exactly_where_its_terms_hold() -> None:
    rule = FlagRule(column="old", terms=(at_least("age", 65), Term(column="job", op="==", value="none")))
    frame = {"age": [70, 70, 60, None], "job": ["none", None, "none", "none"]}
    assert recompute(pl.DataFrame(frame), (rule,))["old"].to_list() == [True, False, False, False]
    assert broken(rule, **frame, old=[True, True, False, None]) == [False, True, False, False]
    words = FlagRule(column="old", terms=(at_least("age", 65),), yes="senior", no="adult")
    assert recompute(pl.DataFrame(frame), (words,))["old"].to_list() == ["senior", "senior", "adult", "adult"]
    assert broken(words, **frame, old=["senior", "adult", "x", "adult"]) == [False, True, True, False]


def test_an_order_passes_over_nulls() -> None:
    rule = OrderRule(columns=("a", "b", "c"))
    assert broken(rule, a=[1, 1, 3, None, 2], b=[1, None, None, None, None], c=[2, 1, 2, 1, None]) == [
        False, False, True, False, False,
    ]  # fmt: skip
    assert broken(OrderRule(columns=("a", "b")), a=["a", "b"], b=["b", "a"]) == [False, True]


@given(rows=st.lists(st.lists(st.none() | st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=10))
def test_an_order_is_broken_where_the_values_that_are_there_fall(rows: list[list[int | None]]) -> None:
    names = ("a", "b", "c", "d")
    columns = {n: pl.Series([r[i] for r in rows], dtype=pl.Int64) for i, n in enumerate(names)}
    there = [[v for v in row if v is not None] for row in rows]
    want = [any(x > y for x, y in itertools.pairwise(values)) for values in there]
    assert broken(OrderRule(columns=names), **columns) == want


def test_an_implication_needs_its_end_where_its_beginning_holds() -> None:
    rule = ImpliesRule(
        when=(Term(column="sex", op="==", value="M"),), then=(Term(column="births", op="==", value=0),)
    )
    assert broken(rule, sex=["M", "M", "F", None, "M"], births=[0, 1, 3, 2, None]) == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_text_values_are_read_as_the_column_is() -> None:
    rule = ImpliesRule(when=(at_least("since", "2020-01-01"),), then=(at_least("n", "10"),))
    since = pl.Series(["2019-12-31", "2020-01-01", "2021-01-01"]).str.to_datetime(time_unit="us")
    assert broken(rule, since=since, n=[1, 9, 10]) == [False, True, False]


def test_definitions_are_applied_after_what_they_read() -> None:
    rules = (
        FlagRule(column="rich", terms=(at_least("total", 10),)),
        SumRule(total="total", parts=("sub", "c")),
        OrderRule(columns=("a", "total")),
        SumRule(total="sub", parts=("a", "b")),
    )
    frame = pl.DataFrame({"a": [1, 5], "b": [1, 5], "c": [1, 5]})
    made = recompute(frame, rules)
    assert made["total"].to_list() == [3, 15]
    assert made["rich"].to_list() == [False, True]
    stale = made.with_columns(pl.lit(0).alias("sub"), pl.lit(99).alias("total"), pl.lit(True).alias("rich"))
    assert recompute(stale, rules).select(made.columns).equals(made)
    assert derived_columns(rules) == ["rich", "total", "sub"]
    assert {str(r) for r in in_order(rules)} == {str(r) for r in rules}


def test_what_lacks_a_source_is_left_alone() -> None:
    frame = pl.DataFrame({"a": [1], "t": [9]})
    rules = (SumRule(total="t", parts=("a", "b")), FlagRule(column="f", terms=(at_least("b", 1),)))
    assert recompute(frame, rules).equals(frame)


def test_circles_are_refused() -> None:
    circle = (SumRule(total="a", parts=("b",)), SumRule(total="b", parts=("c",)), SumRule(total="c", parts=("a",)))
    with pytest.raises(ValueError, match="in a circle: a, b, c"):
        in_order(circle)
    with pytest.raises(ValueError, match="in a circle: a"):
        in_order((SumRule(total="a", parts=("a", "b")),))


def test_rules_read_as_sentences() -> None:
    term = at_least("age", 65)
    assert str(SumRule(total="t", parts=("a", "b"))) == "t = a + b"
    assert str(FlagRule(column="old", terms=(term,))) == "old = True exactly where age >= 65"
    assert str(OrderRule(columns=("a", "b"))) == "a <= b"
    assert str(ImpliesRule(when=(term,), then=(Term(column="x", op="isnull"),))) == "where age >= 65: x is missing"


def test_every_rule_names_its_columns() -> None:
    term = at_least("age", 65)
    assert SumRule(total="t", parts=("a", "b")).names() == ("t", "a", "b")
    assert FlagRule(column="old", terms=(term,)).names() == ("old", "age")
    assert OrderRule(columns=("a", "b")).names() == ("a", "b")
    assert ImpliesRule(when=(term,), then=(at_least("x", 1),)).names() == ("age", "x")
