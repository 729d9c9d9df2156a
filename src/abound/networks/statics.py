"""A network for a row of category tokens: each column given those before it (Larochelle & Murray 2011)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from abound.networks.visit_training import one_thread_torch

Ints = NDArray[np.int64]
DEEP = 64
_STEPS, _BATCH, _PATIENCE = 1500, 256, 6


class StaticNet(nn.Module):
    """Columns in their order; the logits of one read the sum of the embeddings of those before it."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.widths = widths
        self.tables = nn.ModuleList(nn.Embedding(w, DEEP) for w in widths)
        self.hidden = nn.ModuleList(nn.Linear(DEEP, DEEP) for _ in widths)
        self.out = nn.ModuleList(nn.Linear(DEEP, w) for w in widths)
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.3)

    def logits(self, column: int, before: Tensor) -> Tensor:
        """(rows, width) of a column from the summed embeddings (rows, DEEP) of the columns before it."""
        hidden = functional.silu(self.hidden[column](functional.dropout(before, 0.1, self.training)))
        made: Tensor = self.out[column](hidden)
        return made

    def loss(self, rows: Tensor) -> Tensor:
        """Mean negative log likelihood of rows (nats)."""
        before = torch.zeros(len(rows), DEEP)
        total = torch.zeros(())
        for j, table in enumerate(self.tables):
            total = total + functional.cross_entropy(self.logits(j, before), rows[:, j])
            before = before + table(rows[:, j])
        return total


def train_statics(rows: Ints, widths: tuple[int, ...], seed: int) -> StaticNet:
    """Fit to int64 (rows, columns). A tenth of the rows says when to stop; the best weights are kept."""
    with one_thread_torch(seed):
        net = StaticNet(widths)
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        order = rng.permutation(len(rows))
        aside = max(1, len(rows) // 10)
        held, own = torch.from_numpy(rows[order[:aside]]), torch.from_numpy(rows[order[aside:]])
        optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
        best, wait = np.inf, 0
        kept = {k: v.clone() for k, v in net.state_dict().items()}
        for step in range(_STEPS):
            part = own[torch.from_numpy(rng.integers(0, len(own), min(_BATCH, len(own))))]
            optimizer.zero_grad(set_to_none=True)
            net.loss(part).backward()
            optimizer.step()
            if step % 50 != 49:
                continue
            net.eval()
            with torch.no_grad():
                now = float(net.loss(held))
            net.train()
            wait = 0 if now < best - 1e-3 else wait + 1
            if now < best:
                best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
            if wait > _PATIENCE:
                break
        net.load_state_dict(kept)
        return net.eval()


@torch.no_grad()
def sample_statics(net: StaticNet, n: int, rng: np.random.Generator, given: Ints | None = None) -> Ints:
    """int64 (n, columns). `given` int64 (n, first columns) are tokens that stand already."""
    with one_thread_torch(0):
        out = np.zeros((n, len(net.widths)), dtype=np.int64)
        before = torch.zeros(n, DEEP)
        for j, table in enumerate(net.tables):
            if given is not None and j < given.shape[1]:
                out[:, j] = given[:, j]
            else:
                ends = functional.softmax(net.logits(j, before), -1).cumsum(-1).numpy()
                point = rng.random(n)[:, None] * (1 - 2**-20) * ends[:, -1:]
                out[:, j] = np.minimum((ends <= point).sum(1), net.widths[j] - 1)
            before = before + table(torch.from_numpy(out[:, j]))
        return out
