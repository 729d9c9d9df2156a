"""Combinations of levels that no row has although rows should: maximal uncovered patterns, ranked.

Attributes are the feature and sensitive columns of the main table, as levels (`abound.encoding.levels`). Only holes
too large for chance are reported: given the counts of a pattern's parts, "fewer than tau rows" must be improbable
(at most a share .05 of what is listed is expected to be chance). Combinations that a declared rule forbids, those
where one column tells another or whether it is filled in, and second names of a hole already listed are left out.
What a person answered (`Schema.answers`) comes first: a needed hole leads the list, an impossible or unneeded one
is gone. Method: `abound.stats.patterns`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from abound.core.gap import Evidence, Gap
from abound.core.possible import broken_rule, within
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
    use. `alpha` is the share of listed holes that may be accidents of sampling (null: list all). A hole is listed
    if its sibling coverage is at least `siblings`; levels that are never seen always are.
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

        from abound.stats.patterns import CUBE_CELLS, uncovered

        if len(train) < self.tau:
            raise Refusal(f"{len(train)} training rows are fewer than tau = {self.tau}")
        used = self._attributes(train, ctx)
        if not used:
            raise Refusal(f"table {train.schema.main!r} has no column whose levels could be combined")
        cards = [len(a) for a in used]
        if self.terms > 3 and math.prod(c + 1 for c in cards) > CUBE_CELLS:
            raise Refusal(f"{self.terms} terms over {len(used)} columns are too many: use terms: 3 or name columns")
        codes = np.column_stack([a.codes(train.main[a.column]) for a in used])
        least = 0.0 if self.alpha is None else -math.log(self.alpha)
        numbers = {c.name for c in train.schema.main_table.columns if c.kind == "number"}
        scale = [len(a) - (a.null is not None) if a.column in numbers else 0 for a in used]
        holes = uncovered(codes, cards, tau=self.tau, terms=self.terms, least=least, ordered=scale)
        return self._gaps(train, tune, used, holes, codes, ctx)

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
        self, train: Dataset, tune: Dataset, used: list[Levels], holes: Holes, codes: np.ndarray[Any, Any],
        ctx: Context,
    ) -> list[Gap]:  # fmt: skip
        """What is left when rules, answers, second names and accidents are taken out; needed holes first."""
        slices = self._possible(train, used, holes, codes, ctx)
        needed = train.schema.holes("needed")
        asked = [p for p in slices if any(within(slices[p], n) for n in needed)]
        first = [self._gap(train, tune, slices[p], holes, p) for p in asked]
        unlisted = [n for n in needed if not any(within(slices[p], n) for p in asked)]
        more = [self._gap(train, tune, n) for n in unlisted if broken_rule(n, train.schema.rules) is None]
        first += [g for g in more if g.support < self.tau]
        rest = [p for p in self._no_accident(slices, holes, [len(a) for a in used]) if p not in asked]
        room = max(self.top - len(first), 0)
        if len(rest) > room:
            left = len(rest) - room
            ctx.progress.note(f"missing_combo found more holes than the {self.top} listed: {left} others")
        others = [self._gap(train, tune, slices[p], holes, p) for p in rest[:room]]
        best = others[0].score if others else 0.0
        first = [g.model_copy(update={"score": g.score + best}) for g in first]
        return sorted(first, key=lambda g: -g.score)[: self.top] + others

    def _possible(
        self, train: Dataset, used: list[Levels], holes: Holes, codes: np.ndarray[Any, Any], ctx: Context
    ) -> dict[int, Slice]:
        """Holes as conditions, best first, without those that rules, nulls or answers explain."""
        bounds, decided, names = _bounds(train), _decided(codes, used), _first_names(codes, used)
        answered = train.schema.holes("impossible", "unneeded")
        out: dict[int, Slice] = {}
        seen: set[Any] = set()
        tables: dict[tuple[int, int], bool] = {}
        forbidden = 0
        for place in holes.ranked().tolist():
            fixed = [(i, int(v)) for i, v in enumerate(holes.patterns[place]) if v >= 0]
            same = frozenset(names.get(f, f) for f in fixed)
            if same in seen or (len(fixed) > 1 and holes.siblings[place] < self.siblings):
                continue
            here = Slice(on=train.schema.main, terms=tuple(t for i, v in fixed for t in used[i].terms[v]))
            if any(within(here, a) for a in answered):
                continue
            broken = broken_rule(here, train.schema.rules, bounds) is not None
            if broken or any(p in decided for p in itertools.permutations(fixed, 2)) or _told(fixed, codes, tables):
                forbidden += 1
                continue
            seen.add(same)
            out[place] = here
        if forbidden:
            ctx.progress.note(
                f"missing_combo left out {forbidden} empty combinations that rules or other columns explain"
            )
        return out

    def _no_accident(self, slices: dict[int, Slice], holes: Holes, cards: list[int]) -> list[int]:
        """Those of the holes that are not put down to chance, in their order; unseen levels are never."""
        import numpy as np

        from abound.stats.patterns import accidental, cells

        if self.alpha is None:
            return list(slices)
        several = np.array([p for p in slices if (holes.patterns[p] >= 0).sum() > 1], dtype=int)
        chance = accidental(holes.surprise[several], cells(cards, self.terms), self.alpha)
        out = set(several[chance].tolist())
        return [p for p in slices if p not in out]

    def _gap(self, train: Dataset, tune: Dataset, here: Slice, holes: Holes | None = None, place: int = 0) -> Gap:
        """A hole as a gap; without its place among `holes` it is one that a person asked for."""
        support, in_tune = train.support(here), tune.support(here).rows
        evidence = [Evidence(name="rows in tune", value=float(in_tune), n=len(tune))]
        expected, terms, score = None, 0, 0.0
        if holes is not None:
            expected, terms = float(holes.expected[place]), int((holes.patterns[place] >= 0).sum())
            score = float(holes.score[place])
            evidence = [
                Evidence(name="expected rows", value=expected, n=len(train)),
                Evidence(name="sibling coverage", value=float(holes.siblings[place])),
                *evidence,
            ]
        asked = any(within(here, n) for n in train.schema.holes("needed"))
        return Gap(
            kind="missing",
            finder="missing_combo",
            slice=here,
            support=support.rows,
            main_rows=support.main_rows,
            groups=support.groups,
            wanted=MOST_WANTED if asked else max(self.tau, min(math.ceil(expected or 0.0), MOST_WANTED)),
            score=score,
            evidence=tuple(evidence),
            reason=_sentence(here, terms, support.rows, expected, (in_tune, len(tune)), asked),
        )


def _sentence(
    here: Slice, terms: int, count: int, expected: float | None, tune: tuple[int, int], asked: bool
) -> str:
    """`tune`: rows of the tune part that show it, and how many there are."""
    rows = {0: "no row has", 1: "only 1 row has"}.get(count, f"only {count} rows have")
    text = f"{rows} {here}"
    if expected is not None:
        about = f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"
        model = {1: "if all its levels were equally common", 2: "if the two columns were unrelated"}.get(
            terms, "if the columns were related in pairs only"
        )
        text += f", though about {about} would be expected {model}"
    if asked:
        text += "; it was answered that it is needed"
    if count:
        return text
    if tune[0]:
        return f"{text}; the tune part holds {tune[0]}"
    unseen = f"nor has any of the {tune[1]:,} tune rows (test was not looked at)"
    seen = f"{text}; {unseen}, so it may be rare or impossible"
    if asked:
        return f"{seen}; only real cases can prove anything about it"
    return f"{seen}: answer whether it is needed, and declare a rule only if you know that it cannot occur"


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


def _told(fixed: list[tuple[int, int]], codes: np.ndarray[Any, Any], known: dict[tuple[int, int], bool]) -> bool:
    """Whether a pair is empty because one column tells the other: each of its levels has one level of the other."""
    import numpy as np

    if len(fixed) != 2:
        return False
    pair = (fixed[0][0], fixed[1][0])
    if pair not in known:
        size = int(codes[:, pair[1]].max()) + 1
        both = np.bincount(codes[:, pair[0]].astype(np.int64) * size + codes[:, pair[1]])
        some = np.pad(both, (0, -len(both) % size)).reshape(-1, size) > 0
        some = some[some.any(axis=1)][:, some.any(axis=0)]
        known[pair] = min(some.shape) > 1 and bool((some.sum(axis=1) == 1).all() or (some.sum(axis=0) == 1).all())
    return known[pair]


def _first_names(codes: np.ndarray[Any, Any], used: list[Levels]) -> dict[tuple[int, int], tuple[int, int]]:
    """(attribute, level) -> the first (attribute, level) that exactly the same rows have."""
    import hashlib

    import numpy as np

    first: dict[bytes, tuple[int, int]] = {}
    out = {}
    for i, levels in enumerate(used):
        for v in range(len(levels)):
            rows = np.packbits(codes[:, i] == v)
            if rows.any():  # two levels that no row has are two holes
                out[i, v] = first.setdefault(hashlib.sha256(rows.tobytes()).digest(), (i, v))
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
