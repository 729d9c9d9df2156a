"""CSV: delimiters, quotes, blocks, and the same table whatever the size of a block."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.errors import InputError
from abound.formats import delimited
from abound.formats.delimited import open_text, read_layout
from abound.formats.lines import check_block, check_encoding, row_end
from abound.stages.read import read


@pytest.mark.parametrize(
    ("text", "delimiter", "columns"),
    [
        ("a,b\n1,2\n", ",", ("a", "b")),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", ("a", "b")),
        ("a\tb,c\n1\tx, y\n2\tz\n", "\t", ("a", "b,c")),
        ("a|b|c\n1|2|3\n", "|", ("a", "b", "c")),
        ('"a;x","b"\n1,"2;3"\n', ",", ("a;x", "b")),
        ("a\n1\n2\n", ",", ("a",)),
        ("2019,2020,name\n1,2,x\n", ",", ("2019", "2020", "name")),
        ('"a\nb",c\n1,2\n', ",", ("a\nb", "c")),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str, columns: tuple[str, ...]) -> None:
    layout = read_layout("t.csv", io.BytesIO(text.encode()))
    assert (layout.delimiter, layout.columns) == (delimiter, columns)
    assert text.encode()[layout.data_byte :].decode() in text.split("\n", 1)[1]


def awkward(rows: int) -> str:
    """A CSV in which cells hold delimiters, quotes and line ends, beside blank lines."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["n", "text", "x"])
    for i in range(rows):
        writer.writerow([i, ["plain", 'say "hi"', "two\nlines", "a,b", ""][i % 5], f"{i / 2}"])
        if i % 7 == 0:
            out.write("\n")
    return out.getvalue()


@pytest.mark.parametrize("block_bytes", [40, 97, 1000, 8_000_000])
def test_the_size_of_a_block_changes_nothing(
    tmp_path: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(awkward(120), newline="")
    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes)
    data = read(path)
    assert data.main["n"].to_list() == list(range(120))
    assert data.main["text"].head(5).to_list() == ["plain", 'say "hi"', "two\nlines", "a,b", None]
    assert data.main["x"].sum() == sum(range(120)) / 2


def test_a_large_file_is_read_lazily_and_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text(awkward(500), newline="")
    small = read(path, target="x > 100")
    monkeypatch.setattr(delimited, "LARGE_BYTES", 1000)
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 700)
    large = read(path, target="x > 100")
    assert "CSV SCAN" in large.tables["rows"].explain().upper()
    assert any("stay on the disk" in note for note in large.notes)
    assert large.schema == small.schema
    assert large.main.equals(small.main)


def test_a_large_parquet_is_read_lazily_and_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"id": rng.permutation(3000), "x": rng.normal(size=3000), "y": rng.choice(["a", "b"], 3000)}
    )
    frame.write_parquet(tmp_path / "t.parquet")
    small = read(tmp_path / "t.parquet", target="y")
    monkeypatch.setattr("abound.formats.columnar.LARGE_CELLS", 1000)
    monkeypatch.setattr("abound.formats.columnar.BATCH_ROWS", 700)
    large = read(tmp_path / "t.parquet", target="y")
    assert "PARQUET SCAN" in large.tables["rows"].explain().upper()
    assert large.schema == small.schema
    assert large.schema.main_table.key == "id"
    assert large.main.equals(small.main)


