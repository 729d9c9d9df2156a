"""Networks on disk: safetensors for the weights, JSON for their shape."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file, save

from abound.networks.histories import Sizes
from abound.networks.statics import StaticNet
from abound.networks.visits import VisitNet


def save_networks(folder: Path, statics: StaticNet, visits: VisitNet) -> None:
    """Write statics.safetensors, visits.safetensors and network.json into an existing folder."""
    for name, net in (("statics", statics), ("visits", visits)):
        weights = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
        (folder / f"{name}.safetensors").write_bytes(save(weights))
    (folder / "network.json").write_text(json.dumps({"wide": visits.wide, "deep": visits.deep}) + "\n", encoding="utf-8")


def load_networks(folder: Path, sizes: Sizes, widths: tuple[int, ...]) -> tuple[StaticNet, VisitNet]:
    """What `save_networks` wrote, ready to sample."""
    shape = json.loads((folder / "network.json").read_text(encoding="utf-8"))
    statics, visits = StaticNet(widths), VisitNet(sizes, shape["wide"], shape["deep"])
    for name, net in (("statics", statics), ("visits", visits)):
        net.load_state_dict(load_file(folder / f"{name}.safetensors"))
        net.eval()
    return statics, visits
