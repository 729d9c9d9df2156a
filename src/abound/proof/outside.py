"""What a learner runs that is not abound's: it belongs to the key of what was computed with it."""

from __future__ import annotations

from abound.core import registry
from abound.core.protocols import RunsFiles
from abound.core.recipe import Use


def outside_files(learner: Use) -> dict[str, str]:
    """The SHA-256 of each file that the learner's commands name; empty for a learner without files.

    Raises UnknownName or InputError for a learner or parameter that does not exist.
    """
    plugin = registry.create("learner", learner.name, learner.params)
    return plugin.files() if isinstance(plugin, RunsFiles) else {}
