"""The power statement: what the test units can show, in words, before any result."""

from __future__ import annotations

from abound.core.ledger import Power, SlicePower

Counts = tuple[int, int, int]  # test rows, test units, units that are left to train and tune on


def stated(rare: str | None, counts: dict[str, Counts], wanted: float, discordant: float) -> Power:
    """The statement for several sets of rows by name, the first of which is the one that the verdict is about.

    Rows of one unit may fail together, so units are counted, not rows. What cannot be had is said of each set.
    `rare` is the class that the first set is, None where it is no rare set (then nothing need be left of it).
    """
    from abound.stats.power import units_needed

    needed = units_needed(wanted, discordant)
    claims = [
        _claim(name, c, needed, discordant, i > 0 or rare is not None) for i, (name, c) in enumerate(counts.items())
    ]
    first, others = claims[0], claims[1:]
    said = [_first(first, needed, wanted, discordant), *(_other(c, needed, wanted) for c in others)]
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


def _first(claim: SlicePower, needed: int, wanted: float, discordant: float) -> str:
    return (
        f"The test set holds {_held(claim)}. If {100 * discordant:.3g} % of them change their outcome between two "
        f"models, one comparison finds {_least(claim)} in the share predicted rightly with probability 0.8 "
        f"(one-sided alpha 0.05); {_against(claim, needed, wanted)}.{_left(claim)}"
    )


def _other(claim: SlicePower, needed: int, wanted: float) -> str:
    return f"It holds {_held(claim)}: {_least(claim)}; {_against(claim, needed, wanted)}.{_left(claim)}"


def _by_rows(claim: SlicePower) -> bool:
    """Whether rows are as good as groups: nearly every row is a group of its own."""
    return claim.groups >= 0.95 * claim.units


def _held(claim: SlicePower) -> str:
    if _by_rows(claim):
        return f"{claim.units:,} {claim.name}"
    return (
        f"{claim.units:,} {claim.name} in {claim.groups:,} groups (one group may fail as a whole, so groups count)"
    )


def _least(claim: SlicePower) -> str:
    if claim.minimum_gain is None:
        return "no gain of any size"
    return f"a gain of {100 * claim.minimum_gain:.1f} points or more"


def _against(claim: SlicePower, needed: int, wanted: float) -> str:
    kind, aim = "rows" if _by_rows(claim) else "groups", f"{100 * wanted:.3g} points"
    if claim.groups >= needed:
        return f"{needed:,} {kind} are enough for {aim}"
    return f"the wanted {aim} need {needed:,} {kind}, and a gain of that size cannot be claimed here"


def _left(claim: SlicePower) -> str:
    """What the test set leaves, where that is too little."""
    from abound.stats.splitting import LEAST_LEFT

    if claim.feasible or claim.left >= max(LEAST_LEFT, claim.groups):
        return ""
    why = f"fewer than {LEAST_LEFT}" if claim.left < LEAST_LEFT else "fewer than the test set has"
    return f" Only {claim.left:,} of them are left to train and tune on, {why}."
