"""Meshes of the user's own: glTF, GLB, OBJ, PLY, STL, read by trimesh and stood on the road."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from abound.errors import InputError, MissingExtra, did_you_mean, install_line
from abound.pixels.cityscapes import CITYSCAPES, label_id
from abound.render.mesh import Material, Mesh, join, mesh, pose
from abound.render.section import Section
from abound.render.spec import Model3D
from abound.render.world import Body

SUFFIXES = (".glb", ".gltf", ".obj", ".ply", ".stl")
MOST = 500_000  # triangles of one mesh
_UP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # glTF: y up, z forward -> z up, x forward


def own_bodies(models: tuple[Model3D, ...], made: Section, numbers: count[int]) -> list[Body]:
    """A static body for each, an instance of its own; InputError names the file that cannot be used."""
    out = []
    for model in models:
        if model.semantic not in CITYSCAPES:
            raise InputError(f"models: no class {model.semantic!r}: {did_you_mean(model.semantic, CITYSCAPES)}")
        part = read_mesh(Path(model.path))
        if model.size is not None:
            part = part._replace(vertices=part.vertices * (model.size / float(np.ptp(part.vertices, axis=0).max())))
        x, y, heading = made.line.at(model.distance, made.lane(0) + model.offset)
        at = pose(float(x), float(y), 0.0, float(heading) + float(np.radians(model.yaw)))
        out.append(Body(part, at, label_id(model.semantic), next(numbers), model.name))
    return out


def read_mesh(path: Path) -> Mesh:
    """One mesh in the object frame (x forward, z up), its foot on z = 0, in metres as the file has them."""
    try:
        import trimesh
    except ImportError as error:
        raise MissingExtra(f"trimesh is not installed: run  {install_line('scenes')}") from error
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} is no mesh file: give one of {', '.join(SUFFIXES)}")
    if not path.is_file():
        raise InputError(f"there is no mesh file {path}: check the path in the scene's models")
    try:
        loaded: Any = trimesh.load_scene(path)
        parts = [g for g in loaded.dump(concatenate=False) if isinstance(g, trimesh.Trimesh)]
    except Exception as error:  # a parser of many formats fails in as many ways
        raise InputError(
            f"{path} cannot be read as a mesh ({type(error).__name__}: {error}): export it again"
        ) from error
    parts = [p for p in parts if len(p.faces)]
    if not parts:
        raise InputError(f"{path} holds no triangles: export the model as a mesh")
    if sum(len(p.faces) for p in parts) > MOST:
        raise InputError(f"{path} has more than {MOST:,} triangles: simplify it before use")
    whole = join([_converted(p) for p in parts])
    if not np.isfinite(whole.vertices).all():
        raise InputError(f"{path} has vertices that are not finite numbers: export it again")
    if path.suffix.lower() in (".glb", ".gltf"):
        whole = whole._replace(vertices=whole.vertices @ _UP.T)
    low, high = whole.vertices.min(axis=0), whole.vertices.max(axis=0)
    if float((high - low).max()) == 0.0:
        raise InputError(f"{path} has no extent: all of its vertices are one point")
    middle = (low + high) / 2
    return whole._replace(vertices=whole.vertices - [middle[0], middle[1], low[2]])


def _converted(part: Any) -> Mesh:
    """One geometry with its texture, or its mean colour where it has none."""
    visual = part.visual
    uv = getattr(visual, "uv", None)
    picture = getattr(getattr(visual, "material", None), "baseColorTexture", None)
    picture = picture if picture is not None else getattr(getattr(visual, "material", None), "image", None)
    faces = np.asarray(part.faces)
    if uv is not None and picture is not None:
        image = np.asarray(picture.convert("RGB"))
        return mesh(part.vertices, faces, Material((1.0, 1.0, 1.0), 0.6, image=image), np.asarray(uv)[faces])
    main = np.asarray(getattr(visual, "main_color", (160, 160, 160, 255)), float)[:3] / 255
    red, green, blue = (float(c) for c in main**2.2)
    return mesh(part.vertices, faces, Material((red, green, blue), 0.6))
