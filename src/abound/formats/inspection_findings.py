"""Answers of raters as findings: each rater, all together, their agreement, wrong labels; and no word too much.

Told apart: the lower end of Wilson's interval lies above one half and so large an accuracy is not ruled out.
Passed: at least two raters, accuracy above the limit is ruled out for all of them together, and no rater told the
sides apart. A rater who answers nearly always the same hides what can be seen, so that rater passes nothing.
Everything else is inconclusive, with the number of answers that it would take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from abound.core.audit import Finding, Verdict
from abound.formats.inspection_answers import CHOICES, Answers, Key
from abound.formats.wording import clean
from abound.stats.intervals import wilson
from abound.stats.raters import agreement, answers_needed, effective_number, exact_limits, ruled_out

CHECK = "inspection"
_LEAN = 0.8  # share of one answer from which a rater leans too far to show what can be seen


@dataclass(frozen=True)
class Tally:
    """One rater's answers: right or not, of which item, and the share of the commoner answer."""

    right: NDArray[np.float64]
    item: NDArray[np.int64]
    lean: float
    leant: str


def findings(key: Key, raters: Mapping[str, Answers], *, limit: float, label_limit: float) -> list[Finding]:
    """All findings: together first, then one a rater where there are several, agreement, labels."""
    place = {name: i for i, name in enumerate(key.items)}
    tallies = {name: _tally(key, given, place) for name, given in raters.items()}
    level = 1 - 0.05 / len(tallies)  # one of several raters is above chance by luck: Bonferroni
    single = [_rater(name, t, limit, level, len(tallies)) for name, t in tallies.items()]
    out = [_together(tallies, single, limit)]
    if len(tallies) > 1:
        out += [*single, _agreement(key, raters, place)]
    labels = _labels(key, raters, label_limit)
    return out + ([labels] if labels else [])


def _tally(key: Key, given: Answers, place: Mapping[str, int]) -> Tally:
    first, second = CHOICES[key.mode]
    right = np.array([a.answer == key.items[a.item].truth for a in given.answers], dtype=np.float64)
    item = np.array([place[a.item] for a in given.answers], dtype=np.int64)
    share = float(np.mean([a.answer == first for a in given.answers]))
    return Tally(right, item, max(share, 1 - share), first if share >= 0.5 else second)


def _verdict(low: float, high: float, bound: float | None, limit: float) -> Verdict:
    """From the interval of the share right and the accuracy that is ruled out."""
    certified = bound is not None and bound <= limit
    if (low > 0.5 or high < 0.5) and not certified:
        return "fail"
    return "pass" if certified and high >= 0.5 else "inconclusive"


def _figures(share: float, low: float, high: float, level: float) -> str:
    at = f"{100 * level:.1f}".removesuffix(".0")
    return f"{_share(share)} right ({_share(low)} to {_share(high)} at {at} %; guessing gives .50)"


def _share(value: float) -> str:
    """A share with two decimals and no leading zero: .65, 1.00."""
    text = f"{value:.2f}"
    return text.removeprefix("0")


def _said(verdict: Verdict, bound: float | None, low: float, high: float, limit: float, n: float) -> str:
    """What follows from the interval, in plain words."""
    needed = answers_needed(limit)
    above = f"accuracy above {_share(bound)} is ruled out" if bound else "no accuracy below 1 is ruled out"
    if verdict == "fail" and low > 0.5:
        return "told apart"
    if verdict == "fail" or high < 0.5:
        return "wrong more often than guesses: a difference is seen, and the synthetic side passes for real"
    more = "more often right than guesses, yet " if low > 0.5 else ""
    if verdict == "pass":
        return f"{more}{above} (limit {_share(limit)})"
    if n >= needed:
        return f"{above}, not above {_share(limit)}: {needed} answers are enough only where all are guesses"
    return f"{above}; to rule out {_share(limit)} takes about {needed} answers, and there are {n:.0f}"


def _rater(name: str, tally: Tally, limit: float, level: float, raters: int) -> Finding:
    n, hits = len(tally.right), float(tally.right.sum())
    low, high = wilson(hits, n, level)
    bound = ruled_out(hits, n)
    verdict = _verdict(low, high, bound, limit)
    sentence = f"{clean(name, 60)}, {n} answers: {_figures(hits / n, low, high, level)}; "
    sentence += _said(verdict, bound, low, high, limit, n)
    if tally.lean > _LEAN and verdict != "fail":
        verdict = "inconclusive"
        sentence += f"; {tally.lean:.0%} of the answers are {tally.leant!r}, which hides what this rater can see"
    return Finding(
        check=CHECK, name=f"accuracy of {clean(name, 60)}", value=hits / n, low=low, high=high, reference=0.5,
        limit=limit, verdict=verdict, sentence=sentence + ".",
        details={"answers": n, "right": int(hits), "level": level, "ruled_out_above": bound, "lean": tally.lean},
    )  # fmt: skip


