"""Clothes, hair and what people carry: each garment a function from a dressed body to its pieces.

A garment is the body's own tubes, grown by the cloth's thickness and cut at hems, so it moves with the same bones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from abound.render.mesh import Array, Material, Mesh, box, cylinder, ellipsoid, grid, join, moved, rotated
from abound.render.models import body, surface
from abound.render.models.body import SIDES, Build
from abound.render.models.figure import Cut, Piece, Skeleton, fixed, painted, piece, places
from abound.render.models.surface import Tube

REFLECTIVE = Material((0.72, 0.74, 0.76), 0.35, pattern="plain")


class Wearer(NamedTuple):
    """A body in the pose in which its skins are made."""

    build: Build
    skeleton: Skeleton
    rest: Array  # (bones, 3, 3)
    joints: Array  # (bones, 3), in that pose
    fine: float  # 1 for detail "high", larger for coarser cells

    def skin(
        self,
        tubes: Sequence[Tube],
        material: Material,
        cell: float,
        cuts: Sequence[tuple[str, Cut]] = (),
        tall: float = 1.0,
    ) -> Piece:
        """The skin of tubes.

        Cuts are given in a bone's own frame; cells, shares of stature, are `tall` times higher.
        """
        placed = [surface.place(t, n := self.skeleton.at(t.bone), self.joints[n], self.rest[n]) for t in tubes]
        planes = [Cut(self.point(b, c.point), self.rest[self.skeleton.at(b)] @ c.normal, c.bones) for b, c in cuts]
        size = min(cell * self.build.stature * self.fine, surface.finest(placed))
        return piece(placed, self.skeleton.parents, material, (size, size, size * tall), planes)

    def point(self, bone: str, local: Sequence[float] | Array) -> Array:
        """A point given from a bone's joint, where it is."""
        b = self.skeleton.at(bone)
        return np.asarray(self.joints[b] + self.rest[b] @ np.asarray(local, float))

    def local(self, bone: str, points: Array) -> Array:
        """Points as seen from a bone's joint, in its own frame."""
        b = self.skeleton.at(bone)
        return np.asarray((points - self.joints[b]) @ self.rest[b])

    def rigid(self, part: Mesh, bone: str) -> Piece:
        """A mesh made in the frame of a bone's joint, held by that bone alone."""
        b = self.skeleton.at(bone)
        turned = rotated(part, self.rest[b])
        return fixed(moved(turned, *self.joints[b]), b, len(self.joints))


def wearer(build: Build, rest: Array, fine: float) -> Wearer:
    """A body in a pose: rotations (bones, 3, 3)."""
    bones = body.skeleton(build)
    return Wearer(build, bones, rest, places(bones, rest[None], bones.joints[:1])[0], fine)


def top(w: Wearer, material: Material, grow: float, hem: float, sleeves: float, collar: float = 0.0) -> Piece:
    """Shirt, jacket, coat: `hem` metres below the hip joint, `sleeves` 0 none, .5 to the elbow, 1 to the wrist."""
    b = w.build
    tubes = body.torso(b, grow)
    for side, _ in SIDES:
        if hem > 0.0:
            thigh = body.leg(b, side, grow)[0]
            tubes.append(thigh._replace(end=(0, 0, -hem - 0.05 * b.stature), radius=thigh.radius[:1]))
    if hem > 0.0:  # cloth falls straight from the hips, and does not follow the crotch
        r = tubes[2].radius[1]
        tubes.append(
            Tube("pelvis", (0, 0, 0.01 * b.stature), (0, 0, -hem - 0.05), (r, r), (1.3,), blend=0.02 * b.stature)
        )
    trunk = tuple(w.skeleton.at(n) for n in ("pelvis", "spine", "left thigh", "right thigh"))
    cuts = [("pelvis", Cut(np.array([0.0, 0.0, -hem]), np.array([0.0, 0.0, -1.0]), trunk))]
    for side, _ in SIDES:
        tubes += cut_sleeve(b, side, grow, sleeves) if sleeves else []
    if collar:
        ring = body.neck(b, 0.022 * b.stature)[0]
        tubes.append(
            ring._replace(
                bone="chest",
                start=(-0.004 * b.stature, 0, 0.42 * b.trunk),
                blend=0.02 * b.stature,
                end=(0.006 * b.stature, 0, 0.46 * b.trunk + collar),
                flat=True,
            )
        )
    return w.skin(tubes, material, 0.0265, cuts, 1.35)


def cut_sleeve(b: Build, side: str, grow: float, length: float) -> list[Tube]:
    """The tubes of a sleeve of a share of the arm, with a square end."""
    upper, lower = body.arm(b, side, grow + 0.002 * b.stature, sleeve=True)
    if length <= 0.5:
        part = 2 * length
        end = (0.0, 0.0, -b.arm * part)
        widths = (upper.radius[0], upper.radius[1], upper.radius[1] + 0.003 * b.stature)
        return [upper._replace(end=end, radius=widths, flat=True)]
    return [upper, lower._replace(end=(0.0, 0.0, -b.forearm * (2 * length - 1)), flat=True)]


