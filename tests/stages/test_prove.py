import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.ledger import unseal
from abound.core.run import Run
from abound.errors import InputError, LeakError, UnknownName
from abound.proof.controls import CONTROLS
from abound.stages.prove import prove
from abound.stages.split import split
from tests.planted import mixed_table

FAST = ("real_only", "duplicated", "class_weights")


@pytest.fixture(scope="module")
def parts():
    return split(mixed_table(3000, 11), seed=1)


def draws(parts, rows, repeats, seed=0):
    """For each repeat a training set, and as many further real rows posing as synthetic ones."""
    rng = np.random.default_rng(seed)
    real, more = [], []
    for _ in range(repeats):
        order = rng.permutation(len(parts.train))
        real.append(parts.train.take(order[:rows]))
        more.append(marked(parts.train.take(order[rows : 4 * rows])))
    return real, more


def marked(data):
    return data.with_table("rows", data.main.with_columns(pl.lit("synthetic").alias("_origin")))


def shuffled(data, seed=0):
    y = data.main["y"].sample(fraction=1.0, shuffle=True, seed=seed)
    return data.with_table("rows", data.main.with_columns(y))


def test_more_real_rows_help_and_shuffled_ones_do_not(parts):
    """Planted truth: real rows posing as synthetic must win, the same rows with shuffled labels must not."""
    real, more = draws(parts, 120, 8)
    good = [r.concat_with(m) for r, m in zip(real, more, strict=True)]
    bad = [r.concat_with(shuffled(m, i)) for i, (r, m) in enumerate(zip(real, more, strict=True))]
    common = {"baseline": real, "tune": parts.tune, "test": parts.test, "learner": "linear", "controls": FAST}
    assert prove({"mixed": good}, **common).verdict == "helps"
    study = prove({"mixed": bad}, **common)
    assert study.verdict in ("harms", "not enough evidence")
    assert study.claim.difference < 0


def test_duplicates_make_no_difference(parts):
    real, _ = draws(parts, 300, 4)
    double = [r.concat_with(marked(r)) for r in real]
    study = prove(
        {"mixed": double}, baseline=real, tune=parts.tune, test=parts.test, learner="linear", controls=FAST
    )
    assert study.verdict != "helps"
    assert abs(study.claim.difference) < 0.03


def test_every_control_runs_or_says_why(parts):
    real, more = draws(parts, 200, 2)
    arms = {"mixed": [r.concat_with(m) for r, m in zip(real, more, strict=True)]}
    study = prove(arms, baseline=real, extra=more, tune=parts.tune, test=parts.test, learner="tree")
    ran = {a.arm for a in study.arms}
    assert ran | set(study.skipped) == {c.name for c in CONTROLS} | {"mixed"}
    assert {"smote", "relabelled", "shuffled", "ensemble", "more_real", "unlabelled", "undersampled_bag"} <= ran
    assert "no rule" in study.skipped["rule_feature"]
    assert "ranks" in study.skipped["threshold"]
    weights = {a.arm: a.train_weight for a in study.arms}
    assert weights["duplicated"] == weights["smote"] == weights["class_weights"] == weights["mixed"]


def test_the_threshold_is_a_control_where_labels_are_scored(parts):
    real, more = draws(parts, 200, 3)
    arms = {"mixed": [r.concat_with(m) for r, m in zip(real, more, strict=True)]}
    study = prove(
        arms, baseline=real, tune=parts.tune, test=parts.test, learner="linear", metric="balanced_accuracy",
        controls=("real_only", "threshold"),
    )  # fmt: skip
    scores = {a.arm: a.test.mean for a in study.arms}
    assert scores["threshold"] > scores["real_only"] + 0.02  # a rare class at one half is called too seldom
    assert study.claim.control == "threshold"


def test_one_repeat_gives_no_verdict(parts):
    study = prove({"mixed": parts.train}, baseline=parts.train, tune=parts.tune, test=parts.test, learner="linear",
                  controls=FAST)  # fmt: skip
    assert study.verdict == "not enough evidence"
    assert "one repeat" in study.claim.sentence


def test_workers_and_resume_change_nothing(parts, tmp_path):
    real, more = draws(parts, 100, 3)
    arms = {"mixed": [r.concat_with(m) for r, m in zip(real, more, strict=True)]}
    common = {
        "baseline": real,
        "tune": parts.tune,
        "test": parts.test,
        "learner": "tree",
        "controls": FAST,
        "seed": 5,
    }

    def run(name, workers):
        with Run(tmp_path / name) as here:
            study = prove(arms, **common, run=here, workers=workers)
        files = sorted((tmp_path / name / "prove").rglob("*.*"))
        return study, {str(f.relative_to(tmp_path / name)): f.read_bytes() for f in files}

    one, one_files = run("one", 1)
    two, two_files = run("two", 2)
    assert one_files == two_files
    assert one.claims == two.claims
    stamp = {f: f.stat().st_mtime_ns for f in (tmp_path / "one" / "prove").rglob("*.*")}
    (tmp_path / "one" / "prove" / "repeat-001" / "repeat.json").write_text("{}")
    again, again_files = run("one", 1)
    assert again_files == one_files
    assert again.claims == one.claims
    redone = {f.parent.name for f, t in stamp.items() if f.stat().st_mtime_ns != t}
    assert redone == {"repeat-001"}


def test_every_opening_is_written_down(parts):
    before = parts.test.ledger.openings(parts.test.digest)
    study = prove({"m": parts.train}, baseline=parts.train, tune=parts.tune, test=parts.test, learner="tree",
                  controls=FAST)  # fmt: skip
    assert study.openings == before + 1


def test_the_test_set_as_an_arm_is_a_leak(parts):
    secret = unseal(parts.test, "a planted leak")
    with pytest.raises(LeakError, match="are sealed test rows"):
        prove({"mixed": secret}, baseline=parts.train, tune=parts.tune, test=parts.test, controls=FAST)


def test_arms_that_do_not_fit_together_are_one_sentence(parts):
    common = {"tune": parts.tune, "test": parts.test}
    with pytest.raises(InputError, match="same number of training sets"):
        prove({"a": [parts.train], "b": [parts.train] * 2}, baseline=parts.train, **common)
    with pytest.raises(InputError, match="baseline has 3"):
        prove({"a": [parts.train] * 2}, baseline=[parts.train] * 3, **common)
    with pytest.raises(InputError, match="at least one arm"):
        prove({}, baseline=parts.train, **common)
    with pytest.raises(UnknownName, match="average_precision"):
        prove({"a": parts.train}, baseline=parts.train, metric="average_precison", **common)


def test_the_context_decides_the_seed(parts):
    study = prove({"m": parts.train}, baseline=parts.train, tune=parts.tune, test=parts.test, learner="tree",
                  controls=FAST, ctx=Context(seed=9))  # fmt: skip
    assert study.seed == 9
