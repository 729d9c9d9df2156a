"""Large animals on four legs: skeleton, body, coat and headgear to a `Figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from abound.errors import InputError, UnknownName, did_you_mean
from abound.pixels.cityscapes import label_id
from abound.render.mesh import Array, Colour, Material
from abound.render.models.beast import Beast, darker, details, sole
from abound.render.models.body import SIDES
from abound.render.models.figure import (
    Figure,
    Piece,
    Skeleton,
    assembled,
    painted,
    places,
    scaled,
    turns,
)
from abound.render.models.quadruped import BONES, PARENTS, stance
from abound.render.models.species import SPECIES, SPECIES_NAMES, Species
from abound.render.models.surface import Tube
from abound.render.models.wardrobe import DYES, colour_of

NOSE = Material((0.020, 0.018, 0.018), 0.35)


def animal(
    kind: str,
    *,
    rng: np.random.Generator,
    height: float | None = None,
    antlers: bool | None = None,
    colours: Mapping[str, str | Colour] | None = None,
    detail: str = "high",
) -> Figure:
    """A grown-up animal, ready for the gaits in `abound.render.models.quadruped`. What is not given is drawn.

    `kind` of species.SPECIES_NAMES; `height` at the withers, metres; `antlers` (deer, moose) or horns (cow);
    `colours` "coat" and "second" (belly, patches, mane), names of wardrobe.DYES or linear red, green, blue.
    `detail` "high" is 5 to 8 thousand triangles, "low" 2 to 5 (antlers count).

    Raises:
        UnknownName: no such kind, colour or detail.
        InputError: a height that this kind does not have.
    """
    for what, word, known in (("animal", kind, SPECIES_NAMES), ("detail", detail, ("high", "low"))):
        if word not in known:
            raise UnknownName(f"No {what} is called {word!r}; {did_you_mean(word, known)}")
    name = "moose" if kind == "elk" else kind
    sp = SPECIES[name]
    drawn = rng.uniform(*sp.heights), int(rng.integers(len(sp.coats))), bool(rng.random() < 0.5)
    tall = float(drawn[0] if height is None else height)
    if not 0.7 * sp.heights[0] <= tall <= 1.15 * sp.heights[1]:
        low, high = sp.heights
        raise InputError(f"A {kind} is {low:g} to {high:g} m high at the withers, not {tall:g}.")
    horned = drawn[2] if antlers is None else antlers
    asked = colours or {}
    for part in asked:
        if part not in ("coat", "second"):
            raise UnknownName(f"No part of an animal is called {part!r}; {did_you_mean(part, ('coat', 'second'))}")
    back, second = (
        colour_of(asked[p], DYES) if p in asked else sp.coats[drawn[1]][k] for k, p in enumerate(("coat", "second"))
    )
    bones = skeleton(sp)
    rest, root = stance(sp, bones)
    beast = Beast(sp, bones, rest, places(bones, rest[None], root[None])[0], 1.0 if detail == "high" else 1.75)
    whole = assembled([*coated(beast, name, back, second), *details(beast, name, back, second, horned)])
    return _measured(beast, whole, root, kind, tall)


def skeleton(sp: Species) -> Skeleton:
    """Bones with straight hanging legs, withers at 1; x = 0 between hips and shoulders."""
    x = sp.span / 2
    at = {"pelvis": (-x, 0.0, sp.hip), "chest": (-0.10 * sp.span, 0.0, sp.hip)}
    length, angle = sp.neck[0], np.radians(sp.neck[1])
    base = np.array([x - 0.06, 0.0, sp.shoulder + 0.50 * sp.chest])
    at["neck"] = tuple(base)
    at["head"] = tuple(base + length * np.array([np.cos(angle), 0.0, np.sin(angle)]))
    at["tail"] = (-x - 0.55 * sp.rump, 0.0, sp.hip + 0.52 * sp.rump)
    for side, sign in SIDES:
        for end, lengths, name in ((x, sp.front, "arm"), (-x, sp.hind, "thigh")):
            z = sp.shoulder if end > 0 else sp.hip
            chain = (
                name,
                *(("forearm", "front cannon", "front hoof") if end > 0 else ("shank", "hind cannon", "hind hoof")),
            )
            for bone, size in zip(chain, lengths, strict=True):
                at[f"{side} {bone}"] = (end, sign * sp.track, z)
                z -= size
    return Skeleton(BONES, PARENTS, np.array([at[b] for b in BONES]))


def trunk(sp: Species) -> list[Tube]:
    """Hindquarters, barrel, shoulders and neck."""
    c, b, r, w, x = sp.chest, sp.belly, sp.rump, sp.breadth, sp.span
    top = 1.0 - sp.hump  # the back, where the chest is deepest
    middle = top - c - sp.hip
    out = [
        Tube(
            "chest",
            (-0.02 * x, 0, 0.97 - sp.hump - b - sp.hip),
            (0.50 * x, 0, middle),
            (b, 1.02 * (b + c) / 2, c),
            (w, 1.02 * w, 0.86 * w),
        ),
        Tube(
            "pelvis",
            (-0.10 * x, 0, 0.94 - r - sp.hip),
            (0.36 * x, 0, 0.97 - sp.hump - b - sp.hip),
            (0.78 * r, r, b),
            (0.85 * w, w, w),
            blend=0.06,
        ),
        Tube(
            "chest",
            (0.46 * x, 0, 0.985 - 0.095 - sp.hip),
            (0.34 * x, 0, 0.97 - 0.09 - sp.hump - sp.hip),
            (0.085, 0.07),
            (0.7,),
            blend=0.10,
        ),
        Tube(
            "chest",
            (0.52 * x, 0, sp.shoulder + 0.1 * c - sp.hip),
            (0.60 * x, 0, sp.shoulder + 0.35 * c - sp.hip),
            (0.72 * c, 0.60 * c),
            (0.80,),
            blend=0.06,
        ),
    ]
    for _, sign in SIDES:
        y = sign * 0.62 * sp.track
        out.append(
            Tube(
                "chest",
                (0.48 * x, y, 0.93 - 0.09 - sp.hip),
                (0.585 * x, 1.1 * y, sp.shoulder + 0.02 - sp.hip),
                (0.07, 0.085),
                (0.62,),
                blend=0.06,
            )
        )
    return [*out, throat(sp)]


def throat(sp: Species) -> Tube:
    """The neck, from between the shoulders to the skull."""
    length, angle, base, tip = sp.neck
    x, z = float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))
    start, end = (-0.10 * x, 0.0, -0.10 * z), (length * x, 0.0, length * z)
    radius = (1.15 * base, base, 0.55 * (base + tip), tip)
    return Tube("neck", start, end, radius, (0.62, 0.62, 0.66, 0.8), blend=0.08)


def thighs(sp: Species) -> list[Tube]:
    """The upper legs, which melt into the trunk."""
    thigh, fore, bone = sp.limb
    out = []
    for side, _ in SIDES:
        a, f, t, s = sp.front[0], sp.front[1], sp.hind[0], sp.hind[1]
        out += [
            Tube(
                f"{side} arm",
                (0, 0, 0.0),
                (0, 0, -a),
                (0.78 * thigh, 0.76 * thigh, 1.15 * fore),
                (0.62,),
                blend=0.04,
            ),
            Tube(
                f"{side} forearm",
                (0, 0, 0.01),
                (0, 0, -f),
                (1.15 * fore, fore, 1.35 * bone),
                (0.75, 0.85, 0.95),
                blend=0.02,
            ),
            Tube(
                f"{side} thigh",
                (-0.02, 0, -0.03),
                (0, 0, -t),
                (0.95 * thigh, thigh, 0.66 * thigh),
                (0.62, 0.60, 0.62),
                blend=0.05,
            ),
            Tube(
                f"{side} shank",
                (0, 0, 0),
                (0, 0, -s),
                (0.66 * thigh, 0.50 * thigh, 1.30 * bone),
                (0.62, 0.7, 0.9),
                blend=0.02,
            ),
        ]
    return out


def shins(sp: Species, side: str, end: str) -> list[Tube]:
    """A lower leg from above the knee or hock to the hoof or paw."""
    _, fore, bone = sp.limb
    size, name = (sp.front if end == "front" else sp.hind), "forearm" if end == "front" else "shank"
    joint = (1.35, 0.98, 0.98, 1.25) if end == "front" else (1.50, 1.05, 1.0, 1.25)
    first = 0.92 * fore if end == "front" else 0.36 * sp.limb[0]
    out = [
        Tube(f"{side} {name}", (0, 0, -0.55 * size[1]), (0, 0, -size[1]), (first, 1.30 * bone), (0.9,)),
        Tube(
            f"{side} {end} cannon",
            (-0.003, 0, 0),
            (0, 0, -size[2]),
            tuple(bone * k for k in joint),
            (0.85,),
            blend=0.012,
        ),
        Tube(
            f"{side} {end} hoof",
            (0, 0, 0),
            (0, 0, -max(0.3 * size[3], size[3] - 1.6 * bone)),
            (1.15 * bone, 1.05 * bone, 1.2 * bone),
            blend=0.012,
        ),
    ]
    if sp.paws:
        r = 1.15 * bone
        out.append(
            Tube(
                f"{side} {end} hoof",
                sole(size[3], r, -0.01),
                sole(size[3], r, 0.045),
                (r, 0.95 * r),
                (1.15,),
                blend=0.012,
            )
        )
    return out


def skull(sp: Species, name: str) -> list[Tube]:
    """Head and ears."""
    length, angle, big, small = sp.head
    out = turns(pitch=np.radians(angle))

    def p(x: float, y: float, z: float) -> tuple[float, float, float]:
        v = out @ np.array([x * length, y, z])
        return float(v[0]), float(v[1]), float(v[2])

    droop = 0.35 * small if name == "moose" else 0.0
    tubes = [
        Tube("head", p(-0.04, 0, 0), p(0.34, 0, 0), (0.95 * big, big, 0.86 * big), (0.80, 0.82, 0.78)),
        Tube(
            "head",
            p(0.30, 0, 0.01),
            p(0.93, 0, -droop),
            (0.84 * big, 0.5 * (0.8 * big + small), 0.92 * small, small * (1.15 if droop else 1.0)),
            (0.74, 0.76, 0.85, 1.0),
            blend=0.03,
        ),
        Tube(
            "head",
            p(0.05, 0, -0.55 * big),
            p(0.80, 0, -0.55 * small),
            (0.62 * big, 0.5 * big, 0.55 * small),
            (0.7,),
            blend=0.03,
        ),
    ]
    ear, wide, up = sp.ear
    for _, sign in SIDES:
        root = np.array(p(-0.02, sign * 0.62 * big, 0.60 * big))
        lift = np.radians(up)
        tip = root + ear * np.array([-0.25, sign * 0.85 * np.cos(lift), np.sin(lift)]) / np.hypot(1, 0.2)
        side = (0.3, 0.0, 1.0) if up < 50 else (0.0, 1.0, 0.0)
        tubes.append(
            Tube(
                "head",
                tuple(root),
                tuple(tip),
                (0.45 * wide, wide, 0.8 * wide, 0.15 * wide),
                (1.0, 1.3),
                side,
                blend=0.012,
            )
        )
    return [t._replace(radius=tuple(float(v) for v in t.radius)) for t in tubes]


def coated(beast: Beast, name: str, back: Colour, second: Colour) -> list[Piece]:
    """The body with its coat."""
    sp = beast.species
    coat = Material(
        back, 0.85, pattern=sp.pattern, second=second if sp.pattern == "patches" else darker(back, 0.6), scale=1.0
    )
    pale = Material(second, 0.85, pattern="fur", second=darker(second, 0.7))
    skin = beast.skin([*trunk(sp), *thighs(sp)], coat, 0.060)
    legs = assembled(
        [beast.skin(shins(sp, side, end), coat, 0.0225, 2.6) for side, _ in SIDES for end in ("front", "hind")]
    )
    skin = assembled([skin, legs])
    face = beast.skin(skull(sp, name), coat, 0.0255)
    at = beast.local("head", face.mesh.vertices) @ turns(pitch=np.radians(sp.head[1]))
    if name == "deer":
        hip = beast.local("pelvis", skin.mesh.vertices)
        skin = painted(
            skin,
            (np.linalg.norm((hip - [-0.21, 0, 0.0]) * [1, 1, 0.8], axis=1) - 0.155,),
            pale._replace(colour=(0.62, 0.55, 0.45)),
        )
        v = skin.mesh.vertices
        belly = skin.weights[:, BONES.index("left arm") :].sum(axis=1) - 0.25
        skin = painted(skin, (v[:, 2] - 0.615, belly), pale)
        face = painted(face, (0.62 * sp.head[0] - at[:, 0], at[:, 0] - 0.86 * sp.head[0], at[:, 2] + 0.01), pale)
    elif name == "moose":
        v = skin.mesh.vertices
        skin = painted(skin, (v[:, 2] - 0.40,), pale)
    elif name in ("boar", "dog"):
        v = skin.mesh.vertices
        skin = painted(
            skin,
            (v[:, 2] - (0.26 if name == "boar" else 0.34),),
            pale if name == "dog" else coat._replace(colour=darker(back, 0.5)),
        )
    elif name == "horse" and max(second) < 0.05:
        skin = painted(skin, (skin.mesh.vertices[:, 2] - 0.36,), Material(second, 0.85, pattern="fur"))
    at = beast.local("head", face.mesh.vertices) @ turns(pitch=np.radians(sp.head[1]))
    tip = 0.93 if name in ("boar", "dog") else 0.90
    nose = NOSE if name != "cow" or back[0] < 0.5 else Material((0.36, 0.20, 0.17), 0.4)
    face = painted(face, (tip * sp.head[0] - at[:, 0] + (0.02 if name == "dog" else 0.0) * (at[:, 2] < 0.0),), nose)
    return [skin, face]


def _measured(beast: Beast, part: Piece, root: Array, kind: str, height: float) -> Figure:
    """The figure with exactly that height at the withers."""
    sp, v = beast.species, part.mesh.vertices
    shoulder = beast.joints[beast.skeleton.at("left arm")][0]
    near = (
        (v[:, 0] < shoulder + 0.02)
        & (v[:, 0] > shoulder - 0.25)
        & (part.weights[:, beast.skeleton.at("chest")] > 0.5)
    )
    withers = float(v[near, 2].max())
    sizes = (
        {f"front {k}": x for k, x in enumerate(sp.front)}
        | {f"hind {k}": x for k, x in enumerate(sp.hind)}
        | {"hip": sp.hip, "shoulder": sp.shoulder}
    )
    out = Figure(
        part.mesh, beast.skeleton, part.weights, beast.rest, root, kind, withers, label_id("dynamic"), sizes
    )
    return scaled(out, height / withers)
