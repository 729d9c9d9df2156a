"""How a teacher that never saw the person judges each one: the token that ties outcome and events together.

A network that writes a person's events learns the outcome's share in them slowly, for one label a person is little
beside hundreds of events. A teacher on summaries of the whole history sees it well. Its out-of-fold prediction, cut
into bins of equal counts, is given to the network as one more static token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from abound.core.labels import codes, numbers
from abound.encoding.visit_sketch import aspects
from abound.encoding.visit_tokens import Rows

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FOLDS = 5


def risk_bins(train: Dataset, statics: Ints, rows: Rows, sketched: Ints, bins: int, ctx: Context) -> Ints:
    """int64 (persons): the bin of the teacher's out-of-fold prediction, from 0.

    For classes it is the probability of the last class in the schema's order (of two), or the most probable class (of
    more); for a number its prediction.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    from abound.core.task import one_thread
    from abound.core.units import units
    from abound.stats.splitting import folds_by_group

    task = train.schema.task()
    table = np.column_stack([statics.astype(np.float64), aspects(rows, len(train), sketched).reshape(len(train), -1)])
    classed = task.kind == "classification"
    wanted = codes(train, task) if classed else numbers(train, task)
    strata = wanted if classed else (wanted > np.median(wanted)).astype(np.int64)
    of = units(train)
    fold = folds_by_group(strata, None if of is None else of.tolist(), FOLDS, ctx.rng("visits", "folds"))
    seed = ctx.random_state("visits", "teacher")
    known = dict(max_iter=120, learning_rate=0.06, max_leaf_nodes=12, min_samples_leaf=15, l2_regularization=5.0)
    found = np.zeros(len(train))
    with one_thread():
        for f in range(FOLDS):
            inside, outside = fold != f, fold == f
            if not outside.any():
                continue
            make: Any = HistGradientBoostingClassifier if classed else HistGradientBoostingRegressor
            model = make(**known, early_stopping=False, random_state=seed).fit(table[inside], wanted[inside])
            found[outside] = _score(model, table[outside]) if classed else model.predict(table[outside])
    if classed and len(np.unique(wanted)) > 2:
        return np.unique(found, return_inverse=True)[1].astype(np.int64)
    rank = np.argsort(np.argsort(found, kind="stable"), kind="stable")
    return (rank * bins // len(train)).astype(np.int64)


def _score(model: Any, table: Floats) -> Floats:
    chance = model.predict_proba(table)
    if chance.shape[1] == 2:
        return np.asarray(chance[:, 1], dtype=np.float64)
    return np.asarray(model.classes_[chance.argmax(1)], dtype=np.float64)
