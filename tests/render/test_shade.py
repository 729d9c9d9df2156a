"""Light does what light does: shadows, fog, wet roads, head lamps; and the same seed gives the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")
pytest.importorskip("embreex")
pytest.importorskip("cv2")

from abound.render.mesh import Material, Mesh, box, mesh, plate
from abound.render.rays import Scene, primary
from abound.render.shade import _centres, _lit, look, picture
from abound.render.world import Body, Conditions, Light, World
from tests.render.plain_worlds import camera, still

WHITE = Material((0.8, 0.8, 0.8), 0.9, contrast=0.0)


def floor(material: Material = WHITE, low: float = 0.0, high: float = 60.0, wide: float = 30.0) -> Mesh:
    """A level rectangle 1.5 m below the camera, before it."""
    v = [(low, -wide, -1.5), (high, -wide, -1.5), (high, wide, -1.5), (low, wide, -1.5)]
    return mesh(v, [(0, 1, 2), (0, 2, 3)], material)


def radiance(bodies: Any, conditions: Conditions, lights: tuple[Light, ...] = (), seed: int = 1) -> np.ndarray:
    """Linear radiance (48, 64, 3) before the sensor."""
    scene = Scene(World(1, 10.0, tuple(bodies), (), {"front": camera(1)}, conditions, lights))
    shown, moment = look(scene, "front", seed), scene.at(0)
    lens = scene.world.cameras["front"]
    light, _ = _centres(shown, moment, lens, primary(moment, lens), _lit(shown, moment))
    return light.reshape(48, 64, 3)


def test_a_white_floor_is_about_one_in_the_sun_and_darker_in_a_shadow() -> None:
    sun = Conditions(sun_elevation=45.0, sun_azimuth=90.0, cloud=0.0)
    roof = still(
        box((4.0, 4.0, 0.1), WHITE, (4.0, 3.0, 1.5))
    )  # 3 m above the floor: its shadow lies 3 m to the right
    light = radiance([still(floor()), roof], sun)
    lit, dark = light[42, 5].mean(), light[42, 32].mean()
    assert 0.6 < lit < 1.2
    assert 0.03 < dark < 0.4 * lit


def test_overcast_has_no_hard_shadow() -> None:
    roof = still(box((4.0, 4.0, 0.1), WHITE, (4.0, 3.0, 1.5)))
    light = radiance([still(floor()), roof], Conditions(45.0, 90.0, cloud=1.0))
    assert light[42, 32].mean() > 0.5 * light[42, 5].mean()


def test_contrast_at_the_visibility_is_five_percent() -> None:
    """Koschmieder: a black plate before the horizon's air at the distance of visibility."""
    black = Material((0.0, 0.0, 0.0), 1.0, contrast=0.0)
    near, far = plate(20.0, 8.0, black), plate(400.0, 160.0, black)
    turned = np.diag([-1.0, -1.0, 1.0, 1.0])

    def standing(shape: Mesh, distance: float) -> Body:
        pose = turned.copy()
        pose[0, 3] = distance
        return Body(shape, pose, 11)

    fog = Conditions(40.0, 90.0, cloud=1.0, visibility=100.0)
    at_10, at_100 = (radiance([standing(s, d)], fog)[24, 32] for s, d in ((near, 10.0), (far, 100.0)))
    endless = radiance([standing(far, 3000.0)], fog)[24, 32]
    assert np.allclose((endless - at_100) / endless, 0.05, atol=0.012)
    assert np.allclose((endless - at_10) / endless, np.exp(-0.3), atol=0.05)


def test_a_wet_road_is_darker_near_by_and_mirrors_far_off() -> None:
    road = Material((0.1, 0.1, 0.1), 0.85, pattern="asphalt", second=(0.2, 0.2, 0.2))
    sun = Conditions(sun_elevation=50.0, sun_azimuth=90.0, cloud=0.0)
    scene = [still(floor(road), semantic=7)]
    dry, wet = radiance(scene, sun), radiance(scene, sun._replace(wetness=0.6))
    assert wet[45:].mean() < 0.95 * dry[45:].mean()
    assert wet[26:28].mean() > 1.2 * dry[26:28].mean()


