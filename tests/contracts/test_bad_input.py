"""Bad input: one clear sentence that names the file, the column and the fix, and never a traceback of a library."""

from __future__ import annotations

import contextlib
import gzip
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from abound.core.schema import Column, Schema, Table, Task
from abound.errors import InputError, SchemaError, UnknownName
from abound.stages.read import read

ROWS = "age,job,y\n31,clerk,no\n42,nurse,yes\n53,clerk,no\n64,nurse,yes\n"


def fault(source: Any, **options: Any) -> str:
    """The message that reading raises, checked to be one sentence on one line."""
    with pytest.raises(InputError) as caught:
        read(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert 20 < len(message) < 400
    return message


def planted(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


TEXTS: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "empty": (b"", ("t.csv is empty", "write the table again")),
    "header_only": ("age,job,y\n", ("t.csv has column names and no rows",)),
    "one_row": ("age,job,y\n31,clerk,no\n", ("t.csv has one row", "two rows")),
    "blank_first_line": ("\n" + ROWS, ("starts with an empty line", "delete it")),
    "too_many_fields": (ROWS + "1,2,3,4\n", ("t.csv has 4 fields at line 6 and 3 in its header",)),
    "too_few_fields": (ROWS + "1,2\n" + ROWS.split("\n", 1)[1], ("has 2 fields at line 6",)),
    "one_each_way": (ROWS + "1,2\n1,2,3,4\n", ("has 2 fields at line 6",)),
    "ragged_with_quotes": (ROWS + '1,"a,b",2\n1,"x",2,3\n', ("has 4 fields at line 7",)),
    "quote_inside": (ROWS + '5,12" pipe,no\n6,9" pipe,no\n', ("a quote inside a cell at line 6", "double it")),
    "quote_after_close": (ROWS + '5,"a" b,no\n', ("a quote inside a cell at line 6",)),
    "quote_never_closed": (ROWS + '5,"abc,no\n6,nurse,yes\n', ("a quote at line 6 that is never closed",)),
    "twin_columns": ("age,job,age\n1,a,2\n2,b,3\n", ("the column 'age' twice (places 1 and 3)", "rename")),
    "latin1": (ROWS.replace("clerk", "commerçant").encode("latin1"), ("not UTF-8", "0xe7", "line 2", "place 10")),
    "latin1_far_down": ((ROWS + "1,a,no\n" * 60_000).encode() + b"5,\xe9t\xe9,no\n", ("line 60006", "iconv")),
    "utf16": (ROWS.encode("utf-16"), ("is UTF-16", "UTF-8")),
    "zero_bytes": (ROWS.encode() + b"\0\0\0,a,no\n", ("a zero byte at line 6",)),
    "old_mac_lines": (ROWS.replace("\n", "\r"), ("CR alone", "LF")),
    "spaces_between": (ROWS.replace(",", " "), ("one column", "spaces", "commas")),
    "colons_between": (ROWS.replace(",", ":"), ("one column", "colons")),
    "semicolons_in_header_only": ("age;job;y\n31,5\n42,6\n53\n", ("one column", "'age;job;y'", "semicolons")),
    "tabs_in_header_only": ("age\tjob\ty\n31\n42\n53\n", ("one column", "tabs")),
    "no_header": ("39, State-gov, 7, 13\n50, Private, 8, 13\n", ("holds data, not column names",)),
    "infinite": ("a,y\n1.5,no\ninf,yes\n-inf,no\n2.5,no\n", ("infinite number on 2 rows of the column 'a'",)),
    "zip": (b"PK\x03\x04" + b"0" * 100, ("zip or Excel file", "save the sheet as CSV")),
    "pickle": (b"\x80\x04\x95" + b"0" * 100, ("pickle, which can run code",)),
    "cut_gzip_named_csv": (gzip.compress(ROWS.encode())[:-12], ("gzip file", "rename it to t.csv.gz")),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_text_files(tmp_path: Path, case: str) -> None:
    content, words = TEXTS[case]
    message = fault(planted(tmp_path, content))
    assert "t.csv" in message
    assert all(word in message for word in words), message


OPTIONS: dict[str, tuple[dict[str, Any], type[InputError], tuple[str, ...]]] = {
    "target": ({"target": "jop"}, UnknownName, ("no column 'jop' (target)", "did you mean 'job'?")),
    "condition": ({"target": "aeg > 30"}, UnknownName, ("no column 'aeg'", "did you mean 'age'?")),
    "condition_value": ({"target": "age > old"}, InputError, ("'old' is not a",)),
    "condition_never": ({"target": "age > 999"}, InputError, ("one class only ('no')",)),
    "group": ({"group": "jobb"}, UnknownName, ("no column 'jobb' (group)", "did you mean 'job'?")),
    "sensitive": ({"sensitive": ["jov"]}, UnknownName, ("(sensitive)", "did you mean 'job'?")),
    "sensitive_word": ({"sensitive": "jov"}, UnknownName, ("no column 'jov'",)),
    "ignore": ({"ignore": ["agee"]}, UnknownName, ("(ignore)", "did you mean 'age'?")),
    "categories": ({"categories": ["ages"]}, UnknownName, ("(categories)", "did you mean 'age'?")),
    "positive": ({"target": "y", "positive": "yess"}, InputError, ("no class 'yess'", "did you mean 'yes'?")),
    "positive_alone": ({"positive": "yes"}, InputError, ("needs a target",)),
    "twice": ({"target": "y", "ignore": ["y"]}, InputError, ("'y' cannot be both target and ignore",)),
    "sensitive_target": ({"target": "y", "sensitive": "y"}, InputError, ("both target and sensitive",)),
    "group_ignored": ({"group": "job", "ignore": "job"}, InputError, ("both group and ignore",)),
    "nothing_left": ({"target": "y", "ignore": ["age", "job"]}, InputError, ("no column left to predict",)),
    "table_name": ({"table": "../x"}, InputError, ("table name '../x'",)),
}  # fmt: skip


@pytest.mark.parametrize("case", OPTIONS)
def test_options(tmp_path: Path, case: str) -> None:
    options, error, words = OPTIONS[case]
    path = planted(tmp_path, ROWS)
    with pytest.raises(error):
        read(path, **options)
    message = fault(path, **options)
    assert all(word in message for word in words), message


TARGETS: dict[str, tuple[dict[str, list[Any]], tuple[str, ...]]] = {
    "one_class": ({"a": [1, 2, 3], "y": ["no", "no", "no"]}, ("one class only ('no')",)),
    "empty": ({"a": [1, 2, 3], "y": [None, None, None]}, ("'y'", "empty on every row")),
    "one_known": ({"a": [1, 2, 3], "y": ["no", None, None]}, ("has 1 row with a value of the target 'y'",)),
    "same_number": ({"a": [1, 2, 3] * 10, "y": [0.5] * 30}, ("one class only",)),
    "texts": ({"a": [1.5, 2.5] * 60, "y": [f"t{i}" for i in range(120)]}, ("too many different values",)),
    "infinite": ({"a": [1, 2, 3], "y": [1.5, 2.5, float("inf")]}, ("infinite number on 1 row of the column 'y'",)),
    "ids": ({"a": [0.5] * 3000, "id": list(range(3000)), "y": [1] * 3000}, ("one class only",)),
}  # fmt: skip


@pytest.mark.parametrize("case", TARGETS)
def test_targets(case: str) -> None:
    columns, words = TARGETS[case]
    message = fault(columns, target="y")
    assert all(word in message for word in words), message


def test_classes_that_no_model_tells_apart() -> None:
    many = {
        "a": list(range(2500)),
        "b": [0.5 * (i % 7) for i in range(2500)],
        "y": [f"k{i % 500}" for i in range(2500)],
    }
    message = fault(many, target="y")
    assert (
        "'y' of the dict of columns has 500 classes and at most 100 are told apart: group the rare ones" in message
    )
    for k in (18, 26, 100):
        some = {"a": [0.5 * i for i in range(10 * k)], "y": [f"k{i % k}" for i in range(10 * k)]}
        assert len(read(some, target="y").schema.target().domain or ()) == k


def test_a_rarer_class_of_two_that_no_split_can_share_out() -> None:
    few = {"a": [0.5 * i for i in range(40)], "y": ["yes"] * 3 + ["no"] * 37}
    assert "has 3 rows of the class 'yes' and at least 4 are needed" in fault(few, target="y")
    read({**few, "y": ["yes"] * 4 + ["no"] * 36}, target="y")


def test_features_of_which_none_varies() -> None:
    still = {"a": [1] * 40, "b": ["x"] * 40, "y": ["no", "yes"] * 20}
    message = fault(still, target="y")
    assert "the columns 'a', 'b' each hold the same value on every row" in message
    read({**still, "c": [None, 1] * 20}, target="y")


def test_a_group_of_one_value() -> None:
    one = {"who": ["a"] * 40, "x": list(range(40)), "y": ["no", "yes"] * 20}
    assert "group column 'who' of the dict of columns holds one value only" in fault(one, target="y", group="who")


def test_names_that_all_start_with_an_underscore(tmp_path: Path) -> None:
    path = planted(tmp_path, "_a,_b\n1,2\n3,4\n")
    assert "all columns of" in fault(path)
    assert "names that start with _" in fault(path)
    assert "names that start with _" in fault(planted(tmp_path, "_a,y\n1,no\n3,yes\n"), target="y")


def test_a_time_or_an_identifier_is_no_target() -> None:
    days = pl.Series(np.datetime64("2024-01-01") + np.arange(3).astype("timedelta64[D]"))
    assert "is a time" in fault(pl.DataFrame({"a": [1, 2, 3], "y": days}), target="y")
    ids = pl.DataFrame({"a": [1.5, 2.5] * 1000, "user_id": np.arange(2000)[::-1]})
    assert "too many different values" in fault(ids, target="user_id")


def test_positive_of_a_number() -> None:
    data = {"a": list(range(50)), "y": [i * 1.5 for i in range(50)]}
    assert "write the target as a condition" in fault(data, target="y", positive="3")


def test_missing_files(tmp_path: Path) -> None:
    planted(tmp_path, ROWS, "adult.csv")
    assert "did you mean adult.csv" in fault(tmp_path / "adullt.csv")
    assert "there is no folder" in fault(tmp_path / "nowhere" / "adult.csv")
    assert "is a folder" in fault(tmp_path)
    assert "is an address" in fault("https://example.org/adult.csv")
    assert "is no table" in fault(42)
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in fault(tmp_path / "pipe")


def test_a_name_that_contradicts_the_content(tmp_path: Path) -> None:
    assert "rename it to t.csv" in fault(planted(tmp_path, ROWS, "t.parquet"))
    pl.DataFrame({"a": [1, 2]}).write_parquet(tmp_path / "p.csv")
    assert "rename it to p.parquet" in fault(tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("name", "reader"), [("t.json", "read_json"), ("t.jsonl", "read_ndjson"), ("t.ndjson", "read_ndjson")]
)
def test_json_is_refused_with_a_line_that_converts_it(tmp_path: Path, name: str, reader: str) -> None:
    rows = '{"a": 1, "y": "no"}\n{"a": 2, "y": "yes"}\n'
    path = planted(tmp_path, f"[{rows.strip().replace(chr(10), ',')}]" if name == "t.json" else rows, name)
    message = fault(path, target="y")
    assert "is JSON, which is not read: convert it to Parquet or CSV" in message
    assert reader in message
    code = message.split('-c "')[1].rstrip('"')
    subprocess.run([sys.executable, "-c", code], check=True)
    assert read(tmp_path / "t.parquet", target="y").main.height == 2


@pytest.mark.parametrize(("name", "what"), [("t.parquet", "a Parquet file"), ("t.arrow", "an Arrow file")])
def test_bytes_that_are_no_table(tmp_path: Path, name: str, what: str) -> None:
    data = np.random.default_rng(0).bytes(900)
    assert f"{name} is not {what}" in fault(planted(tmp_path, data, name))


def test_damaged_files(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": np.arange(5000), "b": ["x", "y"] * 2500})
    frame.write_parquet(tmp_path / "whole.parquet")
    frame.write_ipc(tmp_path / "whole.arrow")
    for name in ("whole.parquet", "whole.arrow"):
        data = (tmp_path / name).read_bytes()
        assert "damaged or cut short" in fault(planted(tmp_path, data[: len(data) // 2], f"cut{name[5:]}"))
    packed = gzip.compress(ROWS.encode() * 100)
    assert "damaged or cut short" in fault(planted(tmp_path, packed[:-12], "t.csv.gz"))
    assert "damaged or cut short" in fault(planted(tmp_path, packed[:40] + b"zz" + packed[42:], "u.csv.gz"))


def test_files_made_to_exhaust_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pl.DataFrame({f"c{i}": pl.zeros(2_000_000, dtype=pl.Int64, eager=True) for i in range(30)})
    bomb.write_parquet(tmp_path / "bomb.parquet", compression="zstd")
    size = (tmp_path / "bomb.parquet").stat().st_size
    assert size < 600_000
    message = fault(tmp_path / "bomb.parquet")
    assert "60,000,000 cells" in message
    assert "exhaust the memory" in message
    monkeypatch.setattr("abound.formats.delimited.LARGE_BYTES", 10_000_000)
    packed = planted(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000), "bomb.csv.gz")
    assert packed.stat().st_size < 100_000
    assert "unpacks to more than 10 MB: unpack it first" in fault(packed)
    wide = ",".join(f"c{i}" for i in range(100_001))
    assert "100,001 columns" in fault(planted(tmp_path, f"{wide}\n", "wide.csv"))


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = planted(tmp_path, ROWS)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file, so a forbidden one cannot be made")
    assert "may not be read" in fault(path)


def test_frames(tmp_path: Path) -> None:
    assert "2 values in 'b' and 3 in 'a'" in fault({"a": [1, 2, 3], "b": [1, 2]})
    assert "mixes types in the column 'a'" in fault({"a": [1, "x", 2.5], "b": [1, 2, 3]})
    assert "no name for column 2" in fault({"a": [1, 2], "": [1, 2]})
    assert "has column names and no rows" in fault({"a": [], "b": []})
    assert "has one row" in fault({"a": [1], "b": [2]})


def test_pandas_frames() -> None:
    pd = pytest.importorskip("pandas", reason="needs the extra [pandas]")
    pytest.importorskip("pyarrow", reason="needs the extra [pandas]")
    assert "column 'a' twice (places 1 and 2)" in fault(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]))
    message = fault(pd.DataFrame({"a": [1, "x", 2], "b": [1, 2, 3]}))
    assert "mixes types in the column 'a' (2 int and 1 str)" in message
    levels = pd.DataFrame([[1, 2], [3, 4]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    assert "several levels of column names" in fault(levels)


def test_arrow_tables() -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra [pandas]")
    twins = pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], names=["a", "a"])
    assert "column 'a' twice" in fault(twins)


def test_a_group_with_holes() -> None:
    data = {"who": ["a", None, "b", "b"], "x": [1, 2, 3, 4]}
    assert "group column 'who' of the dict of columns is empty on 1 row:" in fault(data, group="who")


def test_a_million_categories_are_left_out() -> None:
    n = 1_000_000
    columns = {
        "c": np.char.add("v", np.arange(n).astype(str)),
        "x": np.arange(n) % 7,
        "y": ["no", "yes"] * (n // 2),
    }
    data = read(pl.DataFrame(columns), target="y")
    column = data.schema.main_table.column("c")
    assert (column.kind, column.role, column.domain) == ("id", "ignore", None)
    assert any("'c': too many different texts" in note for note in data.notes)


def test_a_million_declared_categories_are_refused() -> None:
    frame = pl.DataFrame({"c": np.char.add("v", np.arange(20_000).astype(str)), "x": np.arange(20_000) % 7})
    assert "more than 10,000 different values" in fault(frame, categories="c")


def schema_of(**kinds: Any) -> Schema:
    columns = tuple(
        k if isinstance(k, Column) else Column(name=n, kind=k, role="target" if n == "y" else "feature")
        for n, k in kinds.items()
    )
    task = Task(table="rows", targets=("y",), kind="classification")
    tasks = (task,) if "y" in kinds else ()
    return Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)}, tasks=tasks)


CONTRADICTIONS: dict[str, tuple[Schema, tuple[str, ...]]] = {
    "missing": (schema_of(agee="number", y="category"), ("lacks the column 'agee'", "did you mean 'age'?")),
    "no_number": (schema_of(job="number", y="category"), ("'job' a number and 4 cells", "'clerk'")),
    "no_time": (schema_of(age="time", y="category"), ("'age' a time", "integers such as 31")),
    "no_bool": (schema_of(job="bool", y="category"), ("'job' a bool and 4 cells", "'clerk'")),
    "new_level": (
        schema_of(job=Column(name="job", kind="category", domain=("clerk", "pilot"), declared=True), y="category"),
        ("'job' holds 'nurse' on 2 rows", "not among its declared levels"),
    ),
    "no_key": (schema_of(job=Column(name="job", kind="id", role="key"), y="category"), ("'job' repeats", "4 rows")),
    "no_table_kind": (schema_of(age="asset", y="category"), ("'age' an asset",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_schema_that_contradicts_the_data(tmp_path: Path, case: str) -> None:
    schema, words = CONTRADICTIONS[case]
    path = planted(tmp_path, ROWS)
    with pytest.raises(SchemaError):
        read(path, schema=schema)
    message = fault(path, schema=schema)
    assert all(word in message for word in words), message


def test_a_fraction_under_an_integer(tmp_path: Path) -> None:
    path = planted(tmp_path, "a,y\n1,no\n2.5,yes\n3,no\n")
    schema = schema_of(a=Column(name="a", kind="number", integer=True), y="category")
    assert "'a' an integer and some values have a fraction" in fault(path, schema=schema)


def test_a_schema_file_with_a_typo(tmp_path: Path) -> None:
    path = planted(tmp_path, "main: rows\ntabels: {}\n", "schema.yaml")
    message = fault(planted(tmp_path, ROWS), schema=path)
    assert "schema.yaml" in message
    assert "tabels" in message


def test_reading_has_no_traceback_of_its_own(tmp_path: Path) -> None:
    """Every first byte cut and every byte flipped: a message or a table, never another error."""
    good = ROWS.encode()
    rng = np.random.default_rng(0)
    for _ in range(150):
        data = bytearray(good)
        for _ in range(int(rng.integers(1, 4))):
            data[int(rng.integers(len(data)))] = int(rng.integers(256))
        path = planted(tmp_path, bytes(data))
        with contextlib.suppress(InputError):
            read(path, target="y")


def test_permission_as_another_user(tmp_path: Path) -> None:
    """The same as a user without rights, where the tests run as root."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root can become another user")
    path = planted(tmp_path, ROWS)
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    code = f"""
        import os
        from pathlib import Path
        from abound.errors import InputError
        from abound.formats.files import check_file
        os.setuid(65534)
        try:
            check_file(Path({str(path)!r}))
        except InputError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert "may not be read" in done.stdout or "cannot be reached" in done.stdout
