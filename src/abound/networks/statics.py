"""A network for a row of category tokens, each column given those before it, and a bag of networks for its outcome.

Columns: Larochelle & Murray (2011), the neural autoregressive distribution estimator, with direct tables between
near columns. Outcome: it is drawn last, from a bag of small classifiers of the whole row, each stopped on a fold
that it did not see, for one column among hundreds is learned badly by a likelihood of all of them.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from abound.networks.visit_training import one_thread_torch

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
DEEP = 96
NEAR = 6  # so many columns before have tables of their own
FOLDS = 5
_RATE = 4e-3
_STEPS, _BATCH, _EVERY, _PATIENCE = 900, 128, 100, 2


class StaticNet(nn.Module):
    """Columns in their order: a column's logits read the sum of the embeddings of those before it, in two layers.

    All weights but embeddings, offsets and output rows are shared by the columns, so hundreds of columns learn from
    thousands of rows. The `NEAR` columns before add logits by tables.
    """

    unseen: Tensor

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
        self.near = nn.Parameter(torch.zeros(columns, NEAR, most, most))
        self.register_buffer("unseen", torch.arange(most) >= torch.tensor(widths)[:, None])

    def read(self, before: Tensor, column: Tensor | int) -> Tensor:
        """Hidden layers (..., DEEP) of the sum of what stands before a column (one for each, or one of all)."""
        first = functional.silu(before + self.offset[column])
        first = functional.dropout(first, 0.1, self.training)
        second = first + functional.silu(self.hidden(first) + self.second[column])
        return functional.dropout(second, 0.1, self.training)

    def logits(self, column: int, before: Tensor, rows: Tensor) -> Tensor:
        """(rows, most) of one column from the summed embeddings and the tokens `rows` of the columns before it."""
        made = self.read(before, column) @ self.out[column] + self.bias[column]
        for k in range(1, min(NEAR, column) + 1):
            made = made + self.near[column, k - 1][rows[:, column - k]]
        return made.masked_fill(self.unseen[column], -torch.inf)

    @torch.no_grad()
    def close_unseen(self, rows: Tensor) -> None:
        """Tokens that no row has get probability 0: a column that is never missing is never made missing."""
        for j, counts in enumerate(torch.bincount(r, minlength=self.unseen.shape[1]) for r in rows.T):
            self.unseen[j] |= counts == 0

    def loss(self, rows: Tensor) -> Tensor:
        """Mean negative log likelihood of rows (nats)."""
        columns = torch.arange(rows.shape[1])
        inner = self.tokens[columns, rows]
        hidden = self.read(inner.cumsum(1) - inner, columns)
        made = torch.bmm(hidden.transpose(0, 1), self.out).transpose(0, 1) + self.bias
        for k in range(1, min(NEAR, rows.shape[1] - 1) + 1):
            made = made + functional.pad(self.near[columns[k:], k - 1, rows[:, :-k]], (0, 0, k, 0))
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
            net.loss(part).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if step % _EVERY != _EVERY - 1:
                continue
            now = _score(net, held)
            wait = 0 if now < best - 1e-3 * abs(best) else wait + 1
            if now < best:
                best, kept = now, {k: v.clone() for k, v in net.state_dict().items()}
            if wait > _PATIENCE:
                break
        net.load_state_dict(kept)
        return net.eval()


@torch.no_grad()
def _score(net: StaticNet, rows: Tensor) -> float:
    net.eval()
    now = float(net.loss(rows))
    net.train()
    return now


@torch.no_grad()
def sample_statics(
    net: StaticNet, n: int, rng: np.random.Generator, given: Ints | None = None, columns: int | None = None
) -> Ints:
    """int64 (n, columns), all by default. `given` int64 (n, first columns) are tokens that stand already."""
    with one_thread_torch(0):
        columns = len(net.widths) if columns is None else columns
        out = np.zeros((n, columns), dtype=np.int64)
        before, rows = torch.zeros(n, DEEP), torch.from_numpy(out)
        for j in range(columns):
            if given is not None and j < given.shape[1]:
                out[:, j] = given[:, j]
            else:
                out[:, j] = _draw(functional.softmax(net.logits(j, before, rows), -1), rng)
            before = before + net.tokens[j][rows[:, j]]
        return out


def _draw(chance: Tensor, rng: np.random.Generator) -> Ints:
    """One column of each row, by its probability."""
    ends = chance.to(torch.float64).cumsum(-1).numpy()
    # Kept clear of 1, so that rounding never reaches a column of probability 0 at the end.
    point = rng.random(len(ends))[:, None] * (1 - 2**-40) * ends[:, -1:]
    return np.asarray(np.minimum((ends <= point).sum(1), ends.shape[1] - 1), dtype=np.int64)


class OutcomeBag(nn.Module):
    """Small classifiers of a row's tokens, averaged: log probabilities of the outcome's tokens."""

    unseen: Tensor

    def __init__(self, widths: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.widths, self.classes = widths, classes
        inputs = 2 * len(widths)
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(0.1), nn.Linear(inputs, 48), nn.SiLU(), nn.Dropout(0.5), nn.Linear(48, classes)
            )
            for _ in range(FOLDS)
        )  # fmt: skip
        self.register_buffer("unseen", torch.zeros(classes, dtype=torch.bool))

    def features(self, rows: Tensor) -> Tensor:
        """(rows, 2 a column): the token's place among the column's tokens, and whether it is 0 (missing, never)."""
        place = rows / (torch.tensor(self.widths).clamp(min=2) - 1) - 0.5
        return torch.cat([torch.where(rows > 0, place, 0.0), (rows == 0) * 0.5], 1).to(torch.float32)

    def forward(self, rows: Tensor) -> Tensor:
        """(rows, classes) probabilities."""
        x = self.features(rows)
        logits = torch.stack([m(x) for m in self.members]).mean(0)
        return functional.softmax(logits.masked_fill(self.unseen, -torch.inf), -1)


def train_outcome(rows: Ints, outcome: Ints, widths: tuple[int, ...], classes: int, seed: int) -> OutcomeBag:
    """Fit to int64 (rows, columns) and the outcome's tokens (rows)."""
    with one_thread_torch(seed):
        bag = OutcomeBag(widths, classes)
        wanted = torch.from_numpy(outcome)
        bag.unseen |= torch.bincount(wanted, minlength=classes) == 0
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        fold = rng.permutation(len(rows)) % FOLDS
        table = bag.features(torch.from_numpy(rows))
        for f, member in enumerate(bag.members):
            own, aside = np.flatnonzero(fold != f), torch.from_numpy(np.flatnonzero(fold == f))
            _train_member(member, table, wanted, own, aside, rng)
        return bag.eval()


