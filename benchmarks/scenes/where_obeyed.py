"""Are conditions obeyed, and is the event seen? Random conditions on two or three attributes, labels only, 320 x 96.

Each request names a random possible actor with its action and up to two more attributes at random, drawn from the
domain itself so that the request is possible. Checked are the labels, not what the sampler says of them: the kind of
the actor, its size, the distance in the middle frame, and that it has a pixel in at least one frame.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from abound.core.slice import Slice, Term
from abound.generators.street import Street
from abound.render.domain import CATEGORIES, draw
from benchmarks.rows import row, share

SIZE = {"width": 320, "height": 96}
FRAMES = 8


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Requests by seed."""
    return [{"seed": s} for s in range(8 if quick else 1000)]


def request(seed: int) -> Slice:
    """A possible condition."""
    from abound.render.scenario import reachable

    rng = np.random.default_rng(seed)
    values = draw(rng, lambda n, v: n != "actor" or v != "none", {}, lambda v: reachable(v, FRAMES, 10.0))
    names = [
        "actor",
        "action",
        *rng.choice([n for n in CATEGORIES if n not in ("actor", "action")], 2, replace=False),
    ]
    terms = [Term(column=n, op="==", value=int(values[n]) if n == "lanes" else values[n]) for n in names]
    if rng.random() < 0.5:
        d = values["distance"]
        terms += [Term(column="distance", op=">=", value=d - 2.0), Term(column="distance", op="<=", value=d + 2.0)]
    return Slice(on="clips", terms=tuple(terms))


def run(task: dict[str, Any]) -> dict[str, Any]:
    """One clip under one request."""
    from abound.core.context import Context
    from abound.core.registry import create

    where = request(task["seed"])
    street = Street(frames=FRAMES, layers=("depth", "instance"), **SIZE)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        domain = create("kind", "scenes").dataset([], [], [], None)
        sampler = street.fit(domain, Context(seed=task["seed"], scratch=Path(folder)))
        made = sampler.sample(1, rng=np.random.default_rng(task["seed"]), where=where)
        clip = made.main.row(0, named=True)
        frames, objects = made.table("frames"), made.table("objects")
        middle = frames.row(frames.height // 2, named=True)
    seen = objects.filter((objects["instance"] == 1) & (objects["visible_pixels"] > 0))
    here = seen.filter(seen["frame_id"] == middle["frame_id"])
    return {
        "where": str(where),
        "obeyed": bool(made.mask(where).all()) and set(seen["kind"]) <= {clip["actor"]},
        "seen": seen.height > 0,
        "seen_in_the_middle": here.height > 0,
        "size": _size_error(clip, seen),
    }


def _size_error(clip: dict[str, Any], seen: Any) -> float | None:
    """Relative difference between the size that was asked for and that of the 3D box; None where a pose changes it."""
    if seen.height == 0 or clip["action"] not in ("driving", "stopped", "oncoming", "braking", "standing"):
        return None
    if clip["actor"] in ("adult", "child"):
        return abs(float(seen["height"].mean()) / clip["size"] - 1)
    if clip["actor"] in (
        "car",
        "van",
        "truck",
        "bus",
        "ambulance",
        "police_car",
        "fire_engine",
        "tractor",
        "caravan",
    ):
        return abs(float(seen["length"].mean()) / clip["size"] - 1)
    return None


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """where_obeyed, event_seen, and the error of the sizes."""
    errors = [r["size"] for r in results if r["size"] is not None]
    return [
        share("where_obeyed", [r["obeyed"] for r in results], {"wanted": 1.0}),
        share("event_seen", [r["seen"] for r in results], {
            "wanted": 1.0, "in the middle frame": float(np.mean([r["seen_in_the_middle"] for r in results])),
        }),
        row("size_error", float(np.median(errors)) if errors else None, "share",
            high=max(errors, default=None), n=len(errors)),
    ]  # fmt: skip
