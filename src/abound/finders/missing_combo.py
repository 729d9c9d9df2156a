"""Combinations of levels that no row has although rows should: maximal uncovered patterns, ranked.

Attributes are the feature and sensitive columns of the main table, as levels (`abound.encoding.levels`). Only holes
too large for chance are reported: the count E expected from the pattern's parts must make "fewer than tau rows"
improbable (.05 after correcting for all patterns looked at; Poisson counts). Combinations that a declared rule
forbids, and those where one column decides whether another is filled in, are left out. Method:
`abound.stats.patterns`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.possible import broken_rule
from abound.core.registry import plugin
from abound.core.slice import Slice
from abound.errors import Refusal

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.levels import Levels
    from abound.stats.patterns import Holes

MOST_WANTED = 100


@plugin("finder", accepts=("table", "records", "images", "scenes"))
class MissingCombo:
    """Combinations of up to three levels that are absent from the training rows though their parts are common.

    `tau` is the number of rows from which a combination counts as covered: 1 asks for what is missing altogether.
    `terms` is the most levels in a combination, `top` the most gaps returned, `columns` the most attributes used,
    `levels` the most levels of a category, `bins` the parts that a number is cut into; `only` names the columns to
    use. `alpha` is the chance allowed of listing even one hole that is an accident of sampling (null: list all).
    A hole is listed if its sibling coverage is at least `siblings`; levels that are never seen always are.
    """

    tau: Annotated[int, Field(ge=1, le=1000)] = 1
    terms: Annotated[int, Field(ge=1, le=6)] = 3
    top: Annotated[int, Field(ge=1)] = 20
    columns: Annotated[int, Field(ge=1, le=40)] = 15
    levels: Annotated[int, Field(ge=2, le=200)] = 50
    bins: Annotated[int, Field(ge=2, le=20)] = 4
    only: tuple[str, ...] = ()
    alpha: Annotated[float, Field(gt=0.0, lt=1.0)] | None = 0.05
    siblings: Annotated[float, Field(ge=0.0, le=1.0)] = 0.25

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps of kind "missing", best first. Raises Refusal where there are no rows or no columns with levels."""
        import numpy as np

        from abound.stats.patterns import CUBE_CELLS, cells, surprising, uncovered

        if len(train) < self.tau:
            raise Refusal(f"{len(train)} training rows are fewer than tau = {self.tau}")
        used = self._attributes(train, ctx)
        if not used:
            raise Refusal(f"table {train.schema.main!r} has no column whose levels could be combined")
        cards = [len(a) for a in used]
        if self.terms > 3 and math.prod(c + 1 for c in cards) > CUBE_CELLS:
            raise Refusal(f"{self.terms} terms over {len(used)} columns are too many: use terms: 3 or name columns")
        codes = np.column_stack([a.codes(train.main[a.column]) for a in used])
        least = 0.0 if self.alpha is None else surprising(self.tau, cells(cards, self.terms), self.alpha)
        holes = uncovered(codes, cards, tau=self.tau, terms=self.terms, least=least)
        return self._gaps(train, tune, used, holes, _decided(codes, used), ctx)

    def _attributes(self, train: Dataset, ctx: Context) -> list[Levels]:
        """The columns with levels, at most `columns` of them; says which were left out and why."""
        from abound.encoding.levels import levels_of

        table = train.schema.main_table
        for name in self.only:
            table.column(name)
        names = list(dict.fromkeys(self.only)) or table.features()
        made, out = [], []
        for name in names:
            levels = levels_of(table.column(name), train.main[name], bins=self.bins, most=self.levels)
            if isinstance(levels, str):
                out.append(f"{name} ({levels})")
            else:
                made.append(levels)
        if len(made) > self.columns:
            rank = _usefulness(train, made)
            order = sorted(range(len(made)), key=lambda i: (rank[i], made[i].column), reverse=True)
            kept = set(order[: self.columns])
            out += [f"{made[i].column} (not among the {self.columns} most useful)" for i in order[self.columns :]]
            made = [m for i, m in enumerate(made) if i in kept]
        if out:
            ctx.progress.note(f"missing_combo did not look at: {', '.join(out)}")
        return made

    def _gaps(
        self, train: Dataset, tune: Dataset, used: list[Levels], holes: Holes, decided: set[Any], ctx: Context
    ) -> list[Gap]:
        import itertools

        bounds = _bounds(train)
        gaps: list[Gap] = []
        forbidden = 0
        ranked = [
            p for p in holes.ranked() if holes.siblings[p] >= self.siblings or (holes.patterns[p] >= 0).sum() == 1
        ]
        for place in ranked:
            fixed = [(i, int(v)) for i, v in enumerate(holes.patterns[place]) if v >= 0]
            terms = tuple(t for i, v in fixed for t in used[i].terms[v])
            here = Slice(on=train.schema.main, terms=terms)
            broken = broken_rule(here, train.schema.rules, bounds) is not None
            if broken or any(p in decided for p in itertools.permutations(fixed, 2)):
                forbidden += 1
            elif len(gaps) < self.top:
                gaps.append(self._gap(train, tune, here, len(fixed), holes, int(place)))
            else:
                rest = len(ranked) - forbidden - len(gaps)
                ctx.progress.note(f"missing_combo found more holes than the {self.top} listed: up to {rest} others")
                break
        if forbidden:
            ctx.progress.note(f"missing_combo left out {forbidden} empty combinations that rules or nulls explain")
        return gaps

    def _gap(self, train: Dataset, tune: Dataset, here: Slice, terms: int, holes: Holes, place: int) -> Gap:
        expected, count = float(holes.expected[place]), int(holes.counts[place])
        support = train.support(here)
        in_tune = tune.support(here).rows
        return Gap(
            kind="missing",
            finder="missing_combo",
            slice=here,
            support=support.rows,
            main_rows=support.main_rows,
            groups=support.groups,
            wanted=max(self.tau, min(math.ceil(expected), MOST_WANTED)),
            score=float(holes.score[place]),
            evidence=(
                Evidence(name="expected rows", value=expected, n=len(train)),
                Evidence(name="sibling coverage", value=float(holes.siblings[place])),
                Evidence(name="rows in tune", value=float(in_tune), n=len(tune)),
            ),
            reason=_sentence(here, terms, count, expected, in_tune),
        )


def _sentence(here: Slice, terms: int, count: int, expected: float, in_tune: int) -> str:
    rows = {0: "no row has", 1: "only 1 row has"}.get(count, f"only {count} rows have")
    about = f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"
    model = {1: "if all its levels were equally common", 2: "if the two columns were unrelated"}.get(
        terms, "if the columns were related in pairs only"
    )
    text = f"{rows} {here}, though about {about} would be expected {model}"
    if count:
        return text
    if in_tune:
        return f"{text}; the tune part holds {in_tune}"
    return f"{text}; no real row shows it, so nothing can be proved: collect cases, or declare a rule against it"


def _bounds(train: Dataset) -> dict[str, tuple[float, float]]:
    """Smallest and largest value of each number column: declared, else as seen."""
    bounds = {}
    for column in train.schema.main_table.columns:
        if column.kind == "number" and column.name in train.main.columns:
            series = train.main[column.name].cast(float)
            low, high = series.min(), series.max()
            if isinstance(low, float) and isinstance(high, float):
                bounds[column.name] = (
                    low if column.low is None else min(low, column.low),
                    high if column.high is None else max(high, column.high),
                )
    return bounds


def _decided(codes: np.ndarray[Any, Any], used: list[Levels]) -> set[Any]:
    """Cells ((attribute, level), (attribute, level)) that are empty because one column says if the other is filled.

    That is so where each level of a column has the other either always null or never null ("measured = no").
    """
    import numpy as np

    out: set[Any] = set()
    for a, one in enumerate(used):
        for b, other in enumerate(used):
            if a == b or one.null is None:
                continue
            gone = np.bincount(codes[codes[:, a] == one.null, b], minlength=len(other))
            total = np.bincount(codes[:, b], minlength=len(other))
            full, none = (gone == total) & (total > 0), gone == 0
            if not (full | none).all() or not full.any() or not (none & (total > 0)).any():
                continue
            out |= {((a, one.null), (b, int(v))) for v in np.flatnonzero(none)}
            out |= {((a, w), (b, int(v))) for v in np.flatnonzero(full) for w in range(len(one)) if w != one.null}
    return out


def _usefulness(train: Dataset, made: list[Levels]) -> list[tuple[bool, float]]:
    """Declared and sensitive columns first; then those that tell most of the target (of themselves if none)."""
    import numpy as np

    from abound.core.labels import codes as target_codes
    from abound.core.labels import numbers
    from abound.stats.patterns import mutual_information

    table, tasks = train.schema.main_table, train.schema.tasks
    labels, classes = None, 0
    if tasks and tasks[0].table == table.name and tasks[0].kind == "classification":
        labels = target_codes(train, tasks[0])
    elif tasks and tasks[0].table == table.name and tasks[0].kind == "regression":
        values = numbers(train, tasks[0])
        labels = np.searchsorted(np.quantile(values, [0.25, 0.5, 0.75]), values, side="right")
    if labels is not None:
        classes = int(labels.max()) + 1
    out = []
    for levels in made:
        column = table.column(levels.column)
        own = levels.codes(train.main[levels.column])
        about = (own, len(levels)) if labels is None else (labels, classes)
        out.append((column.declared or column.role == "sensitive", mutual_information(own, len(levels), *about)))
    return out
