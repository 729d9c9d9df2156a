"""What stands beside a street: buildings, trees, gardens, lights, signs, barriers. Static bodies and lamps."""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.pixels.cityscapes import label_id
from abound.render.ground import cross_line, pieces
from abound.render.line import Line
from abound.render.mesh import Mesh, join, moved, pose
from abound.render.models import furniture, sign, tree
from abound.render.models.building import building, facing
from abound.render.section import Section, stream
from abound.render.spec import Scene
from abound.render.world import Body, Light

Array = np.ndarray[Any, Any]
NEAR = 90.0  # metres from the cameras beyond which trees are coarse
DENSITY: dict[str, tuple[float, float]] = {  # share of the frontage that is built on, trees per 100 m and side
    "urban": (0.95, 5.0), "residential": (0.85, 6.0), "rural": (0.08, 5.0), "motorway": (0.04, 4.0),
}  # fmt: skip


def roadside(
    scene: Scene, made: Section, seed: int, keep: list[tuple[float, float]]
) -> tuple[list[Body], list[Light]]:
    """Bodies by class, and street lights. `keep`: ranges of s in which nothing tall may stand at the kerb."""
    parts: dict[str, list[Mesh]] = {}

    def add(name: str, part: Mesh) -> None:
        parts.setdefault(name, []).append(part)

    built, planted = DENSITY[scene.road.zone]
    built = built if scene.surroundings.buildings is None else scene.surroundings.buildings
    planted = planted if scene.surroundings.trees is None else 12.0 * scene.surroundings.trees
    for side in (1.0, -1.0):
        _fronts(scene, made, add, side, built, stream(seed, "fronts", side))
        _trees(scene, made, add, side, planted, stream(seed, "trees", side), [*keep, *_sight(scene, side)])
        if not made.pavement:
            _thicket(made, add, side, planted, stream(seed, "thicket", side), keep)
        if scene.road.zone == "residential":
            _gardens(made, add, side, stream(seed, "gardens", side))
        if made.pavement:
            _furniture(made, add, side, stream(seed, "furniture", side), keep)
    if made.cross is not None:
        _cross_fronts(scene, made, add, stream(seed, "cross fronts"))
        _traffic_lights(made, add, stream(seed, "lights"))
    if scene.road.zone == "motorway":
        _barriers(made, add)
    _woods(made, add, built > 0.7, stream(seed, "woods"))
    bodies = [Body(join(v), np.eye(4), label_id(k)) for k, v in parts.items()]
    return [*bodies, *_signs(scene, made)], _street_lights(scene, made, bodies)


def signs(scene: Scene, made: Section) -> list[tuple[sign.Made, Array]]:
    """Each sign that was asked for, with its world-from-object matrix."""
    out = []
    for wanted in scene.signs:
        side = 1.0 if wanted.side == "left" else -1.0
        far = {"billboard": 2.6, "direction": 1.7}.get(wanted.kind, 0.75)
        d = side * (made.edge + far + (0.0 if made.pavement else 0.8))
        x, y, heading = made.line.at(wanted.distance, d)
        # A little towards the road, as signs stand.
        yaw = float(heading) + np.pi - side * 0.08
        out.append((sign.sign(wanted.kind, wanted.text), pose(float(x), float(y), made.kerb, yaw)))
    return out


def _sight(scene: Scene, side: float) -> list[tuple[float, float]]:
    """Ranges of s before the signs of a side, in which a tree would hide what was asked for."""
    return [(w.distance - 18.0, w.distance + 4.0) for w in scene.signs if (w.side == "left") == (side > 0)]


def _signs(scene: Scene, made: Section) -> list[Body]:
    return [Body(s.mesh, p, label_id("traffic sign"), kind="sign") for s, p in signs(scene, made)]


def _fronts(scene: Scene, made: Section, add: Any, side: float, share: float, rng: np.random.Generator) -> None:
    """A row of buildings along one side, its gaps by the share that is built on."""
    zone = scene.road.zone
    low, high = made.gap()
    mouth = made.pavement + 1.0
    # A billboard is wider than a pavement: where there is one, a gap between the houses.
    wide = {w.distance for w in scene.signs if w.kind == "billboard" and (w.side == "left") == (side > 0)}
    s = made.start
    while s < made.end + 20.0:
        style = _style(zone, rng)
        width = float(
            {"house": rng.uniform(9, 13), "terrace": rng.uniform(5.5, 7.5)}.get(style, rng.uniform(10, 20))
        )
        gap = float({"house": rng.uniform(4, 9)}.get(style, 0.0 if rng.random() < 0.85 else rng.uniform(3, 7)))
        fewest, most = {"house": (1, 2), "terrace": (2, 3), "hall": (2, 2), "shop": (2, 4)}.get(style, (3, 7))
        storeys = int(rng.integers(fewest, most + 1))
        depth = float(rng.uniform(9, 12))
        middle = s + width / 2
        free = s + width < low - mouth or s > high + mouth
        free = free and not any(s - 1.0 < b and b - 6.0 < s + width for b in wide)
        if free and rng.random() < share:
            d = side * (made.front + float(rng.uniform(0, 0.6 if zone == "urban" else 3.0)))
            x, y, heading = made.line.at(middle, d)
            inwards = float(heading) - side * np.pi / 2
            add(
                "building",
                facing(building(style, width, depth, storeys, rng), float(x), float(y), made.kerb - 0.05, inwards),
            )
        s += width + gap


