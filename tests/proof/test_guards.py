"""A planted loss on the common rows is seen, and no loss is certified where there is none."""

import numpy as np
import polars as pl
import pytest

from abound.core.gap import Gap
from abound.core.slice import Slice, Term
from abound.proof import verdict as judged
from abound.proof.guards import common_question, guard
from abound.proof.repeat import RepeatResult
from abound.proof.scoring import Score
from abound.stages.prove import prove
from abound.stages.read import read
from abound.stages.split import split


def results(loss: float, noise: float = 0.001) -> list[RepeatResult]:
    rng = np.random.default_rng(0)
    out = []
    for _ in range(10):
        draws = 0.9 + noise * rng.normal(size=(2, 200))
        scores = {
            "real_only": [Score(tune=0.9, test=0.9 + noise * rng.normal(), draws=tuple(draws[0]))],
            "mixed": [Score(tune=0.9, test=0.9 - loss + noise * rng.normal(), draws=tuple(draws[1] - loss))],
        }
        out.append(RepeatResult({n: {"rows": 1, "weight": 1.0} for n in scores}, {}, scores))
    return out


def question(classes: dict[str, int], gaps: tuple[Gap, ...] = ()):
    rows = [name for name, n in classes.items() for _ in range(n)]
    data = read(pl.DataFrame({"x": np.arange(len(rows)) + 0.5, "y": rows}), target="y")
    return common_question(data.schema, gaps)


@pytest.mark.parametrize(
    ("loss", "noise", "verdict"), [(0.05, 0.001, "fails"), (0.0, 0.001, "holds"), (0.005, 0.03, "not shown")]
)
def test_the_verdict_of_the_guard(loss, noise, verdict):
    asked = question({"rare": 10, "often": 90})
    found = guard(results(loss, noise), "mixed", 0, asked, judged.TestFacts(2000, None, 2000))
    assert found is not None
    assert found.verdict == verdict
    assert f"{100 * found.difference:+.2f} points" in found.sentence


def test_with_two_classes_the_common_one_is_the_other():
    asked = question({"rare": 10, "often": 90})
    assert asked.name == "the common rows (often)"
    assert asked.threshold.name == "f1"


def test_with_more_classes_those_that_no_gap_calls_rare():
    rare = Gap(
        kind="rare", finder="rare_class", slice=Slice(on="rows", terms=(Term(column="y", op="==", value="c"),)),
        support=5, main_rows=5, groups=5, wanted=50,
    )  # fmt: skip
    asked = question({"a": 50, "b": 45, "c": 5}, (rare,))
    assert asked.name == "the common rows (a, b)"
    assert asked.threshold is None
    assert question({"a": 50, "b": 45, "c": 5}) is None


def test_rows_that_push_the_border_into_the_common_class_are_caught():
    """Synthetic positives all over the common region: recall may rise, the common rows pay."""
    rng = np.random.default_rng(1)
    x = np.r_[rng.normal(0, 1, 900), rng.normal(2.5, 1, 100)]
    data = read(pl.DataFrame({"x": x, "y": ["no"] * 900 + ["yes"] * 100}), target="y", positive="yes")
    parts = split(data, seed=0)
    arms = []
    for _ in range(3):
        flood = parts.train.take(rng.integers(0, len(parts.train), 3000))
        frame = flood.main.with_columns(pl.lit("yes").alias("y"), pl.lit("synthetic").alias("_origin"))
        arms.append(parts.train.concat_with(flood.with_table(flood.schema.main, frame)))
    study = prove(
        {"mixed": arms}, baseline=[parts.train] * 3, tune=parts.tune, test=parts.test, learner="tree",
        metric="recall", controls=("real_only",),
    )  # fmt: skip
    (found,) = study.guards
    assert found.name == "the common rows (no)"
    assert found.units == study.claim.units - study.claim.positives
