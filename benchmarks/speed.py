"""How long the first minutes take: import, help, the demo, and the default run on adult (48,842 rows)."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rows import DATA, main, row


def timed(*command: str, repeats: int = 1) -> tuple[float, float]:
    """Median wall seconds of a command, and the CPU seconds of its processes together a run."""
    walls = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        walls.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return sorted(walls)[len(walls) // 2], cpu / repeats


def tree_peak_mb(command: list[str]) -> tuple[float, float]:
    """Wall seconds of a command and the peak of the summed resident memory of all its processes, in MB."""
    start, peak = time.perf_counter(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, _resident_mb(process.pid))
        time.sleep(0.2)
    if process.returncode:
        raise RuntimeError(f"{command} failed with {process.returncode}")
    return time.perf_counter() - start, peak


def _resident_mb(root: int) -> float:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    table = [tuple(int(v) for v in line.split()) for line in listed.splitlines()]
    family, total = {root}, 0.0
    for pid, parent, rss in table:  # parents are listed before their children
        if pid in family or parent in family:
            family.add(pid)
            total += rss / 1024
    return total


def measure(quick: bool) -> list[dict[str, Any]]:
    """Rows import_seconds, help_seconds, demo_tables_seconds, adult_run_seconds, adult_run_peak_mb."""
    python = sys.executable
    repeats = 3 if quick else 7
    blank, _ = timed(python, "-c", "pass", repeats=repeats)
    seconds, _ = timed(python, "-c", "import abound", repeats=repeats)
    rows = [row("import_seconds", seconds, "s", n=repeats, reference={"python -c pass": blank})]
    seconds, _ = timed(python, "-m", "abound", "--help", repeats=repeats)
    rows.append(row("help_seconds", seconds, "s", n=repeats, reference={"python -c pass": blank}))
    if quick:
        names = ("demo_tables_seconds", "adult_run_seconds", "adult_run_peak_mb")
        return rows + [row(n, None, "s", reason="quick") for n in names]
    with tempfile.TemporaryDirectory() as work:
        seconds, cpu = timed(python, "-m", "abound", "demo", "tables", "--out", f"{work}/demo")
        rows.append(row("demo_tables_seconds", seconds, "s", n=1, reference={"cpu_seconds": cpu}))
    adult = DATA / "tabular" / "adult.parquet"
    if not adult.exists():
        return rows + [
            row(n, None, "s", reason=f"{adult} is not here") for n in ("adult_run_seconds", "adult_run_peak_mb")
        ]
    with tempfile.TemporaryDirectory() as work:
        command = [python, "-m", "abound", "run", str(adult), "--target", "income", "--ignore", "split"]
        seconds, peak = tree_peak_mb([*command, "--out", str(Path(work) / "run")])
    rows.append(row("adult_run_seconds", seconds, "s", n=1))
    rows.append(row("adult_run_peak_mb", peak, "MB", n=1))
    return rows


if __name__ == "__main__":
    main("speed", measure)
