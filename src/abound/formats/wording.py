"""Figures and sentences of the report: one way to write a number, and no sentence that its figures do not carry.

A statement's numbers share their decimals: at least three (none where all are whole), and more where a narrow
interval or a bound close to zero needs them, so that rounding never moves a bound across zero or hides the width
of an interval. Differences are gains: positive is better, whatever the direction of the metric.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from abound.core.study import Claim, Estimate, Study

MINUS = "\u2212"
_MOST_DECIMALS = 6


def clean(text: str, limit: int = 600) -> str:
    """`text` without control characters and lone surrogates, cut to `limit` characters.

    Names come from files: what XML cannot hold, or what would reorder the line it stands in, becomes U+FFFD.
    """
    out = "".join(_safe(c) for c in text[: limit + 1])
    return out if len(out) <= limit else out[: limit - 1] + "\u2026"


def _safe(char: str) -> str:
    if char in "\n\t\r":
        return " "
    hidden = unicodedata.category(char) in ("Cc", "Cs", "Cn") or char in _BIDI
    return "\ufffd" if hidden or char in "\ufffe\uffff" else char


_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def decimals(values: Iterable[float | None], least: int = 3, *, ends: tuple[float, float] | None = None) -> int:
    """How many decimals a set of numbers that are read together needs (see the module's text).

    Two digits of their range are shown, or of the range between `ends` where that is narrower.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return least
    if all(v.is_integer() for v in map(float, known)):
        return 0
    width = max(known) - min(known) if ends is None else ends[1] - ends[0]
    wanted = least if max(abs(v) for v in known) < 10 else max(0, least - 2)
    if 0 < width < math.inf:
        wanted = max(wanted, 1 - math.floor(math.log10(width)))
    while wanted < _MOST_DECIMALS and any(abs(v) > 1e-12 and round(v, wanted) == 0 for v in known):
        wanted += 1
    return min(wanted, _MOST_DECIMALS)


def number(value: float | None, places: int = 3, *, sign: bool = False) -> str:
    """A number with a thousands comma and a real minus sign; "unbounded" where infinite, a dash where unknown."""
    if value is None or math.isnan(value):
        return "\u2013"
    if math.isinf(value):
        return "unbounded"
    text = f"{abs(value):,.{places}f}"
    zero = not text.strip("0.,")
    if value < 0 and not zero:
        return MINUS + text
    return f"+{text}" if sign and not zero else text


def count(value: int | float | None) -> str:
    """A count with thousands commas; one decimal where it is an average."""
    if value is None:
        return "\u2013"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def figure(value: float) -> str:
    """A number as evidence: a count where it is whole."""
    return count(value) if float(value).is_integer() else number(value)


def percent(level: float) -> str:
    """A coverage or share: .95 -> "95 %", .975 -> "97.5 %"."""
    return f"{round(100 * level, 2):g} %"


def span(low: float | None, high: float | None, places: int, *, sign: bool = False) -> str:
    """An interval, "+0.043 to +0.062"; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{number(low, places, sign=sign)} to {number(high, places, sign=sign)}"


def estimate(e: Estimate | None, *, sign: bool = False) -> str:
    """A mean with its interval: "+0.053 (95 % interval +0.043 to +0.062)"."""
    if e is None:
        return "\u2013"
    places = decimals((e.mean, e.low, e.high))
    mean = number(e.mean, places, sign=sign)
    inside = span(e.low, e.high, places, sign=sign)
    return f"{mean} ({percent(e.level)} interval {inside})" if inside else f"{mean} (no interval)"


def short(e: Estimate | None, *, sign: bool = False) -> str:
    """The same without the words, where a heading says what the interval is: "+0.053 (+0.043 to +0.062)"."""
    if e is None:
        return "\u2013"
    places = decimals((e.mean, e.low, e.high))
    mean, inside = number(e.mean, places, sign=sign), span(e.low, e.high, places, sign=sign)
    return f"{mean} ({inside})" if inside else f"{mean} (no interval)"


def title_case(text: str) -> str:
    """The first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def plain_name(name: str) -> str:
    """The name of a metric, an arm or a plug-in as words: average_precision -> average precision."""
    return clean(name, 160).replace("_", " ")


def bounded(claim: Claim) -> bool:
    """Whether the claim has an interval: one repeat or one group gives none."""
    return math.isfinite(claim.low) and math.isfinite(claim.high)


def place(claim: Claim) -> str:
    """Where a claim holds, as "all test rows", the claim's own name or its slice."""
    if claim.slice is not None:
        return clean(str(claim.slice), 200)
    return clean(claim.name, 200) or "all test rows"


def claim_places(difference: float, low: float, high: float, margin: float) -> int:
    """The decimals that a claim's figures share."""
    return decimals((difference, low, high, margin), ends=(low, high))


def claim_figures(claim: Claim) -> dict[str, str]:
    """Difference, interval, margin and level of a claim, with shared decimals."""
    places = claim_places(claim.difference, claim.low, claim.high, claim.margin)
    return {
        "difference": number(claim.difference, places, sign=True),
        "interval": span(claim.low, claim.high, places, sign=True),
        "margin": number(claim.margin, places),
        "level": percent(claim.level),
    }


def subject(study: Study) -> str:
    """What the verdict is about, as the subject of a sentence."""
    if study.purpose == "replace":
        return "Training on the synthetic rows in place of the real ones"
    return "Adding the synthetic rows to the training data"


def verdict_sentence(study: Study) -> str:
    """The main claim in words, with its figures, and beside it the difference from the same real rows alone.

    The claim compares with the best alternative, so "worse" does not say that adding the rows lowers the score, nor
    is the claimed gain the effect of adding them: that is the second figure.
    """
    claim, f = study.claim, claim_figures(study.claim)
    what = plain_name(claim.metric)
    gain = f"{f['difference']} {what}"
    if not study.larger_is_better:
        gain = f"{f['difference']} in {what}, counted so that positive is better"
    inside = f"{f['level']} interval {f['interval']}" if bounded(claim) else "no interval"
    where = f", on {place(claim)}" if claim.slice or claim.name else ""
    carried = f"{gain} ({inside}){where}"
    who, other = subject(study), _rival(study)
    if claim.verdict == "helps":
        said = f"{who} is better than {other}: {carried}."
    elif claim.verdict == "harms":
        small = bounded(claim) and claim.low > -claim.margin
        less = f", though by less than the \u00b1{f['margin']} that counts as mattering" if small else ""
        said = f"{who} is worse than {other}: {carried}{less}."
    elif claim.verdict == "no difference":
        inside = f"the whole interval lies within the margin of \u00b1{f['margin']} declared as no difference"
        said = f"{who} makes no difference that matters from {other}: {carried}; {inside}."
    else:
        lower = f"{who[0].lower()}{who[1:]}"
        said = f"There is not enough evidence on whether {lower} is better or worse than {other}: {carried}."
    return said + _against_real(study)


def _rival(study: Study) -> str:
    control = plain_name(study.claim.control)
    if study.purpose == "replace" or study.claim.control == "real_only":
        return "training on the real rows alone"
    return f"the best alternative without them, {control}"


def _against_real(study: Study) -> str:
    """The effect of adding the rows, where the claim compares with something else than the real rows alone."""
    judged = next((a for a in study.arms if a.arm == study.claim.arm), None)
    if study.claim.control == "real_only" or judged is None or judged.versus_real is None:
        return ""
    return f" Against the same real rows alone: {estimate(judged.versus_real, sign=True)}."