def test_a_form_that_breaks_late_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each column looks like one thing in the first blocks and turns out to be another."""
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 2000)
    rows = [f"{i},{i},2024-01-{i % 28 + 1:02d},{i % 12 + 1:02d}/05/2024,true" for i in range(400)]
    rows += ["0.5,x7,tomorrow,31/05/2024,perhaps"]
    path = tmp_path / "t.csv"
    path.write_text("whole,code,day,when,flag\n" + "\n".join(rows) + "\n")
    data = read(path)
    kinds = {c.name: (c.kind, c.integer) for c in data.schema.main_table.columns}
    assert kinds == {
        "whole": ("number", False), "code": ("id", False), "day": ("category", False), "when": ("time", False),
        "flag": ("category", False),
    }  # fmt: skip
    assert data.main["when"].dt.day().max() == 31
    assert data.main["day"].to_list()[-1] == "tomorrow"
    assert data.main["flag"].unique().sort().to_list() == ["perhaps", "true"]
    assert any("'code' is read as text because of cells such as 'x7'" in note for note in data.notes)


def test_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("price;thousands;whole\n" + "".join(f"{i},5;1,{i:03d};{i}\n" for i in range(40)))
    data = read(path)
    assert data.main["price"].to_list()[:2] == [0.5, 1.5]
    assert data.schema.main_table.column("thousands").kind != "number", (
        "1,234 may be a thousand or a little over one"
    )
    assert data.schema.main_table.column("whole").integer


@given(
    st.lists(
        st.lists(st.text(alphabet='ab,"\n é;', max_size=6), min_size=3, max_size=3),
        min_size=2,
        max_size=12,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.integers(min_value=8, max_value=200),
)
def test_cells_come_back_as_they_were_written(rows: list[list[str]], delimiter: str, block_bytes: int) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["first", "second", "third"])
    writer.writerows(rows)
    data = out.getvalue().encode()
    file = io.BytesIO(data)
    layout = delimited.Layout(delimiter, ("first", "second", "third"), data.index(b"\n") + 1, 1, ())
    file.seek(layout.data_byte)
    before = delimited.BLOCK_BYTES
    delimited.BLOCK_BYTES = block_bytes
    try:
        frame = pl.concat(list(delimited._frames("t.csv", file, layout)))
    finally:
        delimited.BLOCK_BYTES = before
    assert [list(row) for row in frame.rows()] == rows


@given(st.lists(st.integers(min_value=1, max_value=5), min_size=1, max_size=40), st.booleans())
def test_the_first_wrong_line_is_named(fields: list[int], quoted: bool) -> None:
    cell = '"x"' if quoted else "x"
    block = "".join(",".join([cell] * n) + "\n" for n in fields).encode()
    wrong = [i for i, n in enumerate(fields) if n != 3]
    if not wrong:
        check_block("t.csv", block, 2, ",", 3, thorough=True)
        return
    with pytest.raises(InputError, match=f"has {fields[wrong[0]]} fields? at line {wrong[0] + 2} and 3"):
        check_block("t.csv", block, 2, ",", 3, thorough=True)


def test_row_ends_are_outside_quotes() -> None:
    data = b'a,"b\nc",d\ne,"f\n'
    assert row_end(data, 0) == 10
    assert row_end(data, 0, last=True) == 10
    assert row_end(b'"a\n', 0) is None


def test_a_cut_character_at_the_end_of_a_sample_is_no_fault() -> None:
    data = "é".encode()
    check_encoding("t.csv", b"ab" + data[:1], 1, cut=True)
    with pytest.raises(InputError, match="not UTF-8"):
        check_encoding("t.csv", b"ab" + data[:1], 1)


def test_a_source_can_be_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    source = open_text(path)
    assert (
        [f.rows() for f in source.batches()] == [f.rows() for f in source.batches()] == [[("1", "2"), ("3", "4")]]
    )
    assert source.scan().collect().rows() == [("1", "2"), ("3", "4")]


def test_numbers_with_commas_are_numbers_or_a_note_says_why_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [
        f'{i},"{1234567 + i:,}","{i},5","{i % 9 + 1},234",{"4321" if i % 2 else chr(34) + "1,234" + chr(34)}\n'
        for i in range(60)
    ]
    path.write_text("i,big,fine,either,odd\n" + "".join(rows))
    data = read(path)
    table = data.schema.main_table
    assert [table.column(c).kind for c in ("big", "fine", "either", "odd")] == [*["number"] * 3, "category"]
    assert data.main["big"][:2].to_list() == [1234567, 1234568]
    assert data.main["fine"][:2].to_list() == [0.5, 1.5]
    assert data.main["either"][0] == 1234
    said = "\n".join(data.notes)
    assert "'big', 'either': commas read as dividing thousands (1,234 is 1234)" in said
    assert "'fine': commas read as decimal signs (1,5 is 1.5)" in said
    assert "'odd' is read as text because of cells such as '1,234': write them without commas" in said
