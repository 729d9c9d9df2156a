"""`abound generate street`: clips in a folder, from no data at all. Its rate, disk and end are said beforehand."""

from __future__ import annotations

import shutil
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

MARK = "order.json"  # what a folder was begun with

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.plan import Order


def is_from_schema(name: str) -> bool:
    """Whether `name` is a generator that needs no data."""
    from abound.core import registry

    return name in registry.names("generator") and registry.spec("generator", name).provenance == "schema"


def generate_clips(
    name: str, out: Path, rows: int, params: dict[str, Any], where: str | None, seed: int, workers: int | None,
    dry_run: bool, json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Make clips into `out`; a folder begun by the same command goes on where it was."""
    import os

    from abound.cli.options import progress
    from abound.cli.output import print_json, print_page
    from abound.core import registry
    from abound.core.context import Context
    from abound.core.plan import Order
    from abound.core.slice import Slice

    kind = registry.create("kind", "scenes")
    domain: Dataset = kind.dataset([], [], [], None)
    condition = Slice.parse(where, domain.schema.main) if where else None
    order = Order(generator=name, params=params, count=rows, where=condition)
    cores = workers or os.cpu_count() or 1
    engine = registry.create("engine", "processes", {"workers": cores}) if cores > 1 and rows > 1 else None
    ctx = Context(seed=seed, engine=engine, progress=progress(quiet), scratch=out)
    mark = {"order": order.model_dump(mode="json", exclude={"count"}), "seed": seed}
    _check_folder(out, mark)
    forecast = _forecast(domain, order, ctx, out, cores, mark)
    lines = _lines(forecast, rows)
    if dry_run:
        print_json({"order": order, **forecast}) if json else print_page(
            [("Would make", [_what(order)]), ("Takes", lines)]
        )
        return
    for line in lines:
        ctx.progress.note(line)
    made = _make(domain, order, ctx)
    made.save(out)
    sheet = _pictures(made, out)
    if json:
        print_json({"folder": out, "clips": len(made), "frames": made.table("frames").height, "order": order})
        return
    frames, objects = made.table("frames").height, made.table("objects").height
    print_page([
        ("Made", [_what(order), f"{frames:,} frames, {objects:,} labelled objects"]),
        ("Folder", [str(out), *sheet]),
    ])  # fmt: skip


def _what(order: Order) -> str:
    said = f" where {order.where}" if order.where else ""
    return f"{order.count:,} clip{'' if order.count == 1 else 's'} by {order.generator}{said}"


def _check_folder(out: Path, mark: dict[str, Any]) -> None:
    """The folder is new, empty or begun by the same order."""
    from abound.core.artifact import read_json, storage_errors
    from abound.errors import InputError

    with storage_errors(out):
        there = out.exists() and any(out.iterdir())
    if there and (not (out / MARK).is_file() or read_json(out / MARK) != mark):
        raise InputError(
            f"{out} holds something else and is not overwritten: choose another --out, or delete it first"
        )


def _make(domain: Dataset, order: Order, ctx: Context) -> Dataset:
    from abound.core.plan import Plan
    from abound.stages.generate import generate

    return generate(domain, Plan(orders=(order,)), ctx=ctx)


def _forecast(
    domain: Dataset, order: Order, ctx: Context, out: Path, cores: int, mark: dict[str, Any]
) -> dict[str, Any]:
    """Seconds a clip, bytes a clip and when it ends, measured on the first clip, which is kept."""
    from abound.core import registry
    from abound.errors import StorageError

    sampler = registry.create("generator", order.generator, order.params).fit(domain, ctx)
    sampler.support(order.where, None)
    tasks = sampler.tasks(
        order.count, rng=ctx.rng("generate", "sample", order.id, 0), where=order.where, folder=out
    )
    if not tasks:
        return {"seconds_per_clip": 0.0, "bytes": 0, "seconds": 0.0}
    from abound.core.artifact import write_json

    write_json(out / MARK, mark)
    folder, seconds = _first(tasks, out, ctx)
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    free = shutil.disk_usage(out).free
    if size * (len(tasks) - 1) > free:
        raise StorageError(
            f"{len(tasks):,} clips take about {_size(size * len(tasks))} and the disk has {_size(free)} free: make "
            f"at most about {int(free / size):,}, fewer layers (--param layers=[rgb,flow]) or choose another --out"
        )
    left = seconds * (len(tasks) - 1) / min(cores, max(1, len(tasks) - 1))
    return {"seconds_per_clip": seconds, "bytes": size * len(tasks), "seconds": left}


def _first(tasks: list[dict[str, Any]], out: Path, ctx: Context) -> tuple[Path, float]:
    """The folder of the first clip that shows its actor, and the seconds that it took; 0 if it was there already."""
    from abound.core.artifact import is_sound
    from abound.errors import WhereRefused
    from abound.generators.street import TRIED, render, warm

    if not any(is_sound(out / "clips" / t["name"]) for t in tasks[:TRIED]):
        ctx.progress.note("the first clip is made and timed; the very first run also compiles, about a minute")
        warm(tasks[0])
    why = ""
    for task in tasks[:TRIED]:
        folder = out / "clips" / task["name"]
        there, start = is_sound(folder), time.monotonic()
        why = render(task).get("unseen", "")
        if not why:
            return folder, 0.0 if there else time.monotonic() - start
    raise WhereRefused(why)


def _lines(forecast: dict[str, Any], rows: int) -> list[str]:
    from abound.core.progress import duration

    if not forecast["seconds_per_clip"]:
        return [f"{_size(forecast['bytes'])} on the disk; the first clips are there already"] if rows else []
    end = datetime.now() + timedelta(seconds=forecast["seconds"])
    return [
        f"{forecast['seconds_per_clip']:.1f} s a clip and core, {_size(forecast['bytes'])} on the disk, "
        f"{duration(forecast['seconds'])} in all: done about {end:%a %H:%M}"
    ]


def _size(n: float) -> str:
    return f"{n / 1e9:,.1f} GB" if n >= 1e9 else f"{n / 1e6:,.1f} MB"


def _pictures(made: Dataset, out: Path) -> list[str]:
    """A contact sheet and a page of the first clips."""
    from abound.formats.clip_page import clip_page
    from abound.formats.sheet import contact_sheet

    if len(made) == 0:
        return []
    sheet = contact_sheet(made, out / "sheet.jpg")
    page = clip_page(made, out / "clips.html", "Driving scenes")
    return [str(p) for p in (page, sheet) if p]
