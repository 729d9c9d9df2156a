"""Are planted weak slices found, and is nothing found where there is nothing?

Planted: in a random slice of one to three conditions on a real table's own columns labels are flipped (numbers are
moved), so that the error there is 15 points above the model's own error on the clean table (points of the mean
absolute deviation for numbers). Ranges are cut at random places, not at the finder's. The slice counts as found if
a reported one has at least half of their joint rows in common with it; a reported one is right if that is so or if
it lies to over 80 % inside. Two kinds of table: `redrawn`, whose labels are what a small tree says of the real
ones, each then wrong with the same probability, so that the clean error is even and the planted slice is all there
is to find; and `real`, with its own labels, which are hard in some slices anyway: those count against precision
(rows `_real_labels`; with `against: confidence`, rows `_real_labels_confidence`).

Clean: `coin` labels are drawn by coin, so that the error is even whatever the model learns; `redrawn` as above;
`smooth` labels are drawn from a logistic model's probabilities: the error is uneven, but all of it is noise that a
calibrated model expects, so that `against: confidence` should be silent.

Third part: slices reported on untouched tables, judged on rows that neither train nor tune held.

SliceLine (Sagadeeva and Boehm 2021) beside it: its score with alpha .95 and support n / 100, maximised over the
same conditions by full enumeration; the first slice, as there is one to find. It has no test: it always reports.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.gap import Gap
from abound.core.labels import classes, codes, numbers, set_labels
from abound.core.registry import create
from abound.encoding.losses import RowLoss, row_losses
from abound.encoding.slices import axes_of
from abound.stages.read import read
from abound.stages.split import split
from abound.stats.intervals import wilson
from abound.stats.lattice import blocks, choices, inside
from benchmarks.rows import row
from benchmarks.tables import here, load

TABLES = ("adult", "credit_default", "kc_house", "abalone", "hypothyroid", "digits")
LARGE = ("adult", "credit_default", "kc_house", "abalone")  # enough rows for a slice of 200
POINTS, SUPPORT, LARGEST, WRONG = 0.15, 200, 0.25, 0.1
ROWS, QUICK_ROWS = 9000, 2500
# Labels, what slices are held against (None: the default), and the tail of the rows' names.
_PLANTED = (
    ("redrawn", None, ""),
    ("real", None, "_real_labels"),
    ("real", "confidence", "_real_labels_confidence"),
)
Bools = np.ndarray[Any, Any]


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Planted runs, clean runs, untouched tables, and one search of full size."""
    large, every = here(LARGE), here(TABLES)
    if quick:
        return _quick()
    planted, clean = 24, 40
    seed = 30_000
    out: list[dict[str, Any]] = []
    out += [_task("plant", large, "redrawn", k, seed) for k in range(planted)]
    out += [_task("plant", large, "real", k, seed + 1000) for k in range(planted // 2)]
    out += [{**t, "against": "confidence"} for t in out if t["labels"] == "real"]
    out += [_task("clean", every, ("coin", "redrawn")[k // len(every) % 2], k, seed + 2000) for k in range(clean)]
    for against in ("elsewhere", "confidence"):
        out += [{**_task("clean", large, "smooth", k, seed + 3000), "against": against} for k in range(clean // 6)]
    out += [_task("third", large, "real", k, seed + 4000) for k in range(len(large))]
    return out + ([] if "adult" not in large else [{"do": "speed", "table": "adult", "seed": seed}])


def _task(do: str, tables: list[str], labels: str, k: int, seed: int) -> dict[str, Any]:
    return {"do": do, "table": tables[k % len(tables)], "labels": labels, "seed": seed + k}


def _quick() -> list[dict[str, Any]]:
    """One planting and one clean run on fewer rows; the other measures say why they are missing."""
    table = here(LARGE)[-1:]
    made = [_task("plant", table, "redrawn", 0, 30_000), _task("clean", table, "coin", 0, 32_000)]
    return [{**t, "rows": QUICK_ROWS} for t in made]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """One run by what the task says to do."""
    return {"plant": _planted, "clean": _clean, "third": _third, "speed": _speed}[task["do"]](task)


@cache
def _read(name: str) -> Dataset:
    frame, target = load(name)
    return read(frame, target=target)


def _data(task: dict[str, Any]) -> tuple[Dataset, np.random.Generator]:
    """At most ROWS rows of the table (QUICK_ROWS in quick runs), with the labels that the task asks for."""
    data, rng = _read(task["table"]), np.random.default_rng([task["seed"], *task["table"].encode()])
    data = data.take(np.sort(rng.permutation(len(data))[: task.get("rows", ROWS)]))
    return _relabelled(data, task["labels"], rng), rng


def _relabelled(data: Dataset, how: str, rng: np.random.Generator) -> Dataset:
    if how == "real":
        return data
    task, n = data.schema.task(), len(data)
    ctx = Context(seed=int(rng.integers(2**31)))
    if how == "smooth" and task.kind == "classification":
        p = create("learner", "linear").fit(data, task, data, ctx).predict(data).to_numpy()
        return set_labels(data, task, (p.cumsum(axis=1) > rng.random(n)[:, None]).argmax(axis=1))
    if how == "coin" and task.kind == "classification":
        return set_labels(data, task, rng.integers(len(classes(data.schema, task)), size=n))
    learner = ("linear", {}) if how == "smooth" else ("tree", {"max_depth": 2, "min_samples_leaf": n // 20})
    said = create("learner", *learner).fit(data, task, data, ctx).predict(data)
    if task.kind == "regression":
        y = numbers(data, task)
        middle = np.full(n, y.mean()) if how == "coin" else said["value"].to_numpy()
        return _with_numbers(data, middle + rng.laplace(scale=np.abs(y - y.mean()).mean() / 3, size=n))
    label, k = said.to_numpy().argmax(axis=1), said.width
    wrong = rng.random(n) < WRONG
    return set_labels(data, task, np.where(wrong, (label + rng.integers(1, k, size=n)) % k, label))


def _with_numbers(data: Dataset, y: np.ndarray[Any, Any]) -> Dataset:
    name, table = data.schema.task().targets[0], data.schema.main_table
    columns = tuple(c.model_copy(update={"integer": False}) if c.name == name else c for c in table.columns)
    schema = data.schema.with_columns(table.name, columns)
    return data.with_table(table.name, data.main.with_columns(pl.Series(name, y, dtype=pl.Float64)), schema)


def _random_slice(data: Dataset, rng: np.random.Generator) -> Bools:
    """Rows of a random conjunction: levels as often as they occur, ranges between random quantiles."""
    table = data.schema.main_table
    names = [c for c in table.features() if table.column(c).kind in ("category", "bool", "number")]
    hold = np.ones(len(data), dtype=bool)
    for name in rng.choice(names, int(rng.integers(1, 4)), replace=False):
        column = data.main[str(name)]
        if table.column(str(name)).kind == "number":
            values = column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
            low, high = np.nanquantile(values, np.sort(rng.random(2))) if len(column.drop_nulls()) else (0.0, 0.0)
            hold &= (values >= low) & (values <= high)
        else:
            hold &= (column == column[int(rng.integers(len(data)))]).fill_null(False).to_numpy()
    return hold


def _planted(task: dict[str, Any]) -> dict[str, Any]:
    data, rng = _data(task)
    data = data.with_table(data.schema.main, data.main.with_columns(pl.Series("_row", np.arange(len(data)))))
    parts = split(data, seed=task["seed"])
    ctx = Context(seed=task["seed"])
    learner = _learner(data, task)
    clean = _losses(parts.train, learner, ctx).loss
    own, place = np.full(len(data), np.nan), parts.train.main["_row"].to_numpy()
    own[place] = clean
    for _ in range(10_000):
        hold = _random_slice(data, rng)
        there = hold[place]
        if there.sum() >= SUPPORT and there.mean() <= LARGEST and _room(data, float(clean[there].mean())):
            break
    else:
        return {"none": True}
    harder = _harder(data, hold, own, rng)
    train, tune = (_by_row(harder, part) for part in (parts.train, parts.tune))
    gaps = create("finder", "weak_slice", _params(data, task)).find(train, tune, (), ctx)
    loss, masks = _losses(train, learner, ctx).loss, [train.mask(g.slice).to_numpy() for g in gaps if g.slice]
    rise = float((loss[there].mean() - clean[there].mean()) / _unit(data))
    ours = {"found": any(_same(m, there) for m in masks), "right": [_right(m, there) for m in masks]}
    line = _sliceline(train, loss)
    return {
        **ours, "rows": int(there.sum()), "rise": rise,
        "line": {"found": _same(line, there), "right": [_right(line, there)]},
    }  # fmt: skip


def _learner(data: Dataset, task: dict[str, Any]) -> str:
    """The model judged. The default one holds a linear model, whose error on numbers from a tree is not even."""
    return "boosting" if data.schema.task().kind == "regression" and task["labels"] == "redrawn" else "ensemble"


def _params(data: Dataset, task: dict[str, Any]) -> dict[str, Any]:
    return {"learner": _learner(data, task), "against": task.get("against", "elsewhere")}


def _losses(data: Dataset, learner: str, ctx: Context) -> RowLoss:
    kind = data.schema.task().kind
    out = ctx.crossfit(data, learner).out_of_fold
    return row_losses(data, out, "error" if kind == "classification" else "absolute")


def _unit(data: Dataset) -> float:
    """What errors are counted in: shares of rows, or the mean absolute deviation of the target."""
    if data.schema.task().kind == "classification":
        return 1.0
    y = numbers(data, data.schema.task())
    return float(np.abs(y - y.mean()).mean())


def _room(data: Dataset, error: float) -> bool:
    """Whether flipping labels can raise that error by the points planted."""
    return data.schema.task().kind == "regression" or error <= 0.3


def _harder(data: Dataset, hold: Bools, clean: np.ndarray[Any, Any], rng: np.random.Generator) -> Dataset:
    """The table with an error in the slice that is POINTS larger for a model that predicts as before."""
    task, rows = data.schema.task(), np.flatnonzero(hold)
    own = clean[rows][~np.isnan(clean[rows])]
    if task.kind == "classification":
        label, k = codes(data, task), len(classes(data.schema, task))
        error = float(own.mean())
        flip = rows[rng.random(len(rows)) < POINTS / (1 - error - error / (k - 1))]
        label[flip] = (label[flip] + rng.integers(1, k, size=len(flip))) % k
        return set_labels(data, task, label)
    low, high = 0.0, 20 * _unit(data)
    for _ in range(60):  # |r + d| and |r - d| have mean max(|r|, d)
        move = (low + high) / 2
        more = float(np.maximum(own, move).mean() - own.mean())
        low, high = (move, high) if more < POINTS * _unit(data) else (low, move)
    y = numbers(data, task)
    y[rows] += move * rng.choice([-1.0, 1.0], size=len(rows))
    return _with_numbers(data, y)


def _by_row(data: Dataset, part: Dataset) -> Dataset:
    rows = data.take(part.main["_row"].to_numpy())
    return replace(rows, split=part.split)


def _same(mask: Bools, truth: Bools) -> bool:
    return bool((mask & truth).sum() >= 0.5 * (mask | truth).sum())


def _right(mask: Bools, truth: Bools) -> bool:
    return _same(mask, truth) or bool((mask & truth).sum() > 0.8 * mask.sum())


def _sliceline(train: Dataset, loss: np.ndarray[Any, Any]) -> Bools:
    """Rows of the slice with the best score: .95 (its mean loss / the mean - 1) - .05 (n / its rows - 1)."""
    table, n = train.schema.main_table, len(train)
    axes = axes_of(table, train.main, table.features(), bins=6, most=50).of(train.main)
    made = choices(axes, max(32, n // 100))
    best, conditions = 0.0, ()
    for terms in (1, 2, 3):
        for block in blocks(made, terms, np.column_stack([np.ones(n), loss])):
            rows, total = block.sums.T
            held = np.maximum(rows, 1)
            score = 0.95 * (total / held / loss.mean() - 1) - 0.05 * (n / held - 1)
            score[rows < max(32, n // 100)] = -np.inf
            if score.max(initial=0.0) > best + 1e-9:
                best, conditions = float(score.max()), block.conditions(int(score.argmax()))
    return inside(axes, conditions) if conditions else np.zeros(n, dtype=bool)


def _find(data: Dataset, task: dict[str, Any]) -> tuple[list[Gap], Any]:
    parts = split(data, seed=task["seed"])
    ctx = Context(seed=task["seed"])
    return create("finder", "weak_slice", _params(data, task)).find(parts.train, parts.tune, (), ctx), parts


def _clean(task: dict[str, Any]) -> dict[str, Any]:
    gaps, _ = _find(_data(task)[0], task)
    return {"slices": [str(g.slice) for g in gaps]}


def _third(task: dict[str, Any]) -> dict[str, Any]:
    """Slices of an untouched table, each judged by a permutation on a third part."""
    from abound.stats.dealing import chance_of

    data, rng = _data(task)
    third = rng.random(len(data)) < 0.3
    gaps, parts = _find(data.take(np.flatnonzero(~third)), task)
    fresh = data.take(np.flatnonzero(third))
    pred = Context(seed=task["seed"]).crossfit(parts.train).mean(fresh)
    loss = row_losses(fresh, pred, "error" if data.schema.task().kind == "classification" else "absolute").loss
    masks = [fresh.mask(g.slice).to_numpy() for g in gaps if g.slice]
    return {"chances": [chance_of(loss, m, strata=None, groups=None, draws=999, rng=rng) for m in masks]}


def _speed(task: dict[str, Any]) -> dict[str, Any]:
    parts = split(_read(task["table"]), seed=task["seed"])
    ctx = Context(seed=task["seed"])
    ctx.crossfit(parts.train)
    start = time.process_time()
    create("finder", "weak_slice").find(parts.train, parts.tune, (), ctx)
    return {"seconds": time.process_time() - start, "rows": len(parts.train)}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Recall and precision of planted slices, alarms on clean tables, how reported slices fare on fresh rows."""
    done = list(zip(tasks(quick), results, strict=True))

    def some(do: str, labels: str, against: str | None = None) -> list[dict[str, Any]]:
        wanted = {"do": do, "labels": labels, "against": against}
        return [r for t, r in done if {k: t.get(k) for k in wanted} == wanted and "none" not in r]

    out = []
    for labels, against, tail in _PLANTED:
        planted = some("plant", labels, against)
        lines = [r["line"] for r in planted]
        about = {"mean rise": float(np.mean([r["rise"] for r in planted])) if planted else None}
        for name, made in (("weak_slice", planted), ("sliceline", lines))[: 2 if against is None else 1]:
            out.append(_share(f"{name}_recall{tail}", [r["found"] for r in made], about))
            out.append(_share(f"{name}_precision{tail}", [x for r in made for x in r["right"]], about))
    clean = [bool(r["slices"]) for labels in ("coin", "redrawn") for r in some("clean", labels)]
    out.append(_share("weak_slice_clean_alarms", clean, {"limit": 0.05}))
    for against in ("elsewhere", "confidence"):
        alarms = [bool(r["slices"]) for r in some("clean", "smooth", against)]
        out.append(_share(f"weak_slice_smooth_alarms_{against}", alarms, None))
    chances = [c for r in some("third", "real") for c in r["chances"]]
    out.append(_share("weak_slice_third_part", [c <= 0.05 for c in chances], "p <= .05 on a third part"))
    speed = [r for t, r in done if t["do"] == "speed"]
    seconds = row("weak_slice_adult_seconds", None, "s", reason="quick or adult is not here")
    if speed:
        seconds = row("weak_slice_adult_seconds", speed[0]["seconds"], "s", n=speed[0]["rows"])
    return [*out, seconds]


def _share(name: str, hits: list[bool], reference: Any) -> dict[str, Any]:
    if not hits:
        return row(name, None, "share", reason="quick, or nothing was reported")
    low, high = wilson(sum(hits), len(hits))
    return row(name, sum(hits) / len(hits), "share", low=low, high=high, n=len(hits), reference=reference)
