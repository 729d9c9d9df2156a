"""The cross-section of a street and the path of the vehicle that carries the cameras."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from abound.render.line import Line
from abound.render.spec import LIMITS, Scene

Array = np.ndarray[Any, Any]
CROSS_HALF = 3.3  # metres, half of the carriageway of a crossing street
TURNED = 0.6  # of the quarter turn in the middle frame: what is ahead on the path is then in view
NOSE = 2.3  # metres from the middle of the ego vehicle to its front bumper
BEFORE, AFTER = 40.0, 230.0  # metres of street behind the first and ahead of the last position of the cameras


class Section(NamedTuple):
    """Where lanes, kerbs, pavements and fronts are: metres from the middle of the street, alike on both sides."""

    line: Line
    start: float
    end: float
    own: float  # +1 where one drives on the right, -1 on the left: own lanes have d * own < 0
    lanes: int
    width: float  # of a lane
    median: float  # between the directions
    half: float  # to the outer edge of the lanes
    edge: float  # to the kerb, parking included
    pavement: float  # its width, 0: none
    front: float  # to the fronts of the buildings
    kerb: float  # its height
    cross: float | None = None  # s of the middle of a crossing street
    cross_half: float = CROSS_HALF  # half of its carriageway

    def lane(self, number: int, oncoming: bool = False) -> float:
        """d of the middle of a lane, counted from the outer edge."""
        side = self.own if oncoming else -self.own
        return side * (self.half - (number + 0.5) * self.width)

    def gap(self) -> tuple[float, float]:
        """s between which the crossing street interrupts kerbs; an empty range where there is none."""
        if self.cross is None:
            return np.inf, np.inf
        return self.cross - self.cross_half, self.cross + self.cross_half


class Drive(NamedTuple):
    """The path of the ego vehicle: s along `line` and speed, a frame each; s = 0 at the first frame."""

    line: Line
    s: Array
    speed: Array
    time: Array
    middle: int  # the middle frame


def stream(seed: int, *path: object) -> np.random.Generator:
    """Random numbers of one piece of a scene: they depend on the seed and the path alone."""
    words = hashlib.sha256("/".join(map(str, path)).encode()).digest()
    key = [int.from_bytes(words[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(key)))


CLEAR = 1.5  # metres that the ego vehicle keeps from what is in its way
HARDEST = 8.0  # m/s^2, an emergency stop on a dry road


def braked(time: Array, covered: Array, speed: Array, middle: int, gap: float, pace: float) -> tuple[Array, Array]:
    """Speed and distance covered where, from the middle frame on, something is `gap` metres ahead at `pace` m/s.

    The driver keeps the speed from which an emergency stop still ends `CLEAR` metres before it.
    """
    s, v = covered.copy(), speed.copy()
    steps = 20
    here, now = float(s[middle]), float(v[middle])
    for i in range(middle + 1, len(time)):
        dt = (time[i] - time[i - 1]) / steps
        planned = float(speed[i])
        for k in range(steps):
            ahead = (
                gap + pace * (time[i - 1] + (k + 1) * dt - time[middle]) - (here - float(covered[middle])) - CLEAR
            )
            safe = pace + np.sqrt(2 * HARDEST * ahead) if ahead > 0 else 0.0
            now = max(min(planned, safe), now - HARDEST * dt, 0.0)
            here += now * dt
        s[i], v[i] = here, now
    return s, v


def speeds(scene: Scene, seed: int) -> tuple[Array, Array, Array]:
    """Time, speed and distance covered of the ego vehicle, a frame each, if nothing is in its way."""
    time = np.arange(scene.frames) / scene.rate
    top = LIMITS[scene.road.zone]
    first = scene.ego.speed
    if first is None:
        first = 0.0 if scene.ego.action == "stopped" else top * float(stream(seed, "ego").uniform(0.6, 0.95))
        first = min(first, 5.0) if scene.ego.action == "turning" else first
    if scene.ego.action == "braking":
        slowing = min(6.0, max(2.0, first / max(time[-1], 1.0)))
        stop = first / slowing
        t = np.minimum(time, stop)
        return time, np.maximum(first - slowing * time, 0.0), first * t - slowing * t**2 / 2
    return time, np.full(len(time), first), first * time


def section(
    scene: Scene, seed: int, distance: float | None = None, turning: bool = False, pace: float | None = None
) -> tuple[Section, Drive]:
    """The street and the ego path.

    `distance`: of the main actor from the middle of the ego vehicle in the middle frame; `turning`: it turns at the
    crossroads; `pace`: its speed along the ego path where it is in the way, None where it is not.
    """
    zone, road = scene.road.zone, scene.road
    rng = stream(seed, "section")
    own = 1.0 if scene.drive_on == "right" else -1.0
    median = {"motorway": 3.0}.get(zone, 0.0)
    half = median / 2 + road.lanes * road.lane_width
    bays = zone in ("urban", "residential") and scene.traffic.parked != 0.0
    shoulder = {"motorway": 2.8, "rural": 0.4}.get(zone, 0.0)
    edge = half + (2.2 if bays else shoulder)
    pavement = {"urban": 3.4, "residential": 2.2}.get(zone, 0.0)
    front = edge + pavement + {"urban": 0.0, "residential": 5.0, "rural": 14.0}.get(zone, 25.0)
    time, speed, covered = speeds(scene, seed)
    middle = len(time) // 2
    if pace is not None and distance is not None:
        covered, speed = braked(time, covered, speed, middle, distance - NOSE, pace)
    end = float(covered[-1]) + AFTER
    curvature = 0.0
    if road.layout == "curve":
        curvature = float(rng.choice([-1.0, 1.0])) / max(road.curve_radius, front + 12.0)
    line = Line(bend=float(rng.uniform(-10, 10)) if curvature else np.inf, curvature=curvature)
    cross = None
    lane = -own * (half - 0.5 * road.lane_width)
    turn = scene.ego.action == "turning"
    if road.layout == "crossroads":
        ahead = distance if distance is not None and turning else float(rng.uniform(18.0, 45.0))
        cross = float(covered[middle]) + ahead
    towards = float(rng.choice([-1.0, 1.0]))
    if turn:
        cross = _crossing(float(covered[middle]), towards == -own)
    kerb = {"motorway": 0.0, "rural": 0.0}.get(zone, 0.13)
    made = Section(
        line, -BEFORE, end, own, road.lanes, road.lane_width, median, half, edge, pavement, front, kerb, cross
    )
    x, y, heading = line.at(0.0, lane)
    path = Line(float(x), float(y), float(heading))
    if curvature:
        path = path._replace(bend=line.bend, curvature=curvature / (1 - curvature * lane))
        if line.bend < 0:  # the arc began behind the start: it is an arc from the start on
            x0, y0, h0 = line.at(0.0, lane)
            path = Line(float(x0), float(y0), float(h0), 0.0, path.curvature)
    if turn and cross is not None:
        path = _turning(path, cross, made, towards)
    return made, Drive(path, covered, speed, time, middle)


def _arc(near: bool) -> tuple[float, float]:
    """Radius of a quarter turn, and how far before the middle of the crossing street it begins."""
    radius, lane = (6.5, CROSS_HALF / 2) if near else (10.0, -CROSS_HALF / 2)
    return radius, lane + radius


def _crossing(middle: float, near: bool) -> float:
    """s of the crossing street for which the ego vehicle, at s = middle, is in its turn."""
    radius, before = _arc(near)
    return middle - TURNED * radius * np.pi / 2 + before


def _turning(path: Line, cross: float, made: Section, towards: float) -> Line:
    """The path with a quarter turn into the crossing street, `towards` +1 left, -1 right."""
    # `near` is the turn that does not cross the oncoming lanes.
    radius, before = _arc(near=towards == -made.own)
    return path._replace(bend=cross - before, curvature=towards / radius, length=radius * np.pi / 2)
