"""On static scenes flow follows from depth and pose alone: is it the same?

Depth and the camera's pose in both frames give the flow of a static world by a dozen lines of numpy here; the sky's
follows from the rotations. Compared in memory, both directions, several gaps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.labels import labels
from benchmarks.rows import row
from benchmarks.scenes.brute_force import centres
from benchmarks.scenes.plain_street import street


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Frames and gaps."""
    return [{"frame": 8, "gap": g} for g in ((1,) if quick else (1, 4, 8))]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The largest and the median difference in pixels."""
    world = street(moving=False)
    camera = world.cameras["front"]
    here = next(iter(labels(world, frames=[task["frame"]], gap=task["gap"])))
    worst, middle = 0.0, 0.0
    for flow, sign in ((here.forward, 1), (here.backward, -1)):
        assert flow is not None
        expected = implied(camera, here.depth, here.frame, here.frame + sign * task["gap"])
        there = np.isfinite(flow.vectors).all(axis=2)
        assert (there == np.isfinite(expected).all(axis=2)).all()
        difference = np.linalg.norm(flow.vectors - expected, axis=2)[there]
        worst, middle = max(worst, float(difference.max())), max(middle, float(np.median(difference)))
    return {"worst": worst, "median": middle}


def implied(camera: Any, depth: Any, frame: int, other: int) -> Any:
    """Flow (h, w, 2) of a static world from z-depth and two poses."""
    at = centres(camera)
    a, b = camera.pose[frame], camera.pose[other]
    ray = np.stack([(at[:, 0] - camera.cx) / camera.fx, (at[:, 1] - camera.cy) / camera.fy, np.ones(len(at))], 1)
    z = depth.reshape(-1, 1)
    sky = ~np.isfinite(z)
    point = (
        np.where(sky, ray @ a[:3, :3].T, (ray * np.where(sky, 1, z)) @ a[:3, :3].T + a[:3, 3] - b[:3, 3])
        @ b[:3, :3]
    )
    ahead = np.where(point[:, 2] > np.where(sky[:, 0], 0, camera.near), point[:, 2], np.nan)
    image = point[:, :2] / ahead[:, None] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
    return (image - at).reshape(*depth.shape, 2)


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """static_flow: the largest difference of any pixel."""
    return [row("static_flow_largest_difference", max(r["worst"] for r in results), "px", n=len(results),
                reference={"limit": 1e-6, "median": max(r["median"] for r in results)})]  # fmt: skip
