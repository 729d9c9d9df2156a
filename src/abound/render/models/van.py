"""Vans: a panel van for deliveries with text on its sides, and a minibus with windows all along."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, box, join, mirrored, moved
from abound.render.models.car import Style, bodywork, wheels
from abound.render.models.coachwork import Cabin, wall_pictures
from abound.render.models.dressing import (
    Front,
    both,
    doors,
    front_z,
    grille,
    headlamps,
    mirrors,
    plates,
    rear_z,
    wipers,
)
from abound.render.models.finish import BRAKE, SEAM, STEEL, TAIL, TRIM, TURN, colour, picture, written
from abound.render.models.loft import Form, Shell, Table, band, on_shell, patch, s_of_x, strip, upright
from abound.render.models.model import Model, Part, Size, fitted

Array = np.ndarray[Any, Any]
WALLS: Table = ((0, 0.93), (0.06, 0.965), (0.2, 0.985), (0.5, 1.0), (0.8, 0.995), (1, 0.975))
PANEL_VAN = Style(
    (5.9, 2.30, 2.62), (0.165, 0.79), 0.345, 0.26,
    ((0, 0.37), (0.04, 0.405), (0.12, 0.455), (0.2, 0.48), (0.5, 0.49), (1, 0.49)),
    (0.115, 0.255), (0.155, 0.27), (0.985, 0.98), (0.99, 0.985),
    ((0.178, 0.282, 0.325, 0.33),),
    ((0.23, 0.925), (0.32, 0.955), (0.6, 0.965), (0.99, 0.955)),
    nose=((0, 0.12), (0.15, 0.03), (0.35, 0.0), (0.6, 0.0), (0.85, 0.03), (1, 0.12)),
    tail=((0, 0.05), (0.1, 0.0), (1, 0.0)),
    waist=0.972, narrow=0.86, corner=(0.55, 0.16), power=(3.2, 5.0), rear_window=(0.12, 0.62), section=WALLS,
    taper=(0.93, 0.985), grip=0.26,
    common={"white": 6, "silver": 1, "grey": 1, "blue": 1, "red": 1, "yellow": 1},
)  # fmt: skip
MINIBUS = PANEL_VAN._replace(
    size=(5.4, 2.26, 2.25),
    belt=((0, 0.42), (0.04, 0.455), (0.13, 0.50), (0.2, 0.515), (0.5, 0.52), (1, 0.52)),
    screen=(0.12, 0.26), pillar=(0.165, 0.275), rear=(0.98, 0.965), back=(0.99, 0.975),
    windows=((0.19, 0.288, 0.345, 0.35), (0.36, 0.365, 0.56, 0.56), (0.575, 0.575, 0.76, 0.76), (0.775, 0.775,
        0.95, 0.94)),
    rear_window=(0.12, 0.86),
)  # fmt: skip
STYLES = {"van": PANEL_VAN, "minibus": MINIBUS}


def upright_lamps(sides: Shell, wide: float) -> Mesh:
    """Tall lamps beside the rear doors."""
    a, b = rear_z(sides, 0.42), rear_z(sides, 0.92)
    s = sides.s[-1]
    s0, s1 = s - 0.93 * wide / 2, s - 1.06 * wide / 2
    pieces = []
    for u, v, lamp in ((0, 0.4, TAIL), (0.4, 0.7, BRAKE), (0.7, 1, TURN)):
        z0, z1 = a + (b - a) * u, a + (b - a) * v
        pieces.append(patch(sides, [(s0, z0), (s1, z0), (s1, z1), (s0, z1)], lamp, 0.012, 0.004, 6, 2, 1))
    return both(join(pieces))


def rear_doors(form: Form, sides: Shell, house: Cabin) -> Mesh:
    """The seam between the two doors, hinges, handle, bumper with a step."""
    s, wide = sides.s[-1], form.width
    low, high = rear_z(sides, 0.12), rear_z(sides, 1.0)
    x = on_shell(sides, s, high - 0.1, 0.0)[0]
    top = house.roof[0][1]
    pieces = [box((0.012, 0.012, top - low), SEAM, (x - 0.004, 0, (top + low) / 2))]
    for z in (low + 0.25, high - 0.1, high + 0.62 * (top - high)):
        pieces += [box((0.03, 0.10, 0.05), TRIM, (x - 0.006, sign * 0.76 * wide / 2, z)) for sign in (1, -1)]
    pieces.append(box((0.03, 0.05, 0.16), TRIM, (x - 0.012, -0.07, high - 0.1)))
    pieces.append(box((0.10, wide * 0.92, 0.13), TRIM, (x - 0.03, 0, rear_z(sides, 0.1))))
    return join(pieces)


def dressed(style: Style, form: Form, house: Cabin, sides: Shell, texts: dict[str, Any], low: bool,
            rng: np.random.Generator) -> tuple[list[Mesh], dict[str, Array]]:  # fmt: skip
    """Lamps, plates, mirrors, doors and mouldings of a van, and where its lamps are."""
    wide, s_end = form.width, sides.s[-1]
    look = Front(grille=int(rng.integers(3)), lamp=int(rng.integers(3)), chrome=False)
    front_door = house._replace(windows=house.windows[:1])
    out = [
        headlamps(sides, wide, look, low, (0.62, 0.92)), grille(sides, wide, look, low),
        plates(sides, texts, (0.40, 0.30)), upright_lamps(sides, wide), rear_doors(form, sides, house),
        doors(form, sides, front_door, low),
        mirrors(house, wide / 2 + style.grip / 2, form, TRIM, low, 1.9),
    ]  # fmt: skip
    z = front_z(sides, 0.33)
    s0, s1 = (float(s_of_x(sides, x)) for x in (form.arches[0][0] - 0.45, form.arches[1][0] + 0.45))
    out.append(both(band(sides, s0, s1, z, z, 0.11, TRIM, 0.012)))
    if not low:
        out.append(wipers(house))
        seam = house.windows[0][2] - 0.06
        rail = [(float(s_of_x(sides, seam - t)), form.top[-2][1] - 0.06) for t in np.linspace(1.25, 2.6, 5)]
        out.append(mirrored(strip(sides, rail, 0.03, SEAM)))
        s = float(s_of_x(sides, seam - 1.22))
        out.append(both(upright(sides, (s, 0.35), (s, form.top[0][1] - 0.01), SEAM)))
        out.append(
            moved(box((0.06, 0.05, 0.02), STEEL), x=seam - 1.1, y=-(wide / 2 + 0.01), z=form.top[0][1] - 0.2)
        )
    lamp = on_shell(sides, 0.75 * wide / 2, front_z(sides, 0.78), 0.03)
    tail = on_shell(sides, s_end - wide / 2, rear_z(sides, 0.6), 0.03)
    flip = np.array([1.0, -1.0, 1.0])
    return out, {"head_left": lamp, "head_right": lamp * flip, "tail_left": tail, "tail_right": tail * flip}


def van(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A panel van ("van", with texts["side"] on both flanks) or a minibus."""
    style = STYLES[kind]
    rgb = colour(asked, rng, style.common)
    form, house, sides, body = bodywork(style, size, rgb, low)
    extra, points = dressed(style, form, house, sides, texts, low, rng)
    if kind == "van" and written(texts.get("side")):
        extra.append(side_text(house, rgb, texts["side"]))
    parts = (Part(join([body, *extra]), np.zeros(3)), *wheels(style, form, low, "steel"))
    return fitted(Model(parts, size, kind, "car", points), size)


def side_text(house: Cabin, rgb: Colour, text: Any) -> Mesh:
    """The text on both flanks, in a colour that stands out from the paint."""
    dark = sum(rgb) < 0.9
    ink = (0.80, 0.80, 0.78) if dark else (0.02, 0.06, 0.25)
    image = picture(text, 512, 144, ink, rgb, margin=0.06)
    x0, x1 = house.windows[0][2] - 0.35, house.rear[0] + 0.3
    cover = Material(rgb, 0.45, clearcoat=1.0, image=image)
    middle, half = (x0 + x1) / 2, min((x0 - x1) / 2, 1.55)
    return wall_pictures(house, middle + half, middle - half, cover)
