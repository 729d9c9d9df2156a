"""Tasks one after the other, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from abound.core.registry import plugin


@plugin("engine", accepts=("any",))
class Local:
    """Runs tasks in order in this process, on one thread, so that sums are added in the same order everywhere."""

    def map(
        self, function: str, tasks: Sequence[dict[str, Any]], on_done: Callable[[int], None] | None = None
    ) -> Iterator[Any]:
        """Results in order."""
        from abound.core.task import call, one_thread

        for done, task in enumerate(tasks, start=1):
            with one_thread():
                result = call(function, task)
            if on_done:
                on_done(done)
            yield result
