"""How often does `prove` say "helps" of synthetic rows that are worthless by construction?

Four kinds of worthless rows, each as many as the real ones: copies of training rows; copies with shuffled labels;
uniform noise in the range of each column with labels drawn at their shares; columns drawn independently of one
another (`marginals`). In each run a real table is split, five training sets of 150 rows are drawn, and the arm is
judged against the cheapest controls only, which is the hardest case: every further control can only take a claim
away. Beside it, on the same runs, what two usual protocols would have claimed:

- best_on_test: of four ratios of synthetic to real rows, one fit each, the best on test beats real only;
- sdmetrics_rule: the augmented score of SDMetrics' efficacy metrics (recall at a threshold that gives precision .9
  on each arm's own training table, one boosted model an arm) is above .5, that is, above the real table's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.labels import codes
from abound.core.recipe import Use
from abound.core.run import Run
from abound.stages.prove import prove
from abound.stages.read import read
from abound.stages.split import split
from benchmarks.rows import share
from benchmarks.tables import load

TABLES = {
    "breast_cancer": "malignant", "digits": "8", "pima": "positive", "german": "2", "satimage": "4", "yeast": "ME3",
    "vehicle": "van", "page-blocks": "2", "abalone": "I",
}  # fmt: skip
KINDS = ("duplicates", "shuffled", "noise", "marginals")
LEARNERS: dict[str, dict[str, Any]] = {"linear": {}, "tree": {"max_depth": 4}, "boosting": {"max_iter": 40}}
CONTROLS = ("real_only", "duplicated", "class_weights", "smote")
RATIOS = (0.25, 0.5, 1.0, 2.0)
REPEATS, ROWS, MOST = 5, 150, 2500


def tasks(quick: bool) -> list[dict[str, Any]]:
    """1,000 runs with the linear model and the tree, 100 with boosting; table, kind and learner take turns.

    In quick runs each kind once with the linear model, and one run with boosting, all on one small table.
    """
    counts = (8, 1) if quick else (1000, 100)
    small = [{"learner": ("linear", "tree")[i % 2], "seed": 1000 + i} for i in range(counts[0])]
    large = [{"learner": "boosting", "seed": 9000 + i} for i in range(counts[1])]
    names = ["pima"] if quick else list(TABLES)
    every = [
        {**t, "kind": KINDS[i // 2 % 4], "table": names[i // 8 % len(names)]}
        for i, t in enumerate([*small, *large])
    ]
    return every[::2] if quick else every


def two_class(name: str, rng: np.random.Generator) -> Dataset:
    """At most MOST rows of a table, its class of interest against the others."""
    frame, target = load(name)
    frame = frame.with_columns(
        (pl.col(target) == TABLES[name]).replace_strict({True: "yes", False: "no"}).alias("y")
    )
    frame = frame.drop(target) if target != "y" else frame
    keep = np.sort(rng.permutation(frame.height)[:MOST])
    return read(frame[keep], target="y", positive="yes")


def useless(kind: str, real: Dataset, rows: int, rng: np.random.Generator) -> Dataset:
    """Rows that carry nothing new about the target."""
    drawn = real.take(rng.integers(0, len(real), rows))
    frame = drawn.main.with_columns(pl.lit("synthetic").alias("_origin"))
    if kind == "marginals":
        made = registry.create("generator", "marginals").fit(real, Context(seed=0)).sample(rows, rng=rng)
        frame = made.main.with_columns(pl.lit("synthetic").alias("_origin"))
    if kind == "shuffled":
        frame = frame.with_columns(pl.Series("y", rng.permutation(frame["y"].to_numpy())))
    if kind == "noise":
        table = real.schema.main_table
        numbers = [c for c in table.features() if table.column(c).kind == "number"]
        frame = frame.with_columns([_uniform(real.main[c], rows, rng) for c in numbers])
        others = [c for c in table.features() if c not in numbers]
        frame = frame.with_columns([pl.Series(c, rng.permutation(frame[c].to_numpy())) for c in [*others, "y"]])
    return drawn.with_table(real.schema.main, frame)


def _uniform(seen: pl.Series, rows: int, rng: np.random.Generator) -> pl.Series:
    values = seen.drop_nulls().cast(pl.Float64)
    low, high = float(values.min()), float(values.max())  # type: ignore[arg-type]
    drawn = pl.Series(seen.name, rng.uniform(low, high, rows))
    return (drawn.round() if seen.dtype.is_integer() else drawn).cast(seen.dtype)


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The verdict of one run, and what the two usual protocols would have claimed."""
    rng = np.random.default_rng(task["seed"])
    data = two_class(task["table"], rng)
    parts = split(data, seed=task["seed"])
    size = min(ROWS, int(0.8 * len(parts.train)))
    real = [parts.train.take(_draw(parts.train, size, rng)) for _ in range(REPEATS)]
    arms = {"mixed": [r.concat_with(useless(task["kind"], r, len(r), rng)) for r in real]}
    learner = registry.create("learner", task["learner"], LEARNERS[task["learner"]])
    with tempfile.TemporaryDirectory() as work:
        study = prove(
            arms, baseline=real, tune=parts.tune, test=parts.test, controls=CONTROLS, seed=task["seed"],
            learner=Use(name=task["learner"], params=LEARNERS[task["learner"]]), run=Run(Path(work)),
        )  # fmt: skip
        test = Dataset.load(parts.test.folder)
    best = _best_on_test(learner, task["kind"], real[0], parts.tune, test, rng)
    rule = _sdmetrics_rule(real[0], arms["mixed"][0], test)
    return {"verdict": study.verdict, "best_on_test": best, "sdmetrics_rule": rule}