def _style(zone: str, rng: np.random.Generator) -> str:
    styles = {
        "urban": ("flats", "shop", "office", "terrace", "shop", "flats"), "residential": ("house", "house", "terrace"),
        "rural": ("house", "hall"), "motorway": ("hall", "house"),
    }[zone]  # fmt: skip
    return str(styles[rng.integers(len(styles))])


def _cross_fronts(scene: Scene, made: Section, add: Any, rng: np.random.Generator) -> None:
    """Buildings along both arms of the crossing street."""
    line = cross_line(made)
    for arm in (line, line._replace(heading=line.heading + np.pi)):
        for side in (1.0, -1.0):
            _arm_fronts(scene, made, add, arm, side, rng)


def _arm_fronts(scene: Scene, made: Section, add: Any, arm: Line, side: float, rng: np.random.Generator) -> None:
    s = made.front + 13.5
    while s < 85.0:
        style = _style(scene.road.zone, rng)
        width = float(rng.uniform(8, 14))
        front = made.cross_half + made.pavement + (4.0 if scene.road.zone != "urban" else 0.2)
        x, y, heading = arm.at(s + width / 2, side * front)
        inwards = float(heading) - side * np.pi / 2
        if rng.random() < DENSITY[scene.road.zone][0]:
            part = building(style, width, 9.0, int(rng.integers(2, 5)), rng)
            add("building", facing(part, float(x), float(y), made.kerb - 0.05, inwards))
        s += width + (5.0 if style == "house" else 0.0)


def _trees(
    scene: Scene, made: Section, add: Any, side: float, per_100: float, rng: np.random.Generator,
    keep: list[tuple[float, float]],
) -> None:  # fmt: skip
    """Street trees at the kerb in town, loose groups beyond the verge elsewhere."""
    low, high = made.gap()
    town = made.pavement > 0
    count = int(per_100 * (made.end - made.start) / 100)
    for s in np.sort(rng.uniform(made.start, made.end, count)):
        far = made.edge + (0.8 if town and scene.road.zone == "urban" else made.pavement + rng.uniform(1.2, 3.0))
        if not town:
            far = made.edge + rng.uniform(8.0, 30.0)
        blocked = low - 7.0 < s < high + 7.0 or any(a < s < b for a, b in keep)
        kind = "broad" if town or rng.random() < 0.6 else ("conifer", "poplar")[rng.integers(2)]
        height = float(rng.uniform(5.5, 9.0) if town else rng.uniform(6.0, 16.0))
        reach = NEAR if town else 1.5 * NEAR  # where houses hide little, trees are seen farther away
        detail = (
            "low"
            if s < -6.0
            else "near"
            if s < reach / 4
            else "high"
            if s < reach / 2
            else "low"
            if s < reach or not town
            else "far"
        )
        part = tree.tree(height, rng, kind, detail)
        x, y, _ = made.line.at(s, side * far)
        if not blocked:
            z = made.kerb if town else -0.4
            add("vegetation", moved(part, float(x), float(y), z, float(rng.uniform(0, 6.28))))


def _thicket(
    made: Section, add: Any, side: float, per_100: float, rng: np.random.Generator, keep: list[tuple[float, float]]
) -> None:
    """Shrubs in loose rows beyond the verge."""
    low, high = made.gap()
    for start in rng.uniform(made.start, made.end, int(per_100 * 1.6)):
        d = made.edge + float(rng.uniform(5.5, 16.0))
        for k in range(int(rng.integers(1, 6))):
            s = start + 1.6 * k + float(rng.uniform(-0.4, 0.4))
            size = float(rng.uniform(0.8, 2.2))
            part = tree.bush(size, rng)
            if low - 9.0 < s < high + 9.0 or any(a < s < b for a, b in keep):
                continue
            x, y, _ = made.line.at(s, side * (d + float(rng.uniform(-0.8, 0.8))))
            add("vegetation", moved(part, float(x), float(y), -0.45))


