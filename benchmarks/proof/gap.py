"""The gap test: its size, its power beside Hotelling's T2 in the same runs, what it certifies, what repair does.

Designs: ten normal columns, independent or correlated (.6 between neighbours, falling off with distance), where
one column is shifted by .3 standard deviations or three are by .3 / sqrt(3) each, with signs. Every set has a
further real set for reference. Size is measured on both designs and on rows of real tables, split at random. The
repair is judged on real rows that neither the generator nor the repair saw.

Slices: of 800 rows 100 were ordered where x0 > 1 and carry a shift of one standard deviation in x3; how often does
the finding on slices fail, and how often that on all rows? Beside it the same without the shift, both findings
together. Modes: four normal modes of five columns, of which the synthetic rows show two; coverage (the share of
fresh real rows with a synthetic row nearer than their fifth real neighbour; .97 if alike) and AUC, before and
after repair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from abound.checks.gap_test import GapTest
from abound.core.audit import Audit, Finding
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.plan import Order, Plan
from abound.core.recipe import Use
from abound.core.registry import create
from abound.core.schema import Column, Schema, Table
from abound.core.slice import Slice, Term
from abound.encoding.vectors import fit_vectors
from abound.errors import Refusal
from abound.stages.audit import audit
from abound.stages.read import read
from abound.stages.repair import repair
from abound.stats.coverage import coverage
from abound.stats.intervals import wilson
from benchmarks.rows import row
from benchmarks.tables import here, load

DESIGNS = ("independent", "correlated")
SHIFTS = {"one": np.eye(10)[3] * 0.3, "three": np.array([0, 1, 0, 0, -1, 0, 0, 1, 0, 0]) * 0.3 / np.sqrt(3)}
REAL = ("wine", "breast_cancer", "digits")  # of scikit-learn: never looked at while the test was made
REPAIRED = ("adult", "credit_default")
BARS = ("copula", "copula_repaired", "copula_repaired_twice", "swap", "smote")
_SHOWN = (0, 1)  # modes that synthetic rows show
_WHERE = Slice(on="rows", terms=(Term(column="x0", op=">", value=1.0),))
_CERTIFIED = 551  # rows a side, of which 413 are judged


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Runs of the measure; seeds from 50,000."""
    runs, nulls, sets = (1, 1, 1) if quick else (150, 250, 3)
    out: list[dict[str, Any]] = []
    for d in DESIGNS:
        for n in (200, 500):
            for s in SHIFTS:
                out += [{"what": "power", "design": d, "n": n, "shift": s, "seed": 50_000 + k} for k in range(runs)]
        out += [{"what": "size", "design": d, "n": 200, "seed": 60_000 + k} for k in range(nulls)]
    out += [{"what": "size", "table": REAL[k % 3], "n": 50, "seed": 70_000 + k} for k in range(nulls)]
    out += [
        {"what": "certified", "design": DESIGNS[0], "n": _CERTIFIED, "seed": 80_000 + k}
        for k in range(max(1, nulls // 3))
    ]
    for shift in (1.0, 0.0):
        out += [{"what": "slice", "shift": shift, "seed": 100_000 + k} for k in range(1 if quick else 60)]
    out += [{"what": "modes", "seed": 110_000 + k} for k in range(1 if quick else 12)]
    rows = 300 if quick else 2_000
    for t in here(REPAIRED):
        out += [{"what": "repair", "table": t, "rows": rows, "seed": 90_000 + k} for k in range(sets)]
    return out


def run(task: dict[str, Any]) -> dict[str, Any]:
    """One comparison, or one generator and its repairs on one draw of a table."""
    if task["what"] == "repair":
        return _repair(task)
    if task["what"] in ("slice", "modes"):
        return _slice(task) if task["what"] == "slice" else _modes(task)
    if "table" in task:
        synth, train, other = _real_parts(task)
        finding = _tested(synth, train, other, task["seed"])
        return {"failed": finding.verdict == "fail"}
    rng = np.random.default_rng(task["seed"])
    root = _root(task["design"])
    first, second, third = (rng.normal(size=(task["n"], 10)) @ root.T for _ in range(3))
    second = second + SHIFTS[task["shift"]] if task["what"] == "power" else second
    finding = _tested(_dataset(second), _dataset(first), _dataset(third), task["seed"])
    culprits = finding.details["culprits"]
    return {
        "failed": finding.verdict == "fail",
        "hotelling": _hotelling(first, second) <= 0.05,
        "first": culprits[0]["column"] if culprits else None,
        "at_most": finding.details["at_most"],
    }


def _tested(synth: Dataset, train: Dataset, other: Dataset, seed: int) -> Finding:
    return GapTest(alpha=0.05, draws=1).check(synth, train, other, Context(seed=seed))[0]


def _root(design: str) -> np.ndarray[Any, Any]:
    apart = np.abs(np.subtract.outer(np.arange(10), np.arange(10)))
    return np.linalg.cholesky(0.6**apart if design == "correlated" else np.eye(10))


def _dataset(x: np.ndarray[Any, Any]) -> Dataset:
    columns = tuple(Column(name=f"x{i}", kind="number") for i in range(x.shape[1]))
    schema = Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)})
    return Dataset(schema, {"rows": pl.DataFrame(x, schema=[c.name for c in columns]).lazy()})


