"""Everything that is said about a picture moves as the picture does."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.images.compositions import compared, planted

from abound.errors import InputError, UnknownName
from abound.pixels.sample import Sample, hidden, moved, tight
from abound.pixels.transforms import EXACT, TRANSFORMS, transform, transformed
from abound.pixels.transforms_colour import MixUp
from abound.pixels.warp import Field, Warp


def picture(seed: int = 0, size: tuple[int, int] = (40, 56)) -> Sample:
    rng = np.random.default_rng(seed)
    masks = np.zeros((2, *size), bool)
    masks[0, 5:15, 8:20] = True
    masks[1, 20:34, 30:48] = True
    return Sample(
        rng.integers(0, 256, (*size, 3)).astype(np.uint8), boxes=tight(masks), masks=masks,
        labels=(masks[0] + 2 * masks[1]).astype(np.uint8), keypoints=np.array([[10.0, 7.0], [40.0, 25.0]]),
        swap=np.array([1, 0]), flow=np.tile(np.array([2.0, -1.0], np.float32), (*size, 1)),
    )  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_same_seed_gives_the_same_bytes_and_labels_fit_the_picture(name):
    sample, step = picture(), transform({"name": name, "chance": 1.0})
    one, two = (transformed(sample, [step], np.random.default_rng(5)) for _ in range(2))
    assert one.image.tobytes() == two.image.tobytes()
    assert one.image.dtype == np.uint8
    assert one.labels.shape == one.flow.shape[:2] == one.masks.shape[1:] == one.image.shape[:2]
    assert np.array_equal(one.boxes, tight(one.masks))


@pytest.mark.parametrize("name", [n for n in TRANSFORMS if n not in ("jpeg", "hue_saturation", "colour_jitter")])
def test_grey_pictures_of_16_bits_keep_their_depth(name):
    image = np.random.default_rng(0).integers(0, 65536, (24, 30)).astype(np.uint16)
    out = transformed(Sample(image), [transform({"name": name, "chance": 1.0})], np.random.default_rng(1))
    assert out.image.dtype == np.uint16
    assert out.image.ndim == 2


@pytest.mark.parametrize("name", ["hue_saturation", "colour_jitter"])
def test_colours_of_a_grey_picture_are_not_changed_in_silence(name):
    with pytest.raises(InputError, match="grey"):
        transformed(Sample(np.zeros((8, 8), np.uint8)), [transform(name)], np.random.default_rng(0))


def test_compositions_agree_with_the_picture():
    worst = [compared(seed) for seed in range(150)]
    assert min(w["exact_iou"] for w in worst) >= 0.99
    assert max(w["keypoint"] for w in worst) <= 0.5


def test_exact_maps_move_whole_pixels():
    sample = picture()
    for seed in range(20):
        steps = [transform({"name": n, "chance": 1.0}) for n in EXACT]
        out = transformed(sample, steps, np.random.default_rng(seed))
        assert set(np.unique(out.labels)) <= {0, 1, 2}
        inside = out.image[out.masks.any(axis=0)]
        colours = {tuple(c) for c in sample.image.reshape(-1, 3).tolist()}
        assert {tuple(c) for c in inside.tolist()} <= colours


def test_a_mirror_swaps_left_and_right():
    out = transformed(picture(), [transform({"name": "hflip", "chance": 1.0})], np.random.default_rng(0))
    assert out.keypoints.tolist() == [[56 - 40.0, 25.0], [56 - 10.0, 7.0]]
    twice = transformed(out, [transform({"name": "vflip", "chance": 1.0})], np.random.default_rng(0))
    assert twice.keypoints[0].tolist() == [46.0, 33.0]


def test_flow_turns_with_the_picture_and_follows_the_map():
    sample = picture()
    turned = transformed(sample, [transform({"name": "rot90", "turns": [1]})], np.random.default_rng(0))
    assert np.allclose(turned.flow, [-1.0, -2.0])
    warp = transform({"name": "elastic", "cells": 3}).draw(np.random.default_rng(2), 56, 40)
    bent = moved(sample, warp).flow
    start = np.array([[20.5, 20.5]])
    end = warp.forward(start + np.array([2.0, -1.0]))
    at = warp.forward(start)[0]
    assert np.abs(bent[int(at[1]), int(at[0])] - (end[0] - at)).max() < 0.1
    jacobian = warp.jacobian(start)[0] @ [2.0, -1.0]
    assert np.abs(jacobian - (end[0] - at)).max() < 0.1


def test_a_field_is_inverted_and_a_steep_one_refused():
    warp = transform({"name": "elastic", "strength": 0.2}).draw(np.random.default_rng(0), 60, 50)
    points = np.random.default_rng(1).uniform(5, 45, (50, 2))
    assert np.abs(warp.forward(warp.backward(points)) - points).max() < 1e-4
    with pytest.raises(InputError, match="keeps it whole"):
        Field(np.random.default_rng(0).normal(0, 3, (9, 9, 2)).astype(np.float32))


def test_what_leaves_the_picture_is_gone_and_what_is_covered_is_unknown():
    sample = picture()
    crop = Warp((56, 40), (28, 20), (np.eye(3),))
    out = moved(sample, crop)
    assert out.objects.tolist() == [0]
    assert out.visible.tolist() == [True, False]
    hole = np.zeros((40, 56), bool)
    hole[:, :25] = True
    covered = hidden(replace(sample, unlabelled=11), hole, 0)
    assert covered.objects.tolist() == [1]
    assert covered.visible.tolist() == [False, True]
    assert set(np.unique(covered.labels[hole])) == {11}
    assert np.isnan(covered.flow[hole]).all()


def test_boxes_without_masks_follow_their_corners():
    sample = Sample(np.zeros((40, 40), np.uint8), boxes=np.array([[10.0, 10, 20, 30], [38, 38, 44, 44]]))
    out = moved(sample, transform({"name": "rotate", "degrees": [90, 90]}).draw(np.random.default_rng(0), 40, 40))
    assert np.allclose(out.boxes[0], [10, 20, 30, 30])
    assert moved(sample, Warp((40, 40), (39, 39), (np.eye(3),)), least_visible=0.5).objects.tolist() == [0]


def test_mixup_mixes_classes_and_refuses_what_has_no_mixture():
    one = Sample(np.full((4, 4), 200, np.uint8), boxes=np.array([[0.0, 0, 2, 2]]), soft=np.array([1.0, 0]))
    two = replace(one, image=np.zeros((4, 4), np.uint8), soft=np.array([0.0, 1]))
    out = MixUp().mix(one, two, np.random.default_rng(0))
    assert out.soft.sum() == pytest.approx(1)
    assert abs(out.image[0, 0] - 200 * out.soft[0]) <= 0.5
    assert out.objects.tolist() == [0, 1]
    with pytest.raises(InputError, match="no mixture of labels"):
        MixUp().mix(replace(one, labels=np.zeros((4, 4), np.uint8)), two, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ("hflipp", UnknownName, "did you mean 'hflip'"), ({"name": "blur", "sgma": 1}, UnknownName, "'sigma'"),
        ({"name": "blur", "sigma": [3, 1]}, InputError, "write a range"),
        ({"name": "blur", "sigma": "much"}, InputError, "range"),
        ({"name": "hflip", "chance": 2}, InputError, "0 to 1"),
        ({"name": "elastic", "strength": 0.9}, InputError, "0 to 0.2"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(given, error, says):
    with pytest.raises(error, match=says):
        transform(given)


def test_planted_truth_is_where_it_says():
    sample, spots = planted(3)
    x, y = np.floor(spots[0]).astype(int)
    assert sample.image[y, x, 0] > 180
