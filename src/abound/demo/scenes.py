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
    from abound.core.progress import Silent
    from abound.core.slice import Slice
    from abound.formats.clip_page import clip_page
    from abound.formats.sheet import contact_sheet

    cores = workers or os.cpu_count() or 1
    engine = registry.create("engine", "processes", {"workers": cores}) if cores > 1 else None
    ctx = Context(seed=SEED, engine=engine, scratch=out, progress=progress or Silent())
    params = {"frames": FRAMES, **street}
    kind = registry.create("kind", "scenes")
    sampler = registry.create("generator", "street", params).fit(kind.dataset([], [], [], None), ctx)
    tasks = [
        task
        for where in WHERE
        for task in sampler.tasks(1, rng=ctx.rng("demo", where), where=Slice.parse(where, "clips"), folder=out)
    ]
    # Both in one go, so that each core has one.
    done = list((engine or registry.create("engine", "local")).map("abound.generators.street:render", tasks))
    rows = [[d["clip"] for d in done], *([r for d in done for r in d[t]] for t in ("frames", "objects"))]
    made: Dataset = kind.dataset(*rows, out)
    made.save(out)
    clip_page(made, out / "clips.html", "Two events that no one may stage")
    contact_sheet(made, out / "sheet.jpg")
    return made
