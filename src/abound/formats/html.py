"""The report as one HTML page: no script, no network, nothing but text, tables and inline SVG.

Safety: Jinja2 escapes every value, a finalizer cleans and shortens every string (control characters, direction
overrides, names of a million letters), and the page's own policy forbids everything but the one stylesheet it
carries, named by its hash. So a script in a column name is text, and would not run if it were not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from abound.core.audit import Finding
from abound.core.study import ArmResult, Study
from abound.formats import charts, wording
from abound.formats.facts import Facts, GapLine
from abound.formats.limits import about_claim, advice, limits, verdict_rules

if TYPE_CHECKING:
    import jinja2

MOST_BYTES = 2_000_000
_MOST = {
    "gaps": 40,
    "bars": 12,
    "claims": 60,
    "arms": 40,
    "findings": 80,
    "orders": 60,
    "columns": 120,
    "lines": 60,
}
ACTIONS = {
    "drop": "leave these rows out",
    "weight": "give the rows weights (mixer filter_and_weight)",
    "repair": "repair the columns named here, or use another generator",
    "diversify": "draw rows for the regions that have none (repair: 1 does), or use another generator",
    "stop": "use none of these rows",
}
_ROLES = ("candidate", "control", "reference")
_VERDICTS = ("fail", "inconclusive", "pass")


def page(facts: Facts) -> str:
    """The whole page. Lists are cut at a few dozen lines (the page says so; report.json holds all of them)."""
    template = _environment().get_template("report.html.j2")
    style = _resource("report.css")
    return template.render(
        facts=facts,
        study=facts.study,
        css=_markup(style),
        csp=_policy(style),
        verdict=_verdict(facts),
        arms=_arms(facts.study),
        claims={"same": len({(c.arm, c.control, c.metric, c.repeats) for c in facts.study.claims}) == 1},
        gaps=_gaps(facts.gaps),
        audit=_audit(facts),
        audit_counts=_counts(facts.audit.findings),
        actions=ACTIONS,
        resolved=_resolved(facts.study),
        curve=_curve(facts.study),
        limits=limits(facts),
        most=_MOST,
    )


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.PackageLoader("abound.formats", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    env.filters |= {
        "count": wording.count, "percent": wording.percent, "words": wording.plain_name,
        "estimate": wording.estimate, "short": wording.short, "figures": wording.claim_figures,
        "first_large": wording.title_case,
        "whole": _whole, "number": wording.number, "place": wording.place, "figure": wording.figure,
    }  # fmt: skip
    return env


def _finalize(value: Any) -> Any:
    """Clean every plain string on its way into the page; text that is already markup passes."""
    return wording.clean(value) if type(value) is str else value


def _markup(text: str) -> str:
    from markupsafe import Markup

    return Markup(text)


def _escape(text: str) -> str:
    from markupsafe import escape

    return escape(text)


@cache
def _resource(name: str) -> str:
    return (files("abound.formats") / "templates" / name).read_text(encoding="utf-8")


def _whole(text: str) -> str:
    """A long text with its line breaks."""
    return _markup("\n".join(_escape(wording.clean(line, 4000)) for line in text.splitlines()[:400]))


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _verdict(facts: Facts) -> dict[str, Any]:
    study, claim = facts.study, facts.study.claim
    drawn = charts.verdict_line(
        difference=claim.difference, low=claim.low, high=claim.high, margin=claim.margin,
        control=wording.plain_name(claim.control), name="verdict-line", title="The difference and its interval",
    )  # fmt: skip
    return {
        "sentence": wording.verdict_sentence(study),
        "figures": wording.claim_figures(claim),
        "chart": _markup(drawn),
        "about": about_claim(study),
        "advice": advice(study),
        "rules": verdict_rules(study, facts.recipe.minimal_gain),
        "references": [a for a in study.arms if a.role == "reference"][: _MOST["arms"]],
        "settings": _settings(study.remedy.settings),
    }


def _settings(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(k), f"{v:g}" if isinstance(v, float) else str(v)) for k, v in sorted(settings.items())]


def _order(study: Study) -> list[ArmResult]:
    """Candidates, controls, references; within each the same learner first, then by the score on tune."""
    sign = -1.0 if study.larger_is_better else 1.0
    return sorted(study.arms, key=lambda a: (_ROLES.index(a.role), not a.same_learner, sign * a.tune, a.arm))


def _kind(arm: ArmResult, study: Study) -> str:
    return "best" if arm.arm == study.claim.control else arm.role


def _arms(study: Study) -> dict[str, Any]:
    rows = _order(study)[: _MOST["arms"]]
    names = {a.arm: _arm_label(a, study) for a in rows}
    scores = [charts.Bar(names[a.arm], _kind(a, study), a.test.mean, a.test.low, a.test.high) for a in rows]
    gains = [charts.Bar(names[a.arm], _kind(a, study), e.mean, e.low, e.high) for a in rows if (e := a.versus_real)]
    levels = {e.level for a in rows for e in (a.test, a.versus_real) if e is not None}
    what = wording.plain_name(study.metric)
    title = f"{wording.title_case(what)} on the test set, every arm"
    return {
        "rows": rows,
        "level": levels.pop() if len(levels) == 1 else None,
        "timed": any(a.seconds for a in rows),
        "left_out": len(study.arms) - len(rows),
        "scores": _markup(charts.forest(scores, name="scores", title=title, signed=False)),
        "gains": _markup(charts.forest(gains, name="gains", title="Gain over real only", signed=True))
        if gains
        else None,
    }


def _arm_label(arm: ArmResult, study: Study) -> str:
    name = wording.plain_name(arm.arm)
    if arm.arm == study.claim.control:
        return f"{name} ({'compared with' if study.purpose == 'replace' else 'best control'})"
    return name if arm.same_learner or arm.role == "reference" else f"{name} (other learner)"


def _gaps(gaps: tuple[GapLine, ...]) -> dict[str, Any]:
    short = [g for g in gaps if g.wanted > (g.support or 0)][: _MOST["bars"]]
    if all(g.support == 0 for g in short):
        short = []  # bars that are all empty show nothing that the table does not say
    levels = [charts.Level(g.where, g.support, g.wanted) for g in short]
    title = "Rows there are, of rows wanted"
    drawn = charts.gap_bars(levels, name="gap-bars", title=title) if levels else None
    return {"rows": gaps[: _MOST["gaps"]], "chart": _markup(drawn) if drawn else None, "drawn": len(levels)}


def _counts(findings: Sequence[Finding]) -> str:
    """ "5 of 7 findings failed, 1 inconclusive"."""
    total, told = len(findings), []
    for verdict, word in (("fail", "failed"), ("inconclusive", "inconclusive")):
        n = sum(f.verdict == verdict for f in findings)
        told += [f"{n} {word}"] if n else []
    return f"{total} findings: {', '.join(told)}" if told else f"{total} findings, none failed"


def _resolved(study: Study) -> str | None:
    """Half the width of the main claim's interval."""
    claim = study.claim
    if not wording.bounded(claim):
        return None
    half = (claim.high - claim.low) / 2
    return wording.number(half, wording.decimals((half, claim.low, claim.high)))


