"""How well each row is predicted by models that saw no row of its neighbourhood.

Ordinary out-of-fold models have seen four fifths of every small cluster, and so often know it. Leaving out whole
clusters (as in leave-one-cluster-out validation; Meredig et al. 2018) asks instead: is this region explained by the
rest of its class? A common region is; a subclass of a few rows, hidden under its class's name, is not.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FOLDS = 5
_LEAST = 0.01  # a probability of zero costs 4.6, so that one row does not speak for its whole region
_MANY = 5000


def relevance(z: Floats, labels: Ints) -> Floats:
    """For each column of z the square root of the share of its variance that lies between labels (0 to 1)."""
    middle = z.mean(axis=0)
    total = ((z - middle) ** 2).sum(axis=0)
    between = np.zeros(z.shape[1])
    for label in np.unique(labels):
        part = z[labels == label]
        between += len(part) * (part.mean(axis=0) - middle) ** 2
    return np.asarray(np.sqrt(between / np.where(total > 0, total, 1.0)))


def leave_cluster_out(
    z: Floats,
    labels: Ints,
    rng: np.random.Generator,
    *,
    groups: Ints | None = None,
    size: int = 25,
    rounds: int = 3,
) -> Floats:
    """The log loss of each row's label under models that saw neither its cluster nor its group; float64 (rows,).

    Half of it is the row's own and half the mean of its cluster: what was left out together is judged together, or
    the few rows of a region that lie next to known ones would hide it. The rows of each label are clustered
    (k-means, about `size` rows a cluster, at least four clusters a label, in z weighted by `relevance`), the
    clusters are dealt into five folds, and forests of random trees (Geurts et al. 2006) predict each fold from the
    others; mean over `rounds` clusterings. With groups, whole groups are clustered, by their mean rows and
    commonest label.
    """
    weighted = z * relevance(z, labels)
    unit, points, classes = _units(weighted, labels, groups)
    per_cluster = max(1, round(size * len(points) / max(1, len(z))))
    total = np.zeros(len(z))
    for _ in range(rounds):
        cluster, fold = _folds(points, classes, per_cluster, rng)
        loss = _loss(z, labels, fold[unit], rng)
        mine = cluster[unit]
        shared = np.bincount(mine, loss) / np.maximum(np.bincount(mine), 1)
        total += (loss + shared[mine]) / 2
    return total / rounds


def _units(z: Floats, labels: Ints, groups: Ints | None) -> tuple[Ints, Floats, Ints]:
    """The unit of each row; the mean row and the commonest label of each unit."""
    if groups is None:
        return np.arange(len(z)), z, labels
    _, unit = np.unique(groups, return_inverse=True)
    size = np.bincount(unit)
    sums = np.zeros((len(size), z.shape[1]))
    np.add.at(sums, unit, z)
    counts = np.zeros((len(size), int(labels.max()) + 1))
    np.add.at(counts, (unit, labels), 1)
    return unit.astype(np.int64), sums / size[:, None], counts.argmax(axis=1).astype(np.int64)


def _folds(points: Floats, classes: Ints, per_cluster: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """A cluster and a fold for each point: the clusters of each class are dealt to the folds in random order."""
    cluster, fold, made = np.zeros(len(points), dtype=np.int64), np.zeros(len(points), dtype=np.int64), 0
    for label in np.unique(classes):
        rows = np.flatnonzero(classes == label)
        count = int(min(max(len(rows) // per_cluster, 4), len(rows)))
        deal, mine = rng.permutation(count) % FOLDS, _clusters(points[rows], count, rng)
        cluster[rows], fold[rows] = made + mine, deal[mine]
        made += count
    return cluster, fold


def _clusters(points: Floats, count: int, rng: np.random.Generator) -> Ints:
    """The k-means cluster of each point. Above 5,000 points ten steps from random centres are near enough."""
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    many = len(points) > _MANY
    start: Literal["random", "k-means++"] = "random" if many else "k-means++"
    seed = int(rng.integers(2**31 - 1))
    with warnings.catch_warnings():
        # Equal rows leave clusters empty, which does no harm here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = KMeans(count, init=start, n_init=1, max_iter=10 if many else 100, random_state=seed).fit(points)
    return np.asarray(fitted.labels_, dtype=np.int64)


def _loss(z: Floats, labels: Ints, fold: Ints, rng: np.random.Generator) -> Floats:
    """The log loss of each row by a forest on the rows of all other folds."""
    from sklearn.ensemble import ExtraTreesClassifier

    small = z.astype(np.float32)
    own = np.ones(len(z))  # nothing is said of rows where all are in one fold
    for f in np.unique(fold):
        inside, outside = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
        seed = int(rng.integers(2**31 - 1))
        if not len(inside):
            continue
        many = len(inside) > _MANY
        forest = ExtraTreesClassifier(
            40, min_samples_leaf=2, bootstrap=many, max_samples=_MANY if many else None, n_jobs=1, random_state=seed
        ).fit(small[inside], labels[inside])
        p = np.zeros((len(outside), int(labels.max()) + 1))
        p[:, forest.classes_] = forest.predict_proba(small[outside])
        own[outside] = p[np.arange(len(outside)), labels[outside]]
    return np.asarray(-np.log(np.maximum(own, _LEAST)))
