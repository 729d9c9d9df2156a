"""A network that writes histories: gap, then code, value, code, value, ... until the visit ends, then the next gap.

A recurrent state (GRU) goes from visit to visit. Beside it stands the sum of the embeddings of each code's last
value, so that what was seen last is never forgotten, at a cost per event only: an event adds its own embedding and
takes away that of the value it replaces. Within a visit codes come in rising order, and each decision sees the sum
of the embeddings of the events before it (a neural autoregressive distribution, Larochelle & Murray 2011, over the
codes that occur instead of all codes), so thousands of codes cost no more than dozens. A value's logits have a
direct part that depends on the last value of the same code. Static tokens, outcome and risk among them, enter every
step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from abound.networks.histories import ASPECTS, BUCKETS, Histories, Sizes, previous, recency

DENSE_CODES = 128  # up to so many codes, each code's time since is an input of its own
TIMES = 8


class VisitNet(nn.Module):
    """The network. `wide` is the size of the recurrent state, `deep` that of everything else."""

    first: Tensor
    closed: Tensor
    place: Tensor

    def __init__(self, sizes: Sizes, wide: int, deep: int) -> None:
        super().__init__()
        self.sizes, self.wide, self.deep = sizes, wide, deep
        codes, most = sizes.codes, max(sizes.width)
        self.static = nn.ModuleList(nn.Embedding(n, deep) for n in sizes.statics)
        self.static_mix = nn.Sequential(nn.Linear(deep, deep), nn.SiLU(), nn.Linear(deep, deep))
        self.seen = nn.Embedding(sizes.tokens, deep)  # events of the visit, as input
        self.held = nn.Embedding(sizes.tokens, deep)  # last values, summed
        self.within = nn.Embedding(sizes.tokens, deep)  # events earlier in the visit
        self.last = nn.Embedding(sizes.tokens, deep)  # the last value of the event's own code
        self.gap_in = nn.Embedding(sizes.gaps + 1, deep)
        self.gap_now = nn.Embedding(sizes.gaps + 1, deep)
        self.when_in = nn.Linear(TIMES, deep)
        self.when_now = nn.Linear(TIMES, deep)
        self.start = nn.Linear(deep, wide)
        self.norm_in = nn.LayerNorm(deep)
        self.gru = nn.GRU(deep, wide, batch_first=True)
        self.gap_context = nn.Linear(wide + 2 * deep, deep)
        self.visit_context = nn.Linear(wide + 2 * deep, deep)
        self.gap_hidden = nn.Linear(deep, deep)
        self.gap_out = nn.Linear(deep, sizes.gaps + 1)
        self.code_hidden = nn.Linear(deep, deep)
        self.code_out = nn.Linear(deep, codes + 1)  # the last says that the visit is complete
        self.code_in = nn.Embedding(codes, deep)
        self.code_gate = nn.Embedding(codes, deep)
        self.since = nn.Embedding(BUCKETS, deep)
        self.value_hidden = nn.Linear(deep, deep)
        self.value_out = nn.Linear(deep, most)
        self.value_bias = nn.Embedding(codes, most)
        self.skip = nn.Embedding(sizes.tokens, most)
        dense = codes if codes <= DENSE_CODES else 0
        plain = len(sizes.statics) - ASPECTS * len(sizes.sketched)
        self.plain, self.grades = plain, max(sizes.statics[plain:], default=1)
        self.recent = nn.Parameter(torch.zeros(dense, self.grades, BUCKETS))
        self.often = nn.Parameter(torch.zeros(codes, self.grades))
        self.planned = nn.Embedding(len(sizes.sketched) * ASPECTS * self.grades + 1, deep)
        place = torch.full((codes,), -1)
        place[list(sizes.sketched)] = torch.arange(len(sizes.sketched))
        self.register_buffer("place", place, persistent=False)
        self.register_buffer("first", torch.from_numpy(sizes.first), persistent=False)
        # Tokens that a code does not have or that no event had: never written.
        self.register_buffer("closed", torch.arange(most) >= torch.tensor(sizes.width)[:, None])
        self._begin()

    def _begin(self) -> None:
        small = (self.seen, self.held, self.within, self.last, self.gap_in, self.gap_now, self.code_in, self.since)
        for table in (*small, *self.static):
            nn.init.normal_(table.weight, std=0.1)
        for table in (self.value_bias, self.skip, self.code_gate):
            nn.init.zeros_(table.weight)
        nn.init.normal_(self.planned.weight, std=0.2)
        with torch.no_grad():
            self.held.weight[0] = 0.0
            self.planned.weight[-1] = 0.0
            # Codes that the sketch says do not come start as nearly impossible.
            self.often[list(self.sizes.sketched), 0] = -6.0

    def person(self, statics: Tensor) -> Tensor:
        """(persons, deep) from int64 (persons, columns)."""
        total = torch.zeros(len(statics), self.deep, device=statics.device)
        for j, table in enumerate(self.static):
            total = total + table(statics[:, j])
        mixed: Tensor = total + self.static_mix(total)
        return mixed

    def times(self, hours: Tensor) -> Tensor:
        """(n, TIMES) of the hours since the beginning: share of the longest history, log scale, and waves."""
        share = hours / self.sizes.longest
        log = torch.log1p(hours.clamp(min=0.0) / self.sizes.unit) / 5.0
        waves = [w(hours * (2 * np.pi / period)) for period in (24.0, 12.0) for w in (torch.sin, torch.cos)]
        told: Tensor = torch.stack([share, log, share * share, (hours <= 0).to(share.dtype), *waves], dim=-1)
        return told

    def visit_input(self, events: Tensor, gap: Tensor, times: Tensor, held: Tensor, person: Tensor) -> Tensor:
        """What the recurrent state reads of a visit; `events` is the sum of its `seen` embeddings."""
        total = events + self.gap_in(gap) + self.when_in(times) + held + person
        read: Tensor = self.norm_in(total)
        return read

    def gap_logits(self, state: Tensor, held: Tensor, person: Tensor) -> Tensor:
        """(n, gaps + 1) after a visit."""
        context = functional.silu(self.gap_context(torch.cat([state, held, person], -1)))
        logits: Tensor = self.gap_out(functional.silu(self.gap_hidden(context)))
        return logits

    def visit(self, state: Tensor, held: Tensor, person: Tensor, gap: Tensor, times: Tensor) -> Tensor:
        """(n, deep): what the decisions within a visit start from. `state` and `held` are from before it."""
        context: Tensor = self.visit_context(torch.cat([state, held, person], -1))
        told: Tensor = context + self.gap_now(gap) + self.when_now(times)
        return told

    def plan(self, statics: Tensor) -> Tensor:
        """int64 (persons, codes + 1, ASPECTS): rows of `planned` of each code; the last row for all others."""
        tokens = statics[:, self.plain :].reshape(len(statics), len(self.sizes.sketched), ASPECTS)
        first = torch.arange(tokens.shape[1] * ASPECTS, device=statics.device).view(-1, ASPECTS) * self.grades
        none = torch.full_like(tokens[:, :1], self.planned.num_embeddings - 1) if tokens.shape[1] else None
        if none is None:
            return torch.full((len(statics), 1, ASPECTS), self.planned.num_embeddings - 1, device=statics.device)
        return torch.cat([tokens + first, none], 1)

    def counts(self, statics: Tensor) -> Tensor:
        """int64 (persons, codes): the sketched count's token, 0 where there is none."""
        tokens = statics[:, self.plain :].reshape(len(statics), len(self.sizes.sketched), ASPECTS)[:, :, 0]
        return functional.pad(tokens, (0, 1))[:, self.place]

    def code_logits(self, context: Tensor) -> Tensor:
        """(n, codes + 1): the part that depends on the context."""
        logits: Tensor = self.code_out(functional.silu(self.code_hidden(functional.silu(context))))
        return logits

    def code_bias(self, counts: Tensor, recent: Tensor | None) -> Tensor:
        """(n, codes + 1): the part that a visit's decisions share, from sketched counts and the time since each
        code.

        `counts` and `recent` (buckets) are int64 (n, codes).
        """
        row = torch.arange(counts.shape[1], device=counts.device) * self.grades + counts
        bias = functional.embedding(row, self.often.reshape(-1, 1))[..., 0]
        if recent is not None:
            bias = bias + functional.embedding(row * BUCKETS + recent, self.recent.reshape(-1, 1))[..., 0]
        return functional.pad(bias, (0, 1))

    def planned_values(self, rows: Tensor, hours: Tensor) -> Tensor:
        """(n, deep) from `plan` rows (n, ASPECTS) of each event's code: the first value fades, the last comes."""
        along = (hours / self.sizes.longest).clamp(0.0, 1.0)[:, None]
        parts = [self.planned(rows[:, a]) for a in range(1, ASPECTS)]
        total: Tensor = parts[0] * (1.0 - along) + parts[1] * along + parts[2] + parts[3] + parts[4]
        return total

    def value_logits(self, context: Tensor, code: Tensor, last: Tensor, since: Tensor, planned: Tensor) -> Tensor:
        """(n, widest code): logits of the tokens of each event's own code, -inf where it has no such token."""
        hidden = functional.silu(context + self.code_in(code) + self.last(last) + self.since(since) + planned)
        hidden = functional.silu(self.value_hidden(hidden)) * (1.0 + self.code_gate(code))
        logits = self.value_out(hidden) + self.value_bias(code) + self.skip(last)
        closed: Tensor = logits.masked_fill(self.closed[code], -torch.inf)
        return closed

    def close_unseen(self, data: Histories) -> None:
        """Value tokens that no event of `data` has get probability 0, such as "no value"."""
        own = data.token - self.sizes.first[data.code]
        seen = torch.zeros_like(self.closed)
        seen[torch.from_numpy(data.code), torch.from_numpy(own)] = True
        self.closed |= ~seen


