"""Drift: levels that became more or less common are named, chance and groups are not taken for it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.registry import create
from abound.core.schema import Column
from abound.errors import InputError, Refusal
from tests.planted import mixed_table


def halves(n, seed):
    data = mixed_table(2 * n, seed)
    return data.take(range(n)), data.take(range(n, 2 * n))


def find(train, other, seed=0, **params):
    return create("finder", "drift", params).find(train, other, (), Context(seed=seed))


def test_levels_and_ranges_that_changed_are_named(tmp_path):
    train, other = halves(2000, 0)
    rng = np.random.default_rng(0)
    gone = pl.Series(rng.random(2000) < 0.5) & ((train.main["job"] == "nurse") | (train.main["age"] >= 50))
    train = train.with_table("rows", train.main.filter(~gone))
    gaps = find(train, other)
    said = {str(g.slice): g for g in gaps}
    assert "job = nurse" in said
    assert any(s.startswith("age >= ") for s in said)
    gap = said["job = nurse"]
    mine, theirs = (e.value for e in gap.evidence[:2])
    assert mine == pytest.approx((train.main["job"] == "nurse").mean())
    assert theirs == pytest.approx((other.main["job"] == "nurse").mean())
    # With as many rows as wanted, the others unchanged, the share is that of the reference.
    assert gap.wanted / (len(train) - gap.support + gap.wanted) == pytest.approx(theirs, abs=0.001)
    assert "train has fewer than its share" in gap.reason
    path = tmp_path / "next_year.csv"
    other.main.write_csv(path)
    assert [str(g.slice) for g in find(train, train, reference=str(path))] == [str(g.slice) for g in gaps]
    assert "next_year.csv" in find(train, train, reference=str(path))[0].reason


def test_a_number_is_named_once_in_each_direction():
    train, other = halves(1500, 1)
    older = other.main.with_columns(age=pl.col("age") + 8)
    gaps = find(train, other.with_table("rows", older))
    about = [g for g in gaps if g.slice.columns()[0] == "age"]
    assert len(about) == len(gaps) == 2
    assert {"fewer" in g.reason for g in about} == {True, False}
    far = next(e.value for e in about[0].evidence if e.name == "distance of the distributions")
    assert 0.1 < far < 0.5


def test_new_levels_and_nulls_count():
    train, other = halves(800, 2)
    job = pl.when(pl.col("job") == "smith").then(pl.lit("baker")).otherwise(pl.col("job")).alias("job")
    income = pl.when(pl.col("age") > 45).then(None).otherwise(pl.col("income")).alias("income")
    said = {str(g.slice): g for g in find(train, other.with_table("rows", other.main.with_columns(job, income)))}
    assert {"job = baker", "job = smith", "income is missing"} <= set(said)
    assert (said["job = baker"].support, said["job = smith"].wanted) == (0, 1)


def test_equal_sets_give_no_gap():
    assert sum(bool(find(*halves(400, 100 + k), seed=k, draws=99)) for k in range(40)) <= 5


def test_people_with_many_rows_are_no_drift():
    """Forty people a side with thirty rows each: shares differ by who was asked, not by when."""
    fooled = alarms = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        person = np.repeat(np.arange(80), 30)
        data = mixed_table(2400, seed)
        frame = data.main.with_columns(
            pl.Series("job", rng.choice(["clerk", "nurse", "pilot", "smith"], 80)[person]),
            pl.Series("person", [f"p{i}" for i in person]),
        )
        columns = (*data.schema.main_table.columns, Column(name="person", kind="id", role="group"))
        schema = data.schema.with_columns("rows", columns)
        for group in (None, "person"):
            one = data.with_table("rows", frame, schema.model_copy(update={"group": group}))
            gaps = find(one.take(range(1200)), one.take(range(1200, 2400)), seed, draws=99)
            fooled, alarms = fooled + bool(gaps and group is None), alarms + bool(gaps and group is not None)
    assert fooled >= 8
    assert alarms <= 3


def test_bad_input_is_one_sentence(tmp_path):
    train, other = halves(100, 3)
    with pytest.raises(Refusal, match="no rows to compare"):
        find(train, other.take([]))
    with pytest.raises(InputError, match="does not exist"):
        find(train, other, reference=str(tmp_path / "nothing.csv"))
    other.main.drop("job").write_csv(tmp_path / "short.csv")
    with pytest.raises(InputError, match="job"):
        find(train, other, reference=str(tmp_path / "short.csv"))
    other.save(tmp_path)
    assert find(train, train, reference=str(tmp_path)) == []
