"""Test rows among the synthetic ones are seen, whatever way they came; rows that are only alike are not."""

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.errors import InputError, LeakError
from abound.proof.leaks import no_leak
from abound.stages.prove import prove
from abound.stages.read import read
from abound.stages.split import split


def table(coarse: bool, n: int = 600) -> Dataset:
    rng = np.random.default_rng(2)
    x = rng.integers(0, 4, (n, 4)) if coarse else rng.normal(size=(n, 4)).round(3)
    return read(pl.DataFrame({**{f"x{i}": x[:, i] for i in range(4)}, "y": rng.choice(["a", "b"], n)}), target="y")


def parts_of(data: Dataset):
    made = split(data, seed=0, near_duplicates="none")
    return made, Dataset.load(made.test.folder)


@pytest.mark.parametrize("source", ["whole table", "another split", "test"])
def test_rows_of_test_are_found(source):
    data = table(coarse=False)
    parts, test = parts_of(data)
    rows = {"whole table": data, "another split": split(data, seed=9).train, "test": test}[source]
    drawn = rows.take(np.random.default_rng(0).integers(0, len(rows), 400))
    with pytest.raises(LeakError, match="sealed test rows"):
        no_leak("mixed", parts.train.concat_with(drawn), parts.train, parts.tune, test)


@pytest.mark.parametrize("coarse", [True, False])
@pytest.mark.parametrize("generator", ["resample", "swap", "copula", "marginals", "smote"])
def test_rows_made_from_the_training_part_are_no_leak(coarse, generator):
    parts, test = parts_of(table(coarse))
    ctx = Context(seed=1)
    made = create("generator", generator).fit(parts.train, ctx).sample(600, rng=ctx.rng("s"))
    no_leak("mixed", parts.train.concat_with(made), parts.train, parts.tune, test)


def test_prove_refuses_a_leak():
    parts, test = parts_of(table(coarse=False))
    arms = [parts.train.concat_with(test.take(range(n))) for n in (150, 170)]
    with pytest.raises(LeakError):
        prove(
            {"mixed": arms}, baseline=[parts.train] * 2, tune=parts.tune, test=parts.test, controls=("real_only",)
        )


def test_repeats_that_are_the_same_rows_are_refused():
    parts, _ = parts_of(table(coarse=False))
    arm = parts.train.take(np.arange(len(parts.train)).repeat(2))
    with pytest.raises(InputError, match="hold the same synthetic rows"):
        prove({"mixed": [arm] * 3}, baseline=[parts.train] * 3, tune=parts.tune, test=parts.test)
