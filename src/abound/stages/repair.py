"""repair: what can be done about a synthetic set's faults, by the audit's five actions.

    drop        rows that break a rule, are copies, or (where rows are weighted) lie where no real row is
    repair      columns that give the set away: numbers mapped to the real distribution within classes, levels and
                wrong relations drawn anew given the other columns
    weight      rows count by the density ratio, clipped to [.1, 10] and brought together until they are worth
                30 % of their number
    diversify   rows for the regions of the training rows where no synthetic row is, in the places of others
    stop        no set is handed back where fewer than 20 % of the rows would be kept

It sees training rows and the audit. The audit's finding is stale after it: audit again, against real rows that
neither the generator nor the repair saw.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from abound.core.context import Context
from abound.encoding.training import SOFT
from abound.errors import InputError, Refusal
from abound.stats.prequential import TREES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.audit import Audit, Finding
    from abound.core.dataset import Dataset
    from abound.core.plan import Plan

LEAST_ACCEPTED = 0.2
_MOST = 0.5  # of the gap: one column with as much is repaired alone
_BY_HAND = (
    "generate again with a generator that spreads more (fewer steps of training, more noise, or another one): this "
    "is not done automatically"
)


def repair(
    synth: Dataset,
    train: Dataset,
    audit: Audit,
    *,
    plan: Plan | None = None,
    seed: int = 0,
    ctx: Context | None = None,
) -> Dataset:
    """The synthetic set with what the audit found put right as far as possible; its notes say what was done.

    With the `plan` that the rows were made by, a row made under a condition is replaced by rows that satisfy it.
    Raises Refusal for linked tables, where the audit says stop, and where fewer than 20 % of the rows would be
    kept; InputError where the audit is about another set.
    """
    import numpy as np

    if len(train.schema.tables) > 1:
        raise Refusal(f"repair works on single tables and the data has {len(train.schema.tables)}: generate again")
    around = (ctx or Context(seed=seed)).at("repair")
    stop = [f for f in audit.findings if f.action == "stop"]
    if stop:
        raise Refusal(f"nothing to repair, another generator is needed: {stop[0].sentence}")
    weights, wrong = _weights(synth, audit), _columns(train, audit)
    labelled = any(c.startswith(SOFT) for c in synth.main.columns)  # such labels follow from the features
    wrong = {} if labelled else wrong
    keep = np.ones(len(synth), dtype=bool)
    keep[list(audit.drop())] = False
    weighted = len(weights) > 0 and not wrong and any(f.action == "weight" for f in audit.findings)
    if weighted:
        keep &= weights > 0
    if keep.sum() < LEAST_ACCEPTED * len(synth):
        raise Refusal(
            f"only {int(keep.sum()):,} of {len(synth):,} synthetic rows would be kept, less than "
            f"{LEAST_ACCEPTED:.0%}: use another generator or set it otherwise"
        )
    notes = [f"repair kept {int(keep.sum()):,} of {len(synth):,} rows"]
    out = synth.take(np.flatnonzero(keep))
    if wrong:
        out, done = _with_columns(out, train, wrong, around)
        notes += done
    if weighted:
        out = _with_weights(out, weights[keep])
        notes.append("rows have weights between .1 and 10 by how much likelier they are in the real data")
    if labelled and any(f.action == "repair" for f in audit.findings):
        notes.append("no column was changed: the rows carry a teacher's labels, which would not fit other features")
    elif not wrong and any(f.action == "repair" and f.check == "gap_test" for f in audit.findings):
        notes.append("the gap test names no column that repair may change: use another generator")
    if any(f.action == "diversify" for f in audit.findings):
        out, done = _diversify(out, train, plan, labelled, around)
        notes += done
    for note in notes:
        around.progress.note(note)
    return replace(out, notes=(*synth.notes, *notes))


def _weights(synth: Dataset, audit: Audit) -> NDArray[np.float64]:
    """The weights that a finding carries; empty where none does."""
    import numpy as np

    if any(row >= len(synth) for row in audit.drop()):
        raise InputError(f"the audit drops rows beyond the {len(synth)} synthetic rows: it belongs to another set")
    found = [f.weights for f in audit.findings if f.weights]
    if found and len(found[0]) != len(synth):
        raise InputError(
            f"the audit weighs {len(found[0])} rows and the synthetic set has {len(synth)}: audit it anew"
        )
    return np.array(found[0] if found else (), dtype=np.float64)


def _columns(train: Dataset, audit: Audit) -> dict[str, bool]:
    """Columns to repair -> whether their relations are wrong too, the clearest first.

    Classes and sums stay as they are: rows were made for a class, and what they lack to be of it is in the other
    columns. So where relations are wrong and no single feature has most of the gap, all features are drawn anew. A
    number to predict is mapped.
    """
    from abound.core.rules import derived_columns

    columns, names = train.schema.main_table.columns, set(train.schema.main_table.features())
    targets = {t for task in train.schema.tasks for t in task.targets}
    left = set(derived_columns(train.schema.rules))
    fit = ("number", "time", "category", "bool")
    able = [c.name for c in columns if c.name in names - targets - left and c.kind in fit]
    numbers = {c.name for c in columns if c.name in targets - left and c.kind == "number"}
    out: dict[str, bool] = {}
    for finding in audit.findings:
        if finding.action != "repair":
            continue
        found = _named(finding)
        for name, relations, _ in found:
            out[name] = out.get(name, False) or relations
        if _by_trees(finding) and not any(n in able and share >= _MOST for n, _, share in found):
            out |= dict.fromkeys(able, True)
    return {n: r and n not in numbers for n, r in out.items() if n in numbers or n in able}


def _by_trees(finding: Finding) -> bool:
    return finding.check == "gap_test" and finding.details.get("told_by") == TREES


def _named(finding: Finding) -> list[tuple[str, bool, float]]:
    """(column, whether its relations are wrong, its share of the gap) as the finding has them."""
    if finding.check == "gap_test":
        found: list[dict[str, Any]] = finding.details.get("culprits", [])
        trees = _by_trees(finding)
        return [(c["column"], trees and c["by"] == "its values", c["share"]) for c in found]
    over = finding.details.get("over", []) if finding.check == "marginals" else []
    return [(name, False, 0.0) for name in over]


def _with_columns(
    synth: Dataset, train: Dataset, wrong: dict[str, bool], ctx: Context
) -> tuple[Dataset, list[str]]:
    """The rows with these columns put right one by one, sums and flags computed again, broken rows dropped."""
    import numpy as np
    import polars as pl

    from abound.core.rules import broken_rows, recompute
    from abound.core.task import one_thread
    from abound.encoding.repair import drawn_anew, quantile_mapped

    table, frame, real = train.schema.main_table, synth.main, train.main
    of_made, of_real = _classes(synth, train), _classes(train, train)
    mapped, anew = [], []
    with one_thread():
        for name, relations in wrong.items():
            column, rng = table.column(name), ctx.rng("column", name)
            if relations or column.kind in ("category", "bool"):
                others = [table.column(n) for n in table.modelled() if n != name]
                series = drawn_anew(frame, real, column, others, rng)
                anew.append(name)
            else:
                series = quantile_mapped(frame[name], real[name], of_made, of_real, column, rng)
                mapped.append(name)
            frame = frame.with_columns(series.alias(name))
    frame = recompute(frame, train.schema.rules)
    broken = [s.to_numpy() for s in broken_rows(frame, train.schema.rules).values()]
    bad = np.any(broken, axis=0) if broken else np.zeros(frame.height, dtype=bool)
    out = synth.with_table(synth.schema.main, frame.filter(pl.Series(~bad)))
    notes = [f"mapped to the training rows' values within classes: {', '.join(mapped)}"] if mapped else []
    notes += [f"drawn anew given the other columns: {', '.join(anew)}"] if anew else []
    notes += [f"{int(bad.sum()):,} rows broke a rule after that and were dropped"] if bad.any() else []
    return out, notes


def _classes(data: Dataset, train: Dataset) -> NDArray[np.int64]:
    import numpy as np

    from abound.core.labels import codes

    tasks = [t for t in train.schema.tasks if t.table == train.schema.main and t.kind == "classification"]
    return codes(data, tasks[0]).astype(np.int64) if tasks else np.zeros(len(data), dtype=np.int64)


def _with_weights(out: Dataset, weights: NDArray[np.float64]) -> Dataset:
    import polars as pl

    from abound.core.dataset import WEIGHT
    from abound.stats.density_ratio import tempered

    return out.with_table(out.schema.main, out.main.with_columns(pl.Series(WEIGHT, tempered(weights))))


def _diversify(
    out: Dataset, train: Dataset, plan: Plan | None, labelled: bool, ctx: Context
) -> tuple[Dataset, list[str]]:
    """The set with its bare regions filled; where that cannot be done, what to do by hand."""
    from abound.core.task import one_thread
    from abound.encoding.comparison import WHERE, with_conditions
    from abound.encoding.diversify import diversified

    if labelled:
        return out, [f"rows that carry a teacher's labels are not replaced; {_BY_HAND}"]
    with one_thread():
        filled, notes = diversified(out if plan is None else with_conditions(out, plan), train, ctx.at("diversify"))
    frame = filled.main
    if WHERE in frame.columns and WHERE not in out.main.columns:
        filled = filled.with_table(filled.schema.main, frame.drop(WHERE))
    return filled, notes or [f"no region of 20 training rows or more is without synthetic rows; {_BY_HAND}"]
