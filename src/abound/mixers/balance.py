"""Synthetic rows only as far as they balance the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.dataset import Dataset

    Floats = NDArray[np.float64]


@plugin("mixer")
class Balance:
    """All real rows, and of each class as many synthetic rows as bring it up to `share` of the weight.

    Without `share` every class is brought up to the largest. Beyond balance more rows of a class move the model's
    prior and no more than that. Of the synthetic weight at least `common` is left to classes that need no rows,
    where there are such rows: if all synthetic rows were rare ones, "looks synthetic" would be a way to recognise
    the rare class. The synthetic rows together weigh at most `most` times the real ones (where more are wanted, all
    classes get less in proportion), and each counts `weight` times as much as a real row.
    """

    share: float | None = Field(default=None, gt=0.0, lt=1.0)
    common: float = Field(default=0.25, ge=0.0, lt=1.0)
    most: float = Field(default=1.0, gt=0.0, le=100.0)
    weight: float = Field(default=1.0, gt=0.0, le=100.0)

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The joined rows with `_origin` filled in, and a note on how many were used.

        Refusal where the target has no classes; SchemaError and InputError as in `encoding.mixing.kept`.
        """
        import numpy as np

        from abound.core.labels import classes, codes
        from abound.encoding.mixing import behind, kept, weighted

        task = train.schema.tasks[0] if train.schema.tasks else None
        if task is None or task.kind != "classification" or task.table != train.schema.main:
            raise Refusal("balance needs a target with classes in the main table: use the mixer append")
        rows, dropped = kept(synth, train, audit)
        rows = weighted(rows, self.weight)
        size = len(classes(train.schema, task))
        real: Floats = np.bincount(codes(train, task), weights=train.weights(), minlength=size).astype(np.float64)
        of, worth = codes(rows, task), rows.weights()
        there: Floats = np.bincount(of, weights=worth, minlength=size).astype(np.float64)
        chosen = _first_rows(of, worth, self._wanted(real, there), ctx.rng("balance"))
        used = rows.take(chosen)
        note = (
            f"{len(used):,} of {len(rows):,} synthetic rows balance {len(train):,} real ones; the audit dropped "
            f"{dropped:,} rows"
        )
        if self.weight != 1.0:
            note += f"; a synthetic row counts {self.weight:g} times"
        ctx.progress.note(note)
        return behind(train, used, note)

    def _wanted(self, real: Floats, there: Floats) -> Floats:
        """Synthetic weight for each class, of what is `there`."""
        import numpy as np

        present = real > 0
        share = self.share if self.share is not None else 1.0 / max(1, int(present.sum()))
        lacking = np.minimum(_up_to(real, np.where(present, share, 0.0)), there)
        others = np.where(lacking > 0, 0.0, there)
        beside = self.common / (1 - self.common) * lacking.sum()
        wanted = lacking + others * min(1.0, beside / max(others.sum(), 1e-12))
        room = self.most * real.sum()
        return np.asarray(wanted * min(1.0, room / max(wanted.sum(), 1e-12)))


def _up_to(real: Floats, share: Floats) -> Floats:
    """What each class lacks until all have their share of the total, which grows by what is added."""
    import numpy as np

    total, low = float(real.sum()), np.zeros(len(real), dtype=bool)
    for _ in range(len(real)):
        more = low | (real < share * total - 1e-9)
        # Shares that add up to one cannot all be lacking; the fullest class then stays as it is.
        if share[more].sum() >= 1 - 1e-9 or (more == low).all():
            break
        low = more
        total = float(real[~low].sum() / (1 - share[low].sum()))
    return np.asarray(np.where(low, np.maximum(share * total - real, 0.0), 0.0))


def _first_rows(of: NDArray[Any], worth: Floats, wanted: Floats, rng: np.random.Generator) -> NDArray[Any]:
    """Sorted places of rows in random order, of each class as many as stay within its wanted weight."""
    import numpy as np

    order = rng.permutation(len(of))
    out = []
    for c, aim in enumerate(wanted):
        mine = order[of[order] == c]
        before = np.cumsum(worth[mine]) - worth[mine]
        out.append(mine[before + worth[mine] <= aim + 1e-9])
    return np.sort(np.concatenate(out)).astype(np.int64)
