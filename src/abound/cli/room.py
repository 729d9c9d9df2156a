"""What many rows will take, measured on a first shard: said before they are made, refused where it cannot be."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.plan import Order

LARGE = 200_000  # fewer rows take seconds
_COPIES = 3  # of the rows in memory at the same time: the shards, the whole table, the file


def check_room(train: Dataset, order: Order, refit: int, ctx: Context, out: Path) -> None:
    """Tell how much disk and time an order of many rows takes; a short one is passed over.

    One shard is made and measured: rows of one order are alike, so size and time grow with their number. Raises
    StorageError where the disk or the memory cannot hold them.
    """
    from abound.core.progress import duration
    from abound.errors import StorageError
    from abound.stages.generate import SHARD, fit_sampler, prepare, sample_shard

    if order.count < LARGE:
        return
    sampler = fit_sampler(prepare(train), order.generator, order.params, refit, ctx)
    start = time.monotonic()
    frame = sample_shard(sampler, train, order, 0, SHARD, refit, ctx)
    times = order.count / SHARD
    seconds = (time.monotonic() - start) * times
    size, memory = _stored(frame, out) * times, frame.estimated_size() * times * _COPIES
    free, available = shutil.disk_usage(_there(out)).free, _available()
    rows = f"{order.count:,} rows"
    if size > free:
        raise StorageError(
            f"cannot write {out}: {rows} take about {_bytes(size)} and the disk has {_bytes(free)} free: make at "
            f"most about {_round(order.count * free / size):,} rows, or choose another disk with --out"
        )
    if memory > available:
        raise StorageError(
            f"{rows} take about {_bytes(memory)} of memory while they are made and {_bytes(available)} are free: "
            f"make at most about {_round(order.count * available / memory):,} rows a file"
        )
    ctx.progress.note(f"{rows} take about {_bytes(size)} on the disk and {duration(seconds)}")


def _stored(frame: pl.DataFrame, out: Path) -> int:
    """Bytes of the rows as a file of that kind."""
    from abound.core.dataset import table_bytes

    return len(table_bytes(frame) if out.suffix == ".parquet" else frame.write_csv().encode())


def _there(path: Path) -> Path:
    """The nearest folder above `path` that exists."""
    return next(p for p in (path.absolute().parent, *path.absolute().parents) if p.is_dir())


def _available() -> float:
    """Bytes of memory that can still be taken, of the machine or of the container."""
    info = Path("/proc/meminfo")
    lines = info.read_text().splitlines() if info.exists() else []
    known = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    free = known[0] if known else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    most, used = (Path(f"/sys/fs/cgroup/memory.{n}") for n in ("max", "current"))
    if most.exists() and used.exists() and (text := most.read_text().strip()).isdigit():
        free = min(free, int(text) - int(used.read_text()))
    return max(free, 0)


def _round(n: float) -> int:
    """Cut to one digit: it is an estimate."""
    digits = str(int(n))
    return int(digits[0] + "0" * (len(digits) - 1))


def _bytes(n: float) -> str:
    return f"{n / 1e9:,.0f} GB" if n >= 1e10 else f"{n / 1e9:.1f} GB" if n >= 1e9 else f"{n / 1e6:,.0f} MB"
