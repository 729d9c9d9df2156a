"""The set of labels of a clip: what belongs together, the same bytes for any share of the frames, and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("embreex")

from abound.errors import InputError, UnknownName
from abound.render.labels import Labels, labels
from abound.render.mesh import ellipsoid, pose
from abound.render.rays import Scene
from abound.render.world import Body, World
from tests.render.plain_worlds import camera, sliding, still, wall, world
from tests.render.test_rays import soup


def clip(frames: int = 5) -> World:
    """A moving camera, still triangles, a car and a walker that deforms."""
    time = np.arange(frames)
    ball = ellipsoid((1, 1, 2), detail=8)
    deformed = np.stack([ball.vertices * [1, 1, 1 + 0.1 * t] for t in time])
    walker = Body(ball, np.stack([pose(9, 2 - 0.5 * t) for t in time]), 24, 7, "adult", deformed)
    car = sliding(ellipsoid((3, 1.5, 1.5), detail=10), [(7 + t, -1, 0) for t in time], 26, 4)
    lens = camera(frames, at=[(0.3 * t, 0, 0) for t in time], yaw=0.02 * time)
    return world([still(soup(), 21), still(wall(30, 20, -20, -2, 5), 11)], [car, walker], lens, frames)


def same(a: Any, b: Any) -> bool:
    """Equal to the byte, through tuples, lists and arrays; the moment is not data."""
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.tobytes() == b.tobytes())
    if isinstance(a, Labels):
        return same(tuple(a)[:-1], tuple(b)[:-1])
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def test_shapes_dtypes_and_what_belongs_together() -> None:
    here = list(labels(clip()))[2]
    assert (here.depth.dtype, here.normals.dtype, here.semantic.dtype) == (np.float64, np.float32, np.uint8)
    assert (here.instance.dtype, here.triangle.dtype) == (np.int32, np.int32)
    assert here.depth.shape == here.triangle.shape == (48, 64)
    assert here.normals.shape == (48, 64, 3)
    assert here.forward is not None
    assert here.forward.vectors.shape == (48, 64, 2)
    assert here.forward.vectors.dtype == np.float64
    assert here.forward.occlusion.dtype == np.uint8
    sky = here.triangle < 0
    np.testing.assert_array_equal(sky, here.semantic == 23)
    np.testing.assert_array_equal(sky, np.isinf(here.depth))
    assert sorted(set(here.instance.ravel().tolist())) == [0, 4, 7]
    np.testing.assert_array_equal(here.semantic == 26, here.instance == 4)
    assert [o.instance for o in here.objects] == [4, 7]


def test_normals_are_of_unit_length_and_face_the_camera() -> None:
    here = list(labels(clip()))[1]
    met = here.triangle >= 0
    np.testing.assert_allclose(np.linalg.norm(here.normals[met], axis=1), 1.0, atol=1e-6)
    i, j = np.nonzero(met)
    ray = np.stack([(j + 0.5 - 32) / 50, (i + 0.5 - 24) / 50, np.ones(len(i))], 1) @ here.pose[:3, :3].T
    assert ((here.normals[met] * ray).sum(axis=1) < 1e-6).all()
    assert np.abs(here.normals[here.semantic == 11] - (-1, 0, 0)).max() < 1e-6
    assert not here.normals[~met].any()


@pytest.mark.parametrize("gap", [1, 2])
def test_any_share_of_the_frames_gives_the_same_bytes(gap: int) -> None:
    scene = clip()
    whole = list(labels(scene, gap=gap))
    assert [w.frame for w in whole] == [0, 1, 2, 3, 4]
    assert [w.forward is None for w in whole] == [k + gap > 4 for k in range(5)]
    assert [w.backward is None for w in whole] == [k - gap < 0 for k in range(5)]
    for share in ([3], [4, 0], [1, 2]):
        for k, each in zip(share, labels(Scene(scene), frames=share, gap=gap), strict=True):
            assert same(each, whole[k])


def test_one_frame_alone_has_labels_and_no_flow() -> None:
    (only,) = labels(clip(1))
    assert only.forward is None
    assert only.backward is None
    assert len(only.objects) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"camera": "rear"}, UnknownName, "no camera 'rear'"),
        ({"frames": [5]}, InputError, "frames 0 to 4, so there is no frame 5"),
        ({"frames": [-1]}, InputError, "no frame -1"),
        ({"gap": 0}, InputError, "use 1 to 4"),
        ({"gap": 5}, InputError, "use 1 to 4"),
    ],
)
def test_what_cannot_be_labelled_is_refused_at_once(arguments: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        labels(clip(), **arguments)


def test_worlds_without_frames_are_refused() -> None:
    with pytest.raises(InputError, match="at least one frame"):
        labels(clip()._replace(frames=0))
