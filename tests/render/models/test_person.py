"""People and how they move: sizes as asked, feet that stay where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from abound.errors import InputError, UnknownName
from abound.render.models import gait, pram, rider, wheelchair
from abound.render.models.figure import Figure, places
from abound.render.models.person import person
from abound.render.models.wardrobe import DYES


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def adult() -> Figure:
    return person(
        "adult", rng=seeded(), height=1.75, clothes=("t-shirt", "jeans"), colours={"top": "red"}, detail="low"
    )


@pytest.fixture(scope="module")
def child() -> Figure:
    return person("child", rng=seeded(1), height=1.1, clothes=("hoodie", "trousers"), detail="low")


def volume(figure: Figure, at: np.ndarray) -> float:
    t = at[figure.mesh.faces]
    return float(np.einsum("ij,ij->i", t[:, 0], np.cross(t[:, 1], t[:, 2])).sum() / 6)


def soles(figure: Figure, distance: np.ndarray, speed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the joint of the toes of each foot is in the world, and whether the toes lie on the ground."""
    rotations, root = gait.pose(figure, distance, speed)
    joints = places(figure.skeleton, rotations, root)
    toes = np.stack([joints[:, figure.skeleton.at(f"{s} toes")] for s in ("left", "right")], 1)
    toes[..., 0] += distance[:, None]
    flat = np.stack([rotations[:, figure.skeleton.at(f"{s} toes"), 2, 2] for s in ("left", "right")], 1) > 1 - 1e-9
    return toes, flat


def test_height_and_colour_are_as_asked(adult: Figure) -> None:
    still = gait.stand(adult, np.zeros(1))
    assert abs(adult.height - 1.75) < 1e-12
    assert abs(np.ptp(still[0, :, 2]) - 1.75) < 0.02  # standing people do not lock their knees
    assert any(m.colour == DYES["red"] for m in adult.mesh.materials)
    assert np.allclose(adult.weights.sum(axis=1), 1)
    assert 0.04 < volume(adult, adult.mesh.vertices) < 0.25


@pytest.mark.parametrize("speed", [0.7, 1.4, 3.5])
def test_a_stride_closes_feet_stay_on_the_ground_and_nothing_explodes(adult: Figure, speed: float) -> None:
    leg = adult.sizes["leg"]
    length = float(gait.stride(np.array([speed]), leg, gait.runs(np.array([speed]), leg))[0])
    v = gait.walk(adult, np.linspace(0, length, 13), np.full(13, speed))
    assert np.abs(v[0] - v[-1]).max() < 1e-9
    assert v[..., 2].min() > -0.02
    assert (v[..., 2].min(axis=1) < 0.12).all()
    assert np.abs(v[..., :2]).max() < 1.1
    assert v[..., 2].max() < 1.80
    rest = volume(adult, adult.mesh.vertices)
    assert all(0.93 * rest < volume(adult, f) < 1.07 * rest for f in v)


def test_a_foot_does_not_skate_also_when_the_speed_changes(adult: Figure) -> None:
    t = np.linspace(0, 4, 160)
    speed = 1.2 + 0.4 * np.sin(1.5 * t)
    distance = np.concatenate([[0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(t))])
    toes, flat = soles(adult, distance, speed)
    for side in range(2):
        both = flat[1:, side] & flat[:-1, side] & (np.abs(toes[:-1, side, 2] - adult.sizes["joint"]) < 1e-3)
        step = np.linalg.norm(np.diff(toes[:, side], axis=0), axis=1)[both]
        assert both.sum() > 40
        assert np.median(step) < 1e-3
        assert step.max() < 0.002


def test_usual_steps_are_those_of_people() -> None:
    walk = gait.stride(np.array([1.4]), 0.93, np.zeros(1))[0]
    assert 1.40 < walk < 1.55  # cadence 1.8 to 2 steps a second
    run = gait.stride(np.array([3.0]), 0.93, np.ones(1))[0]
    assert 2.1 < run < 2.3  # 2.7 to 2.8 steps a second
    assert gait.runs(np.array([1.4, 3.0]), 0.93).tolist() == [0.0, 1.0]


def test_children_have_larger_heads_and_run_sooner(adult: Figure, child: Figure) -> None:
    assert child.sizes["head"] / child.height > 1.2 * adult.sizes["head"] / adult.height
    assert child.sizes["leg"] / child.height < adult.sizes["leg"] / adult.height
    assert (
        gait.runs(np.array([2.1]), child.sizes["leg"])[0] > 0.5 > gait.runs(np.array([2.1]), adult.sizes["leg"])[0]
    )