def test_a_head_lamp_lights_its_cone_only_and_a_box_shades_it() -> None:
    night = Conditions(sun_elevation=-20.0, cloud=0.0)
    screen = still(plate(40.0, 20.0, WHITE)._replace(faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32)))
    screen = screen._replace(pose=np.array([[1, 0, 0, 12.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]))
    lamp = Light(np.array([0.0, 0.0, 0.0]), (50.0, 50.0, 50.0), np.array([1.0, 0.0, 0.0]), 20.0)
    alone = radiance([screen], night, (lamp,))
    assert alone[24, 32].mean() > 20 * alone[24, 2].mean()
    assert alone[24, 32].mean() == pytest.approx(0.8 * 50 / np.pi / 144, rel=0.2)
    shaded = radiance([screen, still(box((0.5, 1.0, 1.0), WHITE, (6.0, 0.0, -3.0)))], night, (lamp,))
    assert shaded[24, 32].mean() == pytest.approx(alone[24, 32].mean(), rel=0.1)


def test_snow_whitens_what_looks_up() -> None:
    dark = Material((0.05, 0.05, 0.05), 0.9, contrast=0.0)
    day = Conditions(40.0, 90.0, cloud=1.0)
    bare = radiance([still(floor(dark))], day)
    white = radiance([still(floor(dark))], day._replace(snow_cover=1.0))
    assert white[40].mean() > 4 * bare[40].mean()


@pytest.mark.parametrize("weather", [{}, {"rain": 8.0, "wetness": 1.0}, {"snowfall": 2.0}])
def test_same_seed_same_bytes(weather: dict[str, float]) -> None:
    world = World(2, 10.0, (still(floor()),), (), {"front": camera(2)}, Conditions(30.0, 60.0, **weather))
    scenes = [Scene(world) for _ in range(2)]
    one, two = (picture(look(s, "front", 3), s.at(1)) for s in scenes)
    assert one.shape == (48, 64, 3)
    assert one.dtype == np.uint8
    assert one.tobytes() == two.tobytes()
    other = picture(look(scenes[0], "front", 4), scenes[0].at(1))
    assert other.tobytes() != one.tobytes()


def test_a_lamp_that_is_switched_off_does_not_shine() -> None:
    red = Material((0.3, 0.0, 0.0), emission=(6.0, 0.1, 0.1), lamp="brake")
    shape = plate(4.0, 4.0, red)._replace(faces=np.array([[0, 2, 1], [0, 3, 2]], np.int32))
    pose = np.eye(4)
    pose[0, 3] = 5.0
    off, on = (
        radiance([Body(shape, pose, 26, lamps={"brake": np.array([k])})], Conditions(-20.0)) for k in (0.0, 1.0)
    )
    assert on[24, 32, 0] > 5.5
    assert off[24, 32, 0] < 0.5


@pytest.mark.parametrize("elevation", [60.0, 3.0, -3.0, -30.0])
def test_a_frame_of_nothing_but_sky_can_be_drawn(elevation: float) -> None:
    behind = still(floor(low=-60.0, high=-1.0))
    scene = Scene(World(1, 10.0, (behind,), (), {"front": camera(1)}, Conditions(elevation, 10.0)))
    shown = picture(look(scene, "front", 1), scene.at(0))
    assert shown[:20].mean() > 5


def test_a_thin_kerb_is_evenly_lit_under_an_overcast_sky() -> None:
    """A face three pixels high has few neighbours that gather light for it: it must not show dashes."""
    kerb = still(box((0.4, 60.0, 0.35), WHITE, (8.0, 0.0, -1.325)))
    light = radiance([still(floor()), kerb], Conditions(45.0, 90.0, cloud=1.0))
    rows = light[28:40].mean(axis=-1)
    darkest = rows[rows.mean(axis=1).argmin()]  # the upright face sees half of the sky
    assert darkest.mean() < 0.8 * rows.max()
    assert darkest.std() < 0.06 * darkest.mean()
