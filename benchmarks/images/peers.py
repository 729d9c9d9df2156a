"""One peer's images a CPU second on five transforms, in the peer's own environment: prints JSON.

    PEERS/bin/python peers.py albumentations|torchvision|kornia SECONDS

256 x 256 RGB with a label map and two boxes, one thread, the ranges of `throughput.py`. Needs nothing of abound.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

NAMES = ("hflip", "affine", "colour_jitter", "blur", "elastic")


def scene() -> tuple[Any, Any, Any]:
    """Image, label map and boxes."""
    rng = np.random.default_rng(0)
    mask = np.zeros((256, 256), np.uint8)
    mask[40:120, 30:100], mask[150:220, 130:240] = 1, 2
    return rng.integers(0, 256, (256, 256, 3)).astype(np.uint8), mask, [[30, 40, 100, 120], [130, 150, 240, 220]]


def speed(call: Any, seconds: float) -> float:
    """Calls a CPU second."""
    for _ in range(3):
        call()
    start, count = time.process_time(), 0
    while time.process_time() - start < seconds:
        call()
        count += 1
    return count / (time.process_time() - start)


def albumentations() -> dict[str, Any]:
    import albumentations as a
    import cv2

    cv2.setNumThreads(1)
    image, mask, boxes = scene()
    made = {
        "hflip": a.HorizontalFlip(p=1), "affine": a.Affine(rotate=(-15, 15), p=1),
        "colour_jitter": a.ColorJitter(0.2, 0.2, 0.2, 0.03, p=1), "blur": a.GaussianBlur(sigma_limit=(0.5, 2), p=1),
        "elastic": a.ElasticTransform(alpha=40, sigma=6, p=1),
    }  # fmt: skip

    def call(step: Any) -> Any:
        chain = a.Compose([step], bbox_params=a.BboxParams("pascal_voc", label_fields=["names"]))
        return lambda: chain(image=image, mask=mask, bboxes=boxes, names=[0, 1])

    return {n: call(s) for n, s in made.items()}


def torchvision() -> dict[str, Any]:
    import torch

    torch.set_num_threads(1)
    # The wheel of the index has no compiled operators for a CPU build of torch; its transforms need none of them.
    for name in ("nms", "qnms"):
        torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision import tv_tensors
    from torchvision.transforms import v2

    image, mask, boxes = scene()
    given = {
        "image": tv_tensors.Image(torch.from_numpy(image).permute(2, 0, 1)),
        "mask": tv_tensors.Mask(torch.from_numpy(mask)),
        "boxes": tv_tensors.BoundingBoxes(torch.tensor(boxes), format="XYXY", canvas_size=(256, 256)),
    }  # fmt: skip
    made = {
        "hflip": v2.RandomHorizontalFlip(1.0), "affine": v2.RandomAffine(15),
        "colour_jitter": v2.ColorJitter(0.2, 0.2, 0.2, 0.03), "blur": v2.GaussianBlur(9, (0.5, 2.0)),
        "elastic": v2.ElasticTransform(alpha=40.0, sigma=6.0),
    }  # fmt: skip
    return {n: (lambda s=s: s(given)) for n, s in made.items()}


def kornia() -> dict[str, Any]:
    import kornia.augmentation as k
    import torch

    torch.set_num_threads(1)
    image, mask, boxes = scene()
    picture = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    labels = torch.from_numpy(mask)[None, None].float()
    corners = torch.tensor([[[[l, t], [r, t], [r, b], [l, b]] for l, t, r, b in boxes]], dtype=torch.float32)  # noqa: E741
    made = {
        "hflip": k.RandomHorizontalFlip(p=1.0), "affine": k.RandomAffine(15.0, p=1.0),
        "colour_jitter": k.ColorJitter(0.2, 0.2, 0.2, 0.03, p=1.0),
        "blur": k.RandomGaussianBlur((9, 9), (0.5, 2.0), p=1.0),
        "elastic": k.RandomElasticTransform(alpha=(0.3, 0.3), sigma=(6.0, 6.0), p=1.0),
    }  # fmt: skip

    def call(name: str, step: Any) -> Any:
        if name == "elastic":  # it has no rule for boxes
            chain = k.AugmentationSequential(step, data_keys=["input", "mask"])
            return lambda: chain(picture, labels)
        chain = k.AugmentationSequential(step, data_keys=["input", "mask", "bbox"])
        return lambda: chain(picture, labels, corners)

    return {n: call(n, s) for n, s in made.items()}


if __name__ == "__main__":
    calls = {"albumentations": albumentations, "torchvision": torchvision, "kornia": kornia}[sys.argv[1]]()
    print(json.dumps({n: speed(calls[n], float(sys.argv[2])) for n in NAMES}))
