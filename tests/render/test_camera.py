"""Pixel centres, projection, and cameras that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from abound.errors import InputError, UnknownName
from abound.render.camera import camera_named, project, rays, rays_at, to_camera
from tests.render.plain_worlds import camera, still, wall, world


def test_a_ray_goes_through_the_middle_of_its_pixel() -> None:
    lens = camera(yaw=0.3, at=(1.0, 2.0, 3.0), width=7, height=5)
    origin, directions = rays(lens, 1)
    image = project(lens, to_camera(lens, 1, origin + 4.2 * directions)).reshape(5, 7, 2)
    np.testing.assert_allclose(image[3, 2], (2.5, 3.5), atol=1e-12)
    np.testing.assert_allclose(image[0, 6], (6.5, 0.5), atol=1e-12)


def test_directions_have_unit_depth_and_not_unit_length() -> None:
    lens = camera(yaw=0.3)
    origin, directions = rays(lens, 0)
    np.testing.assert_allclose(to_camera(lens, 0, origin + directions)[:, 2], 1.0, atol=1e-12)
    assert np.linalg.norm(directions, axis=1).max() > 1.1


def test_rays_at_image_coordinates_are_those_of_the_centres() -> None:
    lens = camera(yaw=-0.2, width=4, height=3)
    i, j = np.indices((3, 4)).reshape(2, -1)
    np.testing.assert_array_equal(rays_at(lens, 0, np.stack([j + 0.5, i + 0.5], 1))[1], rays(lens, 0)[1])


def test_what_is_behind_the_near_plane_has_no_place_in_the_image() -> None:
    image = project(camera(), np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 0.01], [0.0, 0.0, 1.0]]))
    assert np.isnan(image[:2]).all()
    np.testing.assert_array_equal(image[2], (32.0, 24.0))


def test_an_unknown_camera_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no camera 'frnt'; did you mean 'front'\?"):
        camera_named(world([still(wall(10, 5, -5))]), "frnt")


@pytest.mark.parametrize("size", [(0, 0), (0, 375), (1242, -1), (16384, 8), (8, 8193)])
def test_frames_without_pixels_or_beyond_8192_are_refused(size: tuple[int, int]) -> None:
    lens = camera()._replace(width=size[0], height=size[1])
    with pytest.raises(InputError, match=rf"{size[0]} x {size[1]} pixels: each side must be 1 to 8192"):
        camera_named(world(lens=lens), "front")


@pytest.mark.parametrize(
    ("lens", "says"),
    [
        (camera(3), "shape"),
        (camera(fx=0.0), "above 0"),
        (camera()._replace(pose=np.full((2, 4, 4), np.nan)), "not a number"),
    ],
)
def test_cameras_that_cannot_be_are_refused(lens: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        camera_named(world(lens=lens), "front")  # type: ignore[arg-type]
