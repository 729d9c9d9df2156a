"""One clip from a scene to files: pictures and every label, and the rows of the tables that name them.

File names follow the frame's number. Labels are written losslessly; with `exact` flow and depth keep 32-bit floats
(.flo, .npy), else they are 16-bit PNG as KITTI has them (flow in 1/64 pixel, depth in 1/256 m).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from abound.errors import Refusal
from abound.pixels import flo, kitti, png
from abound.render.boxes import object_labels
from abound.render.labels import Labels, labels
from abound.render.rays import Scene as Rays
from abound.render.rays import primary
from abound.render.shade import look, picture
from abound.render.spec import Scene
from abound.render.street import build
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]
LAYERS = ("rgb", "depth", "normals", "semantic", "instance", "flow", "occlusion")
TRIES = 12  # placements of a clip until its actor is seen


class Clip(NamedTuple):
    """The rows that a clip adds to the tables of frames and objects, and the placement that shows its actor."""

    frames: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    attempt: int


def write_clip(
    scene: Scene, seed: int, folder: Path, layers: tuple[str, ...] = LAYERS, exact: bool = False, gap: int = 1,
    jpeg: int = 95,
) -> Clip:  # fmt: skip
    """Write a clip into an existing folder. Paths in the rows are relative to it.

    Placements in which the main actor is never seen are drawn again; Refusal where none of them shows it.
    """
    world, attempt = visible_world(scene, seed)
    rays = Rays(world)
    frames: list[dict[str, Any]] = []
    objects: list[dict[str, Any]] = []
    for name, camera in world.cameras.items():
        shown = look(rays, name, seed) if "rgb" in layers else None
        for found in labels(rays, name, gap=gap):
            row = _frame_row(world, name, camera, found)
            paths = _write_layers(folder / name, found, layers, exact)
            if shown is not None:
                paths["rgb"] = _write_picture(folder / name, found, picture(shown, found.moment, found.hits), jpeg)
            frames.append(row | {k: f"{name}/{v}" for k, v in paths.items()})
            objects += [_object_row(name, found, o) for o in found.objects]
    (folder / "scene.json").write_text(json.dumps(scene.model_dump(mode="json"), indent=1), encoding="utf-8")
    return Clip(frames, objects, attempt)


def visible_world(scene: Scene, seed: int) -> tuple[World, int]:
    """The first placement in which the main actor is seen in at least one frame, and its number."""
    for attempt in range(TRIES):
        world = build(scene, seed + 7919 * attempt)
        if not scene.actors or _seen(world):
            return world, attempt
    what = f"{scene.actors[0].kind} that is {scene.actors[0].action}"
    raise Refusal(
        f"the {what} is hidden or out of view in every frame of {TRIES} placements: ask for more frames, another "
        "distance or a wider camera"
    )


def _seen(world: World) -> bool:
    """Whether the main actor has at least a few pixels of a coarse image, in a frame of the first camera."""
    rays = Rays(world)
    camera = next(iter(world.cameras.values()))
    share = min(1.0, 320 / camera.width)
    small = camera._replace(
        width=max(16, round(camera.width * share)), height=max(16, round(camera.height * share)),
        fx=camera.fx * share, fy=camera.fy * share, cx=camera.cx * share, cy=camera.cy * share,
    )  # fmt: skip
    middle = world.frames // 2
    order = sorted(range(world.frames), key=lambda f: abs(f - middle))[:: max(1, world.frames // 12)]
    for number in order:
        moment = rays.at(number)
        hits = primary(moment, small)
        found = [o for o in object_labels(moment, hits, small) if o.instance == 1]
        if found and found[0].visible_pixels >= 6:
            return True
    return False


def _write_picture(folder: Path, found: Labels, shown: Array, jpeg: int) -> str:
    from PIL import Image

    path = f"rgb/{found.frame:06d}.{'jpg' if jpeg else 'png'}"
    (folder / "rgb").mkdir(parents=True, exist_ok=True)
    if jpeg:
        Image.fromarray(shown).save(folder / path, quality=jpeg, subsampling=0)
    else:
        (folder / path).write_bytes(png.encode(shown))
    return path


def _write_layers(folder: Path, found: Labels, layers: tuple[str, ...], exact: bool) -> dict[str, str]:
    """Files of the labels that were asked for; path by column."""
    out: dict[str, str] = {}

    def put(column: str, suffix: str, data: bytes) -> None:
        path = f"{column}/{found.frame:06d}.{suffix}"
        (folder / column).mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        out[column] = path

    if "depth" in layers:
        put("depth", *(("npy", _npy(found.depth)) if exact else ("png", kitti.encode_depth(found.depth))))
    if "normals" in layers:
        put("normals", "png", png.encode(np.round((found.normals + 1.0) * 32767.5).astype(np.uint16)))
    if "semantic" in layers:
        put("semantic", "png", png.encode(found.semantic))
    if "instance" in layers:
        put("instance", "png", png.encode(found.instance.astype(np.uint16)))
    for name, flow in (("forward", found.forward), ("backward", found.backward)):
        if flow is None:
            continue
        if "flow" in layers:
            data = flo.encode(flow.vectors) if exact else kitti.encode_flow(flow.vectors)
            put(f"flow_{name}", "flo" if exact else "png", data)
        if "occlusion" in layers:
            put(f"occlusion_{name}", "png", png.encode(flow.occlusion))
    return out


def _npy(depth: Array) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, depth.astype(np.float32), allow_pickle=False)
    return buffer.getvalue()


def _frame_row(world: World, name: str, camera: Camera, found: Labels) -> dict[str, Any]:
    flow = found.forward.vectors if found.forward is not None else None
    size = float(np.nanmean(np.hypot(flow[..., 0], flow[..., 1]))) if flow is not None else None
    return {
        "camera": name, "frame": found.frame, "seconds": found.frame / world.rate,
        "width": camera.width, "height": camera.height,
        "fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy,
        "pose": [float(v) for v in found.pose.ravel()], "mean_flow": size,
    }  # fmt: skip


def _object_row(name: str, found: Labels, seen: Any) -> dict[str, Any]:
    visible = seen.visible_box or (None, None, None, None)
    row = {
        "camera": name,
        "frame": found.frame,
        "instance": seen.instance,
        "kind": seen.kind,
        "semantic": seen.semantic,
    }
    row |= dict(zip(("left", "top", "right", "bottom"), visible, strict=True))
    row |= dict(zip(("whole_left", "whole_top", "whole_right", "whole_bottom"), seen.amodal_box, strict=True))
    row |= {
        "visible_pixels": seen.visible_pixels, "visible_fraction": seen.visible_fraction, "truncation": seen.truncation,
    }  # fmt: skip
    row |= dict(zip(("x", "y", "z"), seen.centre_camera, strict=True))
    row |= dict(zip(("length", "width", "height"), seen.size, strict=True))
    return row | {"rotation_y": seen.yaw_camera}
