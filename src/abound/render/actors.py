"""What the clip is about: main actors where and when they were asked for, and the car that hides them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.errors import InputError
from abound.pixels.cityscapes import label_id
from abound.render.domain import SIZES, speeds
from abound.render.fleet import make
from abound.render.line import Line
from abound.render.mesh import pose
from abound.render.models.furniture import debris
from abound.render.motion import Track, along, crossing, parked_bodies, vehicle_bodies
from abound.render.section import Drive, Section, stream
from abound.render.spec import ANIMALS, PEOPLE, RIDDEN, VEHICLES, Actor, Scene
from abound.render.world import Body

Array = np.ndarray[Any, Any]
CAMERA_X = 1.5  # metres of the default camera before the middle of the ego vehicle
IN_VIEW = 0.75  # lateral over distance at which a KITTI-like camera still sees something, its edge is at .86
ACROSS = ("crossing", "jaywalking", "running")


class Cast(NamedTuple):
    """An actor with every choice made."""

    kind: str
    action: str
    colour: str | None
    size: float
    distance: float  # metres from the middle of the ego vehicle to the actor's nearest point
    side: float  # +1 left, -1 right
    speed: float
    hidden: bool
    text: str | None

    @property
    def length(self) -> float:
        """Metres along its own direction."""
        return self.size if self.kind in (*VEHICLES, *RIDDEN, "debris", "caravan") else 0.6


def cast(scene: Scene, actor: Actor, seed: int, number: int) -> Cast:
    """The actor with what was left out drawn from the seed; InputError for a size that it cannot have."""
    rng = stream(seed, "cast", number)
    low, high = SIZES[actor.kind]
    size = float(rng.uniform(low, high)) if actor.size is None else actor.size
    if not 0.98 * low <= size <= 1.02 * high:
        raise InputError(f"a {actor.kind} is {low:g} to {high:g} m in size, not {size:g}: change its size")
    slow, fast = speeds(actor.kind, actor.action, scene.road.zone)
    speed = float(rng.uniform(slow, fast)) if actor.speed is None else actor.speed
    hidden = actor.hidden_by == "parked_car"
    near = 10.0 if actor.kind in (*ANIMALS, *PEOPLE, "debris") else 12.0
    distance = float(rng.uniform(near, near + 16.0)) if actor.distance is None else actor.distance
    side = {"left": 1.0, "right": -1.0, None: float(rng.choice([1.0, -1.0]))}[actor.side]
    return Cast(
        actor.kind, actor.action, actor.colour, size, distance + scene.cameras[0].x, side, speed, hidden, actor.text
    )


def pace(actor: Cast) -> float | None:
    """Its speed along the ego path where it is in the way of the ego vehicle, None where it is not."""
    if actor.action in ("oncoming", "walking", "standing"):
        return 0.0 if actor.action == "standing" and actor.kind in ANIMALS else None
    if actor.action in (*ACROSS, "turning", "stopped", "lying", "braking"):
        return 0.0
    return actor.speed


def track(actor: Cast, scene: Scene, made: Section, drive: Drive, seed: int) -> Track:
    """Where the actor is in every frame."""
    t = drive.time - drive.time[drive.middle]
    here = float(drive.s[drive.middle]) + actor.distance
    ahead = here + actor.length / 2
    lane = made.lane(0)
    if actor.action in ACROSS and actor.kind not in VEHICLES:
        return _across(actor, made, drive, t, here, seed)
    if actor.action in ("walking", "standing"):
        return _beside(actor, made, drive, t, here, seed)
    if actor.action == "lying":
        offset = float(stream(seed, "lying").uniform(-0.5, 0.5))
        return along(drive.line, np.full(len(t), here), 0 * t, offset)
    if actor.action == "turning":
        return _turning(actor, made, t)
    if actor.action == "oncoming":
        d = made.lane(0, oncoming=True)
        return along(made.line, ahead - actor.speed * t, np.full(len(t), actor.speed), d, back=True)
    if actor.action == "braking":
        slowing = 3.5
        v = np.clip(actor.speed - slowing * t, 0.0, actor.speed + 2.0)
        s = ahead + np.concatenate([[0.0], np.cumsum((v[1:] + v[:-1]) / 2 * np.diff(t))])
        return along(drive.line, s - (s[drive.middle] - ahead), v)
    s = ahead + actor.speed * t
    v = np.full(len(t), actor.speed)
    if actor.action == "cut_in":
        shift = np.clip((t + 1.4) / 2.4, 0.0, 1.0)
        shift = shift * shift * (3 - 2 * shift)
        aside = made.lane(1) - lane
        offset = aside * (1 - shift)
        made_track = along(drive.line, s, v, offset)
        drift = np.gradient(offset, t) / max(actor.speed, 1.0) if len(t) > 1 else 0 * t
        return made_track._replace(yaw=made_track.yaw + np.arctan(drift))
    edge = -made.own * (made.width / 2 - 0.75) if actor.kind == "bicycle" else 0.0
    found = along(drive.line, s, v, edge)
    if actor.kind == "excavator" and actor.action == "stopped":  # it digs at the side of the road
        return found._replace(yaw=found.yaw - made.own * float(stream(seed, "digging").uniform(0.7, 1.5)))
    return found


def _across(actor: Cast, made: Section, drive: Drive, t: Array, here: float, seed: int) -> Track:
    """Over the carriageway from one side to the other, in the middle frame on the road or just coming out."""
    rng = stream(seed, "across")
    x0, y0, heading = drive.line.at(here)
    lane = _offset(made, drive, here)
    start, end = actor.side * (made.edge + 1.2), -actor.side * (made.edge + 1.2)
    if actor.hidden:
        middle = actor.side * (made.half + 0.15)
        # On a wide road the far kerb is out of view so near: then it has come a few steps further.
        reach = IN_VIEW * (actor.distance - CAMERA_X)
        middle = float(np.clip(middle, lane - reach, lane + reach))
    else:
        middle = lane + actor.side * float(rng.uniform(-0.6, 1.6))
    way = -actor.side
    d = np.clip(middle + way * actor.speed * t, min(start, end), max(start, end))
    moving = (d > min(start, end)) & (d < max(start, end))
    yaw = float(heading) + way * np.pi / 2
    offset = d - lane
    x, y = float(x0) - np.sin(heading) * offset, float(y0) + np.cos(heading) * offset
    return crossing(x, y, _level(made, d), yaw, way * d, np.where(moving, actor.speed, 0.0))


def _level(made: Section, d: Array) -> Array:
    """Height of the ground: a ramp over the kerb stone, so that feet do not jump."""
    return made.kerb * np.clip((np.abs(d) - made.edge + 0.25) / 0.3, 0.0, 1.0)


def _offset(made: Section, drive: Drive, s: float) -> float:
    """d of the ego path at s: its lane, or the lane of the crossing street after a turn."""
    if np.isfinite(drive.line.length) and s > drive.line.bend + drive.line.length:
        return -made.own * made.cross_half / 2
    return made.lane(0)


def _beside(actor: Cast, made: Section, drive: Drive, t: Array, here: float, seed: int) -> Track:
    """Along the pavement or the verge; large animals stand and walk on the road."""
    rng = stream(seed, "beside")
    away = bool(rng.random() < 0.5)
    if actor.kind in ANIMALS:
        d = made.lane(0) + float(rng.uniform(-0.5, 0.5)) if actor.action == "standing" else actor.side * made.edge
        s = here + (1 if away else -1) * actor.speed * t
        found = along(made.line, s, np.full(len(t), actor.speed), d, back=not away)
        turned = (
            float(rng.uniform(-0.6, 0.6)) + np.pi / 2 * rng.choice([-1, 1]) if actor.action == "standing" else 0.0
        )
        return found._replace(yaw=found.yaw + turned)
    d = actor.side * (
        made.edge + (float(rng.uniform(0.5, max(0.6, made.pavement - 0.8))) if made.pavement else 0.9)
    )
    s = here + (1 if away else -1) * actor.speed * t
    found = along(made.line, s, np.full(len(t), actor.speed), d, back=not away, z=made.kerb)
    if actor.action == "standing":
        return found._replace(yaw=found.yaw + float(rng.uniform(-2.0, 2.0)))
    return found


def _turning(actor: Cast, made: Section, t: Array) -> Track:
    """From the oncoming lane across the ego lane into the crossing street; in the middle of the turn at t = 0."""
    assert made.cross is not None, "the scene says crossroads"
    radius = made.lane(0, oncoming=True) * made.own + made.cross_half / 2 + 2.0
    x, y, heading = made.line.at(made.cross + radius + 1.0, made.lane(0, oncoming=True))
    bend = 6.0
    back = float(heading) + np.pi
    start = np.array([float(x), float(y)]) - bend * np.array([np.cos(back), np.sin(back)])
    line = Line(float(start[0]), float(start[1]), back, bend, made.own / radius, radius * np.pi / 2)
    s = bend + radius * np.pi / 4 + actor.speed * t
    return along(line, s, np.full(len(t), actor.speed))


def bodies(actor: Cast, scene: Scene, where: Track, seed: int, instance: int, night: bool) -> list[Body]:
    """The actor's bodies, all of them of one instance but for a rider, who has the next."""
    rng = stream(seed, "looks", instance)
    if actor.kind == "debris":
        kind = ("box", "tyre", "branch", "sack")[rng.integers(4)]
        at = pose(float(where.x[0]), float(where.y[0]), 0.0, float(rng.uniform(0, 6.28)))
        part = debris(kind, actor.size, rng)
        return [Body(part, np.tile(at, (len(where.x), 1, 1)), label_id("dynamic"), instance, "debris")]
    if actor.kind in (*PEOPLE, *ANIMALS):
        from abound.render.figures import living_bodies

        time = np.arange(scene.frames) / scene.rate
        return living_bodies(actor.kind, actor.action, actor.size, actor.colour, where, time, rng, instance)
    if actor.kind in RIDDEN:
        from abound.render.figures import ridden_bodies

        return ridden_bodies(
            actor.kind, actor.size, actor.colour, where, rng, instance, lamps(actor.action, where, night)
        )
    model = make(actor.kind, rng, actor.size, actor.colour, actor.text)
    return vehicle_bodies(model, where, instance, lamps(actor.action, where, night), actor.kind)


