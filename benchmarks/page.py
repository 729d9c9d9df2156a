"""Write docs/benchmarks.md from the results of the full runs: `python -m benchmarks.page`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def page() -> str:
    """One table an area, each with the command that makes it."""
    parts = [
        "# Benchmarks\n",
        "Written by `python -m benchmarks.page` from `benchmarks/results`; not edited by hand.\n",
    ]
    for path in sorted(RESULTS.glob("*.json")):
        area = json.loads(path.read_text(encoding="utf-8"))
        parts.append(f"## {area['area']}\n")
        parts.append(f"`python -m benchmarks.{area['area']}`, {area['cores']} cores, Python {area['python']}.\n")
        parts.append("| row | value | 95 % interval | n | beside it |\n|---|---|---|---|---|")
        parts += [_line(r) for r in area["rows"]]
        parts.append("")
    return "\n".join(parts)


def _line(r: dict[str, Any]) -> str:
    value = r.get("reason", "") if r["value"] is None else f"{r['value']:.3g} {r['unit']}"
    span = "" if r["low"] is None else f"{r['low']:.3g} to {r['high']:.3g}"
    said = r["reference"] or {}
    beside = said if isinstance(said, str) else "; ".join(f"{k}: {_short(v)}" for k, v in said.items())
    return f"| {r['name']} | {value} | {span} | {r['n'] or ''} | {beside} |"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
