"""Exact neighbours in bounded memory, and the limits of the three-way rule on arrays with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from abound.stats import three_way
from abound.stats.leave_cluster_out import leave_cluster_out, relevance
from abound.stats.three_way import (
    Near,
    class_errors,
    hard_cases,
    nearest_alike,
    nearest_others,
    outliers,
    spread,
    value_errors,
)


def by_hand(z, k, apart):
    """Nearest rows by the definition; `apart` says which pairs may be neighbours."""
    distance = np.sqrt(((z[:, None] - z[None]) ** 2).sum(axis=2))
    distance[~apart] = np.inf
    return np.sort(distance, axis=1)[:, :k]


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("n", [30, 700, 1500])
def test_neighbours_are_exact(n, grouped, monkeypatch):
    monkeypatch.setattr(three_way, "_BLOCK_CELLS", 50_000)
    rng = np.random.default_rng(n)
    z = 1e4 + rng.normal(size=(n, 4)).round(1)  # far from zero, with twins
    groups = rng.integers(n // 3, size=n) if grouped else None
    near = nearest_others(z, 6, groups)
    apart = ~np.eye(n, dtype=bool) if groups is None else groups[:, None] != groups[None]
    np.testing.assert_allclose(near.distance, by_hand(z, 6, apart), atol=1e-8)
    assert (near.place != np.arange(n)[:, None]).all()
    away = np.sqrt(((z[:, None] - z[near.place]) ** 2).sum(axis=2))
    np.testing.assert_allclose(near.distance, away, atol=1e-8)


def test_neighbours_of_the_same_label():
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(60, 3)), np.r_[np.zeros(56, int), np.ones(4, int)]
    near = nearest_alike(z, labels, 5)
    assert (labels[near.place[:56]] == 0).all()
    assert (near.place[56:, 3:] == -1).all()
    assert np.isinf(near.distance[56:, 3:]).all()
    apart = (labels[:, None] == labels[None]) & ~np.eye(60, dtype=bool)
    np.testing.assert_allclose(near.distance, by_hand(z, 5, apart), atol=1e-8)


@pytest.mark.parametrize("n", [5, 500])
def test_one_group_has_no_neighbours(n):
    near = nearest_others(np.zeros((n, 2)), 3, np.zeros(n, dtype=np.int64))
    assert (near.place == -1).all()
    assert not outliers(near).rows.any()


def test_a_group_of_nearly_all_rows():
    groups = np.r_[np.zeros(498, dtype=np.int64), 1, 2]
    near = nearest_others(np.random.default_rng(0).normal(size=(500, 2)), 3, groups)
    assert (np.sort(near.place[:498, :2], axis=1) == [498, 499]).all()
    assert (near.place[:498, 2] == -1).all()
    assert (near.place[498:] >= 0).all()


def test_the_spread_is_a_standard_deviation():
    values = np.random.default_rng(0).normal(scale=3.0, size=20_000)
    assert spread(values) == pytest.approx(3.0, rel=0.03)
    assert spread(np.r_[values[:9000], np.full(1000, 1e6)]) < 4.0
    assert spread(np.zeros(10)) == 0
    assert spread(np.r_[np.zeros(90), np.ones(10)]) == pytest.approx(0.25066)


def test_outliers_among_twins():
    """Over half of the rows have an equal one three times over: the limit is drawn from the others."""
    rng = np.random.default_rng(0)
    z = np.r_[np.repeat(rng.uniform(size=(40, 2)), 5, axis=0), rng.uniform(size=(80, 2)), [[30, 30], [-40, 10]]]
    assert np.flatnonzero(outliers(nearest_others(z, 4)).rows).tolist() == [280, 281]
    assert not outliers(nearest_others(np.repeat(rng.normal(size=(40, 2)), 5, axis=0), 4)).rows.any()


def test_outliers_where_distances_are_steps():
    """Rows differ in whole levels, and most have near likes: the usual is what the upper half says."""
    steps = np.repeat([0.0, 1.0, 1.4, 1.5, 2.5], [80, 15, 55, 40, 10])
    near = Near(np.repeat(steps[:, None], 3, axis=1), np.zeros((200, 3), dtype=np.int64))
    assert np.flatnonzero(outliers(near).rows).tolist() == list(range(190, 200))


def test_three_strange_rows_are_outliers_and_four_are_a_kind():
    rng = np.random.default_rng(1)
    crowd = rng.normal(size=(300, 3))
    for size, flagged in ((1, True), (3, True), (4, False), (9, False)):
        z = np.r_[crowd, 12 + rng.normal(scale=0.05, size=(size, 3))]
        assert outliers(nearest_others(z, 5)).rows[300:].tolist() == [flagged] * size


def test_errors_need_both_the_model_and_the_neighbours():
    labels = np.r_[np.zeros(12, int), np.ones(12, int)]
    p = np.where(labels[:, None] == np.arange(2), 0.9, 0.1)
    p[[3, 4]] = [0.1, 0.9]  # the model doubts rows 3 and 4
    near = Near(np.ones((24, 4)), np.array([[0, 1, 2, 5]] * 12 + [[12, 13, 14, 15]] * 12))
    near.place[[3, 20]] = [12, 13, 14, 15], [0, 1, 2, 5]  # and neighbours doubt rows 3 and 20
    found = class_errors(p, labels, near)
    assert np.flatnonzero(found.rows).tolist() == [3]
    assert found.score.argmax() == 3


def test_errors_are_alone():
    labels = np.r_[np.zeros(12, int), np.ones(12, int)]
    p = np.full((24, 2), 0.5)
    p[[3, 4], 0] = 0.0
    p[[3, 4], 1] = 1.0  # the model is sure of the other label for rows 3 and 4
    near = Near(np.ones((24, 4)), np.array([[0, 1, 2, 5]] * 12 + [[12, 13, 14, 15]] * 12))
    near.place[3], near.place[4] = [12, 13, 14, 15], [0, 13, 14, 15]  # row 4 has one like of its label
    assert np.flatnonzero(class_errors(p, labels, near).rows).tolist() == [3]
    assert np.flatnonzero(class_errors(p, labels, near, alike=0.25).rows).tolist() == [3, 4]


def test_errors_in_numbers_lie_on_the_side_of_the_prediction():
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(size=200))
    y = 10 * x + rng.normal(scale=0.1, size=200)
    y[50] += 4
    residuals = y - 10 * x
    found = value_errors(residuals, y, nearest_others(x[:, None], 10))
    assert np.flatnonzero(found.rows).tolist() == [50]
    assert not value_errors(np.zeros(200), y, nearest_others(x[:, None], 10)).rows.any()


def test_one_wrong_label_makes_no_region_hard():
    z = np.random.default_rng(0).normal(size=(100, 2))
    z[:10] += 20
    loss = np.full(100, 0.1)
    loss[:10], loss[[3, 50]] = 2.0, [0.1, 4.6]
    found = hard_cases(loss, nearest_alike(z, np.zeros(100, int), 7))
    assert np.flatnonzero(found.rows).tolist() == list(range(10))


@pytest.mark.parametrize("grouped", [False, True])
def test_leaving_the_cluster_out_shows_a_hidden_cluster(grouped):
    """Class 0 has a small cluster on the far side of class 1: only models that saw it get it right."""
    rng = np.random.default_rng(0)
    z = np.repeat([[0.0], [6.0], [12.0]], [150, 150, 15], axis=0) + rng.normal(size=(315, 1))
    z[300:] = 12 + rng.normal(scale=0.1, size=(15, 1))
    labels = np.repeat([0, 1, 0], [150, 150, 15])
    groups = np.arange(315) // 3 if grouped else None
    loss = leave_cluster_out(z, labels, np.random.default_rng(0), groups=groups)
    assert np.median(loss[300:]) > 0.6
    assert np.median(loss[:300]) < 0.1
    again = leave_cluster_out(z, labels, np.random.default_rng(0), groups=groups)
    assert (loss == again).all()


def test_relevance_is_the_share_between_labels():
    labels = np.r_[np.zeros(500, int), np.ones(500, int)]
    z = np.column_stack([labels, np.zeros(1000), np.random.default_rng(0).normal(size=1000)])
    assert relevance(z, labels) == pytest.approx([1.0, 0.0, 0.0], abs=0.1)
