"""How animals move on four legs: walk, trot, gallop, stand.

Like people's feet, each hoof has one place on the ground a step, and the leg reaches it by inverse kinematics. The
gait follows the Froude number v^2 / (g h) of the hip's height h: walking below .5, galloping above 2 to 3; strides
are 2.4 h F^.34 walking and 1.9 h F^.40 beyond (Alexander and Jayes 1983, "A dynamic similarity hypothesis for the
gaits of quadrupedal mammals"). Order of the footfalls and shares of the stance: Hildebrand 1989, "The quadrupedal
gaits of vertebrates": lateral sequence walk, diagonal trot, transverse gallop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abound.errors import UnknownName, did_you_mean
from abound.render.mesh import Array, mesh
from abound.render.models.figure import Figure, Skeleton, bend, places, turns, vertices
from abound.render.models.gait import GRAVITY, Steps, ease, phase, steps
from abound.render.models.species import Species

BONES = (
    "pelvis", "chest", "neck", "head", "tail",
    "left arm", "left forearm", "left front cannon", "left front hoof",
    "right arm", "right forearm", "right front cannon", "right front hoof",
    "left thigh", "left shank", "left hind cannon", "left hind hoof",
    "right thigh", "right shank", "right hind cannon", "right hind hoof",
)  # fmt: skip
PARENTS = (-1, 0, 1, 2, 0, 1, 5, 6, 7, 1, 9, 10, 11, 0, 13, 14, 15, 0, 17, 18, 19)
PASTERN = 0.42  # radians by which the lowest bone points forwards in the middle of the stance


class Gait(NamedTuple):
    """Shares of the stride."""

    offsets: tuple[float, float, float, float]  # left hind, left front, right hind, right front
    stance: float
    fold: float  # radians by which a swinging cannon folds back
    lift: float  # of the hock or knee in the swing, share of the hip's height
    bounce: float  # of the trunk, share of the hip's height
    arch: float  # radians by which the back bends and stretches


GAITS = {
    "walk": Gait((0.0, 0.25, 0.5, 0.75), 0.64, 0.75, 0.045, 0.006, 0.0),
    "trot": Gait((0.0, 0.5, 0.5, 0.0), 0.42, 1.05, 0.090, 0.022, 0.0),
    "gallop": Gait((0.0, 0.56, 0.12, 0.44), 0.25, 1.35, 0.150, 0.035, 0.16),
}


def gait_at(speed: float, hip: float) -> str:
    """The gait of an animal at a speed in m/s whose hip is `hip` metres high."""
    froude = speed**2 / (GRAVITY * hip)
    return "walk" if froude < 0.5 else "trot" if froude < 2.2 else "gallop"


def stride(speed: Array, hip: float) -> Array:
    """Metres between footfalls of the same hoof."""
    froude = np.maximum(speed, 0.25) ** 2 / (GRAVITY * hip)
    return np.asarray(hip * np.where(froude < 0.54, 2.4 * froude**0.34, 1.9 * froude**0.40), float)


def go(figure: Figure, distance: Array, speed: Array, gait: str | None = None, start: float = 0.0) -> Array:
    """Vertices float64 (frames, n, 3) of an animal that moves; object frame.

    `distance` (frames,) metres along x, never falling, `speed` (frames,) m/s; `gait` of GAITS, by the mean speed if
    it is not given; `start` the share of a stride at the beginning.

    Raises:
        UnknownName: no such gait.
    """
    return vertices(figure, *pose(figure, distance, speed, gait, start))


def pose(figure: Figure, distance: Array, speed: Array, gait: str | None, start: float) -> tuple[Array, Array]:
    """Rotations (frames, bones, 3, 3) and root (frames, 3) of `go`."""
    d, v = np.asarray(distance, float), np.asarray(speed, float)
    hip = figure.sizes["hip"]
    name = gait or gait_at(float(v.mean()), hip)
    if name not in GAITS:
        raise UnknownName(f"No gait of animals is called {name!r}; {did_you_mean(name, GAITS)}")
    way = GAITS[name]
    length = stride(v, hip)
    strides = phase(d, length, start)
    moving = ease(v / (0.35 * np.sqrt(hip)))
    turn = 2 * np.pi * strides
    rotations = np.tile(np.eye(3), (len(d), len(BONES), 1, 1))
    root = np.tile(figure.origin, (len(d), 1))
    _trunk(figure, rotations, root, turn, moving, way, name)
    still = np.zeros(len(d))
    feet = [
        (side, end, steps(d, strides, length, np.full(len(d), way.stance), offset, still, still))
        for (side, end), offset in zip(
            (("left", "hind"), ("left", "front"), ("right", "hind"), ("right", "front")), way.offsets, strict=True
        )
    ]
    aims = [(side, end, hold(figure, side, end, step, length, moving, way)) for side, end, step in feet]
    root[:, 2] -= _short(figure, rotations, root, aims)
    for side, end, aim in aims:
        leg(figure, rotations, root, side, end, aim)
    return rotations, root


def stand(figure: Figure, time: Array, start: float = 0.0) -> Array:
    """Vertices (frames, n, 3) of an animal that stands, looks about, flicks its tail; `time` (frames,) seconds."""
    t = np.asarray(time, float)
    still = np.zeros(len(t))
    rotations, root = pose(figure, still, still, "walk", 0.0)
    slow = 2 * np.pi * (0.12 * t + start)
    at = figure.skeleton.at
    for bone, share in (("neck", 0.4), ("head", 1.0)):
        rotations[:, at(bone)] = turns(yaw=share * 0.4 * np.sin(slow), pitch=share * 0.06 * np.sin(1.7 * slow))
    rotations[:, at("tail")] = turns(yaw=0.35 * np.sin(2 * np.pi * 0.8 * t))
    return vertices(figure, rotations, root)


class Aim(NamedTuple):
    """Where the upper end of a cannon has to be, and how the lower leg is turned, at each frame."""

    at: Array  # (frames, 3)
    cannon: Array  # (frames,) pitch
    hoof: Array  # (frames,) pitch
    air: Array  # (frames,) share of the swing since or until the ground, 0 on it


def _slant(end: str, lean: Array) -> tuple[Array, Array]:
    """Pitch of cannon and hoof of a standing leg that leans back by an angle."""
    if end == "front":
        return 0.85 * lean, 0.75 * lean - PASTERN
    return 0.75 * lean - 0.06, 0.75 * lean - PASTERN


def _raised(end: str, sizes: tuple[float, float], lean: Array) -> Array:
    """From the tip of the hoof to the upper end of the cannon, (frames, 2), x and z."""
    cannon, hoof = _slant(end, lean)
    up = [size * np.stack([np.sin(p), np.cos(p)], -1) for size, p in zip(sizes, (cannon, hoof), strict=True)]
    return np.asarray(up[0] + up[1], float)


def hold(figure: Figure, side: str, end: str, step: Steps, length: Array, moving: Array, way: Gait) -> Aim:
    """Where a leg has to be."""
    sizes = figure.sizes[f"{end} 2"], figure.sizes[f"{end} 3"]
    tall = figure.sizes["shoulder" if end == "front" else "hip"]
    joint = figure.skeleton.joints[figure.skeleton.at(f"{side} {'arm' if end == 'front' else 'thigh'}")]
    s, u = (
        np.clip(step.share / step.stance, 0.0, 1.0),
        np.clip((step.share - step.stance) / (1 - step.stance), 0.0, 1.0),
    )
    most = np.arctan(0.5 * step.stance * length / tall) * moving
    planted = step.share <= step.stance
    lean = most * (2 * s - 1)
    up = _raised(end, sizes, lean)
    leave, land = _raised(end, sizes, most), _raised(end, sizes, -most)
    under = joint[0] - (0.085 if end == "front" else 0.035) * figure.sizes["hip"]
    fly = ease(u)[:, None]
    arc = np.sin(np.pi * u) ** 2
    air = (1 - fly) * (np.stack([step.behind, 0 * u], -1) + leave) + fly * (
        np.stack([step.ahead, 0 * u], -1) + land
    )
    air[:, 1] += way.lift * tall * arc * moving
    xz = np.where(planted[:, None], np.stack([step.behind, 0 * u], -1) + up, air)
    bent = moving * way.fold * np.sin(np.pi * np.clip(u, 0, 1) ** 0.8) ** 1.5
    lean = np.where(planted, lean, most * (1 - 2 * ease(u)))
    cannon, hoof = _slant(end, lean)
    cannon, hoof = cannon + (1.0 if end == "front" else 0.62) * bent, hoof + 1.35 * bent
    # The hoof clears the ground, however its leg is folded.
    clear = sizes[0] * np.cos(cannon) + sizes[1] * np.cos(hoof) + 0.3 * way.lift * tall * arc * moving
    z = np.where(planted, xz[:, 1], np.maximum(xz[:, 1], clear))
    at = np.stack([xz[:, 0] + under, np.full(len(u), joint[1] * 0.85), z], -1)
    return Aim(at, cannon, hoof, np.minimum(u, 1 - u))


def _short(figure: Figure, rotations: Array, root: Array, aims: list[tuple[str, str, Aim]]) -> Array:
    """How far the trunk has to come down for all standing legs to reach the ground, metres."""
    joints = places(figure.skeleton, rotations, root)
    down = [np.zeros(len(root))]
    for side, end, aim in aims:
        top = joints[:, figure.skeleton.at(f"{side} {'arm' if end == 'front' else 'thigh'}")]
        reach = 0.985 * (figure.sizes[f"{end} 0"] + figure.sizes[f"{end} 1"])
        flat = np.sum((aim.at[:, :2] - top[:, :2]) ** 2, axis=1)
        far = np.sqrt(np.maximum(reach**2 - flat, 0.04 * reach**2))
        free = 4.0 * figure.sizes["hip"] * np.minimum(aim.air, 0.4)
        down.append(top[:, 2] - aim.at[:, 2] - far - free)
    k = 50.0 / figure.sizes["hip"]
    stacked = np.stack(down)
    most = stacked.max(axis=0)
    return np.asarray(most + np.log(np.exp(k * (stacked - most)).sum(axis=0)) / k - np.log(1.0) / k, float)


def leg(figure: Figure, rotations: Array, root: Array, side: str, end: str, aim: Aim) -> None:
    """Turn a leg's bones so that its cannon begins where it should."""
    upper, lower = ("arm", "forearm") if end == "front" else ("thigh", "shank")
    at = figure.skeleton.at
    top = places(figure.skeleton, rotations, root)[:, at(f"{side} {upper}")]
    pole = np.array([-1.0 if end == "front" else 1.0, 0.0, 0.0]) + 0.0 * top
    first, second = bend(top, aim.at, pole, figure.sizes[f"{end} 0"], figure.sizes[f"{end} 1"], back=end == "front")
    rotations[:, at(f"{side} {upper}")], rotations[:, at(f"{side} {lower}")] = first, second
    rotations[:, at(f"{side} {end} cannon")] = turns(pitch=aim.cannon)
    rotations[:, at(f"{side} {end} hoof")] = turns(pitch=aim.hoof)


