"""The cab of a lorry: upright front with screen and grille, doors, steps, mirrors; its middle is the origin."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Colour, Mesh, box, cylinder, join, mirrored, moved
from abound.render.models.coachwork import tub
from abound.render.models.dressing import GRILLE, both, number_plate
from abound.render.models.finish import CHROME, DARK, HEAD, LENS, MIRROR, SEAL, SEAM, STEEL, TRIM, TURN, paint
from abound.render.models.glazing import pane, screen_image, side_image
from abound.render.models.loft import Form, Shell, Table, band, image_patch, on_shell, patch, s_of_x, shell, upright
from abound.render.models.solid import beam, rounded

Array = np.ndarray[Any, Any]
UPRIGHT: Table = ((0, 0.96), (0.08, 0.985), (0.3, 1.0), (0.5, 1.0), (0.75, 0.985), (0.92, 0.95), (1, 0.90))
RAKE: Table = ((0, 0.03), (0.1, 0.0), (0.42, 0.0), (0.5, 0.02), (0.75, 0.09), (0.93, 0.17), (1, 0.26))


def cab(length: float, width: float, top: float, rgb: Colour, texts: dict[str, Any], low: bool, axle_x: float,
        tyre: float, floor: float = 0.42) -> tuple[Mesh, Shell]:  # fmt: skip
    """A forward-control cab of that length, width (without mirrors) and height; `axle_x` from its middle."""
    form = Form(
        length, width, ((0.0, floor),), ((-length / 2, top), (0.0, top), (length / 2, top - 0.06)), UPRIGHT, RAKE,
        ((0, 0.0), (0.9, 0.0), (1, 0.05)), (0.42, 0.16), (3.6, 5.0), ((axle_x, tyre + 0.09, tyre),), 0.0, 0.02,
    )  # fmt: skip
    sides = shell(form, low)
    varnish = paint(rgb)
    body = tub(sides, varnish, TRIM, 0.10, low)
    block = box((2 * tyre, width - 0.7, tyre), DARK, (axle_x, 0, tyre + 0.1))
    return join(
        [body, block, *_front(sides, width, floor, top, texts, low), *_flank(sides, form, floor, top)]
    ), sides


def _front(sides: Shell, wide: float, floor: float, top: float, texts: dict[str, Any], low: bool) -> list[Mesh]:
    """Wind screen, grille, bumper with lamps, number plate, wipers, sun visor."""
    h = top - floor
    a, b, half = floor + 0.49 * h, floor + 0.86 * h, wide / 2
    screen = pane(screen_image())
    out = [
        patch(sides, [(-0.96 * half, a - 0.03), (0.96 * half, a - 0.03), (0.95 * half, b + 0.03), (-0.95 * half,
            b + 0.03)], SEAL, 0.004, 0, 14, 3, 3),
        image_patch(sides, -0.93 * half, 0.93 * half, a, b, screen, 0.009),
    ]  # fmt: skip
    mouth, w = (floor + 0.20 * h, floor + 0.43 * h), 0.72 * half
    out.append(
        patch(
            sides,
            [(-w, mouth[0]), (w, mouth[0]), (w * 1.1, mouth[1]), (-w * 1.1, mouth[1])],
            GRILLE,
            0.006,
            0,
            9,
            2,
        )
    )
    bars = 2 if low else 5
    out += [band(sides, -w, w, z, z, 0.03, STEEL, 0.018) for z in np.linspace(*mouth, bars + 2)[1:-1]]
    bumper = (floor + 0.01, floor + 0.155 * h)
    out.append(
        patch(
            sides,
            [(-1.1 * half, bumper[0]), (1.1 * half, bumper[0]), (1.1 * half, bumper[1]), (-1.1 * half, bumper[1])],
            TRIM,
            0.03,
            0,
            20,
            3,
        )
    )
    z = (bumper[0] + bumper[1]) / 2
    lamps = [
        patch(sides, [(0.60 * half, z - 0.10), (1.0 * half, z - 0.09), (1.0 * half, z + 0.11), (0.60 * half,
            z + 0.10)], LENS, 0.038, 0.01, 6, 2),
        patch(sides, [(0.66 * half, z - 0.07), (0.84 * half, z - 0.07), (0.84 * half, z + 0.07), (0.66 * half,
            z + 0.07)], HEAD, 0.055, 0.01, 3, 2),
        patch(sides, [(0.87 * half, z - 0.05), (0.99 * half, z - 0.05), (0.99 * half, z + 0.07), (0.87 * half,
            z + 0.07)], TURN, 0.052, 0.005, 4, 2),
    ]  # fmt: skip
    out.append(both(join(lamps)))
    front = on_shell(sides, 0.0, z, 0.045)
    out.append(moved(number_plate(texts), *front))
    visor = on_shell(sides, 0.0, b + 0.05, 0.10)
    out.append(rounded((0.22, wide * 0.86, 0.10), 0.04, TRIM, visor - [0.06, 0, -0.02], 1))
    if not low:
        badge = on_shell(sides, 0.0, floor + 0.455 * h, 0.015)
        out.append(moved(cylinder(0.07, 0.03, CHROME, "x", 14), *badge))
        for y0, y1 in ((0.75, 0.1), (-0.05, -0.7)):
            ends = on_shell(sides, [y0 * half, y1 * half], [a + 0.02, a + 0.10 * h], 0.025)
            out.append(beam(ends[0], ends[1], 0.025, 0.018, SEAL))
    return out


def _flank(sides: Shell, form: Form, floor: float, top: float) -> list[Mesh]:
    """Side windows, door seams, handles, steps and the big mirrors."""
    h, half, long = top - floor, form.width / 2, form.length
    s0, s1 = (float(s_of_x(sides, x)) for x in (long / 2 - 0.30, -long / 2 + 0.75 * (long / 2)))
    a, b = floor + 0.50 * h, floor + 0.83 * h
    window = [(s0, a + 0.05), (s1, a + 0.05), (s1, b), (s0 + 0.05, b)]
    edge = [(s0 - 0.03, a + 0.02), (s1 + 0.03, a + 0.02), (s1 + 0.03, b + 0.03), (s0 + 0.02, b + 0.03)]
    glass = pane(side_image((0.5,)))._replace(image=None)
    out = [patch(sides, edge, SEAL, 0.004, 0, 12, 3, 2), patch(sides, window, glass, 0.008, 0, 12, 3, 2)]
    for s in (s0 - 0.07, s1 + 0.08):
        out.append(upright(sides, (s, floor + 0.36 * h), (s, top - 0.22), SEAM, 0.010))
    handle = on_shell(sides, s1 - 0.10, a - 0.12, 0.015)
    out.append(box((0.16, 0.03, 0.04), TRIM, handle))
    for z in (floor + 0.06, floor + 0.24):
        out.append(box((0.42, 0.10, 0.05), TRIM, (long / 2 - 0.42, half - 0.02, z)))
    x, y = long / 2 - 0.10, half + 0.13
    out += [
        rounded((0.14, 0.20, 0.62), 0.05, TRIM, (x, y, a + 0.40), 1), box((0.006, 0.16, 0.54), MIRROR, (x - 0.071,
            y, a + 0.40)),
        beam((x, half - 0.12, a + 0.70), (x, y, a + 0.62), 0.05, 0.05, TRIM),
        beam((x, half - 0.10, a + 0.10), (x, y, a + 0.16), 0.05, 0.05, TRIM),
    ]  # fmt: skip
    piece = join(out)
    return [piece, mirrored(piece)]
