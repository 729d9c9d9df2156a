"""What the caller says of columns (target, group, sensitive, ignore), checked by name and laid over the guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from abound.core.schema import Column, Schema
from abound.core.slice import Slice
from abound.errors import InputError, UnknownName, did_you_mean
from abound.formats.casts import CONDITION_LEVELS
from abound.formats.guess import FEW, category_of, count_labels
from abound.formats.notes import Notes, names
from abound.formats.survey import Found

_COMPARES = re.compile(r"[<>=]|\sis\s|\sin\s*\[", re.IGNORECASE)


@dataclass(frozen=True)
class Options:
    """The arguments of `read` that give columns a meaning.

    `part`: the schema is that of a table in memory, of which the rows may be any part; a file describes them.
    """

    target: str | None = None
    positive: str | None = None
    group: str | None = None
    sensitive: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    table: str | None = None
    schema: Schema | None = None
    part: bool = False

    def asks(self) -> bool:
        """Whether anything at all was asked for."""
        return self != Options()


@dataclass(frozen=True)
class Target:
    """The column to predict, or a condition that becomes one."""

    name: str
    condition: Slice | None = None

    def reads(self) -> tuple[str, ...]:
        """Columns that the condition compares."""
        return () if self.condition is None else tuple(dict.fromkeys(self.condition.columns()))


def listed(value: Iterable[str] | str | None) -> tuple[str, ...]:
    """Names as a tuple; one name may be given without a list."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(v) for v in value)


def check_names(name: str, columns: Iterable[str], options: Options) -> None:
    """UnknownName for a column that is not there, InputError where one column is asked to be two things."""
    known = list(columns)
    given = {
        "group": listed(options.group), "sensitive": options.sensitive, "ignore": options.ignore,
        "categories": options.categories,
    }  # fmt: skip
    for argument, wanted in given.items():
        for column in wanted:
            if column not in known:
                raise UnknownName(f"{name} has no column {column!r} ({argument}): {did_you_mean(column, known)}")
            if column.startswith("_"):
                raise InputError(
                    f"the column {column!r} of {name} cannot be used ({argument}): names that start with _ are set "
                    "aside, rename it"
                )
    taken = {"target": listed(options.target), "group": given["group"], "ignore": options.ignore}
    for first, second in (("target", "ignore"), ("target", "group"), ("group", "ignore")):
        both = set(taken[first]) & set(taken[second])
        if both:
            raise InputError(f"the column {both.pop()!r} cannot be both {first} and {second}: drop one of them")
    if options.target in options.sensitive:
        raise InputError(f"the column {options.target!r} cannot be both target and sensitive: drop one of them")


def find_target(name: str, columns: Iterable[str], options: Options, table: str) -> Target | None:
    """The target by name, or the condition that it is; UnknownName for a column that is not there."""
    text = options.target
    if text is None:
        return None
    known = list(columns)
    if text in known:
        if text.startswith("_"):
            raise InputError(
                f"the target {text!r} of {name} starts with _, and such columns are set aside: rename it"
            )
        return Target(text)
    if not _COMPARES.search(text):
        raise UnknownName(f"{name} has no column {text!r} (target): {did_you_mean(text, known)}")
    condition = Slice.parse(text, on=table)
    for column in condition.columns():
        if column not in known:
            raise UnknownName(
                f"{name} has no column {column!r} (in the target {text!r}): {did_you_mean(column, known)}"
            )
    return Target(" ".join(text.split()), condition)


def apply_roles(
    columns: Mapping[str, Column], found: Mapping[str, Found], options: Options, target: Target | None
) -> dict[str, Column]:
    """The columns with the roles that the caller gave them; the columns that a condition reads are ignored."""
    out = dict(columns)

    def give(names: Iterable[str], **update: object) -> None:
        for n in names:
            out[n] = out[n].model_copy(update=update)

    for n in options.sensitive:
        if not (out[n].role == "ignore" and found[n].filled == 0):
            # free text would be a feature under this role, and no model reads it
            give([n], role="sensitive", kind="id" if out[n].kind == "text" else out[n].kind)
    give(options.ignore, role="ignore")
    if options.group is not None:
        give([options.group], role="group", kind="id", domain=None, declared=False, integer=False)
    if target is not None and target.condition is not None:
        give(target.reads(), role="ignore")
        out[target.name] = Column(
            name=target.name, kind="category", role="target", domain=CONDITION_LEVELS, declared=True
        )
    return out


