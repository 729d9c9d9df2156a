"""Weak slices: a planted one is found, confirmed and told in words; none is found where the error is even."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.core.schema import Column, Schema, Table, Task
from abound.core.slice import Slice
from abound.encoding.slices import axes_of
from abound.errors import InputError, Refusal

SHOPS = ("east", "north", "south", "west")


def visits(n, seed, flip=0.0, numeric=False):
    """Bought or not by age and price, each label wrong with probability .05; in one slice with `flip` more."""
    rng = np.random.default_rng(seed)
    age, price, shop = rng.integers(18, 80, n), rng.lognormal(3, 0.5, n), rng.choice(SHOPS, n)
    weak = (shop == "north") & (age >= 50)
    says = (np.log(price) < 3) ^ (rng.random(n) < np.where(weak, 0.05 + flip, 0.05))
    frame = pl.DataFrame({"age": age, "price": price, "shop": shop, "member": rng.random(n) < 0.4})
    columns = [
        Column(name="age", kind="number", integer=True), Column(name="price", kind="number"),
        Column(name="shop", kind="category", domain=SHOPS), Column(name="member", kind="bool"),
    ]  # fmt: skip
    if numeric:
        y = np.log(price) + rng.laplace(scale=np.where(weak & (flip > 0), 0.4, 0.1))
        frame = frame.with_columns(y=pl.Series(y))
        columns.append(Column(name="y", kind="number", role="target"))
    else:
        frame = frame.with_columns(y=pl.Series(np.where(says, "yes", "no")))
        columns.append(Column(name="y", kind="category", role="target", domain=("no", "yes")))
    task = Task(table="t", targets=("y",), kind="regression" if numeric else "classification")
    schema = Schema(main="t", tables={"t": Table(name="t", columns=tuple(columns))}, tasks=(task,))
    return Dataset(schema, {"t": frame.lazy()})


def find(data, share=0.7, seed=0, **params):
    cut = int(share * len(data))
    train, tune = data.take(range(cut)), data.take(range(cut, len(data)))
    return create("finder", "weak_slice", {"learner": "tree", **params}).find(train, tune, (), Context(seed=seed))


@pytest.mark.parametrize("numeric", [False, True])
def test_a_planted_slice_is_the_only_gap(numeric):
    data = visits(3000, 1, flip=0.25, numeric=numeric)
    (gap,) = find(data)
    assert (gap.kind, gap.slice.columns()) == ("weak", ("age", "shop"))
    truth = Slice.parse("shop = north and age >= 50", "t")
    ours, theirs = data.mask(gap.slice), data.mask(truth)
    assert (ours & theirs).sum() > 0.8 * (ours | theirs).sum()
    excess = next(e for e in gap.evidence if e.name == "excess loss")
    assert 0 < excess.low < excess.value < excess.high
    assert excess.n == gap.support
    assert gap.support == gap.wanted
    assert str(gap.slice) in gap.reason
    assert "slices searched; on " in gap.reason
    assert ("share of errors" in gap.reason) != numeric


def test_even_error_gives_no_gap():
    assert sum(bool(find(visits(800, 50 + k), seed=k, draws=59)) for k in range(10)) <= 1


def test_what_tune_does_not_show_is_not_named():
    weak, even = visits(3000, 2, flip=0.25), visits(1000, 3)
    finder = create("finder", "weak_slice", {"learner": "tree"})
    assert finder.find(weak.take(range(2000)), weak.take(range(2000, 3000)), (), Context())
    assert finder.find(weak.take(range(2000)), even, (), Context()) == []


def test_against_confidence_noise_that_the_model_expects_counts_less():
    """Labels drawn by coin in one shop: no model does better there, and a tree half knows."""
    data = visits(3000, 4)
    rng = np.random.default_rng([4, 1])
    toss = pl.Series(rng.choice(["no", "yes"], 3000))
    frame = data.main.with_columns(y=pl.when(pl.col("shop") == "west").then(toss).otherwise(pl.col("y")))
    data = data.with_table("t", frame)
    (plain,), (beyond,) = find(data), find(data, against="confidence")
    assert str(plain.slice) == str(beyond.slice) == "shop = west"
    assert beyond.score < plain.score / 2


def test_ranges_read_as_they_cut():
    data = visits(2000, 5)
    table = data.schema.main_table
    axes = axes_of(table, data.main, table.features(), bins=6, most=50)
    assert axes.ordered == (6, 6, 0, 0)
    made = axes.of(data.main)
    for conditions in ([(0, 1, 3)], [(0, 0, 2), (2, 1, 1)], [(1, 4, 5), (3, 0, 0)], [(1, 2, 2)]):
        hold = np.logical_and.reduce([(made[a].codes >= i) & (made[a].codes <= j) for a, i, j in conditions])
        assert (data.mask(axes.slice(conditions)).to_numpy() == hold).all()
    few = data.main.with_columns(age=pl.Series(np.arange(2000) % 5))
    axes = axes_of(table, few, ["age"], bins=6, most=50)
    assert str(axes.slice([(0, 1, 3)])) == "age >= 1 and age <= 3"
    assert str(axes.slice([(0, 0, 2)])) == "age <= 2"


def test_bad_input_is_one_sentence():
    data = visits(200, 6)
    with pytest.raises(Refusal, match="does not fit a classification"):
        find(data, loss="squared")
    with pytest.raises(Refusal, match="fewer than two slices"):
        find(data, support=90)
    with pytest.raises(Refusal, match="tune part has no rows"):
        find(data, share=1.0)
    with pytest.raises(InputError, match="terms"):
        create("finder", "weak_slice", {"terms": 4})
    bare = data.with_table("t", data.main.with_columns(age=1, price=1.0, shop=pl.lit("east"), member=True))
    with pytest.raises(Refusal, match="no column whose levels"):
        find(bare)
