"""`abound doctor`: what this installation has and what it lacks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from abound.cli.options import Json

_GIB = 2**30


def doctor(json: Json = False) -> None:
    """Show versions, optional parts that are missing (and the pip line), cores, memory and disk."""
    from abound.cli.output import print_json, print_page

    facts = _facts()
    if json:
        print_json(facts)
        return
    extras = [
        f"{name}: " + (f"lacks {', '.join(e['missing'])}; run  {e['install']}" if e["missing"] else "installed")
        for name, e in facts["extras"].items()
    ]
    machine = facts["machine"]
    print_page(
        [
            ("Versions", [", ".join(f"{n} {v}" for n, v in facts["versions"].items())]),
            ("Extras", extras),
            ("Machine", [f"{machine['cores']} cores, {machine['memory_gib']} GiB memory", machine["system"]]),
            ("Folders", [f"{d['path']}: {d['state']}, {d['free_gib']} GiB free" for d in facts["folders"]]),
        ]
    )


def _facts() -> dict[str, Any]:
    import platform
    import tempfile

    from abound.stages.report import installed

    return {
        "versions": installed(),
        "extras": _extras(),
        "machine": {"cores": _cores(), "memory_gib": _memory_gib(), "system": platform.platform(terse=True)},
        "folders": [_folder(Path(tempfile.gettempdir())), _folder(Path.cwd())],
    }


def _extras() -> dict[str, dict[str, Any]]:
    """For each extra of the package: its requirements that are not installed, and the line that installs them."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from abound.errors import install_line

    out: dict[str, dict[str, Any]] = {}
    for line in requires("abound") or []:
        marked = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        name = re.match(r"[\w.-]+", line)
        if marked is None or name is None or name[0] == "abound":
            continue
        entry = out.setdefault(marked[1], {"missing": [], "install": install_line(marked[1])})
        try:
            version(name[0])
        except PackageNotFoundError:
            entry["missing"].append(name[0])
    return out


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float:
    """Memory of the machine, or of the container if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    return round(min(total, int(text) if text.isdigit() else total) / _GIB, 1)


def _folder(path: Path) -> dict[str, Any]:
    import shutil

    state = "writable" if os.access(path, os.W_OK) else "not writable"
    return {"path": str(path), "state": state, "free_gib": round(shutil.disk_usage(path).free / _GIB, 1)}