def _draw(train: Dataset, size: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Positions of a training set with at least five rows of either class."""
    y = codes(train, train.schema.task())
    sure = np.concatenate([rng.permutation(np.flatnonzero(y == c))[:5] for c in (0, 1)])
    rest = rng.permutation(np.setdiff1d(np.arange(len(train)), sure))[: size - len(sure)]
    return np.sort(np.concatenate([sure, rest]))


def _best_on_test(
    learner: Any, kind: str, real: Dataset, tune: Dataset, test: Dataset, rng: np.random.Generator
) -> bool:
    metric, task = registry.create("metric", "average_precision"), real.schema.task()

    def score(data: Dataset) -> float:
        pred = learner.fit(data, task, tune, Context(seed=0)).predict(test)
        return float(metric.value(metric.units(test, pred, task), test.weights()[None, :])[0])

    scores = [score(real.concat_with(useless(kind, real, round(r * len(real)), rng))) for r in RATIOS]
    return max(scores) > score(real)


def _sdmetrics_rule(real: Dataset, mixed: Dataset, test: Dataset) -> bool:
    return _efficacy(mixed, test) > _efficacy(real, test)


def _efficacy(train: Dataset, test: Dataset) -> float:
    """Recall on test at the threshold with the most recall at precision .9 on the training table itself."""
    from sklearn.metrics import precision_recall_curve

    task = train.schema.task()
    model = registry.create("learner", "boosting", {"max_iter": 40, "patience": 1000})
    fitted = model.fit(train, task, train, Context(seed=0))
    own, there = fitted.predict(train)["p:yes"].to_numpy(), fitted.predict(test)["p:yes"].to_numpy()
    y = codes(train, task) == train.schema.target().domain.index("yes")  # type: ignore[union-attr]
    precision, recall, cuts = precision_recall_curve(y, own)
    good = np.flatnonzero(precision[:-1] >= 0.9)
    cut = cuts[good[np.argmax(recall[good])]] if len(good) else 1.0
    truth = codes(test, task) == test.schema.target().domain.index("yes")  # type: ignore[union-attr]
    return float((there[truth] >= cut).mean())


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Rows false_helps, false_helps_boosting and the two usual protocols."""
    every = tasks(quick)
    small = [r for t, r in zip(every, results, strict=True) if t["learner"] != "boosting"]
    large = [r for t, r in zip(every, results, strict=True) if t["learner"] == "boosting"]
    what = f"{len(TABLES)} tables, {', '.join(KINDS)}; {REPEATS} repeats of {ROWS} rows"
    out = [share("false_helps", [r["verdict"] == "helps" for r in small], {"limit": 0.05, "over": what})]
    if large:
        out.append(share("false_helps_boosting", [r["verdict"] == "helps" for r in large], {"limit": 0.05}))
    for kind in KINDS:
        of = [r["verdict"] == "helps" for t, r in zip(every, results, strict=True) if t["kind"] == kind]
        out.append(share(f"false_helps_{kind}", of, {"limit": 0.05}))
    for name in ("best_on_test", "sdmetrics_rule"):
        out.append(share(name, [r[name] for r in results], {"same runs": what}))
    return out
