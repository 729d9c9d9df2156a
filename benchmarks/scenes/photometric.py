"""Does the next picture, carried back along the flow, look the same? On textured surfaces, away from edges.

Pictures here show what the textures' kernels give (reflectance as sRGB, 0 to 255): no light, shadow, reflection or
noise, which change from frame to frame by right. The next frame is looked up at the flow's target in three ways:
  pixels   between the four pixel centres (bilinear), both pictures through the lens's blur as in every clip
  dense    the same in a picture with 4 x 4 as many samples of the same pixel size, without blur
  ray      by a ray through the target itself
Left out are pixels that are hidden or out of the frame there, the sky, and pixels within 2 of an
edge (of a body, of a material, of depth), here or around the target.

Every difference over 20 of 255 in the first way is given one cause, tested one after the other on the very point:
  other place       the point that the flow leads to, met by a ray of its own, has another colour even under one
                    pixel size: the flow would be wrong (none is allowed)
  pixel size        the colour at the exact target differs since the pixel is larger or smaller on the surface there
  thin surface      one of the four pixels around the target shows another body or material
  between pixels    the texture bends between the four centres more than bilinear sampling follows
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.camera import rays, rays_at
from abound.render.labels import labels
from abound.render.rays import Hits, Scene, primary, seen
from abound.render.shade import _lit, _surfaces, look
from abound.render.street import build
from benchmarks.rows import row
from benchmarks.scenes.brute_force import centres
from benchmarks.scenes.flow_recast import edges
from benchmarks.scenes.streets import scene

Array = np.ndarray[Any, Any]
OUTLIER, NEAR_EDGE = 20.0, 2
CAUSES = ("other place", "pixel size", "thin surface", "between pixels")


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Frames of clips by day and dry, where the textures are their own."""
    if quick:
        return [{"street": "urban day", "frame": 6, "seed": 3}]
    streets = ("urban day", "motorway overcast", "rural fog")
    return [{"street": s, "frame": f, "seed": 3 + k} for k, s in enumerate(streets) for f in (2, 8, 14)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Differences of one pair of frames: mean, count, and outliers by cause."""
    world = build(scene(task["street"]), task["seed"])
    world = world._replace(conditions=world.conditions._replace(wetness=0.0, snow_cover=0.0))
    rays_ = Scene(world)
    paint = Painter(look(rays_, "front", 0), world.cameras["front"])
    here = next(iter(labels(rays_, frames=[task["frame"]])))
    flow, camera = here.forward, world.cameras["front"]
    assert flow is not None
    now, there = here.moment, rays_.at(task["frame"] + 1)
    hits = primary(there, camera)
    before, after = paint(now, here.hits), paint(there, hits)
    h, w = here.depth.shape
    clear = ~_near_edges(now, here.hits, h, w)
    clear_there = ~_near_edges(there, hits, h, w)
    blurred = [_blur(p, h, w) for p in (before, after)]
    target = centres(camera) + flow.vectors.reshape(-1, 2)
    state = (flow.occlusion.ravel() == 0) & (here.triangle.ravel() >= 0) & clear.ravel()
    inside = (target > 0.5).all(1) & (target[:, 0] < w - 0.5) & (target[:, 1] < h - 0.5)
    use = np.flatnonzero(state & inside)
    four = _four(target[use], w)
    use = use[clear_there.ravel()[four].all(1)]
    four = _four(target[use], w)
    ways = {
        "pixels": np.abs(_bilinear(blurred[1], target[use], four) - blurred[0][use]).max(1),
        "dense": np.abs(_dense(paint, there, target[use]) - before[use]).max(1),
        "ray": np.abs(_at(paint, there, target[use]) - before[use]).max(1),
        "without flow": np.abs(blurred[1][use] - blurred[0][use]).max(1),
    }
    odd = ways["pixels"] > OUTLIER
    causes = _causes(paint, here, there, hits, use[odd], target[use[odd]], four[odd], before)
    beside = np.minimum(use + 1, len(before) - 1)
    rough = np.abs(before[use] - before[beside]).max(1) > 2.0
    return {
        "sums": {k: float(v.sum()) for k, v in ways.items()},
        "rough_sums": {k: float(v[rough].sum()) for k, v in ways.items()}, "rough": int(rough.sum()),
        "outliers": {k: int((v > OUTLIER).sum()) for k, v in ways.items()},
        "largest": {k: float(v.max()) for k, v in ways.items()}, "n": len(use), "pixels": h * w, "causes": causes,
    }  # fmt: skip


class Painter:
    """Reflectance as sRGB 0 to 255 (n, 3) of what rays of the camera met."""

    def __init__(self, shown: Any, camera: Any) -> None:
        self.look, self.camera = shown, camera

    def __call__(self, moment: Any, hits: Any, directions: Any = None) -> Array:
        from abound.render.shade_surface import RED

        if directions is None:
            _, directions = rays(self.camera, moment.frame.number)
        lit = _lit(self.look, moment)
        s = _surfaces(self.look, moment, hits, directions, 1.0 / self.camera.fx, lit)[:, RED : RED + 3].astype(
            float
        )
        return np.asarray(
            255 * np.where(s <= 0.0031308, 12.92 * s, 1.055 * np.maximum(s, 1e-9) ** (1 / 2.4) - 0.055)
        )


def _near_edges(moment: Any, hits: Any, h: int, w: int) -> Array:
    """Pixels within 2 of an edge of a body, a material or depth."""
    import cv2

    shape = moment.geometry
    t = np.maximum(hits.triangle, 0)
    sky = hits.triangle < 0
    out = np.zeros((h, w), bool)
    for ids in (shape.body[t], shape.material[t]):
        out |= edges(hits.distance.reshape(h, w), np.where(sky, -1, ids).reshape(h, w))
    square = np.ones((2 * NEAR_EDGE + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(out.astype(np.uint8), square)) > 0


def _four(target: Array, w: int) -> Array:
    """Numbers (n, 4) of the pixels around image coordinates."""
    j, i = np.floor(target - 0.5).astype(int).T
    first = i * w + j
    return np.stack([first, first + 1, first + w, first + w + 1], 1)


def _bilinear(image: Array, target: Array, four: Array) -> Array:
    a, b = (target - 0.5 - np.floor(target - 0.5)).T[:, :, None]
    p = image[four]
    return np.asarray((p[:, 0] * (1 - a) + p[:, 1] * a) * (1 - b) + (p[:, 2] * (1 - a) + p[:, 3] * a) * b)


def _causes(
    paint: Any, here: Any, there: Any, hits: Any, which: Array, target: Array, four: Array, before: Array
) -> dict[str, int]:
    """How many outliers each cause explains."""
    out = dict.fromkeys(CAUSES, 0)
    if not len(which):
        return out
    origin, directions = rays_at(paint.camera, there.frame.number, target)
    met = seen(there, paint.camera, origin, directions)
    exact = paint(there, met, directions)
    _, first = rays(paint.camera, here.frame)
    # The same point of the surface under the first frame's pixel: its distance and direction, in the body's frame.
    body = there.geometry.body[met.triangle]
    turn = there.frame.poses[body][:, :3, :3] @ np.transpose(here.moment.frame.poses[body][:, :3, :3], (0, 2, 1))
    turned = np.einsum("nij,nj->ni", turn, first[which])
    alike = paint(there, Hits(met.triangle, met.weights, here.hits.distance[which]), turned)
    shape = there.geometry
    material, whole = shape.material[met.triangle], shape.material[hits.triangle[four]]
    wrong = np.abs(alike - before[which]).max(1) > 1.0
    size = np.abs(exact - before[which]).max(1) > OUTLIER / 2
    thin = (whole != material[:, None]).any(1)
    cause = np.select([wrong, size, thin], [0, 1, 2], 3)
    return {c: int((cause == k).sum()) for k, c in enumerate(CAUSES)}


def _blur(image: Array, h: int, w: int) -> Array:
    """The lens's blur of every clip."""
    from abound.render.sensor import lens
    from abound.render.world import Sensor

    return lens(image.reshape(h, w, 3).astype(np.float32), Sensor().blur).reshape(-1, 3).astype(float)


def _at(paint: Any, there: Any, target: Array) -> Array:
    """Colours where rays through image coordinates meet a surface."""
    origin, directions = rays_at(paint.camera, there.frame.number, target)
    return np.asarray(paint(there, seen(there, paint.camera, origin, directions), directions))


def _dense(paint: Any, there: Any, target: Array) -> Array:
    """Bilinear between samples that are a quarter of a pixel apart, only those which are needed."""
    step = 0.25
    low = np.floor(target / step) * step
    corners = np.concatenate([np.add(low, s) for s in ((0, 0), (step, 0), (0, step), (step, step))])
    p = _at(paint, there, corners).reshape(4, len(target), 3)
    a, b = ((target - low) / step).T[:, :, None]
    return np.asarray((p[0] * (1 - a) + p[1] * a) * (1 - b) + (p[2] * (1 - a) + p[3] * a) * b)


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Means of the largest channel's difference, and outliers with their causes."""
    n, rough = sum(r["n"] for r in results), sum(r["rough"] for r in results)
    out = []
    for way in ("pixels", "dense", "ray"):
        each = [r["sums"][way] / max(1, r["n"]) for r in results]
        out.append(row(f"photometric_mean {way}", sum(r["sums"][way] for r in results) / n, "of 255", low=min(each),
            high=max(each), n=n, reference={
                "limit": 0.5, "without flow": sum(r["sums"]["without flow"] for r in results) / n,
                "share of all pixels": n / sum(r["pixels"] for r in results),
                "where neighbours differ by over 2": sum(r["rough_sums"][way] for r in results) / max(1, rough),
                "share over 20": sum(r["outliers"][way] for r in results) / n,
                "largest": max(r["largest"][way] for r in results),
            }))  # fmt: skip
    causes = {c: sum(r["causes"][c] for r in results) for c in CAUSES}
    return [*out, row("photometric_outliers", sum(causes.values()) / n, "share", n=n, reference=causes),
            row("photometric_unexplained", causes["other place"], "px", n=n, reference={"limit": 0})]  # fmt: skip