def _audit(facts: Facts) -> list[dict[str, Any]]:
    ordered = sorted(facts.audit.findings, key=lambda f: _VERDICTS.index(f.verdict))[: _MOST["findings"]]
    return [_finding(f, i) for i, f in enumerate(ordered)]


def _finding(f: Finding, i: int) -> dict[str, Any]:
    places = wording.decimals((f.value, f.low, f.high, f.reference, f.limit))
    chart = None
    if f.value is not None:
        chart = charts.strip(
            value=f.value, low=f.low, high=f.high, reference=f.reference, limit=f.limit, band=_band(f),
            name=f"audit-{i}", title=f"{f.check}: {f.name}",
        )  # fmt: skip
    inside = wording.span(f.low, f.high, places)
    named = (("synthetic", f.value), ("real", f.reference), ("limit", f.limit))
    figures = [f"{name} {wording.number(v, places)}" for name, v in named if v is not None]
    if inside and f.value is not None:
        figures[0] += f" ({inside})"
    return {
        "finding": f,
        "figures": ", ".join(figures),
        "band": _band(f),
        "chart": _markup(chart) if chart else None,
    }


def _band(f: Finding) -> tuple[float, float] | None:
    """The interval of the real-vs-real reference, where the check gives one in its details."""
    low, high = f.details.get("reference_low"), f.details.get("reference_high")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return float(low), float(high)
    return None


def _curve(study: Study) -> str | None:
    if not study.curve:
        return None
    points = [charts.Point(e.name, e.value, e.low, e.high) for e in study.curve[: _MOST["lines"]]]
    title = f"{wording.title_case(wording.plain_name(study.metric))} by share of synthetic rows"
    return _markup(charts.curve(points, name="curve", title=title))
