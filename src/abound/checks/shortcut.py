"""Would a model learn that whatever looks synthetic is the rare class?

Synthetic sets hold more of the rare class than real ones do. If their rows can be recognised (rounded values, no
missing cells), then "looks synthetic" predicts "rare", and a model that learns it spends itself on an artefact.
Two harms are looked for on held-out rows, each with half of the level; both thresholds let the same share of
held-out real common rows pass.

False alarms: the model calls more synthetic common rows rare than real ones. Alone that proves nothing, for these
rows may lie near the border of the class. So the same rows are scored by a model that was trained on real rows
only, to which the artefact says nothing, and rows are compared at equal standing there: what is left is what the
synthetic rows taught.

Misses, its mirror: the model takes "looks real" for "common" and misses real rare rows that the model of real rows
finds, although the same share of real common rows passes (paired, on the same rows). Bad synthetic rows do that as
well, so synthetic rare rows must at the same time be called rare more often than real rare rows of equal standing.
That alone is no harm: a model may learn the made rows beside the real ones. One whose budget ends first (a shallow
tree, boosting that stops early) learns them in the place of the real ones.

Both models are cross-fitted (groups whole, an altered row in the fold of its source). An artefact that no model
learned does no harm and is not reported here; `gap_test` finds it. The check is not among the default ones. By
default nothing is made for a rare class, so the question does not arise; what a model could recognise `gap_test`
finds anyway, and `prove` measures what synthetic rows do to the model that is used. Beside that its 20 fits are
dear (4 CPU seconds on 6,000 rows of adult, where `gap_test` takes 7). It is for rows that are made for a class,
above all those that go elsewhere, and for the reason behind a verdict "harms".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from abound.core.audit import Action, Finding
from abound.core.registry import plugin
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Predictor
    from abound.stats.matched import Excess

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_CHECK, _MISSED = "shortcut", "missed rare rows"
SOURCE = "_source"


@dataclass(frozen=True)
class _Sets:
    """Real rows, rows in the synthetic role, the rare class, and the rows that learners stop early on."""

    real: Dataset
    made: Dataset
    rare: int
    tune: Dataset


class _Fold(NamedTuple):
    """Probabilities of the rare class for held-out rows of one fold: by the model of both, by that of real rows."""

    real_common: tuple[Floats, Floats]
    made_common: tuple[Floats, Floats]
    real_rare: tuple[Floats, Floats]
    made_rare: tuple[Floats, Floats]


class _Missed(NamedTuple):
    """Real rare rows missed beyond the model of real rows; made rare rows found beyond equal real ones."""

    real: Excess
    made: Excess


@plugin("check")
class Shortcut:
    """False alarms on synthetic common rows and misses of real rare rows, beyond what real rows alone explain.

    `learner` is cross-fitted in `folds` folds; the threshold lets a share `rate` of real common rows pass. A
    finding fails where its excess is above `tolerance`; `alpha` is the one-sided error of both together. `least`
    rows of the common classes are needed on either side, and `least_rare` real rare ones; for misses `least`
    synthetic rare rows and `least_missed` real ones. At most `rows` real rows are used (with the synthetic rows
    reduced alike).
    """

    learner: str = "boosting"
    folds: int = Field(default=5, ge=2)
    rate: float = Field(default=0.05, gt=0.0, lt=0.5)
    tolerance: float = Field(default=0.01, ge=0.0, lt=1.0)
    alpha: float = Field(default=0.02, gt=0.0, lt=0.5)
    least: int = Field(default=40, ge=2)
    least_rare: int = Field(default=5, ge=1)
    least_missed: int = Field(default=30, ge=2)
    rows: int = Field(default=6_000, ge=100)

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """Findings "shortcut" (false alarms) and, where rare rows were made, "missed rare rows".

        Refusal where the target has no two classes.
        """
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
        name, made = names[rare], int(_is_rare(sets.made, rare).sum())
        out = [f for f in (self._too_few(sets, name), self._too_few_rare(sets, name)) if f is not None]
        asked = {_CHECK: True, _MISSED: made >= self.least}
        asked |= {f.name: False for f in out}
        if not any(asked.values()):
            return out
        with one_thread():
            found, real = (
                self._scored(sets, ctx.at("synthetic")),
                self._scored(_real_only(sets, ctx), ctx.at("real")),
            )
        if asked[_CHECK]:
            out.insert(0, self._finding(sets, name, self._excess(found), self._excess(real)))
        if asked[_MISSED]:
            out.append(self._missed_finding(sets, name, self._missed(found), self._missed(real)))
        return out

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

    def _too_few_rare(self, sets: _Sets, name: str) -> Finding | None:
        real, made = (int(_is_rare(d, sets.rare).sum()) for d in (sets.real, sets.made))
        if made < self.least or real >= self.least_missed:
            return None
        return Finding(
            check=_CHECK,
            name=_MISSED,
            value=None,
            verdict="inconclusive",
            sentence=f"{real:,} real rows of {name!r} are too few to see whether a model misses more of them for "
            f"the {made:,} synthetic ones: {self.least_missed} are needed.",
            details={"real_rare": real, "synthetic_rare": made},
        )

    def _scored(self, sets: _Sets, ctx: Context) -> list[_Fold]:
        """The folds that hold common rows of both sides."""
        real_fold, made_fold = _folds(sets, self.folds, ctx)
        parts = [self._fold(sets, real_fold, made_fold, k, ctx) for k in range(self.folds)]
        return [p for p in parts if len(p.real_common[0])]

    def _fold(self, sets: _Sets, real_fold: Ints, made_fold: Ints, k: int, ctx: Context) -> _Fold:
        """Scores of the rows of fold k by models of the other folds."""
        from abound.core import registry
        from abound.core.labels import PROBABILITY, classes

        task = sets.real.schema.task()
        column = PROBABILITY + classes(sets.real.schema, task)[sets.rare]
        inside = sets.real.take((real_fold != k).nonzero()[0])
        arm = inside.concat_with(sets.made.take((made_fold != k).nonzero()[0]))
        held = []
        for rare in (False, True):
            for data, fold in ((sets.real, real_fold), (sets.made, made_fold)):
                held.append(data.take(((fold == k) & (_is_rare(data, sets.rare) == rare)).nonzero()[0]))
        learner = registry.create("learner", self.learner)
        models = [learner.fit(rows, task, sets.tune, ctx.at("fold", k)) for rows in (arm, inside)]
        both, alone = ([_scores(m, h, column) for h in held] for m in models)
        return _Fold(*zip(both, alone, strict=True))

    def _excess(self, parts: list[_Fold]) -> Excess:
        """How many more of the made common rows than of equal real ones are called rare."""
        return self._beyond(parts, [(p.made_common, p.real_common) for p in parts])

    def _missed(self, parts: list[_Fold]) -> _Missed:
        """How many more real rare rows are missed, and made ones found."""
        import numpy as np

        from abound.stats.matched import paired_excess, positives

        missed = [
            np.concatenate([1 - positives(p.real_rare[m], p.real_common[m], self.rate) for p in parts])
            for m in (0, 1)
        ]
        return _Missed(paired_excess(*missed), self._beyond(parts, [(p.made_rare, p.real_rare) for p in parts]))

    def _beyond(
        self, parts: list[_Fold], pairs: list[tuple[tuple[Floats, Floats], tuple[Floats, Floats]]]
    ) -> Excess:
        """How many more of the first rows than of the second are called rare, at equal standing among real rows."""
        import numpy as np

        from abound.stats.matched import matched_excess, positives, standing

        columns: list[tuple[Floats, ...]] = []
        for p, sides in zip(parts, pairs, strict=True):
            flags = [positives(both, p.real_common[0], self.rate) for both, _ in sides]
            where = [standing(alone, p.real_common[1]) for _, alone in sides]
            columns.append((flags[0], where[0], flags[1], where[1]))
        first, at, second, among = (np.concatenate([c[i] for c in columns]) for i in range(4))
        return matched_excess(first, at, second, among)

    def _finding(self, sets: _Sets, name: str, found: Excess, real: Excess) -> Finding:
        made = _is_rare(sets.made, sets.rare)
        low, high = found.interval(1 - self.alpha)
        failed = low > self.tolerance
        action: Action = "repair" if failed else "none"
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

    def _missed_finding(self, sets: _Sets, name: str, found: _Missed, real: _Missed) -> Finding:
        """It fails only where synthetic rare rows are at the same time found more surely than equal real ones."""
        low, high = found.real.interval(1 - self.alpha)
        surer = found.made.interval(1 - self.alpha)[0]
        failed = low > self.tolerance and surer > 0
        count = int(_is_rare(sets.real, sets.rare).sum())
        said = (
            f"Where {self.rate:.0%} of the held-out real rows of other classes are called {name!r}, a model of "
            f"real and synthetic rows misses {found.real.first:.1%} of {count:,} real rows of {name!r}, against "
            f"{found.real.second:.1%} for a model of real rows alone: {100 * found.real.value:+.1f} points "
            f"[{100 * low:+.1f}, {100 * high:+.1f}] (real rows in place of synthetic ones: "
            f"{100 * real.real.value:+.1f}); of synthetic rows of {name!r} it calls {100 * found.made.value:+.1f} "
            "points more so than of real ones that look alike to a model of real rows"
        )
        if failed:
            said += (
                f"; it takes 'looks real' for another class than {name!r}: repair what gives the synthetic rows "
                "away (gap_test names the columns), make fewer of them, or use a larger model"
            )
        return Finding(
            check=_CHECK,
            name=_MISSED,
            value=found.real.value,
            low=low,
            high=high,
            reference=real.real.value,
            limit=self.tolerance,
            verdict="fail" if failed else "pass",
            action="repair" if failed else "none",
            sentence=f"{said}.",
            details={
                "missed": found.real.first, "missed_by_real_only": found.real.second, "class": name,
                "synthetic_found_beyond_real": found.made.value, "real_rare": count,
            },
        )  # fmt: skip


def _scores(model: Predictor, rows: Dataset, column: str) -> Floats:
    import numpy as np

    return model.predict(rows)[column].to_numpy() if len(rows) else np.zeros(0)


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
