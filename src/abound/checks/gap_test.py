"""Can synthetic rows be told from real ones, by what, where, and how close are they if they cannot?

Two tests share the level. Exchanging labels (`stats.exchange_test`: Hotelling's T2, the largest part of one column,
the kernel distance) wastes no row on training and finds shifts with few rows. Boosted trees that judge rows they
have not seen (`stats.prequential`) find the rest: dependences, rounding, impossible combinations. Both hold their
level at any sample size; with groups, whole groups change sides, and where they are fewer than 200 both learners
share the level instead. The held-out AUC of the better of two learners says how large the gap is.

All rows are one question, each slice is another (`encoding.within`): a fault in the slice that rows were made for
is little of all rows, and it is what they were made for. Where there are slices to look into (conditions of orders,
classes, gaps), they share half of the level by Holm's procedure, and all of it if all rows are told apart.

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
    from abound.encoding.sides import Sides
    from abound.encoding.telling import Tested
    from abound.encoding.within import Place, Within
    from abound.stats.density_ratio import Ratio
    from abound.stats.prequential import Judged

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
        """A finding on all rows, one on the slices if there are any, and one on rows that have no real ones beside.

        Each score stands beside real against real. The first that fails carries a weight for each synthetic row.
        """
        from abound.core.task import one_thread
        from abound.encoding.comparison import compare
        from abound.encoding.distance_findings import not_compared
        from abound.encoding.within import places_of

        comparison = self._narrowed(compare(synth, train, reference, ctx.slices), ctx)
        if not comparison.usable:
            return not_compared(_CHECK, comparison)
        with one_thread():
            t = self._test(comparison, ctx)
            targets = {t for task in train.schema.tasks for t in task.targets}
            places = [p for p in places_of(comparison, targets) if not p.rows(t.sides, False).all()]
            alpha = self.alpha / 2 if places else self.alpha
            real = self._real(comparison, t, ctx)
            overall = self._finding(comparison, t, real, targets, alpha, ctx)
            inside = self._slices(comparison, t, places, real, overall.verdict != "fail", ctx) if places else []
        return [overall, *inside, *not_compared(_CHECK, comparison)]

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

        sides = draw_sides(comparison, self.rows, self.blocks, None, ctx.at("synthetic"))
        rows, clustered = sides.rows, sides.clustered
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

    def _finding(
        self, comparison: Comparison, t: Tested, real: list[tuple[Sides, Judged]], targets: set[str], alpha: float,
        ctx: Context,
    ) -> Finding:  # fmt: skip
        import numpy as np

        from abound.encoding.telling import EXCHANGED, bare_shares, culprits_of, levels_told, weights_of

        held = t.judged[t.best].held
        failed = t.p_value <= alpha
        aucs, real_rows = [j.held.auc for _, j in real], int(real[-1][0].rows.second.sum())
        culprits = culprits_of(t, alpha, ctx) if failed else []
        ratio = weights_of(comparison, t, self.rows, ctx) if failed else None
        bare = bare_shares(t.sides) if failed else (0.0, 0.0)
        low, high = held.interval()
        limit = held.limit(alpha * (1 - _EXCHANGE_SHARE))
        reference = float(np.mean(aucs))
        sets = f"{held.rows[1]:,} synthetic from {held.rows[0]:,} training rows{comparison.basis}"
        levels = levels_told(comparison, t, targets, alpha) if failed else []
        return Finding(
            check=_CHECK,
            name="told apart (AUC)",
            value=held.auc,
            low=low,
            high=high,
            reference=reference,
            limit=limit if t.told != EXCHANGED or held.auc > limit or not failed else None,
            verdict="fail" if failed else "pass" if t.at_most <= self.close else "inconclusive",
            action=self._action(culprits, ratio, bare) if failed else "none",
            sentence=_told(t, sets, f"{reference:.3f} at {real_rows:,} rows a side", len(comparison.columns))
            + (_gives_away(culprits, levels, bare) if failed else _closeness(t, self.close)),
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
                "levels": levels,
                **({"real_rows_bare": round(bare[0], 4), "rows_astray": round(bare[1], 4)} if failed else {}),
                **(_summary(ratio) if ratio is not None else {}),
            },
        )

    def _slices(
        self, comparison: Comparison, t: Tested, places: list[Place], real: list[tuple[Sides, Judged]],
        weigh: bool, ctx: Context,
    ) -> list[Finding]:  # fmt: skip
        """One finding on all slices; with `weigh`, and where it fails, it carries weights for the rows in them.

        `weigh`: all rows together were not told apart. If they were, their half of the level falls to the slices.
        """
        import numpy as np

        from abound.encoding.telling import weights_of
        from abound.encoding.within import look_within, said_within
        from abound.stats.density_ratio import effective_share

        found, few = look_within(
            t,
            places,
            real,
            alpha=self.alpha / 2 if weigh else self.alpha,
            share=_EXCHANGE_SHARE,
            draws=self.exchanges,
            ctx=ctx,
        )
        if not found:
            return [_too_few(few)] if few else []
        told = [w for w in found if w.told]
        weights, action = np.ones(0), "none"
        ratio = weights_of(comparison, t, self.rows, ctx) if told and weigh else None
        if ratio is not None:
            inside = np.any([w.place.synth for w in told], axis=0)
            weights = np.where(inside, ratio.weights, 1.0)
            action = "weight" if effective_share(weights) >= self.least_effective else "repair"
        return [_within(found, told, said_within(found, few), tuple(np.round(weights, 4).tolist()), few, action)]

    def _real(self, comparison: Comparison, t: Tested, ctx: Context) -> list[tuple[Sides, Judged]]:
        """Pairs of real sets, and how the same learner told them apart."""
        from abound.encoding.sides import draw_sides
        from abound.stats.prequential import LEARNERS, judge

        out = []
        for k in range(self.draws):
            sides = draw_sides(comparison, self.rows, self.blocks, k, ctx.at("real", k))
            seed = ctx.at("real", k, t.best).random_state
            out.append((sides, judge(sides.rows, LEARNERS[t.best], sides.clustered, seed)))
        return out

    def _action(
        self, culprits: list[tuple[str, str, float]], ratio: Ratio | None, bare: tuple[float, float]
    ) -> Action:
        """Repair what one column gives away; stop where almost no row is like a real one; else weights, if they do.

        Where the rows are like real ones but whole regions of real rows have none, more diverse rows are needed: no
        weight is large enough for rows that are not there.
        """
        from abound.stats.density_ratio import effective_share

        if bare[0] >= _BARE and bare[1] <= bare[0] / 3:
            return "diversify"
        if ratio is None:
            return "repair"
        if culprits and culprits[0][2] >= 0.5:
            return "repair"
        if ratio.accepted < self.least_accepted:
            return "stop"
        return "weight" if effective_share(ratio.weights) >= self.least_effective else "repair"


_BARE = 0.1  # real rows in regions without synthetic ones, for more diverse rows to be what is needed


def _within(
    found: list[Within], told: list[Within], said: str, weights: tuple[float, ...], few: list[str], action: Any
) -> Finding:
    """The finding on slices; its figures are those of the clearest one."""
    first = found[0]
    return Finding(
        check=_CHECK,
        name="told apart within slices (AUC)",
        value=first.auc,
        low=first.interval[0],
        high=first.interval[1],
        reference=first.reference,
        verdict="fail" if told else "pass",
        action=action,
        sentence=f"{said}.",
        weights=weights,
        details={"clearest": first.place.name, "slices": [w.summary() for w in found], "not_judged": few},
    )


def _too_few(few: list[str]) -> Finding:
    from abound.encoding.comparison import LEAST_ROWS

    shown = "; ".join(few[:4]) + (f"; and {len(few) - 4} more" if len(few) > 4 else "")
    return Finding(
        check=_CHECK,
        name="told apart within slices (AUC)",
        value=None,
        verdict="inconclusive",
        sentence=f"No slice was looked into, for all have fewer than {LEAST_ROWS} synthetic or training rows: "
        f"{shown}.",
        details={"not_judged": few},
    )


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


def _gives_away(
    culprits: list[tuple[str, str, float]], levels: list[dict[str, Any]], bare: tuple[float, float]
) -> str:
    where = [level["slice"] for level in levels]
    there = f", and is widest where {' or '.join(where[:2])}" if where else ""
    if bare[0] >= _BARE:
        there += f"; {bare[0]:.0%} of the real rows lie in regions without a synthetic row"
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