def tensors(data: Histories, sizes: Sizes, device: str = "cpu") -> dict[str, Tensor]:
    """A batch of histories as tensors, with what the network needs to know of the past of each row."""
    counts, visits = np.diff(data.visits), len(data.gap)
    visit = np.repeat(np.arange(visits), np.diff(data.events))
    person = np.repeat(np.arange(len(data)), counts)
    step = np.arange(visits) - np.repeat(data.visits[:-1], counts)
    last, since = previous(data, sizes.unit)
    follow = np.full(visits, sizes.gaps, dtype=np.int64)
    follow[:-1] = np.where(person[1:] == person[:-1], data.gap[1:], sizes.gaps)
    learn = np.ones(visits, dtype=np.bool_)
    ends = data.visits[1:][counts > 0] - 1
    learn[ends] = data.ended[counts > 0]
    begin = np.where(counts > 0, data.gap[np.minimum(data.visits[:-1], max(visits - 1, 0))], sizes.gaps)
    arrays: dict[str, Any] = {
        "statics": data.statics, "person": person, "step": step, "gap": data.gap, "hours": data.hours,
        "visit": visit, "code": data.code, "token": data.token, "last": last, "since": since, "follow": follow,
        "learn": learn, "begin": begin, "ends": data.events[1:],
    }  # fmt: skip
    if sizes.codes <= DENSE_CODES:
        arrays["recent"] = recency(data, sizes.codes, sizes.unit)
    return {k: torch.from_numpy(np.ascontiguousarray(v)).to(device) for k, v in arrays.items()}


