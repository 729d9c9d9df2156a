"""A network for a row of category tokens: each column given those before it (Larochelle & Murray 2011)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from abound.networks.visit_training import one_thread_torch

Ints = NDArray[np.int64]
DEEP = 96
_RATE = 4e-3
_STEPS, _BATCH, _EVERY, _PATIENCE = 1600, 128, 100, 4


class StaticNet(nn.Module):
    """Columns in their order: a column's logits read the sum of the embeddings of those before it, in two layers.

    All weights but embeddings, offsets and output rows are shared by the columns, so hundreds of columns learn from
    thousands of rows.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        columns, most = len(widths), max(widths)
        self.widths = widths
        self.tokens = nn.Parameter(torch.randn(columns, most, DEEP) * 0.1)
        self.offset = nn.Parameter(torch.zeros(columns, DEEP))
        self.second = nn.Parameter(torch.zeros(columns, DEEP))
        self.hidden = nn.Linear(DEEP, DEEP)
        self.out = nn.Parameter(torch.randn(columns, DEEP, most) * 0.02)
        self.bias = nn.Parameter(torch.zeros(columns, most))
        self.register_buffer("unseen", torch.arange(most) >= torch.tensor(widths)[:, None])

    def read(self, before: Tensor, column: Tensor | int) -> Tensor:
        """Hidden layers (..., DEEP) of the sum of what stands before a column (one for each, or one of all)."""
        first = functional.silu(before + self.offset[column])
        first = functional.dropout(first, 0.2, self.training)
        second = first + functional.silu(self.hidden(first) + self.second[column])
        return functional.dropout(second, 0.2, self.training)

    def logits(self, column: int, before: Tensor) -> Tensor:
        """(rows, most) of one column; -inf for tokens that no row has."""
        made = self.read(before, column) @ self.out[column] + self.bias[column]
        return made.masked_fill(self.unseen[column], -torch.inf)

    def embed(self, column: int, tokens: Tensor) -> Tensor:
        """(rows, DEEP) of the tokens of one column."""
        return self.tokens[column][tokens]

    @torch.no_grad()
    def close_unseen(self, rows: Tensor) -> None:
        """Tokens that no row has get probability 0: a target that is never missing is never made missing."""
        for j, counts in enumerate(torch.bincount(r, minlength=self.unseen.shape[1]) for r in rows.T):
            self.unseen[j] |= counts == 0

    def loss(self, rows: Tensor) -> Tensor:
        """Mean negative log likelihood of rows (nats)."""
        columns = torch.arange(rows.shape[1])
        inner = self.tokens[columns, rows]
        hidden = self.read(inner.cumsum(1) - inner, columns)
        made = torch.einsum("ncd,cdk->nck", hidden, self.out) + self.bias
        made = made.masked_fill(self.unseen, -torch.inf)
        return functional.cross_entropy(made.flatten(0, 1), rows.flatten(), reduction="sum") / len(rows)


def train_statics(rows: Ints, widths: tuple[int, ...], seed: int) -> StaticNet:
    """Fit to int64 (rows, columns). A tenth of the rows says when to stop; the best weights are kept."""
    with one_thread_torch(seed):
        net = StaticNet(widths)
        net.close_unseen(torch.from_numpy(rows))
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        order = rng.permutation(len(rows))
        aside = max(1, len(rows) // 10)
        held, own = torch.from_numpy(rows[order[:aside]]), torch.from_numpy(rows[order[aside:]])
        optimizer = torch.optim.Adam(net.parameters(), lr=_RATE)
        best, wait = np.inf, 0
        kept = {k: v.clone() for k, v in net.state_dict().items()}
        for step in range(_STEPS):
            part = own[torch.from_numpy(rng.integers(0, len(own), min(_BATCH, len(own))))]
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1.0, (step + 1) / 50, 1.02 - step / _STEPS)
            optimizer.zero_grad(set_to_none=True)
            net.loss(part).backward()
            optimizer.step()
            if step % _EVERY != _EVERY - 1:
                continue
            net.eval()
            with torch.no_grad():
                now = float(net.loss(held))
            net.train()
            if "TOLD" in globals(): TOLD(step, now, best)
            wait = 0 if now < best - 1e-3 * abs(best) else wait + 1
            if now < best:
                best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
            if wait > _PATIENCE:
                break
        net.load_state_dict(kept)
        return net.eval()


@torch.no_grad()
def sample_statics(
    net: StaticNet, n: int, rng: np.random.Generator, given: Ints | None = None, columns: int | None = None
) -> Ints:
    """int64 (n, columns), all by default. `given` int64 (n, first columns) are tokens that stand already."""
    with one_thread_torch(0):
        columns = len(net.widths) if columns is None else columns
        out = np.zeros((n, columns), dtype=np.int64)
        before = torch.zeros(n, DEEP)
        for j in range(columns):
            if given is not None and j < given.shape[1]:
                out[:, j] = given[:, j]
            else:
                ends = functional.softmax(net.logits(j, before), -1).cumsum(-1).numpy()
                point = rng.random(n)[:, None] * (1 - 2**-20) * ends[:, -1:]
                out[:, j] = np.minimum((ends <= point).sum(1), ends.shape[1] - 1)
            before = before + net.embed(j, torch.from_numpy(out[:, j]))
        return out
