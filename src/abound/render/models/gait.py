"""How people move on foot: walking, running, standing, and what hands do meanwhile.

The phase follows the distance covered, so feet do not skate: each footfall has one place on the ground, the place
where the body is in the middle of that stance, and the leg reaches it by inverse kinematics. While it stands, the
foot turns about its heel, lies flat, then turns about its ball, and none of them moves over the ground.

Lengths and times are those of people. Walking: step length over cadence is .0065 m a step a minute at all usual
speeds (Sekiya and Nagasaki 1998, "Reproducibility of the walking patterns of normal young adults"), so the step is
the root of speed times that. Running: cadence rises little with speed (Cavanagh and Kram 1989, "Stride length in
distance running"). Both are scaled to short legs by equal Froude numbers v^2 / (g leg) (Alexander 1989,
"Optimization and gaits in the locomotion of vertebrates"), by which people begin to run at about .5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Array
from abound.render.models.body import SIDES
from abound.render.models.figure import Figure, bend, places, turns, vertices

GRAVITY = 9.81
ADULT_LEG = 0.93  # metres, of those in whom the walk ratio was measured
SPLAY = 0.09  # radians by which feet point outwards
SLOW = 0.2  # m/s, below which steps get no shorter


class Steps(NamedTuple):
    """What one foot does at each frame."""

    share: Array  # (frames,) of the stride since the foot fell, 0 to 1
    stance: Array  # (frames,) share of the stride on the ground
    behind: Array  # (frames,) where the foot fell, metres ahead of the body
    ahead: Array  # (frames,) where it will fall next
    aside: Array  # (frames,) metres from the middle line at which it fell
    aside_next: Array  # (frames,) and will fall


class Aim(NamedTuple):
    """Where a foot has to be at each frame, object frame."""

    ankle: Array  # (frames, 3)
    pitch: Array  # (frames,) of the foot, positive with the heel up
    toes: Array  # (frames,) pitch of the toes
    air: Array  # (frames,) share of the swing since the foot left, or until it falls: 0 on the ground


def stride(speed: Array, leg: float, running: Array) -> Array:
    """Metres between two footfalls of the same foot, at speeds in m/s."""
    v = np.maximum(speed, SLOW) * np.sqrt(ADULT_LEG / leg)
    walk = 2.0 * np.sqrt(0.0065 * 60.0 * v)
    run = 2.0 * v / (2.45 + 0.10 * v)
    return np.asarray(((1 - running) * walk + running * run) * leg / ADULT_LEG, float)


def runs(speed: Array, leg: float) -> Array:
    """0 walking to 1 running, by the Froude number."""
    return ease((np.asarray(speed, float) ** 2 / (GRAVITY * leg) - 0.45) / 0.2)


def phase(distance: Array, length: Array, start: float = 0.0) -> Array:
    """Strides since the beginning: the integral of distance over stride length."""
    each = np.diff(distance) * 2.0 / (length[1:] + length[:-1])
    return np.asarray(start + np.concatenate([[0.0], np.cumsum(each)]), float)


def steps(
    distance: Array, strides: Array, length: Array, stance: Array, offset: float, shift: Array, aside: Array
) -> Steps:
    """When and where a foot falls; `offset` is its share of the stride.

    At the pace of a frame a foot falls `shift` (frames,) metres ahead of where the body is in the middle of the
    stance, and `aside` (frames,) metres from the middle line; each footfall keeps its own.
    """
    number = np.floor(strides - offset)

    def place(k: Array) -> Array:
        # The body is over the foot in the middle of its stance. Before and after the clip it keeps its speed.
        middle = k + offset + 0.5 * np.interp(k + offset, strides, stance)
        early, late = np.minimum(middle - strides[0], 0.0), np.maximum(middle - strides[-1], 0.0)
        at = np.interp(middle, strides, distance) + early * length[0] + late * length[-1]
        return np.asarray(at - distance + np.interp(k + offset, strides, shift), float)

    def out(k: Array) -> Array:
        return np.asarray(np.interp(k + offset, strides, aside), float)

    then = number + 1.0
    return Steps(strides - offset - number, stance, place(number), place(then), out(number), out(then))


def walk(figure: Figure, distance: Array, speed: Array, start: float = 0.0) -> Array:
    """Vertices float64 (frames, n, 3) of a person who walks or, when fast, runs; object frame.

    `distance` (frames,) is how far the object's origin has come along its x, metres, never falling; `speed`
    (frames,) m/s. `start` is the share of a stride at the beginning. Standing still is speed 0.
    """
    return vertices(figure, *pose(figure, distance, speed, start))


def pose(figure: Figure, distance: Array, speed: Array, start: float = 0.0) -> tuple[Array, Array]:
    """Rotations (frames, bones, 3, 3) and root (frames, 3) of `walk`."""
    d, v = np.asarray(distance, float), np.asarray(speed, float)
    leg = figure.sizes["leg"]
    run = runs(v, leg)
    length = stride(v, leg, run)
    strides = phase(d, length, start)
    stance = 0.62 - 0.31 * run
    moving = ease(v / (0.45 * np.sqrt(leg / ADULT_LEG)))
    shift = -(0.075 * moving + 0.045 * run) * leg
    track = abs(figure.skeleton.joints[figure.skeleton.at("left thigh")][1])
    aside = track * (0.95 - moving * (0.275 + 0.22 * run))
    feet = {side: steps(d, strides, length, stance, k / 2, shift, aside) for k, (side, _) in enumerate(SIDES)}
    turn = 2 * np.pi * strides
    rotations = np.tile(np.eye(3), (len(d), len(figure.parents), 1, 1))
    _trunk(figure, rotations, turn, moving, run)
    root = np.zeros((len(d), 3))
    root[:, 1] = 0.014 * leg * moving * (1 - run) * np.sin(turn)
    aims = {side: foothold(figure, feet[side], side, moving, run) for side, _ in SIDES}
    root[:, 2] = _height(figure, rotations, root, aims, turn, run, stance)
    for side, _ in SIDES:
        legs(figure, rotations, root, side, aims[side])
    arms(figure, rotations, root, turn, moving, run)
    return rotations, root


def stand(figure: Figure, time: Array, start: float = 0.0) -> Array:
    """Vertices (frames, n, 3) of a person who stands and sways; `time` (frames,) in seconds."""
    t = np.asarray(time, float)
    rotations = np.tile(np.eye(3), (len(t), len(figure.parents), 1, 1))
    sway = np.sin(2 * np.pi * (0.3 * t + start))
    at = figure.skeleton.at
    rotations[:, at("chest")] = turns(roll=0.012 * sway, pitch=0.010 * np.sin(2 * np.pi * (0.23 * t + start)))
    rotations[:, at("head")] = turns(yaw=0.25 * np.sin(2 * np.pi * (0.11 * t + start)), pitch=0.05 + 0.02 * sway)
    still = np.zeros(len(t))
    out = still + 0.95 * abs(figure.skeleton.joints[at("left thigh")][1])
    flat = Steps(still + 0.3, still + 0.6, still, still, out, out)
    aims = {side: foothold(figure, flat, side, still, still) for side, _ in SIDES}
    root = np.stack(
        [0.004 * sway, 0.010 * sway, np.full(len(t), figure.skeleton.joints[0, 2] - 0.006 * figure.height)], -1
    )
    for side, _ in SIDES:
        legs(figure, rotations, root, side, aims[side])
    arms(figure, rotations, root, still, still, still)
    return vertices(figure, rotations, root)


def ease(x: Array) -> Array:
    """A smooth step from 0 at 0 to 1 at 1."""
    t = np.clip(x, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), float)


def _trunk(figure: Figure, rotations: Array, turn: Array, moving: Array, run: Array) -> None:
    """Pelvis and chest turn against one another; the head keeps still."""
    at = figure.skeleton.at
    swing = moving * (0.08 + 0.06 * run)
    lean = 0.03 * moving + 0.13 * run
    # The left foot falls at phase 0: the pelvis has its left side forward there.
    forth = np.cos(turn)
    rotations[:, at("pelvis")] = turns(0.05 * moving * np.sin(turn), 0.6 * lean, -swing * forth)
    rotations[:, at("spine")] = turns(0.01 * moving * np.sin(turn), 0.8 * lean, 0.1 * swing * forth)
    rotations[:, at("chest")] = turns(-0.02 * moving * np.sin(turn), lean, swing * forth)
    rotations[:, at("neck")] = turns(pitch=0.6 * lean + 0.08, yaw=0.3 * swing * forth)
    rotations[:, at("head")] = turns(pitch=0.25 * lean + 0.03)


def foothold(figure: Figure, step: Steps, side: str, moving: Array, run: Array) -> Aim:
    """Where a foot has to be."""
    size = figure.sizes
    sign = 1.0 if side == "left" else -1.0
    s = step.share / step.stance  # 1 at the end of stance
    u = np.clip((step.share - step.stance) / (1 - step.stance), 0.0, 1.0)
    # Pitch: toes up at heel strike, flat, heel up at push-off; in the air back to toes up.
    strike, push = -0.36 * moving * (1 - 0.8 * run), moving * (0.95 + 0.15 * run)
    down = strike * (1 - ease(s / 0.18)) + push * ease((s - (0.55 - 0.15 * run)) / (0.45 + 0.15 * run)) ** 1.3
    fly = (
        push * (1 - ease(u / 0.75))
        + strike * ease((u - 0.45) / 0.5)
        + 0.25 * run * np.sin(np.pi * np.clip(u, 0, 1)) ** 2
    )
    planted = step.share <= step.stance
    pitch = np.where(planted, down, fly)
    toes = np.where(pitch > 0, np.where(planted, 0.0, pitch * ease(u / 0.3)), pitch)
    # The point that rests: the heel while toes are up, the ball while the heel is up.
    rest = np.where(pitch < 0, size["heel"], size["ball"])
    low = np.where(pitch < 0, 0.0, size["joint"])
    ankle = _turned(-rest, size["ankle"] - low, pitch) + np.stack([rest, low], -1)
    across = ease(u)
    lift = size["leg"] * moving * (0.055 + 0.20 * run) * np.sin(np.pi * u) ** 2 * (1.2 - 0.4 * u)
    x = step.behind + (step.ahead - step.behind) * np.where(planted, 0.0, across)
    out = step.aside + (step.aside_next - step.aside) * np.where(planted, 0.0, across)
    # The foot points outwards a little; what it turns about stays in place.
    x, y = x + np.cos(SPLAY) * ankle[:, 0], sign * (out + np.sin(SPLAY) * ankle[:, 0])
    at = np.stack([x, y, ankle[:, 1] + np.where(planted, 0.0, lift)], -1)
    return Aim(at, pitch, toes, np.minimum(u, 1.0 - u))


def _turned(x: Array, z: Array, pitch: Array) -> Array:
    """A vector (x, z) after a positive pitch, which lowers what lies ahead."""
    c, s = np.cos(pitch), np.sin(pitch)
    return np.stack([c * x + s * z, -s * x + c * z], -1)


def _height(
    figure: Figure, rotations: Array, root: Array, aims: dict[str, Aim], turn: Array, run: Array, stance: Array
) -> Array:
    """Height of the hips: as high as both legs reach, a little bent, with the rise and fall of the gait."""
    reach = 0.992 * (figure.sizes["thigh"] + figure.sizes["shank"])
    full = figure.skeleton.joints[0, 2] - 0.012 * figure.sizes["leg"]
    bob = 0.045 * figure.sizes["leg"] * np.cos(2 * turn - 4 * np.pi * 0.5 * stance)
    wanted = full - run * 0.055 * figure.sizes["leg"] - run * bob
    joints = places(figure.skeleton, rotations, root)
    top = [wanted]
    for side, _ in SIDES:
        hip = joints[:, figure.skeleton.at(f"{side} thigh")]
        flat = np.sum((aims[side].ankle[:, :2] - hip[:, :2]) ** 2, axis=1)
        far = np.sqrt(np.maximum(reach**2 - flat, 0.09 * reach**2))
        # A leg in the air may bend or fall short: it does not pull the hips down.
        free = 4.0 * figure.sizes["leg"] * np.clip(np.minimum(aims[side].air, 0.4), 0.0, 1.0)
        top.append(aims[side].ankle[:, 2] + far - (hip[:, 2] - root[:, 2]) + free)
    # A smooth minimum, so that the hips do not jerk where the other leg takes over.
    k = 60.0 / figure.sizes["leg"]
    stacked = np.stack(top)
    least = stacked.min(axis=0)
    return np.asarray(least - np.log(np.exp(-k * (stacked - least)).sum(axis=0)) / k, float)


def legs(figure: Figure, rotations: Array, root: Array, side: str, aim: Aim) -> None:
    """Turn thigh, shank and foot so that the ankle is where it should be."""
    at, sizes = figure.skeleton.at, figure.sizes
    hip = places(figure.skeleton, rotations, root)[:, at(f"{side} thigh")]
    sign = 1.0 if side == "left" else -1.0
    pole = np.array([1.0, 0.10 * sign, 0.0]) + 0.0 * aim.ankle
    thigh, shank = bend(hip, aim.ankle, pole, sizes["thigh"], sizes["shank"])
    rotations[:, at(f"{side} thigh")] = thigh
    rotations[:, at(f"{side} shank")] = shank
    rotations[:, at(f"{side} foot")] = turns(pitch=aim.pitch, yaw=SPLAY * sign)
    rotations[:, at(f"{side} toes")] = turns(pitch=aim.toes, yaw=SPLAY * sign)


def arms(figure: Figure, rotations: Array, root: Array, turn: Array, moving: Array, run: Array) -> None:
    """Arms swing against the legs, bent when running; a phone or an umbrella keeps the right one up."""
    at = figure.skeleton.at
    chest = rotations[:, at("chest")]
    for side, sign in SIDES:
        forth = sign * np.cos(turn)  # the left arm is back when the left foot is forward
        swing = moving * ((0.34 + 0.30 * run) * forth - 0.05) + 0.22 * run
        roll = sign * (0.11 + 0.06 * run)
        elbow = 0.20 + moving * 0.12 * (1 - forth) + run * (1.12 - 0.20 * forth)
        upper = turns(roll, swing, 0.0)
        fore = turns(yaw=-sign * 0.30 * run) @ upper @ turns(pitch=-elbow)
        hold = fore @ turns(pitch=np.full(len(turn), -0.1))
        for name, local in (("arm", upper), ("forearm", fore), ("hand", hold)):
            rotations[:, at(f"{side} {name}")] = chest @ local
    s = figure.height
    if "phone" in figure.carries:
        head = places(figure.skeleton, rotations, root)[:, at("head")]
        ear = np.array([0.035 * s, -0.42 * figure.sizes["head"], 0.015 * s - figure.sizes["hand"]])
        hand(
            figure,
            rotations,
            root,
            "right",
            head + (rotations[:, at("head")] @ ear),
            (0.0, -0.45, -1.0),
            turns(0.25, -3.0, 0.5),
        )
    elif "umbrella" in figure.carries:
        grip = places(figure.skeleton, rotations, root)[:, at("chest")] + chest @ np.array(
            [0.13 * s, -0.055 * s, 0.03 * s]
        )
        hand(figure, rotations, root, "right", grip, (-0.3, -0.6, -1.0), turns(pitch=-1.57))


def hand(figure: Figure, rotations: Array, root: Array, side: str, wrist: Array, elbow: Any, turned: Array) -> None:
    """Bring a wrist (frames, 3) to where it should be, elbow towards a direction, the hand turned so."""
    at = figure.skeleton.at
    shoulder = places(figure.skeleton, rotations, root)[:, at(f"{side} arm")]
    pole = np.asarray(elbow, float) + 0.0 * wrist
    upper, fore = bend(shoulder, wrist, pole, figure.sizes["arm"], figure.sizes["forearm"], back=True)
    rotations[:, at(f"{side} arm")], rotations[:, at(f"{side} forearm")] = upper, fore
    rotations[:, at(f"{side} hand")] = turned
