"""A scanner of 64 beams: how dense, how far, and where it looks."""

from __future__ import annotations

import numpy as np

from abound.pixels import lidar

LENS = {"fx": 721.54, "fy": 721.54, "cx": 621.0, "cy": 187.5}


def scanned(depth, **more):
    return lidar.scanned(np.broadcast_to(depth, (375, 1242)), **LENS, **more)


def test_eleven_scans_label_about_as_many_pixels_as_kitti_has():
    """KITTI 2015 labels about a fifth of all pixels with 11 scans (Menze and Geiger 2015)."""
    assert 0.1 < scanned(20.0).mean() < 0.4
    assert scanned(20.0, scans=1).mean() < 0.06


def test_nothing_above_the_top_beam_nor_below_the_lowest():
    rows = np.flatnonzero(scanned(20.0).any(axis=1))
    middle = scanned(20.0)[:, 621]
    assert rows.min() >= 187.5 - 721.54 * np.tan(np.radians(2.0)) * np.hypot(1, 621 / 721.54) - 1
    assert np.flatnonzero(middle).min() >= 187.5 - 721.54 * np.tan(np.radians(2.0)) - 1


def test_the_sky_the_unknown_and_what_is_far_are_not_met():
    for depth in (np.inf, np.nan, 121.0):
        assert not scanned(depth).any()
    # 100 m deep is more than 120 m away at the side of the picture.
    seen = scanned(100.0)
    assert seen[:, 621].any()
    assert not seen[:, :5].any()


def test_one_scan_is_lines_with_gaps_between_them():
    column = scanned(15.0, scans=1)[:, 620:624].any(axis=1)
    lines = np.flatnonzero(column)
    spacing = 721.54 * np.radians(26.8 / 63)
    assert abs(np.median(np.diff(lines)) - spacing) <= 1.0
