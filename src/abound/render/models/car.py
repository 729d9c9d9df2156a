"""Passenger cars: hatchback, sedan, estate, SUV, sports car, pickup, minivan and taxi, from one set of lines."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Colour, Material, Mesh, join, moved, plate
from abound.render.models.coachwork import Cabin, cabin, open_bed, tub, wells
from abound.render.models.dressing import Front, dress
from abound.render.models.finish import ALLOY, DARK, TRIM, colour, paint, picture
from abound.render.models.loft import Form, Shell, Table, shell, smooth
from abound.render.models.model import Model, Part, Size, fitted
from abound.render.models.solid import rounded
from abound.render.models.wheel import axle, wheel

Array = np.ndarray[Any, Any]


SECTION: Table = (
    (0, 0.90), (0.05, 0.935), (0.14, 0.965), (0.35, 0.985), (0.55, 0.995), (0.70, 1.0), (0.78, 0.993), (0.88,
    0.968),
    (0.96, 0.93), (1, 0.90),
)  # fmt: skip


class Style(NamedTuple):
    """The lines of a body style as shares of its length (from the front) and height."""

    size: Size
    axles: tuple[float, float]
    tyre: float  # radius, metres
    floor: float  # height of the sill, metres
    belt: Table  # share of the length: share of the height of the shell's upper edge
    screen: tuple[float, float]  # foot and head of the wind screen in the middle
    pillar: tuple[float, float]
    rear: tuple[float, float]
    back: tuple[float, float]
    windows: tuple[tuple[float, float, float, float], ...]
    roof: Table  # share of the length: share of the height of the roof's edge
    nose: Table = ((0, 0.13), (0.12, 0.04), (0.3, 0.0), (0.5, 0.0), (0.7, 0.02), (0.87, 0.07), (1, 0.19))
    tail: Table = ((0, 0.12), (0.15, 0.03), (0.35, 0.0), (0.55, 0.0), (0.75, 0.04), (1, 0.12))
    waist: float = 0.90  # half width of the roof's edge at the foot of the windows, share of the half width
    narrow: float = 0.70  # half width of the roof's edge, share of the half width
    corner: tuple[float, float] = (0.58, 0.36)
    power: tuple[float, float] = (3.0, 3.6)
    clad: bool = False  # sills and arches of black plastic
    rails: bool = False
    rear_window: tuple[float, float] = (0.22, 0.92)
    bed: float = 0.0  # share of the length at which an open bed begins; 0: none
    section: Table = SECTION
    taper: tuple[float, float] = (0.955, 0.93)  # half width at the foot of the wind screen and of the rear window
    grip: float = 0.15  # by how much the mirrors are wider than the body, metres
    common: dict[str, int] | None = None


SEDAN = Style(
    (4.72, 1.94, 1.45), (0.195, 0.795), 0.325, 0.19,
    ((0, 0.52), (0.06, 0.555), (0.25, 0.635), (0.5, 0.655), (0.75, 0.685), (0.92, 0.70), (1, 0.675)),
    (0.235, 0.415), (0.305, 0.435), (0.835, 0.685), (0.88, 0.70),
    ((0.335, 0.447, 0.525, 0.535), (0.54, 0.55, 0.715, 0.672)),
    ((0.40, 0.93), (0.53, 0.962), (0.62, 0.95), (0.71, 0.90)),
)  # fmt: skip
HATCH = Style(
    (4.08, 1.92, 1.47), (0.205, 0.825), 0.315, 0.19,
    ((0, 0.52), (0.06, 0.565), (0.22, 0.655), (0.5, 0.675), (0.8, 0.71), (0.95, 0.72), (1, 0.70)),
    (0.205, 0.40), (0.285, 0.42), (0.955, 0.895), (0.975, 0.925),
    ((0.315, 0.435, 0.545, 0.56), (0.56, 0.575, 0.795, 0.775)),
    ((0.38, 0.93), (0.52, 0.962), (0.7, 0.955), (0.9, 0.90)),
    tail=((0, 0.12), (0.15, 0.03), (0.35, 0.0), (0.55, 0.0), (0.8, 0.04), (1, 0.09)), rear_window=(0.14, 0.88),
    narrow=0.72,
)  # fmt: skip
ESTATE = SEDAN._replace(
    size=(4.74, 1.94, 1.49), rear=(0.955, 0.885), back=(0.985, 0.905), rails=True,
    belt=((0, 0.51), (0.06, 0.545), (0.25, 0.625), (0.5, 0.645), (0.75, 0.665), (0.95, 0.685), (1, 0.67)),
    windows=((0.335, 0.44, 0.52, 0.53), (0.535, 0.545, 0.70, 0.695), (0.715, 0.71, 0.905, 0.85)),
    roof=((0.40, 0.925), (0.53, 0.96), (0.7, 0.955), (0.91, 0.915)), rear_window=(0.13, 0.86), narrow=0.72,
)  # fmt: skip
SUV = Style(
    (4.60, 2.02, 1.74), (0.195, 0.79), 0.385, 0.29,
    ((0, 0.575), (0.06, 0.61), (0.22, 0.66), (0.5, 0.67), (0.8, 0.69), (0.95, 0.70), (1, 0.69)),
    (0.225, 0.385), (0.29, 0.405), (0.95, 0.885), (0.98, 0.90),
    ((0.32, 0.418, 0.525, 0.535), (0.54, 0.55, 0.72, 0.71), (0.735, 0.725, 0.895, 0.85)),
    ((0.37, 0.935), (0.5, 0.965), (0.7, 0.955), (0.9, 0.925)),
    nose=((0, 0.14), (0.12, 0.05), (0.3, 0.0), (0.6, 0.0), (0.8, 0.01), (0.92, 0.04), (1, 0.13)),
    tail=((0, 0.12), (0.15, 0.03), (0.35, 0.0), (0.55, 0.0), (0.8, 0.03), (1, 0.07)),
    narrow=0.75, corner=(0.55, 0.42), clad=True, rails=True, rear_window=(0.14, 0.86),
)  # fmt: skip
SPORTS = Style(
    (4.42, 1.98, 1.29), (0.205, 0.765), 0.345, 0.14,
    ((0, 0.49), (0.06, 0.545), (0.2, 0.65), (0.35, 0.66), (0.6, 0.70), (0.78, 0.755), (0.93, 0.755), (1, 0.73)),
    (0.29, 0.475), (0.365, 0.495), (0.90, 0.66), (0.94, 0.69),
    ((0.395, 0.507, 0.63, 0.625), (0.645, 0.636, 0.735, 0.66)),
    ((0.46, 0.935), (0.56, 0.965), (0.69, 0.915)),
    nose=((0, 0.16), (0.12, 0.06), (0.3, 0.0), (0.45, 0.0), (0.65, 0.06), (0.85, 0.18), (1, 0.36)),
    narrow=0.64, corner=(0.75, 0.5), power=(2.4, 2.6), rear_window=(0.2, 0.94),
    common={"red": 3, "yellow": 2, "black": 2, "silver": 2, "blue": 2, "orange": 1, "white": 1},
)  # fmt: skip
MINIVAN = HATCH._replace(
    size=(4.68, 2.0, 1.76), axles=(0.195, 0.81), tyre=0.335,
    belt=((0, 0.47), (0.06, 0.52), (0.18, 0.585), (0.5, 0.60), (0.8, 0.61), (1, 0.61)),
    screen=(0.13, 0.355), pillar=(0.20, 0.375), rear=(0.965, 0.915), back=(0.985, 0.93),
    windows=((0.26, 0.395, 0.505, 0.51), (0.52, 0.525, 0.70, 0.70), (0.715, 0.715, 0.92, 0.885)),
    roof=((0.34, 0.93), (0.5, 0.962), (0.75, 0.96), (0.93, 0.935)), narrow=0.78,
)  # fmt: skip
PICKUP = Style(
    (5.32, 2.04, 1.80), (0.185, 0.775), 0.385, 0.33,
    ((0, 0.575), (0.05, 0.60), (0.2, 0.635), (0.5, 0.64), (0.6, 0.64), (0.62, 0.635), (1, 0.635)),
    (0.235, 0.35), (0.275, 0.365), (0.605, 0.575), (0.615, 0.582),
    ((0.30, 0.376, 0.44, 0.445), (0.452, 0.457, 0.572, 0.555)),
    ((0.34, 0.94), (0.45, 0.97), (0.58, 0.955)),
    nose=((0, 0.14), (0.12, 0.05), (0.3, 0.0), (0.55, 0.0), (0.8, 0.02), (1, 0.12)),
    tail=((0, 0.05), (0.15, 0.0), (0.5, 0.0), (1, 0.02)),
    narrow=0.77, corner=(0.5, 0.2), power=(3.4, 5.0), clad=True, rear_window=(0.18, 0.86), bed=0.622,
)  # fmt: skip
TAXI = SEDAN._replace(common={"beige": 1})
STYLES = {
    "sedan": SEDAN, "hatchback": HATCH, "estate": ESTATE, "suv": SUV, "sports_car": SPORTS, "minivan": MINIVAN,
    "pickup": PICKUP, "taxi": TAXI,
}  # fmt: skip


def lines(style: Style, size: Size) -> tuple[Form, Cabin]:
    """The shell's and the greenhouse's lines for a size in metres."""
    long, wide, high = size[0], size[1] - style.grip, size[2]

    def x(share: float) -> float:
        return long * (0.5 - share)

    def along(table: Table, scale: float) -> Table:
        return tuple(sorted((x(a), b * scale) for a, b in table))

    arch = style.tyre + (0.055 if style.clad else 0.042)
    front, rear = (x(a) for a in style.axles)
    floor = ((x(1.0), style.floor + 0.06), (rear, style.floor), (front, style.floor), (x(0.0), style.floor + 0.02))
    form = Form(
        long, wide, floor, along(style.belt, high), style.section, style.nose, style.tail, style.corner,
            style.power,
        ((front, arch, style.tyre), (rear, arch, style.tyre)), flare=0.022 if style.clad else 0.012,
        rows=(0, 0.11, 0.22, 0.38, 0.57, 0.74, 0.88, 0.96, 1) if style.clad else Form._field_defaults["rows"],
    )  # fmt: skip
    base = tuple((a, b - 0.012) for a, b in along(style.belt, high))
    waist = wide / 2 * style.waist

    def half(share: float) -> Table:
        ends = (x(style.screen[0]), x(style.back[0]))
        middle = (ends[0] + ends[1]) / 2
        return (
            (ends[1], share * style.taper[1]),
            (middle - 0.3, share),
            (middle + 0.3, share),
            (ends[0], share * style.taper[0]),
        )

    def pair(p: tuple[float, float]) -> tuple[float, float]:
        return x(p[0]), x(p[1])

    house = Cabin(
        pair(style.screen), pair(style.pillar), pair(style.rear), pair(style.back), half(waist - 0.012),
        half(wide / 2 * style.narrow), base, along(style.roof, high),
        tuple((x(a), x(b), x(c), x(d)) for a, b, c, d in style.windows), crown=high * 0.035,
        rear_window=style.rear_window,
    )  # fmt: skip
    return form, house


def bodywork(style: Style, size: Size, rgb: Colour, low: bool) -> tuple[Form, Cabin, Shell, Mesh]:
    """Shell, greenhouse and wheel wells of a car."""
    form, house = lines(style, size)
    sides = shell(form, low)
    varnish = paint(rgb)
    between = sides.points[-1, sides.corners[0] : sides.corners[1] + 1, 0]
    hood = np.clip((between - house.screen[0]) / 0.15 + 1, 0.15, 1) * 0.055
    lid, bed = None, join([])
    if style.bed:
        lid, _, bed = open_bed(sides, size[0] * (0.5 - style.bed), 0.30, 0.09, varnish, DARK)
    mesh = [
        tub(sides, varnish, TRIM if style.clad else varnish, hood, low, lid),
        bed,
        cabin(house, varnish, None, low),
        *wells(form, 0.5, form.width / 2 - 0.27),
    ]
    return form, house, sides, join(mesh)


def wheels(style: Style, form: Form, low: bool, kind: str = "alloy", metal: Material = ALLOY) -> list[Part]:
    """Four wheels in their arches."""
    one = wheel(style.tyre, 0.225, kind, low, spokes=5, metal=metal)
    out = []
    for k, (x, _, _) in enumerate(form.arches):
        half = form.width / 2 * float(smooth(form.section, 0.2)) * (1 - form.barrel * (2 * x / form.length) ** 2)
        out += axle(x, half - 0.112, style.tyre, one, front=k == 0)
    return out


def car(kind: str, asked: Any, size: Size, texts: dict[str, Any], low: bool, rng: np.random.Generator) -> Model:
    """A passenger car of one of the STYLES."""
    style = STYLES[kind]
    rgb = colour(asked, rng, style.common)
    form, house, sides, body = bodywork(style, size, rgb, low)
    look = Front(grille=int(rng.integers(3)), lamp=int(rng.integers(3)), chrome=bool(rng.random() < 0.5))
    extra, points = dress(style, form, house, sides, paint(rgb), look, texts, low)
    turning = wheels(style, form, low, "steel" if rng.random() < 0.2 else "alloy")
    if kind == "taxi":
        extra.append(taxi_sign(house))
    parts = (Part(join([body, *extra]), np.zeros(3)), *turning)
    return fitted(Model(parts, size, kind, "car", points), size)


def taxi_sign(house: Cabin, text: str = "TAXI") -> Mesh:
    """A lit sign on the roof, read from the front and from behind."""
    x = (house.pillar[1] + house.rear[1]) / 2 + 0.25
    z = float(smooth(house.roof, x)) + house.crown
    paper = (0.85, 0.62, 0.03)
    image = picture(text, 192, 64, (0.01, 0.01, 0.01), paper)
    face = Material(paper, 0.4, emission=(1.6, 1.1, 0.1), lamp="sign", image=image)
    shell_ = rounded((0.13, 0.44, 0.15), 0.04, Material(paper, 0.4), (x, 0, z + 0.075), 1)
    front = moved(plate(0.38, 0.115, face), x + 0.067, 0, z + 0.08)
    back = moved(plate(0.38, 0.115, face), x - 0.067, 0, z + 0.08, yaw=np.pi)
    return join([shell_, front, back])
