"""The clips on which frames are timed: zones, weathers and times of day of the street that the package builds."""

from __future__ import annotations

from typing import Any

from abound.render.spec import Scene, read_scene

_DARK = {"kind": "night"}
STREETS: dict[str, dict[str, Any]] = {
    "urban day": {"road": {"zone": "urban", "layout": "crossroads"}},
    "motorway overcast": {"road": {"zone": "motorway"}, "weather": {"kind": "overcast"}},
    "rural fog": {"road": {"zone": "rural", "layout": "curve"}, "weather": {"kind": "fog"}},
    "residential rain at dusk": {
        "road": {"zone": "residential"}, "weather": {"kind": "rain"}, "time": {"kind": "dusk"},
    },
    "residential snow": {
        "road": {"zone": "residential"}, "weather": {"kind": "snow"}, "time": {"kind": "low_sun"},
    },
    "urban night": {"road": {"zone": "urban"}, "time": _DARK},
    "urban night rain": {"road": {"zone": "urban"}, "time": _DARK, "weather": {"kind": "rain"}},
}  # fmt: skip


def scene(name: str, frames: int = 20, **camera: Any) -> Scene:
    """A street of that name with a child that comes across."""
    said = STREETS[name]
    action = "running" if said["road"]["zone"] == "motorway" else "jaywalking"
    actor = {"kind": "child", "action": action, "distance": 18.0}
    return read_scene({**said, "frames": frames, "actors": [actor], "cameras": [camera]})
