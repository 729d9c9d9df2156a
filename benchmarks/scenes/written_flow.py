"""On static streets, is the flow in the files what the files' depth and poses imply?

Clips without anything that moves are made by the generator, once with exact files (.flo, .npy) and once as KITTI's
16-bit PNG, and read back here by other means than the package's: numpy for .flo and .npy, OpenCV for PNG. The flow
that depth (as written) and the poses in the table of frames imply is compared with the flow as written: in pixels
where the target lies in the other frame, and relative to its length where it lies outside (points that pass close
beside the camera move by thousands of pixels, of which single precision keeps seven digits).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.rows import row
from benchmarks.scenes.static_flow import implied

Array = np.ndarray[Any, Any]
ZONES = ("urban", "residential", "rural", "motorway")


class Lens(NamedTuple):
    """What `implied` asks of a camera."""

    pose: dict[int, Array]
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    near: float = 0.05


def tasks(quick: bool) -> list[dict[str, Any]]:
    """One clip a zone and gap."""
    return [{"zone": z, "gap": g, "seed": i} for i, (z, g) in enumerate(
        [("urban", 1)] if quick else [(z, g) for z in ZONES for g in (1, 3)])]  # fmt: skip


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Largest differences over all frames, both directions."""
    with tempfile.TemporaryDirectory() as folder:
        exact, coarse = (_made(task, Path(folder) / str(e), e) for e in (True, False))
        out = {
            "exact": 0.0,
            "outside": 0.0,
            "pixels_outside": 0,
            "kitti": 0.0,
            "kitti_implied": 0.0,
            "pixels": 0,
            "lost": 0,
        }
        frames = exact.table("frames").to_dicts()
        poses = {f["frame"]: np.array(f["pose"]).reshape(4, 4) for f in frames}
        for f, g in zip(frames, coarse.table("frames").to_dicts(), strict=True):
            lens = Lens(poses, *(f[n] for n in ("width", "height", "fx", "fy", "cx", "cy")))
            depth = np.load(exact.assets / f["depth"]).astype(float)
            for name, step in (("flow_forward", task["gap"]), ("flow_backward", -task["gap"])):
                if f[name] is not None:
                    _compare(out, implied(lens, depth, f["frame"], f["frame"] + step),
                             read_flo(exact.assets / f[name]), *read_kitti(coarse.assets / g[name]))  # fmt: skip
    return out


def _made(task: dict[str, Any], folder: Path, exact: bool) -> Any:
    from abound.core.context import Context
    from abound.core.registry import create
    from abound.core.slice import Slice

    scene = {"traffic": {"vehicles": 0, "walkers": 0}}
    params = {"frames": 5, "layers": ["depth", "flow"], "gap": task["gap"], "exact": exact, "scene": scene}
    domain = create("kind", "scenes").dataset([], [], [], None)
    sampler = create("generator", "street", params).fit(domain, Context(scratch=folder))
    where = Slice.parse(f"actor == none and ego_action == driving and zone == {task['zone']}", domain.schema.main)
    return sampler.sample(1, rng=np.random.default_rng(task["seed"]), where=where)


def _compare(out: dict[str, Any], expected: Array, written: Array, png: Array, valid: Array) -> None:
    there = np.isfinite(expected).all(axis=2) & np.isfinite(written).all(axis=2)
    out["lost"] += int((np.isfinite(expected).all(axis=2) != np.isfinite(written).all(axis=2)).sum())
    difference, length = np.linalg.norm(written - expected, axis=2), np.linalg.norm(expected, axis=2)
    i, j = np.indices(length.shape)
    x, y = j + 0.5 + expected[..., 0], i + 0.5 + expected[..., 1]
    inside = there & (x >= 0) & (x < length.shape[1]) & (y >= 0) & (y < length.shape[0])
    out["exact"] = max(out["exact"], float(difference[inside].max()))
    out["outside"] = max(out["outside"], float((difference / length)[there & ~inside].max(initial=0.0)))
    out["pixels"] += int(inside.sum())
    out["pixels_outside"] += int((there & ~inside).sum())
    both = there & valid
    out["kitti"] = max(out["kitti"], float(np.abs(png - written)[both].max()))
    out["kitti_implied"] = max(out["kitti_implied"], float(np.abs(png - expected)[both].max()))


def read_flo(path: Path) -> Array:
    """Middlebury's layout, read by numpy: tag, width, height, then pairs; over 1e9 is unknown."""
    raw = path.read_bytes()
    assert np.frombuffer(raw, "<f4", 1)[0] == 202021.25
    width, height = np.frombuffer(raw, "<i4", 2, offset=4)
    flow = np.frombuffer(raw, "<f4", offset=12).reshape(height, width, 2).astype(float)
    return np.where(np.abs(flow) > 1e9, np.nan, flow)


def read_kitti(path: Path) -> tuple[Array, Array]:
    """KITTI's layout, read by OpenCV: blue is validity, green v, red u."""
    import cv2

    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert raw is not None
    return (raw[..., :0:-1].astype(float) - 2**15) / 64.0, raw[..., 0] > 0


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Largest difference of any pixel of any frame."""
    n = sum(r["pixels"] for r in results)
    lost = {"pixels known in one only": sum(r["lost"] for r in results), "clips": len(results)}
    return [
        row("written_flow_exact", max(r["exact"] for r in results), "px", n=n, reference={"limit": 1e-4, **lost}),
        row("written_flow_exact out of the frame", max(r["outside"] for r in results), "of its length",
            n=sum(r["pixels_outside"] for r in results)),
        row("written_flow_kitti", max(r["kitti"] for r in results), "px a component", n=n, reference={
            "limit": 0.012, "against what depth and pose imply": max(r["kitti_implied"] for r in results),
        }),
    ]  # fmt: skip
