"""Writing histories with a trained `VisitNet`: many persons side by side, one decision after another.

All random numbers come from the numpy generator that is handed in, so the same generator gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from abound.networks.histories import Histories, since_bucket
from abound.networks.visit_training import one_thread_torch
from abound.networks.visits import DENSE_CODES, VisitNet

Ints = NDArray[np.int64]
GapHours = Callable[[Ints, np.random.Generator], NDArray[np.float64]]
BATCH = 1024


@dataclass
class _Side:
    """Persons that are being written: all arrays have one row each. `last` and `at` are by code."""

    person: Tensor
    state: Tensor
    held: Tensor
    hours: NDArray[np.float64]
    last: Tensor
    at: Tensor
    counts: Tensor
    plan: Tensor

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Only these persons go on."""
        if rows.all():
            return
        at = torch.from_numpy(np.flatnonzero(rows))
        for name in ("person", "state", "held", "last", "at", "counts", "plan"):
            setattr(self, name, getattr(self, name)[at])
        self.hours = self.hours[rows]


@torch.no_grad()
def sample(net: VisitNet, statics: Ints, gap_hours: GapHours, rng: np.random.Generator) -> Histories:
    """One history for each row of `statics`. `gap_hours` turns gap tokens into hours (at least 0)."""
    with one_thread_torch(0):
        parts = [
            _batch(net, statics[i : i + BATCH], gap_hours, rng) for i in range(0, len(statics), BATCH)
        ]  # fmt: skip
    return _joined(parts, statics)


def _batch(net: VisitNet, statics: Ints, gap_hours: GapHours, rng: np.random.Generator) -> tuple[Ints, ...]:
    """Rows (person, gap, hours) of visits and (visit row, code, token) of events, as they were written."""
    n, codes, sizes = len(statics), net.sizes.codes, net.sizes
    person = net.person(torch.from_numpy(statics))
    state = torch.tanh(net.start(person))
    side = _Side(
        person, state, torch.zeros(n, net.deep), np.zeros(n), torch.zeros(n, codes, dtype=torch.int64),
        torch.zeros(n, codes, dtype=torch.float64), net.counts(torch.from_numpy(statics)),
        net.plan(torch.from_numpy(statics)),
    )  # fmt: skip
    who = np.arange(n)
    visits: list[tuple[Ints, Ints, NDArray[np.float64]]] = []
    events: list[tuple[Ints, Ints, Ints]] = []
    written = 0
    for step in range(sizes.most_visits):
        logits = net.gap_logits(side.state, side.held, side.person)
        closed = slice(sizes.openings, sizes.gaps) if step == 0 else slice(0, sizes.openings)
        logits[:, closed] = -torch.inf
        gap = _draw(logits, rng)
        inner = np.minimum(gap, max(sizes.gaps - 1, 0))
        hours = side.hours + gap_hours(inner, rng)
        go = (gap < sizes.gaps) & (hours <= sizes.longest)
        side.keep(go)
        who, gap, side.hours = who[go], gap[go], hours[go]
        if not len(who):
            break
        visits.append((who, gap, side.hours.copy()))
        for row, code, token in _write_visit(net, side, gap, rng):
            events.append((written + row, code, token))
        written += len(who)
    return _rows(visits, events)


