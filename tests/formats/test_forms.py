"""Forms: which values are numbers, times, bools or codes."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest

from abound.formats.forms import Form, first_form, fits, parse
from abound.formats.identifiers import Distinct, like_id, like_person_id


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "+3"], "integer"),
        (["1", "2.5", "1e3", "-.5"], "number"),
        (["1", "2", "inf"], "number"),
        (["007", "008"], "string"),
        (["0", "10", "0.5"], "number"),
        (["12345678901234567890", "1"], "string"),
        (["1234567890123456"], "integer"),
        (["true", "False", "TRUE"], "bool"),
        (["t", "f"], "string"),
        (["yes", "no"], "string"),
        (["2024-01-31", "2024-02-01"], "time"),
        (["2024-01-31", "soon"], "string"),
        (["2024", "2025"], "integer"),
        (["1/2/14", "3/4/15"], "string"),
        (["$5", "$6"], "string"),
        (["1,234", "2,345"], "grouped"),
        (["1,234,567", "89"], "grouped"),
        (["1,234.50", "2"], "grouped"),
        (["1,234", "1234"], "string"),
        (["1,234", "1.5"], "string"),
        (["1,234", "1,2345"], "comma"),
        (["0,123", "1,234"], "comma"),
        (["1,5", "2"], "comma"),
        (["1,5", "1,234,567"], "string"),
        (["1,2,3", "1,2"], "string"),
    ],
)
def test_first_form(values: list[str], kind: str) -> None:
    assert first_form(pl.Series([None, *values]), text=True, decimal_comma=False).kind == kind


def test_stored_text_is_text_unless_it_is_a_time() -> None:
    assert first_form(pl.Series(["98178", "98125"]), text=False, decimal_comma=False).kind == "string"
    assert first_form(pl.Series(["2024-01-31"]), text=False, decimal_comma=False).kind == "time"


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        ("2024-01-31 13:14:15", datetime(2024, 1, 31, 13, 14, 15)),
        ("2024-01-31T13:14:15.25", datetime(2024, 1, 31, 13, 14, 15, 250_000)),
        ("2024-01-31T13:14:15Z", datetime(2024, 1, 31, 13, 14, 15)),
        ("2024-01-31T13:14:15+02:00", datetime(2024, 1, 31, 11, 14, 15)),
        ("2024-01-31 13:14", datetime(2024, 1, 31, 13, 14)),
        ("2024/01/31", datetime(2024, 1, 31)),
        ("31.01.2024", datetime(2024, 1, 31)),
        ("31/01/2024", datetime(2024, 1, 31)),
        ("01/31/2024", datetime(2024, 1, 31)),
        ("01/31/2024 01:14:15 PM", datetime(2024, 1, 31, 13, 14, 15)),
        ("20141013T000000", datetime(2014, 10, 13)),
        ("31 Jan 2024", datetime(2024, 1, 31)),
        ("31-Jan-2024", datetime(2024, 1, 31)),
        ("January 31, 2024", datetime(2024, 1, 31)),
    ],
)
def test_times(value: str, meant: datetime) -> None:
    values = pl.DataFrame({"t": [value, None]})
    form = first_form(values["t"], text=True, decimal_comma=False)
    assert form.kind == "time"
    parsed = values.select(parse(form, "t", pl.String(), strict=True))["t"]
    assert parsed.dtype == pl.Datetime("us")
    assert parsed.to_list() == [meant, None]


def test_a_day_that_reads_both_ways_keeps_both_formats() -> None:
    form = first_form(pl.Series(["03/04/2024", "05/06/2024"]), text=True, decimal_comma=False)
    assert form.times == ("%d/%m/%Y", "%m/%d/%Y")
    assert not fits(Form("time", ("%d/%m/%Y",)), pl.Series(["01/31/2024"]))


def test_loose_bools() -> None:
    frame = pl.DataFrame({"b": ["yes", "F", "1", "no", "perhaps", None]})
    parsed = frame.select(parse(Form("bool", loose=True), "b", pl.String(), strict=False))["b"]
    assert parsed.to_list() == [True, False, True, False, None, None]


@pytest.mark.parametrize(
    ("name", "person", "identifier"),
    [
        ("id", False, True), ("user_id", True, True), ("CustomerID", True, True), ("customerId", True, True),
        ("Patient ID", True, True), ("patientid", True, True), ("order-key", False, True), ("uuid", False, True),
        ("paid", False, False), ("grid", False, False), ("width", False, False), ("keyboard", False, False),
        ("education", False, False), ("covid", False, False), ("idle", False, False), ("PassengerId", False, True),
    ],
)  # fmt: skip
def test_names_of_identifiers(name: str, person: bool, identifier: bool) -> None:
    assert like_id(name) == identifier
    assert like_person_id(name) == person


@pytest.mark.parametrize("hashing", [True, False])
def test_distinct_values(hashing: bool) -> None:
    rising = Distinct(hashing)
    for start in range(0, 100, 10):
        rising.add(pl.Series(range(start, start + 10)))
    assert (rising.rising, rising.total()) == (True, 100)
    falling = Distinct(hashing)
    for values in (["b", "a"], ["c", "a"], []):
        falling.add(pl.Series(values, dtype=pl.String))
    assert not falling.rising
    assert falling.total() == (3 if hashing else None)
    assert falling.total() == (3 if hashing else None), "asking twice changes nothing"
