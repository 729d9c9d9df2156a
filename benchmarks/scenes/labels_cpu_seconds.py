"""What do all labels of a frame cost in CPU seconds of one process?

Twenty frames of 1242 x 375 pixels of two streets: one of plain shapes, about 130,000 triangles with 8 rigid moving
objects and 3 deforming ones, and the one that the package builds by default. Depth, normals, classes, instances,
flow and occlusion both ways, boxes. Building the trees is part of it, spread over the clip; compiling is not (it is
kept on disk). CPU seconds count what other processes take from the caches, too.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from abound.render.labels import labels
from abound.render.rays import Scene
from benchmarks.rows import row
from benchmarks.scenes.plain_street import named, street


def tasks(quick: bool) -> list[dict[str, Any]]:
    """The same clips a few times, one after the other."""
    repeats, frames = (1, 6) if quick else (5, 20)
    return [{"street": s, "repeat": k, "frames": frames} for k in range(repeats) for s in ("plain", "built")]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds of the trees and of all frames."""
    world = named(task["street"], task["frames"])
    for _ in labels(street(3, width=96, height=48)):
        pass  # compile
    start = time.process_time()
    scene = Scene(world)
    built = time.process_time()
    count = sum(len(each.objects) > 0 for each in labels(scene, frames=range(task["frames"])))
    end = time.process_time()
    shape = scene.geometry
    return {
        "frames": count, "seconds": end - start, "trees": built - start, "triangles": len(shape.faces),
        "moving_bodies": len(shape.bodies) - shape.still,
    }  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """labels_cpu_seconds: the median repeat, lowest and highest beside it."""
    out = []
    for name in ("plain", "built"):
        of = [r for t, r in zip(tasks(quick), results, strict=True) if t["street"] == name]
        each = np.array([r["seconds"] / r["frames"] for r in of])
        more = {k: of[0][k] for k in ("triangles", "moving_bodies", "frames")}
        out.append(row(f"labels_cpu_seconds {name} street", float(np.median(each)), "CPU seconds a frame",
                       low=float(each.min()), high=float(each.max()), n=len(each),
                       reference={"limit": 0.45, "aim": 0.30, **more}))  # fmt: skip
    return out
