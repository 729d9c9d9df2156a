"""Plan: what to make, and how much of it.

By default as many synthetic rows as real ones (for up to 1,000 real rows ten times as many: a teacher's labels on
few rows leave much to pass on; for a small tree up to forty times, for it takes about 12,000 rows until its splits
are those of the teacher and no accident of the rows), and for a slice never more than three times its own rows.
Rows made without a condition, the common share, are at least a quarter of all, and as many as it takes for no slice
to fill more than half of the synthetic rows: a model that meets a rare case mostly among synthetic rows learns to
spot those instead.
Nothing is made for a rare class by default, nor for a combination that no real row shows, unless it was answered to
be needed (`Schema.answers`). Which generator: `abound.core.prior`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.context import Context
from abound.core.plan import Order, Plan
from abound.core.possible import within
from abound.core.prior import SMALL_ROWS, to_augment, to_replace
from abound.core.slice import Slice, Term
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.recipe import Make, Purpose
    from abound.core.schema import Said

SMALL_RATIO = 10
TREE_RATIO, TREE_ROWS = 40, 12_000
LEAST_COMMON = 0.25
MOST_RARE = 0.5
SLICE_CAP = 3
MOST_HOLES = 3
MOST_IN_A_HOLE = 50
PROBE_FIT, PROBE_ROWS = 5000, 20_000  # rows that show how often a generator meets a combination
LEAST_CHANCE = 0.002  # twice what `generate` asks of a condition
CLASS_ROWS = 10  # fewest rows from which the copula models a class
UNPROVABLE = "answered to be needed; no real row shows it, so nothing can be proved about it on real data"


def plan(
    train: Dataset,
    tune: Dataset,
    gaps: Sequence[Gap],
    *,
    learner: str = "boosting",
    purpose: Purpose = "augment",
    make: Sequence[Make] | None = None,
    seed: int = 0,
) -> Plan:
    """Orders for `generate`. With `make` they are exactly what was asked; otherwise the prior chooses.

    A missing combination is ordered only if the copula, fitted to a draw of train, makes it often enough. Raises
    InputError for purpose "augment" without a target, for a condition that cannot be read or that was answered to
    be impossible, and for unknown names.
    """
    if purpose == "augment" and not train.schema.tasks:
        raise InputError(
            "to augment, the target must be known: name its column with target='...' or --target, "
            "or set purpose to 'replace'"
        )
    registry.spec("learner", learner)
    if make is not None:
        return _asked(train, make)
    return _replace(train) if purpose == "replace" else _augment(train, tune, gaps, learner, seed)


def _asked(train: Dataset, make: Sequence[Make]) -> Plan:
    """One order a line; lines that ask for the same rows are added up."""
    orders: dict[str, Order] = {}
    for line in make:
        registry.create("generator", line.generator.name, line.generator.params)
        where = None
        if line.where is not None:
            where = Slice.parse(line.where, train.schema.main)
            train.mask(where)  # an unknown column or an unreadable value is reported here, not after fitting
            _refuse_impossible(where, train)
        count = max(round(line.ratio * len(train)), 1) if line.ratio > 0 else 0
        order = Order(
            generator=line.generator.name, params=line.generator.params, count=count, where=where,
            reason=f"asked for: {line.ratio:g} rows per training row",
        )  # fmt: skip
        same = orders.get(order.id)
        orders[order.id] = order.model_copy(update={"count": count + same.count}) if same else order
    made = Plan(orders=tuple(orders.values()), advice="The orders are those of the recipe.")
    notes = []
    if made.total > len(train):
        notes.append(f"{made.total:,} synthetic rows are more than the {len(train):,} real ones")
    if made.total and made.common_share() < LEAST_COMMON:
        notes.append(
            f"{100 * made.common_share():.0f} % of the rows are made without a condition: below "
            f"{100 * LEAST_COMMON:.0f} % a model may learn to tell synthetic rows instead of rare ones"
        )
    return made.model_copy(update={"notes": tuple(notes)})


def _refuse_impossible(where: Slice, train: Dataset) -> None:
    for hole in train.schema.holes("impossible"):
        if within(where, hole):
            raise InputError(f"{where} is asked for, and the schema's answers call {hole} impossible: change one")


def _replace(train: Dataset) -> Plan:
    """As many rows as there are real ones, class by class where every class has enough rows."""
    by_class, notes = _by_class(train)
    choice = to_replace(by_class)
    order = Order(
        generator=choice.generator, params=choice.params, count=len(train),
        reason="stands in for the training rows, one for one",
    )  # fmt: skip
    return Plan(orders=(order,), advice=choice.advice, notes=notes)


def _by_class(train: Dataset) -> tuple[bool, tuple[str, ...]]:
    import numpy as np

    from abound.core.labels import classes, codes

    tasks = train.schema.tasks
    if not tasks or tasks[0].kind != "classification" or tasks[0].table != train.schema.main:
        return False, ()
    counts = np.bincount(codes(train, tasks[0]), minlength=len(classes(train.schema, tasks[0])))
    least = int(counts[counts > 0].min()) if counts.any() else 0
    if least >= CLASS_ROWS:
        return True, ()
    return False, (f"the classes are modelled together: the smallest has {least} rows, fewer than {CLASS_ROWS}",)


def _augment(train: Dataset, tune: Dataset, gaps: Sequence[Gap], learner: str, seed: int) -> Plan:
    choice = to_augment(train.schema, len(train), learner)
    budget = _budget(len(train), learner)
    target = {t for task in train.schema.tasks for t in task.targets}
    holes = [g for g in gaps if g.kind == "missing" and g.slice and not target & set(g.slice.columns())]
    # Only a combination that a real row of tune shows, or that a person vouches for, is sure to be possible;
    # husbands are not to be made female.
    shown = {g.id for g in holes if g.slice and tune.support(g.slice).rows}
    needed = {g.id for g in holes if g.slice and _answered(g.slice, train, "needed")}
    orders, notes = _fill(train, holes, shown, needed, budget // 10, seed)
    notes += [_no_rows(g, target) for g in gaps if g not in holes]
    special = sum(o.count for o in orders)
    base = Order(
        generator=choice.generator, params=choice.params, count=max(budget - special, common_needed(special)),
        reason="the common share: as the data is distributed, labelled by a teacher ensemble",
    )  # fmt: skip
    return Plan(orders=(base, *orders), advice=choice.advice, notes=tuple(notes))


def _budget(rows: int, learner: str) -> int:
    """How many synthetic rows; which share of them is judged is chosen on tune."""
    if rows > SMALL_ROWS:
        return rows
    least = SMALL_RATIO * rows
    return max(least, min(TREE_RATIO * rows, TREE_ROWS)) if learner == "tree" else least


def common_needed(special: int, rare: float = 0.0) -> int:
    """Rows to make without a condition beside `special` rows of a slice, so that both bounds on their share hold.

    A share `rare` of common rows falls into the slice as well, so with c common rows
    P(slice | synthetic) = (special + rare * c) / (special + c). Where the slice fills half of the data anyway, only
    the first bound (a quarter of all rows) can be met.
    """
    quarter = special * LEAST_COMMON / (1 - LEAST_COMMON)
    half = special * (1 - MOST_RARE) / (MOST_RARE - rare) if rare < MOST_RARE else 0.0
    return math.ceil(max(quarter, half) - 1e-9)


def _answered(hole: Slice, train: Dataset, *answers: Said) -> bool:
    return any(within(hole, a) for a in train.schema.holes(*answers))


def _fill(
    train: Dataset, holes: list[Gap], shown: set[str], needed: set[str], rows: int, seed: int
) -> tuple[list[Order], list[str]]:
    """Orders for the first few missing combinations that can be made, with at most `rows` rows in all.

    `shown` are those that real rows outside train have, `needed` those that a person asked for; the latter are
    noted where no real row shows them. Every gap that gets no order is in a note.
    """
    reasons = {g.id: _cannot(g, train, g.id in shown | needed) for g in holes}
    reasons |= _too_rare(train, [g for g in holes if reasons[g.id] is None], seed)
    orders: list[Order] = []
    for gap in (g for g in holes if reasons[g.id] is None):
        cap = SLICE_CAP * gap.support if gap.support else MOST_IN_A_HOLE
        count = min(gap.wanted - gap.support, cap, MOST_IN_A_HOLE, rows - sum(o.count for o in orders))
        if count < 1 or len(orders) == MOST_HOLES:
            reasons[gap.id] = f"at most {MOST_HOLES} are filled by default, with a tenth of the rows"
            continue
        unseen = gap.id not in shown and not gap.support
        orders.append(
            Order(
                generator="teacher_labels", params={"base": "copula"}, count=count, where=gap.slice, gap=gap.id,
                reason=UNPROVABLE if unseen else "fills a combination that training rows lack and tuning rows show",
            )
        )  # fmt: skip
    unproved = [str(o.where) for o in orders if o.reason == UNPROVABLE]
    notes = [f"rows are ordered for {'; '.join(unproved)}: {UNPROVABLE}; collect real cases"] if unproved else []
    for reason in dict.fromkeys(r for r in reasons.values() if r is not None):
        left = [str(g.slice) for g in holes if reasons[g.id] == reason]
        more = f" and {len(left) - 2} more" if len(left) > 2 else ""
        notes.append(f"no rows are ordered for {'; '.join(left[:2])}{more}: {reason}")
    return orders, notes


def _cannot(gap: Gap, train: Dataset, shown: bool) -> str | None:
    """Why no rows of this combination should be made by a model fitted to train; None where they might."""
    if gap.slice is None or gap.slice.on != train.schema.main:
        return "it is not a condition on the main table"
    if _answered(gap.slice, train, "impossible", "unneeded"):
        return "it was answered to be impossible or unneeded"
    terms = [t for t in gap.slice.terms if isinstance(t, Term)]
    if len(terms) < len(gap.slice.terms):
        return "it counts rows of another table"
    for column in gap.slice.columns():
        part = Slice(on=gap.slice.on, terms=tuple(t for t in terms if t.column == column))
        if train.support(part).rows == 0:
            return f"no row has {part}, so no model can learn it; collect real rows"
    if not shown:
        return "no row of train or tune shows it, so it may be impossible: answer whether it is needed"
    return None


def _too_rare(train: Dataset, holes: list[Gap], seed: int) -> dict[str, str | None]:
    """By gap, why the copula does not make the combination often enough to wait for; None where it does."""
    if not holes:
        return {}
    ctx = Context(seed=seed).at("plan", "probe")
    some = train
    if len(train) > PROBE_FIT:
        some = train.take(sorted(ctx.rng("rows").choice(len(train), PROBE_FIT, replace=False)))
    try:
        sampler = registry.create("generator", "copula").fit(some, ctx)
    except Refusal as refusal:
        return {g.id: f"the copula does not suit this data: {refusal}" for g in holes}
    made = sampler.sample(PROBE_ROWS, rng=ctx.rng("sample"))
    few = f"fewer than {100 * LEAST_CHANCE:g} % of copula rows have it, too few to wait for"
    shares = {g.id: made.support(g.slice).rows / PROBE_ROWS for g in holes if g.slice}
    return {i: few if share < LEAST_CHANCE else None for i, share in shares.items()}


def _no_rows(gap: Gap, target: set[str]) -> str:
    """The note on a gap that is not a missing combination of inputs."""
    what = gap.slice or f"{len(gap.rows):,} {gap.kind.replace('_', ' ')} rows"
    if gap.slice and target & set(gap.slice.columns()) and gap.support == 0:
        return f"no rows are ordered for {what}: no row shows it, so there is nothing to learn it from"
    if gap.kind == "rare":
        return (
            f"no rows are ordered for the rare class {what} by default: class weights, a threshold and relabelling "
            "come first, and real rows of it are worth most"
        )
    first = {
        "label_error": "look at their labels first, for whatever learns from wrong ones repeats them",
        "outlier": "look at them first, for they may be mistakes or the cases that matter most; they stay in",
        "hard": "real rows like them are worth most",
        "weak": "real rows of it are worth most; ask for it (generate, where) to try others",
    }
    return f"no rows are ordered for {what}: {first.get(gap.kind, 'no generator is known to help there')}"
