"""Does `find` find what is in the data? Fresh plantings on real tables: a rare subclass, outliers, label errors.

A planting draws at most 1,700 rows of a table with several classes, joins its classes at random in twos, keeps 20
rows of one hidden class, appends 20 outliers and gives 40 rows the label of another joined class. Outliers are the
"global" ones of ADBench (Han et al. 2022): each number is uniform over 1.1 times the column's range; each category
is uniform over its levels, or in one cell of three a level that no other row has; their label is drawn from the
labels. `find` sees the table, the joined classes and nothing else, and is judged by the rows it lists, in order.

Peers see the same rows, numbers standardised and categories one-hot, and for cleanlab the same out-of-fold
probabilities: its label quality (self-confidence; Northcutt et al. 2021) and its outlier score (mean cosine
distance to ten neighbours; Kuan and Mueller 2022), IsolationForest, LOF, distance to the fifth neighbour, ECOD.

Rules were chosen on other tables: fars, kr-vs-k, dermatology, led7digit, flare, letter, penbased, texture, mushroom
(its odor), 5,000 digits of MNIST as 7 x 7 pixels, and two kinds of Gaussian mixtures; the limit for outliers and
the distance of rare levels on these, adult, credit_default, kc_house, hypothyroid, abalone, german and others. The
tables below have been judged four times, each time on fresh seeds and with other rules: on 0 to 4, 5 to 9, 10 to 14
and now. The third time showed that label errors were missed where neighbours say nothing; what to do then was chosen on
the development tables.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.labels import classes, codes, probabilities
from abound.core.recipe import Use
from abound.encoding.features import fit_features
from abound.stages.find import find
from abound.stages.read import read
from benchmarks.rows import row
from benchmarks.tables import load

TABLES = ("digits", "segment", "satimage", "vowel", "vehicle", "yeast", "page-blocks", "splice", "car", "nursery")
QUICK = ("vehicle",)
SEEDS = tuple(range(15, 20))
ACCURATE = 0.95  # out-of-fold accuracy, on rows that were not planted, from which label errors must be found
FACTOR = 3.0
Scores = dict[str, np.ndarray[Any, Any]]
ROWS, RARE, OUTLIERS, FLIPS = 1700, 20, 20, 40
LEAST = 40  # rows that a class needs to be hidden, so that hiding it removes rows


def plant(name: str, seed: int) -> tuple[pl.DataFrame, str, np.ndarray[Any, Any]]:
    """A frame, its target, and what each row is: "", "rare", "outlier", "label_error"."""
    frame, target = load(name)
    return planted(frame, target, np.random.default_rng([seed, *name.encode()]))


def planted(frame: pl.DataFrame, target: str, rng: np.random.Generator) -> tuple[pl.DataFrame, str, Any]:
    """The same for any frame of numbers and categories."""
    frame = frame.drop_nulls(target)
    labels = frame[target].cast(pl.String).to_numpy()
    names, counts = np.unique(labels, return_counts=True)
    order = rng.permutation(len(names))
    joined = {names[c]: f"s{i // 2}" for i, c in enumerate(order)}
    paired = [names[c] for i, c in enumerate(order) if i < len(order) // 2 * 2]
    enough = [n for n in sorted(paired) if counts[names == n][0] >= LEAST]
    hidden = rng.choice(enough)
    inside, others = np.flatnonzero(labels == hidden), np.flatnonzero(labels != hidden)
    others = rng.permutation(others)[: ROWS - RARE]
    rows = rng.permutation(np.concatenate([rng.choice(inside, RARE, replace=False), others]))
    what = np.where(labels[rows] == hidden, "rare", "").astype(object)
    y = np.array([joined[v] for v in labels[rows]], dtype=object)
    classes = np.unique(y)
    flipped = rng.choice(np.flatnonzero(what == ""), FLIPS, replace=False)
    y[flipped] = [rng.choice(classes[classes != v]) for v in y[flipped]]
    what[flipped] = "label_error"
    features = frame.drop(target)[rows]
    strange = pl.DataFrame([_strange(features[c], rng) for c in features.columns])
    whole = pl.concat([features, strange.cast(dict(features.schema))])  # type: ignore[arg-type]
    y = np.concatenate([y, rng.choice(y, OUTLIERS)])
    what = np.concatenate([what, np.full(OUTLIERS, "outlier", dtype=object)])
    mixed = rng.permutation(len(y))
    whole = whole.with_columns(pl.Series("joined", y.tolist()))[mixed]
    return whole, "joined", what[mixed]


def _strange(column: pl.Series, rng: np.random.Generator) -> pl.Series:
    """Cells of outliers."""
    seen = column.drop_nulls()
    if column.dtype.is_numeric():
        low, high = float(seen.min()), float(seen.max())  # type: ignore[arg-type]
        middle, half = (low + high) / 2, 1.1 * (high - low) / 2
        return pl.Series(column.name, rng.uniform(middle - half, middle + half, OUTLIERS))
    levels = seen.unique().sort().to_list()
    cells = [levels[i] for i in rng.integers(len(levels), size=OUTLIERS)]
    new = rng.random(OUTLIERS) < 1 / 3
    return pl.Series(column.name, [f"new {i}" if n else c for i, (c, n) in enumerate(zip(cells, new, strict=True))])


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Plantings by table and seed."""
    tables, seeds = (QUICK, SEEDS[:1]) if quick else (TABLES, SEEDS)
    return [{"table": t, "seed": s} for t in tables for s in seeds]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """One planting: what was found, and average precisions beside those of the peers."""
    frame, target, what = plant(task["table"], task["seed"])
    data = read(frame, target=target)
    ctx = Context(seed=task["seed"])
    # A list longer than the default's, as a ranking.
    listing = Use(name="label_error", params={"own": 0.5, "other": 0.01, "alike": 1.0})
    found = find(data, data, finders=[Use(name="outlier"), Use(name="label_error"), Use(name="hard_case")], ctx=ctx)
    ranked = find(data, data, finders=[Use(name="outlier"), listing], ctx=ctx)
    lists = {g.kind: list(g.rows) for g in found}
    wrong = next((list(g.rows) for g in ranked if g.kind == "label_error"), [])
    labels = codes(data, data.schema.task())
    p = probabilities(ctx.crossfit(data).out_of_fold, classes(data.schema, data.schema.task()))
    plain = what == ""
    peers = peer_scores(data, p[np.arange(len(labels)), labels], task["seed"])
    return {
        "table": task["table"],
        "accuracy": float((p.argmax(axis=1) == labels)[plain].mean()),
        "rare": precision(what == "rare", ranks(lists.get("hard", []), len(what))),
        "rare_peers": {name: precision(what == "rare", score) for name, score in peers.items()},
        "outlier": hits(what == "outlier", lists.get("outlier", [])),
        "outlier_peers": {name: precision(what == "outlier", score) for name, score in peers.items()},
        "label_error": hits(what == "label_error", lists.get("label_error", [])),
        "label_error_ap": precision(what == "label_error", ranks(wrong, len(what))),
        "label_error_cleanlab": precision(what == "label_error", peers["cleanlab_label"]),
    }