def check_group(name: str, found: Found, *, part: bool = False) -> None:
    """InputError where a row has no group: it could end on both sides of the split; or where all have the same.

    `part`: the rows are a part of a known table, and may be those of one group.
    """
    if found.nulls:
        raise InputError(
            f"the group column {found.name!r} of {name} is empty on {found.nulls:,} row{'s' * (found.nulls > 1)}: "
            "fill it, or drop these rows"
        )
    if found.distinct() == 1 and not part:
        raise InputError(
            f"the group column {found.name!r} of {name} holds one value only, so no row may be apart from another: "
            "name a column that tells groups apart, or leave the group out"
        )


def target_column(name: str, column: Column, found: Found, options: Options, notes: Notes) -> Column:
    """The target as classes or as a number.

    Classes: text, bools, declared categories, whole numbers with at most 20 values, other numbers with two. All
    other numbers are predicted as numbers. InputError for times, free text and identifiers.
    """
    if found.filled == 0:
        raise InputError(f"the target {column.name!r} of {name} is empty on every row: name another column")
    if column.kind == "time":
        raise InputError(
            f"the target {column.name!r} of {name} is a time, which cannot be predicted: name another column, or a "
            f'condition such as "{column.name} < 2024-01-01"'
        )
    if column.kind == "number" or (column.kind == "id" and found.is_whole and found.levels is not None):
        return _number_target(column, found, options, notes)
    if column.kind in ("id", "text"):
        raise InputError(
            f"the target {column.name!r} of {name} has too many different values to be classes: name another "
            "column, or a condition"
        )
    if column.kind == "category":
        return _seen_classes(column, found, options, notes)
    return column.model_copy(update={"role": "target"})


def _seen_classes(column: Column, found: Found, options: Options, notes: Notes) -> Column:
    """The target with the classes that have rows: a class without any can be neither learnt nor tested.

    A part of a known table, such as synthetic rows, may hold one class of it and keeps the others.
    """
    seen = count_labels(found.levels or {})
    if len(seen) < 2 and options.part and column.role == "target":
        return column
    domain = tuple(c for c in column.domain or seen if c in seen)
    if len(domain) < len(column.domain or ()):
        lost = [c for c in column.domain or () if c not in seen]
        notes.say(f"the target {column.name!r} has no row of {names(lost)}, so it is predicted without")
    return column.model_copy(update={"role": "target", "domain": domain})


def _number_target(column: Column, found: Found, options: Options, notes: Notes) -> Column:
    levels = found.levels
    few = levels is not None and len(levels) <= (FEW if found.whole else 2)
    if few and levels is not None:
        if len(levels) > 2 and options.positive is None:
            notes.about(
                column.name,
                f"{len(levels)} whole numbers, predicted as classes (write a condition to predict one side)",
            )
        return category_of(found).model_copy(update={"role": "target"})
    if options.positive is not None:
        raise InputError(
            f"the target {column.name!r} is a number, so it has no positive class {options.positive!r}: drop "
            f'positive, or write the target as a condition such as "{column.name} > 10"'
        )
    return column.model_copy(update={"role": "target", "kind": "number"})


def choose_positive(name: str, target: str, counts: Mapping[str, int], positive: str | None) -> str:
    """The declared positive class, else the rarest one (the later of equals). InputError where it is not there."""
    if len(counts) < 2:
        only = next(iter(counts), None)
        raise InputError(
            f"the target {target!r} of {name} has one class only ({only!r}): there is nothing to tell apart, name "
            "another target or add rows of another class"
        )
    if positive is None:
        return min(reversed(list(counts)), key=lambda c: counts[c])
    if positive not in counts:
        raise InputError(
            f"the target {target!r} of {name} has no class {positive!r}: {did_you_mean(positive, counts)}"
        )
    return positive