def trousers(w: Wearer, material: Material, grow: float, length: float, hem: float) -> Piece:
    """Trousers: `length` 1 to the ankle, .45 shorts; `hem` half the width at the bottom over stature."""
    b, s = w.build, w.build.stature
    tubes = body.torso(b, grow)[2:3] + [t for t in body.torso(b, grow) if t.bone == "pelvis"][1:]
    for side, _ in SIDES:
        thigh, shank, _calf = body.leg(b, side, grow)
        reach = b.hip - b.ankle - 0.004 * s
        down = length * reach - (b.hip - b.knee)
        if down <= 0.02 * s:
            end = (0.0, 0.0, -length * reach)
            tubes.append(thigh._replace(end=end, radius=(*thigh.radius[:2], hem * s), flat=True))
        else:
            knee = thigh.radius[-1] + 0.001 * s
            tubes.append(thigh._replace(radius=(*thigh.radius[:3], knee)))
            tubes.append(
                shank._replace(end=(0.0, 0.0, -down), radius=(knee, 0.6 * knee + 0.4 * hem * s, hem * s), flat=True)
            )
    return w.skin(tubes, material, 0.0265, tall=1.5)


def skirt(w: Wearer, material: Material, grow: float, length: float, flare: float) -> Piece:
    """A skirt, or the lower part of a dress or coat: `length` metres below the hip, `flare` at the hem, metres."""
    b, s = w.build, w.build.stature
    base = body.torso(b, grow)[2]
    r = base.radius[1]
    wide = base.wide[1]
    hips = Tube(
        "pelvis",
        (0, 0, 0.22 * b.trunk),
        (0, 0, -0.02 * s),
        (base.radius[2], r, r + 0.006 * s),
        (base.wide[2], wide),
    )
    fall = Tube(
        "pelvis",
        (0, 0, 0.0),
        (0, 0, -length),
        (r, r + 0.4 * flare, r + flare),
        (wide, wide - 0.08, wide - 0.15),
        blend=0.02 * s,
        flat=True,
    )
    seat = [t for t in body.torso(b, grow) if t.bone == "pelvis"][1:]
    out = w.skin([hips, fall, *seat], material, 0.0250, tall=1.4)
    # Below the hip joints the cloth hangs on the thighs, each side on its own, the middle on both.
    at = w.local("pelvis", out.mesh.vertices)
    down = np.clip((0.03 * s - at[:, 2]) / (0.14 * s), 0.0, 1.0)
    left = 0.5 + 0.5 * np.tanh(at[:, 1] / (0.035 * s))
    hold = np.zeros_like(out.weights)
    hold[:, w.skeleton.at("pelvis")] = 1.0 - down
    hold[:, w.skeleton.at("left thigh")] = down * left
    hold[:, w.skeleton.at("right thigh")] = down * (1.0 - left)
    return Piece(out.mesh, hold)


def bands(part: Piece, w: Wearer, material: Material) -> Piece:
    """Reflective bands of a safety vest: two round the body, one over each shoulder."""
    s, t = w.build.stature, w.build.trunk
    for height in (0.22 * t, 0.46 * t):
        z = w.local("pelvis", part.mesh.vertices)[:, 2] - height
        part = painted(part, (z - 0.014 * s, -z - 0.014 * s), material)
    for _, sign in SIDES:
        at = w.local("pelvis", part.mesh.vertices)
        y = sign * at[:, 1] - 0.055 * s
        part = painted(part, (y - 0.012 * s, -y - 0.012 * s, 0.48 * t - at[:, 2]), material)
    return part


def zipped(part: Piece, w: Wearer) -> Piece:
    """A dark zip down the front, open at the neck."""
    s, t = w.build.stature, w.build.trunk
    material = part.mesh.materials[0]
    r, g, b = (0.35 * c for c in material.colour)
    at = w.local("pelvis", part.mesh.vertices)
    wide = 0.006 * s + 0.35 * np.clip(at[:, 2] - 0.86 * t, 0.0, 1.0)
    return painted(part, (at[:, 1] - wide, -at[:, 1] - wide, -at[:, 0]), material._replace(colour=(r, g, b)))