def _together(tallies: Mapping[str, Tally], single: list[Finding], limit: float) -> Finding:
    right = np.concatenate([t.right for t in tallies.values()])
    worth = effective_number(right, np.concatenate([t.item for t in tallies.values()]))
    share = float(right.mean())
    low, high = wilson(share * worth, worth)
    bound = ruled_out(share * worth, worth)
    verdict = _verdict(low, high, bound, limit)
    people = f"{len(tallies)} raters" if len(tallies) > 1 else "one rater"
    counted = f"{len(right)} answers of {people}"
    if round(worth) < len(right):
        counted += f", worth {worth:.0f} independent ones"
    sentence = f"{counted}: {_figures(share, low, high, 0.95)}; " + _said(verdict, bound, low, high, limit, worth)
    told = [f for f in single if f.verdict == "fail"]
    leaning = [name for name, t in tallies.items() if t.lean > _LEAN]
    if len(tallies) > 1 and told and verdict != "fail":
        verdict = "fail"
        sentence += f"; but {len(told)} of {len(tallies)} raters told the sides apart"
    elif verdict == "pass" and leaning:
        verdict = "inconclusive"
        sentence += f"; {clean(', '.join(leaning), 120)} answered nearly always alike, which hides what can be seen"
    elif verdict == "pass" and len(tallies) == 1:
        verdict = "inconclusive"
        sentence += "; one rater speaks for nobody else, so a second one is needed"
    return Finding(
        check=CHECK, name="accuracy", value=share, low=low, high=high, reference=0.5, limit=limit, verdict=verdict,
        action="repair" if verdict == "fail" else "none", sentence=sentence + ".",
        details={
            "answers": len(right), "right": int(right.sum()), "worth": worth, "raters": len(tallies),
            "ruled_out_above": bound, "answers_needed": answers_needed(limit),
        },
    )  # fmt: skip


def _agreement(key: Key, raters: Mapping[str, Answers], place: Mapping[str, int]) -> Finding:
    """Kappa has no limit: agreement on wrong answers is as possible as on right ones."""
    ratings = np.full((len(key.items), len(raters)), -1, dtype=np.int64)
    for column, given in enumerate(raters.values()):
        for a in given.answers:
            ratings[place[a.item], column] = CHOICES[key.mode].index(a.answer)
    found = agreement(ratings)
    if found.kappa is None:
        why = "all of them are the same" if found.items else "no item was answered by all raters"
        sentence = f"Agreement is unknown: {why} ({found.items} items in common)."
    else:
        inside = "" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})"
        sentence = f"{found.name} of {found.raters} raters on {found.items} items: {found.kappa:.2f}{inside}; "
        if found.low is None or found.high is None:
            sentence += "too few items in common for an interval."
        elif found.low > 0:
            sentence += "they see the same things in the items, rightly or wrongly."
        elif found.high < 0:
            sentence += "they see opposite things in the items."
        else:
            sentence += "no more agreement is shown than chance gives."
    return Finding(
        check=CHECK, name="agreement", value=found.kappa, low=found.low, high=found.high,
        verdict="inconclusive" if found.kappa is None else "pass", sentence=sentence,
        details={"kappa": found.name, "items": found.items, "raters": found.raters},
    )  # fmt: skip


def _labels(key: Key, raters: Mapping[str, Answers], limit: float) -> Finding | None:
    """The share of synthetic items whose label most of their raters call wrong, beside the real items' share."""
    votes: dict[str, list[bool]] = {}
    for given in raters.values():
        for a in given.answers:
            if a.label is not None and key.mode == "single":
                votes.setdefault(a.item, []).append(a.label == "wrong")
    wrong = {item: 2 * sum(said) >= len(said) for item, said in votes.items()}
    made = {i: w for i, w in wrong.items() if key.items[i].truth == "synthetic"}
    if not made:
        return None
    real = [w for i, w in wrong.items() if key.items[i].truth == "real"]
    bad, n = sum(made.values()), len(made)
    low, high = exact_limits(bad, n)
    verdict: Verdict = "pass" if high <= limit else "fail" if low > limit else "inconclusive"
    sentence = (
        f"{bad} of {n} synthetic labels are called wrong: at most {100 * high:.1f} % (limit {100 * limit:.3g} %)"
    )
    if real:
        sentence += f"; of the real labels {sum(real)} of {len(real)}"
    if verdict == "inconclusive":
        clean_ones = next(k for k in range(1, 100_000) if exact_limits(0, k)[1] <= limit)
        sentence += f"; to show {100 * limit:.3g} % takes {clean_ones} synthetic items without an error"
    rows = tuple(sorted(key.items[i].row for i, w in made.items() if w))
    return Finding(
        check=CHECK, name="label errors", value=bad / n, low=low, high=high,
        reference=sum(real) / len(real) if real else None, limit=limit, verdict=verdict, rows=rows,
        action="drop" if rows else "none", sentence=sentence + ".",
        details={"wrong": bad, "items": n, "real_wrong": sum(real), "real_items": len(real), "level": 0.95},
    )  # fmt: skip
