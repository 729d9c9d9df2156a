"""Context: what a plug-in may ask of its surroundings. Random numbers come by content path, never by position.

`rng("sample", order_id, 3)` is SeedSequence(seed, spawn_key = SHA-256 of that path), so the same piece of work
draws the same numbers whatever ran before it, in whichever process.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from abound.core.model import canonical_json
from abound.core.progress import Progress, Silent

if TYPE_CHECKING:
    import numpy as np

    from abound.core.crossfit import CrossFit
    from abound.core.dataset import Dataset
    from abound.core.protocols import Engine
    from abound.core.slice import Slice


@dataclass(frozen=True)
class Context:
    """Seed, engine, progress and limits. `at` gives a child whose random numbers are its own."""

    seed: int = 0
    engine: Engine | None = None
    device: str = "cpu"
    scratch: Path | None = None
    progress: Progress = field(default_factory=Silent)
    memory_bytes: int | None = None
    path: tuple[str, ...] = ()
    refit: int = 0  # which repeat of the whole procedure this is: every repeat has a teacher of its own
    slices: tuple[Slice, ...] = ()  # what the audit is asked to look into: conditions of orders, slices of gaps

    def at(self, *path: object) -> Context:
        """The same surroundings with `path` added to the random path."""
        return replace(self, path=(*self.path, *map(str, path)))

    def rng(self, *path: object) -> np.random.Generator:
        """A generator that depends on the seed and the path only."""
        import numpy as np

        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=self._words(path)))

    def random_state(self, *path: object) -> int:
        """A 31-bit seed for libraries that take an integer."""
        return int(self.rng(*path, "int").integers(2**31 - 1))

    def _words(self, path: tuple[object, ...]) -> tuple[int, ...]:
        text = canonical_json([*self.path, *map(str, path)])
        raw = hashlib.sha256(text.encode()).digest()
        return tuple(int.from_bytes(raw[i : i + 4], "little") for i in range(0, 32, 4))

    def crossfit(self, data: Dataset, learner: str = "ensemble", folds: int | None = None) -> CrossFit:
        """Group-aware out-of-fold predictions and the fold models, once per data set, seed and refit."""
        from abound.core.crossfit import recent

        base = Context(seed=self.seed, engine=self.engine, device=self.device, path=("refit", str(self.refit)))
        key = f"{self.seed} {self.refit} {data.digest} {learner} {folds}"
        return recent(key, data, learner, folds, base)
