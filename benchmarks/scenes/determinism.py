"""Same seed, same bytes, for any number of processes; and a clip that was cut off is absent, then made anew.

`abound generate street` by its command line, with every layer, a small picture: with 1 worker, again, and with 4;
then killed (SIGKILL) in the middle of a clip and given once more. Compared are the SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from abound.core.artifact import is_sound
from benchmarks.rows import row, share

ORDERS = (
    "actor == child and action == jaywalking", "time == night and weather == rain and actor == car",
    "weather == snow and zone == residential", "actor == deer and action == running",
)  # fmt: skip


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Conditions with a seed."""
    return [
        {"where": w, "seed": i, "clips": 2 if quick else 4} for i, w in enumerate(ORDERS[: 1 if quick else None])
    ]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Whether folders are equal, and what a killed run left."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, workers in (("one", 1), ("again", 1), ("four", 4)):
            subprocess.run(command(root / name, task, workers), check=True, capture_output=True)
        one = digests(root / "one")
        left = killed(root / "cut", task)
        subprocess.run(command(root / "cut", task, 1), check=True, capture_output=True)
        return {
            "files": len(one), "again": digests(root / "again") == one, "four": digests(root / "four") == one,
            "resumed": digests(root / "cut") == one, "partial": left["partial"], "killed_in_a_clip": left["inside"],
        }  # fmt: skip


def command(out: Path, task: dict[str, Any], workers: int) -> list[str]:
    """A small order; the working directory makes no difference."""
    small = ("frames=4", "width=320", "height=96")
    return [
        sys.executable, "-m", "abound", "generate", "street", "-n", str(task["clips"]), "--out", str(out),
        "--where", task["where"], "--seed", str(task["seed"]), "--workers", str(workers),
        *(w for p in small for w in ("--param", p)),
    ]  # fmt: skip


def killed(out: Path, task: dict[str, Any]) -> dict[str, Any]:
    """Start, kill inside of a clip, and count the clips that look whole and are not; was one begun?"""
    process = subprocess.Popen(
        command(out, task, 1), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None and not begun(out):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    whole = [p for p in (out / "clips").iterdir() if not p.name.startswith(".")] if (out / "clips").exists() else []
    return {"partial": sum(not is_sound(p) for p in whole), "inside": begun(out)}


def begun(out: Path) -> bool:
    """Whether a clip stands half made under a temporary name."""
    return any(p.is_file() for p in out.glob("clips/.*.tmp-*/front/rgb/*"))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by name, but for what a killed process left under a temporary name."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*")) if p.is_file() and ".tmp-" not in str(p.relative_to(folder))
    }  # fmt: skip


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Shares of orders whose folders are equal; clips that look whole and are not."""
    files = {"wanted": 1.0, "files": sum(r["files"] for r in results)}
    inside = sum(r["killed_in_a_clip"] for r in results)
    return [
        share("same_bytes again", [r["again"] for r in results], files),
        share("same_bytes 4 workers", [r["four"] for r in results], files),
        share("same_bytes after a kill", [r["resumed"] for r in results], {**files, "killed in a clip": inside}),
        row("partial_clips_that_look_whole", sum(r["partial"] for r in results), "clips", n=len(results),
            reference={"limit": 0, "killed in a clip": inside}),
    ]  # fmt: skip
