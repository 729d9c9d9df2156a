"""Benchmarks made of many independent runs: each run is a JSON task, spread over processes and kept as it ends.

A measure is a module with three functions:

    tasks(quick) -> list of dicts          what to run; a dict says everything, its seed included
    run(task) -> dict                      one run, in any process; JSON in, JSON out
    rows(results, quick) -> list of rows   results in the order of the tasks, summed up (`benchmarks.rows.row`)

Finished runs are lines of `benchmarks/work/AREA/MEASURE.jsonl` and are not done again while abound's code, the
measure's file and the task are the same, so a stopped benchmark goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from abound.core.model import digest_of
from abound.core.registry import create
from benchmarks.rows import show

HERE = Path(__file__).parent


def main(area: str, measures: tuple[str, ...]) -> None:
    """Parse the command line, run the measures, print their rows and write them into the area's results."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{area}")
    parser.add_argument("--quick", action="store_true", help="smaller counts, about a minute on 2 cores")
    parser.add_argument("--only", action="append", choices=measures, help="one measure; may be repeated")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    out = options.out or HERE / "results" / f"{area}.json"
    if options.quick and options.out is None:
        parser.error("--quick needs --out: the committed results are those of full runs")
    chosen = options.only or measures
    rows: dict[str, list[dict[str, Any]]] = {}
    if out.exists() and options.only:
        old = json.loads(out.read_text(encoding="utf-8"))
        rows = {m: [r for r in old["rows"] if r["measure"] == m] for m in measures}
    for name in chosen:
        rows[name] = measure(area, name, options.quick, options.workers)
        for r in rows[name]:
            show(r)
        write(out, area, options.quick, [r for m in measures for r in rows.get(m, [])])


def write(out: Path, area: str, quick: bool, rows: list[dict[str, Any]]) -> None:
    """The results of an area as JSON."""
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"area": area, "quick": quick, **machine, "rows": rows}, indent=1) + "\n")


def measure(area: str, name: str, quick: bool, workers: int) -> list[dict[str, Any]]:
    """Run what is not finished of one measure and sum it up; each row says its measure and the seconds it took."""
    path = f"benchmarks.{area}.{name}"
    module = importlib.import_module(path)
    start = time.monotonic()
    results = finished(module, area, name, module.tasks(quick), workers)
    rows: list[dict[str, Any]] = module.rows(results, quick)
    seconds = round(time.monotonic() - start, 1)
    return [{**r, "measure": name, "seconds": seconds} for r in rows]


def finished(module: ModuleType, area: str, name: str, tasks: list[dict[str, Any]], workers: int) -> list[Any]:
    """The result of every task, in order; those not yet on disk are run."""
    store = HERE / "work" / area / f"{name}.jsonl"
    code = _code(Path(str(module.__file__)))
    keys = [digest_of(code, task) for task in tasks]
    done = _read(store)
    todo = [(k, t) for k, t in dict(zip(keys, tasks, strict=True)).items() if k not in done]
    store.parent.mkdir(parents=True, exist_ok=True)
    engine = create("engine", "processes", {"workers": max(1, min(workers, len(todo)))})
    started = time.monotonic()
    with store.open("a", encoding="utf-8") as file:
        answers = engine.map(f"{module.__name__}:run", [t for _, t in todo]) if todo else iter(())
        for number, ((key, _), value) in enumerate(zip(todo, answers, strict=True), 1):
            file.write(json.dumps({"key": key, "value": value}) + "\n")
            file.flush()
            done[key] = value
            left = (time.monotonic() - started) / number * (len(todo) - number)
            print(f"{name}: {number}/{len(todo)}, about {left:.0f} s left", file=sys.stderr)
    return [done[k] for k in keys]


def _read(store: Path) -> dict[str, Any]:
    if not store.exists():
        return {}
    lines = [line for line in store.read_text(encoding="utf-8").split("\n") if line.endswith("}")]
    found = [json.loads(line) for line in lines]
    return {f["key"]: f["value"] for f in found}


def _code(measure_file: Path) -> str:
    """A digest of abound's source and of the measure's own file."""
    total = hashlib.sha256(measure_file.read_bytes())
    for path in sorted((HERE.parent / "src" / "abound").rglob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()
