"""The sealed test set and the ledger of everything that uses it up.

Each opening of a test set is written down, beside the split, before a row of it is read: a test set that is
looked at ten times supports ten times weaker claims, and the report must be able to say how often it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from abound.core.artifact import open_folder, storage_errors
from abound.core.dataset import Dataset
from abound.core.model import Model, canonical_json
from abound.errors import ArtifactError, InputError


class SlicePower(Model):
    """What the test rows of one slice can show: as `Power`, with `groups` the units that count.

    `left` units stay for training and tuning; `feasible`: the wanted gain can be shown, and enough are left.
    """

    name: str
    units: int
    groups: int
    left: int
    minimum_gain: float | None
    feasible: bool


class Power(Model):
    """What the test set can show, stated before any result.

    `rare_units` real test units of the rarest class that is claimed about; `minimum_gain` the smallest true gain
    in recall on them that is found with probability .8 at one-sided alpha .05 when a share `discordant` of them
    changes its outcome; `needed_units` how many units the wanted gain needs. `feasible` is False where the wanted
    gain cannot be shown, for the class or for one of `slices`; None where no formula tells (predicted numbers).
    """

    rare_class: str | None
    rare_units: int
    wanted_gain: float
    discordant: float
    needed_units: int
    minimum_gain: float | None
    sentence: str
    feasible: bool | None = None
    slices: tuple[SlicePower, ...] = ()


@dataclass(frozen=True)
class SealedTest:
    """A handle on the test rows: digest, size and power, no tables. Only `prove` opens it."""

    folder: Path
    digest: str
    rows: int
    groups: int
    power: Power
    shared: Path | None = None  # a further ledger, which other folders with the same test rows write to as well

    @property
    def ledger(self) -> Ledger:
        """The ledger beside the split, and the shared one."""
        return Ledger(self.folder.parent / "ledger.jsonl", self.shared)


class SplitFile(Model):
    """What split.json says: the sealed part, what it can show, and rows (in a run also groups) of each part."""

    digest: str
    rows: int
    groups: int
    power: Power
    parts: dict[str, int | tuple[int, int]]

    @property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """Rows and groups of each part; where no groups are written, a row is one."""
        return {name: (n, n) if isinstance(n, int) else n for name, n in self.parts.items()}

    def sealed(self, folder: Path) -> SealedTest:
        """The sealed part, which lies in `folder`."""
        return SealedTest(folder, self.digest, self.rows, self.groups, self.power)


@dataclass(frozen=True)
class Ledger:
    """Append-only JSON lines. `shared`: a second file that gets every line too, for several folders in common."""

    path: Path
    shared: Path | None = None

    @property
    def _paths(self) -> list[Path]:
        one = self.shared is None or self.shared.resolve() == self.path.resolve()
        return [self.path] if one or self.shared is None else [self.path, self.shared]

    def append(self, event: str, **details: Any) -> None:
        """Add one line to each file, durably, under a lock."""
        line = canonical_json({"event": event, "time": round(time.time(), 3), **details}) + "\n"
        for path in self._paths:
            with storage_errors(path):
                _append(path, line)

    def read(self) -> list[dict[str, Any]]:
        """All events of this folder's file, oldest first; a line that a crash cut short is "unreadable"."""
        return [_event(line) for line in _lines(self.path)]

    def openings(self, digest: str) -> int:
        """How often the test set with this digest was opened. An unreadable line may be an opening: it counts.

        An opening that stands in both files is one.
        """
        lines: Counter[str] = Counter()
        for path in self._paths:
            lines |= Counter(_lines(path))
        events = [_event(line) for line in lines.elements()]
        opened = [e for e in events if e["event"] == "open_test" and e.get("test") == digest]
        return len(opened) + len([e for e in events if e["event"] == "unreadable"])


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if _cut_short(file):
            line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> list[str]:
    """The lines with text of a ledger; InputError where it is no file that can be read."""
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"the ledger {path} cannot be read ({error.strerror}): name a file") from None
    # Not splitlines: it also splits at line separators that JSON leaves inside a text.
    return [line for line in text.split("\n") if line]


def _cut_short(file: BinaryIO) -> bool:
    """Whether the last line lacks its line break."""
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _event(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError:
        value = None
    return value if isinstance(value, dict) and "event" in value else {"event": "unreadable", "text": line}


def hand_out(sealed: SealedTest) -> Dataset:
    """The features of the test rows, for models that run elsewhere.

    This is no opening, because no label can be read from them: the target is left out, and so are ignored columns
    (a target may be computed from one) and the weight (test rows are weighted by class). It is written down.
    """
    open_folder(sealed.folder)
    data = Dataset.load(sealed.folder)
    sealed.ledger.append("hand_out_test", test=sealed.digest)
    table = data.schema.main_table
    columns = tuple(table.column(n) for n in table.features())
    bare = data.schema.with_columns(table.name, columns).model_copy(
        update={"tasks": (), "group": None, "rules": ()}
    )
    return data.with_table(table.name, data.main.select([c.name for c in columns]), bare)


def unseal(sealed: SealedTest, reason: str) -> Dataset:
    """Open the test set, after writing the opening down. Called by `prove` only (a test keeps it so)."""
    sealed.ledger.append("open_test", test=sealed.digest, reason=reason)
    open_folder(sealed.folder)
    data = Dataset.load(sealed.folder)
    if data.digest != sealed.digest:
        raise ArtifactError(f"the test set in {sealed.folder} is not the one that was sealed: split again")
    return data
