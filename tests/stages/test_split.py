import numpy as np
import polars as pl
import pytest

from abound.core.dataset import WEIGHT
from abound.core.labels import codes
from abound.core.ledger import unseal
from abound.core.schema import Column
from abound.errors import ArtifactError, InputError
from abound.stages.split import split
from tests.planted import mixed_table


def rows_of(*parts):
    return [p.main.drop([WEIGHT] if WEIGHT in p.main.columns else []) for p in parts]


def grouped(n=900, groups=60, seed=0):
    data = mixed_table(n, seed)
    rng = np.random.default_rng(seed)
    frame = data.main.with_columns(pl.Series("person", rng.integers(0, groups, n)).cast(pl.String))
    table = data.schema.main_table
    columns = (*table.columns, Column(name="person", kind="id", role="group"))
    schema = data.schema.with_columns(table.name, columns).model_copy(update={"group": "person"})
    return data.with_table("rows", frame, schema)


def test_parts_cover_the_rows_once():
    data = mixed_table(1000, 1)
    s = split(data, seed=3)
    parts = rows_of(s.train, s.tune, s.reference, unseal(s.test, "test"))
    joined = pl.concat(parts).sort(pl.all())
    assert joined.equals(data.main.sort(pl.all()))
    shares = [p.height / 1000 for p in parts]
    assert shares == pytest.approx([0.49, 0.168, 0.042, 0.3], abs=0.03)


def test_groups_never_cross():
    s = split(grouped(), seed=1)
    parts = [set(p.main["person"]) for p in (s.train, s.tune, s.reference, unseal(s.test, "test"))]
    for i, a in enumerate(parts):
        for b in parts[i + 1 :]:
            assert not a & b


def test_the_seed_decides():
    data = mixed_table(500, 2)
    a, b, c = split(data, seed=1), split(data, seed=1), split(data, seed=2)
    assert a.train.digest == b.train.digest
    assert a.test.digest == b.test.digest
    assert a.train.digest != c.train.digest


def test_a_rare_class_is_served_first_and_weights_restore_its_share():
    data = mixed_table(3000, 5, rare=0.06)  # 180 rare rows; the share alone would give test 54, 122 are needed
    s = split(data, seed=0)
    test = unseal(s.test, "test")
    rare = codes(test, test.schema.task()) == 1
    assert rare.sum() == 90  # half of them: never more
    assert s.power.rare_units == 90
    weights = test.weights()
    assert weights[rare].sum() / weights.sum() == pytest.approx(0.06, abs=0.003)
    assert rare.mean() > 0.08
    assert WEIGHT not in s.train.main.columns


def test_power_is_stated_and_honest():
    power = split(mixed_table(4000, 1), seed=1).power
    assert power.rare_class == "yes"
    assert power.rare_units >= power.needed_units == 122
    assert power.minimum_gain == pytest.approx(0.1, abs=0.002)
    small = split(mixed_table(200, 1), seed=1).power
    assert small.minimum_gain is None or small.minimum_gain > 0.15
    assert str(small.rare_units) in small.sentence


def test_test_rows_are_sealed():
    s = split(mixed_table(400, 1), seed=1)
    assert not hasattr(s.test, "tables")
    assert s.test.ledger.openings(s.test.digest) == 0
    unseal(s.test, "first")
    unseal(s.test, "second")
    assert s.test.ledger.openings(s.test.digest) == 2
    target = s.test.folder / "rows.parquet"
    target.write_bytes(target.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactError, match="damaged"):
        unseal(s.test, "third")


def test_regression_targets_are_stratified():
    data = mixed_table(1000, 3, nulls=False)
    columns = tuple(
        c.model_copy(update={"role": "target" if c.name == "income" else "feature"})
        for c in data.schema.main_table.columns
    )
    task = data.schema.task().model_copy(update={"targets": ("income",), "kind": "regression", "positive": None})
    schema = data.schema.with_columns("rows", columns).model_copy(update={"tasks": (task,)})
    s = split(data.with_table("rows", data.main, schema), seed=0)
    assert s.train.main["income"].median() == pytest.approx(data.main["income"].median(), rel=0.1)
    assert s.power.rare_class is None


@pytest.mark.parametrize("n", [0, 1, 5, 19])
def test_too_few_rows_is_one_sentence(n):
    with pytest.raises(InputError, match=f"has {n} rows"):
        split(mixed_table(30, 1).take(range(n)))


def test_too_few_groups_is_one_sentence():
    with pytest.raises(InputError, match="'person' has 3 groups"):
        split(grouped(120, groups=3))