def lamps(action: str, where: Track, night: bool) -> dict[str, Array]:
    """What is switched on in every frame."""
    n = len(where.x)
    slowing = np.zeros(n)
    if action == "braking" or action == "stopped":
        slowing[:] = 1.0
    on = np.full(n, 1.0 if night else 0.0)
    turn = np.ones(n) if action in ("cut_in", "turning") else np.zeros(n)
    return {"head": on, "tail": on, "brake": slowing, "turn": turn, "blue": np.ones(n), "inside": on, "sign": on}


def hiding(
    actor: Cast, made: Section, drive: Drive, seed: int, instance: int
) -> tuple[list[Body], tuple[float, float]]:
    """The parked car that the actor comes out from behind, and the range of s that it takes."""
    rng = stream(seed, "hiding")
    kind = ("car", "van", "car")[rng.integers(3)]
    model = make(kind, rng, float(rng.uniform(4.2, 4.7)) if kind == "car" else 5.2)
    length = model.size[0]
    s = float(drive.s[drive.middle]) + actor.distance - 0.55 - length / 2
    d = actor.side * (made.half + 1.05)
    x, y, heading = made.line.at(s, d)
    turned = float(heading) + (np.pi if actor.side * made.own > 0 else 0.0)
    return parked_bodies(model, pose(float(x), float(y), 0.0, turned), instance, kind), (
        s - length / 2,
        s + length / 2,
    )
