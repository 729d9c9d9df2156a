"""A contact sheet of clips: for each the picture and its labels side by side, as one JPEG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from abound.core.dataset import Dataset

WIDTH = 460
HEAD = 18
COLUMNS = ("rgb", "flow_forward", "depth", "semantic", "instance")


def contact_sheet(data: Dataset, path: Path, most: int = 8) -> Path | None:
    """Write the sheet of the first `most` clips, each by its middle frame; None where they have no files."""
    import io

    import numpy as np
    from PIL import Image, ImageDraw

    from abound.core.artifact import write_bytes

    rows = []
    for clip in data.main.head(most).iter_rows(named=True):
        frame = middle(data, clip["clip"])
        if frame is None:
            continue
        tiles = [t for t in (tile(data, frame, c) for c in COLUMNS) if t is not None]
        if not tiles:
            continue
        tiles[0] = _boxed(data, frame, tiles[0], clip["actor"] != "none") if frame["rgb"] else tiles[0]
        small = [np.asarray(Image.fromarray(t).resize((WIDTH, WIDTH * t.shape[0] // t.shape[1]))) for t in tiles]
        rows.append((caption(clip), small))
    if not rows:
        return None
    columns = max(len(tiles) for _, tiles in rows)
    height = sum(tiles[0].shape[0] + HEAD + 6 for _, tiles in rows)
    sheet = Image.new("RGB", (columns * (WIDTH + 4), height), (24, 24, 26))
    pen, y = ImageDraw.Draw(sheet), 0
    for text, tiles in rows:
        pen.text((4, y + 3), text, fill=(225, 225, 220))
        for i, picture in enumerate(tiles):
            sheet.paste(Image.fromarray(picture), (i * (WIDTH + 4), y + HEAD))
        y += tiles[0].shape[0] + HEAD + 6
    buffer = io.BytesIO()
    sheet.save(buffer, "JPEG", quality=90)
    write_bytes(path, buffer.getvalue())
    return path


def middle(data: Dataset, clip: str) -> dict[str, Any] | None:
    """The middle frame of the first camera."""
    import polars as pl

    frames = data.table("frames").filter(pl.col("clip") == clip)
    if frames.height == 0:
        return None
    first = frames.filter(pl.col("camera") == frames["camera"][0])
    return first.row(min(first.height // 2, max(0, first.height - 2)), named=True)


def caption(clip: dict[str, Any]) -> str:
    """What a clip shows, in one line."""
    actor = (
        "no event"
        if clip["actor"] == "none"
        else f"{clip['colour']} {clip['actor']} {clip['action']}".removeprefix("natural ")
    )
    if clip["hidden_by"] != "nothing":
        actor += f" from behind a {clip['hidden_by']}"
    place = f"{clip['zone']} {clip['layout']}"
    return f"{actor.replace('_', ' ')} | {place} | {clip['weather']} {clip['time']}".replace("_", " ")


def flow_of(data: Dataset, path: str) -> np.ndarray[Any, Any]:
    """Flow (h, w, 2) of a .flo or KITTI file, nan where unknown."""
    from abound.pixels import flo, kitti

    raw = data.asset(path)
    return flo.decode(raw, path) if path.endswith(".flo") else kitti.decode_flow(raw, path)[0]


def depth_of(data: Dataset, path: str) -> np.ndarray[Any, Any]:
    """Depth (h, w) in metres of an .npy or KITTI file, nan or inf where unknown."""
    import io

    import numpy as np

    from abound.pixels import kitti

    raw = data.asset(path)
    if path.endswith(".npy"):
        return np.asarray(np.load(io.BytesIO(raw), allow_pickle=False))
    return kitti.decode_depth(raw, path)


def tile(data: Dataset, frame: dict[str, Any], column: str) -> np.ndarray[Any, Any] | None:
    """One asset of a frame as a picture, uint8 (h, w, 3); None where it was not made."""
    import io

    import numpy as np
    from PIL import Image

    from abound.pixels import colour, png

    path = frame[column]
    if path is None:
        return None
    if column == "rgb":
        return np.asarray(Image.open(io.BytesIO(data.asset(path))).convert("RGB"))
    if column.startswith("flow"):
        return colour.flow_picture(flow_of(data, path))
    if column == "depth":
        return colour.depth_picture(depth_of(data, path))
    image = png.decode(data.asset(path), path)
    if column == "normals":
        return (image >> 8).astype(np.uint8)
    if column.startswith("occlusion"):
        return np.array([[60, 60, 64], [230, 60, 50], [240, 200, 60]], np.uint8)[image]
    return colour.class_picture(image) if column == "semantic" else colour.instance_picture(image)


def _boxed(
    data: Dataset, frame: dict[str, Any], picture: np.ndarray[Any, Any], event: bool
) -> np.ndarray[Any, Any]:
    """The picture with the visible box of each object; the clip's actor is the thick yellow one."""
    import numpy as np
    import polars as pl
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    objects = data.table("objects").filter(
        (pl.col("frame_id") == frame["frame_id"]) & (pl.col("visible_pixels") > 30)
    )
    for row in objects.sort("instance", descending=True).iter_rows(named=True):
        main = event and row["instance"] == 1
        # The line runs around the object, not over it, and is as thin as the picture is small.
        line = max(1, image.width // 400) if main else 1
        box = [row["left"] - line, row["top"] - line, row["right"] - 1 + line, row["bottom"] - 1 + line]
        pen.rectangle(box, outline=(255, 220, 0) if main else (90, 220, 255), width=line)
    return np.asarray(image)