def test_one_seed_gives_one_person() -> None:
    a, b = (person("child", rng=seeded(5), detail="low") for _ in range(2))
    assert np.array_equal(a.mesh.vertices, b.mesh.vertices)
    assert a.mesh.materials == b.mesh.materials


def test_a_phone_is_at_the_ear() -> None:
    figure = person("adult", rng=seeded(2), height=1.7, clothes=("shirt", "jeans", "phone"), detail="low")
    rotations, root = gait.pose(figure, np.linspace(0, 1, 5), np.full(5, 1.2))
    joints = places(figure.skeleton, rotations, root)
    gap = joints[:, figure.skeleton.at("right hand")] - joints[:, figure.skeleton.at("head")]
    assert (np.linalg.norm(gap, axis=1) < 0.18).all()


BIKE = {
    name: np.array(at)
    for name, at in {
        "saddle": (-0.29, 0, 0.90),
        "grip_left": (0.18, 0.28, 1.03),
        "grip_right": (0.18, -0.28, 1.03),
        "crank": (-0.08, 0, 0.28),
        "pedal_left": (0.09, 0.11, 0.28),
        "pedal_right": (-0.25, -0.11, 0.28),
    }.items()
}


def test_a_rider_keeps_feet_on_pedals_and_hands_on_grips() -> None:
    figure = rider.rider("bicycle", BIKE, rng=seeded(3), height=1.72, detail="low")
    crank = np.linspace(0, 2 * np.pi, 9)
    v = rider.ride(figure, BIKE, crank)
    assert np.abs(v[0] - v[-1]).max() < 1e-9
    rotations, root = rider._posed(figure, BIKE, crank)
    joints = places(figure.skeleton, rotations, root)
    ball = joints[:, figure.skeleton.at("left toes")]
    turn = np.stack([np.cos(crank), np.zeros(9), -np.sin(crank)], -1) * 0.17 + BIKE["crank"] + [0, 0.12, 0]
    assert np.linalg.norm(ball - turn, axis=1).max() < 0.07
    wrist = joints[:, figure.skeleton.at("left hand")]
    assert np.abs(np.linalg.norm(wrist - BIKE["grip_left"], axis=1) - 0.08).max() < 0.03
    with pytest.raises(InputError, match="grip_left"):
        rider.rider("bicycle", {"saddle": BIKE["saddle"]}, rng=seeded())


def test_wheels_turn_by_the_distance() -> None:
    figure = wheelchair.wheelchair(rng=seeded(4), height=1.30, detail="low")
    d = np.array([0.0, np.pi * wheelchair.RIM, 2 * np.pi * wheelchair.RIM])
    v = wheelchair.roll(figure, d, np.zeros(3))
    assert abs(v[0, :, 2].max() - 1.30) < 1e-3
    wheel = figure.weights[:, figure.skeleton.at("left wheel")] == 1
    axle = figure.skeleton.joints[figure.skeleton.at("left wheel")]
    assert np.allclose(v[1, wheel] - axle, (v[0, wheel] - axle) * [-1, 1, -1], atol=1e-9)
    assert np.allclose(v[2, wheel], v[0, wheel], atol=1e-9)
    carriage = pram.pram(rng=seeded(6), height=1.7, detail="low")
    assert pram.push(carriage, np.linspace(0, 1, 3), np.full(3, 1.1))[..., 2].min() > -0.02


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"age": "grandma"}, UnknownName, "known|did you mean"),
        ({"height": 2.4}, InputError, "1.50 to 1.95"),
        ({"clothes": ["trouser"]}, UnknownName, "did you mean 'trousers'"),
        ({"clothes": ["skirt", "jeans"]}, InputError, "jeans and skirt|skirt and jeans"),
        ({"colours": {"top": "blau"}}, UnknownName, "blau"),
        ({"colours": {"topp": "blue"}}, UnknownName, "did you mean 'top'"),
        ({"colours": {"top": (2, 0, 0)}}, InputError, "0 to 1"),
        ({"girth": 9}, InputError, "girth"),
        ({"hair": "mohawk"}, UnknownName, "mohawk"),
    ],
)
def test_what_cannot_be_is_named(asked: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        person(rng=seeded(), **{"age": "adult", **asked})