def losses(net: VisitNet, b: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Negative log likelihoods (nats): of each person's gaps, of each visit's codes, of each event's value.

    Shapes (persons + visits), (events + visits), (events); gaps: first those before the first visits.
    """
    persons, visits, steps = len(b["statics"]), len(b["gap"]), int(b["step"].max()) + 1
    person, zeros = net.person(b["statics"]), torch.zeros(visits, net.deep, device=b["gap"].device)
    each, times = person[b["person"]], net.times(b["hours"])
    cell = b["person"] * steps + b["step"]
    # Sums over a visit's events; those of the last values also run on from visit to visit.
    events = zeros.index_add(0, b["visit"], net.seen(b["token"]))
    change = zeros.index_add(0, b["visit"], net.held(b["token"]) - net.held(b["last"]))
    padded = torch.zeros(persons * steps, net.deep, device=zeros.device).index_copy(0, cell, change)
    held = padded.view(persons, steps, -1).cumsum(1).view(persons * steps, -1)[cell]
    read = net.visit_input(events, b["gap"], times, held, each)
    grid = torch.zeros(persons * steps, net.deep, device=zeros.device).index_copy(0, cell, read)
    start = torch.tanh(net.start(person))
    out, _ = net.gru(grid.view(persons, steps, -1), start[None])
    state = out.reshape(persons * steps, -1)[cell]
    opening = b["step"] == 0
    before = torch.where(opening[:, None], start[b["person"]], state.roll(1, 0))
    held_before = torch.where(opening[:, None], torch.zeros_like(held), held.roll(1, 0))

    opened, followed = net.gap_logits(start, torch.zeros_like(person), person), net.gap_logits(state, held, each)
    opened[:, net.sizes.openings : net.sizes.gaps] = -torch.inf
    followed[:, : net.sizes.openings] = -torch.inf
    first = functional.cross_entropy(opened, b["begin"], reduction="none")
    after = functional.cross_entropy(followed, b["follow"], reduction="none")
    gaps = torch.cat([first, after * b["learn"]])

    context = net.visit(before, held_before, each, b["gap"], times)
    inner = net.within(b["token"])
    total = inner.cumsum(0)
    ahead = total - inner  # all events before this one, of this and earlier visits
    begun = functional.pad(total, (0, 0, 1, 0))[functional.pad(b["ends"], (1, 0))]
    at_event = context[b["visit"]] + ahead - begun[:-1][b["visit"]]
    at_end = context + begun[1:] - begun[:-1]
    plan = net.plan(b["statics"])[b["person"][b["visit"]], net.place[b["code"]]]
    planned = net.planned_values(plan, b["hours"][b["visit"]])
    value = net.value_logits(at_event, b["code"], b["last"], b["since"], planned)
    own = b["token"] - net.first[b["code"]]
    values = functional.cross_entropy(value, own, reduction="none")
    codes = _code_losses(net, b, at_event, at_end)
    return gaps, codes, values


def _code_losses(net: VisitNet, b: dict[str, Tensor], at_event: Tensor, at_end: Tensor) -> Tensor:
    """Of each event's code, then of each visit's completeness; codes that cannot come any more are left out."""
    codes = net.sizes.codes
    bias = net.code_bias(net.counts(b["statics"])[b["person"]], b.get("recent"))
    logits = net.code_logits(torch.cat([at_event, at_end])) + torch.cat([bias[b["visit"]], bias])
    least = allowed_from(b["visit"], b["code"], net.sizes.repeats)
    final = torch.full((len(at_end),), -1, device=least.device)
    final = final.index_put((b["visit"],), b["code"])  # the last write of a visit is its highest code
    least = torch.cat([least, final + (0 if net.sizes.repeats else 1)])
    place = torch.arange(codes + 1, device=logits.device)
    closed = place < least[:, None]
    logits = logits.masked_fill(closed, -torch.inf)
    # A visit without events is none: its first decision cannot be that it is complete.
    opening = torch.ones(len(least), dtype=torch.bool, device=logits.device)
    opening[1 : len(at_event)] = b["visit"][1:] != b["visit"][:-1]
    opening[len(at_event) :] = False
    logits = torch.cat([logits[:, :codes], logits[:, codes:].masked_fill(opening[:, None], -torch.inf)], 1)
    wanted = torch.cat([b["code"], torch.full((len(at_end),), codes, device=logits.device)])
    return functional.cross_entropy(logits, wanted, reduction="none")


def allowed_from(visit: Tensor, code: Tensor, repeats: bool) -> Tensor:
    """The lowest code that may come at each event: above the one before it, or that one with repeats."""
    same = torch.zeros(len(code), dtype=torch.bool, device=code.device)
    same[1:] = visit[1:] == visit[:-1]
    follows = code.roll(1, 0) + (0 if repeats else 1)
    return torch.where(same, follows, torch.zeros_like(code))
