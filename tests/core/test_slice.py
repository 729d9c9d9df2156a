"""Conditions: what text means, what null means, and what is refused."""

from __future__ import annotations

import operator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table
from abound.core.slice import Has, Slice, Term, check_levels
from abound.errors import InputError, UnknownName


def typed() -> Dataset:
    """Five rows of every kind of column; row 4 is null everywhere."""
    frame = pl.DataFrame(
        {
            "n": [1.0, 2.5, -3.0, 2.5, None],
            "i": [1, 2, 3, 9007199254740993, None],
            "c": ["a", "b", "research and development", "O'Brien, [x]", None],
            "b": [True, False, True, False, None],
            "t": pl.Series(
                ["2024-01-01T00:00", "2024-05-31T09:30", "2024-05-31T09:31", "2030-01-01T00:00", None]
            ).str.to_datetime(time_unit="us"),
            "two words": [1.0, 2.0, 3.0, 4.0, None],
            "a.b": [1.0, 1.0, 2.0, 2.0, None],
            "arr": pl.Series([[1, 2]] * 4 + [None], dtype=pl.Array(pl.Float64, 2)),
        }
    )
    kinds = {"n": "number", "i": "number", "c": "category", "b": "bool", "t": "time"}
    columns = [Column(name=n, kind=kinds.get(n, "number"), integer=n == "i") for n in frame.columns[:-1]]
    columns.append(Column(name="arr", kind="array", shape=(2,)))
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=tuple(columns))})
    return Dataset(schema, {"rows": frame.lazy()})


def rows(text: str) -> list[int]:
    return typed().mask(Slice.parse(text, "rows")).arg_true().to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = 2.5", [1, 3]),
        ("n == 2.5", [1, 3]),
        ("n != 2.5", [0, 2]),
        ("n is not 2.5", [0, 2]),
        ("n < 2.5", [0, 2]),
        ("n<=2.5", [0, 1, 2, 3]),
        ("n>-3", [0, 1, 3]),
        ("n >= 1 and n < 2.5", [0]),
        ("n >= 1 & b = no", [1, 3]),
        ("n >= 1 AND b = no", [1, 3]),
        ("n in [1, -3]", [0, 2]),
        ("n is missing", [4]),
        ("n is null", [4]),
        ("n is not missing", [0, 1, 2, 3]),
        ("n is present", [0, 1, 2, 3]),
        ("n is not present", [4]),
        ("i = 9007199254740993", [3]),
        ("i = 9007199254740992", []),
        ("i < 2.5", [0, 1]),
        ("c = a", [0]),
        ("c in ['a', \"b\"]", [0, 1]),
        ('c = "research and development"', [2]),
        ("c in [a, 'research and development']", [0, 2]),
        ("c = 'research and development' and b = true", [2]),
        ('c in ["O\'Brien, [x]", a]', [0, 3]),
        ("c != a", [1, 2, 3]),
        ("b = true", [0, 2]),
        ("b = 0", [1, 3]),
        ("b is missing", [4]),
        ("t >= 2024-05-31", [1, 2, 3]),
        ("t > 2024-05-31T09:30", [2, 3]),
        ("t = 2024-05-31 09:31", [2]),
        ("t is missing", [4]),
        ("two words > 2", [2, 3]),
        ("a.b = 2", [2, 3]),
        ("rows.n = 1", [0]),
        ("arr is missing", [4]),
    ],
)
def test_text_means(text: str, expected: list[int]) -> None:
    assert rows(text) == expected


@pytest.mark.parametrize(
    "text", ["", "   ", "n", "n <", "n < 3 and", "n < 3 and and b = 1", "n in []", "< 3", "n ~ 3"]
)
def test_text_that_is_no_condition(text: str) -> None:
    with pytest.raises(InputError):
        rows(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [("n < old", "'n'"), ("n = nan", "'n'"), ("b = maybe", "'b'"), ("t > soon", "'t'"), ("arr = 3", "'arr'")],
)
def test_a_value_of_the_wrong_kind_names_the_column(text: str, word: str) -> None:
    with pytest.raises(InputError, match=word):
        rows(text)


def test_an_unknown_column_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'two words'"):
        rows("two word > 2")


@pytest.mark.parametrize("value", [3, True, 2.0])
def test_a_time_is_compared_with_text_only(value: object) -> None:
    with pytest.raises(InputError, match="time column"):
        typed().mask(Slice(on="rows", terms=(Term(column="t", op="<", value=value),)))


