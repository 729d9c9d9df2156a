"""The doors for scikit-learn: its own checks, and frames, missing cells and text."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from abound.errors import InputError, Refusal, WhereRefused
from abound.estimators import Generator, Resampler


@parametrize_with_checks([Generator(), Resampler()])
def test_scikit_learn_agrees(estimator, check):
    check(estimator)


def table(n=120, seed=0):
    """Numbers with holes, text, yes/no, whole numbers and a date; a rare class that depends on them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pl.DataFrame(
        {
            "size": pl.Series(np.where(rng.random(n) < 0.1, np.nan, x)).fill_nan(None).cast(pl.Float32),
            "job": pl.Series(rng.choice(["clerk", "nurse", None], n, p=[0.5, 0.4, 0.1])),
            "member": rng.random(n) < 0.5,
            "age": pl.Series(rng.integers(18, 90, n)).cast(pl.Int8),
            "since": [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(d)) for d in rng.integers(0, 900, n)],
        }
    ), pl.Series("risk", np.where(x > 1.0, "high", "low"))


@pytest.mark.parametrize("generator", ["smote", "copula", "marginals", "resample"])
def test_a_polars_frame_comes_back_with_the_rows_made_and_its_types(generator):
    x, y = table()
    more, labels = Resampler(generator, random_state=1).fit_resample(x, y)
    assert more.schema == x.schema
    assert more.head(len(x)).equals(x)
    assert labels.name == "risk"
    assert labels.value_counts()["count"].n_unique() == 1
    made = more.tail(len(more) - len(x))
    assert set(labels.tail(len(made))) == {"high"}
    assert set(made["job"].drop_nulls()) <= {"clerk", "nurse"}
    assert made["age"].is_between(18, 89).all()


def test_a_pandas_frame_comes_back_with_its_types():
    x, y = table()
    frame = x.to_pandas()
    frame["job"] = frame["job"].astype("category")
    frame.index = range(100, 220)
    more, labels = Resampler(random_state=1).fit_resample(frame, y.to_pandas())
    assert more.dtypes.equals(frame.dtypes)
    assert labels.name == "risk"
    assert more.iloc[:120].reset_index(drop=True).equals(frame.reset_index(drop=True))
    assert more["size"].isna().any()


def test_the_rows_made_are_of_the_rare_class():
    """Planted: the rare class lies above 1; what SMOTE makes for it lies there too."""
    x, y = table(400)
    more, _ = Resampler("smote", random_state=1).fit_resample(x.select("size"), y)
    made = more["size"].tail(len(more) - len(x)).drop_nulls()
    assert len(made) > 100
    assert made.min() > 1.0


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [("auto", [50, 50, 50]), ("minority", [50, 20, 50]), ({"b": 25}, [50, 25, 10]), ("all", [50, 50, 50])],
)
def test_the_strategy_decides_how_many(strategy, counts):
    y = np.array(["a"] * 50 + ["b"] * 20 + ["c"] * 10)
    x = np.random.default_rng(0).normal(size=(80, 2))
    sampler = Resampler(sampling_strategy=strategy)
    _, labels = sampler.fit_resample(x, y)
    assert np.unique(labels, return_counts=True)[1].tolist() == counts
    assert sum(sampler.sampling_strategy_.values()) == sum(counts) - 80


def test_a_share_is_of_the_larger_class():
    y = np.array([0] * 60 + [1] * 12)
    x = np.random.default_rng(0).normal(size=(72, 2))
    _, labels = Resampler(sampling_strategy=0.5).fit_resample(x, y)
    assert np.bincount(labels).tolist() == [60, 30]


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("most", "none of"),
        (0.1, "between 0.2"),
        (2.0, "between 0.2"),
        ({"x": 9}, "names the class"),
        ({1: 3}, "wants 3"),
    ],
)
def test_a_strategy_that_does_not_fit_is_one_sentence(strategy, said):
    y = np.array([0] * 60 + [1] * 12)
    with pytest.raises(ValueError, match=said):
        Resampler(sampling_strategy=strategy).fit_resample(np.zeros((72, 2)), y)


def test_the_same_state_makes_the_same_rows():
    x, y = table()
    one, two, three = (Resampler("copula", random_state=s).fit_resample(x, y)[0] for s in (3, 3, 4))
    assert one.equals(two)
    assert not one.equals(three)
    state = np.random.RandomState(0)
    assert not Resampler("copula", random_state=state).fit_resample(x, y)[0].equals(one)


def test_a_generator_samples_under_a_condition_with_labels():
    x, y = table(300)
    model = Generator("copula", params={"by_target": True}, random_state=2).fit(x, y)
    rows, labels = model.sample(40, where="risk = high and age >= 40")
    assert rows.schema == x.schema
    assert rows.height == 40
    assert set(labels) == {"high"}
    assert rows["age"].min() >= 40
    assert model.sample(5)[0].equals(model.sample(5)[0])
    assert not model.sample(5)[0].equals(model.sample(5, random_state=9)[0])
    assert model.sample(0)[0].height == 0
    with pytest.raises(InputError, match="cannot be made"):
        model.sample(-1)
    with pytest.raises(WhereRefused):
        Generator("smote").fit(x, y).sample(3, where="job = pilot")


def test_a_generator_without_labels_gives_rows_alone():
    x = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    rows = Generator().fit(x).sample(7, where="x0 > 0.5")
    assert rows.dtype == np.float32
    assert rows.shape == (7, 2)
    assert rows[:, 0].min() > 0.5
    assert isinstance(Generator().fit(x.tolist()).sample(2), list)
    frame = pd.DataFrame(x, columns=["a", "b"])
    assert list(Generator().fit(frame).sample(3).columns) == ["a", "b"]


def test_what_does_not_suit_is_one_sentence():
    with pytest.raises(Refusal):
        Generator("smote").fit(np.zeros((20, 2)))
    with pytest.raises(TypeError, match="lists, records or objects"):
        Generator().fit(pl.DataFrame({"a": [[1], [2]]}))
    with pytest.raises(ValueError, match="NaN or None, the first at row 1"):
        Resampler().fit_resample(np.zeros((3, 1)), ["a", None, "b"])
    with pytest.raises(InputError, match="no parameter"):
        Generator(params={"bins": 3}).fit(np.zeros((20, 2)))
    assert clone(Resampler("copula", params={"by_target": True})).get_params()["params"] == {"by_target": True}