def _train_member(
    member: nn.Module, table: Tensor, wanted: Tensor, own: Ints, aside: Tensor, rng: np.random.Generator
) -> None:
    optimizer = torch.optim.AdamW(member.parameters(), lr=2e-3, weight_decay=0.05)
    best, wait = np.inf, 0
    kept = {k: v.clone() for k, v in member.state_dict().items()}
    size = min(_BATCH, max(16, len(own) // 40))  # some dozens of steps a pass, also from few rows
    for _ in range(100):
        member.train()
        order = rng.permutation(own)
        for i in range(0, len(order), size):
            part = torch.from_numpy(order[i : i + size])
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(member(table[part]), wanted[part]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        member.eval()
        with torch.no_grad():
            now = float(functional.cross_entropy(member(table[aside]), wanted[aside])) if len(aside) else -np.inf
        wait = 0 if now < best else wait + 1
        if now < best:
            best, kept = now, {k: v.clone() for k, v in member.state_dict().items()}
        if wait > 10:
            break
    member.load_state_dict(kept)


@torch.no_grad()
def outcome_chances(bag: OutcomeBag, rows: Ints) -> Floats:
    """float32 (rows, classes): the probability of each token of the outcome."""
    with one_thread_torch(0):
        made: Floats = bag(torch.from_numpy(rows)).numpy()
        return made


def draw_outcome(bag: OutcomeBag, rows: Ints, rng: np.random.Generator) -> Ints:
    """int64 (rows): a token of the outcome for each row."""
    return _draw(torch.from_numpy(outcome_chances(bag, rows)), rng)
