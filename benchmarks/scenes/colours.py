"""Do paint, clothes and sizes come out as asked?

One actor a clip, under an overcast sky (neutral light) at 14 m: a colour by name and a size in metres. The colour
is the median of the picture's pixels on what was painted, compared with the paint's own colour: its hue angle where
it has one (CIELAB, as a lens without noise would show it after the automatic exposure), else how little chroma it
has. The size is that of the 3D box in the labels: length of vehicles, height of people who stand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.errors import InputError
from abound.render.domain import SIZES
from abound.render.labels import labels
from abound.render.models.finish import COLOURS
from abound.render.models.wardrobe import DYES
from abound.render.rays import Scene
from abound.render.shade import look, picture
from abound.render.spec import read_scene
from abound.render.street import build
from benchmarks.rows import row, share

Array = np.ndarray[Any, Any]
KINDS = ("car", "van", "bus", "adult", "child")
NEUTRAL = ("white", "grey", "silver", "black")
TURN, CHROMA = 20.0, 10.0  # degrees of hue, and CIELAB chroma that a neutral colour may show


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Every kind in every colour, its size from small to large."""
    names = ("red", "white") if quick else tuple(COLOURS)
    kinds = ("car", "adult") if quick else KINDS
    return [
        {"kind": k, "colour": c, "share": i / max(1, len(names) - 1)} for k in kinds for i, c in enumerate(names)
    ]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Hue asked and seen, chroma, size asked and labelled."""
    kind, low, high = task["kind"], *SIZES[task["kind"]]
    size = low + task["share"] * (high - low)
    action = "standing" if kind in ("adult", "child") else "stopped"
    world = build(read_scene({
        "frames": 2, "weather": {"kind": "overcast"}, "time": {"sun_elevation": 45.0},
        "traffic": {"vehicles": 0, "walkers": 0, "parked": 0.0}, "cameras": [{"width": 640, "height": 240}],
        "actors": [{"kind": kind, "action": action, "colour": task["colour"], "size": size, "distance": 14.0}],
    }), 5)  # fmt: skip
    rays = Scene(world)
    here = next(iter(labels(rays, frames=[0])))
    image = picture(look(rays, "front", 0), here.moment, here.hits)
    asked = paint_of(kind, task["colour"])
    shape, triangle = here.moment.geometry, here.triangle
    own = np.array([np.allclose(m.colour, asked, atol=1e-6) for m in shape.materials])
    painted = (here.instance == 1) & own[shape.material[np.maximum(triangle, 0)]]
    middle = np.median(image[painted], axis=0) if painted.any() else None
    boxes = [o for o in here.objects if o.instance == 1]
    got = boxes[0].size[2 if kind in ("adult", "child") else 0] if boxes else None
    return {"pixels": int(painted.sum()), "size": size, "labelled": got, "asked": lab(np.array(asked)).tolist(),
            "seen": None if middle is None else lab(linear(middle / 255)).tolist()}  # fmt: skip


def paint_of(kind: str, name: str) -> tuple[float, float, float]:
    """Linear colour of a paint, or of a dye for clothes (which are grey where paint is silver)."""
    if kind not in ("adult", "child"):
        return COLOURS[name]
    dye = "grey" if name == "silver" else name
    if dye not in DYES:
        raise InputError(f"no dye is called {dye!r}")
    return DYES[dye]


def linear(srgb: Array) -> Array:
    """sRGB 0 to 1 to linear light."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(rgb: Array) -> Array:
    """Linear sRGB to CIELAB (D65)."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    t = xyz / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _hue(colour: list[float]) -> float:
    return float(np.degrees(np.arctan2(colour[2], colour[1])))


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Share of colours that come out, hue differences, and size errors."""
    right, turns, misses, sizes = [], [], [], []
    for task, r in zip(tasks(quick), results, strict=True):
        sizes.append(abs(r["labelled"] / r["size"] - 1) if r["labelled"] else 1.0)
        name = f"{task['colour']} {task['kind']}"
        if r["seen"] is None:
            right.append(False)
            misses.append(f"{name}: not seen")
            continue
        chroma = float(np.hypot(*r["seen"][1:]))
        turn = abs((_hue(r["seen"]) - _hue(r["asked"]) + 180) % 360 - 180)
        neutral = task["colour"] in NEUTRAL
        good = chroma <= CHROMA if neutral else turn <= TURN
        if not neutral:
            turns.append(turn)
        right.append(good)
        if not good:
            misses.append(f"{name}: {f'chroma {chroma:.0f}' if neutral else f'{turn:.0f} degrees'}")
    return [
        share("colour_as_asked", right, {"wanted": 1.0, "misses": misses}),
        row("hue_difference", float(np.median(turns)), "degrees", high=max(turns), n=len(turns)),
        row("size_as_asked", float(np.median(sizes)), "share", high=max(sizes), n=len(sizes)),
    ]
