"""Histories of persons as arrays: visits in order, each with a gap before it and a sorted set of events.

A visit is a moment: all events of one time. An event is a code and a value token. Tokens have one number each over
all codes: 0 is "never yet", the tokens of code v are `first[v] ... first[v] + width[v] - 1`, and the first of them
says that the event has no value. Gap tokens go from 0; the last, `gaps`, says that no visit follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

ASPECTS = 6  # of a sketch, the count first
BUCKETS = 12  # of the time since a code was seen last: never, then powers of two


@dataclass(frozen=True)
class Sizes:
    """What a network must know of the data: `width` is each code's number of tokens (the one for no value
    included).

    Of the `gaps` gap tokens the first `openings` stand before first visits, the others between visits. `statics`
    are the numbers of tokens of the static columns in their order; `unit` the usual gap in hours, `longest` the
    hours after which no visit comes; `repeats`: whether a visit may hold a code more than once. The last static
    columns are sketches: for each code of `sketched` ASPECTS tokens (count, first, last, mean, least, most), 0 for
    none.
    """

    width: tuple[int, ...]
    gaps: int
    openings: int
    statics: tuple[int, ...]
    unit: float
    longest: float
    most_visits: int
    most_events: int
    repeats: bool
    sketched: tuple[int, ...] = ()

    @property
    def codes(self) -> int:
        """How many codes there are."""
        return len(self.width)

    @property
    def first(self) -> Ints:
        """The number of each code's first token."""
        return np.concatenate([[1], 1 + np.cumsum(self.width)[:-1]]).astype(np.int64)

    @property
    def tokens(self) -> int:
        """How many value tokens there are, "never yet" included."""
        return 1 + sum(self.width)


@dataclass(frozen=True, eq=False)
class Histories:
    """Many persons. `visits` (persons + 1) and `events` (visits + 1) are where each one's rows begin.

    `statics` int64 (persons, columns); `ended` bool (persons): whether the history is whole, so that its end may be
    learned; `gap` int64 and `hours` float32 a visit; `code` and `token` int64 an event, codes rising in a visit.
    """

    statics: Ints
    ended: NDArray[np.bool_]
    visits: Ints
    gap: Ints
    hours: Floats
    events: Ints
    code: Ints
    token: Ints

    def __len__(self) -> int:
        """How many persons."""
        return len(self.visits) - 1

    def take(self, persons: Ints) -> Histories:
        """The histories of these persons, in this order."""
        rows, visits = spans(self.visits, persons)
        cells, events = spans(self.events, rows)
        return Histories(
            self.statics[persons], self.ended[persons], visits, self.gap[rows], self.hours[rows], events,
            self.code[cells], self.token[cells],
        )  # fmt: skip


def spans(starts: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """The rows of the chosen spans one after another, and where each begins among them."""
    size = starts[chosen + 1] - starts[chosen]
    begin = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    rows = np.arange(begin[-1]) - np.repeat(begin[:-1] - starts[chosen], size)
    return rows, begin


def since_bucket(hours: NDArray[np.float32 | np.float64], unit: float) -> Ints:
    """The bucket of a time since: 1 up to half the usual gap, one more for each doubling."""
    at = np.log2(np.maximum(hours / unit, 1e-9)) + 2.5
    return np.asarray(np.clip(at, 1, BUCKETS - 1), dtype=np.int64)


def previous(data: Histories, unit: float) -> tuple[Ints, Ints]:
    """For each event, the token of the same code before it (0: never yet), and the time's bucket."""
    visit = np.repeat(np.arange(len(data.gap)), np.diff(data.events))
    person = np.repeat(np.arange(len(data)), np.diff(data.visits))[visit]
    order = np.lexsort((np.arange(len(visit)), data.code, person))
    same = (person[order][1:] == person[order][:-1]) & (data.code[order][1:] == data.code[order][:-1])
    before, after = order[:-1][same], order[1:][same]
    token = np.zeros(len(visit), dtype=np.int64)
    token[after] = data.token[before]
    bucket = np.zeros(len(visit), dtype=np.int64)
    bucket[after] = since_bucket(data.hours[visit[after]] - data.hours[visit[before]], unit)
    return token, bucket


def recency(data: Histories, codes: int, unit: float) -> Ints:
    """int64 (visits, codes): the bucket of the time since each code was seen before the visit, 0 for never."""
    visit = np.repeat(np.arange(len(data.gap)), np.diff(data.events))
    person = np.repeat(np.arange(len(data)), np.diff(data.visits))
    # One running maximum serves all persons: each begins above the last, and what lies below is another's.
    far = float(data.hours.max(initial=0.0)) + 1.0
    at = data.hours.astype(np.float64) + person * far
    seen = np.full((len(data.gap) + 1, codes), -1.0)
    seen[visit + 1, data.code] = at[visit]
    last = np.maximum.accumulate(seen, axis=0)[:-1]
    since = at[:, None] - last
    return np.where(last < (person * far)[:, None], 0, since_bucket(since, unit))
