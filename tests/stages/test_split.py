import numpy as np
import polars as pl
import pytest

from abound.core.dataset import WEIGHT
from abound.core.labels import codes
from abound.core.ledger import unseal
from abound.core.schema import Column
from abound.core.units import UNIT
from abound.errors import AboundError, ArtifactError, InputError
from abound.stages.split import split
from tests.planted import mixed_table


def rows_of(*parts):
    return [p.main.drop(WEIGHT, UNIT, strict=False) for p in parts]


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
    with pytest.raises(InputError, match="'person' holds 3 groups"):
        split(grouped(120, groups=3))


def timed(n=800, seed=0, days=40):
    data = mixed_table(n, seed, rare=0.5)
    day = np.random.default_rng(seed).integers(0, days, n)
    since = pl.Series(np.datetime64("2020-01-01") + day.astype("timedelta64[D]")).cast(pl.Datetime("us"))
    return data.with_table("rows", data.main.with_columns(since=since))


def test_time_puts_the_latest_rows_into_test():
    s = split(timed(), time="since", seed=1)
    test = unseal(s.test, "test").main
    tune = pl.concat([s.tune.main, s.reference.main])
    assert s.train.main["since"].max() < tune["since"].min()
    assert tune["since"].max() < test["since"].min()
    assert test.height / 800 == pytest.approx(0.3, abs=0.05)
    assert WEIGHT not in test.columns


def test_a_group_that_spans_the_border_lies_behind_it():
    data = grouped(900, 150, seed=3)
    frame = data.main.with_columns(since=timed(900, 3).main["since"])
    s = split(data.with_table("rows", frame), time="since", seed=1)
    test = unseal(s.test, "test").main
    before = pl.concat([p.main.select("person", "since") for p in (s.train, s.tune, s.reference)])
    assert not set(test["person"]) & set(before["person"])
    assert before["since"].max() < test.group_by("person").agg(pl.col("since").max())["since"].min()


def test_time_reaches_back_for_rare_rows():
    frame = timed(3000, 5).main.with_columns(y=pl.lit("no"))
    early = np.random.default_rng(1).choice(3000, 400, replace=False)
    frame = frame.with_columns(y=pl.Series(np.where(np.isin(np.arange(3000), early), "yes", "no")))
    data = mixed_table(3000, 5)
    s = split(data.with_table("rows", frame), time="since", test=0.1)
    assert 122 <= s.power.rare_units <= 200


@pytest.mark.parametrize(
    ("column", "said"),
    [("job", "'job' is a category"), ("income", "'income' is empty in"), ("sice", "no column 'sice'")],
)
def test_a_bad_time_column_is_one_sentence(column, said):
    with pytest.raises(AboundError, match=said):
        split(mixed_table(300, 1), time=column)


def test_one_time_for_all_rows_is_one_sentence():
    data = mixed_table(300, 1)
    with pytest.raises(InputError, match="too few different times in 'age'"):
        split(data.with_table("rows", data.main.with_columns(age=pl.lit(40))), time="age")


def test_slices_get_enough_test_rows_and_weights_undo_it():
    data = mixed_table(3000, 2)
    s = split(data, slices=["job = smith and member = true", "job"], seed=1)
    test = unseal(s.test, "test")
    weights = test.weights()
    for name, mask in (("smith", data.main["job"] == "smith"), ("pilot", data.main["job"] == "pilot")):
        share = weights[(test.main["job"] == name).to_numpy()].sum() / weights.sum()
        assert share == pytest.approx(mask.mean(), abs=0.002)
    few = s.power.slices[0]
    assert few.name == "rows of the slice 'job = smith and member = true'"
    assert few.units == few.groups == min(122, (few.units + few.left) // 2)
    assert [p.feasible for p in s.power.slices[1:]] == [True] * 4
    plain = split(data, seed=1).power
    assert plain.slices == ()


@pytest.mark.parametrize(
    ("condition", "said"),
    [("job = none", "holds no row"), ("age", "'age' has no levels"), ("jib = x", "jib")],
)
def test_a_bad_slice_is_one_sentence(condition, said):
    with pytest.raises(AboundError, match=said):
        split(mixed_table(300, 1), slices=[condition])


def test_what_cannot_be_shown_is_declared():
    power = split(mixed_table(400, 1), slices=["job = smith"], seed=1).power
    assert power.feasible is False
    assert "cannot be claimed here" in power.sentence
    assert "are left to train and tune on" in split(mixed_table(200, 1, rare=0.1), seed=1).power.sentence
    enough = split(mixed_table(4000, 1, rare=0.3), seed=1).power
    assert enough.feasible is True
    assert "122 rows are enough for 10 points" in enough.sentence
    assert "needed" not in enough.sentence


def test_groups_count_and_not_their_rows():
    data = grouped(3000, 24, seed=1)
    power = split(data, seed=1, near_duplicates="none").power
    assert power.feasible is False
    assert "groups (one group may fail as a whole" in power.sentence
    assert UNIT not in split(data, seed=1, near_duplicates="none").train.main.columns
    both = split(data, seed=1).power
    assert "sets (rows with one 'person' and near-duplicates form one set" in both.sentence


def copied(data, rows, times=1):
    more = [data.main[rows]] * times
    return data.with_table("rows", pl.concat([data.main, *more]))


def test_copies_stay_with_their_row():
    data = copied(mixed_table(600, 4, nulls=False), list(range(60)), times=3)
    data = data.with_table("rows", data.main.with_columns(place=pl.Series([*range(600), *(list(range(60)) * 3)])))
    s = split(data, seed=2)
    parts = [set(p["place"]) for p in (s.train.main, s.tune.main, s.reference.main, unseal(s.test, "t").main)]
    for i, a in enumerate(parts):
        for b in parts[i + 1 :]:
            assert not a & b
    assert "240 rows in 60 sets" in s.train.notes[-1]
    assert s.test.groups < s.test.rows
    apart = split(data, seed=2, near_duplicates="none")
    assert apart.test.groups == apart.test.rows
    assert not apart.train.notes


def test_rows_that_all_share_a_key_are_refused():
    data = copied(mixed_table(30, 1), list(range(3)), times=10).take(range(30, 60))
    with pytest.raises(InputError, match="3 sets that must stay together"):
        split(data, near_duplicates="exact")
