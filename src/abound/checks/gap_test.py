"""Can synthetic rows be told from real ones, by what, where, and how close are they if they cannot?

Two tests share the level. Exchanging labels (`stats.exchange_test`: Hotelling's T2, the largest part of one column,
the kernel distance) wastes no row on training and finds shifts with few rows. Boosted trees that judge rows they
have not seen (`stats.prequential`) find the rest: dependences, rounding, impossible combinations. Both hold their
level at any sample size; with groups, whole groups change sides, and where they are fewer than 200 both learners
share the level instead. The held-out AUC of the better of two learners says how large the gap is.

Not being told apart is no proof of closeness. A pass therefore says which AUC is ruled out for both learners, and
where that is not small enough the finding is inconclusive: the sample cannot tell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from abound.core.audit import Action, Finding
from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.comparison import Comparison
    from abound.encoding.telling import Tested
    from abound.stats.density_ratio import Ratio

_CHECK = "gap_test"
_EXCHANGE_SHARE = 0.9  # of the level; the trees have the rest, which where they are needed is enough


@plugin("check")
class GapTest:
    """Held-out AUC of telling synthetic from real rows, the columns and slices that give them away, and weights.

    At most `rows` rows a side, in `blocks` blocks, and `most_columns` columns (drawn by seed where there are more);
    `alpha` is the chance of failing when the rows are real ones; `exchanges` of labels give the p value and `draws`
    real-against-real repetitions the reference. Rows that are not told apart pass if an AUC above `close` is ruled
    out, and are inconclusive if not. Weights are the remedy if at least `least_effective` of the rows' effective
    number is left, and none is where fewer than `least_accepted` of the rows lie where real rows do.
    """

    rows: int = 4_000
    most_columns: int = 200
    blocks: int = 8
    alpha: float = 0.02
    exchanges: int = 999
    draws: int = 3
    close: float = 0.6
    least_effective: float = 0.3
    least_accepted: float = 0.2

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """One finding, beside real against real. Where it fails it carries a weight for each synthetic row."""
        from abound.core.task import one_thread
        from abound.encoding.comparison import compare
        from abound.encoding.distance_findings import not_compared

        comparison = self._narrowed(compare(synth, train, reference), ctx)
        if not comparison.usable:
            return not_compared(_CHECK, comparison)
        with one_thread():
            tested = self._test(comparison, ctx)
            targets = {t for task in train.schema.tasks for t in task.targets}
            found = self._finding(comparison, tested, targets, ctx)
        return [found, *not_compared(_CHECK, comparison)]

    def _narrowed(self, comparison: Comparison, ctx: Context) -> Comparison:
        """The comparison on a seeded part of the columns where there are more than `most_columns`."""
        columns = comparison.columns
        if len(columns) <= self.most_columns:
            return comparison
        kept = sorted(ctx.rng("columns").choice(len(columns), self.most_columns, replace=False))
        return replace(comparison, columns=tuple(columns[i] for i in kept))

    def _test(self, comparison: Comparison, ctx: Context) -> Tested:
        from abound.encoding.sides import draw_sides
        from abound.encoding.telling import EXCHANGED, Tested
        from abound.stats.exchange_test import exchange_test
        from abound.stats.permutation import Labels
        from abound.stats.prequential import LEARNERS, TREES, judge

        clustered = comparison.groups is not None
        sides = draw_sides(comparison, self.rows, self.blocks, None, ctx.at("synthetic"))
        rows = sides.rows
        labels = Labels(rows.second, rows.stratum, rows.cluster if clustered else None)
        exchange = exchange_test(rows.x, sides.owner, labels, draws=self.exchanges, rng=ctx.rng("exchange"))
        judged = {n: judge(rows, fit, clustered, ctx.at(n).random_state) for n, fit in LEARNERS.items()}
        best = max(judged, key=lambda n: (judged[n].held.auc, n))
        p_values = {n: min(1.0, 2 * j.held.p_value()) for n, j in judged.items()}
        if labels.enough():
            p_trees = judged[TREES].held.p_value() / (1 - _EXCHANGE_SHARE)
            p_values = {EXCHANGED: min(1.0, exchange.p_value / _EXCHANGE_SHARE), TREES: min(1.0, p_trees)}
        told = min(p_values, key=lambda n: p_values[n])
        # Exchanges cannot show a p value below one in their number; where all are clear, the larger AUC decides.
        if max(p_values.values()) <= 2 / (self.exchanges * _EXCHANGE_SHARE):
            told = best if best in p_values else EXCHANGED
        return Tested(sides, clustered, exchange, judged, best, told, min(p_values.values()))

    def _finding(self, comparison: Comparison, t: Tested, targets: set[str], ctx: Context) -> Finding:
        import numpy as np

        from abound.encoding.telling import EXCHANGED, culprits_of, slices_of, weights_of

        held = t.judged[t.best].held
        failed = t.p_value <= self.alpha
        aucs, real_rows = self._real(comparison, t, ctx)
        culprits = culprits_of(t, self.alpha, ctx) if failed else []
        ratio = weights_of(comparison, t, self.rows, ctx) if failed else None
        low, high = held.interval()
        limit = held.limit(self.alpha * (1 - _EXCHANGE_SHARE))
        reference = float(np.mean(aucs))
        sets = f"{held.rows[1]:,} synthetic from {held.rows[0]:,} training rows{comparison.basis}"
        slices = slices_of(comparison, t, targets, self.alpha, failed)
        return Finding(
            check=_CHECK,
            name="told apart (AUC)",
            value=held.auc,
            low=low,
            high=high,
            reference=reference,
            limit=limit if t.told != EXCHANGED or held.auc > limit or not failed else None,
            verdict="fail" if failed else "pass" if t.at_most <= self.close else "inconclusive",
            action=self._action(culprits, ratio) if failed else "none",
            sentence=_told(t, sets, f"{reference:.3f} at {real_rows:,} rows a side", len(comparison.columns))
            + (_gives_away(culprits, slices) if failed else _closeness(t, self.close)),
            weights=() if ratio is None else tuple(np.round(ratio.weights, 4).tolist()),
            details={
                "p_value": t.p_value,
                "p_values": _p_values(t),
                "at_most": round(t.at_most, 4),
                "auc": {n: round(j.held.auc, 4) for n, j in t.judged.items()},
                "learner": t.best,
                "told_by": t.told,
                "columns": len(comparison.columns),
                "rows_a_side": int(t.sides.rows.second.sum()),
                "judged_rows": list(held.rows),
                "real_rows_a_side": real_rows,
                "real_auc": [round(a, 4) for a in aucs],
                "culprits": [{"column": c, "by": b, "share": round(s, 3)} for c, b, s in culprits],
                "slices": slices,
                **(_summary(ratio) if ratio is not None else {}),
            },
        )

    def _real(self, comparison: Comparison, t: Tested, ctx: Context) -> tuple[list[float], int]:
        """AUCs of the same learner for pairs of real sets, and the rows a side that they had."""
        from abound.encoding.sides import draw_sides
        from abound.stats.prequential import LEARNERS, judge

        aucs, rows = [], 0
        for k in range(self.draws):
            real = draw_sides(comparison, self.rows, self.blocks, k, ctx.at("real", k)).rows
            seed = ctx.at("real", k, t.best).random_state
            aucs.append(judge(real, LEARNERS[t.best], t.clustered, seed).held.auc)
            rows = int(real.second.sum())
        return aucs, rows

    def _action(self, culprits: list[tuple[str, str, float]], ratio: Ratio | None) -> Action:
        """Repair what one column gives away; stop where almost no row is like a real one; else weights, if they do.

        Where the rows are like real ones but many real rows have none like them, more diverse rows are needed.
        """
        from abound.stats.density_ratio import effective_share

        if ratio is None:
            return "repair"
        if culprits and culprits[0][2] >= 0.5:
            return "repair"
        if ratio.accepted < self.least_accepted:
            return "stop"
        if ratio.accepted >= _PRECISE and ratio.lacking >= _THIN:
            return "diversify"
        return "weight" if effective_share(ratio.weights) >= self.least_effective else "repair"


_PRECISE, _THIN = 0.85, 0.3


def _p_values(t: Tested) -> dict[str, float]:
    from abound.encoding.telling import EXCHANGED

    return {
        "means (Hotelling's T2)": t.exchange.means,
        "largest column": t.exchange.column,
        "kernel distance": t.exchange.kernel,
        EXCHANGED: t.exchange.p_value,
        **{n: j.held.p_value() for n, j in t.judged.items()},
    }


def _summary(ratio: Ratio) -> dict[str, float]:
    from abound.stats.density_ratio import effective_share

    return {
        "in_support": round(ratio.accepted, 4),
        "real_rows_lacking": round(ratio.lacking, 4),
        "effective_share_if_weighted": round(effective_share(ratio.weights), 3),
    }


def _told(t: Tested, sets: str, real: str, columns: int) -> str:
    held = t.judged[t.best].held
    low, high = held.interval()
    return (
        f"By {columns} columns {t.best} that had not seen them told {sets} with AUC {held.auc:.3f} (95 % interval "
        f"{low:.3f} to {high:.3f}; real against real {real}); alike sets are told apart as well with p = "
        f"{t.p_value:.2g}"
    )


def _gives_away(culprits: list[tuple[str, str, float]], slices: list[dict[str, Any]]) -> str:
    where = [s["slice"] for s in slices if s.get("worse")]
    there = f", and is widest where {' or '.join(where[:2])}" if where else ""
    if not culprits:
        return f"; no single column accounts for it{there}."
    return f"; it rests most on {' and '.join(f'{c} ({b})' for c, b, _ in culprits[:3])}{there}."


def _closeness(t: Tested, close: float) -> str:
    from abound.stats.twosample import rows_to_certify

    said = f"; an AUC above {t.at_most:.3f} is ruled out for the learners asked (95 %)"
    if t.at_most <= close:
        return f"{said}."
    needed = rows_to_certify(close)
    return f"{said}, which is not close enough ({close:.2f} needs about {needed:,} judged rows a side)."
