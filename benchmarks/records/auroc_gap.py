"""Models of in-hospital death trained on synthetic stays and on the real ones, both judged on held-out real stays.

Three models of summaries (boosting, logistic regression, random forest). The gap is real minus synthetic; its
interval is a bootstrap over the judging stays, paired, within each split, and the splits are averaged. The reverse
is beside it: what a model trained on real stays scores on synthetic ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.records.cohort import judge, outcome, summaries, tasks
from benchmarks.rows import row

__all__ = ["rows", "run", "tasks"]
DRAWS = 1000


def models() -> dict[str, Any]:
    """Fresh models by name."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    return {
        "boosting": HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=15, l2_regularization=5.0, random_state=0
        ),
        "linear": make_pipeline(fill, StandardScaler(), LogisticRegression(C=0.01, max_iter=500)),
        "random_forest": make_pipeline(fill, RandomForestClassifier(200, min_samples_leaf=3, random_state=0)),
    }


def run(task: dict[str, Any]) -> dict[str, Any]:
    """AUROC and AUPRC of each model by its training data, and bootstrap draws of the mean gaps."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    train, real, made = judge(task)
    tables = [summaries(d) for d in (train, made, real)]
    low, high = np.nanquantile(tables[0], 0.001, axis=0), np.nanquantile(tables[0], 0.999, axis=0)
    x_train, x_made, x_real = (np.clip(t, low, high) for t in tables)
    y = outcome(real)
    told: dict[str, list[np.ndarray[Any, Any]]] = {"real": [], "synthetic": []}
    for name in models():
        for source, x, target in (("real", x_train, outcome(train)), ("synthetic", x_made, outcome(made))):
            told[source].append(models()[name].fit(x, target).predict_proba(x_real)[:, 1])
    reverse = models()["boosting"].fit(x_train, outcome(train)).predict_proba(x_made)[:, 1]
    scores = {"auroc": roc_auc_score, "auprc": average_precision_score}
    out: dict[str, Any] = {"reverse": float(roc_auc_score(outcome(made), reverse)), "stays": len(y)}
    rng = np.random.default_rng(task["split"])
    picks = [rng.integers(0, len(y), len(y)) for _ in range(DRAWS if task["stays"] is None else 50)]
    for measure, score in scores.items():
        out[measure] = {s: {n: float(score(y, p)) for n, p in zip(models(), told[s], strict=True)} for s in told}
        pairs = list(zip(told["real"], told["synthetic"], strict=True))
        out[f"{measure}_draws"] = [
            float(np.mean([score(y[i], a[i]) - score(y[i], b[i]) for a, b in pairs])) for i in picks
        ]
    return out


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """auroc_gap, auprc_gap, and the gap of the reverse."""
    out = []
    for measure in ("auroc", "auprc"):
        each = {
            s: {n: float(np.mean([r[measure][s][n] for r in results])) for n in models()}
            for s in ("real", "synthetic")
        }
        gap = float(np.mean(list(each["real"].values())) - np.mean(list(each["synthetic"].values())))
        draws = np.mean([r[f"{measure}_draws"] for r in results], axis=0)
        low, high = np.quantile(draws, [0.025, 0.975])
        out.append(
            row(
                f"{measure}_gap",
                gap,
                measure.upper(),
                low=float(low),
                high=float(high),
                n=len(results),
                reference=each,
            )
        )
    own = float(np.mean([r["auroc"]["real"]["boosting"] for r in results]))
    back = float(np.mean([r["reverse"] for r in results]))
    reference = {"real": own, "synthetic": back}
    return [*out, row("reverse_gap", own - back, "AUROC", n=len(results), reference=reference)]
