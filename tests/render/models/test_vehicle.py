"""Every kind of vehicle: sound geometry, the size, colour and text that were asked for, wheels on the ground."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from abound.errors import InputError, UnknownName
from abound.pixels.cityscapes import CITYSCAPES
from abound.render.models.finish import COLOURS
from abound.render.models.model import Model, extent, whole
from abound.render.models.vehicle import KINDS, vehicle

Array = np.ndarray[Any, Any]


@lru_cache(maxsize=256)
def made(kind: str, detail: str = "high") -> Model:
    return vehicle(kind, detail=detail, rng=np.random.default_rng(5))  # type: ignore[arg-type]


def areas(vertices: Array, faces: Array) -> Array:
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


@pytest.mark.parametrize("detail", ["high", "low"])
@pytest.mark.parametrize("kind", KINDS)
def test_geometry_is_sound(kind: str, detail: str) -> None:
    model = made(kind, detail)
    low, high = extent(model.parts)
    assert np.allclose(high - low, model.size, atol=1e-9)
    assert abs(low[2]) < 1e-9
    assert np.allclose(low[:2], -high[:2], atol=1e-9)
    assert model.semantic in CITYSCAPES
    for part in model.parts:
        assert np.isfinite(part.mesh.vertices).all()
        assert part.mesh.faces.min() >= 0
        assert part.mesh.faces.max() < len(part.mesh.vertices)
        assert part.mesh.material.max() < len(part.mesh.materials)
        assert areas(part.mesh.vertices, part.mesh.faces).min() > 1e-10


@pytest.mark.parametrize("kind", KINDS)
def test_wheels_stand_on_the_ground_and_are_round(kind: str) -> None:
    model = made(kind)
    wheels = [p for p in model.parts if p.role.endswith("wheel")]
    assert len(wheels) >= 2 or kind == "excavator"
    for wheel in wheels:
        rim = np.hypot(wheel.mesh.vertices[:, 0], wheel.mesh.vertices[:, 2])
        assert abs(wheel.pivot[2] + wheel.mesh.vertices[:, 2].min()) < 2e-3
        assert wheel.pivot[2] == pytest.approx(wheel.radius, rel=0.02)
        assert rim.max() == pytest.approx(wheel.radius, rel=0.02)


def inward_shells(model: Model) -> int:
    """How many closed pieces of the model are inside out, by their signed volume."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    mesh = whole(model)
    _, same = np.unique(np.round(mesh.vertices / 1e-6).astype(np.int64), axis=0, return_inverse=True)
    faces = same.reshape(-1)[mesh.faces]
    n = faces.max() + 1
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    _, piece = connected_components(coo_matrix((np.ones(len(edges)), edges.T), shape=(n, n)), directed=False)
    of = piece[faces[:, 0]]
    lonely = edges[:, 0] * n + edges[:, 1]
    back = edges[:, 1] * n + edges[:, 0]
    open_ = np.unique(np.tile(of, 3)[~np.isin(lonely, back)])
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    volume = np.bincount(of, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6, minlength=piece.max() + 1)
    closed = np.setdiff1d(np.unique(of), open_)
    assert len(closed) >= 3
    return int((volume[closed] < -1e-9).sum())


QUICK = ("estate", "van", "semi_truck", "bicycle", "excavator", "fire_engine")


