"""The built-in driving scenes: rare events that nobody may stage with a real car, with every label exact.

Each is one condition on the operational design domain; everything else is drawn from the seed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.progress import Progress

SEED = 5
FRAMES = 12
WHERE = (
    "actor = child and action = jaywalking and hidden_by = parked_car and zone = residential and layout = straight "
    "and weather = clear and time = day and ego_action = braking and distance < 14 and colour = yellow",
    "actor = deer and action = crossing and zone = rural and weather = fog and time = dusk and distance < 18 "
    "and ego_action = driving",
)


def play(out: Path, workers: int | None = None, progress: Progress | None = None, **street: Any) -> Dataset:
    """Render both clips into a folder, with a page and a contact sheet; clips that are there are kept."""
    import os

    from abound.core import registry
    from abound.core.context import Context
    from abound.core.plan import Order, Plan
    from abound.core.progress import Silent
    from abound.core.slice import Slice
    from abound.formats.clip_page import clip_page
    from abound.formats.sheet import contact_sheet
    from abound.stages.generate import generate

    cores = workers or os.cpu_count() or 1
    engine = registry.create("engine", "processes", {"workers": cores}) if cores > 1 else None
    ctx = Context(seed=SEED, engine=engine, scratch=out, progress=progress or Silent())
    params = {"frames": FRAMES, **street}
    orders = tuple(Order(generator="street", params=params, count=1, where=Slice.parse(w, "clips")) for w in WHERE)
    domain: Dataset = registry.create("kind", "scenes").dataset([], [], [], None)
    made = generate(domain, Plan(orders=orders), ctx=ctx)
    made.save(out)
    clip_page(made, out / "clips.html", "Two events that no one may stage")
    contact_sheet(made, out / "sheet.jpg")
    return made
