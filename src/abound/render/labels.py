"""Every exact label of a clip, frame after frame: depth, normals, classes, instances, flow, occlusion, boxes, pose.

All of it comes from one ray through each pixel centre, met in double precision; nothing is read from a picture. A
frame's labels depend on the world and the frame's number alone, so frames may be spread over processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from abound.errors import InputError
from abound.pixels.cityscapes import SKY
from abound.render.boxes import ObjectLabel, object_labels
from abound.render.camera import camera_named, pose_of
from abound.render.flow import Flow, View, flow_between, view
from abound.render.rays import Hits, Moment, Scene
from abound.render.world import Camera, World

Array = np.ndarray[Any, Any]


class Labels(NamedTuple):
    """The labels of one frame of one camera."""

    frame: int
    depth: Array  # float64 (h, w), metres along the optical axis (z-depth), inf in the sky
    normals: Array  # float32 (h, w, 3), unit, world frame, of the triangle, on the camera's side; 0 in the sky
    semantic: Array  # uint8 (h, w), Cityscapes label ids; sky = 23
    instance: Array  # int32 (h, w), 0 where not counted; the same number in every frame of the clip
    triangle: Array  # int32 (h, w), -1 in the sky; the same number in every frame of the clip
    forward: Flow | None  # to frame + gap; None where the clip has no such frame
    backward: Flow | None  # to frame - gap
    objects: list[ObjectLabel]
    pose: Array  # float64 (4, 4), world-from-camera
    hits: Hits  # what the pixels' rays met, row by row: a picture may be shaded on them
    moment: Moment  # the world in this frame, to cast more rays


def labels(
    world: World | Scene, camera: str = "front", frames: Sequence[int] | None = None, gap: int = 1
) -> Iterator[Labels]:
    """Labels of the frames in their order; pixels are cast once for each frame, also where gaps overlap.

    Args:
        world: the clip, or its `Scene`, which saves building it again for further cameras or calls.
        camera: name of the camera.
        frames: numbers of the frames, all by default. Any subset gives the same bytes for a frame.
        gap: frames between the two frames of flow, 1 or more.

    Raises:
        InputError: a world, camera, frame number or gap that cannot be labelled.
        UnknownName: no camera of that name.
        MissingExtra: embreex or numba is not installed.
    """
    scene = world if isinstance(world, Scene) else None
    clip = world.world if isinstance(world, Scene) else world
    lens = camera_named(clip, camera)
    wanted = list(range(clip.frames)) if frames is None else [int(f) for f in frames]
    odd = [f for f in wanted if not 0 <= f < clip.frames]
    if odd:
        raise InputError(f"the clip has frames 0 to {clip.frames - 1}, so there is no frame {odd[0]}")
    if gap < 1 or (gap >= clip.frames > 1):
        raise InputError(
            f"a gap of {gap} frames does not fit a clip of {clip.frames}: use 1 to {max(1, clip.frames - 1)}"
        )
    return _stream(scene or Scene(clip), lens, wanted, gap)


def _stream(scene: Scene, camera: Camera, wanted: list[int], gap: int) -> Iterator[Labels]:
    last_use: dict[int, int] = {}
    for place, number in enumerate(wanted):
        last_use |= {number: place, number - gap: place, number + gap: place}
    kept: dict[int, View] = {}
    for place, number in enumerate(wanted):
        for each in (number - gap, number, number + gap):
            if each not in kept and 0 <= each < scene.world.frames:
                kept[each] = view(scene.at(each), camera)
        here = kept[number]
        yield _frame(here, kept.get(number + gap), kept.get(number - gap), camera)
        kept = {k: v for k, v in kept.items() if last_use[k] > place}


def _frame(here: View, after: View | None, before: View | None, camera: Camera) -> Labels:
    from abound.render.kernels_flow import surface

    moment, hits = here.moment, here.hits
    shape, h, w = moment.geometry, camera.height, camera.width
    normals, semantic = np.empty((h * w, 3), np.float32), np.empty(h * w, np.uint8)
    instance = np.empty(h * w, np.int32)
    eye = pose_of(camera, moment.frame.number)[:3, 3]
    surface(
        hits.triangle, eye, moment.frame.vertices, shape.faces, shape.body, shape.semantic, shape.instance, SKY,
        normals, semantic, instance,
    )  # fmt: skip
    return Labels(
        frame=moment.frame.number,
        depth=hits.distance.reshape(h, w),
        normals=normals.reshape(h, w, 3),
        semantic=semantic.reshape(h, w),
        instance=instance.reshape(h, w),
        triangle=hits.triangle.reshape(h, w),
        forward=flow_between(here, after, camera) if after else None,
        backward=flow_between(here, before, camera) if before else None,
        objects=object_labels(moment, hits, camera),
        pose=pose_of(camera, moment.frame.number),
        hits=hits,
        moment=moment,
    )