@pytest.mark.parametrize("kind", [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in KINDS])
def test_closed_pieces_have_their_outside_outside(kind: str) -> None:
    assert inward_shells(made(kind)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_from_outside_one_sees_fronts_only(kind: str) -> None:
    embree = pytest.importorskip("embreex.rtcore_scene")
    from embreex.mesh_construction import TriangleMesh

    mesh = whole(made(kind))
    corners = mesh.vertices[mesh.faces].astype(np.float32)
    scene = embree.EmbreeScene()
    TriangleMesh(scene, corners)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    rng = np.random.default_rng(0)
    around = rng.normal(size=(20_000, 3))
    around[:, 2] = np.abs(around[:, 2]) / 2
    start = (low + high) / 2 + around / np.linalg.norm(around, axis=1, keepdims=True) * np.linalg.norm(high - low)
    ahead = low + (high - low) * rng.random((20_000, 3)) - start
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    hit = scene.run(start.astype(np.float32), ahead.astype(np.float32))
    seen = hit >= 0
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[hit[seen]]
    assert ((normal * ahead[seen]).sum(1) > 0).mean() < 0.003


BUDGET = {"car": 7_600, "truck": 10_800, "bus": 10_800, "bicycle": 3_000, "motorcycle": 4_000}


@pytest.mark.parametrize("kind", KINDS)
def test_triangles_stay_in_their_budget(kind: str) -> None:
    high, low = (sum(len(p.mesh.faces) for p in made(kind, d).parts) for d in ("high", "low"))
    assert high <= BUDGET.get(KINDS[kind].semantic, 6_000)
    assert low <= 0.65 * high


def test_same_seed_same_bytes_and_another_seed_another_car() -> None:
    one, two = (vehicle("estate", rng=np.random.default_rng(9)) for _ in range(2))
    assert all(
        a.mesh.vertices.tobytes() == b.mesh.vertices.tobytes() for a, b in zip(one.parts, two.parts, strict=True)
    )
    other = vehicle("estate", rng=np.random.default_rng(10))
    assert other.size != one.size


@pytest.mark.parametrize("kind", ["hatchback", "semi_truck", "bus", "bicycle", "scooter", "tractor", "caravan"])
def test_size_is_exactly_what_was_asked(kind: str) -> None:
    usual = KINDS[kind].size
    asked = {"length": usual[0] * 1.13, "width": usual[1] * 0.94, "height": usual[2] * 1.06}
    model = vehicle(kind, size=asked, rng=np.random.default_rng(0))
    low, high = extent(model.parts)
    assert np.allclose(high - low, list(asked.values()), atol=1e-9)
    for part in model.parts:
        if part.role.endswith("wheel"):  # still round, so that it spins without a wobble
            span = part.mesh.vertices.max(0) - part.mesh.vertices.min(0)
            assert span[0] == pytest.approx(span[2], rel=0.02)


@pytest.mark.parametrize("name", COLOURS)
def test_most_of_a_car_has_the_colour_that_was_asked(name: str) -> None:
    model = vehicle("hatchback", colour=name, detail="low", rng=np.random.default_rng(2))
    body = model.parts[0].mesh
    area = areas(body.vertices, body.faces)
    painted = np.array([m.colour == COLOURS[name] and m.pattern == "paint" for m in body.materials])[body.material]
    outside = np.array([max(m.colour) > 0.0061 for m in body.materials])[body.material]
    assert area[painted].sum() > 0.55 * area[outside].sum()


def test_given_texts_are_on_the_vehicle() -> None:
    sheet = np.full((40, 90, 3), 200, np.uint8)
    model = vehicle("truck", texts={"plate": sheet, "side": sheet}, detail="low", rng=np.random.default_rng(1))
    mesh = model.parts[0].mesh
    shown = np.array([m.image is sheet for m in mesh.materials])[mesh.material]
    corners, uv = mesh.vertices[mesh.faces[shown]], mesh.uv[shown]
    assert shown.sum() == 8  # two plates and two sides, two triangles each
    left = corners[:, :, 1].min(1) > 0.9
    # On the left side one reads from the front to the rear, which is from high to low x.
    along = corners[left][:, :, 0].ravel(), uv[left][:, :, 0].ravel()
    assert np.corrcoef(*along)[0, 1] < -0.99
    right = corners[:, :, 1].max(1) < -0.9
    assert np.corrcoef(corners[right][:, :, 0].ravel(), uv[right][:, :, 0].ravel())[0, 1] > 0.99


def test_a_given_text_changes_nothing_else() -> None:
    plain, named = (
        vehicle("van", texts=t, detail="low", rng=np.random.default_rng(3)) for t in (None, {"side": "MINT"})
    )
    assert plain.size == named.size
    assert plain.parts[0].mesh.vertices.tobytes() == named.parts[0].mesh.vertices.tobytes()


def test_lamps_and_places_are_where_they_belong() -> None:
    model = made("sedan")
    lamps = {m.lamp for p in model.parts for m in p.mesh.materials if m.lamp}
    assert {"head", "tail", "brake", "turn", "reverse"} <= lamps
    assert "blue" in {m.lamp for p in made("ambulance").parts for m in p.mesh.materials}
    assert model.points["head_left"][0] > 0.4 * model.size[0]
    assert model.points["head_left"][1] > 0 > model.points["head_right"][1]
    bike = made("bicycle")
    assert {"saddle", "grip_left", "grip_right", "pedal_left", "pedal_right"} <= set(bike.points)
    assert [p.role for p in bike.parts] == ["body", "front_wheel", "wheel", "crank"]


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"kind": "hatchbak"}, UnknownName, "did you mean 'hatchback'"),
        ({"colour": "bleu"}, UnknownName, "did you mean 'blue'"),
        ({"colour": (2.0, 0, 0)}, InputError, "numbers from 0 to 1"),
        ({"size": {"length": 12.0}}, InputError, "length of about 4.08 m"),
        ({"size": {"lenght": 4.0}}, UnknownName, "did you mean 'length'"),
        ({"texts": {"plates": "A"}}, UnknownName, "did you mean 'plate'"),
        ({"detail": "medium"}, InputError, "'high' or 'low'"),
        ({"texts": {"plate": np.zeros((4, 4))}}, InputError, "uint8"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(change: dict[str, Any], error: type[Exception], says: str) -> None:
    kind = change.pop("kind", "hatchback")
    with pytest.raises(error, match=says):
        vehicle(kind, **change, rng=np.random.default_rng(0))
