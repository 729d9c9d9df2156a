"""Networks on disk: safetensors for the weights, JSON for their shape."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import load_file, save

from abound.networks.histories import Sizes
from abound.networks.statics import OutcomeBag, StaticNet
from abound.networks.visits import VisitNet


def save_networks(folder: Path, statics: StaticNet, bag: OutcomeBag | None, visits: VisitNet) -> None:
    """Write a file of weights for each network, and network.json, into an existing folder."""
    for name, net in (("statics", statics), ("outcome", bag), ("visits", visits)):
        if net is not None:
            weights = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
            (folder / f"{name}.safetensors").write_bytes(save(weights))
    shape = {"wide": visits.wide, "deep": visits.deep}
    (folder / "network.json").write_text(json.dumps(shape) + "\n", encoding="utf-8")


def load_networks(folder: Path, sizes: Sizes, outcome: bool) -> tuple[StaticNet, OutcomeBag | None, VisitNet]:
    """What `save_networks` wrote, ready to sample; the outcome is the first of the static columns."""
    shape = json.loads((folder / "network.json").read_text(encoding="utf-8"))
    widths = sizes.statics
    statics = StaticNet(widths[1:] if outcome else widths)
    bag = OutcomeBag(widths[1:], widths[0]) if outcome else None
    visits = VisitNet(sizes, shape["wide"], shape["deep"])
    for name, net in (("statics", statics), ("outcome", bag), ("visits", visits)):
        if net is not None:
            net.load_state_dict(load_file(folder / f"{name}.safetensors"))
            net.eval()
    return statics, bag, visits
