"""Animals: sizes as asked, hooves that stay where they stand, gaits that close."""

from __future__ import annotations

import numpy as np
import pytest

from abound.errors import InputError, UnknownName
from abound.render.models import quadruped
from abound.render.models.animal import animal
from abound.render.models.figure import Figure, places, turns
from abound.render.models.species import SPECIES


@pytest.fixture(scope="module")
def herd() -> dict[str, Figure]:
    return {k: animal(k, rng=np.random.default_rng(1), antlers=True, detail="low") for k in SPECIES}


def volume(figure: Figure, at: np.ndarray) -> float:
    t = at[figure.mesh.faces]
    return float(np.einsum("ij,ij->i", t[:, 0], np.cross(t[:, 1], t[:, 2])).sum() / 6)


@pytest.mark.parametrize("kind", SPECIES)
def test_every_gait_closes_and_keeps_the_ground(herd: dict[str, Figure], kind: str) -> None:
    figure = herd[kind]
    hip, rest = figure.sizes["hip"], volume(figure, figure.mesh.vertices)
    assert rest > 0.0
    assert np.allclose(figure.weights.sum(axis=1), 1)
    for gait, froude in (("walk", 0.2), ("trot", 1.2), ("gallop", 4.0)):
        speed = np.sqrt(froude * 9.81 * hip)
        assert quadruped.gait_at(speed, hip) == gait
        length = float(quadruped.stride(np.array([speed]), hip)[0])
        v = quadruped.go(figure, np.linspace(0, length, 7), np.full(7, speed))
        assert np.abs(v[0] - v[-1]).max() < 1e-9
        assert v[..., 2].min() > -0.02
        assert np.ptp(v, axis=1).max() < 1.6 * np.ptp(figure.mesh.vertices, axis=0).max()
        assert all(0.85 * rest < volume(figure, f) < 1.15 * rest for f in v)


def test_a_planted_hoof_does_not_move(herd: dict[str, Figure]) -> None:
    figure = herd["horse"]
    speed = np.full(60, 1.6)
    distance = np.linspace(0, 2.0, 60)
    rotations, root = quadruped.pose(figure, distance, speed, "walk", 0.0)
    joints = places(figure.skeleton, rotations, root)
    b = figure.skeleton.at("left front hoof")
    tip = joints[:, b] + rotations[:, b] @ np.array([0, 0, -figure.sizes["front 3"]])
    tip[:, 0] += distance
    down = tip[:, 2] < 1e-3
    both = down[1:] & down[:-1]
    assert both.sum() > 20
    assert np.median(np.linalg.norm(np.diff(tip, axis=0), axis=1)[both]) < 1e-6


def test_the_withers_are_as_high_as_asked() -> None:
    figure = animal("elk", rng=np.random.default_rng(2), height=1.9, antlers=False, detail="low")
    assert abs(figure.height - 1.9) < 1e-12
    v = figure.mesh.vertices
    shoulder = figure.joints[figure.skeleton.at("left arm")][0]
    hump = (
        (v[:, 0] < shoulder) & (v[:, 0] > shoulder - 0.4) & (figure.weights[:, figure.skeleton.at("chest")] > 0.5)
    )
    assert abs(v[hump, 2].max() - 1.9) < 0.02
    assert np.ptp(quadruped.stand(figure, np.array([0.0, 0.5]))[..., 2].min(axis=1)) < 0.01


def test_one_seed_gives_one_animal_and_turns_are_rotations() -> None:
    a, b = (animal("deer", rng=np.random.default_rng(9), detail="low") for _ in range(2))
    assert np.array_equal(a.mesh.vertices, b.mesh.vertices)
    assert np.allclose(turns(0.1, 0.2, 0.3) @ turns(0.1, 0.2, 0.3).T, np.eye(3))


def test_what_cannot_be_is_named() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(UnknownName, match="did you mean 'moose'"):
        animal("mose", rng=rng)
    with pytest.raises(InputError, match="withers"):
        animal("dog", rng=rng, height=3.0)
    with pytest.raises(UnknownName, match="gait"):
        quadruped.go(animal("dog", rng=rng, detail="low"), np.zeros(2), np.ones(2), "hop")
