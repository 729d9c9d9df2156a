"""People: body, face and clothes to a `Figure`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from abound.errors import InputError, UnknownName, did_you_mean
from abound.pixels.cityscapes import label_id
from abound.render.mesh import Array, Colour, Material, ellipsoid, mesh
from abound.render.models import body, wardrobe
from abound.render.models import clothes as garments
from abound.render.models.body import SIDES
from abound.render.models.clothes import Wearer
from abound.render.models.figure import Cut, Figure, Piece, assembled, painted, scaled, turns

AGES = {"adult": (1.50, 1.95), "child": (0.90, 1.45)}
EYE = Material((0.012, 0.010, 0.010), 0.15)
WHITE = Material((0.55, 0.53, 0.50), 0.3)


def person(
    age: str = "adult",
    *,
    rng: np.random.Generator,
    height: float | None = None,
    sex: str | None = None,
    girth: float | None = None,
    hair: str | None = None,
    clothes: Sequence[str] | None = None,
    colours: Mapping[str, str | Colour | float] | None = None,
    detail: str = "high",
    rest: Callable[[Figure], Array] | None = None,
    fist: float = 0.35,
) -> Figure:
    """A person who stands, ready for the gaits in `abound.render.models.gait`. What is not given is drawn.

    `age` is "adult" (1.50 to 1.95 m) or "child" (0.90 to 1.45 m); `height` in metres from sole to crown, hair
    counted, hats not; `sex` "man" or "woman"; `girth` about .85 slim to 1.3 heavy; `hair` of wardrobe.HAIR_STYLES;
    `clothes` some of wardrobe.CLOTHES; `colours` by part (wardrobe.PARTS), each a name of wardrobe.DYES (HAIRS for
    hair), or linear red, green, blue; skin also a number from 0 (lightest) to 1 (darkest). `detail` "high" is 5 to
    7 thousand triangles, "low" 2 to 3.5. `rest` gives the rotations (bones, 3, 3) of another pose in which to make
    the skin, for people who sit; `fist` 1 is a hand that grips, 0 a flat one.

    Raises:
        UnknownName: a name that is not in these lists.
        InputError: a height outside the age's range, a girth outside .7 to 1.6, or two garments of one kind.
    """
    _known("age", age, AGES)
    _known("detail", detail, ("high", "low"))
    low, high = AGES[age]
    child = age == "child"
    drawn = rng.random(), rng.uniform(0.98, 1.42), rng.normal(), rng.choice([0.92, 0.97, 1.0, 1.05, 1.16])
    woman = drawn[0] < 0.5 if sex is None else _known("sex", sex, ("man", "woman")) == "woman"
    usual = drawn[1] if child else np.clip(1.77 - 0.12 * woman + 0.065 * drawn[2], low, high)
    tall, wide = float(usual if height is None else height), float(drawn[3] if girth is None else girth)
    if not low - 1e-9 <= tall <= high + 1e-9:
        raise InputError(f"The height of a person of age {age!r} is {low:.2f} to {high:.2f} m, not {tall:g}.")
    if not 0.7 <= wide <= 1.6:
        raise InputError(f"The girth of a person is 1 on average and .7 to 1.6, not {wide:g}.")
    b = body.build(tall, child, woman * (0.3 if child else 1.0), min(wide, 1.15) if child else wide)
    dress = wardrobe.wardrobe(rng, woman, child, clothes)
    style = wardrobe.hair_style(rng, woman, child, hair)
    asked = dict(colours or {})
    if child and "top" not in asked:  # bright, as children's clothes are
        asked["top"] = wardrobe.FOR_CHILDREN[int(rng.integers(len(wardrobe.FOR_CHILDREN)))]
    paint = wardrobe.palette(rng, asked, dress)
    pose = standing() if rest is None else rest(bare(b, age))
    w = garments.wearer(b, pose, 1.15 if detail == "high" else 1.9)
    return _measured(w, head(w, style, paint, dress), dressed(w, dress, paint, fist), dress, age)


def bare(b: body.Build, age: str) -> Figure:
    """A figure without a skin: bones and lengths."""
    s, n = b.stature, len(body.BONES)
    bones, eye = body.skeleton(b), np.tile(np.eye(3), (n, 1, 1))
    sizes = {
        "ankle": b.ankle,
        "heel": -0.036 * s,
        "ball": 0.062 * s,
        "joint": 0.012 * s,
        "thigh": b.hip - b.knee,
        "shank": b.knee - b.ankle,
        "arm": b.arm,
        "forearm": b.forearm,
        "leg": b.hip,
        "hand": 0.06 * s,
        "head": b.head,
    }
    none = mesh(np.zeros((0, 3)), np.zeros((0, 3)))
    return Figure(none, bones, np.zeros((0, n)), eye, bones.joints[0], age, s, label_id("person"), sizes)


def standing(arms: float = 42.0, legs: float = 4.0) -> Array:
    """The rest pose: upright, arms and legs spread by some degrees, so that skins do not run into one another."""
    out = np.tile(np.eye(3), (len(body.BONES), 1, 1))
    for side, sign in SIDES:
        for name in ("arm", "forearm", "hand"):
            out[body.BONES.index(f"{side} {name}")] = turns(roll=sign * np.radians(arms))
        for name in ("thigh", "shank"):
            out[body.BONES.index(f"{side} {name}")] = turns(roll=sign * np.radians(legs))
    return out


def head(w: Wearer, style: str, paint: Mapping[str, Material], dress: Sequence[str]) -> list[Piece]:
    """Head, neck, face and hair."""
    h = w.build.head
    skull = w.skin([*body.skull(w.build), *body.neck(w.build)], paint["skin"], 0.0128)
    parts = [skull, w.skin(body.nose(w.build), paint["skin"], 0.0050)]

    def z(share: float) -> float:
        return (0.72 - share) * h

    tone, strands = paint["skin"].colour, paint["hair"]
    lips = Material((0.75 * tone[0] + 0.03, 0.45 * tone[1], 0.45 * tone[2]), 0.5)
    for _, sign in SIDES:
        ball = ellipsoid((0.07 * h, 0.115 * h, 0.062 * h), WHITE, (0.352 * h, sign * 0.148 * h, z(0.50)), 8)
        iris = ellipsoid((0.05 * h, 0.060 * h, 0.058 * h), EYE, (0.371 * h, sign * 0.145 * h, z(0.50)), 8)
        brow = ellipsoid((0.05 * h, 0.15 * h, 0.022 * h), strands, (0.378 * h, sign * 0.145 * h, z(0.435)), 8)
        parts += [w.rigid(m, "head") for m in (ball, iris, brow)]
    parts.append(w.rigid(ellipsoid((0.05 * h, 0.20 * h, 0.04 * h), lips, (0.322 * h, 0, z(0.795)), 8), "head"))
    return [*parts, *garments.hair(w, strands, "none" if "hood" in dress else style)]


def dressed(w: Wearer, dress: Sequence[str], paint: Mapping[str, Material], fist: float) -> list[Piece]:
    """Everything below the neck, and what is worn on the head."""
    s = w.build.stature
    out: list[Piece] = []
    tucked = "skirt" in dress
    grow, hem, sleeves, collar = {
        "t-shirt": (0.010 * s, 0.035 * s, 0.30, 0.0),
        "shirt": (0.010 * s, 0.045 * s, 1.0, 0.010 * s),
        "jacket": (0.013 * s, 0.050 * s, 1.0, 0.018 * s),
        "hoodie": (0.013 * s, 0.035 * s, 1.0, 0.0),
        "coat": (0.014 * s, 0.02 * s, 1.0, 0.020 * s),
        "dress": (0.007 * s, 0.0, 0.25, 0.0),
    }[next(n for n in dress if n in wardrobe.TOPS)]
    shirt = garments.top(
        w, paint["top"], 0.007 * s if tucked else grow, -0.05 * s if tucked else hem, sleeves, collar
    )
    if {"jacket", "coat"} & set(dress):
        shirt = garments.zipped(shirt, w)
    if "vest" in dress:
        vest = garments.top(w, paint["vest"], grow + 0.006 * s, 0.055 * s, 0.0)
        out += [garments.bands(vest, w, garments.REFLECTIVE), shirt]
    else:
        shirt = garments.straps(shirt, w, paint["backpack"]) if "backpack" in dress else shirt
        out.append(garments.sling(shirt, w, paint["bag"]) if "bag" in dress else shirt)
    if "coat" in dress:
        out.append(garments.skirt(w, paint["top"], grow, 0.21 * s, 0.018 * s))
    if "dress" in dress:
        out.append(garments.skirt(w, paint["top"], grow, 0.24 * s, 0.035 * s))
    if "skirt" in dress:
        out.append(garments.skirt(w, paint["bottom"], 0.014 * s, 0.22 * s, 0.025 * s))
    bare = bool({"skirt", "dress", "shorts"} & set(dress))
    if not {"skirt", "dress"} & set(dress):
        length, wide = (0.45, 0.042) if "shorts" in dress else (1.0, 0.040 if "trousers" in dress else 0.034)
        out.append(garments.trousers(w, paint["bottom"], 0.006 * s, length, wide))
    for side, _ in SIDES:
        out.append(w.skin(body.hand(w.build, side, fist), paint["skin"], 0.0125))
        if sleeves < 1.0:
            upper, lower = body.arm(w.build, side)
            out.append(
                w.skin([upper._replace(start=(0, 0, -0.3 * w.build.arm)), lower], paint["skin"], 0.0200, tall=1.8)
            )
        if bare:
            thigh, *shank = body.leg(w.build, side)
            out.append(w.skin([thigh._replace(start=(0, 0, -0.06 * s)), *shank], paint["skin"], 0.0240, tall=1.8))
        out.append(shod(w, side, paint["shoes"]))
    return [*out, *carried(w, dress, paint)]


def shod(w: Wearer, side: str, material: Material) -> Piece:
    """A shoe with its sole."""
    a, s = w.build.ankle, w.build.stature
    flat = (f"{side} foot", Cut(np.array([0.0, 0.0, -a]), np.array([0.0, 0.0, -1.0])))
    shoe = w.skin(body.shoe(w.build, side), material, 0.0160, [flat])
    height = w.local(f"{side} foot", shoe.mesh.vertices)[:, 2] + a
    light = min(material.colour) > 0.1
    sole = Material((0.02, 0.02, 0.02) if light else (0.30, 0.29, 0.27), 0.9)
    return painted(shoe, (height - 0.009 * s,), sole)


def carried(w: Wearer, dress: Sequence[str], paint: Mapping[str, Material]) -> list[Piece]:
    """Hats, bags, phone and umbrella."""
    out: list[Piece] = []
    for name in dress:
        if name in wardrobe.HATS:
            out += garments.hat(w, paint[name], name)
        elif name == "hood":
            out.append(garments.hood(w, paint["top"]))
        elif name == "backpack":
            out.append(garments.backpack(w, paint[name]))
        elif name == "bag":
            out.append(garments.shoulder_bag(w, paint[name]))
        elif name == "phone":
            out.append(garments.phone(w))
        elif name == "umbrella":
            out.append(garments.umbrella(w, paint[name]))
    return out


def _measured(w: Wearer, face: list[Piece], worn: list[Piece], dress: tuple[str, ...], age: str) -> Figure:
    """The figure with exactly the height of its build, feet on the ground."""
    above = max(w.local("head", p.mesh.vertices)[:, 2].max() for p in face if len(p.mesh.vertices))
    crown = float(w.skeleton.joints[w.skeleton.at("head")][2] + above)
    sole = min(w.joints[w.skeleton.at(f"{side} foot")][2] for side, _ in SIDES) - w.build.ankle
    part, down = assembled([*face, *worn]), np.array([0.0, 0.0, sole])
    skin = part.mesh._replace(vertices=part.mesh.vertices - down)
    carries = tuple(c for c in dress if c in ("phone", "umbrella"))
    out = bare(w.build, age)._replace(
        mesh=skin, weights=part.weights, rest=w.rest, origin=w.joints[0] - down, height=crown, carries=carries
    )
    return scaled(out, w.build.stature / crown)


def _known(what: str, name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    if name not in known:
        raise UnknownName(f"No {what} of a person is called {name!r}; {did_you_mean(name, known)}")
    return name
