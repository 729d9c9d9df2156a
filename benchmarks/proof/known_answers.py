"""Seven questions whose answers are known from earlier measurements with tuned controls, on fresh seeds.

Each is a whole run (read, split, find, plan, generate, audit, prove) on a real table, with the candidate that was
measured and no other share of it. The known answers were obtained against the control that was best on test, the
runs choose it on tune. Tables that are not on this machine are left out, and the rows say so.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from abound.core.recipe import Recipe
from abound.loop import run as run_loop
from abound.stats.intervals import wilson
from benchmarks.rows import DATA, row
from benchmarks.tables import load

_HOUSE = {"target": "price > 779380", "ignore": ["id", "date", "zipcode"]}
_ADULT = {"target": "income", "positive": ">50K", "ignore": ["split"]}
_COPULA = [{"generator": {"teacher_labels": {"base": "copula"}}, "ratio": 10}]
_SWAP = [{"generator": {"teacher_labels": {"base": "swap"}}, "ratio": 10}]
_DRAWS = {"n": 10, "train_rows": 300}

QUESTIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "house_tree_copula": ("helps", "kc_house", {
        "data": _HOUSE, "learner": "tree", "metric": "average_precision", "repeats": _DRAWS, "generate": _COPULA}),
    "credit_mlp_swap": ("helps", "credit_default", {
        "data": {"target": "default_payment_next_month", "positive": "1", "ignore": ["id"]}, "learner": "mlp",
        "metric": "auc", "repeats": _DRAWS, "generate": _SWAP}),
    "adult_boosting_swap": ("no difference", "adult", {
        "data": _ADULT, "learner": "boosting", "metric": "auc", "repeats": _DRAWS, "generate": _SWAP}),
    "adult_tree_copula": ("harms", "adult", {
        "data": _ADULT, "learner": "tree", "metric": "average_precision", "repeats": _DRAWS, "generate": _COPULA}),
    "adult_positives": ("harms", "adult", {
        "data": _ADULT, "learner": "boosting", "metric": "average_precision",
        "repeats": {"n": 10, "train_rows": {">50K": 15, "<=50K": 2000}},
        "generate": [{"generator": {"copula": {"by_target": True}}, "ratio": 1.0, "where": "income = >50K"}]}),
    "house_mlp_copula": ("harms", "kc_house", {
        "data": _HOUSE, "learner": "mlp", "metric": "average_precision", "repeats": _DRAWS, "generate": _COPULA}),
    "digits_mlp_copula": ("harms", "digits", {
        "data": {"target": "class", "positive": "8"}, "learner": "mlp", "metric": "balanced_accuracy",
        "repeats": {"n": 10, "train_rows": 200}, "generate": _COPULA}),
}  # fmt: skip
SEEDS = (501, 502, 503)


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Every question on three seeds; in quick runs one question on a table that is always here, two repeats."""
    names = ["digits_mlp_copula"] if quick else [q for q in QUESTIONS if _here(QUESTIONS[q][1])]
    return [{"question": q, "seed": s, "quick": quick} for q in names for s in (SEEDS[:1] if quick else SEEDS)]


def _here(table: str) -> bool:
    return table == "digits" or (DATA / "tabular" / f"{table}.parquet").exists()


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Verdict, difference and interval of one run."""
    _, table, settings = QUESTIONS[task["question"]]
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "table.parquet"
        load(table)[0].write_parquet(path)
        repeats = {**settings["repeats"], **({"n": 2} if task["quick"] else {})}
        data = {**settings["data"], "path": str(path)}
        made = {**settings, "data": data, "repeats": repeats, "seed": task["seed"], "shares": [], "workers": 1}
        recipe = Recipe.model_validate({**made, "find": ["rare_class"], "checks": ["rules"]})
        study = run_loop(recipe, out=Path(work) / "run", quiet=True).study
    assert study is not None
    claim = study.claim
    return {"verdict": claim.verdict, "difference": claim.difference, "low": claim.low, "high": claim.high,
            "control": claim.control}  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """One row a question: the share of seeds with the known answer; and the share of all."""
    out, right = [], []
    of = [t["question"] for t in tasks(quick)]
    for name, (known, table, _) in QUESTIONS.items():
        mine = [r for q, r in zip(of, results, strict=True) if q == name]
        if not mine:
            why = "quick" if quick else f"{table} is not here"
            out.append(row(f"known_{name}", None, "share", reason=why))
            continue
        hits = [r["verdict"] == known for r in mine]
        right += hits
        verdicts = ", ".join(f"{v} {n}" for v, n in sorted(Counter(r["verdict"] for r in mine).items()))
        beside = {
            "known": known,
            "said": verdicts,
            "mean difference": float(np.mean([r["difference"] for r in mine])),
        }
        out.append(row(f"known_{name}", float(np.mean(hits)), "share", n=len(hits), reference=beside))
    low, high = wilson(sum(right), len(right))
    out.append(row("known_answers", float(np.mean(right)), "share", low=low, high=high, n=len(right)))
    return out
