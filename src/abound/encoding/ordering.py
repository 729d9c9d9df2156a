"""Columns as normal variables: their scores, and the order of levels that a single normal can relate best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from abound.core.labels import codes, numbers
from abound.encoding.columns import fit_maps
from abound.encoding.uniform import ColumnMap, as_text, value_points
from abound.stats.latent import ORDER, hermite_coefficients, piece_scores

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset

Floats = NDArray[np.float64]

_ROUNDS = 3
_MOST_LEVELS = 2000
_PSEUDO_ROWS = 2.0


def normal_scores(frame: pl.DataFrame, maps: Mapping[str, ColumnMap]) -> Floats:
    """Normal scores (rows, 2 x columns): each column's values, nan where missing, then each column's missingness.

    A level or an exact number scores the mean of the normal over its piece, a number inside a bin its own quantile.
    """
    width = len(maps)
    scores = np.empty((frame.height, 2 * width))
    for j, (name, fitted) in enumerate(maps.items()):
        scores[:, j], scores[:, width + j] = _scores_of(frame[name], fitted)
    return scores


def _scores_of(series: pl.Series, fitted: ColumnMap) -> tuple[Floats, Floats]:
    from scipy.special import ndtri

    values, missing = np.full(len(series), np.nan), np.zeros(len(series))
    null, piece, point = value_points(fitted, series)
    if fitted.pieces:
        stepped = piece_scores(fitted.cuts)[piece]
        # The outermost values lie on the edge of the interval, where the normal is infinite.
        edge = 0.5 / max(len(point), 1)
        normal = ndtri(np.clip(point, edge, 1.0 - edge))
        values[~null] = np.where(fitted.point[piece], stepped, normal)
    if 0.0 < fitted.missing < 1.0:
        missing = piece_scores(_missing_cuts(fitted))[np.where(null, 0, 1)]
    return values, missing


def score_coefficients(maps: Mapping[str, ColumnMap]) -> tuple[Floats, Floats]:
    """Hermite coefficients (2 x columns, ORDER) and variances of the columns of `normal_scores`."""
    width = len(maps)
    coefficients, variances = np.zeros((2 * width, ORDER)), np.zeros(2 * width)
    for j, fitted in enumerate(maps.values()):
        if fitted.pieces:
            coefficients[j], variances[j] = hermite_coefficients(fitted.cuts, fitted.point)
        if 0.0 < fitted.missing < 1.0:
            both = hermite_coefficients(_missing_cuts(fitted), np.array([True, True]))
            coefficients[width + j], variances[width + j] = both
    return coefficients, variances


def _missing_cuts(fitted: ColumnMap) -> Floats:
    return np.array([0.0, fitted.missing, 1.0])


def level_orders(train: Dataset, frame: pl.DataFrame, names: Sequence[str]) -> dict[str, list[str]]:
    """For each category, its levels along the line on which the other columns differ most between them.

    Starts from the mean target of each level (from frequency without a target). Then, three times over, the levels
    of a column are ordered by the first principal component of their mean normal scores on all other columns, as
    in correspondence analysis: one normal variable carries one direction, so it should be the strongest. The
    target keeps its own order, and so do columns of over 2,000 levels.
    """
    table = train.schema.main_table
    categories = [n for n in names if table.column(n).kind in ("category", "bool", "text")]
    targets = set(table.names("target"))
    orders = _by_target(train, frame, categories)
    maps = fit_maps(train, frame, names, orders)
    moving = [n for n in categories if n not in targets and 2 < len(maps[n].levels or ()) <= _MOST_LEVELS]
    scores = np.nan_to_num(normal_scores(frame, maps)) if moving else np.zeros((0, 0))
    for _ in range(_ROUNDS if moving else 0):
        for name in moving:
            place = list(names).index(name)
            orders[name] = _leading(maps[name], frame[name], np.delete(scores, place, axis=1))
        maps |= fit_maps(train, frame, moving, orders)
        for name in moving:
            scores[:, list(names).index(name)] = np.nan_to_num(_scores_of(frame[name], maps[name])[0])
    return orders


def _leading(fitted: ColumnMap, series: pl.Series, others: Floats) -> list[str]:
    """Levels by the first principal component, over rows, of their mean scores on the other columns."""
    levels = fitted.levels or ()
    null, piece, _ = value_points(fitted, series)
    rows = np.argsort(piece, kind="stable")
    counts = np.bincount(piece, minlength=len(levels))
    known = others[~null]
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat((known - known.mean(axis=0))[rows], starts, axis=0)
    means = sums / (counts[:, None] + _PSEUDO_ROWS)
    _, vectors = np.linalg.eigh(means.T @ (means * counts[:, None]))
    direction = vectors[:, -1]
    # Either sign is as good; the same one every time makes equal data give equal bytes.
    direction = direction * np.sign(direction[np.abs(direction).argmax()])
    return [levels[i] for i in np.argsort(means @ direction, kind="stable")]


def _by_target(train: Dataset, frame: pl.DataFrame, categories: Sequence[str]) -> dict[str, list[str]]:
    """Levels by the mean target of their rows, drawn to the overall mean by two pseudo-rows; ties by name."""
    import polars as pl

    score = _target_score(train)
    if score is None:
        return {}
    pull = _PSEUDO_ROWS * float(score.mean())
    out = {}
    for name in categories:
        rows = pl.DataFrame({"level": as_text(frame[name]), "score": score}).drop_nulls("level")
        mean = ((pl.col("score").sum() + pull) / (pl.len() + _PSEUDO_ROWS)).alias("mean")
        means = rows.group_by("level", maintain_order=True).agg(mean)
        out[name] = means.sort(["mean", "level"])["level"].to_list()
    return out


def _target_score(train: Dataset) -> Floats | None:
    """One number a row that rises with the target: its class code or its rank; None without a target."""
    if not train.schema.tasks or train.schema.task().table != train.schema.main:
        return None
    task = train.schema.task()
    if task.kind == "regression":
        order = np.argsort(numbers(train, task), kind="stable")
        return np.argsort(order, kind="stable").astype(np.float64)
    return codes(train, task).astype(np.float64) if task.kind == "classification" else None
