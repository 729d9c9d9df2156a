"""An animal in the making, and what sets kinds apart: antlers, horns, manes, tails, hooves, tusks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from abound.render.mesh import Array, Colour, Material, Mesh, ellipsoid, moved, rotated
from abound.render.models import surface
from abound.render.models.body import SIDES
from abound.render.models.figure import Piece, Skeleton, fixed, piece, turns
from abound.render.models.quadruped import PASTERN
from abound.render.models.species import Species
from abound.render.models.surface import Tube

HORN = Material((0.30, 0.25, 0.18), 0.7, pattern="wood", second=(0.16, 0.12, 0.08))
HOOF = Material((0.030, 0.026, 0.023), 0.6)
EYE = Material((0.008, 0.007, 0.006), 0.1)


class Beast(NamedTuple):
    """An animal in the pose in which its skin is made, withers at 1 m."""

    species: Species
    skeleton: Skeleton
    rest: Array
    joints: Array
    fine: float

    def skin(self, tubes: list[Tube], material: Material, cell: float, tall: float = 1.0) -> Piece:
        """The skin of tubes, from cells that are `tall` times higher than broad."""
        placed = [surface.place(t, n := self.skeleton.at(t.bone), self.joints[n], self.rest[n]) for t in tubes]
        size = min(cell * self.fine, surface.finest(placed))
        return piece(placed, self.skeleton.parents, material, (size, size, size * tall))

    def rigid(self, part: Mesh, bone: str) -> Piece:
        """A mesh made in the frame of a bone's joint."""
        b = self.skeleton.at(bone)
        return fixed(moved(rotated(part, self.rest[b]), *self.joints[b]), b, len(self.joints))

    def local(self, bone: str, points: Array) -> Array:
        """Points as seen from a bone's joint, in its own frame."""
        b = self.skeleton.at(bone)
        return np.asarray((points - self.joints[b]) @ self.rest[b])


def darker(colour: Colour, share: float) -> Colour:
    """A share of a colour."""
    return share * colour[0], share * colour[1], share * colour[2]


def sole(size: float, radius: float, ahead: float) -> tuple[float, float, float]:
    """A point `radius` above the ground below a lowest bone, which slants forwards when it stands."""
    c, s = np.cos(PASTERN), np.sin(PASTERN)
    return float(radius * s + ahead * c), 0.0, float(radius * c - size - ahead * s)


def details(beast: Beast, name: str, back: Colour, second: Colour, horned: bool) -> list[Piece]:
    """Eyes, hooves, tail, mane, antlers, horns, tusks, udder."""
    sp = beast.species
    fur = Material(back, 0.85, pattern="fur", second=darker(back, 0.6))
    length, angle, big, _ = sp.head
    tilt = turns(pitch=np.radians(angle))
    out = []
    for side, sign in SIDES:
        eye = tilt @ np.array([0.27 * length, sign * 0.70 * big, 0.40 * big])
        out.append(beast.rigid(ellipsoid((0.036, 0.020, 0.032), EYE, eye, 8), "head"))
        for bone, size in (("front hoof", sp.front[3]), ("hind hoof", sp.hind[3])):
            if not sp.paws:
                r = 1.45 * sp.limb[2]
                tube = Tube(
                    f"{side} {bone}",
                    (0.0, 0, -max(0.35 * size, size - 2.0 * r)),
                    sole(size, r, 0.006),
                    (0.85 * r, r),
                    (0.95,),
                )
                out.append(beast.skin([tube], HOOF, 0.027))
    hair = {
        "horse": Material(second, 0.6, pattern="hair"),
        "deer": fur._replace(colour=(0.60, 0.53, 0.43)),
    }.get(name, fur)
    out.append(tail(beast, name, hair))
    if name in ("horse", "boar"):
        out.append(mane(beast, hair if name == "horse" else fur._replace(colour=darker(back, 0.5))))
    if name in ("deer", "moose", "cow") and horned:
        out.append(beast.skin(antlers(sp, name), HORN, 0.025))
    if name == "boar":
        tusks = [
            Tube(
                "head",
                tuple(tilt @ np.array([0.74 * length, s * 0.055, -0.045])),
                tuple(tilt @ np.array([0.78 * length, s * 0.085, 0.03])),
                (0.012, 0.005),
            )
            for _, s in SIDES
        ]
        out.append(beast.skin(tusks, Material((0.7, 0.66, 0.56), 0.4), 0.013))
    if name == "moose":
        bell = Tube("head", (0.06, 0, -0.08), (0.05, 0, -0.24), (0.035, 0.03, 0.012), (0.5,))
        out.append(beast.skin([bell], fur, 0.024))
    if name == "cow":
        udder = Tube("pelvis", (0.12, 0, -0.25), (0.19, 0, -0.27), (0.075, 0.085), (1.1,))
        out.append(beast.skin([udder], Material((0.55, 0.33, 0.27), 0.6, pattern="skin"), 0.030))
    return out


