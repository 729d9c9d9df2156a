"""Images a CPU second, 256 x 256 with a label map and two boxes, against albumentations, torchvision and kornia.

The peers live in an environment of their own: ABOUND_PEERS names its Python. Without it, or where a peer does not
run, its value is null and the reason is given. Ours and theirs are measured in turns, one thread each.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.images.peers import NAMES, scene, speed
from benchmarks.rows import row

PEERS = ("albumentations", "torchvision", "kornia")
OURS = {
    "hflip": {"name": "hflip", "chance": 1.0}, "affine": {"name": "rotate", "degrees": [-15, 15]},
    "colour_jitter": {"name": "colour_jitter"}, "blur": {"name": "blur", "sigma": [0.5, 2.0]},
    "elastic": {"name": "elastic"},
}  # fmt: skip


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Turns; a quick run has no peers."""
    return [{"turn": k, "seconds": 0.3 if quick else 2.0, "peers": not quick} for k in range(1 if quick else 3)]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Speeds of one turn, by tool and transform; a text says why a peer has none."""
    import cv2

    from abound.pixels.sample import Sample
    from abound.pixels.transforms import transform, transformed

    cv2.setNumThreads(1)
    image, mask, boxes = scene()
    sample = Sample(image, boxes=np.array(boxes, np.float64), labels=mask)
    rng = np.random.default_rng(task["turn"])
    out: dict[str, Any] = {"abound": {}}
    for name in NAMES:
        steps = [transform(OURS[name])]
        out["abound"][name] = speed(lambda steps=steps: transformed(sample, steps, rng), task["seconds"])
    for peer in PEERS:
        out[peer] = _peer(peer, task["seconds"]) if task["peers"] else "quick"
    return out


def _peer(name: str, seconds: float) -> dict[str, float] | str:
    python = os.environ.get("ABOUND_PEERS")
    if not python:
        return "not installed: ABOUND_PEERS names no Python that has it"
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    words = [python, str(Path(__file__).with_name("peers.py")), name, str(seconds)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, **one, "PYTHONPATH": ""}
    )
    if done.returncode:
        return f"does not run: {done.stderr.strip().splitlines()[-1][:160]}"
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """The median of the turns, each transform beside the best peer."""
    out = []
    for name in NAMES:
        ours = float(np.median([r["abound"][name] for r in results]))
        theirs = {
            p: float(np.median([r[p][name] for r in results]))
            for p in PEERS
            if all(isinstance(r[p], dict) for r in results)
        }
        reasons = {p: results[0][p] for p in PEERS if p not in theirs}
        n = len(results)
        out.append(row(f"throughput_{name}", ours, "images / CPU s", n=n, reference={**theirs, **reasons}))
        if theirs:
            out.append(
                row(
                    f"throughput_{name}_of_best",
                    ours / max(theirs.values()),
                    "ratio",
                    n=n,
                    reference={"limit": 0.5},
                )
            )
        else:
            reason = "; ".join(sorted(set(reasons.values())))
            out.append(row(f"throughput_{name}_of_best", None, "ratio", reason=reason, reference={"limit": 0.5}))
    return out
