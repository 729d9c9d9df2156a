"""Export: the caller's frame type and column types come back, files are atomic, safe and the same every time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from abound.errors import InputError, StorageError
from abound.formats.export import stored_frame, to_frame, without_formulas, write_csv, write_parquet
from abound.formats.typed import stored_name, stored_type
from abound.stages.read import read


def every_type() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "i8": pl.Series([1, None, 3], dtype=pl.Int8),
            "u64": pl.Series([1, 2, 3], dtype=pl.UInt64),
            "f32": pl.Series([1.5, None, 2.5], dtype=pl.Float32),
            "whole": [1.0, 2.0, None],
            "flag": [True, False, None],
            "day": [date(2024, 1, 1), None, date(2024, 1, 3)],
            "ns": pl.Series([datetime(2024, 1, 1), datetime(2024, 1, 2), None]).cast(pl.Datetime("ns")),
            "zone": pl.Series([datetime(2024, 1, 1), datetime(2024, 7, 1), None]).dt.replace_time_zone(
                "Asia/Tokyo"
            ),
            "wait": [timedelta(seconds=1.5), None, timedelta(days=2)],
            "clock": [time(1, 2, 3), None, time(0)],
            "money": pl.Series(["1.25", None, "2.50"]).cast(pl.Decimal(10, 2)),
            "word": ["a", "b", None],
            "cat": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
            "size": pl.Series(["S", "L", None], dtype=pl.Enum(["S", "M", "L"])),
            "y": pl.Series([0, 1, 0], dtype=pl.Int16),
        }
    )


def test_stored_types_come_back() -> None:
    frame = every_type()
    data = read(frame, target="y")
    assert data.main["y"].dtype == pl.String
    back = to_frame(data)
    assert back.schema == frame.schema
    assert back.equals(frame)
    assert to_frame(data, frame.lazy()).equals(frame)
    assert to_frame(data, "dict")["i8"] == [1, None, 3]


@pytest.mark.parametrize("name", every_type().columns)
def test_stored_names_are_read_back(name: str) -> None:
    dtype = every_type().schema[name]
    assert stored_type(stored_name(dtype), ("S", "M", "L")) == dtype


def test_a_csv_comes_back_as_it_was_written(tmp_path: Path) -> None:
    text = "when;amount;n;y\n" + "".join(f"{d:02d}.03.2024;{d},25;{d};{d % 2}\n" for d in range(1, 29))
    (tmp_path / "t.csv").write_text(text)
    back = to_frame(read(tmp_path / "t.csv", target="y"))
    assert back.row(0) == ("01.03.2024", "1,25", 1, 1)
    assert not write_csv(back, tmp_path / "back.csv")
    assert (tmp_path / "back.csv").read_text().splitlines()[1] == '01.03.2024,"1,25",1,1'


def test_pandas_comes_back() -> None:
    pd = pytest.importorskip("pandas", reason="needs the extra [pandas]")
    pytest.importorskip("pyarrow", reason="needs the extra [pandas]")
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None, 3], dtype="Int32"),
            "x": [1.5, None, 2.5],
            "small": np.array([1, 2, 3], dtype=np.int16),
            "job": pd.Categorical(["a", "b", None], categories=["b", "a", "z"], ordered=True),
            "day": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "flag": [True, False, True],
            "word": ["p", None, "q"],
            "y": [0, 1, 0],
        }
    )
    back = to_frame(read(frame, target="y"), frame)
    pd.testing.assert_frame_equal(back, frame)
    assert str(to_frame(read(frame, target="y"), "pandas")["y"].dtype) == "int64"
    grown = read(frame, target="y")
    grown = grown.with_table("rows", grown.main.with_columns(job=pl.Series(["a", "new", None])))
    assert list(to_frame(grown, frame)["job"].cat.categories) == ["b", "a", "z", "new"]


def test_arrow_comes_back() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra [pandas]")
    table = pa.table({"x": [1, 2, 3], "job": ["a", "b", "a"]})
    back = to_frame(read(table), table)
    assert back.schema.field("x").type == pa.int64()
    assert back.to_pylist() == table.to_pylist()


def test_a_value_outside_the_stored_type_keeps_the_wider_one() -> None:
    data = read(pl.DataFrame({"n": pl.Series([1, 2, 3], dtype=pl.UInt8), "x": [1, 2, 3]}))
    data = data.with_table("rows", data.main.with_columns(n=pl.Series([-5, 300, 1])))
    assert stored_frame(data)["n"].to_list() == [-5, 300, 1]


def test_an_unknown_frame_is_refused() -> None:
    data = read({"x": [1, 2]})
    with pytest.raises(InputError, match="choose one of polars, pandas"):
        to_frame(data, "excel")


RISKY = ["=1+1", "+cmd|x", "-2+3", "@sum(a1)", "\tx", "\rx", "\nx"]


def test_formulas_are_defused_and_numbers_are_not(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": [*RISKY, "a=b", "-5", "+1.5", None], "n": list(range(-5, 6)), "=h": ["x"] * 11})
    safe, escaped = without_formulas(frame)
    assert escaped
    assert safe["t"].to_list() == [*("'" + v for v in RISKY), "a=b", "-5", "+1.5", None]
    assert safe["n"].equals(frame["n"])
    assert safe.columns == ["t", "n", "'=h"]
    assert write_csv(frame, tmp_path / "t.csv")
    cells = pl.read_csv(tmp_path / "t.csv", infer_schema=False)
    assert not cells["t"].drop_nulls().str.contains(r"^[=@\t\r\n]|^[+-][^0-9]").any()
    assert not without_formulas(frame.select("n"))[1]


def test_durations_are_written_as_seconds(tmp_path: Path) -> None:
    write_csv(every_type().select("wait"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "wait\n1.5\n\n172800.0\n"


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    frame = every_type()
    parts = pl.concat([frame.head(1), frame.tail(2)], rechunk=False)
    digests = [write_parquet(f, tmp_path / f"{i}.parquet") for i, f in enumerate((frame, parts))]
    assert digests[0] == digests[1]
    for i, f in enumerate((frame, parts)):
        write_csv(f, tmp_path / f"{i}.csv")
    assert (tmp_path / "0.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        write_csv(every_type(), tmp_path / "file" / "t.csv")
    write_csv(pl.DataFrame({"a": [1]}), tmp_path / "t.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "t.csv"]
