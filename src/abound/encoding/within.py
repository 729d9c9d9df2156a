"""Is a synthetic set told apart inside a slice, where all rows together hide it?

A synthetic set is lopsided on purpose, and a fault in the one slice that it was made for is a small part of all
its rows. So synthetic rows of a slice are set against real rows of the same slice: for the condition of every
order, for every class, and for every slice that a gap names. Holm's procedure (1979) shares the level among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abound.encoding.comparison import LEAST_ROWS, Comparison
from abound.encoding.levels import levels_of
from abound.encoding.telling import Tested
from abound.stats.exchange_test import exchange_test
from abound.stats.intervals import holm_levels
from abound.stats.permutation import Labels
from abound.stats.prequential import FIRST, TREES, Judged, auc_of

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.encoding.sides import Sides

Bools = NDArray[np.bool_]
_MOST = 24  # slices: with more of them each is tested at less than a fiftieth of a twentieth


@dataclass(frozen=True, eq=False)
class Place:
    """A slice: one bool for each synthetic row and each row of `Comparison.real`, or the number of a stratum."""

    name: str
    synth: Bools
    real: Bools
    stratum: int | None = None

    def rows(self, sides: Sides, drawn: bool) -> Bools:
        """Which rows of `sides` are inside; `drawn`: both sides are real rows."""
        if self.stratum is not None:
            return np.asarray(sides.rows.stratum == self.stratum)
        other = self.real if drawn else self.synth
        return np.concatenate([self.real[sides.real], other[sides.other]])


class Within(NamedTuple):
    """What was measured inside one slice. `told`: its p value is within `level`, its share of the level by Holm."""

    place: Place
    rows: tuple[int, int]  # synthetic and training rows set against each other
    auc: float
    interval: tuple[float, float]
    at_most: float
    reference: float  # the same AUC for real sets
    p_value: float
    level: float

    @property
    def told(self) -> bool:
        """Whether the rows of this slice are told apart."""
        return self.p_value <= self.level

    def summary(self) -> dict[str, Any]:
        """The figures as a report's JSON holds them."""
        return {
            "slice": self.place.name, "rows": self.rows[0], "real_rows": self.rows[1], "auc": round(self.auc, 4),
            "at_most": round(self.at_most, 4), "real_auc": round(self.reference, 4),
            "p_value": float(f"{self.p_value:.3g}"), "level": float(f"{self.level:.3g}"),
        }  # fmt: skip


def places_of(comparison: Comparison, targets: set[str]) -> list[Place]:
    """The strata (where there are several), the levels of the targets, and the slices asked for: at most 24."""
    n, m = comparison.synth.height, len(comparison.real)
    out = []
    if len(comparison.usable) > 1:
        for i, s in enumerate(comparison.usable):
            synth, real = np.zeros(n, dtype=bool), np.zeros(m, dtype=bool)
            synth[s.synth], real[s.real] = True, True
            out.append(Place(s.name, synth, real, i))
    for column in (c for c in comparison.columns if c.name in targets):
        found = levels_of(column, comparison.real[column.name])
        if isinstance(found, str):
            continue
        mine, real = (found.codes(f[column.name]) for f in (comparison.synth, comparison.real))
        out += [Place(" and ".join(map(str, t)), mine == k, real == k) for k, t in enumerate(found.terms)]
    out += [Place(a.name, a.synth, a.real) for a in comparison.asked]
    named = {p.name: p for p in reversed(out)}
    return [p for p in out if named[p.name] is p and p.synth.any()][:_MOST]


def look_within(
    t: Tested, places: list[Place], real: list[tuple[Sides, Judged]], *, alpha: float, share: float, draws: int,
    ctx: Context,
) -> tuple[list[Within], list[str]]:  # fmt: skip
    """The slices with enough rows, the clearest first, and a phrase for each of the others.

    `real` are pairs of real sets and how they were told apart. `alpha` is the chance that any slice is told apart
    where none differs, of which `share` is for exchanging labels (in `draws` exchanges or more, as many as the
    smallest level of a slice takes) and the rest for the boosted trees that judged the rows of all slices.
    """
    few, enough = [], []
    for place in places:
        inside = place.rows(t.sides, False)
        sizes = [int((inside & (t.sides.rows.second == side)).sum()) for side in (True, False)]
        if min(sizes) >= LEAST_ROWS:
            enough.append((place, inside))
        else:
            few.append(f"{place.name} ({sizes[0]:,} synthetic, {sizes[1]:,} training rows)")
    draws = max(draws, int(np.ceil(2 * len(enough) / (share * alpha))))
    p_values = [_p_value(t, inside, share, draws, ctx.rng("slice", place.name)) for place, inside in enough]
    levels = [1 - coverage for coverage in holm_levels(p_values, alpha)]
    out = []
    for (place, inside), p, level in zip(enough, p_values, levels, strict=True):
        held = auc_of(t.sides.rows, t.judged[t.best].scores, t.clustered, inside)
        drawn = [auc_of(s.rows, j.scores, s.clustered, place.rows(s, True)).auc for s, j in real]
        second = t.sides.rows.second[inside]
        sides = (int(second.sum()), int((~second).sum()))
        out.append(Within(place, sides, held.auc, held.interval(), held.at_most(), float(np.mean(drawn)), p, level))
    return sorted(out, key=lambda w: (not w.told, w.p_value, -w.auc)), few


def _p_value(t: Tested, inside: Bools, share: float, draws: int, rng: np.random.Generator) -> float:
    """How often alike rows of the slice are told apart as well: the smaller p of two tests, each at its share."""
    rows = t.sides.rows
    judged, own = inside & (rows.block >= FIRST), rows.cluster[inside]
    # Rows that come in clusters elsewhere may each be alone in here, where the exact test then holds.
    clustered = len(np.unique(own)) < len(own)
    held = {n: auc_of(rows, j.scores, clustered, judged).p_value() for n, j in t.judged.items()}
    cluster = own if clustered else None
    labels = Labels(rows.second[inside], rows.stratum[inside], cluster)
    if not labels.enough():
        return min(1.0, len(held) * min(held.values()))
    found = exchange_test(rows.x[inside], t.sides.owner, labels, draws=draws, rng=rng)
    return min(1.0, found.p_value / share, held[TREES] / (1 - share))


def said_within(found: list[Within], few: list[str]) -> str:
    """A sentence without its end: which slices are told apart, or what is ruled out in those that are not."""
    told = [w for w in found if w.told]
    if told:
        named = "; ".join(
            f"{w.place.name} (AUC {w.auc:.3f} over {w.rows[0]:,} synthetic and {w.rows[1]:,} training rows, real "
            f"against real {w.reference:.3f}, p = {w.p_value:.2g})"
            for w in told[:4]
        )
        more = f"; and {len(told) - 4} more" if len(told) > 4 else ""
        said = (
            f"Synthetic rows are told from real ones of the same slice in {len(told)} of {len(found)} slices: "
            f"{named}{more}"
        )
    else:
        loosest = max(found, key=lambda w: w.at_most)
        said = (
            f"In none of {len(found)} slices ({'; '.join(w.place.name for w in found[:4])}"
            f"{'; ...' if len(found) > 4 else ''}) are synthetic rows told from real ones of the same slice; least "
            f"is known of {loosest.place.name}, where an AUC above {loosest.at_most:.3f} is ruled out (95 %)"
        )
    if few:
        said += (
            f". Not looked into, for fewer than {LEAST_ROWS} synthetic or training rows: {'; '.join(few[:4])}"
            f"{f'; and {len(few) - 4} more' if len(few) > 4 else ''}"
        )
    return said
