"""read: every source gives the same table, and the guesses are those that a careful person would make."""

from __future__ import annotations

import gzip
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema
from abound.errors import InputError
from abound.stages.read import read


def mixed(n: int = 200) -> pl.DataFrame:
    """Every kind of column, planted, with holes."""
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "customer_id": np.arange(n)[::-1] * 3 + 7,
            "age": rng.integers(18, 90, n),
            "income": np.where(np.arange(n) % 9 == 0, np.nan, rng.lognormal(size=n)),
            "job": rng.choice(["clerk", "nurse", "pilot"], n),
            "member": rng.random(n) < 0.3,
            "since": date(2020, 1, 1) + pl.Series([timedelta(days=int(d)) for d in rng.integers(0, 900, n)]),
            "story": [f"once there was a row called {i}" for i in range(n)],
            "y": np.where(np.arange(n) % 10 == 0, "yes", "no"),
        }
    )


def column(data: Dataset, name: str) -> Column:
    return data.schema.main_table.column(name)


def kinds(data: Dataset) -> dict[str, tuple[str, str]]:
    return {c.name: (c.kind, c.role) for c in data.schema.main_table.columns}


def note(data: Dataset, *words: str) -> bool:
    return any(all(w in n for w in words) for n in data.notes)


EXPECTED = {
    "customer_id": ("id", "key"), "age": ("number", "feature"), "income": ("number", "feature"),
    "job": ("category", "feature"), "member": ("bool", "feature"), "since": ("time", "feature"),
    "story": ("text", "ignore"), "y": ("category", "target"),
}  # fmt: skip


