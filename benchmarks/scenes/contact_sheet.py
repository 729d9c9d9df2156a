"""Are road users of the pictures known at a glance? Crops for an onlooker who is told nothing, and the answers.

Three crops of 128 pixels for each class and weather, by day, low sun, dusk and night: the box of the main actor,
with a fifth of its size around it, from a camera of KITTI's field of view and place with 2484 pixels in a row.
Sheets of numbered crops in random order; the key is a file of its own. Only somebody who looks can measure the
share that is named rightly (aim: 90 %), so the rows say how many crops there are and where.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from abound.render.boxes import object_labels
from abound.render.rays import Scene as Rays
from abound.render.rays import primary
from abound.render.shade import look, picture
from abound.render.spec import WeatherKind, read_scene
from abound.render.street import build
from abound.render.world import Camera, World
from benchmarks.rows import row

Array = np.ndarray[Any, Any]
WORK = Path(__file__).parent.parent / "work" / "scenes" / "contact_sheet"
EACH, SIDE, ACROSS, DOWN, FOCAL, TRIES = 3, 128, 7, 8, 1443.08, 12
TIMES = ("day", "low_sun", "dusk", "day", "night", "day", "day")
# kind: (zones, actions, nearest and farthest distance)
CAST: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[float, float]]] = {
    "car": (("urban", "residential", "rural"), ("oncoming", "stopped", "driving"), (11.0, 24.0)),
    "truck": (("urban", "rural", "motorway"), ("oncoming", "stopped", "driving"), (13.0, 25.0)),
    "bus": (("urban", "residential", "rural"), ("oncoming", "stopped", "driving"), (13.0, 25.0)),
    "van": (("urban", "residential", "rural"), ("oncoming", "stopped", "driving"), (11.0, 24.0)),
    "bicycle": (("urban", "residential", "rural"), ("oncoming", "crossing", "driving"), (9.0, 20.0)),
    "motorcycle": (("urban", "residential", "rural"), ("oncoming", "stopped", "driving"), (9.0, 20.0)),
    "adult": (("urban", "residential", "rural"), ("crossing", "walking", "jaywalking"), (9.0, 22.0)),
    "child": (("urban", "residential", "urban"), ("crossing", "running", "jaywalking"), (8.0, 18.0)),
    "deer": (("rural", "rural", "residential"), ("crossing", "running", "standing"), (9.0, 22.0)),
    "cow": (("rural", "rural", "residential"), ("crossing", "standing", "walking"), (9.0, 22.0)),
    "horse": (("rural", "rural", "residential"), ("crossing", "running", "standing"), (9.0, 22.0)),
    "dog": (("urban", "residential", "rural"), ("crossing", "running", "standing"), (8.0, 15.0)),
    "wheelchair": (("urban", "residential", "urban"), ("crossing", "standing", "walking"), (8.0, 18.0)),
    "emergency": (("urban", "residential", "rural"), ("oncoming", "stopped", "driving"), (12.0, 25.0)),
    "tractor": (("rural", "rural", "residential"), ("oncoming", "stopped", "driving"), (11.0, 24.0)),
    "excavator": (("urban", "residential", "rural"), ("oncoming", "stopped", "stopped"), (12.0, 25.0)),
    "caravan": (("rural", "residential", "urban"), ("driving", "oncoming", "stopped"), (11.0, 24.0)),
    "debris": (("urban", "rural", "residential"), ("lying",), (8.0, 13.0)),
}
EMERGENCY = ("ambulance", "police_car", "fire_engine")


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One crop each."""
    weathers = WeatherKind.__args__  # type: ignore[attr-defined]
    return [
        {"class": name, "weather": weather, "number": k, "seed": 1000 * i + 10 * j + k}
        for i, name in enumerate(CAST)
        for j, weather in enumerate(weathers)
        for k in range(1 if quick else EACH)
    ]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Draw streets until one shows the actor nearly whole; write its crop."""
    from PIL import Image

    for attempt in range(TRIES):
        scene = words(task, attempt)
        found = crop_of(build(scene, task["seed"] + 100_000 * attempt))
        if found is not None:
            break
    else:
        raise RuntimeError(f"no placement of {task} shows the actor")
    WORK.mkdir(parents=True, exist_ok=True)
    path = WORK / "{class}_{weather}_{number}.png".format(**task)
    Image.fromarray(found).resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(path)
    actor = scene.actors[0]
    return {
        "path": path.name, "class": actor.kind, "action": actor.action, "weather": scene.weather.kind,
        "time": scene.time.kind, "distance": actor.distance, "attempt": attempt,
    }  # fmt: skip


def words(task: dict[str, Any], attempt: int) -> Any:
    """The scene of a task."""
    rng = np.random.default_rng(np.random.SeedSequence([task["seed"], attempt]))
    zones, actions, (near, far) = CAST[task["class"]]
    k = task["number"]
    kind = EMERGENCY[k % 3] if task["class"] == "emergency" else task["class"]
    actor = {"kind": kind, "action": actions[k % len(actions)], "distance": float(rng.uniform(near, far))}
    time = TIMES[(task["seed"] // 1000 + task["seed"] // 10 % 10 + 2 * k) % len(TIMES)]
    return read_scene({
        "frames": 5, "actors": [actor], "weather": {"kind": task["weather"]}, "time": {"kind": time},
        "road": {"zone": zones[k % len(zones)], "lanes": 2 if "motorway" in zones and k == 2 else 1},
        "traffic": {"vehicles": 1},
    })  # fmt: skip


def crop_of(world: World) -> Array | None:
    """The picture around instance 1 (and its rider) in the middle frame, uint8; None where it is not seen well."""
    frame = world.frames // 2
    front = world.cameras["front"]
    wanted = [b for b in world.moving if b.instance == 1 or (b.instance == 2 and b.kind == "rider")]
    window = framed(front, frame, wanted)
    if window is None:
        return None
    rays = Rays(world._replace(cameras={"front": front, "crop": window}))
    moment = rays.at(frame)
    hits = primary(moment, window)
    seen = [o for o in object_labels(moment, hits, window) if o.instance == 1]
    if not seen or (seen[0].visible_fraction or 0.0) < 0.75:
        return None
    return picture(look(rays, "front", 1)._replace(camera="crop"), moment, hits)


def framed(front: Camera, frame: int, bodies: list[Any]) -> Camera | None:
    """A square camera at the same place that looks at the bodies' box; None where they leave the picture."""
    points = []
    for body in bodies:
        local = body.mesh.vertices if body.deformed is None else body.deformed[frame]
        pose = body.pose[frame]
        points.append(local @ pose[:3, :3].T + pose[:3, 3])
    eye = front.pose[frame]
    seen = (np.concatenate(points) - eye[:3, 3]) @ eye[:3, :3]
    if seen[:, 2].min() < 2.0:
        return None
    place = FOCAL * seen[:, :2] / seen[:, 2:]
    low, high = place.min(axis=0), place.max(axis=0)
    if low[0] < -2 * front.cx or high[0] > 2 * front.cx:
        return None
    side = max(40, int(1.4 * (high - low).max()))
    middle = side / 2 - (low + high) / 2
    return front._replace(
        width=side, height=side, fx=FOCAL, fy=FOCAL, cx=float(middle[0]), cy=float(middle[1])
    )  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """contact_sheet: the number of crops, with the paths of the sheets and of the key."""
    order = np.random.default_rng(20).permutation(len(results))
    on_sheet = ACROSS * DOWN
    sheets = []
    for number, start in enumerate(range(0, len(order), on_sheet)):
        path = WORK.parent / f"contact_sheet_{number + 1}.png"
        sheet([results[i] for i in order[start : start + on_sheet]], start).save(path)
        sheets.append(f"work/scenes/{path.name}")
    key = {str(n + 1): results[i] for n, i in enumerate(order)}
    (WORK.parent / "contact_sheet_key.json").write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")
    reference = {"sheets": sheets, "key": "work/scenes/contact_sheet_key.json"}
    return [row("contact_sheet", float(len(results)), "crops", n=len(results), reference=reference)]


def sheet(some: list[dict[str, Any]], first: int) -> Any:
    """A picture of numbered crops, named by nothing."""
    from PIL import Image, ImageDraw

    out = Image.new("RGB", (ACROSS * (SIDE + 8), DOWN * (SIDE + 22)), "white")
    draw = ImageDraw.Draw(out)
    for n, each in enumerate(some):
        x, y = n % ACROSS * (SIDE + 8) + 4, n // ACROSS * (SIDE + 22)
        draw.text((x + 50, y + 3), str(first + n + 1), fill="black")
        out.paste(Image.open(WORK / each["path"]), (x, y + 18))
    return out
