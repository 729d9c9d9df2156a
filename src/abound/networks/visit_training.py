"""Training of `VisitNet`: Adam, warm-up and annealing to zero, and a running mean of the weights.

The marginal distributions of an autoregressive network are only as good as its last steps are small, so the rate
falls to zero and the weights that are kept are an exponential mean over the last steps (Polyak & Juditsky 1992).
The number of steps follows from the size of the data and the minutes allowed by a fixed cost model, never from the
clock, so that the same data and seed give the same weights on the same machine.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from abound.networks.histories import Histories, Sizes
from abound.networks.visits import VisitNet, losses, tensors

FLOPS = 6.0e10  # floating point operations that one core of 2022 does a second, in this mix of large and small ones
_PASSES = 3.0  # forward and backward, in forward passes


@dataclass(frozen=True)
class Training:
    """How a network is trained. `batch` is persons a step; `decay` of the running mean of the weights."""

    wide: int
    deep: int
    batch: int
    epochs: float
    rate: float = 3e-3
    decay: float = 0.99
    device: str = "cpu"


def cost(visits: int, events: int, sizes: Sizes, wide: int, deep: int) -> float:
    """CPU seconds of one pass over that many visits and events, roughly (within a factor of two on one core)."""
    visit = 3 * (deep + wide) * wide + 2 * (wide + 2 * deep) * deep + 2 * deep * deep + deep * sizes.gaps
    code = deep * deep + deep * sizes.codes
    value = deep * deep + deep * max(sizes.width)
    products = 2.0 * (visits * visit + (events + visits) * code + events * value)
    # What is no matrix product is bound by memory: about so many numbers are read or written for each row.
    moved = (
        (events + visits) * (24 * deep + 8 * sizes.codes)
        + visits * (20 * deep + 16 * wide)
        + events * 8 * max(sizes.width)
    )
    return (products + 12.0 * moved) * _PASSES / FLOPS


def train(
    data: Histories, sizes: Sizes, how: Training, seed: int, told: Callable[[int, int], None] = lambda a, b: None
) -> VisitNet:
    """The trained network, with the mean weights. `told(step, steps)` is called after every step."""
    with one_thread_torch(seed, how.device):
        net = VisitNet(sizes, how.wide, how.deep)
        net.close_unseen(data)
        net = net.to(how.device)
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        steps = max(1, round(how.epochs * len(data) / how.batch))
        optimizer = torch.optim.Adam(net.parameters(), lr=how.rate, betas=(0.9, 0.99))
        mean = {k: v.detach().clone() for k, v in net.state_dict().items()}
        for step, persons in enumerate(batches(data, how.batch, steps, rng)):
            rate = how.rate * _schedule(step, steps)
            for group in optimizer.param_groups:
                group["lr"] = rate
            part = losses(net, tensors(data.take(persons), sizes, how.device))
            total = sum(p.sum() for p in part) / max(1, sum(len(p) for p in part))
            optimizer.zero_grad(set_to_none=True)
            total.backward()  # type: ignore[union-attr]
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            _follow(mean, net, min(how.decay, (1 + step) / (10 + step)))
            told(step + 1, steps)
        net.load_state_dict(mean)
        return net.eval()


def _schedule(step: int, steps: int) -> float:
    """Share of the top rate: up over the first twentieth, then down along a cosine to zero."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return float(0.5 * (1.0 + np.cos(np.pi * (step - warm) / max(1, steps - warm))))


@torch.no_grad()
def _follow(mean: dict[str, torch.Tensor], net: VisitNet, decay: float) -> None:
    for name, value in net.named_parameters():
        mean[name].lerp_(value, 1.0 - decay)


def batches(data: Histories, size: int, steps: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Persons of each step: every person once a pass, those of like length together, the steps in random order."""
    length = np.diff(data.visits).astype(np.float64)
    made = 0
    while True:
        order = np.argsort(length * rng.uniform(0.8, 1.25, len(length)), kind="stable")
        parts = [order[i : i + size] for i in range(0, len(order), size)]
        for p in rng.permutation(len(parts)):
            if made == steps:
                return
            made += 1
            if length[parts[p]].sum():
                yield np.sort(parts[p])


@contextlib.contextmanager
def one_thread_torch(seed: int, device: str = "cpu") -> Iterator[None]:
    """One thread, deterministic algorithms and a random state of its own; all put back at the end."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[] if device == "cpu" else None):
        try:
            torch.set_num_threads(1)
            torch.use_deterministic_algorithms(device == "cpu")
            torch.manual_seed(seed)
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)