def sources(folder: Path) -> dict[str, Any]:
    frame = mixed()
    null = frame.with_columns(pl.col("income").fill_nan(None))
    null.write_csv(folder / "t.csv")
    null.write_csv(folder / "t.tsv", separator="\t")
    null.write_csv(folder / "semi.txt", separator=";")
    null.write_csv(folder / "bar.csv", separator="|", quote_style="always")
    (folder / "t.csv.gz").write_bytes(gzip.compress((folder / "t.csv").read_bytes()))
    (folder / "bom.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "t.csv").read_bytes().replace(b"\n", b"\r\n"))
    frame.write_parquet(folder / "t.parquet")
    frame.write_ipc(folder / "t.feather")
    files = {p.name: p for p in sorted(folder.iterdir())}
    return {**files, "str": str(folder / "t.csv"), "polars": frame, "lazy": frame.lazy(), "dict": frame.to_dict()}


def test_every_source_gives_the_same_table(tmp_path: Path) -> None:
    tables = {name: read(source, target="y") for name, source in sources(tmp_path).items()}
    first = tables["polars"]
    assert kinds(first) == EXPECTED
    assert first.schema.main_table.key == "customer_id"
    assert first.main.schema == {
        "customer_id": pl.Int64, "age": pl.Int64, "income": pl.Float64, "job": pl.String, "member": pl.Boolean,
        "since": pl.Datetime("us"), "story": pl.String, "y": pl.String,
    }  # fmt: skip
    assert first.main["income"].null_count() == 23
    assert first.schema.task().positive == "yes"
    assert column(first, "job").domain == ("clerk", "nurse", "pilot")
    assert not column(first, "job").declared
    assert note(first, "'story'", "free text")
    for name, data in tables.items():
        assert kinds(data) == EXPECTED, name
        assert data.main.equals(first.main), name


def test_pandas_and_arrow_give_the_same_table() -> None:
    pytest.importorskip("pandas", reason="needs the extra [pandas]")
    pytest.importorskip("pyarrow", reason="needs the extra [pandas]")
    frame = mixed()
    first = read(frame, target="y")
    for source in (
        frame.to_pandas(),
        frame.to_arrow(),
        frame.with_columns(pl.col("job").cast(pl.Categorical)).to_pandas(),
    ):
        data = read(source, target="y")
        assert kinds(data) == EXPECTED
        assert data.main.equals(first.main)


def test_reading_is_deterministic(tmp_path: Path) -> None:
    mixed().write_csv(tmp_path / "t.csv")
    one, two = (read(tmp_path / "t.csv", target="y") for _ in range(2))
    assert one.digest == two.digest
    assert one.notes == two.notes


def test_a_dataset_is_given_back_or_read_again() -> None:
    data = read(mixed(), target="y")
    assert read(data) is data
    again = read(data, target="job", sensitive="member", group="customer_id")
    assert kinds(again)["job"] == ("category", "target")
    assert kinds(again)["y"] == ("category", "feature")
    assert kinds(again)["member"] == ("bool", "sensitive")
    assert kinds(again)["customer_id"] == ("id", "group")
    assert again.schema.group == "customer_id"
    assert len(again) == len(data)


@pytest.mark.parametrize(
    ("values", "kind", "positive"),
    [
        (["a", "b", "b"], "category", "a"),
        ([0, 1, 0], "category", "1"),
        ([0.0, 1.0, 1.0], "category", "0"),
        ([True, True, False], "bool", "false"),
        ([10, 9, 10], "category", "9"),
        ([0.5, 1.5, 0.5], "category", "1.5"),
        ([1, 1, 2, 2, 3, 3], "category", "3"),
    ],
)
def test_classes(values: list[Any], kind: str, positive: str) -> None:
    data = read({"x": list(range(len(values))), "z": [1.5] * len(values), "y": values}, target="y")
    assert column(data, "y").kind == kind
    assert data.schema.task().kind == "classification"
    assert data.schema.task().positive == positive


def test_classes_of_numbers_are_in_the_order_of_their_size() -> None:
    data = read({"x": [0.5, 1.5] * 30, "y": [9, 10, 11] * 20}, target="y", positive=11)
    assert column(data, "y").domain == ("9", "10", "11")
    assert data.main["y"].head(3).to_list() == ["9", "10", "11"]
    assert data.schema.task().positive == "11"


def test_a_number_with_many_values_is_predicted_as_one() -> None:
    rng = np.random.default_rng(0)
    for y in (rng.normal(size=100), rng.integers(0, 1000, 100)):
        data = read({"x": [1.5, 2.5] * 50, "y": y}, target="y")
        assert data.schema.task().kind == "regression"
        assert data.schema.task().positive is None
        assert kinds(data)["y"] == ("number", "target")
    assert read({"x": [1.5, 2.5] * 50, "y": y}, target="y", categories="y").schema.task().kind == "classification"


def test_a_condition_is_a_target() -> None:
    price = [100.0, 700_000.0, None, 650_000.0, 900_000.0, 10.0]
    data = read({"price": price, "rooms": [1, 2, 3, 4, 5, 6]}, target="price  > 650000")
    assert kinds(data) == {
        "price": ("number", "ignore"), "rooms": ("number", "feature"), "price > 650000": ("category", "target"),
    }  # fmt: skip
    assert data.main["price > 650000"].to_list() == ["no", "yes", "no", "yes", "no"]
    assert data.schema.target().domain == ("no", "yes")
    assert data.schema.task().positive == "yes"
    assert note(data, "1 row ", "price > 650000", "dropped")


def test_a_condition_of_several_columns() -> None:
    columns = {"a": [1, 2, None, 4], "job": ["x", "y", "x", None], "b": [1.5, 2.5, 3.5, 4.5]}
    data = read(columns, target="a >= 2 and job in [x, y]")
    assert data.main[data.schema.target().name].to_list() == ["no", "yes"]
    assert kinds(data)["job"] == ("category", "ignore")
    missing = read(columns, target="a is missing")
    assert missing.main[missing.schema.target().name].to_list() == ["no", "no", "yes", "no"]


def test_rows_without_a_target_are_dropped() -> None:
    data = read({"a": ["p", "q", "r", "p"], "x": [1, 2, 3, 4], "y": ["no", "yes", None, "no"]}, target="y")
    assert data.main["x"].to_list() == [1, 2, 4]
    assert column(data, "a").domain == ("p", "q"), "a level of dropped rows only is gone"
    assert note(data, "1 row ", "'y'", "dropped")


def test_missing_words_and_white_space(tmp_path: Path) -> None:
    text = "n,word\n 1 , a \nNA,?\n?,b\n3,null\nnan, a\n4,None\n,b\n , \n5,N/A\n"
    (tmp_path / "t.csv").write_text(text)
    data = read(tmp_path / "t.csv")
    assert data.main["n"].to_list() == [1, None, 3, None, 4, None, 5]
    assert data.main["word"].to_list() == ["a", "b", None, "a", None, "b", None]
    assert column(data, "n").integer
    assert note(data, "'n', 'word'", "NA")
    assert note(data, "2 rows without any value left out")
    typed = read({"n": [1, 2, 3], "word": ["?", " a", "NA"]})
    assert typed.main["word"].to_list() == ["?", " a", "NA"], "stored text is left as it is"


def test_codes_are_no_numbers(tmp_path: Path) -> None:
    rows = [f"{i % 9:05d},{98000 + i % 7},{10**19 + i % 3},{i * 1.5},{i % 5}" for i in range(100)]
    (tmp_path / "t.csv").write_text("plot,zipcode,long,amount,state_id\n" + "\n".join(rows) + "\n")
    data = read(tmp_path / "t.csv")
    assert kinds(data) == {
        "plot": ("category", "feature"), "zipcode": ("category", "feature"), "long": ("category", "feature"),
        "amount": ("number", "feature"), "state_id": ("category", "feature"),
    }  # fmt: skip
    assert data.main["plot"][1] == "00001"
    assert data.main["long"][0] == "10000000000000000000"
    assert note(data, "'zipcode'", "codes")


def test_identifiers(tmp_path: Path) -> None:
    n = 300
    rng = np.random.default_rng(1)
    hashes = [f"{v:016x}" for v in rng.integers(0, 2**62, n)]
    data = read(
        {
            "row": np.arange(n),
            "patientid": np.arange(n) // 3,
            "order_key": rng.permutation(n),
            "second_id": rng.permutation(n),
            "paid": rng.permutation(n),
            "token": hashes,
            "x": rng.normal(size=n),
        }
    )
    assert kinds(data) == {
        "row": ("id", "ignore"), "patientid": ("id", "ignore"), "order_key": ("id", "key"),
        "second_id": ("id", "ignore"), "paid": ("number", "feature"), "token": ("id", "ignore"),
        "x": ("number", "feature"),
    }  # fmt: skip
    assert note(data, "'patientid' repeats (300 rows, 100 values)", "group")
    assert note(data, "'row'", "counts the rows")


def test_years_are_no_row_numbers() -> None:
    data = read({"year": list(range(1950, 2020)), "x": [1.5, 2.5] * 35})
    assert kinds(data)["year"] == ("number", "feature")


def test_empty_and_constant_columns() -> None:
    data = read(
        {"gone": [None, None, None], "same": ["a", "a", "a"], "x": [1.5, None, 2.5], "nan": [float("nan")] * 3}
    )
    assert kinds(data) == {
        "gone": ("category", "ignore"), "same": ("category", "feature"), "x": ("number", "feature"),
        "nan": ("number", "ignore"),
    }  # fmt: skip
    assert note(data, "'gone', 'nan'", "empty on every row")
    assert note(data, "'same'", "the same value")


def test_nested_columns_are_left_out() -> None:
    frame = pl.DataFrame({"tags": [["a"], ["b"]], "who": [{"a": 1}, {"a": 2}], "raw": [b"x", b"y"], "x": [1, 2]})
    data = read(frame)
    assert data.main.columns == ["x"]
    assert note(data, "'tags' holds lists")
    assert note(data, "'who' holds records")
    assert note(data, "'raw' holds bytes")
    with pytest.raises(InputError, match="no column 'tags'"):
        read(frame, target="tags")


def test_other_stored_types() -> None:
    frame = pl.DataFrame(
        {
            "zone": pl.Series([datetime(2024, 1, 1), datetime(2024, 7, 1)]).dt.replace_time_zone("Europe/Rome"),
            "wait": [timedelta(seconds=1.5), timedelta(minutes=2)],
            "clock": [time(0, 0, 5), time(1)],
            "small": pl.Series([1, 2], dtype=pl.UInt8),
            "money": pl.Series(["1.25", "2.50"]).cast(pl.Decimal(10, 2)),
            "size": pl.Series(["S", "L"], dtype=pl.Enum(["S", "M", "L"])),
            "half": pl.Series([1.5, 2.5], dtype=pl.Float32),
            "huge": pl.Series([2**63 + 1, 5], dtype=pl.UInt64),
        }
    )
    data = read(frame)
    assert data.main.row(0) == (datetime(2023, 12, 31, 23), 1.5, 5.0, 1, 1.25, "S", 1.5, 2.0**63)
    assert note(data, "'zone'", "UTC")
    assert note(data, "'wait', 'clock'", "seconds")
    assert column(data, "size").domain == ("S", "M", "L")
    assert column(data, "size").declared


def test_names_with_an_underscore_are_set_aside(tmp_path: Path) -> None:
    columns = {"_order": ["a", "b"], "_weight": [1, 2], "_other": [1, 2], "x": [1.5, 2.5], "y": ["no", "yes"]}
    data = read(columns, target="y")
    assert data.main.columns == ["x", "y", "_order", "_weight"]
    assert data.schema.main_table.names() == ["x", "y"]
    assert data.weights().tolist() == [1.0, 2.0]
    assert note(data, "'_other'", "rename")
    with pytest.raises(InputError, match="must hold numbers of 0 or more"):
        read(columns | {"_weight": ["a", "b"]})
    with pytest.raises(InputError, match="starts with _"):
        read(columns, target="_other")
    with pytest.raises(InputError, match="names that start with _"):
        read(columns, group="_order")


def test_odd_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(',größe,"a,b",年\n0,1.5,x,1\n1,2.5,y,2\n2,3.5,x,3\n')
    data = read(tmp_path / "t.csv")
    assert data.main.columns == ["column_1", "größe", "a,b", "年"]
    assert kinds(data)["column_1"] == ("id", "ignore"), "the index that pandas writes"
    assert note(data, "'column_1'", "the name was empty")


def test_near_numbers_leave_a_note(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,z,y\n" + "".join(f"{i}.5,{i},{i % 2}\n" for i in range(50)) + "n.a.,7,1\n")
    data = read(tmp_path / "t.csv", target="y")
    assert note(data, "'x' is read as text", "'n.a.'")


def test_categories_keep_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "code,x\n" + "".join(f"{c},{i}\n" for i, c in enumerate(["1", "01", "1.0"] * 5))
    )
    data = read(tmp_path / "t.csv", categories=["code"])
    assert column(data, "code").domain == ("01", "1", "1.0")
    typed = read({"code": [3, 1, 2], "x": [1.5, 2.5, 3.5]}, categories="code")
    assert typed.main["code"].to_list() == ["3", "1", "2"]
    assert read({"x": [1.5, 2.0, 0.1], "z": [1, 2, 3]}, categories="x").main["x"].to_list() == ["1.5", "2", "0.1"]


def test_a_schema_decides(tmp_path: Path) -> None:
    frame = mixed()
    guessed = read(frame, target="y")
    path = tmp_path / "schema.yaml"
    path.write_text(guessed.schema.to_yaml())
    again = read(frame, schema=path)
    assert again.schema == guessed.schema
    assert again.main.equals(guessed.main)
    fewer = guessed.schema.main_table.columns[1:]
    trimmed = Schema(
        main="people",
        tables={
            "people": guessed.schema.main_table.model_copy(update={"name": "people", "columns": fewer, "key": None})
        },
    )
    data = read(frame, schema=trimmed, target="member")
    assert data.main.columns == [c.name for c in fewer]
    assert data.schema.main == "people"
    assert kinds(data)["y"] == ("category", "feature")
    assert note(data, "'customer_id'", "not in the schema")


def test_a_schema_with_a_condition(tmp_path: Path) -> None:
    frame = mixed()
    guessed = read(frame, target="age > 60")
    again = read(frame, schema=guessed.schema)
    assert again.schema == guessed.schema
    assert again.main.equals(guessed.main)


def test_a_schema_from_a_csv_reads_it_the_same(tmp_path: Path) -> None:
    mixed().write_csv(tmp_path / "t.csv")
    guessed = read(tmp_path / "t.csv", target="y", group="customer_id", sensitive=["job"], ignore=["member"])
    again = read(tmp_path / "t.csv", schema=guessed.schema)
    assert again.schema == guessed.schema
    assert again.main.equals(guessed.main)


def test_a_schema_widens_a_seen_domain() -> None:
    first = read({"job": ["a", "b", "a"], "x": [1, 2, 3]})
    data = read({"job": ["a", "c", "a"], "x": [1, 2, 3]}, schema=first.schema)
    assert column(data, "job").domain == ("a", "b", "c")
    assert note(data, "'job'", "were added")


def test_a_class_without_rows_is_no_class() -> None:
    y = pl.Series(["lo", "hi", "hi"], dtype=pl.Enum(["lo", "mid", "hi"]))
    data = read(pl.DataFrame({"x": [1, 2, 3], "y": y}), target="y")
    assert column(data, "y").domain == ("lo", "hi")
    assert note(data, "no row of 'mid'")


def test_notes_travel_with_the_rows(tmp_path: Path) -> None:
    data = read({"gone": [None, None], "x": [1, 2]})
    assert data.notes
    assert data.take([0]).notes == data.notes
    data.save(tmp_path / "d")
    assert Dataset.load(tmp_path / "d").notes == data.notes
