"""Is flow exact, and occlusion true? Every pixel's target is cast again in the other frame, by another way.

`benchmarks.scenes.brute_force` meets the ray through the target with every triangle near it in double precision.
Where occlusion says visible, the point that it meets, carried back to the first frame by its triangle, has to
fall on the pixel's centre. Where it says hidden or visible, the nearest triangle has to say the same. Nothing is
left out: a pixel whose occlusion is wrong counts as a flow error of its full size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.labels import labels
from benchmarks.rows import row
from benchmarks.scenes.brute_force import Judge, centres
from benchmarks.scenes.plain_street import named

SLACK = 1e-9  # relative depth within which two surfaces are the same


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Frames of both clips with a gap to the other frame, both directions."""
    if quick:
        return [{"street": s, "frame": 6, "gap": 1} for s in ("plain", "built")]
    pairs = [(f, g) for f in (5, 10, 14) for g in (1, 3, 5, -1, -5)]
    return [{"street": "plain", "frame": f, "gap": g} for f, g in pairs] + [
        {"street": "built", "frame": f, "gap": g} for f, g in pairs if abs(g) != 3
    ]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Errors of one pair of frames: quantiles in pixels, and counts of pixels where occlusion is wrong."""
    world = named(task["street"])
    camera, gap = world.cameras["front"], task["gap"]
    here = next(iter(labels(world, frames=[task["frame"]], gap=abs(gap))))
    flow = here.forward if gap > 0 else here.backward
    assert flow is not None
    first, other = Judge(world, camera, task["frame"]), Judge(world, camera, task["frame"] + gap)
    at = centres(camera)
    mine, z, _ = first.cast(at)
    triangle, state = here.triangle.ravel(), flow.occlusion.ravel()
    inside = np.flatnonzero((state < 2) & (triangle >= 0))
    met, depth, weights = other.cast((at + flow.vectors.reshape(-1, 2))[inside])
    hidden = (met != triangle[inside]) & (depth < flow.depth.ravel()[inside] * (1 - SLACK))
    wrong = hidden != (state[inside] == 1)
    seen = state[inside] == 0
    error = np.linalg.norm(first.image_of(np.maximum(met, 0), weights) - at[inside], axis=1)
    error = np.where(met >= 0, error, np.inf)[seen]
    bends = np.array([b.deformed is not None for b in here.moment.geometry.bodies])
    body = here.moment.geometry.body[triangle[inside]]
    moving = body >= here.moment.geometry.still
    groups = {"all": np.ones(len(inside), bool), "rigid moving": moving & ~bends[body], "deforming": bends[body]}
    off = ~edges(here.depth, here.moment.geometry.body[np.maximum(here.triangle, 0)]).ravel()[inside]
    alike = np.isclose(z, here.depth.ravel(), rtol=SLACK, atol=0)
    sky = (state < 2) & (triangle < 0)
    sky_met, _, _ = other.cast((at + flow.vectors.reshape(-1, 2))[sky])
    return {
        "errors": {k: _quantiles(error[g[seen]]) for k, g in groups.items()},
        "wrong": int(wrong.sum()) + int(((sky_met >= 0) != (state[sky] == 1)).sum()),
        "pixels": len(inside) + int(sky.sum()),
        "wrong_off_edges": int((wrong & off).sum()),
        "pixels_off_edges": int(off.sum()),
        "other_triangle": int(((mine != triangle) & ~alike).sum()),
        "coincident": int(((mine != triangle) & alike).sum()),
    }


def edges(depth: Any, body: Any) -> Any:
    """Pixels with a neighbour (of 8) of another body or with a depth that differs by more than 5 %."""
    out = np.zeros(depth.shape, bool)
    z = np.where(np.isfinite(depth), depth, 1e9)
    for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = (slice(0, z.shape[0] - di), slice(max(0, -dj), z.shape[1] - max(0, dj)))
        b = (slice(di, None), slice(max(0, dj), z.shape[1] - max(0, -dj)))
        far = (body[a] != body[b]) | (np.abs(z[a] - z[b]) > 0.05 * np.minimum(z[a], z[b]))
        out[a] |= far
        out[b] |= far
    return out


def _quantiles(error: Any) -> dict[str, Any]:
    if not len(error):
        return {"n": 0, "median": 0.0, "p99.99": 0.0, "above": 0}
    return {"n": len(error), "median": float(np.median(error)), "p99.99": float(np.quantile(error, 0.9999)),
            "above": int((error > 1e-3).sum())}  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Worst pair of frames for the quantiles of flow; all pixels of all pairs for occlusion and first hits."""
    out = []
    for name in ("all", "rigid moving", "deforming"):
        of = [r["errors"][name] for r in results]
        n, above = sum(o["n"] for o in of), sum(o["above"] for o in of)
        beside = {"pairs": len(of), "pixels over 1e-3 px": above}
        out += [
            row(
                f"flow_recast_median {name}",
                max(o["median"] for o in of),
                "px",
                n=n,
                reference={"limit": 1e-9, **beside},
            ),
            row(
                f"flow_recast_p99.99 {name}",
                max(o["p99.99"] for o in of),
                "px",
                n=n,
                reference={"limit": 1e-3, **beside},
            ),
        ]
    for name, wrong, pixels, limit in (("overall", "wrong", "pixels", 0.995),
                                       ("off edges", "wrong_off_edges", "pixels_off_edges", 0.999)):  # fmt: skip
        n, bad = sum(r[pixels] for r in results), sum(r[wrong] for r in results)
        out.append(
            row(f"occlusion_agreement {name}", 1 - bad / n, "share", n=n, reference={"limit": limit, "wrong": bad})
        )
    once = {(t["street"], t["frame"]): r for t, r in zip(tasks(quick), results, strict=True)}.values()
    out.append(row("first_hit_other_triangle", sum(r["other_triangle"] for r in once), "pixels",
                   n=len(once) * 1242 * 375,
                   reference={"coincident surfaces": sum(r["coincident"] for r in once)}))  # fmt: skip
    return out