def hair(w: Wearer, material: Material, style: str) -> list[Piece]:
    """Hair: "short", "long", "tail", "bun" or "none"."""
    if style == "none":
        return []
    h = w.build.head
    top = 0.72 * h
    cranium, grow = body.skull(w.build)[0], 0.028 * h
    cap = cranium._replace(radius=tuple(r + grow for r in cranium.radius), wide=(1.09, 1.04))
    nape = Tube(
        "head",
        (-0.20 * h, 0, top - 0.40 * h),
        (-0.17 * h, 0, top - 0.70 * h),
        (0.24 * h, 0.16 * h),
        (1.2, 1.15),
        blend=0.08 * h,
    )
    line = np.array([0.30 * h, 0.0, top - 0.17 * h])
    face = ("head", Cut(line, np.array([0.78, 0.0, -0.62])))
    out = [w.skin([cap, nape], material, 0.0140, [face])]
    if style == "long":
        fall = Tube(
            "head",
            (-0.16 * h, 0, top - 0.34 * h),
            (-0.27 * h, 0, top - 1.20 * h),
            (0.26 * h, 0.20 * h, 0.13 * h),
            (1.25, 1.55, 1.9),
        )
        lock = [
            Tube(
                "head",
                (0.0, g * 0.30 * h, top - 0.30 * h),
                (-0.06 * h, g * 0.33 * h, top - 1.02 * h),
                (0.09 * h, 0.10 * h, 0.06 * h),
                (0.7,),
                blend=0.12 * h,
            )
            for _, g in SIDES
        ]
        out.append(w.skin([fall, *lock], material, 0.0150))
    elif style == "tail":
        tail = Tube(
            "head",
            (-0.40 * h, 0, top - 0.26 * h),
            (-0.56 * h, 0, top - 0.95 * h),
            (0.06 * h, 0.10 * h, 0.085 * h, 0.03 * h),
        )
        out.append(w.skin([tail], material, 0.0150))
    elif style == "bun":
        out.append(
            w.skin(
                [Tube("head", (-0.40 * h, 0, top - 0.14 * h), (-0.42 * h, 0, top - 0.16 * h), (0.13 * h,))],
                material,
                0.0150,
            )
        )
    return out


def hat(w: Wearer, material: Material, kind: str) -> list[Piece]:
    """A beanie, a peaked cap, a brimmed hat, a cycle helmet or a motorcyclist's helmet."""
    h = w.build.head
    top, cranium = 0.72 * h, body.skull(w.build)[0]
    thick = {"beanie": 0.05, "cap": 0.045, "brim": 0.05, "helmet": 0.10, "full helmet": 0.14}[kind] * h
    dome = cranium._replace(radius=tuple(r + thick for r in cranium.radius))
    tilt = np.array([0.0, 0.0, -1.0]) if kind != "beanie" else np.array([0.25, 0.0, -0.97])
    edge = ("head", Cut(np.array([0.0, 0.0, top - (0.36 if kind != "helmet" else 0.30) * h]), tilt))
    if kind == "full helmet":
        chin = Tube(
            "head",
            (0.02 * h, 0, top - 0.45 * h),
            (0.10 * h, 0, top - 0.84 * h),
            (0.42 * h, 0.36 * h),
            (0.95,),
            blend=0.1 * h,
        )
        shell = w.skin(
            [dome, chin],
            material,
            0.0150,
            [("head", Cut(np.array([0, 0, top - 0.98 * h]), np.array([0, 0, -1.0])))],
        )
        at = w.local("head", shell.mesh.vertices)
        z, glass = at[:, 2] - (top - 0.47 * h), Material((0.02, 0.02, 0.025), 0.1, pattern="glass")
        return [painted(shell, (z - 0.13 * h, -z - 0.13 * h, 0.08 * h - at[:, 0]), glass)]
    out = [w.skin([dome], material, 0.0150, [edge])]
    if kind in ("cap", "brim"):
        wide = 0.58 * h if kind == "brim" else 0.30 * h
        x = 0.0 if kind == "brim" else 0.30 * h
        plate = ellipsoid(
            (2 * wide * (1.1 if kind == "brim" else 1.2), 2 * wide * 0.95, 0.05 * h),
            material,
            (x, 0, top - 0.335 * h),
            14,
        )
        out.append(w.rigid(plate, "head"))
    return out


def hood(w: Wearer, material: Material) -> Piece:
    """A hood over head and neck, open at the face."""
    h, s = w.build.head, w.build.stature
    top = 0.72 * h
    dome = body.skull(w.build)[0]._replace(
        start=(-0.16 * h, 0, top - 0.32 * h), radius=(0.38 * h, 0.37 * h), wide=(1.02, 1.0)
    )
    back = Tube(
        "head",
        (-0.08 * h, 0, top - 0.45 * h),
        (-0.02 * h, 0, top - 1.05 * h),
        (0.38 * h, 0.34 * h),
        (1.02, 1.1),
        blend=0.08 * h,
    )
    scarf = Tube(
        "neck", (0.0, 0, 0.03 * s), (0.0, 0, -0.01 * s), (0.34 * h, 0.40 * h), (1.15, 1.25), blend=0.06 * h
    )
    hole = Tube(
        "head",
        (0.40 * h, 0, top - 0.36 * h),
        (0.44 * h, 0, top - 0.80 * h),
        (0.27 * h, 0.23 * h),
        (1.0,),
        blend=0.04 * h,
        carve=True,
    )
    return w.skin([dome, back, scarf, hole], material, 0.0150)


