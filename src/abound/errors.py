"""Every error that abound raises on purpose.

    AboundError
    ├── InputError            the data, a file or an argument is not usable as it is
    │   ├── SchemaError       the schema does not fit the data, or contradicts itself
    │   ├── RecipeError       the recipe has a typo or an impossible value
    │   └── UnknownName       no plug-in, column or stage has that name (did you mean)
    ├── Refusal               "not for this data": the thing asked for cannot be done honestly here
    │   └── WhereRefused      a generator cannot obey that condition
    ├── LeakError             sealed test rows reached a place that must never see them
    ├── ArtifactError         a file on disk is not what its manifest says it is
    │   └── RunLocked         another process is writing this run folder
    ├── StorageError          the disk is full or the folder cannot be written
    ├── MissingExtra          an optional dependency is not installed
    └── WorkerError           a worker process failed; the message is the worker's own

Each message is one clear sentence that names the file or column and says what to do. The command line prints
it without a traceback and exits with `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable


class AboundError(Exception):
    """Base of every error raised on purpose."""

    exit_code = 1


class InputError(AboundError):
    """The data, a file or an argument is not usable as it is."""


class SchemaError(InputError):
    """The schema does not fit the data, or contradicts itself."""


class RecipeError(InputError):
    """The recipe has a typo or an impossible value."""

    exit_code = 2


class UnknownName(InputError):
    """No plug-in, column or stage has that name."""

    exit_code = 2


class Refusal(AboundError):
    """The thing asked for cannot be done honestly with this data."""


class WhereRefused(Refusal):
    """A generator cannot obey that condition."""


class LeakError(AboundError):
    """Sealed test rows reached a place that must never see them."""


class ArtifactError(AboundError):
    """A file on disk is not what its manifest says it is."""


class RunLocked(ArtifactError):
    """Another process is writing this run folder."""


class StorageError(AboundError):
    """The disk is full or the folder cannot be written."""


class MissingExtra(AboundError):
    """An optional dependency is not installed."""


class WorkerError(AboundError):
    """A worker process failed; the message is the worker's own."""


def install_line(extra: str) -> str:
    """The line that installs an extra, from a package index or in a clone."""
    return f"pip install 'abound[{extra}]'  (in a clone: pip install '.[{extra}]')"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown name: the nearest known one, or the list of them."""
    import difflib

    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"known: {shown}" if names else "none are known"