@pytest.mark.parametrize(
    ("op", "value", "word"),
    [
        ("==", None, "needs a value"),
        ("<", (1, 2), "one value"),
        ("isnull", 3, "no value"),
        ("<", float("nan"), "NaN"),
        ("in", (1.0, float("nan")), "NaN"),
    ],
)
def test_terms_that_mean_nothing_are_refused(op: str, value: object, word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Term(column="n", op=op, value=value)


def test_has_that_can_never_hold_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 3 and at most 2"):
        Has(table="events", at_least=3, at_most=2)


def test_a_null_passes_only_isnull() -> None:
    data = typed()
    for op in ("==", "!=", "<", "<=", ">", ">=", "in"):
        for column, value in (("n", 1.0), ("i", 1), ("c", "a"), ("b", True), ("t", "2024-01-01")):
            mask = data.mask(Slice(on="rows", terms=(Term(column=column, op=op, value=value),)))
            assert mask.null_count() == 0
            assert not mask[4], f"{column} {op}"


def test_an_empty_list_holds_nowhere_and_no_term_everywhere() -> None:
    data = typed()
    assert data.mask(Slice(on="rows", terms=(Term(column="n", op="in", value=()),))).to_list() == [False] * 5
    assert data.mask(Slice(on="rows")).to_list() == [True] * 5
    empty = data.take([])
    assert len(empty.mask(Slice(on="rows"))) == 0
    assert len(empty.mask(Slice.parse("n < 3", "rows"))) == 0


OPS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
words = st.text(alphabet="ab=<>!&,[]'\"  andis.0", max_size=12)


@given(
    values=st.lists(st.none() | st.integers(-3, 3), min_size=1, max_size=8),
    op=st.sampled_from(sorted(OPS)),
    bound=st.integers(-3, 3),
)
def test_comparisons_agree_with_python(values: list[int | None], op: str, bound: int) -> None:
    schema = Schema(main="r", tables={"r": Table(name="r", columns=(Column(name="x", kind="number"),))})
    data = Dataset(schema, {"r": pl.LazyFrame({"x": pl.Series(values, dtype=pl.Float64)})})
    slice_ = Slice(on="r", terms=(Term(column="x", op=op, value=bound),))
    want = [v is not None and OPS[op](v, bound) for v in values]
    assert data.mask(slice_).to_list() == want
    assert data.mask(Slice.parse(str(slice_), "r")).to_list() == want


@given(
    values=st.lists(st.none() | words, min_size=1, max_size=6),
    chosen=st.lists(words.filter(lambda w: not ("'" in w and '"' in w)), min_size=1, max_size=3),
    op=st.sampled_from(["==", "!=", "in"]),
)
def test_the_text_of_a_slice_reads_back_as_the_same_condition(
    values: list[str | None], chosen: list[str], op: str
) -> None:
    schema = Schema(main="r", tables={"r": Table(name="r", columns=(Column(name="x", kind="text"),))})
    data = Dataset(schema, {"r": pl.LazyFrame({"x": pl.Series([*values, *chosen], dtype=pl.String)})})
    value = tuple(chosen) if op == "in" else chosen[0]
    slice_ = Slice(on="r", terms=(Term(column="x", op=op, value=value), Term(column="x", op="notnull")))
    again = Slice.parse(str(slice_), "r")
    assert again.terms == slice_.terms
    assert data.mask(again).equals(data.mask(slice_))


def test_slices_survive_json_with_their_types() -> None:
    slice_ = Slice(
        on="stays",
        terms=(
            Term(column="b", op="==", value=True),
            Term(column="n", op="in", value=(1, 2.5, "x")),
            Has(table="events", terms=(Term(column="v", op=">", value=4),), at_least=2, at_most=5),
        ),
    )
    again = Slice.model_validate_json(slice_.model_dump_json())
    assert again == slice_
    assert type(again.terms[0].value) is bool
    assert [type(v) for v in again.terms[1].value] == [int, float, str]


def test_slices_read_as_sentences() -> None:
    has = Has(table="events", terms=(Term(column="value", op=">", value=4),))
    slice_ = Slice(on="stays", terms=(Term(column="age", op="<", value=30), has))
    assert str(slice_) == "age < 30 and at least 1 events row with value > 4"
    assert str(Slice(on="stays")) == "all of stays"
    assert slice_.columns() == ("age",)


@pytest.mark.parametrize("text", ["i >>> 3", "i =< 3", "i => 3", "i <> 3", "i >= = 3"])
def test_an_operator_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write comparisons such as"):
        Slice.parse(text, "rows")


@pytest.mark.parametrize("text", ["income = >50K", 'income = ">50K"', "income == >50K and i > 3"])
def test_a_level_may_begin_with_an_operator(text: str) -> None:
    first = Slice.parse(text, "rows").terms[0]
    assert isinstance(first, Term)
    assert (first.op, first.value) == ("==", ">50K")


def test_a_level_that_the_column_lacks_gets_the_nearest() -> None:
    columns = (Column(name="job", kind="category", domain=("clerk", "nurse")), Column(name="i", kind="number"))
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)})
    for text in ("job = nurs", "job in [clerk, nurs]", "i > 3 and job != nurs"):
        with pytest.raises(UnknownName, match="'job' has no level 'nurs': did you mean 'nurse'"):
            check_levels(Slice.parse(text, "rows"), schema)
    check_levels(Slice.parse("job = nurse and i = 4 and other = 3 and job is present", "rows"), schema)