def _trunk(figure: Figure, rotations: Array, root: Array, turn: Array, moving: Array, way: Gait, name: str) -> None:
    """The trunk rises and falls, a galloping back bends, the neck nods."""
    at, hip = figure.skeleton.at, figure.sizes["hip"]
    beats = 1.0 if name == "gallop" else 2.0
    # Gathered in flight after the front legs leave, stretched while they reach ahead.
    wave = turn - 2 * np.pi * 0.12
    root[:, 2] += (
        moving * way.bounce * hip * np.sin(beats * wave) * (1 if name == "gallop" else -1) - 0.02 * moving * hip
    )
    arch = moving * way.arch * np.cos(wave + 0.9)
    pitch = moving * (0.05 if name == "gallop" else 0.0) * np.sin(wave)
    roll = moving * (0.03 if name == "walk" else 0.0) * np.sin(turn)
    rotations[:, at("pelvis")] = turns(roll, pitch - arch, 0.0)
    rotations[:, at("chest")] = turns(-roll, pitch + 0.35 * arch, 0.0)
    low = moving * {"walk": 0.12, "trot": 0.05, "gallop": 0.38}[name]
    nod = moving * {"walk": 0.06, "trot": 0.02, "gallop": 0.10}[name] * np.sin(beats * turn + 0.6)
    rotations[:, at("neck")] = turns(pitch=low + nod)
    rotations[:, at("head")] = turns(pitch=-0.25 * low + 0.4 * nod)
    lift = moving * {"walk": 0.1, "trot": 0.3, "gallop": 0.7}[name]
    rotations[:, at("tail")] = turns(pitch=lift, yaw=0.15 * np.sin(turn))


def stance(species: Species, skeleton: Skeleton) -> tuple[Array, Array]:
    """Rotations (bones, 3, 3) and root (3,) of an animal with withers at 1 m that stands still."""
    sizes = {f"front {k}": x for k, x in enumerate(species.front)} | {
        f"hind {k}": x for k, x in enumerate(species.hind)
    }
    sizes |= {"hip": species.hip, "shoulder": species.shoulder}
    n = len(BONES)
    bare = Figure(
        mesh(np.zeros((0, 3)), np.zeros((0, 3))),
        skeleton,
        np.zeros((0, n)),
        np.tile(np.eye(3), (n, 1, 1)),
        skeleton.joints[0],
        "",
        1.0,
        0,
        sizes,
    )
    still = np.zeros(1)
    rotations, root = pose(bare, still, still, "walk", 0.0)
    return rotations[0], root[0]
