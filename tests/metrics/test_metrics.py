"""The metrics against other formulas and scikit-learn, with weights, ties and every wrong use."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.dataset import Dataset
from abound.core.recipe import Use
from abound.core.schema import Column, Schema, Table, Task
from abound.errors import AboundError, InputError
from abound.proof.scoring import Question, score_arm


def labelled(y, names):
    columns = (Column(name="x", kind="number"), Column(name="y", kind="category", role="target", domain=names))
    tasks = (Task(table="rows", targets=("y",), kind="classification", positive=names[-1]),)
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)}, tasks=tasks)
    return Dataset(schema, {"rows": pl.DataFrame({"x": np.zeros(len(y)), "y": y}).lazy()})


def two(y, p):
    names = ("no", "yes")
    data = labelled([names[int(v)] for v in y], names)
    return data, pl.DataFrame({"p:no": 1 - np.asarray(p), "p:yes": np.asarray(p)})


def score(metric, data, pred, weights=None, **params):
    plugin = registry.create("metric", metric, params)
    units = plugin.units(data, pred, data.schema.task())
    return plugin.value(units, np.ones((1, len(data))) if weights is None else weights)


@pytest.fixture(scope="module")
def ranked():
    return drawn(400)


def drawn(n):
    rng = np.random.default_rng(0)
    y = rng.random(n) < 0.2
    return y, np.round(np.clip(0.3 * y + rng.normal(0.4, 0.15, n), 0, 1), 2)  # rounded: many ties


def test_cost_is_the_price_of_wrong_calls(ranked):
    y, p = ranked[0], ranked[1] * 0.99  # none at one half, where both classes are as likely
    called = p >= 0.5
    expected = (10 * (y & ~called).sum() + 2 * (~y & called).sum()) / len(y)
    assert score("cost", *two(y, p), false_negative=10, false_positive=2)[0] == pytest.approx(expected)
    same = {"yes": {"no": 10}, "no": {"yes": 2}}
    assert score("cost", *two(y, p), matrix=same)[0] == pytest.approx(expected)
    turned = {"positive": "no", "false_negative": 2, "false_positive": 10}
    assert score("cost", *two(y, p), **turned)[0] == pytest.approx(expected)


def test_cost_of_several_classes_is_that_of_the_cheapest_call():
    rng = np.random.default_rng(1)
    names = ("a", "b", "c")
    p = rng.dirichlet(np.ones(3), 300)
    y = np.array([rng.choice(3, p=row) for row in p])
    price = np.array([[0, 1, 5], [2, 0, 1], [9, 1, 0]], dtype=float)
    matrix = {names[i]: {names[j]: price[i, j] for j in range(3)} for i in range(3)}
    data = labelled([names[v] for v in y], names)
    pred = pl.DataFrame({f"p:{n}": p[:, i] for i, n in enumerate(names)})
    found = score("cost", data, pred, matrix=matrix)[0]
    assert found == pytest.approx(np.mean([price[t, (row @ price).argmin()] for t, row in zip(y, p, strict=True)]))
    likeliest = np.mean(price[y, p.argmax(axis=1)])
    assert found < likeliest  # honest probabilities are worth money


def test_the_threshold_for_cost_is_chosen_on_tune():
    """Where a false alarm is dear, the arm with a tuned threshold is cheaper than the call at one half."""
    y, p = drawn(4000)
    tune, test = two(y[:2000], p[:2000]), two(y[2000:], p[2000:])
    question = Question(metric=Use(name="cost", params={"false_positive": 10.0}))
    draws = np.ones((3, 2000))
    task = tune[0].schema.task()
    plain = score_arm(question, False, tune, test, draws, task)
    tuned = score_arm(question, True, tune, test, draws, task)
    assert tuned.test < 0.5 * plain.test
    assert tuned.draws == pytest.approx([tuned.test] * 3)


@pytest.mark.parametrize("fpr", [0.01, 0.05, 0.25, 0.29, 0.9])
def test_recall_at_a_false_positive_rate_is_a_point_of_the_roc_curve(ranked, fpr):
    from sklearn.metrics import roc_curve

    y, p = ranked
    rng = np.random.default_rng(2)
    weights = rng.integers(0, 4, (5, len(y))).astype(float)
    found = score("recall_at_fpr", *two(y, p), weights, fpr=fpr)
    for value, w in zip(found, weights, strict=True):
        alarm, hit, _ = roc_curve(y, p, sample_weight=w, drop_intermediate=False)
        assert value == pytest.approx(np.interp(fpr, alarm, hit), abs=1e-9)


def test_recall_at_a_false_positive_rate_without_ties_takes_the_highest_recall():
    y = np.array([1, 0, 1, 1, 0, 0, 0, 1, 0, 0], dtype=bool)  # best first
    p = np.linspace(0.95, 0.05, 10)
    assert score("recall_at_fpr", *two(y, p), fpr=1 / 6)[0] == pytest.approx(3 / 4)
    assert np.isnan(score("recall_at_fpr", *two(np.ones(10), p))[0])
    assert np.isnan(score("recall_at_fpr", *two(np.zeros(10), p))[0])
    coin = score("recall_at_fpr", *two(y, np.full(10, 0.3)), fpr=0.2)[0]
    assert coin == pytest.approx(0.2)  # a score that ranks nothing


def test_rmse_is_that_of_scikit_learn():
    from sklearn.metrics import root_mean_squared_error

    rng = np.random.default_rng(3)
    y, pred, w = rng.normal(size=50), rng.normal(size=50), rng.random((2, 50))
    columns = (Column(name="x", kind="number"), Column(name="y", kind="number", role="target"))
    tasks = (Task(table="rows", targets=("y",), kind="regression"),)
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)}, tasks=tasks)
    data = Dataset(schema, {"rows": pl.DataFrame({"x": y, "y": y}).lazy()})
    found = score("rmse", data, pl.DataFrame({"value": pred}), w)
    assert found == pytest.approx([root_mean_squared_error(y, pred, sample_weight=v) for v in w])


@pytest.mark.parametrize("name", registry.names("metric"))
def test_a_metric_that_does_not_fit_the_target_says_so(name, ranked):
    data, pred = two(*ranked)
    if "classification" in registry.spec("metric", name).needs:
        number = data.schema.task().model_copy(update={"kind": "regression"})
        data = replace(data, schema=data.schema.model_copy(update={"tasks": (number,)}))
        pred = pl.DataFrame({"value": ranked[1]})
    with pytest.raises(AboundError, match=r"needs a \w+ target|choose another") as error:
        score(name, data, pred)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"false_negative": -1}, "false_negative"),
        ({"false_negative": 0, "false_positive": 0}, "costs the same"),
        ({"positive": "maybe"}, "no class 'maybe'"),
        ({"matrix": {"yes": {"on": 1}}}, "did you mean 'no'"),
        ({"matrix": {"yes": {"no": float("inf")}}}, "finite"),
        ({"matrix": {"yes": {"no": 1, "yes": 1}, "no": {"no": 2, "yes": 2}}}, "costs the same"),
    ],
)
def test_costs_that_make_no_sense_are_one_sentence(ranked, params, said):
    with pytest.raises(InputError, match=said):
        score("cost", *two(*ranked), **params)


def test_several_classes_need_a_matrix_and_a_rate_lies_between_0_and_1():
    data = labelled(["a", "b", "c"], ("a", "b", "c"))
    pred = pl.DataFrame({f"p:{n}": [0.3, 0.3, 0.4] for n in "abc"})
    with pytest.raises(InputError, match="needs a matrix for 3 classes"):
        score("cost", data, pred)
    with pytest.raises(InputError, match="fpr"):
        registry.create("metric", "recall_at_fpr", {"fpr": 1.0})
