"""Boxes, visible fractions and truncation of objects whose answer is known on paper."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("embreex")

from abound.render.boxes import ObjectLabel
from abound.render.labels import Labels, labels
from abound.render.mesh import box, pose
from abound.render.world import Body, World
from tests.render.plain_worlds import LOOKING, camera, sliding, still, wall, world
from tests.render.test_labels import clip


def one(scene: World) -> ObjectLabel:
    (found,) = next(iter(labels(scene))).objects
    return found


def flat(left: float, right: float, instance: int = 5) -> Body:
    """A sign 10 m away: 5 px a metre, the image's middle at (32, 24)."""
    return still(wall(10, left, right, -2, 2), 20, instance, "sign")


def test_a_sign_in_plain_view() -> None:
    found = one(world([still(wall(20, 90, -90)), flat(3.01, -1.95)]))
    np.testing.assert_allclose(found.amodal_box, (32 - 15.05, 14, 32 + 9.75, 34), atol=1e-12)
    assert found.visible_box == (17, 14, 42, 34)
    assert (found.visible_pixels, found.alone_pixels, found.visible_fraction) == (500, 500, 1.0)
    assert (found.truncation, found.kind, found.semantic) == (0.0, "sign", 20)


def test_half_hidden_and_half_outside() -> None:
    hidden = one(world([flat(2, -2), still(wall(5, 9, 0))]))
    assert (hidden.visible_pixels, hidden.alone_pixels) == (200, 400)
    assert hidden.visible_box == (32, 14, 42, 34)
    outside = one(world([flat(8.4, 4.4)]))
    assert outside.truncation == pytest.approx(0.5)
    np.testing.assert_allclose(outside.amodal_box, (-10, 14, 10, 34), atol=1e-12)
    assert (outside.visible_pixels, outside.visible_fraction) == (200, 1.0)


def test_what_is_wholly_hidden_is_labelled_and_what_is_out_of_the_image_is_not() -> None:
    found = one(world([flat(2, -2), still(wall(5, 90, -90)), flat(40, 30, 6)]))
    assert (found.instance, found.visible_pixels, found.visible_box, found.visible_fraction) == (5, 0, None, 0.0)


def test_an_object_that_reaches_behind_the_camera_is_cut_at_the_near_plane() -> None:
    floor = still(box((40, 2, 0.2), centre=(0, 0, -1)), 7, 1, "slab")
    found = one(world([floor]))
    assert found.visible_pixels == found.alone_pixels > 300
    assert found.truncation > 0.9
    assert found.amodal_box[3] > 24 + 50 * 0.9 / 0.05


def test_the_box_of_bodies_of_one_object_in_space_and_before_the_camera() -> None:
    at = pose(12, 3, -1, yaw=0.4)
    car = Body(box((4, 2, 1.5), centre=(0, 0, 0.75)), np.stack([at] * 2), 26, 3, "car")
    roof = Body(box((1, 1, 0.5), centre=(0, 0, 1.75)), np.stack([at @ pose(yaw=1.0)] * 2), 1, 3)
    lens = camera(at=(1, 1, 0.5), yaw=0.1)
    (found,) = next(iter(labels(world([], [roof, car], lens)))).objects
    np.testing.assert_allclose(found.size, (4, 2, 2), atol=1e-12)
    np.testing.assert_allclose(found.centre, (12, 3, 0), atol=1e-12)
    assert found.yaw == pytest.approx(0.4)
    assert (found.semantic, found.kind) == (26, "car")
    expected = (np.array([12, 3, 0]) - [1, 1, 0.5]) @ (pose(yaw=0.1)[:3, :3] @ LOOKING)
    np.testing.assert_allclose(found.centre_camera, expected, atol=1e-12)
    # A car that drives away from a KITTI camera has rotation_y = -pi / 2; a turn to the left lowers it further.
    assert found.yaw_camera == pytest.approx(-np.pi / 2 - 0.3)


def test_a_spinning_wheel_does_not_turn_the_box() -> None:
    spin = np.tile(np.eye(4), (2, 1, 1))
    spin[1, :3, :3] = [[-1, 0, 0], [0, 1, 0], [0, 0, -1]]
    wheel = Body(box((0.6, 0.2, 0.6)), pose(10, 1, -1) @ spin, 26, 3)
    car = sliding(box((4, 2, 1.5)), [(10, 0, -1), (10, 0, -1)], instance=3)
    for frame in labels(world([], [wheel, car])):
        assert frame.objects[0].yaw == 0.0
        np.testing.assert_allclose(frame.objects[0].size, (4, 2.1, 1.5), atol=1e-12)


def test_boxes_masks_and_fractions_agree_with_the_pixels() -> None:
    frames: list[Labels] = list(labels(clip()))
    for here in frames:
        for found in here.objects:
            i, j = np.nonzero(here.instance == found.instance)
            assert found.visible_pixels == len(i)
            assert found.visible_box == (j.min(), i.min(), j.max() + 1, i.max() + 1)
            assert found.visible_fraction == len(i) / found.alone_pixels <= 1
    alone = next(iter(labels(clip()._replace(static=(), moving=clip().moving[:1]))))
    assert frames[0].objects[0].alone_pixels == int((alone.instance == 4).sum())
