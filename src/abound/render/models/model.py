"""What a vehicle builder gives: a body, wheels that turn on their own, its size, and places such as lamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from abound.render.mesh import Mesh, bounds, join

Array = np.ndarray[Any, Any]
Size = tuple[float, float, float]


class Part(NamedTuple):
    """A rigid piece. The mesh is in the part's own frame, whose origin is the pivot; wheels turn about y."""

    mesh: Mesh
    pivot: Array  # float64 (3,), where the part's origin is in the object frame
    role: str = "body"  # "body", "wheel", "front_wheel" (spins and steers), "crank", "trailer", "arm"
    radius: float = 0.0  # of a wheel, metres: it turns by distance / radius


class Model(NamedTuple):
    """A vehicle at rest: its parts, the box around all of them, its name and its class."""

    parts: tuple[Part, ...]
    size: Size  # length, width (over the mirrors), height, metres
    kind: str
    semantic: str  # name of the Cityscapes class
    points: Mapping[str, Array] = {}  # float64 (3,), object frame: "head_left", "saddle", "grip_left", ...


def whole(model: Model) -> Mesh:
    """All parts in one mesh, in the object frame, as at rest."""
    return join([p.mesh._replace(vertices=p.mesh.vertices + p.pivot) for p in model.parts])


def extent(parts: Sequence[Part]) -> tuple[Array, Array]:
    """Lowest and highest corner of the box around all parts, object frame."""
    corners = [np.stack(bounds(p.mesh)) + p.pivot for p in parts if len(p.mesh.faces)]
    return np.min([c[0] for c in corners], axis=0), np.max([c[1] for c in corners], axis=0)


def fitted(model: Model, size: Size) -> Model:
    """The model with exactly that size, its box on the ground and about the origin.

    Builders already aim at the size; what remains (a mirror, a bumper's curve) is a factor near 1 for each axis.
    Wheels keep round: they take the factor of the height in both directions, which also keeps them on the ground.
    """
    parts = list(model.parts)
    for _ in range(60):  # round wheels break the plain proportion, so go over what is left until nothing is
        low, high = extent(parts)
        if np.abs((high - low) / np.asarray(size) - 1).max() < 1e-12:
            break
        factor = np.asarray(size) / (high - low)
        middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
        parts = [_scaled(p, factor, middle) for p in parts]
        points = {k: (np.asarray(v, float) - middle) * factor for k, v in model.points.items()}
        model = model._replace(points=points)
    low, high = extent(parts)
    length, width, height = (float(v) for v in high - low)
    kept = tuple(p._replace(mesh=_sound(p.mesh)) for p in parts)
    return model._replace(parts=kept, size=(length, width, height))


def _sound(part: Mesh) -> Mesh:
    """Without faces that have no area, as at the poles of an ellipsoid: they have no normal."""
    corners = part.vertices[part.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    keep = area > 1e-9
    if keep.all():
        return part
    return part._replace(faces=part.faces[keep], material=part.material[keep], uv=part.uv[keep])


def _scaled(part: Part, factor: Array, middle: Array) -> Part:
    turning = part.radius > 0 and part.role != "crank"
    own = np.array([factor[2], factor[1], factor[2]]) if turning else factor
    pivot = (np.asarray(part.pivot, float) - middle) * factor
    grown = part.mesh._replace(vertices=part.mesh.vertices * own)
    return part._replace(mesh=grown, pivot=pivot, radius=part.radius * float(factor[2]))
