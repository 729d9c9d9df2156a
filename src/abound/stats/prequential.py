"""Two learners that try to tell two sets apart, each block of rows judged by a model of the blocks before it.

See `stats.twosample` for why blocks are judged in this order. A linear model finds shifts with few rows; boosted
trees find the rest: dependences, rounding, impossible combinations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.stats.twosample import HeldOut, Part, held_out_auc

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Fit = Callable[[Floats, Bools, int], Any]
FIRST = 2  # blocks that only train
_FOLDS = 3


class Rows(NamedTuple):
    """Encoded rows (n, features) of two sets; `second` marks those under test. Blocks hold whole clusters."""

    x: Floats
    second: Bools
    stratum: Ints
    cluster: Ints
    block: Ints


class Judged(NamedTuple):
    """The held-out AUC, the model that judged each block, and each row's score (0 in blocks that only train)."""

    held: HeldOut
    models: dict[int, Any]
    scores: Floats


def linear(x: Floats, y: Bools, seed: int) -> Any:
    """Logistic regression, regularised, so that more features than rows are no obstacle."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=50).fit(x, y)


def trees(x: Floats, y: Bools, seed: int) -> Any:
    """Fifty boosted trees of eight leaves."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    leaf = min(20, max(3, len(y) // 20))
    model = HistGradientBoostingClassifier(
        max_iter=50, max_leaf_nodes=8, min_samples_leaf=leaf, early_stopping=False, random_state=seed
    )
    return model.fit(x, y)


TREES = "boosted trees"
LEARNERS: dict[str, Fit] = {"a linear model": linear, TREES: trees}


def judge(rows: Rows, fit: Fit, clustered: bool, seed: Callable[[int], int]) -> Judged:
    """Score each block by a model of the blocks before it; `seed` gives each block's."""
    models: dict[int, Any] = {}
    scores = np.zeros(len(rows.second))
    for block in range(FIRST, int(rows.block.max(initial=0)) + 1):
        before, here = rows.block < block, rows.block == block
        if not here.any() or len(np.unique(rows.second[before])) < 2:
            continue
        models[block] = fit(rows.x[before], rows.second[before], seed(block))
        scores[here] = models[block].decision_function(rows.x[here])
    return Judged(auc_of(rows, scores, clustered), models, scores)


def auc_of(rows: Rows, scores: Floats, clustered: bool, within: Bools | None = None) -> HeldOut:
    """The AUC of held-out scores, over blocks and strata; of the rows `within` alone where given."""
    code = rows.stratum * (int(rows.block.max(initial=0)) + 1) + rows.block
    judged = rows.block >= FIRST
    places = np.flatnonzero(judged if within is None else judged & within)
    places = places[np.argsort(code[places], kind="stable")]
    cuts = np.flatnonzero(np.diff(code[places])) + 1
    parts = [Part(scores[p], rows.second[p], rows.cluster[p]) for p in np.split(places, cuts)]
    return held_out_auc(parts, clustered=clustered)


def auc_drop(rows: Rows, judged: Judged, cells: Ints, clustered: bool, rng: np.random.Generator) -> float:
    """How much AUC goes when the features `cells` are shuffled among the judged rows of a block and stratum."""
    scores = np.zeros(len(rows.second))
    for block, model in judged.models.items():
        here = np.flatnonzero(rows.block == block)
        mixed = here[np.lexsort((rng.random(len(here)), rows.stratum[here]))]
        plain = here[np.argsort(rows.stratum[here], kind="stable")]
        x = rows.x[plain].copy()
        x[:, cells] = rows.x[mixed][:, cells]
        scores[plain] = model.decision_function(x)
    return judged.held.auc - auc_of(rows, scores, clustered).auc


def crossfitted(
    rows: Rows, fit: Fit, seed: Callable[[int], int]
) -> tuple[Floats, Callable[[Floats], Floats]] | None:
    """Log odds of being of the second set: of each row by a model that never saw it, and a function for other rows.

    Three folds of whole blocks; rows outside are scored by the mean of the three models. None where a model would
    have rows of one set only.
    """
    fold, models = rows.block % _FOLDS, []
    out = np.zeros(len(rows.second))
    for k in range(_FOLDS):
        if len(np.unique(rows.second[fold != k])) < 2:
            return None
        model = fit(rows.x[fold != k], rows.second[fold != k], seed(k))
        models.append(model)
        if (fold == k).any():
            out[fold == k] = model.decision_function(rows.x[fold == k])

    def score(x: Floats) -> Floats:
        return np.asarray(sum(m.decision_function(x) for m in models) / _FOLDS)

    return out, score
