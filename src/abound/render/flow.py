"""Optical flow over any gap between frames, and whether the point is seen in the other frame.

The point that a pixel shows is known in double precision as a triangle and weights. The triangle's corners in the
other frame say where the point is then, whether its body stands, moves or deforms, and the other frame's camera
says where that is in the image. Nothing is matched or interpolated. The sky is infinitely far away and only
turns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from abound.render.camera import lens, pose_of, rays_at
from abound.render.rays import Hits, Moment, primary, seen
from abound.render.world import Camera

Array = np.ndarray[Any, Any]
VISIBLE, OCCLUDED, OUTSIDE = 0, 1, 2
SLACK = 1e-9  # relative: what is nearer than the point by more than this hides it


class Flow(NamedTuple):
    """From the pixels of one frame to another frame."""

    vectors: Array  # float64 (h, w, 2), pixels, (right, down); nan where the point is not before the other camera
    occlusion: Array  # uint8 (h, w): 0 the point is seen in the other frame, 1 hidden, 2 out of the frame
    depth: Array  # float64 (h, w), z-depth of the point in the other frame; inf for the sky, nan as above


class View(NamedTuple):
    """A camera's view of one frame, cast once and used for the flow from it and to it."""

    moment: Moment
    hits: Hits  # of the pixel centres, row by row
    calm: Array  # int32 (h * w,), the plane that all pixels about a place show, or -1


def view(moment: Moment, camera: Camera) -> View:
    """Cast a frame."""
    from abound.render.kernels_flow import calm

    hits = primary(moment, camera)
    return View(moment, hits, calm(hits.triangle, moment.geometry.plane, camera.width, camera.height))


def flow_between(here: View, there: View, camera: Camera) -> Flow:
    """Flow from one frame to another of the same camera, exact to rounding, and occlusion.

    Occlusion is decided by a ray from the other camera through the target, except where the other frame's pixels
    say it without one: out of the frame, or nothing but the point's own plane for several pixels around.
    """
    from abound.render.kernels_flow import UNDECIDED, carried, first_look, second_look

    w, h = camera.width, camera.height
    vectors, depth, state = np.empty((h * w, 2)), np.empty(h * w), np.empty(h * w, np.uint8)
    before, after = pose_of(camera, here.moment.frame.number), pose_of(camera, there.moment.frame.number)
    hits, shape = here.hits, here.moment.geometry
    carried(
        hits.triangle, hits.weights, before, shape.faces, there.moment.frame.vertices, after, lens(camera),
        float(camera.near), w, vectors, depth,
    )  # fmt: skip
    first_look(hits.triangle, vectors, shape.plane, there.calm, w, h, state)
    open_ = np.flatnonzero(state == UNDECIDED).astype(np.int32)
    if len(open_):
        targets = vectors[open_] + np.stack([open_ % w + 0.5, open_ // w + 0.5], axis=1)
        at = seen(there.moment, camera, *rays_at(camera, there.moment.frame.number, targets))
        second_look(open_, hits.triangle, depth, at.triangle, at.distance, SLACK, state)
    return Flow(vectors.reshape(h, w, 2), state.reshape(h, w), depth.reshape(h, w))
