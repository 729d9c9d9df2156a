"""Wheelchair users, who push their rims: a figure with wheels among its bones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from abound.errors import InputError
from abound.render.mesh import Array, Colour, Material, Mesh, box, join, moved
from abound.render.models.bicycle import wire_wheel
from abound.render.models.body import SIDES
from abound.render.models.figure import Figure, joined, turns, vertices
from abound.render.models.finish import STEEL
from abound.render.models.gait import Aim, ease, hand, legs
from abound.render.models.person import person
from abound.render.models.rider import SEATED
from abound.render.models.solid import pipe

SEAT = Material((0.022, 0.022, 0.026), 0.85, pattern="cloth")
RIM = 0.305  # metres, radius of a 24-inch wheel
CHAIR = (
    0.495,
    -0.02,
    0.285,
)  # height of the seat, x of the axle, y of the wheels: a usual adult chair (ISO 7176-5)


def chair(colour: Material) -> Mesh:
    """Seat, back, frame, foot rests and handles; origin on the ground below the axle's middle."""
    seat, _, y = CHAIR
    y -= 0.045
    parts = [
        moved(box((0.44, 2 * y, 0.05), SEAT), 0.16, 0, seat - 0.03),
        moved(box((0.035, 2 * y, 0.40), SEAT), -0.075, 0, seat + 0.22),
    ]
    for _, s in SIDES:
        w = s * y
        parts += [
            pipe(
                [(-0.20, w, seat + 0.42), (-0.09, w, seat + 0.42), (-0.07, w, 0.16), (0.30, w, 0.18)],
                0.012,
                colour,
                6,
            ),
            pipe(
                [(-0.07, w, seat - 0.03), (0.40, w, seat - 0.03), (0.50, w * 0.8, 0.15), (0.56, w * 0.75, 0.12)],
                0.012,
                colour,
                6,
            ),
            pipe([(0.30, w, seat - 0.03), (0.30, w, 0.12)], 0.012, colour, 6),
            moved(box((0.13, 0.14, 0.012), SEAT), 0.56, 0.4 * w, 0.115),
            moved(box((0.28, 0.03, 0.20), SEAT), 0.10, w, seat + 0.09),
        ]
    return join(parts)


def wheelchair(
    *,
    rng: np.random.Generator,
    height: float | None = None,
    clothes: Sequence[str] | None = None,
    colours: Mapping[str, str | Colour | float] | None = None,
    detail: str = "high",
) -> Figure:
    """A person in a wheelchair, ready for `roll`. `height` is that of the seated person, 1.22 to 1.45 m.

    Other arguments and errors are those of `person`.

    Raises:
        InputError: a height that nobody has in a chair whose seat is .5 m high.
    """
    tall = float(rng.uniform(1.26, 1.38) if height is None else height)
    if not 1.2 <= tall <= 1.5:
        raise InputError(f"Who sits in a wheelchair is 1.2 to 1.5 m high, not {tall:g}.")
    if clothes is None:
        clothes = (("t-shirt", "shirt", "jacket", "hoodie")[int(rng.integers(4))], "trousers")
    paint = Material(
        ((0.02, 0.02, 0.022), (0.35, 0.02, 0.02), (0.03, 0.08, 0.30), (0.4, 0.41, 0.42))[int(rng.integers(4))],
        0.4,
        metallic=0.3,
    )
    # Sitting height is .52 of stature, from the seat's cushion, less a little slouch.
    stature = float(np.clip((tall - CHAIR[0]) / 0.505, 1.5, 1.95))
    seed = int(rng.integers(2**62))
    for _ in range(3):  # the stature that gives exactly that height
        figure = person(
            "adult",
            rng=np.random.default_rng(seed),
            height=stature,
            clothes=clothes,
            colours=colours,
            detail=detail,
            rest=lambda bare: _seated(bare, np.zeros(1), np.zeros(1))[0][0],
            fist=0.7,
        )
        top = vertices(figure, *_seated(figure, np.zeros(1), np.zeros(1)))[0, :, 2].max()
        if abs(top - tall) < 1e-9:
            break
        stature = float(np.clip(stature * (tall - CHAIR[0]) / (top - CHAIR[0]), 1.5, 1.95))
    axle = np.array([CHAIR[1], 0.0, 0.0])
    a = np.linspace(0.0, 2 * np.pi, 20, endpoint=False)
    hoop = pipe(np.stack([np.cos(a), 0 * a, np.sin(a)], -1) * (RIM - 0.045), 0.009, STEEL, 4, closed=True)
    things = [("chair", axle, chair(paint))]
    for side, s in SIDES:
        big = join([wire_wheel(RIM, 0.028, 16, detail == "low"), moved(hoop, y=s * 0.035)])
        things += [
            (f"{side} wheel", axle + np.array([0.0, s * CHAIR[2], RIM]), big),
            (f"{side} caster", axle + np.array([0.32, s * 0.24, 0.075]), wire_wheel(0.075, 0.028, 6, True)),
        ]
    out = joined(figure, things)
    return out._replace(kind="wheelchair", height=tall)


