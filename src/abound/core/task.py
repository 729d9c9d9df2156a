"""A unit of work by name: what an engine runs, here or in another process."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any


def call(function: str, task: dict[str, Any]) -> Any:
    """Call "package.module:name" with a JSON-like argument."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(task)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Limit native thread pools: the order of floating-point sums must not depend on the machine's cores."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
