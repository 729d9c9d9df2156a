"""Riders of bicycles and motorcycles: seated at the vehicle's points, feet on turning pedals, hands on grips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from abound.errors import InputError
from abound.pixels.cityscapes import label_id
from abound.render.mesh import Array, Colour
from abound.render.models.body import SIDES
from abound.render.models.figure import Figure, places, turns, vertices
from abound.render.models.gait import Aim, hand, legs
from abound.render.models.person import person

SEATED = 0.052  # hip joint above the saddle, share of stature
GEAR = 2.6  # turns of the wheel a turn of the crank, a usual city gear


def rider(
    kind: str,
    points: Mapping[str, Array],
    *,
    rng: np.random.Generator,
    age: str = "adult",
    height: float | None = None,
    clothes: Sequence[str] | None = None,
    colours: Mapping[str, str | Colour | float] | None = None,
    detail: str = "high",
) -> Figure:
    """Who rides a vehicle with these `points` (`Model.points`: "saddle", "grip_left", "pedal_left" or "foot_left"
    ...).

    `kind` tells the dress: on a motorcycle a full helmet and a jacket, on bicycles every second person has a
    helmet. Other arguments and errors are those of `person`. The skin is made seated, so hips and knees bend little
    from there.

    Raises:
        InputError: a point is missing.
    """
    need = ("saddle", "grip_left", "grip_right")
    if missing := [n for n in need if n not in points]:
        raise InputError(
            f"A rider needs the points {', '.join(need)} of the vehicle; {', '.join(missing)} is missing."
        )
    motor = "pedal_left" not in points
    draw = rng.random(2)
    if clothes is None:
        shirt = "jacket" if motor else ("t-shirt", "shirt", "jacket", "hoodie")[int(draw[0] * 4)]
        clothes = (
            (shirt, "full helmet", "jeans")
            if motor
            else (shirt, "trousers", *(("helmet",) if draw[1] < 0.5 else ()))
        )
    figure = person(
        age,
        rng=rng,
        height=height,
        clothes=clothes,
        colours=colours,
        detail=detail,
        fist=0.85,
        rest=lambda bare: _posed(bare, points, None)[0][0],
    )
    return figure._replace(semantic=label_id("rider"), kind="rider", sizes={**figure.sizes, "motor": float(motor)})


def ride(figure: Figure, points: Mapping[str, Array], crank: Array, lean: Array | float = 0.0) -> Array:
    """Vertices float64 (frames, n, 3) in the vehicle's object frame.

    `crank` (frames,) is the angle by which the crank has turned about y since the vehicle's rest, radians (positive
    as the wheels turn); without pedals only its length counts. `lean` (frames,) leans the head against a leaning
    vehicle.
    """
    turn = np.asarray(crank, float)
    rotations, root = _posed(figure, points, turn)
    at = figure.skeleton.at
    tilt = turns(roll=-0.7 * np.broadcast_to(np.asarray(lean, float), turn.shape))
    rotations[:, at("head")] = tilt @ rotations[:, at("head")]
    return vertices(figure, rotations, root)


def crank_angle(distance: Array, wheel_radius: float, start: float = 0.0) -> Array:
    """Angle of the crank, radians, of a bicycle that has come so far, metres."""
    return np.asarray(start + np.asarray(distance, float) / (wheel_radius * GEAR), float)


def _posed(figure: Figure, points: Mapping[str, Array], crank: Array | None) -> tuple[Array, Array]:
    """Rotations and root; without a crank angle, both feet between the highest and the lowest pedal."""
    frames = 1 if crank is None else len(crank)
    s, sizes, at = figure.height, figure.sizes, figure.skeleton.at
    rotations = np.tile(np.eye(3), (frames, len(figure.parents), 1, 1))
    hips = np.asarray(points["saddle"], float) + np.array([0.01 * s, 0.0, SEATED * s])
    root = np.tile(hips, (frames, 1))
    _trunk(figure, rotations, root, points)
    for side, sign in SIDES:
        foot = _foot(points, side, crank, frames)
        pedals = "pedal_left" in points
        angle = 0.0 * foot[:, 0] + 0.10
        if pedals and crank is not None:  # heel up on the way up, flat on the way down
            mine = crank + (0.0 if side == "left" else np.pi)
            angle = 0.16 - 0.22 * np.cos(mine)
        ball = -sizes["ball"] if pedals else -0.3 * sizes["ball"]
        c, n = np.cos(angle), np.sin(angle)
        up = np.stack([c * ball + n * sizes["ankle"], 0 * c, -n * ball + c * sizes["ankle"]], -1)
        ankle = foot + up + np.array([0.0, sign * 0.01, 0.022 if pedals else 0.015])
        legs(figure, rotations, root, side, Aim(ankle, angle, angle, 0.0 * angle))
        grip = np.asarray(points[f"grip_{side}"], float)
        shoulder = places(figure.skeleton, rotations, root)[:, at(f"{side} arm")]
        way = (grip - shoulder) / np.linalg.norm(grip - shoulder, axis=1, keepdims=True)
        way = way * np.array([1.0, 0.5, 0.75])
        way = way / np.linalg.norm(way, axis=1, keepdims=True)
        wrist = grip - 0.046 * s * way + np.array([0.0, 0.0, 0.010 * s])
        hand(figure, rotations, root, side, wrist, (-0.35, 0.55 * sign, -1.0), palm_down(way, sign))
    return rotations, root


def palm_down(fingers: Array, sign: float) -> Array:
    """Rotations (frames, 3, 3) of a left (sign 1) or right (-1) hand, its fingers pointing so and its palm down."""
    across = np.cross(fingers, np.array([0.0, 0.0, 1.0]))
    across = across / np.linalg.norm(across, axis=1, keepdims=True)  # to the right
    down = np.cross(fingers, across)
    down = down * -np.sign(down[:, 2:3])
    x = sign * across
    z = -fingers
    return np.stack([x, np.cross(z, x), z], -1)


def _trunk(figure: Figure, rotations: Array, root: Array, points: Mapping[str, Array]) -> None:
    """Lean forward just so far that the hands reach the grips."""
    grips = 0.5 * (np.asarray(points["grip_left"], float) + np.asarray(points["grip_right"], float))
    width = float(np.linalg.norm(np.asarray(points["grip_left"], float) - np.asarray(points["grip_right"], float)))
    at = figure.skeleton.at
    arms = 0.90 * (figure.sizes["arm"] + figure.sizes["forearm"]) + 0.5 * figure.sizes["hand"]
    for lean in np.radians(np.arange(8.0, 68.0, 2.0)):
        for bone, share in (("pelvis", 0.55), ("spine", 0.85), ("chest", 1.05), ("neck", 0.55), ("head", 0.10)):
            rotations[:, at(bone)] = turns(pitch=share * lean)
        joints = places(figure.skeleton, rotations, root)[0]
        shoulder = 0.5 * (joints[at("left arm")] + joints[at("right arm")])
        wide = 0.5 * abs(width - np.linalg.norm(joints[at("left arm")] - joints[at("right arm")]))
        if np.hypot(np.linalg.norm(grips - shoulder), wide) <= arms:
            return


def _foot(points: Mapping[str, Array], side: str, crank: Array | None, frames: int) -> Array:
    """Where the foot rests, (frames, 3)."""
    if "pedal_left" not in points:
        return np.tile(np.asarray(points[f"foot_{side}"], float), (frames, 1))
    centre, pedal = np.asarray(points["crank"], float), np.asarray(points[f"pedal_{side}"], float)
    arm = pedal - centre
    if crank is None:
        return np.asarray((centre + np.array([0.03, arm[1], 0.0]))[None])
    return np.asarray(centre + turns(pitch=crank) @ arm, float)