def _hotelling(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> float:
    """The p value of the classical test, which knows that rows are normal."""
    from scipy.stats import f

    n, d = first.shape
    apart = first.mean(axis=0) - second.mean(axis=0)
    t2 = n / 2 * apart @ np.linalg.solve((np.cov(first.T) + np.cov(second.T)) / 2, apart)
    return float(f.sf(t2 * (2 * n - d - 1) / ((2 * n - 2) * d), d, 2 * n - d - 1))


def _real_parts(task: dict[str, Any]) -> tuple[Dataset, Dataset, Dataset]:
    data = _table(task["table"])
    order, n = np.random.default_rng(task["seed"]).permutation(len(data)), task["n"]
    return data.take(order[:n]), data.take(order[n : 2 * n]), data.take(order[2 * n : 3 * n])


def _table(name: str) -> Dataset:
    frame, target = load(name)
    return read(frame, target=target)


def _slice(task: dict[str, Any]) -> dict[str, Any]:
    """Rows of which some were ordered under a condition: does the finding on all rows fail, and that on slices?"""
    rng = np.random.default_rng(task["seed"])
    train, other, free, many = (_dataset(rng.normal(size=(n, 10))) for n in (800, 300, 700, 2_000))
    made = many.take(many.mask(_WHERE).arg_true().to_list()[:100])
    moved = made.main.with_columns(pl.col("x3") + task["shift"])
    orders = (Order(generator="copula", count=700), Order(generator="copula", count=100, where=_WHERE))
    parts = [f.with_columns(_order=pl.lit(o.id)) for f, o in zip((free.main, moved), orders, strict=True)]
    synth = Dataset(train.schema, {"rows": pl.concat(parts).lazy()})
    use = Use(name="gap_test", params={"alpha": 0.05, "draws": 1})
    report = audit(synth, train, reference=other, checks=(use,), plan=Plan(orders=orders), seed=task["seed"])
    return {f.name: f.verdict == "fail" for f in report.findings}


def _modes(task: dict[str, Any]) -> dict[str, Any]:
    """Coverage of fresh real rows, and the AUC against them, before and after one repair."""
    rng = np.random.default_rng(task["seed"])
    centres = rng.normal(size=(4, 5)) * 2.5
    real = [_dataset(centres[rng.integers(4, size=n)] + rng.normal(size=(n, 5))) for n in (800, 300, 800)]
    train, other, fresh = real
    synth = _dataset(centres[rng.choice(_SHOWN, size=800)] + rng.normal(size=(800, 5)))
    report = audit(synth, train, reference=other, checks=("gap_test",), seed=task["seed"])
    out: dict[str, Any] = {"action": report.findings[0].action}
    for name, made in (("before", synth), ("after", repair(synth, train, report, seed=task["seed"]))):
        frames = fresh.main, made.main.select(fresh.main.columns)
        vectors = fit_vectors(pl.concat(frames), fresh.schema.main_table.columns)
        found = GapTest(draws=1).check(made, fresh, other, Context(seed=task["seed"]))[0]
        out[name] = {"coverage": coverage(*(vectors.encode(f) for f in frames)), "auc": found.value}
    return out


def _repair(task: dict[str, Any]) -> dict[str, Any]:
    """AUC against fresh real rows of each bar; the repair sees the training rows and an audit against others."""
    data, n, seed = _table(task["table"]), task["rows"], task["seed"]
    order = np.random.default_rng(seed).permutation(len(data))
    train, reference, fresh = (data.take(order[i * n : (i + 1) * n]) for i in range(3))
    sets = {}
    for name in ("copula", "swap", "smote"):
        sampler = create("generator", name, {}).fit(train, Context(seed=seed))
        sets[name] = sampler.sample(n, rng=np.random.default_rng(seed))
    made, out = sets["copula"], {}
    for k, name in enumerate(BARS[1:3]):
        report = audit(made, train, reference=reference, checks=("rules", "marginals", "gap_test"), seed=seed + k)
        try:
            made = repair(made, train, _told_to_repair(report), seed=seed + k)
        except Refusal as refusal:
            return {"refused": str(refusal)}
        sets[name] = made
    for name in BARS:
        found = GapTest(draws=1).check(sets[name], fresh, reference, Context(seed=seed))[0]
        out[name] = found.value
    return out


def _told_to_repair(report: Audit) -> Audit:
    """The audit with repair as the gap test's action, also where weights would do: columns are what is measured."""
    found = [
        f.model_copy(update={"action": "repair"}) if f.check == "gap_test" and f.action != "none" else f
        for f in report.findings
    ]
    return report.model_copy(update={"findings": tuple(found)})


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Sizes, power ratios, culprits, the certified AUC, and the AUC before and after repair."""
    pairs = list(zip(tasks(quick), results, strict=True))
    out = [_size(pairs, where) for where in (*DESIGNS, "real_rows")]
    for n in (200, 500):
        for d in DESIGNS:
            out += [_power(pairs, d, n, s) for s in SHIFTS]
    for d in DESIGNS:
        hits = [r["first"] == "x3" for t, r in pairs if _is(t, d, 500, "one")]
        out.append(_share(f"gap_culprit_first_{d}", hits, {"aim": 0.9, "rows a side": 500}))
    told = [r["at_most"] for t, r in pairs if t["what"] == "certified"]
    low, middle, high = (float(q) for q in np.quantile(told, (0.1, 0.5, 0.9)))
    asked = {"rows a side": _CERTIFIED, "judged": 413, "true AUC": 0.5, "interval": "10 to 90 % of the runs"}
    out.append(row("gap_certified_auc", middle, "AUC", low=low, high=high, n=len(told), reference=asked))
    out += _of_slices(pairs) + _of_modes([r for t, r in pairs if t["what"] == "modes"])
    for name in here(REPAIRED):
        out += _bars(name, [r for t, r in pairs if t["what"] == "repair" and t["table"] == name])
    return out


def _is(t: dict[str, Any], design: str, n: int, shift: str) -> bool:
    return t["what"] == "power" and (t["design"], t["n"], t["shift"]) == (design, n, shift)


def _size(pairs: list[Any], where: str) -> dict[str, Any]:
    own = [r["failed"] for t, r in pairs if t["what"] == "size" and t.get("design", "real_rows") == where]
    return _share(f"gap_size_{where}", own, {"level": 0.05, "limit": 0.06})


def _share(name: str, hits: list[bool], reference: Any) -> dict[str, Any]:
    low, high = wilson(sum(hits), len(hits))
    return row(name, float(np.mean(hits)), "share", low=low, high=high, n=len(hits), reference=reference)


def _power(pairs: list[Any], design: str, n: int, shift: str) -> dict[str, Any]:
    """Power over Hotelling's, with a bootstrap interval over runs, which are paired."""
    own = np.array([[r["failed"], r["hotelling"]] for t, r in pairs if _is(t, design, n, shift)], dtype=float)
    draws = own[np.random.default_rng(0).integers(len(own), size=(2_000, len(own)))].mean(axis=1)
    ratios = draws[:, 0] / np.maximum(draws[:, 1], 1e-9)
    ours, best = own.mean(axis=0)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return row(f"gap_power_ratio_n{n}_{design}_{shift}", float(ours / max(best, 1e-9)), "of Hotelling's power",
               low=float(low), high=float(high), n=len(own),
               reference={"power": float(ours), "hotelling": float(best), "aim": 0.9})  # fmt: skip


def _of_slices(pairs: list[Any]) -> list[dict[str, Any]]:
    """How often a fault in an ordered slice is found there, on all rows, and found where there is none."""
    planted, clean = ([r for t, r in pairs if t["what"] == "slice" and t["shift"] == s] for s in (1.0, 0.0))
    names = {"gap_slice_found": "told apart within slices (AUC)", "gap_slice_found_on_all_rows": "told apart (AUC)"}
    out = [_share(n, [r[key] for r in planted], {"rows of the slice": 100, "of": 800}) for n, key in names.items()]
    return [*out, _share("gap_slice_size", [any(r.values()) for r in clean], {"level": 0.05})]


def _of_modes(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Coverage and AUC before and after repair: the mean, and the lowest and highest of the sets."""
    out = [_share("gap_modes_told", [r["action"] == "diversify" for r in results], "the action is diversify")]
    for what, alike in (("coverage", 0.97), ("auc", 0.5)):
        for when in ("before", "after"):
            values = [r[when][what] for r in results]
            out.append(row(f"gap_modes_{what}_{when}", float(np.mean(values)), "share" if alike > 0.5 else "AUC",
                           low=min(values), high=max(values), n=len(values),
                           reference={"range": "lowest and highest of the sets", "alike": alike}))  # fmt: skip
    return out


def _bars(table: str, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = [r for r in results if "refused" not in r]
    reason = results[0]["refused"] if results and not done else None
    out = []
    for bar in BARS:
        values = [r[bar] for r in done]
        value = float(np.mean(values)) if values else None
        out.append(row(f"gap_auc_{table}_{bar}", value, "AUC", n=len(values), low=min(values, default=None),
                       high=max(values, default=None), reason=reason,
                       reference={"range": "lowest and highest of the sets", "alike": 0.5}))  # fmt: skip
    return out