def tail(beast: Beast, name: str, material: Material) -> Piece:
    """A tail: full of a horse, with a tuft of a cow, tapering else."""
    size, radius, down = beast.species.tail
    drop = np.radians(down)
    middle = 0.5 * size * np.array([-np.cos(0.6 * drop), 0, -np.sin(0.6 * drop)])
    end = middle + 0.5 * size * np.array([-np.cos(drop), 0, -np.sin(drop)])
    full = (0.5 * radius, radius, 1.1 * radius) if name == "horse" else (1.2 * radius, radius, 0.9 * radius)
    tuft = (1.1 * radius, 1.2 * radius, 0.4 * radius) if name != "cow" else (radius, radius, 2.2 * radius)
    upper = Tube("tail", (0.10, 0.0, -0.02), tuple(middle), full)
    return beast.skin([upper, Tube("tail", tuple(middle), tuple(end), tuft, blend=0.02)], material, 0.022)


def mane(beast: Beast, material: Material) -> Piece:
    """Hair along the crest of the neck."""
    length, angle, base, tip = beast.species.neck
    a = np.radians(angle)
    along, up = np.array([np.cos(a), 0, np.sin(a)]), np.array([-np.sin(a), 0, np.cos(a)])
    first, last = 0.02 * along + 0.93 * base * up, length * along + 1.05 * tip * up + 0.02 * along
    crest = Tube("neck", tuple(first), tuple(last), (0.050, 0.060, 0.045), (0.42,))
    return beast.skin([crest], material, 0.024)


def antlers(sp: Species, name: str) -> list[Tube]:
    """Branching antlers of a deer, palms of a moose, horns of a cow."""
    big = sp.head[2]
    out = []
    for _, s in SIDES:
        if name == "deer":
            beam = [(0.0, 0.45, 0.75), (-0.10, 1.4, 2.0), (-0.10, 2.5, 3.4), (0.02, 2.9, 5.0), (0.10, 2.6, 6.2)]
            tines = [
                ((-0.02, 0.7, 1.0), (0.26, 1.0, 1.7)),
                ((-0.10, 1.9, 2.7), (0.16, 2.5, 3.5)),
                ((-0.04, 2.8, 4.4), (0.18, 3.3, 5.4)),
            ]
            radius = 0.021
        elif name == "moose":
            beam = [(0.0, 0.7, 0.6), (-0.02, 2.2, 0.9), (-0.06, 3.6, 1.9)]
            tines = [
                ((-0.02, 2.2, 0.9), (0.24, 2.8, 1.5)),
                ((-0.06, 3.4, 1.6), (0.16, 4.4, 2.4)),
                ((-0.10, 4.2, 2.4), (0.0, 5.2, 3.4)),
                ((-0.16, 3.9, 2.9), (-0.14, 4.6, 4.0)),
                ((-0.20, 3.4, 2.9), (-0.24, 3.6, 4.0)),
            ]
            radius = 0.020
            out.append(
                Tube(
                    "head",
                    (-0.04, s * 3.2 * big, 1.7 * big),
                    (-0.16, s * 3.9 * big, 2.9 * big),
                    (0.10, 0.10),
                    (0.28,),
                    (-0.3, s * 0.8, -0.4),
                    blend=0.02,
                )
            )
        else:
            beam = [(0.0, 0.6, 0.8), (0.0, 1.5, 0.9), (0.08, 1.9, 1.5)]
            tines, radius = [], 0.026

        def p(v: tuple[float, float, float], s: float = s) -> tuple[float, float, float]:
            return v[0], s * v[1] * big, v[2] * big

        n = len(beam) - 1
        for k in range(n):
            thin = (radius * (1.15 - 0.6 * k / n), radius * (1.15 - 0.6 * (k + 1) / n))
            out.append(Tube("head", p(beam[k]), p(beam[k + 1]), thin, blend=0.008))
        out += [Tube("head", p(a), p(b), (0.85 * radius, 0.5 * radius), blend=0.008) for a, b in tines]
    return out
