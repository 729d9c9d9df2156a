"""From the attributes of a clip to its scene."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from abound.render.actors import IN_VIEW
from abound.render.section import HARDEST, NOSE
from abound.render.spec import ANIMALS, PEOPLE, Scene, read_scene

LANE = 3.3  # metres, the scene language's default
VEHICLES = {"none": 0, "light": 3, "dense": 10}
PARKED = {"none": 0.0, "some": 0.45, "full": 0.95}
IN_THE_WAY = ("crossing", "jaywalking", "running", "turning", "stopped", "lying")


def reachable(values: Mapping[str, Any], frames: int, rate: float) -> bool:
    """Whether the ego vehicle can still stop before, or stays clear of, what is in its way until the clip ends."""
    if not in_view(values):
        return False
    if values["actor"] == "none" or values["action"] in ("oncoming", "walking"):
        return True
    if values["action"] == "standing" and values["actor"] not in ANIMALS:
        return True
    rest = (frames - frames // 2) / rate
    pace = 0.0 if values["action"] in IN_THE_WAY or values["action"] == "standing" else values["speed"]
    if values["action"] == "braking":
        rest, pace = rest, 0.4 * values["speed"]
    closing = max(0.0, values["ego_speed"] - pace)
    gap = values["distance"] + 1.5 - NOSE - 1.0
    stop = closing / HARDEST
    needed = closing * rest - HARDEST * rest**2 / 2 if rest < stop else closing * stop / 2
    return bool(needed <= gap)


def in_view(values: Mapping[str, Any]) -> bool:
    """Whether somebody on the pavement, at that distance in the middle frame, is not beside the camera's view."""
    if values["actor"] not in PEOPLE or values["action"] not in ("walking", "standing"):
        return True
    half = LANE * int(values["lanes"]) + (1.5 if values["zone"] == "motorway" else 0.0)
    bays = values["zone"] in ("urban", "residential") and values["parked"] != "none"
    edge = half + (2.2 if bays else 0.4) + 1.0
    lane = half - LANE / 2
    own = values["side"] == "right"  # of the road on which one drives
    return bool((edge - lane if own else edge + lane) <= IN_VIEW * values["distance"])


def scene_of(values: Mapping[str, Any], options: Mapping[str, Any]) -> Scene:
    """The scene that shows a clip with these attributes; what the option `scene` fixes comes on top."""
    zone, weather, actor = values["zone"], values["weather"], values["actor"]
    on_foot = actor in PEOPLE and values["action"] == "crossing"
    scene: dict[str, Any] = {
        "frames": options["frames"], "rate": options["rate"],
        "road": {
            "zone": zone, "layout": values["layout"], "lanes": int(values["lanes"]), "surface": values["surface"],
            "crossing": on_foot and zone in ("urban", "residential"),
        },
        "weather": {"kind": weather, "visibility": values["visibility"]},
        "time": {"kind": values["time"], "sun_elevation": values["sun_elevation"]},
        "ego": {"action": values["ego_action"], "speed": values["ego_speed"]},
        "traffic": {"vehicles": VEHICLES[values["traffic"]], "parked": PARKED[values["parked"]]},
        "cameras": [{"width": options["width"], "height": options["height"]}],
    }  # fmt: skip
    if actor != "none":
        scene["actors"] = [{
            "kind": actor, "action": values["action"], "size": values["size"], "distance": values["distance"],
            "side": values["side"], "speed": values["speed"], "hidden_by": values["hidden_by"],
            "colour": None if values["colour"] == "natural" else values["colour"],
            "text": values.get("actor_text") or None,
        }]  # fmt: skip
    if values.get("sign_text"):
        scene["signs"] = [{"kind": sign_kind(values["sign_text"]), "text": values["sign_text"], "distance": 16.0}]
    return read_scene(_over(scene, options["scene"]), "the scene")


def sign_kind(text: str) -> str:
    """The sign on which a text stands."""
    if text == "STOP":
        return "stop"
    return "speed" if text.isdigit() and len(text) <= 3 else "name"


def _over(below: Any, above: Any) -> Any:
    """Nested values with those of `above` in place of those of `below`."""
    if not isinstance(above, Mapping) or not isinstance(below, Mapping):
        return above
    return {**below, **{k: _over(below[k], v) if k in below else v for k, v in above.items()}}
