"""What is odd about records, in sentences with counts and what to do: nothing of it is changed on reading."""

from __future__ import annotations

import polars as pl

from abound.core.dataset import Dataset
from abound.core.time_rules import broken
from abound.core.timeline import BIRTH, DEATH, NothingAfter, NothingBefore, Timeline, TimeRule, timeline_of
from abound.formats.notes import counted, names

SENTINELS = (-1.0, -9.0, -99.0, -999.0, -9999.0)
_MANY = 10_000  # events of one person that are worth a sentence, where most have far fewer
_FAR = 100


def oddities(data: Dataset) -> list[str]:
    """Sentences on sentinel values, repeated events, events outside a life, persons with one event or very many."""
    line = timeline_of(data.schema)
    events = data.table(line.events)
    return [*_sentinels(events, line), *_repeated(events, line), *_outside(data, line), *_per_person(events, line)]


def _sentinels(events: pl.DataFrame, line: Timeline) -> list[str]:
    """Numbers such as -1 under codes that are otherwise never negative."""
    if line.value is None:
        return []
    value = pl.col(line.value)
    negative = events.lazy().filter(value < 0).group_by(line.code).agg(
        value.n_unique().alias("kinds"), value.min().alias("value"), pl.len().alias("n")
    )  # fmt: skip
    one = negative.filter((pl.col("kinds") == 1) & pl.col("value").is_in(list(SENTINELS))).sort(line.code).collect()
    return [
        f"{rows['n'].sum():,} values are {number:g} under codes that are never negative otherwise "
        f"({names(rows[line.code].to_list())}): if that means unknown, add sentinels: [{number:g}] to the mapping"
        for (number,), rows in one.group_by("value", maintain_order=True)
    ]


def _repeated(events: pl.DataFrame, line: Timeline) -> list[str]:
    """Rows of one person, time and code. The events are sorted, so that such rows follow each other."""
    same = pl.all_horizontal(
        [pl.col(c) == pl.col(c).shift(1) for c in (line.link, line.time, line.code)]
    ).fill_null(False)  # fmt: skip
    n = int(events.select(same.sum()).item())
    if not n:
        return []
    repeat = f"{counted(n, 'event')} repeat{'s' * (n == 1)} a person, time and code"
    return [f"{repeat} (the rule no_duplicates, once declared, keeps the first of each)"]


def _outside(data: Dataset, line: Timeline) -> list[str]:
    """Events after a death or before a birth, and declared rules that are broken."""
    rules: list[TimeRule] = list(data.schema.timeline)
    codes = set(data.schema.tables[line.events].column(line.code).domain or ())
    birth = data.schema.main_table
    if DEATH in codes:
        rules.append(NothingAfter(code=DEATH))
    if line.clock == "datetime" and birth.has("birth") and birth.column("birth").kind == "time":
        rules.append(NothingBefore(column="birth"))
    if BIRTH in codes:
        rules.append(NothingBefore(code=BIRTH))
    found = broken(data, list({str(r): r for r in rules}.values()))
    declared = {str(r) for r in data.schema.timeline}
    return [
        f"{f}: {'the rule is declared' if f.rule in declared else 'declare the rule'}, and to obey it changes them"
        for f in found
        if f.events
    ]


def _per_person(events: pl.DataFrame, line: Timeline) -> list[str]:
    counts = events.group_by(line.link).len("n").sort(["n", line.link], descending=[True, False])
    most, middle = int(counts["n"][0]), int(counts["n"].to_numpy()[counts.height // 2])
    out = []
    if middle == 1:
        out.append("most persons have one event only: nothing can be learnt of what follows what")
    if most > _MANY and most > _FAR * middle:
        share, who = most / events.height, f"{line.key} {counts[line.link][0]}"
        out.append(f"one person ({who}) has {most:,} events, {share:.0%} of all: check that it is a person")
    return out