def roll(figure: Figure, distance: Array, speed: Array, start: float = 0.0) -> Array:
    """Vertices float64 (frames, n, 3) of a wheelchair user who pushes the rims; distance in m, speed in m/s."""
    return vertices(figure, *_seated(figure, np.asarray(distance, float), np.asarray(speed, float), start))


def _seated(figure: Figure, distance: Array, speed: Array, start: float = 0.0) -> tuple[Array, Array]:
    """Rotations and root in the chair. A push turns the wheel by 80 degrees; it is followed by a glide."""
    n, s, at = (
        len(distance),
        figure.height if figure.kind != "wheelchair" else figure.sizes["leg"] / 0.525,
        figure.skeleton.at,
    )
    rotations = np.tile(np.eye(3), (n, len(figure.parents), 1, 1))
    root = np.tile([CHAIR[1] + 0.06, 0.0, CHAIR[0] + SEATED * s], (n, 1))
    moving = ease(speed / 0.4)
    share = (distance / 1.0 + start) % 1.0  # a push a metre
    push = 0.5 - 0.5 * np.cos(2 * np.pi * np.where(share < 0.45, share / 0.9, 0.5 + (share - 0.45) / 1.1))
    lean = 0.06 + 0.14 * moving * push
    for bone, k in (("pelvis", -0.6), ("spine", 0.6), ("chest", 1.2), ("neck", 1.0), ("head", 0.4)):
        rotations[:, at(bone)] = turns(pitch=k * lean)
    for side, sign in SIDES:
        foot = np.tile([CHAIR[1] + 0.50, sign * 0.085, 0.125 + figure.sizes["ankle"]], (n, 1))
        flat = np.zeros(n)
        legs(figure, rotations, root, side, Aim(foot, flat, flat, flat))
        angle = -0.45 + push * 1.35 * moving + 0.5 * (1 - moving)  # from straight up, forwards
        off = 0.03 * moving * ((share > 0.45) * np.sin(np.pi * np.clip((share - 0.45) / 0.55, 0, 1)))
        r = RIM - 0.02 + off
        rim = np.stack(
            [CHAIR[1] + r * np.sin(angle), np.full(n, sign * (CHAIR[2] + 0.035)), RIM + r * np.cos(angle)], -1
        )
        way = np.stack([np.full(n, 0.45), np.zeros(n), np.full(n, -0.9)], -1)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        hand(
            figure,
            rotations,
            root,
            side,
            rim - 0.05 * s * way,
            (-1.0, 0.35 * sign, -0.2),
            turns(pitch=np.full(n, -0.45)),
        )
        for name, radius in ((f"{side} wheel", RIM), (f"{side} caster", 0.075)):
            if name in figure.skeleton.names:
                rotations[:, at(name)] = turns(pitch=distance / radius)
    return rotations, root
