"""Clips as other tools read them: KITTI object, COCO, Cityscapes, Scalabel. Each returns the files it wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from abound.core.dataset import Dataset

Frame = dict[str, Any]
KITTI = {
    "car": "Car",
    "truck": "Truck",
    "bus": "Truck",
    "person": "Pedestrian",
    "rider": "Cyclist",
    "bicycle": "Cyclist",
}


def export(data: Dataset, layout: str, out: Path) -> list[Path]:
    """Write every frame in a layout; InputError for an unknown one, or where a layer that it needs was not made."""
    if layout not in LAYOUTS:
        raise InputError(f"there is no layout {layout!r}: {did_you_mean(layout, LAYOUTS)}")
    if "frames" not in data.tables:
        raise InputError("only clips of driving scenes have frames to export")
    return LAYOUTS[layout](data, out)


def frames(data: Dataset, *needed: str) -> Iterator[tuple[int, Frame, list[Frame]]]:
    """Number, row and objects (those with a pixel) of every frame."""
    import polars as pl

    table = data.table("frames")
    for name in needed:
        if table.height and table[name].null_count() == table.height:
            raise InputError(f"the clips have no {name}: make them with {name} among --param layers")
    objects = data.table("objects").filter(pl.col("visible_pixels") > 0).partition_by("frame_id", as_dict=True)
    for number, row in enumerate(table.iter_rows(named=True)):
        found = objects.get((row["frame_id"],))
        yield number, row, found.to_dicts() if found is not None else []


def _put(path: Path, content: bytes | str) -> Path:
    from abound.core.artifact import write_bytes

    write_bytes(path, content if isinstance(content, bytes) else content.encode())
    return path


def class_of(semantic: int) -> str:
    """The Cityscapes name of a label id."""
    from abound.pixels.cityscapes import CITYSCAPES

    return next((n for n, (i, _, _) in CITYSCAPES.items() if i == semantic), "unlabeled")


def _alpha(row: Frame) -> float:
    """KITTI's observation angle: the heading seen from the camera, -pi to pi."""
    import math

    angle = float(row["rotation_y"]) - math.atan2(row["x"], row["z"])
    return (angle + math.pi) % (2 * math.pi) - math.pi


