"""Would a model learn that whatever looks synthetic is the rare class?

Synthetic sets hold more of the rare class than real ones do. If their rows can be recognised (rounded values, no
missing cells), then "looks synthetic" predicts "rare", and a model that learns it spends itself on an artefact. It
shows on held-out synthetic rows of the common classes: the model calls more of them rare than of real common rows.

More such false positives alone prove nothing, for the synthetic common rows may lie near the border of the class.
So the same rows are scored by a model that was trained on real rows only, to which the artefact says nothing, and
rows are compared at equal standing there: what is left is what the synthetic rows taught. Both models are
cross-fitted (groups whole, an altered row in the fold of its source), and both thresholds let the same share of
held-out real common rows pass. The mirrored question, whether synthetic rare rows are recognised too surely, is not
asked: a model of mixed rows knows the made distribution for honest reasons too, and the two cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from abound.core.audit import Finding
from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.stats.matched import Excess

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_CHECK = "shortcut"
SOURCE = "_source"


@dataclass(frozen=True)
class _Sets:
    """Real rows, rows in the synthetic role, the rare class, and the rows that learners stop early on."""

    real: Dataset
    made: Dataset
    rare: int
    tune: Dataset


@plugin("check")
class Shortcut:
    """False positives of the rare class on synthetic common rows, beyond those of equal real rows.

    `learner` is cross-fitted in `folds` folds; the threshold lets a share `rate` of real common rows pass. It fails
    where the excess is above `tolerance` with one-sided error `alpha`. `least` rows of the common classes are
    needed on either side, and `least_rare` real rare ones; at most `rows` real rows are used (with the synthetic
    rows reduced alike).
    """

    learner: str = "boosting"
    folds: int = Field(default=3, ge=2)
    rate: float = Field(default=0.05, gt=0.0, lt=0.5)
    tolerance: float = Field(default=0.01, ge=0.0, lt=1.0)
    alpha: float = Field(default=0.01, gt=0.0, lt=0.5)
    least: int = Field(default=40, ge=2)
    least_rare: int = Field(default=5, ge=1)
    rows: int = Field(default=6_000, ge=100)

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """One finding. Refusal where the target has no two classes."""
        import numpy as np

        from abound.core.labels import classes, codes
        from abound.core.task import one_thread

        task = train.schema.tasks[0] if train.schema.tasks else None
        if task is None or task.kind != "classification" or task.table != train.schema.main:
            raise Refusal("shortcut asks about a rare class, and the target has no classes")
        names = classes(train.schema, task)
        count = np.bincount(codes(train, task), minlength=len(names))
        if (count > 0).sum() < 2:
            raise Refusal("shortcut asks about a rare class, and the training rows are of one class")
        rare = int(np.argmin(np.where(count > 0, count, count.max() + 1)))
        sets = self._reduced(_Sets(train, synth, rare, reference), ctx)
        few = self._too_few(sets, names[rare])
        if few is not None:
            return [few]
        with one_thread():
            found = self._excess(sets, ctx.at("synthetic"))
            real = self._excess(_real_only(sets, ctx), ctx.at("real"))
        return [self._finding(sets, names[rare], found, real)]

    def _reduced(self, sets: _Sets, ctx: Context) -> _Sets:
        """At most `rows` real rows, whole groups, and the same share of the synthetic ones."""
        import numpy as np

        from abound.stats.splitting import draw_rows

        n = len(sets.real)
        if n <= self.rows:
            return sets
        picked = draw_rows(_groups(sets.real), n, self.rows, ctx.rng("rows"))
        made = sets.made
        most = max(1, round(len(made) * len(picked) / n))
        mine = np.sort(ctx.rng("made").permutation(len(made))[:most])
        return _Sets(sets.real.take(picked), _moved(made.take(mine), picked, n), sets.rare, sets.tune)

    def _too_few(self, sets: _Sets, name: str) -> Finding | None:
        real, made = (_is_rare(d, sets.rare) for d in (sets.real, sets.made))
        common, real_common, real_rare = int((~made).sum()), int((~real).sum()), int(real.sum())
        if common >= self.least and real_common >= 2 * self.least and real_rare >= self.least_rare:
            return None
        if common < self.least:
            what = (
                f"{common:,} synthetic rows of classes other than {name!r} are too few to see whether a model "
                f"takes 'looks synthetic' for {name!r}: raise the common share so that there are {self.least}"
            )
        else:
            what = (
                f"{real_common:,} real rows of classes other than {name!r} and {real_rare:,} of it are too few: "
                f"{2 * self.least} and {self.least_rare} are needed"
            )
        return Finding(
            check=_CHECK, name=_CHECK, value=None, verdict="inconclusive", sentence=f"{what}.",
            details={"synthetic_common": common, "real_common": real_common, "real_rare": real_rare},
        )  # fmt: skip

    def _excess(self, sets: _Sets, ctx: Context) -> Excess:
        """How many more of the made common rows than of equal real ones are called rare."""
        import numpy as np

        from abound.stats.matched import matched_excess, positives, standing

        real_fold, made_fold = _folds(sets, self.folds, ctx)
        parts: list[tuple[Floats, Floats, Floats, Floats]] = []
        for k in range(self.folds):
            mixed, alone = self._scores(sets, real_fold, made_fold, k, ctx)
            if not (len(mixed[0]) and len(mixed[1])):
                continue
            flags = [positives(side, mixed[0], self.rate) for side in mixed]
            where = [standing(side, alone[0]) for side in alone]
            parts.append((flags[1], where[1], flags[0], where[0]))
        first, at, second, among = (np.concatenate([p[i] for p in parts]) for i in range(4))
        return matched_excess(first, at, second, among)

    def _scores(
        self, sets: _Sets, real_fold: Ints, made_fold: Ints, k: int, ctx: Context
    ) -> tuple[list[Floats], list[Floats]]:
        """Probabilities of the rare class for the common rows of fold k, real and made: mixed model, real model."""
        from abound.core import registry
        from abound.core.labels import PROBABILITY, classes

        task = sets.real.schema.task()
        column = PROBABILITY + classes(sets.real.schema, task)[sets.rare]
        inside = sets.real.take((real_fold != k).nonzero()[0])
        arm = inside.concat_with(sets.made.take((made_fold != k).nonzero()[0]))
        held = []
        for data, fold in ((sets.real, real_fold), (sets.made, made_fold)):
            held.append(data.take(((fold == k) & ~_is_rare(data, sets.rare)).nonzero()[0]))
        plugin = registry.create("learner", self.learner)
        out = []
        for rows in (arm, inside):
            model = plugin.fit(rows, task, sets.tune, ctx.at("fold", k))
            out.append([model.predict(h)[column].to_numpy() for h in held])
        return out[0], out[1]

    def _finding(self, sets: _Sets, name: str, found: Excess, real: Excess) -> Finding:
        made = _is_rare(sets.made, sets.rare)
        low, high = found.interval(1 - 2 * self.alpha)
        failed = low > self.tolerance
        action = "none" if not failed else "diversify" if made.any() else "repair"
        said = (
            f"Where a model of real and synthetic rows calls {self.rate:.0%} of the held-out real rows of other "
            f"classes {name!r}, it calls {found.first:.1%} of {int((~made).sum()):,} such synthetic rows {name!r}, "
            f"against {found.second:.1%} for real rows that look alike to a model of real rows: "
            f"{100 * found.value:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}] (real rows in place of "
            f"synthetic ones: {100 * real.value:+.1f})"
        )
        if failed:
            said += (
                f"; it takes 'looks synthetic' for {name!r}: raise the share of common rows among the synthetic "
                "ones, or repair what gives them away (gap_test names the columns)"
            )
        return Finding(
            check=_CHECK,
            name=_CHECK,
            value=found.value,
            low=low,
            high=high,
            reference=real.value,
            limit=self.tolerance,
            verdict="fail" if failed else "pass",
            action=action,
            sentence=f"{said}.",
            details={
                "synthetic_rate": found.first, "equal_real_rate": found.second, "class": name,
                "synthetic_common": int((~made).sum()), "synthetic_rare": int(made.sum()),
            },
        )  # fmt: skip


def _is_rare(data: Dataset, rare: int) -> NDArray[np.bool_]:
    from abound.core.labels import codes

    found: NDArray[np.bool_] = codes(data, data.schema.task()) == rare
    return found


def _groups(data: Dataset) -> list[object] | None:
    return data.main[data.schema.group].to_list() if data.schema.group else None


def _sources(made: Dataset, rows: int) -> Ints:
    """The training row that each synthetic row was made from; -1 where there is none (or it is not among them)."""
    import numpy as np

    if SOURCE not in made.main.columns:
        return np.full(len(made), -1, dtype=np.int64)
    found = made.main[SOURCE].cast(int).fill_null(-1).to_numpy().astype(np.int64)
    return np.where(found < rows, found, -1)


def _moved(made: Dataset, picked: Ints, n: int) -> Dataset:
    """The rows with `_source` as places among the picked training rows."""
    import numpy as np
    import polars as pl

    if SOURCE not in made.main.columns:
        return made
    place = np.full(n + 1, -1, dtype=np.int64)
    place[picked] = np.arange(len(picked))
    return made.with_table(made.schema.main, made.main.with_columns(pl.Series(SOURCE, place[_sources(made, n)])))


def _folds(sets: _Sets, k: int, ctx: Context) -> tuple[Ints, Ints]:
    """A fold for each real row (whole groups) and each made row (that of its source, where it has one)."""
    import numpy as np

    from abound.core.labels import codes
    from abound.stats.splitting import folds_by_group

    task = sets.real.schema.task()
    real = folds_by_group(codes(sets.real, task), _groups(sets.real), k, ctx.rng("real"))
    made = folds_by_group(codes(sets.made, task), None, k, ctx.rng("made"))
    source = _sources(sets.made, len(sets.real))
    return real, np.where(source >= 0, real[source], made)


def _real_only(sets: _Sets, ctx: Context) -> _Sets:
    """Real rows in place of the synthetic ones: of each class as many, at most half of those that there are."""
    import numpy as np

    from abound.core.labels import codes
    from abound.stats.splitting import group_index

    task = sets.real.schema.task()
    wanted = np.bincount(codes(sets.made, task))
    of, group = codes(sets.real, task), group_index(_groups(sets.real), len(sets.real))
    order = np.argsort(ctx.rng("stand-in").permutation(int(group.max()) + 1)[group], kind="stable")
    role = np.zeros(len(of), dtype=bool)
    for c, most in enumerate(wanted):
        mine = order[of[order] == c]
        role[mine[: min(int(most), len(mine) // 2)]] = True
    return _Sets(sets.real.take(np.flatnonzero(~role)), sets.real.take(np.flatnonzero(role)), sets.rare, sets.tune)
