"""The power statement: what the test units can show, in words, before any result."""

from __future__ import annotations

from collections.abc import Sequence

from abound.core.ledger import Power, SlicePower

Counts = tuple[int, int, int]  # test rows, test units, units that are left to train and tune on
Kind = tuple[str, str]  # what a unit of several rows is called, and why it counts once


def stated(
    rare: str | None,
    counts: dict[str, Counts],
    wanted: float,
    discordant: float,
    reasons: Sequence[str] = ("group",),
) -> Power:
    """The statement for several sets of rows by name, the first of which is the one that the verdict is about.

    Rows of one unit may fail together, so units are counted, not rows. What cannot be had is said of each set.
    `rare` is the class that the first set is, None where it is no rare set (then nothing need be left of it).
    `reasons` is what makes rows one unit, as `encoding.together` names it: "group person", "near-duplicates".
    """
    from abound.stats.power import units_needed

    needed = units_needed(wanted, discordant)
    claims = [
        _claim(name, c, needed, discordant, i > 0 or rare is not None) for i, (name, c) in enumerate(counts.items())
    ]
    first, others = claims[0], claims[1:]
    kind = _kind(reasons)
    said = [_first(first, needed, wanted, discordant, kind), *(_other(c, needed, wanted, kind) for c in others)]
    return Power(
        rare_class=rare, rare_units=first.units, wanted_gain=wanted, discordant=discordant, needed_units=needed,
        minimum_gain=first.minimum_gain, sentence=" ".join(said), feasible=all(c.feasible for c in claims),
        slices=tuple(others),
    )  # fmt: skip


def regression_power(rows: int, wanted: float, discordant: float, needed: int) -> Power:
    """The statement for a predicted number: no formula gives it beforehand."""
    sentence = (
        f"The test set holds {rows} rows. How small a gain they show depends on the spread of the "
        "errors, which no formula gives beforehand: read it from the width of the interval."
    )
    return Power(
        rare_class=None, rare_units=rows, wanted_gain=wanted, discordant=discordant, needed_units=needed,
        minimum_gain=None, sentence=sentence,
    )  # fmt: skip


def _claim(name: str, counts: Counts, needed: int, discordant: float, rare: bool) -> SlicePower:
    from abound.stats.power import minimum_gain
    from abound.stats.splitting import LEAST_LEFT

    rows, units, left = counts
    stays = left >= max(LEAST_LEFT, units) or not rare
    return SlicePower(
        name=name, units=rows, groups=units, left=left, minimum_gain=minimum_gain(units, discordant),
        feasible=units >= needed and stays,
    )  # fmt: skip


def _kind(reasons: Sequence[str]) -> Kind:
    if all(r.startswith("group") for r in reasons):
        return "groups", "one group may fail as a whole, so groups count"
    if list(reasons) == ["near-duplicates"]:
        return "different cases", "near-duplicates are one case and fail together, so cases count"
    parts = [r if r == "near-duplicates" else f"rows with one {r.partition(' ')[2]!r}" for r in reasons]
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return "sets", f"{listed} form one set and may fail together, so sets count"


def _first(claim: SlicePower, needed: int, wanted: float, discordant: float, kind: Kind) -> str:
    return (
        f"The test set holds {_held(claim, kind)}. If {100 * discordant:.3g} % of them change their outcome "
        f"between two models, one comparison finds {_least(claim)} in the share predicted rightly with "
        f"probability 0.8 (one-sided alpha 0.05); {_against(claim, needed, wanted, kind)}.{_left(claim)}"
    )


def _other(claim: SlicePower, needed: int, wanted: float, kind: Kind) -> str:
    against = _against(claim, needed, wanted, kind)
    return f"It holds {_held(claim, kind)}: {_least(claim)}; {against}.{_left(claim)}"


def _by_rows(claim: SlicePower) -> bool:
    """Whether rows are as good as units: nearly every row is one."""
    return claim.groups >= 0.95 * claim.units


def _held(claim: SlicePower, kind: Kind) -> str:
    if _by_rows(claim):
        return f"{claim.units:,} {claim.name}"
    return f"{claim.units:,} {claim.name} in {claim.groups:,} {kind[0]} ({kind[1]})"


def _least(claim: SlicePower) -> str:
    if claim.minimum_gain is None:
        return "no gain of any size"
    return f"a gain of {100 * claim.minimum_gain:.1f} points or more"


def _against(claim: SlicePower, needed: int, wanted: float, kind: Kind) -> str:
    what, aim = "rows" if _by_rows(claim) else kind[0], f"{100 * wanted:.3g} points"
    if claim.groups >= needed:
        return f"{needed:,} {what} are enough for {aim}"
    return f"the wanted {aim} need {needed:,} {what}, and a gain of that size cannot be claimed here"


def _left(claim: SlicePower) -> str:
    """What the test set leaves, where that is too little."""
    from abound.stats.splitting import LEAST_LEFT

    if claim.feasible or claim.left >= max(LEAST_LEFT, claim.groups):
        return ""
    why = f"fewer than {LEAST_LEFT}" if claim.left < LEAST_LEFT else "fewer than the test set has"
    return f" Only {claim.left:,} of them are left to train and tune on, {why}."
