"""The form of every benchmark: rows of {name, value, low, high, n, unit, reference}, written as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from abound.stats.intervals import wilson

DATA = Path(os.environ.get("ABOUND_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


def row(name: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
    """One result. `reason` says why a value is missing."""
    return {
        "name": name,
        "value": value,
        "low": None,
        "high": None,
        "n": None,
        "unit": unit,
        "reference": None,
        **more,
    }


def share(name: str, hits: Sequence[bool], reference: dict[str, Any]) -> dict[str, Any]:
    """A share with Wilson's interval, and beside it the one-sided 95 % upper limit (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    n, k = len(hits), int(sum(hits))
    low, high = wilson(k, n)
    upper = 1.0 if k == n else float(beta.ppf(0.95, k + 1, n - k))
    return row(
        name, k / n, "share", low=low, high=high, n=n, reference={**reference, "one-sided upper limit": upper}
    )


def main(area: str, measure: Callable[[bool], list[dict[str, Any]]]) -> None:
    """Parse the command line, measure, print the rows and write them."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{area}")
    parser.add_argument("--quick", action="store_true", help="smaller counts, under a minute on 2 cores")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / f"{area}.json")
    options = parser.parse_args()
    rows = measure(options.quick)
    machine = {"python": platform.python_version(), "cores": os.cpu_count(), "machine": platform.machine()}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        json.dumps({"area": area, "quick": options.quick, **machine, "rows": rows}, indent=1) + "\n"
    )
    for r in rows:
        show(r)


def show(r: dict[str, Any]) -> None:
    """One row as a line of text."""
    span = f" [{r['low']:.4g}, {r['high']:.4g}]" if r["low"] is not None else ""
    shown = r.get("reason", "") if r["value"] is None else f"{r['value']:.4g} {r['unit']}{span}"
    print(f"{r['name']:34s} {shown}", flush=True)
