"""Can a classifier tell synthetic from real rows it has not seen?

Two classifiers are asked: a linear one (shifts of single columns, found with few rows) and boosted trees (anything
else: dependences, rounding, impossible combinations). The test is exact for either, see `stats.twosample`; having
two halves the level of each (Bonferroni). Both sides have equally many rows in every stratum, pass through one
encoding that is fitted on both together (fitted on one side, it would itself tell them apart), and blocks hold
whole groups. Not being told apart is no proof of closeness: the interval says which AUC is ruled out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from abound.core.audit import Action, Finding
from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.comparison import Comparison
    from abound.encoding.vectors import Feature
    from abound.stats.twosample import HeldOut

_CHECK = "gap_test"
_FIRST = 2  # blocks that only train
Fit = Callable[["NDArray[np.float64]", "NDArray[np.bool_]", int], Any]


@dataclass(frozen=True)
class Sides:
    """Encoded rows of two sets; `second` marks those of the set under test."""

    x: NDArray[np.float64]
    second: NDArray[np.bool_]
    stratum: NDArray[np.int64]
    cluster: NDArray[np.int64]
    block: NDArray[np.int64]
    features: list[Feature]


@plugin("check")
class GapTest:
    """Held-out AUC of telling synthetic from real rows, with the columns that give it away.

    At most `rows` rows a side, in `blocks` blocks, and `most_columns` columns (drawn by seed where there are more);
    `alpha` is the chance of failing when the rows are real ones; `draws` real-against-real repetitions give the
    reference; weights are offered as the remedy if they leave at least `least_effective` of the rows' effective
    number.
    """

    rows: int = 4_000
    most_columns: int = 200
    blocks: int = 8
    alpha: float = 0.02
    draws: int = 3
    least_effective: float = 0.3

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """One finding, with the learner that tells them apart best, beside real against real."""
        from abound.core.task import one_thread
        from abound.encoding.comparison import compare
        from abound.encoding.distance_findings import not_compared

        comparison = self._narrowed(compare(synth, train, reference), ctx)
        if not comparison.usable:
            return not_compared(_CHECK, comparison)
        with one_thread():
            found = self._test(comparison, ctx)
        return [found, *not_compared(_CHECK, comparison)]

    def _narrowed(self, comparison: Comparison, ctx: Context) -> Comparison:
        """The comparison on a seeded part of the columns where there are more than `most_columns`."""
        columns = comparison.columns
        if len(columns) <= self.most_columns:
            return comparison
        kept = sorted(ctx.rng("columns").choice(len(columns), self.most_columns, replace=False))
        return replace(comparison, columns=tuple(columns[i] for i in kept))

    def _test(self, comparison: Comparison, ctx: Context) -> Finding:
        import numpy as np

        clustered = comparison.groups is not None
        sides = self._sides(comparison, None, ctx.at("synthetic"))
        judged = {n: self._judge(sides, fit, clustered, ctx.at(n)) for n, fit in _LEARNERS.items()}
        best = min(judged, key=lambda n: (judged[n][0].p_value(), n))
        held, models, scores = judged[best]
        aucs, real_rows = [], 0
        for k in range(self.draws):
            real = self._sides(comparison, k, ctx.at("real", k))
            aucs.append(self._judge(real, _LEARNERS[best], clustered, ctx.at("real", k, best))[0].auc)
            real_rows = int(real.second.sum())
        p_value = min(1.0, len(_LEARNERS) * held.p_value())
        limit = held.limit(self.alpha / len(_LEARNERS))
        low, high = held.interval()
        failed = p_value <= self.alpha
        culprits = self._culprits(sides, held, models, clustered, ctx) if failed else []
        effective = _effective_share(scores[sides.second & (sides.block >= _FIRST)])
        reference = float(np.mean(aucs))
        return Finding(
            check=_CHECK,
            name="told apart (AUC)",
            value=held.auc,
            low=low,
            high=high,
            reference=reference,
            limit=limit,
            verdict="fail" if failed else "pass",
            action=self._action(held, culprits, effective) if failed else "none",
            sentence=_sentence(
                held,
                best,
                f"{reference:.3f} at {real_rows:,} rows a side",
                limit,
                culprits if failed else None,
                f"{held.rows[1]:,} synthetic from {held.rows[0]:,} training rows{comparison.basis}",
                len(comparison.columns),
            ),
            details={
                "p_value": p_value,
                "auc": {n: round(j[0].auc, 4) for n, j in judged.items()},
                "columns": len(comparison.columns),
                "rows_a_side": int(sides.second.sum()),
                "judged_rows": list(held.rows),
                "real_rows_a_side": real_rows,
                "real_auc": [round(a, 4) for a in aucs],
                "culprits": [{"column": c, "by": w, "auc_drop": round(d, 4)} for c, w, d in culprits],
                "effective_share_if_weighted": round(effective, 3),
            },
        )

    def _sides(self, comparison: Comparison, draw: int | None, ctx: Context) -> Sides:
        """Equal numbers of both sets in each stratum: synthetic against training rows, or two sets of real rows."""
        import numpy as np
        import polars as pl

        from abound.encoding.comparison import by_group
        from abound.encoding.vectors import fit_vectors
        from abound.stats.splitting import folds_by_group

        rng, strata, groups = ctx.rng("rows"), comparison.usable, comparison.groups
        sizes = np.array([min(len(s.synth), len(s.train)) for s in strata])
        sizes = np.maximum(2, (sizes * min(1.0, self.rows / sizes.sum())).astype(int))
        first, second, label = [], [], []
        for i, s in enumerate(strata):
            if draw is None:
                a, b = rng.permutation(s.train)[: sizes[i]], rng.permutation(s.synth)[: sizes[i]]
            else:
                order = by_group(s.real, groups, rng)
                size = min(int(sizes[i]), len(order) // 2)
                a, b = order[:size], order[len(order) - size :]
            first.append(a)
            second.append(b)
            label.append(np.full(len(a), i))
        real, other = np.concatenate(first), np.concatenate(second)
        taken = comparison.synth if draw is None else comparison.real
        names = [c.name for c in comparison.columns]
        parts = [comparison.real[real].select(names), taken[other].select(names)]
        frame = pl.concat(parts, how="vertical_relaxed")
        levels = int(np.clip(600 // len(names), 4, 32))
        vectors = fit_vectors(frame, comparison.columns, grain=True, max_levels=levels, least=0.002)
        stratum, is_second = np.tile(np.concatenate(label), 2), np.repeat([False, True], len(real))
        cluster = np.arange(len(stratum))
        if groups is not None:
            cluster[: len(real)] = len(stratum) + groups[real]
            if draw is not None:
                cluster[len(real) :] = len(stratum) + groups[other]
        owners = None if groups is None else cluster.tolist()
        block = folds_by_group(2 * stratum + is_second, owners, self.blocks, rng)
        return Sides(vectors.encode(frame), is_second, stratum, cluster, block, vectors.features)

    def _judge(
        self, sides: Sides, fit: Fit, clustered: bool, ctx: Context
    ) -> tuple[HeldOut, dict[int, Any], NDArray[np.float64]]:
        """Score each block by a model of the blocks before it; returns the AUC, the models and the scores."""
        import numpy as np

        models: dict[int, Any] = {}
        scores = np.zeros(len(sides.second))
        for block in range(_FIRST, self.blocks):
            before, here = sides.block < block, sides.block == block
            if not here.any() or len(np.unique(sides.second[before])) < 2:
                continue
            models[block] = fit(sides.x[before], sides.second[before], ctx.random_state(block))
            scores[here] = models[block].predict_proba(sides.x[here])[:, 1]
        return _combine(sides, scores, clustered), models, scores

    def _culprits(
        self, sides: Sides, held: HeldOut, models: dict[int, Any], clustered: bool, ctx: Context
    ) -> list[tuple[str, str, float]]:
        """Columns whose values, shuffled among rows of a stratum, take the largest part of the AUC away."""
        import numpy as np

        kinds = list(dict.fromkeys((f.column, _said(f)) for f in sides.features))
        rng, drops = ctx.rng("culprits"), []
        for column, said in kinds:
            cells = [i for i, f in enumerate(sides.features) if (f.column, _said(f)) == (column, said)]
            scores = np.zeros(len(sides.second))
            for block, model in models.items():
                here = np.flatnonzero(sides.block == block)
                mixed = here[np.lexsort((rng.random(len(here)), sides.stratum[here]))]
                plain = here[np.argsort(sides.stratum[here], kind="stable")]
                x = sides.x[plain].copy()
                x[:, cells] = sides.x[mixed][:, cells]
                scores[plain] = model.predict_proba(x)[:, 1]
            drops.append((column, said, held.auc - _combine(sides, scores, clustered).auc))
        large = [d for d in drops if d[2] >= max(0.2 * (held.auc - 0.5), held.null_error / 2)]
        return sorted(large, key=lambda d: -d[2])[:5]

    def _action(self, held: HeldOut, culprits: list[tuple[str, str, float]], effective: float) -> Action:
        """One column gives it away: repair it. Otherwise weights, if enough rows would still count."""
        if culprits and culprits[0][2] >= 0.5 * (held.auc - 0.5):
            return "repair"
        return "weight" if effective >= self.least_effective else "repair"


def _said(feature: Feature) -> str:
    return "its rounding" if feature.what == "grain" else "its values"


def _combine(sides: Sides, scores: NDArray[np.float64], clustered: bool) -> HeldOut:
    from abound.stats.twosample import Part, held_out_auc

    parts = []
    for block in range(_FIRST, int(sides.block.max(initial=0)) + 1):
        for stratum in range(int(sides.stratum.max(initial=0)) + 1):
            here = (sides.block == block) & (sides.stratum == stratum)
            parts.append(Part(scores[here], sides.second[here], sides.cluster[here]))
    return held_out_auc(parts, clustered=clustered)


def _effective_share(scores: NDArray[np.float64]) -> float:
    """Effective share of the synthetic rows under density-ratio weights clipped to [.1, 10] (Kish 1965)."""
    import numpy as np

    if not len(scores):
        return 0.0
    weights = np.clip((1 - scores) / np.maximum(scores, 1e-9), 0.1, 10.0)
    return float(weights.sum() ** 2 / (len(weights) * (weights**2).sum()))


def _sentence(
    held: HeldOut,
    learner: str,
    real: str,
    limit: float,
    culprits: list[tuple[str, str, float]] | None,
    sets: str,
    columns: int,
) -> str:
    """`culprits` is None where the sets were not told apart."""
    low, high = held.interval()
    text = (
        f"By {columns} columns {learner} that had not seen them told {sets} with AUC {held.auc:.3f} (95 % interval "
        f"{low:.3f} to {high:.3f}; real against real {real}; above {limit:.3f} is more than chance)"
    )
    if culprits is None:
        return f"{text}."
    if not culprits:
        return f"{text}; no single column accounts for it."
    return f"{text}; it rests most on {' and '.join(f'{c} ({w})' for c, w, _ in culprits[:3])}."


def _linear(x: NDArray[np.float64], y: NDArray[np.bool_], seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=50).fit(x, y)


def _trees(x: NDArray[np.float64], y: NDArray[np.bool_], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    leaf = min(20, max(3, len(y) // 20))
    model = HistGradientBoostingClassifier(
        max_iter=50, max_leaf_nodes=8, min_samples_leaf=leaf, early_stopping=False, random_state=seed
    )
    return model.fit(x, y)


_LEARNERS: dict[str, Fit] = {"a linear model": _linear, "boosted trees": _trees}
