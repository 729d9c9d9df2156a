"""Progress on stderr: one line rewritten on a terminal, a line every ten seconds elsewhere, with an ETA."""

from __future__ import annotations

import sys
import time
from typing import Protocol


class Progress(Protocol):
    """Told how far a stage is. `total` 0 means unknown."""

    def step(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` units of `stage` are finished."""
        ...

    def note(self, text: str) -> None:
        """One line that a person may want to read."""
        ...


class Silent:
    """Prints nothing."""

    def step(self, stage: str, done: int, total: int) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""


class Lines:
    """Prints to stderr. The ETA assumes that the remaining units take as long as the finished ones did."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self._last = 0.0
        self._open = False

    def step(self, stage: str, done: int, total: int) -> None:
        """Rewrite the line (terminal) or print one (elsewhere, at most every ten seconds)."""
        now = time.monotonic()
        start = self._started.setdefault(stage, now)
        finished = total > 0 and done >= total
        tty = sys.stderr.isatty()
        if not finished and now - self._last < (0.1 if tty else 10.0):
            return
        self._last = now
        spent = now - start
        text = f"{stage}: {done}/{total}" if total else f"{stage}: {done}"
        if finished:
            text += f" done in {duration(spent)}"
            self._started.pop(stage, None)
        elif done and total:
            text += f", about {duration(spent / done * (total - done))} left"
        self._print(text, tty, finished)

    def note(self, text: str) -> None:
        """Print a line, ending an open progress line first."""
        self._print(text, sys.stderr.isatty(), True)

    def _print(self, text: str, tty: bool, end: bool) -> None:
        if tty:
            sys.stderr.write("\r\x1b[K" + text + ("\n" if end else ""))
        else:
            sys.stderr.write(text + "\n")
        self._open = tty and not end
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.1f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
