"""One tiny rendered clip that several tests look at: 64 x 32 pixels, 2 frames, a car that is braking."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.slice import Slice

TINY = {"frames": 2, "width": 64, "height": 32}
BARE = {"traffic": {"vehicles": 1, "walkers": 0}, "surroundings": {"buildings": 0.2, "trees": 0.1}}
ASKED = (
    "zone == rural and weather == clear and time == day and actor == car and action == braking and distance <= 14"
)


@cache
def domain() -> Dataset:
    """The domain without a row."""
    made: Dataset = registry.create("kind", "scenes").dataset([], [], [], None)
    return made


def condition(text: str) -> Slice:
    """A condition on clips."""
    return Slice.parse(text, domain().schema.main)


def street(folder: Path | None = None, **params):
    """A sampler of tiny clips, ready to draw."""
    pytest.importorskip("numba", reason="the extra [scenes] is not installed")
    pytest.importorskip("embreex", reason="the extra [scenes] is not installed")
    plugin = registry.create("generator", "street", {**TINY, "scene": BARE, **params})
    return plugin.fit(domain(), Context(scratch=folder))


@cache
def clip() -> tuple[Dataset, Path]:
    """The dataset of one clip with every layer, and the folder that holds it."""
    folder = Path(tempfile.mkdtemp(prefix="abound-clip-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = street(folder).sample(1, rng=np.random.default_rng(1), where=condition(ASKED))
    made.save(folder)
    return made, folder
