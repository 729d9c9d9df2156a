"""An image with everything that is said about its pixels, and how all of it moves through one map.

Boxes are left, top, right, bottom (float64, pixels); masks are one a box; the label map holds a class a pixel;
keypoints and flow are in pixels (x right, y down). What a map makes of them agrees because every one of them asks
the same `Warp`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from abound.errors import InputError
from abound.pixels.warp import Warp, hull, sampled

Array = np.ndarray[Any, Any]
LEAST_VISIBLE = 0.1  # share of a box without a mask that must stay inside, or the object is gone


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image. What is None is not labelled.

    `image` uint8 or uint16 (h, w) or (h, w, 3). `boxes` float64 (n, 4). `masks` bool (n, h, w), one a box: then
    boxes follow from them. `objects` int64 (n,): which object of the source a box is, so that columns of it can
    follow; what left the picture is missing here. `labels` an integer map (h, w), `unlabelled` its value for "not
    known". `keypoints` float64 (k, 2) or, with boxes, (n, k, 2); `visible` bool of the same shape less the 2;
    `swap` int64 (k,): the name that each point has in a mirror (left eye, right eye). `flow` float32 (h, w, 2),
    nan where unknown: from this image to the next one, which moves through the same map. `soft` float64
    (classes,): the class of the image as shares.
    """

    image: Array
    boxes: Array | None = None
    masks: Array | None = None
    objects: Array | None = None
    labels: Array | None = None
    keypoints: Array | None = None
    visible: Array | None = None
    swap: Array | None = None
    flow: Array | None = None
    soft: Array | None = None
    unlabelled: int = 0

    def __post_init__(self) -> None:
        shape = self.image.shape[:2]
        for name in ("labels", "flow"):
            value = getattr(self, name)
            if value is not None and value.shape[:2] != shape:
                raise InputError(
                    f"the {name} are {value.shape[:2]} pixels and the image is {shape}: they must agree"
                )
        if self.masks is not None and (
            self.masks.shape[1:] != shape or self.boxes is None or len(self.boxes) != len(self.masks)
        ):
            raise InputError(
                f"masks are (boxes, height, width): {self.masks.shape} does not fit an image of {shape}"
            )
        if self.boxes is not None and self.objects is None:
            object.__setattr__(self, "objects", np.arange(len(self.boxes)))
        if self.keypoints is not None and self.visible is None:
            object.__setattr__(self, "visible", np.ones(self.keypoints.shape[:-1], bool))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.image.shape[1], self.image.shape[0]

    @property
    def top(self) -> int:
        """The value of white: 255 or 65535."""
        return int(np.iinfo(self.image.dtype).max)

    def labelled(self) -> tuple[str, ...]:
        """Names of the labels it has."""
        names = (
            f.name for f in fields(self) if f.name not in ("image", "objects", "visible", "swap", "unlabelled")
        )
        return tuple(n for n in names if getattr(self, n) is not None)


def tight(masks: Array) -> Array:
    """Boxes float64 (n, 4) of masks bool (n, h, w); nan where a mask is empty."""
    out = np.full((len(masks), 4), np.nan)
    for k, mask in enumerate(masks):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            out[k] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return out


