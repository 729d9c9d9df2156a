"""What a report does not say, and what to do next: sentences that follow from the facts, none that does not."""

from __future__ import annotations

from abound.core.study import Claim, Study
from abound.formats.facts import Facts
from abound.formats.wording import bounded, claim_places, clean, count, number, percent, plain_name


def limits(facts: Facts) -> list[str]:
    """The limits of this report, most important first."""
    study = facts.study
    out = [
        f"The verdict is about {clean(study.about)}, the metric {plain_name(study.metric)} and the learner "
        f"{clean(study.learner)}. Other learners, metrics and data were not measured.",
        "The test rows come from the same data as the training rows. How far the result carries over to other "
        "times, places or sources was not measured.",
        _claims(study),
        "Repeats refit the generator and the learner. Where every repeat uses the same training rows, how the "
        "result would vary with other training rows is not in the interval.",
        _openings(study),
        "The audit is the list of checks above and no more. It is not a privacy guarantee.",
    ]
    unseen = sum(g.support == 0 for g in facts.gaps)
    if unseen:
        out.append(
            f"{_many(unseen, 'gap')} above had no real training row at all. Whether synthetic rows for a case that "
            "was never seen are right can be shown only with real test cases of it."
        )
    if any(not a.same_learner or a.role == "reference" for a in study.arms):
        out.append(
            "Arms marked as reference, or with another learner, are shown for comparison: they can change the "
            "advice and never change the verdict."
        )
    if study.preliminary:
        out.append("This was a quick run. Its verdict is preliminary.")
    return out + list(facts.suppressed)


def _claims(study: Study) -> str:
    shown = (
        "All other differences are shown with an interval of their own and were not tested as claims; the advice "
        "on what to use rests on such differences from the real rows alone."
    )
    if len(study.claims) == 1:
        return f"One comparison was declared before the test set was opened. {shown}"
    return (
        f"{len(study.claims)} comparisons declared before the test set was opened are shown, with intervals "
        f"widened for their number (Holm). {shown}"
    )


def _openings(study: Study) -> str:
    if study.openings <= 1:
        return (
            "The ledger records no earlier opening of this test set. Openings in folders that share no ledger with "
            "this one (--ledger) are not seen here: equal data, settings and seed give the same test rows, whose "
            "SHA-256 is below."
        )
    return (
        f"This test set was opened {count(study.openings)} times, this run included. Each further look makes a "
        "chance finding more likely, and the intervals do not correct for that."
    )


def advice(study: Study) -> list[str]:
    """What follows from the verdict, before the remedy."""
    claim, replaced = study.claim, study.purpose == "replace"
    out = []
    if claim.verdict == "harms":
        what = "put these synthetic rows in place of the real ones" if replaced else "add these synthetic rows"
        out.append(f"For this learner and metric, do not {what}.")
    if claim.verdict == "no difference":
        out.append(f"Between {plain_name(claim.arm)} and {plain_name(claim.control)}, choose on other grounds.")
    if claim.verdict == "not enough evidence":
        out.append(_narrower(study))
    if study.preliminary:
        out.append("Run again without --quick before you rely on this.")
    return out


def _narrower(study: Study) -> str:
    by, claim = study.claim.limited_by, study.claim
    if by == "repeats":
        said = "Most of the interval's width comes from the spread between repeats: more repeats would narrow it"
        if claim.repeat_share is None or not bounded(claim):
            return f"{said}."
        half = (claim.high - claim.low) / 2
        then = half * (1 - 0.75 * claim.repeat_share) ** 0.5
        places = claim_places(claim.difference, claim.low, claim.high, claim.margin)
        return (
            f"{said}, from \u00b1{number(half, places)} to about \u00b1{number(then, places)} with "
            f"{4 * claim.repeats} of them."
        )
    if by == "test units":
        return (
            "Most of the interval's width comes from the size of the test set: more real test rows would narrow it."
        )
    return f"What limits the interval: {clean(by)}."


def verdict_rules(study: Study, minimal_gain: float) -> list[tuple[str, str]]:
    """The four outcomes and when each is given, in the order in which they are tried."""
    m = number(study.claim.margin, 4).rstrip("0")
    over = "zero" if minimal_gain == 0 else number(minimal_gain, 4).rstrip("0")
    band = f"{number(-study.claim.margin, 4).rstrip('0')} and +{m}"
    return [
        ("harms", "the whole interval lies below zero, however small the loss (this is tried first)"),
        ("helps", f"the whole interval lies above {over}, however small the gain"),
        ("no difference", f"the interval does not lie on one side as above and stays between {band}"),
        ("not enough evidence", "none of these, or only one repeat or one group was there to judge by"),
    ]


def about_claim(study: Study) -> list[tuple[str, str]]:
    """The figures that belong to the main claim, as (term, value)."""
    claim = study.claim
    test = f"{count(claim.units)} rows"
    if claim.positives is not None:
        test += f", {count(claim.positives)} of them positive"
    return [
        ("Arm judged", _described(study, claim.arm)),
        ("Compared with", _compared(study)),
        ("About", clean(study.about)),
        ("Learner", clean(study.learner)),
        ("Test set", test if claim.groups == claim.units else f"{test}, {_together(claim)}"),
        ("Repeats", _repeats(study)),
        ("Interval", _interval(claim)),
    ]


def _together(claim: Claim) -> str:
    return f"in {count(claim.groups)} sets that count once each (rows of one group or key, near-duplicates)"


def _compared(study: Study) -> str:
    control = _described(study, study.claim.control)
    if study.purpose == "replace":
        return control
    rivals = sum(a.role == "control" and a.same_learner and a.arm != "shuffled" for a in study.arms)
    return f"{control}; the best on tune of {count(rivals)} alternatives with the same learner"


def _repeats(study: Study) -> str:
    """How many, and which arms score the same in each because nothing in them varies."""
    said = f"{count(study.claim.repeats)}, each with a new fit of generator and learner"
    same = [plain_name(a.arm) for a in study.arms if len(a.values) > 1 and len(set(a.values)) == 1]
    return f"{said}; {', '.join(same)} score the same in each" if same else said


def _described(study: Study, arm: str) -> str:
    text = next((a.description for a in study.arms if a.arm == arm), "")
    return f"{plain_name(arm)} ({clean(text, 200)})" if text else plain_name(arm)


def _interval(claim: Claim) -> str:
    if not bounded(claim):
        return "none: it takes two repeats and two test groups"
    most = clean(claim.limited_by)
    return f"{percent(claim.level)}, over repeats and test units together; most of its width is from {most}"


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
