"""Pictures of labels: directions have the hues of the wheel, near is bright, unknown is black."""

from __future__ import annotations

import numpy as np
import pytest

from abound.pixels import colour
from abound.pixels.cityscapes import CITYSCAPES, camvid_ids, colours, label_id, train_ids


def shown(u, v, largest=1.0):
    return colour.flow_picture(np.array([[[u, v]]], float), largest)[0, 0].astype(int)


def test_the_wheel_has_55_hues_and_turns_once():
    table = colour.wheel()
    assert table.shape == (55, 3)
    assert len({tuple(row) for row in table.tolist()}) == 55
    assert table.min() == 0
    assert table.max() == 1
    assert (table.max(axis=1) == 1).all()


@pytest.mark.parametrize(("u", "v", "named"), [(1, 0, "red"), (0, 1, "yellow"), (-1, 0, "cyan"), (0, -1, "blue")])
def test_right_is_red_down_yellow_left_cyan_up_blue(u, v, named):
    """As in the pictures of the Middlebury benchmark (Baker et al. 2011, figure of the colour code)."""
    r, g, b = shown(u, v)
    assert {
        "red": r > 240 and g < 40 and b < 60, "yellow": r > 180 and g > 200 and b < 40,
        "cyan": r < 40 and g > 150 and b > 200, "blue": r < 120 and g < 80 and b > 230,
    }[named]  # fmt: skip


def test_no_motion_is_white_longer_is_stronger_and_unknown_is_black():
    np.testing.assert_array_equal(shown(0, 0), [255, 255, 255])
    assert shown(0.2, 0)[2] > shown(0.6, 0)[2] > shown(1, 0)[2]
    np.testing.assert_array_equal(shown(5, 0), shown(1, 0))
    np.testing.assert_array_equal(shown(np.nan, 0), [0, 0, 0])
    assert colour.flow_picture(np.full((2, 2, 2), np.nan)).max() == 0


def test_near_is_bright_and_the_sky_is_black():
    near, far, sky, unknown = colour.depth_picture(np.array([[2.0, 100.0, np.inf, np.nan]]))[0].astype(int)
    assert near.sum() > far.sum() > 0
    assert sky.sum() == unknown.sum() == 0


def test_instances_differ_and_nothing_is_dark():
    image = colour.instance_picture(np.arange(12).reshape(3, 4))
    assert len({tuple(c) for c in image.reshape(-1, 3).tolist()}) == 12
    np.testing.assert_array_equal(image[0, 0], [40, 40, 40])


def test_the_ids_of_cityscapes():
    """Spot values of the table that the data set's authors publish (labels.py)."""
    wanted = {
        "road": (7, 0), "sky": (23, 10), "person": (24, 11), "rider": (25, 12), "car": (26, 13), "truck": (27, 14),
        "bus": (28, 15), "motorcycle": (32, 17), "bicycle": (33, 18), "pole": (17, 5),
    }  # fmt: skip
    train = train_ids()
    for name, (label, trained) in wanted.items():
        assert (label_id(name), train[label]) == (label, trained)
    assert sorted(set(train.tolist()) - {255}) == list(range(19))
    numbers = [n for n, _, _ in CITYSCAPES.values()]
    assert len(set(numbers)) == len(numbers)
    np.testing.assert_array_equal(colour.class_picture(np.array([[26]])), [[[0, 0, 142]]])
    assert colours().shape == (256, 3)


def test_camvid_has_eleven_classes_and_the_rest_is_unlabelled():
    table = camvid_ids()
    assert table[label_id("sky")] == 0
    assert table[label_id("rider")] == table[label_id("bicycle")]
    assert table[0] == table[label_id("dynamic")] == 11
    assert set(table.tolist()) == set(range(12))