def backpack(w: Wearer, material: Material) -> Piece:
    """A pack on the back; its straps are painted onto what is worn below it."""
    s, t = w.build.stature, w.build.trunk
    x = -0.118 * s * w.build.girth**0.7
    pack = Tube(
        "chest",
        (x, 0, -0.14 * t),
        (x + 0.010 * s, 0, 0.26 * t),
        (0.052 * s, 0.058 * s, 0.046 * s),
        (1.7, 1.65, 1.6),
    )
    pocket = Tube(
        "chest", (x - 0.040 * s, 0, -0.10 * t), (x - 0.036 * s, 0, 0.04 * t), (0.036 * s,), (1.7,), blend=0.006
    )
    out = w.skin([pack, pocket], material, 0.0220)
    hold = np.zeros_like(out.weights)
    hold[:, w.skeleton.at("chest")] = 1.0
    return Piece(out.mesh, hold)


def straps(part: Piece, w: Wearer, material: Material) -> Piece:
    """The straps of a backpack over both shoulders."""
    s, t = w.build.stature, w.build.trunk
    for _, sign in SIDES:
        at = w.local("pelvis", part.mesh.vertices)
        y = sign * at[:, 1] - 0.062 * s - 0.10 * np.clip(0.75 * t - at[:, 2], 0.0, 0.3)
        part = painted(part, (y - 0.013 * s, -y - 0.013 * s, 0.42 * t - at[:, 2], -0.05 * s - at[:, 0]), material)
    return part


def shoulder_bag(w: Wearer, material: Material) -> Piece:
    """A bag at the right hip."""
    s = w.build.stature
    y = -0.150 * s * w.build.girth**0.7
    return w.skin(
        [Tube("pelvis", (-0.05 * s, y, -0.015 * s), (0.05 * s, y, -0.015 * s), (0.060 * s,), (0.5,))],
        material,
        0.0170,
    )


def sling(part: Piece, w: Wearer, material: Material) -> Piece:
    """The strap of a shoulder bag, from the right hip over the left shoulder."""
    s, t = w.build.stature, w.build.trunk
    at = w.local("pelvis", part.mesh.vertices)
    low, high = np.array([-0.14 * s, 0.0]), np.array([0.070 * s, t])
    across = np.array([high[1] - low[1], low[0] - high[0]]) / np.hypot(*(high - low))
    off = (at[:, 1:] - low) @ across
    return painted(part, (off - 0.009 * s, -off - 0.009 * s, np.abs(at[:, 1]) - 0.135 * s), material)


def phone(w: Wearer) -> Piece:
    """A phone in the right hand, along the palm."""
    s = w.build.stature
    slab = box((0.042 * s, 0.005 * s, 0.085 * s), Material((0.015, 0.015, 0.017), 0.2))
    return w.rigid(moved(slab, 0.004 * s, 0.020 * s, -0.065 * s), "right hand")


def umbrella(w: Wearer, material: Material) -> Piece:
    """An open umbrella in the right fist; its shaft stands along the hand's x, up when the forearm is level."""
    s = w.build.stature
    steel = Material((0.25, 0.25, 0.26), 0.4, metallic=0.6)
    up = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])  # z along the hand's x
    shaft = moved(cylinder(0.0035 * s, 0.47 * s, steel, detail=6), z=0.17 * s)
    grip = moved(cylinder(0.008 * s, 0.07 * s, Material((0.03, 0.02, 0.015), 0.5), detail=8), z=-0.05 * s)
    ribs, rings = 8, np.linspace(1.0, 0.0, 6)
    angle = np.linspace(0.0, 2 * np.pi, 3 * ribs, endpoint=False)
    sag = 1.0 - 0.05 * (1.0 - np.abs(np.cos(ribs * angle / 2)))
    dome = []
    for under in (0.0, 1.0):
        for r in rings if not under else rings[::-1]:
            radius = 0.30 * s * np.maximum(r, 0.004) * (1.0 - (1.0 - sag) * r)
            height = 0.415 * s - 0.125 * s * r**2 - under * 0.006 * s
            dome.append(np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(len(angle), height)], -1))
    canopy = grid(np.stack([*dome, dome[0]]), material, caps=False)
    part = join([shaft, grip, canopy])
    turned = rotated(part, up)
    return w.rigid(moved(turned, 0.0, 0.008 * s, -0.055 * s), "right hand")