def kitti(data: Dataset, out: Path) -> list[Path]:
    """image_2, label_2, calib as in the KITTI object benchmark (Geiger et al. 2012); pixels count from centres.

    Truncation and occlusion follow its development kit: occluded 0 from 80 % visible, 1 from 30 %, else 2.
    """
    written = []
    for number, row, objects in frames(data, "rgb"):
        name = f"{number:06d}"
        suffix = Path(row["rgb"]).suffix
        written.append(_put(out / "image_2" / f"{name}{suffix}", data.asset(row["rgb"])))
        lines = []
        for o in objects:
            seen = o["visible_fraction"]
            occluded = 0 if seen >= 0.8 else 1 if seen >= 0.3 else 2
            box = [o["left"] - 0.5, o["top"] - 0.5, o["right"] - 0.5, o["bottom"] - 0.5]
            foot = o["y"] + o["height"] / 2  # KITTI's y is that of the bottom of the box
            numbers = [o["height"], o["width"], o["length"], o["x"], foot, o["z"], o["rotation_y"]]
            kind = KITTI.get(class_of(o["semantic"]), "Misc")
            parts = [
                kind,
                f"{o['truncation']:.2f}",
                str(occluded),
                f"{_alpha(o):.2f}",
                *(f"{v:.2f}" for v in (*box, *numbers)),
            ]
            lines.append(" ".join(parts))
        written.append(_put(out / "label_2" / f"{name}.txt", "".join(line + "\n" for line in lines)))
        p = [row["fx"], 0, row["cx"] - 0.5, 0, 0, row["fy"], row["cy"] - 0.5, 0, 0, 0, 1, 0]
        matrix = " ".join(f"{v:.12e}" for v in p)
        eye = " ".join(f"{v:.12e}" for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
        still = " ".join(f"{v:.12e}" for v in (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0))
        calib = "".join(f"P{i}: {matrix}\n" for i in range(4))
        calib += f"R0_rect: {eye}\nTr_velo_to_cam: {still}\nTr_imu_to_velo: {still}\n"
        written.append(_put(out / "calib" / f"{name}.txt", calib))
    return written


def coco(data: Dataset, out: Path) -> list[Path]:
    """images and annotations.json: boxes of the visible part, masks as compressed run lengths (Lin et al. 2014)."""
    import json

    from abound.pixels import png, rle
    from abound.pixels.cityscapes import CITYSCAPES

    categories = [{"id": i, "name": n} for n, (i, t, _) in CITYSCAPES.items() if i >= 24 or n == "dynamic"]
    known = {c["id"] for c in categories}
    images: list[Frame] = []
    annotations: list[Frame] = []
    written: list[Path] = []
    for number, row, objects in frames(data, "rgb", "instance"):
        name = f"{number:06d}{Path(row['rgb']).suffix}"
        written.append(_put(out / "images" / name, data.asset(row["rgb"])))
        images.append({"id": number, "file_name": name, "width": row["width"], "height": row["height"]})
        numbers = png.decode(data.asset(row["instance"]), row["instance"])
        for o in objects:
            if o["semantic"] not in known:
                continue
            mask = numbers == o["instance"]
            box = [o["left"], o["top"], o["right"] - o["left"], o["bottom"] - o["top"]]
            annotations.append({
                "id": len(annotations) + 1, "image_id": number, "category_id": o["semantic"], "bbox": box,
                "area": int(mask.sum()), "iscrowd": 0, "segmentation": rle.encode(mask), "track_id": o["instance"],
            })  # fmt: skip
    whole = {
        "info": {"description": "synthetic"},
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    return [*written, _put(out / "annotations.json", json.dumps(whole))]


def cityscapes(data: Dataset, out: Path) -> list[Path]:
    """leftImg8bit and gtFine with labelIds, labelTrainIds, colour and instanceIds (class * 1000 + number)."""
    import numpy as np

    from abound.pixels import png
    from abound.pixels.cityscapes import colours, train_ids

    written = []
    for number, row, objects in frames(data, "semantic", "instance"):
        name = f"abound_{row['clip'][:8]}_{number:06d}"
        labels = png.decode(data.asset(row["semantic"]), row["semantic"])
        numbers = png.decode(data.asset(row["instance"]), row["instance"])
        ids = labels.astype(np.uint16)
        for rank, o in enumerate(sorted(objects, key=lambda o: o["instance"])):
            here = (numbers == o["instance"]) & (labels >= 24)
            ids[here] = labels[here].astype(np.uint16) * 1000 + rank
        for kind, image in (
            ("labelIds", labels), ("labelTrainIds", train_ids()[labels]), ("color", colours()[labels]),
            ("instanceIds", ids),
        ):  # fmt: skip
            written.append(_put(out / "gtFine" / f"{name}_gtFine_{kind}.png", png.encode(image)))
        if row["rgb"]:
            suffix = Path(row["rgb"]).suffix
            written.append(_put(out / "leftImg8bit" / f"{name}_leftImg8bit{suffix}", data.asset(row["rgb"])))
    return written


def scalabel(data: Dataset, out: Path) -> list[Path]:
    """det_2d.json with boxes in the image and in space, tracks, attributes, as BDD100K and SHIFT have it."""
    import json

    clips = {c["clip"]: c for c in data.main.iter_rows(named=True)}
    listed = []
    written = []
    for number, row, objects in frames(data, "rgb"):
        clip = clips[row["clip"]]
        name = f"{number:06d}{Path(row['rgb']).suffix}"
        written.append(_put(out / "images" / name, data.asset(row["rgb"])))
        labels = []
        for o in objects:
            labels.append({
                "id": str(o["instance"]), "category": class_of(o["semantic"]),
                "attributes": {
                    "occluded": o["visible_fraction"] < 0.95, "truncated": o["truncation"] > 0, "kind": o["kind"],
                },
                "box2d": {"x1": o["left"], "y1": o["top"], "x2": o["right"] - 1, "y2": o["bottom"] - 1},
                "box3d": {
                    "location": [o["x"], o["y"], o["z"]], "dimension": [o["height"], o["width"], o["length"]],
                    "orientation": [0.0, o["rotation_y"], 0.0], "alpha": _alpha(o),
                },
            })  # fmt: skip
        listed.append({
            "name": name, "videoName": row["clip"], "frameIndex": row["frame"],
            "timestamp": round(1000 * row["seconds"]),
            "attributes": {"weather": clip["weather"], "timeofday": clip["time"], "scene": clip["zone"]},
            "intrinsics": {"focal": [row["fx"], row["fy"]], "center": [row["cx"] - 0.5, row["cy"] - 0.5]},
            "labels": labels,
        })  # fmt: skip
    names = sorted({label["category"] for f in listed for label in f["labels"]})
    config = {"categories": [{"name": n} for n in names], "imageSize": _image_size(data)}
    return [*written, _put(out / "det_2d.json", json.dumps({"frames": listed, "config": config}))]


def _image_size(data: Dataset) -> dict[str, int] | None:
    """One size, if all frames share it."""
    sizes = data.table("frames").select("width", "height").unique()
    return {"width": sizes["width"][0], "height": sizes["height"][0]} if sizes.height == 1 else None


LAYOUTS: dict[str, Callable[[Dataset, Path], list[Path]]] = {
    "kitti": kitti, "coco": coco, "cityscapes": cityscapes, "scalabel": scalabel,
}  # fmt: skip
