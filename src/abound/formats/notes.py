"""What `read` tells the user: one sentence a finding, columns with the same finding together."""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 8


class Notes:
    """Collects findings in the order in which they come."""

    def __init__(self, first: Iterable[str] = ()) -> None:
        self._grouped: dict[str, list[str]] = {}
        self._single = list(first)

    def say(self, sentence: str) -> None:
        """A sentence of its own."""
        self._single.append(sentence)

    def about(self, column: str, finding: str) -> None:
        """A finding that other columns may share; it follows their names and a colon."""
        self._grouped.setdefault(finding, []).append(column)

    def sentences(self) -> tuple[str, ...]:
        """All of them: single sentences first, then the shared findings."""
        return (*self._single, *(f"{names(columns)}: {finding}" for finding, columns in self._grouped.items()))


def rows(n: int) -> str:
    """ "1 row" or "2,000 rows"."""
    return f"{n:,} row{'s' * (n != 1)}"


def counted(n: int, what: str) -> str:
    """ "1 column" or "2,000 columns"."""
    return f"{n:,} {what}{'s' * (n != 1)}"


def names(columns: list[str]) -> str:
    """Quoted names, shortened after the first few."""
    shown = ", ".join(repr(c) for c in columns[:_SHOWN])
    more = len(columns) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown
