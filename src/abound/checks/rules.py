"""What must hold on every row: declared rules, bounds, domains and types.

A row that breaks a rule is wrong whatever else it gets right, so it is to be dropped. Real rows are counted beside
the synthetic ones: where they break a rule as well, the rule is not quite true of the data, and breaking it as
often as real rows do is no fault of the generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.audit import Action, Finding
from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.schema import Column

_CHECK = "rules"


@plugin("check")
class Rules:
    """Rows that break the schema's rules, bounds, domains or types, in the synthetic and in the real data.

    `alpha`: the chance that a rule which real rows break too fails when synthetic rows break it equally often.
    `stop_at`: the share of broken rows from which dropping rows is no remedy.
    """

    alpha: float = 0.01
    stop_at: float = 0.8

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """One finding a declared rule, one for each column whose own conditions are broken, one for all others."""
        import numpy as np

        declared, conditions = _broken(synth, train)
        parts = [_broken(d, train) for d in (train, reference)]
        real = {n: np.concatenate([p[0][n] for p in parts]) for n in declared}
        own = {n: np.concatenate([p[1][n] for p in parts]) for n in conditions}
        real_rows = len(train) + len(reference)
        out = [self._finding(name, rows, real[name]) for name, rows in declared.items()]
        bad = [name for name, rows in conditions.items() if rows.any()]
        out += [self._finding(name, conditions[name], own[name]) for name in bad]
        if len(bad) < len(conditions):
            kept = len(conditions) - len(bad)
            hits = np.zeros(real_rows, dtype=bool)
            for name in conditions:
                hits |= own[name] if name not in bad else False
            out.append(
                Finding(
                    check=_CHECK,
                    name="types, bounds and domains",
                    value=0.0,
                    reference=float(hits.mean()) if real_rows else None,
                    limit=0.0,
                    verdict="pass",
                    sentence=f"All {len(synth):,} synthetic rows keep {kept} conditions on single columns; "
                    f"{int(hits.sum()):,} of {real_rows:,} real rows break one of them.",
                    details={"conditions": [n for n in conditions if n not in bad][:100]},
                )
            )
        return out + [_not_checked(str(r)) for r in train.schema.rules if str(r) not in declared]

    def _finding(self, name: str, broken: NDArray[np.bool_], real: NDArray[np.bool_]) -> Finding:
        from abound.stats.intervals import wilson

        n, hits, real_hits = len(broken), int(broken.sum()), int(real.sum())
        limit = self._limit(n, real_hits, len(real))
        low, high = wilson(hits, n)
        action: Action = "none" if not hits else "stop" if hits / n > self.stop_at else "drop"
        return Finding(
            check=_CHECK,
            name=name,
            value=hits / n,
            low=low,
            high=high,
            reference=real_hits / len(real) if len(real) else None,
            limit=limit,
            verdict="fail" if hits / n > limit else "pass",
            action=action,
            sentence=f"{hits:,} of {n:,} synthetic rows break '{name}'; {real_hits:,} of {len(real):,} real rows "
            "do.",
            rows=tuple(broken.nonzero()[0].tolist()) if action == "drop" else (),
            details={"synthetic": hits, "real": real_hits},
        )

    def _limit(self, n: int, real_hits: int, real_rows: int) -> float:
        """The share that synthetic rows may break: none, unless real rows break the rule as well."""
        if not real_hits:
            return 0.0
        from scipy.stats import betabinom

        return float(betabinom.ppf(1 - self.alpha, n, real_hits + 0.5, real_rows - real_hits + 0.5)) / n


def _broken(data: Dataset, train: Dataset) -> tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.bool_]]]:
    """Which rows break each declared rule, and which break each condition on a single column.

    A rule that reads a column outside the modelled ones (an id, say) is left out: made rows need not have it.
    """
    from abound.core.rules import broken_rows

    frame, table = data.main, train.schema.main_table
    names = set(table.modelled())
    rules = tuple(r for r in train.schema.rules if names >= set(r.names()))
    declared = {n: s.to_numpy() for n, s in broken_rows(frame, rules).items()}
    tests: dict[str, pl.Expr] = {}
    for name in table.modelled():
        tests |= _conditions(table.column(name))
    return declared, {n: frame.select(e.fill_null(False).alias("x"))["x"].to_numpy() for n, e in tests.items()}


def _not_checked(name: str) -> Finding:
    return Finding(
        check=_CHECK,
        name=name,
        value=None,
        verdict="inconclusive",
        sentence=f"'{name}' was not checked: it reads a column that is neither a feature nor a target.",
    )


def _conditions(column: Column) -> dict[str, pl.Expr]:
    """Condition in words -> expression that is true where a value breaks it. A null breaks none, but a target's."""
    import polars as pl

    name, value = column.name, pl.col(column.name)
    out: dict[str, pl.Expr] = {}
    if column.kind == "number":
        number = value.cast(pl.Float64)
        out[f"{name} is finite"] = ~number.is_finite()
        if column.integer:
            out[f"{name} is a whole number"] = number.is_finite() & (number != number.round())
    if column.kind == "number" and column.low is not None:
        out[f"{name} >= {column.low:g}"] = value < column.low
    if column.kind == "number" and column.high is not None:
        out[f"{name} <= {column.high:g}"] = value > column.high
    if column.kind == "category" and column.domain:
        out[f"{name} is a known level"] = ~value.cast(pl.String).is_in(list(column.domain))
    if column.role == "target":
        out[f"{name} is present"] = value.is_null()
    return out
