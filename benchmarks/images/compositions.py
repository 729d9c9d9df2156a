"""Do boxes, masks and keypoints agree with the picture after random chains of transforms?

The picture is the judge: each keypoint is the centre of a bright spot that is drawn into it, and is compared with the
spot's centre of mass in the result (only the sampling of pixels moves spots; only the forward map moves keypoints).
Boxes are those of a rectangle without a mask, moved by its corners, against the box of the same rectangle drawn as a
label map. A chain is exact where no transform in it resamples; only then must the two boxes be equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.pixels.sample import Sample, tight
from abound.pixels.transforms import EXACT, TRANSFORMS, transform, transformed
from benchmarks.rows import row

HEIGHT, WIDTH, SIGMA = 72, 96, 1.0
MOVING = ("hflip", "vflip", "rot90", "crop", "resize", "affine", "rotate", "scale", "shear", "translate", "perspective",
          "elastic")  # fmt: skip
# Colours that leave a spot's centre where it is: compression and weather draw into it, and the judge would err.
CALM = ("brightness", "contrast", "blur", "gamma")


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Ranges of seeds: 100,000 chains, 600 where quick."""
    total, size = (600, 150) if quick else (100_000, 2_500)
    return [{"first": k, "count": size} for k in range(0, total, size)]


def planted(seed: int) -> tuple[Sample, Any]:
    """A dark picture with two spots, far from the border and each other; and a rectangle as box and as label map."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    spots = rng.uniform([22, 20], [WIDTH / 2 - 6, HEIGHT - 20], (2, 2)) + np.array([[0, 0], [WIDTH / 2 - 18, 0]])
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for channel, spot in enumerate(spots):
        image[..., channel] = np.round(230 * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / (2 * SIGMA**2)))
    left, top = int(rng.integers(0, WIDTH - 30)), int(rng.integers(0, HEIGHT - 30))
    right, bottom = left + int(rng.integers(8, 30)), top + int(rng.integers(8, 30))
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[top:bottom, left:right] = 1
    box = np.array([[left, top, right, bottom]], np.float64)
    return Sample(image, boxes=box, labels=labels, keypoints=spots, swap=np.array([0, 1])), spots


def compared(seed: int) -> dict[str, Any]:
    """One chain of one to five transforms: the least IoU and the largest distance that it leaves."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,)))
    sample, _ = planted(seed)
    exact = seed % 2 == 0
    names = rng.choice(EXACT if exact else MOVING, int(rng.integers(1, 5))).tolist()
    names += rng.choice(CALM, int(rng.integers(0, 2))).tolist()
    steps = [transform({"name": n, "chance": 1.0}) for n in names]
    out = transformed(sample, steps, rng)
    assert set(names) <= set(TRANSFORMS)
    truth = tight((out.labels == 1)[None])[0]
    # What the frame cuts to less than a tenth is dropped by rule; the rest must have the box of its mask.
    if out.boxes is None or not len(out.boxes):
        iou = 1.0 if np.isnan(truth[0]) or _area(truth) < 0.1001 * _area(sample.boxes[0]) else 0.0
    else:
        iou = 0.0 if np.isnan(truth[0]) else _iou(truth, out.boxes[0])
    distance = _distance(out)
    return {"exact_iou": iou if exact else 1.0, "keypoint": distance, "names": names}


def _area(box: Any) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _iou(a: Any, b: Any) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return float(both / (_area(a) + _area(b) - both))


def _distance(out: Sample) -> float:
    """The largest distance of a visible keypoint from its spot; spots near the border are cut and not compared."""
    worst = 0.0
    height, width = out.image.shape[:2]
    for channel, (point, seen) in enumerate(zip(out.keypoints, out.visible, strict=True)):
        reach = 6
        inside = reach <= point[0] <= width - reach and reach <= point[1] <= height - reach
        if not seen or not inside:
            continue
        light = out.image[..., channel].astype(np.float64)
        light -= np.median(light)
        left, top = int(point[0]) - reach, int(point[1]) - reach
        part = light[top : top + 2 * reach + 1, left : left + 2 * reach + 1].clip(0)
        part[part < 0.4 * part.max()] = 0
        y, x = np.mgrid[0 : part.shape[0], 0 : part.shape[1]]
        centre = np.array([(part * (x + 0.5)).sum(), (part * (y + 0.5)).sum()]) / max(part.sum(), 1e-9)
        worst = max(worst, float(np.hypot(*(centre + np.array([left, top]) - point))))
    return worst


def run(task: dict[str, Any]) -> dict[str, Any]:
    """The worst of a range of seeds, and how many fail."""
    found = [compared(s) for s in range(task["first"], task["first"] + task["count"])]
    return {
        "exact_iou": min(f["exact_iou"] for f in found), "keypoint": max(f["keypoint"] for f in found),
        "count": len(found),
        "failures": sum(f["exact_iou"] < 0.99 or f["keypoint"] > 0.5 for f in found),
    }  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """The worst of all."""
    n = sum(r["count"] for r in results)
    return [
        row("box_iou_min", min(r["exact_iou"] for r in results), "IoU", n=n, reference={"limit": 0.99}),
        row("keypoint_worst", max(r["keypoint"] for r in results), "px", n=n, reference={"limit": 0.5}),
        row("composition_failures", sum(r["failures"] for r in results), "chains", n=n, reference={"limit": 0}),
    ]