def ranks(rows: list[int], n: int) -> np.ndarray[Any, Any]:
    """A score for each row: larger the earlier it is listed, 0 if it is not."""
    score = np.zeros(n)
    score[rows] = np.arange(len(rows), 0, -1)
    return score


def precision(true: np.ndarray[Any, Any], score: np.ndarray[Any, Any]) -> float:
    """Average precision; rows with equal scores count together."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(true, score))


def hits(true: np.ndarray[Any, Any], rows: list[int]) -> dict[str, int]:
    """How many there are, how many were listed, and how many of these rightly."""
    return {"true": int(true.sum()), "listed": len(rows), "right": int(true[rows].sum())}


def peer_scores(data: Dataset, own: np.ndarray[Any, Any], seed: int) -> Scores:
    """For each peer a score of each row, larger is stranger; `own` is the out-of-fold probability of its label."""
    from sklearn.ensemble import IsolationForest
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

    x = fit_features(data, data.schema.main, "dense").encode(data)
    cosine = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute").fit(x)
    return {
        "cleanlab_label": 1.0 - own,
        "cleanlab_outlier": cosine.kneighbors()[0].mean(axis=1),
        "isolation_forest": -IsolationForest(random_state=seed).fit(x).score_samples(x),
        "lof": -LocalOutlierFactor(n_neighbors=20).fit(x).negative_outlier_factor_,
        "knn": NearestNeighbors(n_neighbors=5).fit(x).kneighbors()[0][:, -1],
        "ecod": ecod(x),
    }


def ecod(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Empirical cumulative distributions (Li et al. 2022): summed -log tail probabilities, larger of three sums."""
    from scipy.stats import rankdata, skew

    left = -np.log(rankdata(x, method="max", axis=0) / len(x))
    right = -np.log(rankdata(-x, method="max", axis=0) / len(x))
    tilt = np.sign(np.nan_to_num(skew(x, axis=0)))
    both = np.where(tilt < 0, left, right)
    return np.maximum(np.maximum(left.sum(axis=1), right.sum(axis=1)), both.sum(axis=1))


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Means within a table; over tables the median, with the smallest and the largest beside it."""
    by_table = {t: [r for r in results if r["table"] == t] for t in dict.fromkeys(r["table"] for r in results)}
    tables = {t: _table(runs) for t, runs in by_table.items()}
    sure = {t: v for t, v in tables.items() if v["accuracy"] >= ACCURATE}
    rest = {t: v for t, v in tables.items() if t not in sure}
    n = len(results)
    won = [t for t, v in tables.items() if v["rare"] >= FACTOR * v["rare_best"]]
    above = [t for t, v in rest.items() if v["label_error_ap"] > v["label_error_cleanlab"]]
    out = [
        _over("rare_subclass_ap", tables, "rare", n, also=("rare_best", "rare_peer")),
        row("rare_subclass_wins", len(won), "tables", n=len(tables), reference={"factor": FACTOR, "won": won}),
        _over("outlier_f1", tables, "outlier_f1", n, also=("outlier_precision", "outlier_recall", "outlier_best")),
    ]
    for name in ("recall", "precision"):
        key = f"label_error_{name}"
        out.append(_over(key, sure, key, n, also=("accuracy",)))
    out.append(_over("label_error_ap", rest, "label_error_ap", n, also=("label_error_cleanlab", "accuracy")))
    out.append(row("label_error_wins", len(above), "tables", n=len(rest), reference={"above cleanlab": above}))
    return out


def _over(name: str, tables: dict[str, Any], key: str, n: int, also: tuple[str, ...]) -> dict[str, Any]:
    if not tables:
        return row(name, None, "share", reason=f"no table is on that side of an out-of-fold accuracy of {ACCURATE}")
    values = [v[key] for v in tables.values()]
    shown = {t: {k: v[k] for k in (key, *also)} for t, v in tables.items()}
    return row(
        name, float(np.median(values)), "share", low=min(values), high=max(values), n=n,
        reference={"low and high": "smallest and largest table", "tables": shown},
    )  # fmt: skip


def _table(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One table's means; the best peer is the one with the best mean here."""
    made: dict[str, Any] = {
        k: _mean([r[k] for r in runs]) for k in ("accuracy", "rare", "label_error_ap", "label_error_cleanlab")
    }
    for what in ("rare", "outlier"):
        means = {p: _mean([r[f"{what}_peers"][p] for r in runs]) for p in runs[0][f"{what}_peers"]}
        made[f"{what}_peer"] = max(means, key=lambda p: means[p])
        made[f"{what}_best"] = max(means.values())
    for what in ("outlier", "label_error"):
        right, listed, true = (sum(r[what][k] for r in runs) for k in ("right", "listed", "true"))
        made[f"{what}_precision"] = round(right / max(1, listed), 4)
        made[f"{what}_recall"] = round(right / true, 4)
        made[f"{what}_f1"] = round(2 * right / (listed + true), 4)
    return made


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 4)
