"""Clips as one HTML page for people: a moving preview, every label as a picture, what is in the frame."""

from __future__ import annotations

import base64
import hashlib
import io
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from abound.core.dataset import Dataset

    Array = np.ndarray[Any, Any]

WIDTH = 620
CAPTIONS = {
    "flow_forward": "optical flow to the next frame, every pixel",
    "sparse": "the same flow where a laser scanner would have labelled it",
    "depth": "depth, near is bright", "semantic": "classes (Cityscapes)", "instance": "instances",
    "occlusion_forward": "red: hidden in the next frame; yellow: out of it", "normals": "surface normals",
}  # fmt: skip


def clip_page(data: Dataset, path: Path, title: str, most: int = 6) -> Path:
    """Write the page of the first `most` clips."""
    import jinja2
    from markupsafe import Markup

    from abound.core.artifact import write_bytes

    style = (files("abound.formats") / "templates" / "clips.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("abound.formats", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    text = env.get_template("clips.html.j2").render(
        title=title, css=Markup(style), csp=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'",
        clips=[_clip(data, row) for row in data.main.head(most).iter_rows(named=True)], total=len(data),
        frames=data.table("frames").height, objects=data.table("objects").height,
    )  # fmt: skip
    write_bytes(path, text.encode())
    return path


def _clip(data: Dataset, clip: dict[str, Any]) -> dict[str, Any]:
    import polars as pl

    from abound.formats.sheet import caption, middle

    shown = ("zone", "layout", "weather", "time", "actor", "action", "colour", "ego_action", "traffic")
    named = [n for n in shown if clip[n] not in ("none", "natural")]
    facts = [(n.replace("_", " "), str(clip[n]).replace("_", " ")) for n in named]
    facts += [
        (n, f"{clip[n]:.1f} {u}") for n, u in (("ego_speed", "m/s"), ("visibility", "m"), ("sun_elevation", "°"))
    ]
    frame = middle(data, clip["clip"])
    made: dict[str, Any] = {"caption": caption(clip), "facts": facts, "tiles": [], "objects": []}
    if frame is None:
        return made
    frames = data.table("frames").filter((pl.col("clip") == clip["clip"]) & (pl.col("camera") == frame["camera"]))
    if frame["rgb"]:
        made["tiles"].append(_preview(data, frames))
    made["tiles"] += [t for t in (_tile(data, frame, c) for c in CAPTIONS) if t is not None]
    made["objects"] = _objects(data, frame, clip)
    return made


def _objects(data: Dataset, frame: dict[str, Any], clip: dict[str, Any]) -> list[dict[str, Any]]:
    import polars as pl

    table = data.table("objects").filter(
        (pl.col("frame_id") == frame["frame_id"]) & (pl.col("visible_pixels") > 20)
    )
    out = []
    for o in table.sort("z").head(10).iter_rows(named=True):
        box = ", ".join(f"{o[k]:.0f}" for k in ("left", "top", "right", "bottom"))
        size = " x ".join(f"{o[k]:.1f}" for k in ("length", "width", "height"))
        out.append({
            "kind": o["kind"].replace("_", " "), "distance": f"{o['z']:.1f}", "size": size, "box": box,
            "seen": f"{100 * o['visible_fraction']:.0f}", "cut": f"{100 * o['truncation']:.0f}",
            "main": o["instance"] == 1 and clip["actor"] != "none",
        })  # fmt: skip
    return out


def _preview(data: Dataset, frames: Any) -> dict[str, Any]:
    """The clip as an animation, at most 24 frames."""
    from PIL import Image

    pictures = []
    for value in frames["rgb"].head(24):
        image = Image.open(io.BytesIO(data.asset(value))).convert("RGB")
        pictures.append(image.resize((WIDTH, round(WIDTH * image.height / image.width)), Image.Resampling.LANCZOS))
    seconds = frames["seconds"].to_list()
    step = 1000 * (seconds[1] - seconds[0]) if len(seconds) > 1 else 1000
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, "WEBP", save_all=True, append_images=pictures[1:], duration=max(40, round(step)), loop=0, quality=72
    )
    return _figure(buffer.getvalue(), "webp", "the picture", *pictures[0].size, wide=True)


def _figure(raw: bytes, kind: str, caption: str, width: int, height: int, wide: bool = False) -> dict[str, Any]:
    source = f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
    return {"source": source, "caption": caption, "width": width, "height": height, "wide": wide}


def _tile(data: Dataset, frame: dict[str, Any], column: str) -> dict[str, Any] | None:
    from PIL import Image

    from abound.formats.sheet import tile

    picture = _sparse(data, frame) if column == "sparse" else tile(data, frame, column)
    if picture is None:
        return None
    image = Image.fromarray(picture)
    rule = Image.Resampling.NEAREST if column in ("semantic", "instance", "sparse") else Image.Resampling.LANCZOS
    image = image.resize((WIDTH, round(WIDTH * image.height / image.width)), rule)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80)
    return _figure(buffer.getvalue(), "webp", CAPTIONS[column], *image.size)


def _sparse(data: Dataset, frame: dict[str, Any]) -> Array | None:
    """Flow where a laser scanner sees the point and the next frame shows it."""
    import numpy as np

    from abound.formats.sheet import depth_of, flow_of
    from abound.pixels import colour, lidar, png

    if frame["flow_forward"] is None or frame["depth"] is None:
        return None
    flow = flow_of(data, frame["flow_forward"])
    known = np.isfinite(flow).all(axis=-1)
    largest = float(np.percentile(np.hypot(flow[..., 0], flow[..., 1])[known], 99)) if known.any() else 1.0
    seen = lidar.scanned(depth_of(data, frame["depth"]), frame["fx"], frame["fy"], frame["cx"], frame["cy"])
    if frame["occlusion_forward"] is not None:
        seen &= png.decode(data.asset(frame["occlusion_forward"])) == 0
    return colour.flow_picture(np.where(seen[..., None], flow, np.nan), largest)
