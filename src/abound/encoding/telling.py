"""What tells two sets apart: the columns, the slices where it shows most, and weights that make up for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from abound.encoding.comparison import LEAST_ROWS, Comparison
from abound.encoding.levels import levels_of
from abound.stats.coverage import LEAST, bare_regions
from abound.stats.density_ratio import Ratio, density_ratio
from abound.stats.prequential import FIRST, LEARNERS, auc_drop, auc_of, crossfitted

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.encoding.sides import Sides
    from abound.stats.exchange_test import Exchange
    from abound.stats.prequential import Judged


EXCHANGED = "exchanged labels"


class Tested(NamedTuple):
    """Everything that was measured on synthetic against training rows."""

    sides: Sides
    clustered: bool
    exchange: Exchange
    judged: dict[str, Judged]
    best: str  # the learner whose AUC is reported
    told: str  # what tells most: a learner, or EXCHANGED
    p_value: float

    @property
    def at_most(self) -> float:
        """The AUC that is ruled out for both learners: whichever tells more, its own limit covers it."""
        return max(j.held.at_most() for j in self.judged.values())


def culprits_of(t: Tested, alpha: float, ctx: Context) -> list[tuple[str, str, float]]:
    """Columns that give the set away, the clearest first: (column, by its values or rounding, share of the gap).

    Told by exchanged labels, they are those without which the means no longer differ. Told by a learner, those
    whose shuffling takes the largest part of the AUC away.
    """
    units, rows = t.sides.units, t.sides.rows
    if t.told == EXCHANGED:
        return [(*units[k], share) for k, share in t.exchange.culprits(max(alpha, 0.05))]
    rng, judged, drops = ctx.rng("culprits"), t.judged[t.told], []
    for k, unit in enumerate(units):
        drop = auc_drop(rows, judged, np.flatnonzero(t.sides.owner == k), t.clustered, rng)
        drops.append((*unit, drop / max(judged.held.auc - 0.5, 1e-9)))
    least = max(0.2, judged.held.null_error / 2 / max(judged.held.auc - 0.5, 1e-9))
    return sorted((d for d in drops if d[2] >= least), key=lambda d: -d[2])[:5]


def weights_of(comparison: Comparison, t: Tested, most: int, ctx: Context) -> Ratio | None:
    """Weights for all synthetic rows by the better learner; rows that were not compared have weight 1."""
    sides, strata, names = t.sides, comparison.usable, [c.name for c in comparison.columns]
    found = crossfitted(sides.rows, LEARNERS[t.best], ctx.at("weights").random_state)
    if found is None:
        return None
    own, score = found
    n = len(sides.real)
    scores = np.full(comparison.synth.height, np.nan)
    asked = np.setdiff1d(np.concatenate([s.synth for s in strata]), sides.other)
    if len(asked):
        scores[asked] = score(sides.vectors.encode(comparison.synth.select(names)[asked]))
    scores[sides.other] = own[n:]
    of = np.full(comparison.synth.height, -1)
    real, of_real = [own[:n]], [sides.rows.stratum[:n]]
    for i, s in enumerate(strata):
        of[s.synth] = i
        held = ctx.rng("held", i).permutation(np.setdiff1d(s.real, s.train))[:most]
        if len(held):
            real.append(score(sides.vectors.encode(comparison.real.select(names)[held])))
            of_real.append(np.full(len(held), i))
    known = ~np.isnan(scores)
    ratio = density_ratio(np.concatenate(real), scores[known], np.concatenate(of_real), of[known])
    weights = np.ones(len(scores))
    weights[known] = ratio.weights
    return ratio._replace(weights=weights)


def bare_shares(sides: Sides) -> tuple[float, float]:
    """The share of real rows in regions without synthetic ones, and of synthetic rows in regions without real ones.

    Within strata, by values alone: a column that is merely rounded has moved nobody.
    """
    values = [what == "its values" for _, what in sides.units]
    x = sides.rows.x[:, np.array(values)[sides.owner]]
    bare = np.zeros(2)
    for s in np.unique(sides.rows.stratum):
        real, made = (x[(sides.rows.stratum == s) & (sides.rows.second == side)] for side in (False, True))
        if min(len(real), len(made)) >= LEAST:
            bare += [(bare_regions(a, b) >= 0).sum() for a, b in ((real, made), (made, real))]
    share = bare / max(1, int(sides.rows.second.sum()))
    return float(share[0]), float(share[1])


def levels_told(comparison: Comparison, t: Tested, targets: set[str], alpha: float) -> list[dict[str, Any]]:
    """The AUC in levels of columns that are told apart better than all rows are, the largest five first.

    For a set that failed, so that they take nothing from the level; Bonferroni over all of them.
    """
    rows, judged = t.sides.rows, t.judged[t.best]
    asked = []
    for column in (c for c in comparison.columns if c.name not in targets):
        found = levels_of(column, t.sides.frame[column.name])
        if isinstance(found, str):
            continue
        codes = found.codes(t.sides.frame[column.name])
        asked += [(" and ".join(map(str, terms)), codes == k) for k, terms in enumerate(found.terms)]
    counted = rows.block >= FIRST
    sizes = [min((w & counted & (rows.second == side)).sum() for side in (0, 1)) for _, w in asked]
    enough = [a for a, size in zip(asked, sizes, strict=True) if size >= LEAST_ROWS]
    worse: list[dict[str, Any]] = []
    for name, within in enough:
        held = auc_of(rows, judged.scores, t.clustered, within)
        if held.interval(1 - 2 * alpha / len(enough))[0] > judged.held.auc:
            worse.append({
                "slice": name, "rows": held.rows[1], "auc": round(held.auc, 4),
                "at_most": round(held.at_most(), 4),
            })  # fmt: skip
    return sorted(worse, key=lambda s: -s["auc"])[:5]