def border_colour(image: Array) -> Array:
    """The median of the outermost pixels, one a channel: what is laid where a map looks beyond the image."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    middle = len(edge) // 2
    return np.asarray(np.partition(edge, middle, axis=0)[middle])


def moved(sample: Sample, warp: Warp, least_visible: float = LEAST_VISIBLE) -> Sample:
    """The sample seen through a map: every label of it, each in its own way.

    Image: linear; border colour outside. Masks and label maps: nearest pixel. Boxes: of the mask where there is
    one, else the hull of the corners (of the outline where lines bend), clipped; an object is gone where its mask
    is empty or less than `least_visible` of its box is inside. Keypoints: the point itself, invisible outside,
    left and right swapped in a mirror. Flow: where the end of the vector goes less where its start goes, which is
    the Jacobian times the vector for short ones and exact for long ones.
    """
    at = None if warp.straight else warp.sources()
    image = sampled(sample.image, warp, border_colour(sample.image), at=at)
    labels = None if sample.labels is None else sampled(sample.labels, warp, sample.unlabelled, nearest=True, at=at)
    flow = None if sample.flow is None else _moved_flow(sample.flow, warp)
    out = replace(
        sample,
        image=image,
        boxes=None,
        masks=None,
        objects=None,
        labels=labels,
        keypoints=None,
        visible=None,
        flow=flow,
    )
    if sample.keypoints is not None:
        points, visible = _moved_points(sample, warp)
        out = replace(out, keypoints=points, visible=visible)
    return _with_objects(out, sample, warp, at, least_visible)


def _with_objects(out: Sample, sample: Sample, warp: Warp, at: Array | None, least: float) -> Sample:
    """Boxes and masks of what can still be seen, and the keypoints of those objects."""
    if sample.boxes is None or sample.objects is None:
        return out
    if sample.masks is not None:
        layers = [sampled(m.view(np.uint8), warp, 0, nearest=True, at=at).view(bool) for m in sample.masks]
        masks = np.stack(layers) if layers else np.zeros((0, *out.image.shape[:2]), bool)
        boxes = tight(masks)
        kept = ~np.isnan(boxes[:, 0])
    else:
        masks = None
        whole = hull(warp, sample.boxes)
        limit = np.array([*warp.size, *warp.size], np.float64)
        boxes = np.clip(whole, 0, limit)
        share = _area(boxes) / np.maximum(_area(whole), 1e-12)
        kept = (share >= least) & (_area(boxes) > 0)
    return _only(replace(out, boxes=boxes, masks=masks, objects=sample.objects), kept)


def _only(sample: Sample, kept: Array) -> Sample:
    """The sample with some of its objects."""
    if kept.all() or sample.boxes is None or sample.objects is None:
        return sample
    per_object = sample.keypoints is not None and sample.keypoints.ndim == 3
    return replace(
        sample,
        boxes=sample.boxes[kept],
        masks=None if sample.masks is None else sample.masks[kept],
        objects=sample.objects[kept],
        keypoints=sample.keypoints[kept] if per_object and sample.keypoints is not None else sample.keypoints,
        visible=sample.visible[kept] if per_object and sample.visible is not None else sample.visible,
    )


def _area(boxes: Array) -> Array:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _moved_points(sample: Sample, warp: Warp) -> tuple[Array, Array]:
    assert sample.keypoints is not None
    assert sample.visible is not None
    points = warp.forward(sample.keypoints)
    inside = ((points >= 0) & (points <= warp.size)).all(axis=-1) & sample.visible
    if sample.swap is not None and warp.mirrored:
        return points[..., sample.swap, :], inside[..., sample.swap]
    return points, inside


def _moved_flow(flow: Array, warp: Warp) -> Array:
    """Vectors are taken from the nearest pixel: between two motions there is no third."""
    width, height = warp.size
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    end = np.stack([x, y], -1)
    start = warp.backward(end)
    j, i = np.floor(start[..., 0]).astype(np.int64), np.floor(start[..., 1]).astype(np.int64)
    inside = (j >= 0) & (i >= 0) & (j < warp.source[0]) & (i < warp.source[1])
    vectors = flow[np.clip(i, 0, warp.source[1] - 1), np.clip(j, 0, warp.source[0] - 1)].astype(np.float64)
    known = inside & np.isfinite(vectors).all(axis=-1)
    gone = warp.forward(start + np.where(known[..., None], vectors, 0.0)) - end
    return np.where(known[..., None], gone, np.nan).astype(np.float32)


def hidden(sample: Sample, hole: Array, fill: float | Array, least_visible: float = LEAST_VISIBLE) -> Sample:
    """The sample with a region, bool (h, w), covered: what lies under it is no longer labelled.

    Masks lose the pixels and their boxes shrink with them; a box without a mask keeps its extent while at least
    `least_visible` of it can be seen; keypoints under the hole are invisible, flow and label maps unknown.
    """
    image = sample.image.copy()
    image[hole] = np.asarray(fill).astype(image.dtype)
    out = replace(sample, image=image)
    if sample.labels is not None:
        out = replace(out, labels=np.where(hole, sample.unlabelled, sample.labels).astype(sample.labels.dtype))
    if sample.flow is not None:
        out = replace(out, flow=np.where(hole[..., None], np.nan, sample.flow).astype(np.float32))
    if sample.keypoints is not None and sample.visible is not None:
        x, y = np.floor(np.nan_to_num(sample.keypoints)).astype(np.int64).clip(0).T
        under = hole[np.minimum(y.T, hole.shape[0] - 1), np.minimum(x.T, hole.shape[1] - 1)]
        out = replace(out, visible=sample.visible & ~under)
    if sample.boxes is None:
        return out
    if sample.masks is not None:
        masks = sample.masks & ~hole
        boxes = tight(masks)
        return _only(replace(out, masks=masks, boxes=boxes), ~np.isnan(boxes[:, 0]))
    seen = np.array([_seen(hole, box) for box in sample.boxes])
    return _only(out, seen >= least_visible) if len(seen) else out


def _seen(hole: Array, box: Array) -> float:
    """The share of a box that a hole leaves."""
    left, top, right, bottom = (
        int(v) for v in (np.floor(box[0]), np.floor(box[1]), np.ceil(box[2]), np.ceil(box[3]))
    )
    part = hole[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return float(1 - part.mean()) if part.size else 1.0
