"""Distances between synthetic and real rows, judged beside those between two real sets of the same sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abound.core.audit import Finding
from abound.encoding.comparison import LEAST_ROWS, Comparison, draw_real, draw_synthetic
from abound.stats.twosample import judge_largest, upper_limit

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Distance = Callable[[Ints, bool, Ints], Floats]
_LISTED = 60


def against_real(
    comparison: Comparison, distance: Distance, *, most: int, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Distances synthetic-to-training, shape (distances,), and real-to-real at the same sizes, (draws, distances).

    `distance(first, first_is_real, second)` returns a float64 array for two arrays of positions; `second` is always
    in `Comparison.real`. Strata count by the rows of their synthetic side.
    """
    strata, groups = comparison.usable, comparison.groups
    weights = np.array([s.sizes(most)[0] for s in strata], dtype=np.float64)
    weights /= weights.sum()

    def mean(sides: list[Ints], real: bool) -> Floats:
        parts = [distance(sides[2 * i], real, sides[2 * i + 1]) for i in range(len(strata))]
        return np.asarray(weights @ np.array(parts))

    value = mean(draw_synthetic(strata, most, groups, rng), False)
    return value, np.array([mean(draw_real(strata, most, groups, rng), True) for _ in range(draws)])


def mean_finding(
    check: str,
    name: str,
    over: str,
    values: Floats,
    real: Floats,
    *,
    level: float,
    sizes: str,
    details: dict[str, Any],
) -> Finding:
    """1 - the mean distance, against what real sets score; below the limit with probability `level` if alike.

    `over` says what the mean is taken over; `values` (distances,) and `real` (draws, distances) as `against_real`
    gives them; `sizes` as `sizes_text` gives it.
    """
    value, limit = 1 - float(values.mean()), 1 - upper_limit(real.mean(axis=1), level)
    reference, failed = 1 - float(real.mean()), value < limit
    return Finding(
        check=check,
        name=name,
        value=value,
        reference=reference,
        limit=limit,
        verdict="fail" if failed else "pass",
        action="repair" if failed else "none",
        sentence=f"Averaged over {over}, {name} is {value:.4f} (1: equal distributions); real against real it is "
        f"{reference:.4f} at this size, and below {limit:.4f} is more than chance ({sizes}).",
        details={**details, "real_draws": len(real)},
    )


def largest_finding(
    check: str,
    name: str,
    names: Sequence[str],
    values: Floats,
    real: Floats,
    *,
    level: float,
    smallest: int,
    sizes: str,
) -> Finding:
    """Which distances are larger than real sets show, any of them with probability `level` if nothing differs.

    `name` is what one of them is ("column"), `names` are theirs, `smallest` the rows of the smallest side.
    """
    found = judge_largest(values, real, level, 1.0 / smallest)
    worst, over = found.largest, [names[j] for j in found.over]
    if over:
        others = f" and {len(over) - 5} more" if len(over) > 5 else ""
        which = f"{', '.join(over[:5])}{others}; the clearest is {names[worst]}"
        verb = "differs" if len(over) == 1 else "differ"
        said = f"{len(over)} of {len(names)} {name}s {verb} from the real ones by more than real sets do: {which}"
    else:
        said = (
            f"None of {len(names)} {name}s differs from the real ones by more than real sets do; the nearest to "
            f"its limit is {names[worst]}"
        )
    listed = (-found.excess).argsort(kind="stable")[:_LISTED]
    return Finding(
        check=check,
        name=f"worst {name}",
        value=float(values[worst]),
        reference=float(found.mean[worst]),
        limit=float(found.limit[worst]),
        verdict="fail" if over else "pass",
        action="repair" if over else "none",
        sentence=f"{said}, at distance {values[worst]:.3f} (real against real {found.mean[worst]:.3f}, limit "
        f"{found.limit[worst]:.3f}; {sizes}).",
        details={
            "over": over[:_LISTED],
            "distances": {
                names[j]: [round(float(x[j]), 4) for x in (values, found.mean, found.limit)] for j in listed
            },
        },
    )


def not_compared(check: str, comparison: Comparison) -> list[Finding]:
    """One inconclusive finding that names the strata with too few rows, if there are any."""
    aside = comparison.set_aside()
    if not aside:
        return []
    shown = "; ".join(aside[:5]) + (f"; and {len(aside) - 5} more" if len(aside) > 5 else "")
    rows = sum(len(s.synth) for s in comparison.strata if not s.usable)
    return [
        Finding(
            check=check,
            name="rows not compared",
            value=None,
            verdict="inconclusive",
            sentence=f"{rows:,} synthetic rows were not compared, for fewer than {LEAST_ROWS} of them can be set "
            f"against as many real ones: {shown}.",
            details={"strata": aside},
        )
    ]


def sizes_text(comparison: Comparison, most: int) -> str:
    """Rows a side, in words: "1,200 against 1,500 rows within classes"."""
    sizes = np.array([s.sizes(most) for s in comparison.usable]).sum(axis=0)
    return f"{sizes[0]:,} against {sizes[1]:,} rows{comparison.basis}"
