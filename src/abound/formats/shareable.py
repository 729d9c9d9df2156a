"""What a report that leaves the house leaves out: small cells, single rows, and values only few rows hold.

A count below five may point at a person, so it is not shown, and neither is the value of a slice that holds so few
rows (a missing combination keeps its description: its parts are common, only their meeting is rare). In free
sentences (of checks, notes and warnings) small counts of rows are found by their form, "3 test rows" or "1 of 90
real rows"; a zero stays. It is no check of the synthetic rows and no promise of anonymity.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from abound.core.audit import Audit
from abound.core.model import Model
from abound.core.recipe import Recipe
from abound.core.schema import Column, Schema
from abound.core.study import Claim, Study
from abound.formats.facts import Facts, GapLine, OrderLine

SMALL = 5
_HIDDEN = f"a slice with fewer than {SMALL} real rows (not shown)"
_FOLDERS = re.compile(r"[^\s'\"=]*[/\\]+(?=[^\s/\\])")
_FEW = f"The test set holds fewer than {SMALL} rows of the rarest class: it can show only very large gains on it."
_SENTENCES = frozenset(
    ("sentence", "reason", "advice", "notes", "warnings", "power", "power_sentence", "skipped", "find_skipped")
)
_FEW_ROWS = re.compile(
    rf"(?<![\w.,/])[1-{SMALL - 1}](?=(?: of [\d,]+)?(?! (?:points?|repeats?|columns?|pairs?|levels?|classes) )"
    r"(?: [a-z'-]+){0,3} (?:rows?|positives?|records?|cases?|units?|groups?)\b| of (?:the|its|that) class\b)"
)


def suppress(facts: Facts) -> Facts:
    """The same facts without small cells, row positions, example rows, seen category values, extremes and paths."""
    hidden = {g.id: g.where for g in facts.gaps if _small(g.support) and g.kind != "missing"}
    said: list[str] = []
    gaps = tuple(map(_gap, facts.gaps))
    if any(_small(g.support) for g in facts.gaps):
        said.append(f"Counts below {SMALL} are written as 'fewer than {SMALL}'.")
    if hidden:
        said.append(f"The values of {len(hidden)} slices that hold fewer than {SMALL} real rows are not shown.")
    study, dropped = _study(facts.study, hidden.values())
    power: dict[str, object] = {}
    if facts.power is not None and _small(facts.power.rare_units):
        power = {"power": None, "power_sentence": _FEW}
        study = study.model_copy(update={"power": ""})
    if dropped:
        said.append(f"{dropped} claims on slices with fewer than {SMALL} test rows or positives are not shown.")
    if facts.examples is not None:
        said.append("Example rows are not shown.")
    lost = len(facts.study.remedy.collect) - len(study.remedy.collect)
    if lost:
        said.append(f"{lost} of the slices to collect more rows of are not shown.")
    if _quiet(facts).to_json() != facts.to_json():
        said.append(f"Counts of rows below {SMALL} in sentences are written as 'fewer than {SMALL}'.")
    update = {
        "shareable": True,
        "gaps": gaps,
        "plan": facts.plan.model_copy(update={"orders": tuple(_order(o, hidden) for o in facts.plan.orders)}),
        "study": study,
        "audit": _audit(facts.audit),
        "data_schema": _schema(facts.data_schema),
        "recipe": _recipe(facts.recipe),
        "command": _names(facts.command),
        "dataset": _names(facts.dataset),
        "examples": None,
        "suppressed": tuple(said),
    }
    quiet: Facts = _quiet(facts.model_copy(update=update | power))
    return quiet


def _quiet(value: Any, sentence: bool = False) -> Any:
    """The same value, with small counts of rows hidden in every sentence inside it."""
    if isinstance(value, Model):
        inner = {n: _quiet(getattr(value, n), n in _SENTENCES) for n in type(value).model_fields}
        return value.model_copy(update=inner)
    if isinstance(value, dict):
        return {k: _quiet(v, sentence) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_quiet(v, sentence) for v in value)
    return _FEW_ROWS.sub(f"fewer than {SMALL}", value) if sentence and isinstance(value, str) else value


def _small(n: int | None) -> bool:
    return n is not None and n < SMALL


def _gap(gap: GapLine) -> GapLine:
    if not _small(gap.support):
        small = {k: None for k in ("main_rows", "groups") if _small(getattr(gap, k))}
        return gap.model_copy(update={**small, "evidence": tuple(e for e in gap.evidence if not _small(e.n))})
    update = {"support": None, "main_rows": None, "groups": None, "evidence": (), "reason": ""}
    if gap.kind != "missing":
        update |= {"where": _HIDDEN, "slice": None}
    return gap.model_copy(update=update)


def _order(order: OrderLine, hidden: dict[str, str]) -> OrderLine:
    named = order.gap in hidden or (order.where is not None and order.where in hidden.values())
    return order.model_copy(update={"where": _HIDDEN, "params": {}, "reason": ""}) if named else order


def _study(study: Study, hidden: Collection[str]) -> tuple[Study, int]:
    """The study without claims on small slices, and how many were left out. The main claim always stays."""
    main, *others = study.claims
    if _small(main.positives):
        main = main.model_copy(update={"positives": None, "sentence": ""})
    kept = [c for c in others if not _tiny(c) and str(c.slice) not in hidden]
    # with "1 training row; 99 more would make 100" the difference says what is hidden
    collect = tuple(
        line for line in study.remedy.collect
        if not any(where in line for where in hidden) and not _FEW_ROWS.search(line)
    )  # fmt: skip
    remedy = study.remedy.model_copy(update={"collect": collect})
    return study.model_copy(update={"claims": (main, *kept), "remedy": remedy}), len(others) - len(kept)


def _tiny(claim: Claim) -> bool:
    return any(_small(n) for n in (claim.units, claim.positives, claim.groups))


def _audit(audit: Audit) -> Audit:
    bare = tuple(f.model_copy(update={"rows": (), "weights": (), "details": {}}) for f in audit.findings)
    return audit.model_copy(update={"findings": bare})


def _schema(schema: Schema) -> Schema:
    """Levels and limits stay only where a person declared them: those seen in the data may be somebody's."""
    out = schema
    for name, table in schema.tables.items():
        out = out.with_columns(name, tuple(map(_column, table.columns)))
    return out


def _column(column: Column) -> Column:
    if column.declared:
        return column
    domain = column.domain if column.role == "target" else None
    return column.model_copy(update={"low": None, "high": None, "domain": domain})


def _recipe(recipe: Recipe) -> Recipe:
    files = {k: _names(v) for k in ("path", "schema_file") if (v := getattr(recipe.data, k)) is not None}
    return recipe.model_copy(update={"data": recipe.data.model_copy(update=files)})


def _names(text: str) -> str:
    """Text whose paths are cut to their last part."""
    return _FOLDERS.sub("", text)