def _woods(made: Section, add: Any, town: bool, rng: np.random.Generator) -> None:
    """Far trees that close the view at the end of the street and, where houses do not hide them, beside it."""
    for side in (0.0,) if town else (1.0, -1.0, 0.0):
        for _ in range(14):
            s = made.end + rng.uniform(10, 60) if side == 0.0 else rng.uniform(40, made.end)
            d = rng.uniform(-60, 60) if side == 0.0 else side * (made.front + rng.uniform(45, 120))
            x, y, _ = made.line.at(s, d)
            detail = "low" if side and s < 140.0 else "far"
            part = tree.tree(float(rng.uniform(9, 18)), rng, ("broad", "conifer")[rng.integers(2)], detail)
            add("vegetation", moved(part, float(x), float(y), -0.6))


def _gardens(made: Section, add: Any, side: float, rng: np.random.Generator) -> None:
    """Fences and hedges behind the pavement, with bushes."""
    for low, high in pieces(made, made.start, made.end):
        s = low + 4.0
        while s < high - 10.0:
            length = float(rng.uniform(6, 9))
            d = side * (made.edge + made.pavement + 0.35)
            x, y, heading = made.line.at(s + length / 2, d)
            if rng.random() < 0.5:
                part, name = tree.hedge(length, float(rng.uniform(0.8, 1.5)), rng), "vegetation"
            else:
                part, name = furniture.fence(length, rng), "fence"
            add(name, moved(part, float(x), float(y), made.kerb, float(heading)))
            if rng.random() < 0.6:
                x, y, _ = made.line.at(s + length / 2, d + side * 1.8)
                add(
                    "vegetation", moved(tree.bush(float(rng.uniform(0.6, 1.3)), rng), float(x), float(y), made.kerb)
                )
            s += length + float(rng.uniform(1.5, 4.0))


def _furniture(
    made: Section, add: Any, side: float, rng: np.random.Generator, keep: list[tuple[float, float]]
) -> None:
    """Bollards, benches, bins at the kerb."""
    low, high = made.gap()
    for s in rng.uniform(made.start, made.end, 10):
        part = (furniture.bollard, furniture.bench, furniture.bin_)[rng.integers(3)]()
        if low - 4 < s < high + 4 or any(a < s < b for a, b in keep):
            continue
        x, y, heading = made.line.at(s, side * (made.edge + 0.55))
        add("static", moved(part, float(x), float(y), made.kerb, float(heading) + side * np.pi / 2))


def _barriers(made: Section, add: Any) -> None:
    """Guard rails at both edges and in the median of a motorway."""
    for s in np.arange(made.start + 6.0, made.end, 12.0):
        for d, turn in ((made.edge + 0.6, np.pi), (-made.edge - 0.6, 0.0), (0.35, 0.0), (-0.35, np.pi)):
            x, y, heading = made.line.at(s, d)
            add("guard rail", moved(furniture.guard_rail(12.0), float(x), float(y), -0.03, float(heading) + turn))


def _traffic_lights(made: Section, add: Any, rng: np.random.Generator) -> None:
    """One on each side of the crossing, facing who comes along the main street."""
    low, high = made.gap()
    state = ("green", "green", "red")[rng.integers(3)]
    for s, d, turn in ((low - 1.0, -made.own, np.pi), (high + 1.0, made.own, 0.0)):
        x, y, heading = made.line.at(s, d * (made.edge + 0.5))
        add(
            "traffic light",
            moved(furniture.traffic_light(state), float(x), float(y), made.kerb, float(heading) + turn),
        )


def lit(scene: Scene) -> bool:
    """Whether lamps are on: at dusk, at night."""
    elevation = scene.time.sun_elevation
    return scene.time.kind in ("dusk", "night") if elevation is None else elevation < 1.0


def _street_lights(scene: Scene, made: Section, bodies: list[Body]) -> list[Light]:
    """Masts each 28 m, on alternating sides; adds their bodies, gives their lights."""
    wanted = scene.surroundings.street_lights
    if not (scene.road.zone in ("urban", "residential") if wanted is None else wanted):
        return []
    on = lit(scene)
    masts, lights = [], []
    for i, s in enumerate(np.arange(made.start + 8.0, made.end, 28.0)):
        low, high = made.gap()
        if low - 2 < s < high + 2:
            continue
        side = 1.0 if i % 2 else -1.0
        x, y, heading = made.line.at(s, side * (made.edge + 0.45))
        turn = float(heading) - side * np.pi / 2
        masts.append(moved(furniture.street_light(), float(x), float(y), made.kerb, turn))
        reach = furniture.LAMP_REACH + 0.28
        at = np.array([
            float(x) + reach * np.cos(turn), float(y) + reach * np.sin(turn), made.kerb + furniture.LAMP_HEIGHT - 0.12
        ])  # fmt: skip
        if on:
            lights.append(Light(at, (22.0, 15.5, 8.4), np.array([0.0, 0.0, -1.0]), 150.0))
    frames = np.full(scene.frames, 1.0 if on else 0.0)
    if masts:
        bodies.append(Body(join(masts), np.eye(4), label_id("pole"), lamps={"street": frames}))
    return lights
