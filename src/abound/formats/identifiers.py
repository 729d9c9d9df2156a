"""Identifiers: which names mean one, and whether a column's values are all different.

Values that rise from row to row are all different, which costs no memory to see. Where they do not rise, one 64-bit
hash a row is kept and sorted: for 10 million rows the chance that two different values share one is below 3e-6.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

MAX_HASHED_ROWS = 16_000_000
_TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = {"id", "ids", "key", "uuid", "guid", "hash", "ssn", "mrn", "identifier", "pk"}
_PEOPLE = (
    "patient|person|subject|user|customer|client|member|household|employee|student|account|participant|owner|"
    "donor|driver|player|citizen|resident"
)
_THINGS = "row|record|case|sample|order|encounter|stay|visit|admission|hadm|item|product|transaction|loan|invoice"
_JOINED = re.compile(rf"^({_PEOPLE}|{_THINGS})id$")


def like_id(name: str) -> bool:
    """Whether a name is that of an identifier: user_id, CustomerID, row id, uuid, patientid; not "paid"."""
    words = [w.lower() for w in _TOKENS.findall(name)]
    return bool(_WORDS & set(words)) or any(_JOINED.match(w) for w in words)


def like_person_id(name: str) -> bool:
    """Whether the name is that of a person or account, whose rows belong together where it repeats."""
    return like_id(name) and re.search(_PEOPLE, name.lower()) is not None


@dataclass
class Distinct:
    """Counts different values, batch by batch. Without `hashing` it can only tell for values that rise."""

    hashing: bool
    rising: bool = True
    last: Any = None
    rows: int = 0
    _hashes: list[np.ndarray[Any, Any]] = field(default_factory=list)
    _total: int | None = None

    def add(self, values: pl.Series) -> None:
        """Add a batch without nulls. Once `rising` is false without `hashing`, the count has to start anew."""
        if not len(values):
            return
        if self.rising:
            self.rising = (self.last is None or self.last < values[0]) and _rises(values)
            self.last = values[-1]
        self.rows += len(values)
        if self.hashing and self.rows <= MAX_HASHED_ROWS:
            self._hashes.append(values.hash(seed=0).to_numpy())
        elif self.hashing:
            self._hashes = []

    def total(self) -> int | None:
        """How many different values there are; None where there were too many rows to tell."""
        if self.rising:
            return self.rows
        if self._total is None and self._hashes and self.rows <= MAX_HASHED_ROWS:
            self._total = _different(self._hashes)
        return self._total


def _rises(values: pl.Series) -> bool:
    return bool((values.slice(1) > values.slice(0, len(values) - 1)).all())


def _different(hashes: list[np.ndarray[Any, Any]]) -> int:
    """Different values over all arrays, which are emptied on the way so that they are held once only."""
    joined = np.empty(sum(map(len, hashes)), dtype=np.uint64)
    end = len(joined)
    while hashes:
        part = hashes.pop()
        joined[end - len(part) : end] = part
        end -= len(part)
    joined.sort()
    return int(1 + np.count_nonzero(joined[1:] != joined[:-1]))
