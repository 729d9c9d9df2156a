"""Semantic classes: the label ids and colours of Cityscapes (Cordts et al. 2016), and the 11 classes of CamVid."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
# name: (label id, id of the 19 that are trained on or 255, colour)
CITYSCAPES: dict[str, tuple[int, int, tuple[int, int, int]]] = {
    "unlabeled": (0, 255, (0, 0, 0)),
    "ego vehicle": (1, 255, (0, 0, 0)),
    "static": (4, 255, (0, 0, 0)),
    "dynamic": (5, 255, (111, 74, 0)),
    "ground": (6, 255, (81, 0, 81)),
    "road": (7, 0, (128, 64, 128)),
    "sidewalk": (8, 1, (244, 35, 232)),
    "parking": (9, 255, (250, 170, 160)),
    "building": (11, 2, (70, 70, 70)),
    "wall": (12, 3, (102, 102, 156)),
    "fence": (13, 4, (190, 153, 153)),
    "guard rail": (14, 255, (180, 165, 180)),
    "bridge": (15, 255, (150, 100, 100)),
    "pole": (17, 5, (153, 153, 153)),
    "traffic light": (19, 6, (250, 170, 30)),
    "traffic sign": (20, 7, (220, 220, 0)),
    "vegetation": (21, 8, (107, 142, 35)),
    "terrain": (22, 9, (152, 251, 152)),
    "sky": (23, 10, (70, 130, 180)),
    "person": (24, 11, (220, 20, 60)),
    "rider": (25, 12, (255, 0, 0)),
    "car": (26, 13, (0, 0, 142)),
    "truck": (27, 14, (0, 0, 70)),
    "bus": (28, 15, (0, 60, 100)),
    "caravan": (29, 255, (0, 0, 90)),
    "trailer": (30, 255, (0, 0, 110)),
    "train": (31, 16, (0, 80, 100)),
    "motorcycle": (32, 17, (0, 0, 230)),
    "bicycle": (33, 18, (119, 11, 32)),
}
SKY = CITYSCAPES["sky"][0]


def label_id(name: str) -> int:
    """The Cityscapes label id of a class."""
    return CITYSCAPES[name][0]


CAMVID = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
    "unlabelled",
)  # fmt: skip
_TO_CAMVID: dict[str, str] = {
    "sky": "sky", "building": "building", "wall": "building", "bridge": "building", "pole": "pole", "road": "road",
    "sidewalk": "pavement", "parking": "pavement", "vegetation": "tree", "traffic sign": "sign",
    "traffic light": "sign", "fence": "fence", "guard rail": "fence", "car": "car", "truck": "car", "bus": "car",
    "caravan": "car", "trailer": "car", "person": "pedestrian", "rider": "bicyclist", "bicycle": "bicyclist",
    "motorcycle": "bicyclist",
}  # fmt: skip


def colours() -> Array:
    """uint8 (256, 3): the colour of each label id, black where there is none."""
    out = np.zeros((256, 3), np.uint8)
    for number, _, colour in CITYSCAPES.values():
        out[number] = colour
    return out


def train_ids() -> Array:
    """uint8 (256,): from label ids to the 19 classes that are trained on, 255 elsewhere."""
    out = np.full(256, 255, np.uint8)
    for number, train, _ in CITYSCAPES.values():
        out[number] = train
    return out


def camvid_ids() -> Array:
    """uint8 (256,): from label ids to the 11 classes of CamVid, 11 (unlabelled) elsewhere."""
    out = np.full(256, CAMVID.index("unlabelled"), np.uint8)
    for name, target in _TO_CAMVID.items():
        out[CITYSCAPES[name][0]] = CAMVID.index(target)
    return out
