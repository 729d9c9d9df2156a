"""The data card: one Markdown page that travels with the data. Every name is escaped for Markdown and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from abound.formats import wording
from abound.formats.croissant import TO_FILL
from abound.formats.facts import Facts, GapLine
from abound.formats.limits import limits

_MOST = 40
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~>])")


def md(text: object, limit: int = 300) -> str:
    """Text as literal Markdown: no markup, no HTML, no line break, no table cell ended early."""
    plain = wording.clean(str(text), limit).replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", plain)


def card(facts: Facts, known: Sequence[str] = ()) -> str:
    """The card. `known` names the publisher's facts that the manifest already holds (see `croissant.TO_FILL`)."""
    parts = [
        _head(facts),
        _made(facts),
        _columns(facts),
        _lacks(facts.gaps),
        _audit(facts),
        _section("Limits", _list(map(md, limits(facts)))),
        _provenance(facts),
        _before(known),
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _section(title: str, *body: str) -> str:
    return "\n\n".join([f"## {title}", *(b for b in body if b)])


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(top + ["| " + " | ".join(row) + " |" for row in rows])


def _head(facts: Facts) -> str:
    study = facts.study
    quick = " This was a quick run: preliminary." if study.preliminary else ""
    verdict = md(wording.verdict_sentence(study), 900)
    return "\n\n".join(
        [
            f"# {md(facts.title)}",
            f"**This data holds synthetic rows.** They were made from {md(facts.dataset)}.",
            f"**Does it help? {wording.title_case(study.verdict)}.** {verdict}{quick}",
            f"**What to use:** {md(study.remedy.sentence)}",
        ]
    )


def _made(facts: Facts) -> str:
    rows = [
        ("as the data is distributed" if o.where is None else md(o.where), md(o.generator), wording.count(o.count))
        for o in facts.plan.orders[:_MOST]
    ]
    orders = _table(("Where", "Generator", "Rows"), rows) if rows else ""
    parts = ", ".join(f"{md(k)} {wording.count(p.rows)} rows" for k, p in facts.split.items())
    return _section(
        "How it was made",
        f"{wording.count(facts.synthetic_rows)} synthetic rows. The real data was split first: {parts}. "
        "Generators saw the training part only.",
        orders,
    )


def _columns(facts: Facts) -> str:
    table = facts.data_schema.main_table
    rows = [
        (md(c.name), "whole number" if c.integer else c.kind, c.role, md(", ".join(c.domain or ()), 120))
        for c in table.columns[:120]
    ]
    return _section("Columns", _table(("Column", "Kind", "Role", "Levels"), rows))


def _lacks(gaps: Sequence[GapLine]) -> str:
    rows = [
        (md(g.where), md(g.kind.replace("_", " ")), _cell(g.support), wording.count(g.wanted)) for g in gaps[:_MOST]
    ]
    return _section("What the real data lacks", _table(("Where", "Kind", "Rows", "Wanted"), rows)) if rows else ""


def _cell(n: int | None) -> str:
    return "fewer than 5" if n is None else wording.count(n)


def _audit(facts: Facts) -> str:
    rows = []
    for f in facts.audit.findings[:_MOST]:
        places = wording.decimals((f.value, f.reference, f.limit))
        figures = [wording.number(v, places) for v in (f.value, f.reference, f.limit)]
        rows.append((f"{md(f.check)}: {md(f.name)}", f.verdict, *figures, md(f.sentence, 900)))
    table = _table(("Check", "Result", "Synthetic", "Real rows", "Limit", "In words"), rows) if rows else ""
    skipped = _list(f"Not run: {md(k)}, {md(v)}" for k, v in facts.audit.skipped.items())
    return _section("Audit", f"Overall: {facts.audit.verdict}.", table, skipped)


def _provenance(facts: Facts) -> str:
    lines = [f"Command: {md(facts.command, 2000)}", f"Seed: {facts.study.seed}"]
    lines += [f"Test set: SHA-256 {facts.test_digest}, {_opened(facts.study.openings)}"]
    lines += [f"{md(what)}: SHA-256 {digest}" for what, digest in facts.digests.items()]
    lines += [f"{md(what)} {md(version)}" for what, version in facts.versions.items()]
    return _section("Provenance", _list(lines))


def _opened(times: int) -> str:
    return "opened once" if times == 1 else f"opened {wording.count(times)} times"


def _before(known: Sequence[str]) -> str:
    missing = [word for word in TO_FILL if word not in known]
    if not missing:
        return ""
    said = f"Add to croissant.json what only you know: {', '.join(missing)}."
    check = "The audit is not a release check: this folder may hold real rows, and values that few people have."
    return _section("Before you publish", said, check)