def _write_visit(net: VisitNet, side: _Side, gap: Ints, rng: np.random.Generator) -> list[tuple[Ints, Ints, Ints]]:
    """Writes one visit of every person and moves their state on; the events as (row of `side`, code, token)."""
    sizes, n = net.sizes, len(gap)
    gaps, times = torch.from_numpy(gap), net.times(torch.from_numpy(side.hours.astype(np.float32)))
    context = net.visit(side.state, side.held, side.person, gaps, times)
    recent = None
    if sizes.codes <= DENSE_CODES:
        buckets = since_bucket(side.hours[:, None] - side.at.numpy(), sizes.unit)
        recent = torch.from_numpy(np.where(side.last.numpy() == 0, 0, buckets))
    bias = net.code_bias(side.counts, recent)
    total = torch.zeros(n, net.deep)
    held, within = side.held.clone(), torch.zeros(n, net.deep)
    least, open_ = np.zeros(n, dtype=np.int64), np.arange(n)
    out = []
    hours = torch.from_numpy(side.hours)
    for count in range(sizes.most_events):
        at = torch.from_numpy(open_)
        here = context[at] + within[at]
        logits = net.code_logits(here) + bias[at]
        place = torch.arange(sizes.codes + 1)
        logits.masked_fill_(place < torch.from_numpy(least[open_])[:, None], -torch.inf)
        if count == 0:
            logits[:, sizes.codes] = -torch.inf
        code = _draw(logits, rng)
        more = code < sizes.codes
        open_, code = open_[more], code[more]
        if not len(open_):
            break
        at, codes = torch.from_numpy(open_), torch.from_numpy(code)
        last = side.last[at, codes]
        bucket = since_bucket(side.hours[open_] - side.at[at, codes].numpy(), sizes.unit)
        since = torch.from_numpy(np.where(last.numpy() == 0, 0, bucket))
        plan = side.plan[at, net.place[codes]]
        planned = net.planned_values(plan, hours[at].to(torch.float32))
        values = net.value_logits(here[torch.from_numpy(more)], codes, last, since, planned)
        value = _draw(values, rng)
        token = torch.from_numpy(value) + net.first[codes]
        total[at] += net.seen(token)
        within[at] += net.within(token)
        held[at] += net.held(token) - net.held(last)
        side.last[at, codes], side.at[at, codes] = token, hours[at]
        least[open_] = code + (0 if sizes.repeats else 1)
        out.append((open_, code, token.numpy()))
        ends = least[open_] >= sizes.codes
        if ends.any():
            open_ = open_[~ends]
            if not len(open_):
                break
    side.held = held
    read = net.visit_input(total, gaps, times, held, side.person)
    side.state = net.gru(read[:, None], side.state[None].contiguous())[0][:, 0]
    return out


def _draw(logits: Tensor, rng: np.random.Generator) -> Ints:
    """One column of each row, by its probability."""
    ends = functional.softmax(logits, -1).cumsum(-1)
    # Kept clear of 1, so that rounding never reaches a column of probability 0 at the end.
    point = (
        torch.from_numpy(rng.random(len(logits), dtype=np.float32) * np.float32(1 - 2**-20))[:, None] * ends[:, -1:]
    )
    drawn: Ints = (ends <= point).sum(-1).clamp_(max=logits.shape[1] - 1).numpy()
    return drawn


def _rows(
    visits: list[tuple[Ints, Ints, NDArray[np.float64]]], events: list[tuple[Ints, Ints, Ints]]
) -> tuple[Ints, ...]:
    none = np.zeros(0, dtype=np.int64)
    v = [np.concatenate(c) if c else none for c in (zip(*visits, strict=True) if visits else ((), (), ()))]
    e = [np.concatenate(c) if c else none for c in (zip(*events, strict=True) if events else ((), (), ()))]
    return (*v, *e)


def _joined(parts: list[tuple[Ints, ...]], statics: Ints) -> Histories:
    """Histories from what the batches wrote: visits by person and time, events by visit and code."""
    person, gap, hours, visit, code, token = [], [], [], [], [], []
    base = 0
    for i, (p, g, h, v, c, t) in enumerate(parts):
        person.append(p + i * BATCH)
        gap.append(g)
        hours.append(h)
        visit.append(v + base)
        code.append(c)
        token.append(t)
        base += len(p)
    none = np.zeros(0, dtype=np.int64)
    who, gaps, when, row, codes, tokens = (
        np.concatenate(x) if x else none for x in (person, gap, hours, visit, code, token)
    )
    order = np.argsort(who, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    row = place[row]
    cells = np.argsort(row, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(who, minlength=len(statics)))])
    events = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(who)))])
    return Histories(
        statics, np.ones(len(statics), dtype=np.bool_), starts.astype(np.int64), gaps[order],
        when[order].astype(np.float32), events.astype(np.int64), codes[cells], tokens[cells],
    )  # fmt: skip
