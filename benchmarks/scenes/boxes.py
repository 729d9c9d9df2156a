"""Are boxes, visible fractions and truncations what their definitions say?

Visible boxes against the instance mask, amodal boxes against the projection of the vertices, pixels of the object
alone against a world that holds nothing else, 3D boxes against the vertices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.render.labels import labels
from benchmarks.rows import row
from benchmarks.scenes.brute_force import Judge, centres, nearest, tiled
from benchmarks.scenes.plain_street import street


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Frames of the clip."""
    return [{"frame": f} for f in ((6,) if quick else (0, 6, 13, 19))]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Worst differences over the objects of a frame."""
    world = street()
    camera = world.cameras["front"]
    here = next(iter(labels(world, frames=[task["frame"]])))
    judge, shape = Judge(world, camera, task["frame"]), here.moment.geometry
    whose = shape.instance[shape.body]
    out = {"objects": 0, "iou": 1.0, "amodal": 0.0, "alone": 0, "space": 0.0, "seen_but_unlabelled": 0}
    known = {o.instance for o in here.objects}
    out["seen_but_unlabelled"] = len(set(np.unique(here.instance).tolist()) - {0} - known)
    for o in here.objects:
        out["objects"] += 1
        i, j = np.nonzero(here.instance == o.instance)
        mask = (j.min(), i.min(), j.max() + 1, i.max() + 1) if len(i) else None
        out["iou"] = min(out["iou"], _iou(o.visible_box, mask))
        corners = judge.corners[whose == o.instance]
        if (corners[..., 2] > camera.near).all():
            p = (corners[..., :2] / corners[..., 2:] * judge.lens[:2] + judge.lens[2:]).reshape(-1, 2)
            out["amodal"] = max(out["amodal"], float(np.abs(np.r_[p.min(0), p.max(0)] - o.amodal_box).max()))
        grid = tiled(corners, judge.lens, camera.near, camera.width, camera.height)
        alone, _, _ = nearest(centres(camera), corners, *grid, judge.lens, camera.near, camera.width)
        out["alone"] += abs(int((alone >= 0).sum()) - o.alone_pixels)
        c, s = np.cos(o.yaw), np.sin(o.yaw)
        local = (judge.world_corners[whose == o.instance].reshape(-1, 3) - o.centre) @ np.array(
            [[c, -s, 0], [s, c, 0], [0, 0, 1]]
        )
        gap = np.r_[local.max(0) - np.array(o.size) / 2, local.min(0) + np.array(o.size) / 2]
        out["space"] = max(out["space"], float(np.abs(gap).max()))
    return out


def _iou(box: Any, mask: Any) -> float:
    if box is None or mask is None:
        return float(box is None and mask is None)
    w, h = min(box[2], mask[2]) - max(box[0], mask[0]), min(box[3], mask[3]) - max(box[1], mask[1])
    both = max(w, 0) * max(h, 0)
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (box, mask))
    return float(both / (area - both))


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """The worst of all objects of all frames."""
    n = sum(r["objects"] for r in results)
    return [
        row("visible_box_iou", min(r["iou"] for r in results), "IoU", n=n, reference={"limit": 1}),
        row("amodal_box_difference", max(r["amodal"] for r in results), "px", n=n, reference={"limit": 1e-9}),
        row("alone_pixels_difference", sum(r["alone"] for r in results), "pixels", n=n, reference={"limit": 0}),
        row("box_3d_difference", max(r["space"] for r in results), "m", n=n, reference={"limit": 1e-9}),
        row("seen_but_unlabelled", sum(r["seen_but_unlabelled"] for r in results), "objects", n=n,
            reference={"limit": 0}),
    ]  # fmt: skip
