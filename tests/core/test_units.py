"""Units travel with their rows, and say no more than what the schema does not."""

from __future__ import annotations

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.schema import Column
from abound.core.units import UNIT, count_units, units, with_units
from tests.planted import mixed_table


def grouped(values: list[str | None]) -> Dataset:
    data = mixed_table(len(values))
    schema = data.schema.with_columns(
        "rows", (*data.schema.main_table.columns, Column(name="g", kind="id", role="group"))
    )
    return data.with_table(
        "rows", data.main.with_columns(pl.Series("g", values)), schema.model_copy(update={"group": "g"})
    )


def same(of: np.ndarray | None, wanted: list[int]) -> bool:
    """Whether two numberings are one partition."""
    assert of is not None
    return len({*zip(of.tolist(), wanted, strict=True)}) == len({*of.tolist()}) == len({*wanted})


def test_every_row_is_one_where_nothing_is_said() -> None:
    data = mixed_table(20)
    assert units(data) is None
    assert count_units(data) == 20
    assert with_units(data, np.arange(20)) is data


def test_groups_are_units_and_rows_without_one_are_one() -> None:
    data = grouped(["a", "b", None, "a", None])
    assert same(units(data), [0, 1, 2, 0, 2])
    assert with_units(data, np.array([7, 3, 5, 7, 5])) is data
    assert count_units(data) == 3


def test_more_than_the_groups_is_noted_and_stays_with_the_rows() -> None:
    data = with_units(grouped(["a", "b", "c", "a", "d"]), np.array([0, 0, 2, 0, 4]))
    assert UNIT in data.main.columns
    assert UNIT not in data.schema.main_table.modelled()
    assert same(units(data), [0, 0, 1, 0, 2])
    part = data.take([4, 1, 3])
    assert same(units(part), [0, 1, 1])
    assert count_units(part) == 2


def test_rows_without_a_unit_are_their_own() -> None:
    real = with_units(mixed_table(4), np.array([0, 0, 2, 3]))
    made = mixed_table(3, seed=1)
    assert same(units(real.concat_with(made)), [0, 0, 1, 2, 3, 4, 5])
