"""Streets from words: what was asked for is there, in the same bytes each time."""

from __future__ import annotations

import numpy as np
import pytest

from abound.errors import InputError
from abound.render.section import braked, section
from abound.render.spec import read_scene

ONE = {
    "frames": 5, "traffic": {"vehicles": 0, "parked": 0.0, "walkers": 0},
    "cameras": [{"width": 160, "height": 48}],
}  # fmt: skip


def scene(**more):
    return read_scene(ONE | more)


def actor(kind, action, **more):
    return {"actors": [{"kind": kind, "action": action, "distance": 14.0, **more}]}


def built(value, seed=1):
    pytest.importorskip("numba", reason="the extra [scenes] is not installed")
    from abound.render.street import build

    return build(value, seed)


def test_the_driver_stops_before_what_is_in_the_way():
    time = np.arange(40) / 10
    s, v = braked(time, 12.0 * time, np.full(40, 12.0), 10, 14.0, 0.0)
    assert s[10] == 12.0
    assert (np.diff(s) >= 0).all()
    assert v[-1] == 0.0
    assert 12.0 + 14.0 - 2.0 < s[-1] < 12.0 + 14.0 - 1.0


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_street():
    value = scene(**actor("adult", "crossing"))
    a, b, c = built(value), built(value), built(value, seed=2)
    for left, right in zip((*a.static, *a.moving), (*b.static, *b.moving), strict=True):
        np.testing.assert_array_equal(left.mesh.vertices, right.mesh.vertices)
        np.testing.assert_array_equal(left.pose, right.pose)
    assert [len(x.mesh.faces) for x in a.static] != [len(x.mesh.faces) for x in c.static]


@pytest.mark.parametrize("kind", ["car", "bus", "deer"])
def test_distance_is_from_the_camera_to_the_nearest_point_in_the_middle_frame(kind):
    world = built(scene(**actor(kind, "stopped" if kind != "deer" else "standing")))
    camera = world.cameras["front"].pose[2][:3, 3]
    points = []
    for body in world.moving:
        if body.instance == 1:
            local = body.mesh.vertices if body.deformed is None else body.deformed[2]
            pose = body.pose[2]
            points.append(local @ pose[:3, :3].T + pose[:3, 3])
    ahead = np.concatenate(points)[:, 0] - camera[0]
    assert abs((ahead.min() if kind != "deer" else ahead.mean()) - 14.0) < (0.2 if kind != "deer" else 1.6)


def test_a_child_comes_out_from_behind_a_parked_car():
    value = scene(**actor("child", "jaywalking", hidden_by="parked_car", side="right", speed=2.0), frames=21)
    value = value.model_copy(update={"traffic": value.traffic.model_copy(update={"parked": 0.3})})
    world = built(value)
    child = next(b for b in world.moving if b.instance == 1)
    y = child.pose[:, 1, 3]
    assert y[0] < y[-1]  # from the right kerb towards the middle
    cars = [b for b in world.static if b.kind in ("hatchback", "sedan", "estate", "suv", "van", "car")]
    near = [b for b in cars if abs(b.pose[0, 3] - child.pose[10, 0, 3]) < 5.0 and b.pose[1, 3] < 0]
    assert near


def test_wheels_roll_as_far_as_the_car_drives():
    world = built(scene(**actor("car", "driving", speed=5.0)))
    wheel = next(
        b for b in world.moving if b.instance == 1 and not np.allclose(b.pose[0, :3, :3], b.pose[1, :3, :3])
    )
    turn = wheel.pose[0, :3, :3].T @ wheel.pose[1, :3, :3]
    angle = np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))
    radius = np.ptp(wheel.mesh.vertices[:, 2]) / 2
    assert abs(angle * radius - 0.5) < 0.02


def test_night_has_lamps_and_day_has_none():
    assert built(scene(time={"kind": "night"})).lights
    assert not built(scene()).lights


def test_a_size_that_an_actor_cannot_have_is_refused():
    with pytest.raises(InputError, match="a child is"):
        built(scene(**actor("child", "running", size=1.9)))


@pytest.mark.parametrize("layout", ["straight", "curve", "crossroads"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_one_drives_on_ones_own_side(layout, side):
    made, drive = section(scene(road={"layout": layout}, drive_on=side), seed=3)
    y = drive.line.at(drive.s)[1][0]
    assert (y < 0) == (side == "right")
    assert made.lane(0) * made.lane(0, oncoming=True) < 0


def test_a_turn_ends_in_the_crossing_street():
    value = scene(road={"layout": "crossroads"}, ego={"action": "turning", "speed": 6.0}, frames=60)
    _, drive = section(value, seed=4)
    heading = drive.line.at(drive.s)[2]
    assert heading[0] == 0.0
    assert abs(abs(heading[-1]) - np.pi / 2) < 1e-9
