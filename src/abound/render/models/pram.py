"""People who push a pram: a figure with a carriage among its bones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from abound.render.mesh import Array, Colour, Material, join, mesh
from abound.render.models import gait, surface
from abound.render.models.bicycle import wire_wheel
from abound.render.models.body import SIDES
from abound.render.models.figure import Figure, joined, turns, vertices
from abound.render.models.finish import STEEL, TRIM
from abound.render.models.gait import hand
from abound.render.models.person import person
from abound.render.models.rider import palm_down
from abound.render.models.solid import pipe


def pram(
    *,
    rng: np.random.Generator,
    height: float | None = None,
    clothes: Sequence[str] | None = None,
    colours: Mapping[str, str | Colour | float] | None = None,
    detail: str = "high",
) -> Figure:
    """An adult who pushes a pram, ready for `push`. Arguments and errors are those of `person`."""
    figure = person("adult", rng=rng, height=height, clothes=clothes, colours=colours, detail=detail, fist=0.85)
    colour = ((0.016, 0.025, 0.085), (0.19, 0.012, 0.02), (0.03, 0.03, 0.033), (0.21, 0.21, 0.22))[
        int(rng.integers(4))
    ]
    hull = Material(colour, 0.9, pattern="cloth", second=(0.5 * colour[0], 0.5 * colour[1], 0.5 * colour[2]))
    x = 0.44 * figure.height * 0.5 + 0.42
    cot = surface.Tube("pelvis", (-0.22, 0, 0.62), (0.22, 0, 0.62), (0.155, 0.16, 0.155), (1.25,), (0.0, 1.0, 0.0))
    hood = surface.Tube(
        "pelvis", (0.20, 0, 0.76), (0.25, 0, 0.72), (0.25, 0.20), (0.95,), (0.0, 1.0, 0.0), blend=0.03
    )
    mouth = surface.Tube(
        "pelvis", (-0.30, 0, 0.96), (0.10, 0, 0.86), (0.22, 0.20), (1.0,), (0.0, 1.0, 0.0), blend=0.02, carve=True
    )
    tubes = [surface.place(t, 0, np.zeros(3), np.eye(3)) for t in (cot, hood, mouth)]
    v, f = surface.net(surface.solid(tubes), *surface.extent(tubes), 0.045 if detail == "high" else 0.07)
    frame = [mesh(v, f, hull)]
    grip = 0.60 * figure.height
    for _, s in SIDES:
        y = 0.24 * s
        frame.append(pipe([(-0.62, 0.9 * y, grip), (-0.45, y, grip - 0.05), (0.36, y, 0.16)], 0.012, STEEL, 6))
        frame.append(pipe([(0.1, y, 0.50), (-0.34, y, 0.14)], 0.012, STEEL, 6))
    frame += [
        pipe([(-0.62, -0.22, grip), (-0.62, 0.22, grip)], 0.016, TRIM, 6),
        pipe([(0.36, -0.26, 0.13), (0.36, 0.26, 0.13)], 0.01, STEEL, 6),
        pipe([(-0.34, -0.28, 0.14), (-0.34, 0.28, 0.14)], 0.01, STEEL, 6),
    ]
    things = [("pram", np.array([x, 0.0, 0.0]), join(frame))]
    for name, at, radius in (("front", 0.36, 0.11), ("back", -0.34, 0.145)):
        for side, s in SIDES:
            things.append(
                (f"{side} {name} wheel", np.array([x + at, s * 0.285, radius]), wire_wheel(radius, 0.03, 8, True))
            )
    out = joined(figure, things)
    return out._replace(
        sizes={**out.sizes, "bar": x - 0.62, "grip": grip, "front wheel": 0.11, "back wheel": 0.145}
    )


def push(figure: Figure, distance: Array, speed: Array, start: float = 0.0) -> Array:
    """Vertices float64 (frames, n, 3) of who walks behind a pram; arguments of `gait.walk`."""
    rotations, root = gait.pose(figure, distance, speed, start)
    at, s, d = figure.skeleton.at, figure.height, np.asarray(distance, float)
    for bone, share in (("chest", 0.3), ("spine", 0.3), ("neck", 0.6)):
        rotations[:, at(bone)] = turns(pitch=np.full(len(d), 0.10 + 0.1 * share))
    for side, sign in SIDES:
        wrist = np.tile(
            [figure.sizes["bar"] - 0.045 * s, sign * 0.15, figure.sizes["grip"] + 0.012 * s], (len(d), 1)
        )
        forward = np.tile([0.95, 0.0, -0.3], (len(d), 1)) / np.hypot(0.95, 0.3)
        hand(figure, rotations, root, side, wrist, (-0.8, 0.5 * sign, -1.0), palm_down(forward, sign))
        for name in ("front", "back"):
            rotations[:, at(f"{side} {name} wheel")] = turns(pitch=d / figure.sizes[f"{name} wheel"])
    return vertices(figure, rotations, root)
