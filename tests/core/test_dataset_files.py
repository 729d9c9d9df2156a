"""Datasets on disk: every kind of column comes back, digests follow the content, assets stay in their folder."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.artifact import Artifact, build_folder
from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table
from abound.errors import InputError
from tests.conftest import REPOSITORY
from tests.planted import digit_images, mixed_table, stays_with_events


def every_kind() -> Dataset:
    """One column of each kind, a null in each but the key."""
    n = 5
    frame = pl.DataFrame(
        {
            "key": [f"k{i}" for i in range(n)],
            "number": [0.1, -0.0, 1e300, 5e-324, None],
            "whole": [1, -(2**63), 2**63 - 1, 0, None],
            "category": ["a", "", "ü\u2028", "a\x00b", None],
            "yes": [True, False, None, True, None],
            "time": pl.Series([0, -1, 2**50, None, 1]).cast(pl.Datetime("us")),
            "text": ["long " * 50, None, "", "x", "y"],
            "inline": [b"", b"\x00\xff", None, b"a" * 1000, b"b"],
            "path": ["a/b.png", None, "c.png", "d", "e"],
            "matrix": pl.Series([[[1, 2], [3, 4]]] * 4 + [None], dtype=pl.Array(pl.UInt8, (2, 2))),
            "_weight": [1.0, 2.0, None, 0.0, 1.0],
        }
    )
    kinds = ["id", "number", "number", "category", "bool", "time", "text", "asset", "asset"]
    columns = [Column(name=n, kind=k, integer=n == "whole") for n, k in zip(frame.columns, kinds, strict=False)]
    columns.append(Column(name="matrix", kind="array", shape=(2, 2)))
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=tuple(columns), key="key")})
    return Dataset(schema, {"rows": frame.lazy()}, origin="synthetic", split="tune", notes=("a note",))


@pytest.mark.parametrize("make", [every_kind, mixed_table, stays_with_events, lambda: every_kind().take([])])
def test_everything_comes_back(make: object, tmp_path: Path) -> None:
    data = make()
    files = data.save(tmp_path)
    assert set(files) == {"dataset.json", *(f"{n}.parquet" for n in data.tables)}
    again = Dataset.load(tmp_path)
    assert again.schema == data.schema
    for name in data.tables:
        assert again.table(name).schema == data.table(name).schema
        assert again.table(name).equals(data.table(name), null_equal=True)
    assert (again.origin, again.split, again.notes, again.assets) == (data.origin, data.split, data.notes, None)
    assert again.digest == data.digest
    assert again.save(tmp_path / "again") == files


def test_negative_zero_is_kept(tmp_path: Path) -> None:
    data = every_kind()
    data.save(tmp_path)
    assert np.signbit(Dataset.load(tmp_path).main["number"][1])


def test_the_digest_is_about_content_only() -> None:
    data = every_kind()
    frame = data.main
    chunked = pl.concat([frame[:2], frame[2:3], frame[3:]], rechunk=False)
    assert chunked.n_chunks() > 1
    flagged = (
        pl.concat([frame, frame])[5:].filter(pl.col("key").is_not_null()).with_columns(pl.col("key").set_sorted())
    )
    for other in (chunked, flagged, frame[[4, 3, 2, 1, 0]][[4, 3, 2, 1, 0]], frame.lazy().collect()):
        assert data.with_table("rows", other).digest == data.digest
    assert replace(data, notes=()).digest == data.digest
    assert data.with_table("rows", frame.select(reversed(frame.columns))).digest != data.digest


CHANGES = {
    "key": "k9", "number": 0.2, "whole": 2, "category": "b", "yes": None, "text": "short", "inline": b"\x01",
    "path": None, "_weight": 1.5,
}  # fmt: skip


@pytest.mark.parametrize("column", sorted(CHANGES))
def test_any_cell_changes_the_digest(column: str) -> None:
    data = every_kind()
    cells = data.main[column].to_list()
    cells[0] = CHANGES[column]
    changed = data.main.with_columns(pl.Series(column, cells, dtype=data.main[column].dtype))
    assert data.with_table("rows", changed).digest != data.digest


@given(row=st.integers(0, 4), seed=st.integers(0, 9))
def test_order_and_single_pixels_change_the_digest(row: int, seed: int) -> None:
    data = every_kind()
    matrix = data.main["matrix"].to_list()
    matrix[0][0][0] = 9 + seed
    changed = data.main.with_columns(pl.Series("matrix", matrix, dtype=pl.Array(pl.UInt8, (2, 2))))
    assert data.with_table("rows", changed).digest != data.digest
    order = np.roll(np.arange(5), row)
    assert (data.take(order).digest == data.digest) == (row == 0)


def test_the_schema_is_part_of_the_digest() -> None:
    data = mixed_table(5)
    column = data.schema.main_table.columns[0].model_copy(update={"low": 0.0})
    schema = data.schema.with_columns("rows", (column, *data.schema.main_table.columns[1:]))
    assert replace(data, schema=schema).digest != data.digest


def test_another_process_with_other_threads_gets_the_same_digest(tmp_path: Path) -> None:
    data = stays_with_events(3000, seed=3)
    data.save(tmp_path)
    code = textwrap.dedent(
        f"""
        from pathlib import Path
        from abound.core.dataset import Dataset
        from tests.planted import stays_with_events
        data = Dataset.load(Path({str(tmp_path)!r}))
        print(data.digest, stays_with_events(3000, seed=3).digest)
        """
    )
    env = {"PYTHONHASHSEED": "12345", "POLARS_MAX_THREADS": "3", "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [data.digest, data.digest]


def test_asset_bytes_inline_and_from_files(tmp_path: Path) -> None:
    data = digit_images(tmp_path, 4)
    row = data.main.row(2, named=True)
    assert data.asset(row["mask"]) == row["mask"]
    assert data.asset(row["file"]) == (tmp_path / "png/2.png").read_bytes()


def test_an_asset_path_never_leaves_the_folder(tmp_path: Path) -> None:
    data = digit_images(tmp_path / "inside", 2)
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    (tmp_path / "inside" / "link.png").symlink_to(secret)
    (tmp_path / "inside2").mkdir()
    (tmp_path / "inside2" / "a.png").write_text("x")
    for path in ("../secret.txt", str(secret), "link.png", "png/../../secret.txt", "../inside2/a.png"):
        with pytest.raises(InputError, match="leaves the dataset's folder"):
            data.asset(path)
    for path in ("png/9.png", "png", "", "png/1.png\0"):
        with pytest.raises(InputError, match="asset"):
            data.asset(path)
    with pytest.raises(InputError, match="no asset folder"):
        replace(data, assets=None).asset("png/1.png")


def test_the_digest_covers_the_files_that_cells_name(tmp_path: Path) -> None:
    data = digit_images(tmp_path, 6)
    first = data.digest
    (tmp_path / "png/5.png").write_bytes((tmp_path / "png/4.png").read_bytes())
    assert replace(data).digest != first
    digit_images(tmp_path, 6)
    assert replace(data).digest == first
    (tmp_path / "png/unused.png").write_bytes(b"")
    assert replace(data).digest == first
    (tmp_path / "png/0.png").unlink()
    with pytest.raises(InputError, match=r"png/0\.png' is missing"):
        _ = replace(data).digest


def test_joined_datasets_keep_both_asset_folders(tmp_path: Path) -> None:
    real = digit_images(tmp_path / "real", 5)
    synth = replace(digit_images(tmp_path / "run" / "synth", 3), origin="synthetic")
    both = real.concat_with(synth)
    assert both.assets == tmp_path.resolve()
    for place, row in enumerate([0, 1, 2, 3, 4, 0, 1, 2]):
        assert both.asset(both.main["file"][place]) == real.asset(f"png/{row}.png")
    assert real.concat_with(real).main["file"][7] == "png/2.png"
    hostile = synth.with_table("images", synth.main.with_columns(file=pl.lit("../../real/png/0.png")))
    with pytest.raises(InputError, match="leaves the dataset's folder"):
        real.concat_with(hostile)


def test_assets_made_inside_an_artifact_are_found_after_it_is_in_place(tmp_path: Path) -> None:
    def fill(work: Path) -> None:
        digit_images(work / "assets", 3).save(work)

    folder = tmp_path / "synth"
    build_folder(folder, Artifact(kind="dataset", stage="generate", key="k", files={}), fill)
    data = Dataset.load(folder)
    assert len(data.asset(data.main["file"][1])) > 20
    digest = data.digest
    moved = folder.rename(tmp_path / "elsewhere")
    assert Dataset.load(moved).digest == digest
    assert json.loads((moved / "dataset.json").read_text())["assets"] == "assets"


def test_shown_in_words() -> None:
    data = replace(stays_with_events(5), split="train")
    assert repr(data) == "Dataset(real: stays 5 x 4, events 40 x 4, split train)"
    assert "<table" in data._repr_html_()
