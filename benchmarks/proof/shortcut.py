"""Does the shortcut check find "looks synthetic, therefore rare", and does it leave honest rows alone?

Planted: rows of a copula, seven of ten of the rare class, that carry an artefact whatever their class: values
rounded to a few levels, no missing cells where real rows have some, a column that has nothing to do with the class
moved, a column that is constant in real rows filled with noise. A model need not fall for an artefact (where the
class is easy it gains nothing by it), and one that no model falls for does no harm. So the ground truth is what a
model learned, measured beside the check by a model that the check does not see: it is trained on the same sets and
asked about fresh common rows with and without the artefact. A shortcut is planted where the artefact makes at least
10 points more of them false positives, at the threshold that 5 % of held-out real common rows pass. The other
plantings count neither as found nor as false alarms, and how many of them were reported is shown. A set is reported
where either finding of the check (false alarms, missed rare rows) fails.

Honest: rows of the copula by class, of smote and of swap with the classes shared out as they are, and held-out real
rows given as synthetic, as they come and with as many rare ones as the planted sets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.labels import codes
from abound.core.slice import Slice, Term
from abound.stages.read import read
from abound.stats.intervals import wilson
from abound.stats.matched import positives
from benchmarks.rows import row
from benchmarks.tables import here, load

QUICK_TABLE = "german"
TABLES = ("adult", "credit_default", "hypothyroid", "breast_cancer", "digits")
RARE = {"digits": ("8",)}  # classes that are joined to the class of interest; else the rarer of two
PLANTED = ("rounded", "no_missing", "shifted_column", "noise_in_constant")
HONEST = ("copula", "smote", "swap", "held_out", "held_out_rare")
SEEDS = 3
FIRST_SEED = 500
TRAIN, REFERENCE, MADE, RARE_SHARE = 1_500, 300, 500, 0.7
RISE = 0.1
MOST = 6_000  # rows of a table that are looked at


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Every table, case and seed; quick: one planted and one honest case of one table."""
    if quick:
        return [{"table": QUICK_TABLE, "case": c, "seed": FIRST_SEED} for c in (PLANTED[-1], "held_out")]
    seeds = range(FIRST_SEED, FIRST_SEED + SEEDS)
    return [{"table": t, "case": c, "seed": s} for s in seeds for c in (*PLANTED, *HONEST) for t in here(TABLES)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The check's verdict on one set, and how far a model fell for the artefact."""
    case, seed = task["case"], task["seed"]
    rng = np.random.default_rng([11, seed])
    train, reference, rest = real_parts(task["table"], rng)
    size, rise = min(MADE, len(train)), None
    if case.startswith("held_out"):
        synth = _held_out(rest, size, case == "held_out_rare", rng)
    else:
        params = {} if case in ("smote", "swap") else {"by_target": True}
        name = case if case in ("smote", "swap") else "copula"
        sampler = registry.create("generator", name, params).fit(train, Context(seed=seed))
        synth = _smote(sampler, train, size, rng) if case == "smote" else sampler.sample(size, rng=rng)
    if case in PLANTED:
        rows = sampler.sample(20 * size, rng=rng)
        synth = _with_artefact(_rare_first(rows, size, RARE_SHARE), case, rng)
        rise = learned(train, synth, reference, rest, sampler.sample(1_000, rng=rng), case, rng)
    found = registry.create("check", "shortcut").check(synth, train, reference, Context(seed=seed))
    by = [f.name for f in found if f.verdict == "fail"]
    verdict = "fail" if by else found[0].verdict
    return {"verdict": verdict, "by": by, "value": found[0].value, "low": found[0].low, "rise": rise}


def learned(
    train: Dataset,
    synth: Dataset,
    tune: Dataset,
    rest: Dataset,
    fresh: Dataset,
    case: str,
    rng: np.random.Generator,
) -> float:
    """How much the artefact raises the rate of false positives of a model of both sets, on the same fresh rows."""
    task = train.schema.task()
    model = registry.create("learner", "boosting").fit(train.concat_with(synth), task, tune, Context(seed=1))
    common, plain = _common(rest), _common(fresh)
    scores = [model.predict(d)["p:yes"].to_numpy() for d in (common, plain, _with_artefact(plain, case, rng))]
    clean, dirty = (float(positives(s, scores[0], 0.05).mean()) for s in scores[1:])
    return dirty - clean


def _common(rows: Dataset) -> Dataset:
    return rows.take(np.flatnonzero(codes(rows, rows.schema.task()) != _rare(rows)))


def _smote(sampler: Any, train: Dataset, size: int, rng: np.random.Generator) -> Dataset:
    """Rows of both classes, shared out as in train."""
    rare = round(size * float((codes(train, train.schema.task()) == _rare(train)).mean()))
    parts = [
        sampler.sample(n, rng=rng, where=Slice(on=train.schema.main, terms=(Term(column="y", op="==", value=c),)))
        for c, n in (("yes", max(rare, 2)), ("no", size - rare))
    ]
    joined: Dataset = parts[0].concat_with(parts[1])
    return joined


def real_parts(table: str, rng: np.random.Generator) -> tuple[Dataset, Dataset, Dataset]:
    """Training rows, held-out rows, and the others."""
    frame = two_classes(table)
    frame = frame[np.sort(rng.permutation(len(frame))[:MOST])]
    data = _spiked(read(frame, target="y"), rng)
    order = rng.permutation(len(data))
    n, held = min(TRAIN, int(0.55 * len(data))), min(REFERENCE, int(0.15 * len(data)))
    return data.take(order[:n]), data.take(order[n : n + held]), data.take(order[n + held :])


def two_classes(table: str) -> pl.DataFrame:
    """The table with a target "y" of two classes: the rarest one (or those of RARE) against all others."""
    frame, target = load(table)
    text = frame[target].cast(pl.String)
    rarest = text.value_counts(name="rows").sort(["rows", target])[target].head(1).to_list()
    return frame.drop(target).with_columns(
        pl.when(text.is_in(list(RARE.get(table, rarest)))).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("y")
    )


def _spiked(data: Dataset, rng: np.random.Generator) -> Dataset:
    """The data with columns that the artefacts need: unrelated to the class, constant, with holes."""
    n = len(data)
    holes = [
        pl.Series(f"holes{i}", rng.normal(size=n)).scatter(np.flatnonzero(rng.random(n) < 0.5), None)
        for i in range(3)
    ]
    unrelated = [pl.Series(f"unrelated{i}", rng.normal(size=n)) for i in range(3)]
    frame = data.main.with_columns(*unrelated, *holes, pl.Series("still", np.full(n, 3.5)))
    return read(frame, target="y", categories=data.schema.main_table.names(kinds=("category",)))


def _held_out(rest: Dataset, size: int, rare: bool, rng: np.random.Generator) -> Dataset:
    shuffled = rest.take(rng.permutation(len(rest)))
    return _rare_first(shuffled, size, RARE_SHARE) if rare else shuffled.take(range(min(size, len(rest))))


def _rare_first(rows: Dataset, size: int, share: float) -> Dataset:
    """A set with that share of rare rows, smaller where there are too few."""
    is_rare = codes(rows, rows.schema.task()) == _rare(rows)
    some, others = np.flatnonzero(is_rare), np.flatnonzero(~is_rare)
    size = min(size, int(len(some) / share), int(len(others) / (1 - share)))
    most = max(round(share * size), 1)
    return rows.take(np.sort(np.concatenate([some[:most], others[: max(60, size - most)]])))


def _rare(rows: Dataset) -> int:
    domain = rows.schema.target().domain or ()
    return domain.index("yes")


def _with_artefact(rows: Dataset, case: str, rng: np.random.Generator) -> Dataset:
    """The rows with one thing that real rows do not have, whatever their class."""
    frame = rows.main
    if case == "shifted_column":
        frame = frame.with_columns(unrelated0=pl.col("unrelated0") + 2.0)
    elif case == "noise_in_constant":
        frame = frame.with_columns(still=pl.Series(3.5 + rng.normal(scale=0.1, size=len(rows))))
    elif case == "no_missing":
        drawn = [pl.Series(f"holes{i}", rng.normal(size=len(rows))) for i in range(3)]
        frame = frame.with_columns(*(pl.coalesce(d.name, d).alias(d.name) for d in drawn))
    else:
        frame = frame.with_columns(pl.col("unrelated0", "unrelated1", "unrelated2").round(0))
    return rows.with_table(rows.schema.main, frame)


def rows(results: list[Any], quick: bool) -> list[dict[str, Any]]:
    """Shares of planted and of honest sets that fail, with intervals."""
    cases = [{**t, **r} for t, r in zip(tasks(quick), results, strict=True)]
    planted = [c for c in cases if c["rise"] is not None and c["rise"] >= RISE]
    spared = [c for c in cases if c["rise"] is not None and c["rise"] < RISE]
    honest = [c for c in cases if c["rise"] is None]
    return [
        _row("shortcut_found", planted, ">= .95", not_learned=len(spared), found_of_those=_failed(spared)),
        _row("shortcut_false_alarms", honest, "<= .05"),
    ]


def _row(name: str, cases: list[dict[str, Any]], aim: str, **more: Any) -> dict[str, Any]:
    judged = [c for c in cases if c["verdict"] != "inconclusive"]
    if not judged:
        return row(name, None, "share", reference=aim, reason="no set could be judged", **more)
    low, high = wilson(_failed(judged), len(judged))
    missed = sum("missed rare rows" in c["by"] for c in judged)
    split = {k: {str(v): _of(judged, k, v) for v in sorted({c[k] for c in judged})} for k in ("case", "table")}
    return row(
        name, _failed(judged) / len(judged), "share", low=low, high=high, n=len(judged),
        reference=aim, not_judged=len(cases) - len(judged), for_missed_rows=missed, **split, **more,
    )  # fmt: skip


def _failed(cases: list[dict[str, Any]]) -> int:
    return sum(c["verdict"] == "fail" for c in cases)


def _of(cases: list[dict[str, Any]], key: str, value: str) -> str:
    mine = [c for c in cases if c[key] == value]
    return f"{_failed(mine)} of {len(mine)}"
