"""What do a picture and all labels of a frame cost in CPU seconds of one process, and what does Blender take?

Clips of 20 frames of 1242 x 375 pixels of the street that the package builds, by zone, weather and time of day.
Everything that a clip needs is spread over its frames: building the world, looking whether its actor is seen,
trees, textures, metering. Writing files is a row of its own. Compiling is left out (it is kept on disk).

Peer: Blender's Cycles on the CPU with one thread (`bpy`, in an environment of its own, whose Python the variable
ABOUND_BPY names), given the same triangles of the middle frame. Counted are the CPU seconds of the rendering call
alone, once from nothing and once more with its tree and images kept ("again"); import, reading and making meshes
are not counted against it. Blender keeps a place in the 20 frames as we do: seconds = (first + 19 again) / 20.
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
SECONDS = "CPU seconds a frame"


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One clip of each street, on some with the peer beside it."""
    frames = 4 if quick else 20
    names = ("urban day", "urban night rain") if quick else tuple(STREETS)
    return [{"street": n, "frames": frames, "seed": 10 + i, "peer": n in PEERS} for i, n in enumerate(names)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """CPU seconds a frame of labels, picture and files, and of the peer."""
    _compile(task["street"])
    count, asked = task["frames"], scene(task["street"], task["frames"])
    spent = dict.fromkeys(("world", "trees", "labels", "rgb", "files"), 0.0)
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
    out = {k: v / count for k, v in spent.items()} | {"triangles": len(rays.geometry.faces)}
    if task["peer"]:
        out["peer"] = _peer(task["street"], world, at, middle)
    return out


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
        colours=np.array([m.colour for m in shape.materials]),
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
        whole = r["world"] + r["trees"] + r["labels"] + r["rgb"]
        parts = {k: round(r[k], 4) for k in ("world", "trees", "labels", "rgb")}
        out.append(row(f"frame_cpu_seconds {task['street']}", whole, SECONDS, n=task["frames"],
                       reference={"limit": 2.0, "aim": 1.5, "triangles": r["triangles"], **parts}))  # fmt: skip
    files = [r["files"] for r in results]
    out.append(row("files_cpu_seconds", float(np.median(files)), SECONDS, low=min(files), high=max(files), n=len(files)))
    for task, r in zip(tasks(quick), results, strict=True):
        if "peer" in r:
            out += _against(task["street"], r)
    return out


def _against(name: str, r: dict[str, Any]) -> list[dict[str, Any]]:
    titles = {"passes": f"labels_faster_than_blender {name}", "denoised": f"frame_faster_than_blender {name}"}
    if isinstance(r["peer"], str):
        return [row(t, None, "times", reason=r["peer"]) for t in titles.values()]
    mine = {"passes": r["world"] + r["trees"] + r["labels"]}
    mine["denoised"] = mine["passes"] + r["rgb"]
    out = []
    for key, limit in (("passes", 6.0), ("denoised", 25.0)):
        first, again = r["peer"][key]
        theirs = (first + 19 * again) / 20
        out.append(row(titles[key], theirs / mine[key], "times", n=1, reference={
            "limit": limit, "blender first": round(first, 2), "blender again": round(again, 2),
            "ours": round(mine[key], 3), "blender": r["peer"]["version"], "triangles": r["triangles"],
        }))  # fmt: skip
    return out
