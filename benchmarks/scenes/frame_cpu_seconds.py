"""What do a picture and all labels of a frame cost in CPU seconds of one process, and what does Blender take?

Clips of 20 frames of 1242 x 375 pixels of the street that the package builds, by zone, weather and time of day.
Everything that a clip needs is spread over its frames: building the world, looking whether its actor is seen,
trees, textures, metering. Writing files is a row of its own. Compiling is left out (it is kept on disk).

Peer: Blender's Cycles on the CPU with one thread (`bpy`, in an environment of its own, whose Python the variable
ABOUND_BPY names), given the same triangles, moving bodies and camera, and materials of the same colours. Labels
stand against one sample with the passes depth, normal, object index and vector; pictures against 16 samples,
denoised, once with plain materials and a uniform sky ("plain") and once with what our pictures have, too: patterns
of two colours with relief, and a sky by the sun's height ("patterned"). Counted are the CPU seconds of going to a
frame and rendering it, of the middle frame from nothing and of the next with everything kept that Blender can keep;
import, reading and making meshes are not counted against it: (first + 19 next) / 20. Our side is timed before and
after the peer, as other work on a machine slows both.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from abound.render import clip
from abound.render.labels import labels
from abound.render.rays import Scene
from abound.render.shade import look, picture
from abound.render.street import build
from abound.render.world import World
from benchmarks.rows import row
from benchmarks.scenes.streets import STREETS, scene

PEERS = ("urban day", "motorway overcast")  # the most triangles by day, and close to 100,000
VARIABLE = "ABOUND_BPY"
PARTS = ("world", "trees", "labels", "rgb")
SECONDS = "CPU seconds a frame"


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One clip of each street, on some with the peer beside it."""
    frames = 4 if quick else 20
    names = ("urban day", "urban night rain") if quick else tuple(STREETS)
    return [{"street": n, "frames": frames, "seed": 10 + i, "peer": n in PEERS} for i, n in enumerate(names)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds a frame of labels, picture and files, and of the peer."""
    _compile(task["street"])
    out, world, moment, image = timed(task)
    if task["peer"]:
        out["peer"] = _peer(task["street"], world, moment, image)
        if not isinstance(out["peer"], str):
            again = timed(task)[0]
            out["around"] = {k: (out[k] + again[k]) / 2 for k in PARTS}
    return out


def timed(task: dict[str, Any]) -> tuple[dict[str, Any], World, Any, Any]:
    """Seconds of each part a frame; the world, its middle frame and that frame's picture."""
    count, asked = task["frames"], scene(task["street"], task["frames"])
    spent = dict.fromkeys((*PARTS, "files"), 0.0)
    clock = time.process_time()

    def add(what: str) -> None:
        nonlocal clock
        now = time.process_time()
        spent[what] += now - clock
        clock = now

    world, _ = clip.visible_world(asked, task["seed"])
    add("world")
    rays = Scene(world)
    add("trees")
    shown = look(rays, "front", task["seed"])
    add("rgb")
    with tempfile.TemporaryDirectory() as folder:
        for found in labels(rays):
            add("labels")
            image = picture(shown, found.moment, found.hits)
            add("rgb")
            clip._write_layers(Path(folder), found, clip.LAYERS, False)
            clip._write_picture(Path(folder), found, image, 95)
            add("files")
            if found.frame == count // 2:
                middle, at = image, found.moment
    return {k: v / count for k, v in spent.items()} | {"triangles": len(rays.geometry.faces)}, world, at, middle


def _compile(name: str) -> None:
    rays = Scene(build(scene(name, 3, width=96, height=48), 0))
    shown = look(rays, "front", 0)
    for found in labels(rays):
        picture(shown, found.moment, found.hits)


def _peer(name: str, world: World, moment: Any, image: Any) -> dict[str, Any] | str:
    """What the child process says of its rendering, or why there is none."""
    python = os.environ.get(VARIABLE)
    if not python:
        return f"{VARIABLE} does not name a Python that has Blender's module"
    keep = os.environ.get("ABOUND_PEER_PICTURES")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(keep or folder)
        work.mkdir(parents=True, exist_ok=True)
        stem = work / name.replace(" ", "_")
        export(world, moment, stem.with_suffix(".npz"))
        script = Path(__file__).parent / "blender_child.py"
        told = subprocess.run([python, str(script), str(stem)], capture_output=True, text=True, check=False)
        if told.returncode:
            return f"Blender's process failed: {told.stderr.strip().splitlines()[-1:]}"
        if keep:
            _side_by_side(image, stem)
        answer: dict[str, Any] = json.loads(told.stdout.strip().splitlines()[-1])
        return answer


def export(world: World, moment: Any, path: Path) -> None:
    """All triangles of a frame in the bodies' frames, with the bodies' and the camera's pose before, now, after."""
    shape, frame = moment.geometry, moment.frame.number
    camera = next(iter(world.cameras.values()))
    near = [max(0, frame - 1), frame, min(world.frames - 1, frame + 1)]
    poses, vertices, faces = [], [], []
    for body in shape.bodies:
        poses.append(np.stack([body.pose if body.pose.ndim == 2 else body.pose[k] for k in near]))
        vertices.append(body.mesh.vertices if body.deformed is None else body.deformed[frame])
        faces.append(body.mesh.faces)
    sun = world.conditions
    np.savez(
        path,
        poses=np.stack(poses), vertices=np.concatenate(vertices), faces=np.concatenate(faces),
        first_vertex=np.cumsum([0, *map(len, vertices)]), first_face=np.cumsum([0, *map(len, faces)]),
        instance=np.array([b.instance for b in shape.bodies]), material=shape.material,
        colours=np.array([m.colour for m in shape.materials]), second=np.array([m.second for m in shape.materials]),
        patterned=np.array([m.pattern != "plain" for m in shape.materials]),
        roughness=np.array([m.roughness for m in shape.materials]),
        camera=camera.pose[near], lens=np.array([camera.width, camera.height, camera.fx]),
        sun=np.array([sun.sun_elevation, sun.sun_azimuth]),
    )  # fmt: skip


def _side_by_side(image: Any, stem: Path) -> None:
    """Ours above Blender's, in one file."""
    from PIL import Image

    theirs = np.asarray(Image.open(stem.with_suffix(".png")).convert("RGB"))
    Image.fromarray(np.concatenate([image, theirs])).save(f"{stem}_beside.png")


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Each street; files; and how many times faster than the peer."""
    out = []
    for task, r in zip(tasks(quick), results, strict=True):
        whole = sum(r[k] for k in PARTS)
        parts = {k: round(r[k], 4) for k in PARTS}
        out.append(row(f"frame_cpu_seconds {task['street']}", whole, SECONDS, n=task["frames"],
                       reference={"limit": 2.0, "aim": 1.5, "triangles": r["triangles"], **parts}))  # fmt: skip
    files = [r["files"] for r in results]
    out.append(
        row("files_cpu_seconds", float(np.median(files)), SECONDS, low=min(files), high=max(files), n=len(files))
    )
    for task, r in zip(tasks(quick), results, strict=True):
        if "peer" in r:
            out += _against(task["street"], r)
    return out


def _against(name: str, r: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {
        "passes": f"labels_faster_than_blender {name}", "plain": f"frame_faster_than_blender plain, {name}",
        "patterned": f"frame_faster_than_blender patterned, {name}",
    }  # fmt: skip
    if isinstance(r["peer"], str):
        return [row(t, None, "times", reason=r["peer"]) for t in titles.values()]
    ours = {k: sum(r["around"].values()) for k in titles}
    ours["passes"] -= r["around"]["rgb"]
    out = []
    for key, title in titles.items():
        first, following = r["peer"][key]
        theirs = (first + 19 * following) / 20
        out.append(row(title, theirs / ours[key], "times", n=1, reference={
            "limit": 6.0 if key == "passes" else 25.0, "blender first": round(first, 2),
            "blender next": round(following, 2), "ours": round(ours[key], 3), "blender": r["peer"]["version"],
            "triangles": r["triangles"],
        }))  # fmt: skip
    return out
