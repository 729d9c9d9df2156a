"""`abound find`: what the training part of a table lacks, and answers about what no row has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from abound.cli.options import Data, Group, Ignore, Json, Positive, Quiet, Seed, Sensitive, Target, Time

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.recipe import Use
    from abound.core.schema import Said, Schema
    from abound.core.slice import Slice
    from abound.stages.find import Found

_EXPLAINED = 3  # the reasons of the others are in --json
_ANSWERS = 20


def find(
    data: Data,
    target: Target = None,
    positive: Positive = None,
    group: Group = None,
    sensitive: Sensitive = None,
    ignore: Ignore = None,
    time: Time = None,
    finder: Annotated[list[str] | None, typer.Option("--finder", help="Finders to run.")] = None,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", help="Schema file to obey; answers are kept in it. Default: <DATA>.schema.yaml."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer",
            help="HOLE=impossible, HOLE=unneeded or HOLE=needed; HOLE is an id that find prints, or a condition.",
        ),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Split DATA and list what its training part lacks: rare classes, combinations that are missing.

    Clips of driving scenes, and tables without a target, are searched whole by the finders that need no target.

    With --time the training part is the earliest, and the finder drift, which then runs as well, says what is more
    or less common in it than in the rows that follow.

    With --answer, say of a missing combination whether it can occur. The answers are written into a schema file,
    which later runs obey when they name it: here with --schema, in a recipe as data.schema. An impossible hole and
    all inside it is never listed and never made; an unneeded one is not listed; a needed one is listed first, and
    rows may be planned for it although no real row shows it.
    """
    from abound.cli.options import load, names, progress
    from abound.core.context import Context
    from abound.core.recipe import Use
    from abound.stages.find import DEFAULT
    from abound.stages.find import find as search

    said = [_split(text) for text in answer or ()]
    file = schema or (Path(f"{Path(data).name.split('.')[0]}.schema.yaml") if said else None)
    known = file if file is not None and (file.exists() or not said) else None
    whole, ctx = load(data, target, positive, group, sensitive, ignore, known), Context(seed=seed)
    usual = [*DEFAULT, *([Use(name="drift")] if time else [])]
    finders = [Use(name=n) for n in names(finder)] or usual
    train, tune, finders = _parts(whole, finders, seed, time)
    if said and file is not None:
        combos = [u for u in finders if u.name == "missing_combo"]
        listed = search(train, tune, finders=combos, ctx=ctx)
        train, tune = _keep(_answered(whole.schema, said, listed, (train, tune)), file, train, tune)
    found = search(train, tune, finders=finders, ctx=replace(ctx, progress=progress(quiet)))
    _show(found, train, file, json)


def _parts(whole: Dataset, finders: list[Use], seed: int, time: str | None) -> tuple[Dataset, Dataset, list[Use]]:
    """The rows to search and the finders for them; without a target nothing is held out to judge a prediction."""
    from abound.cli.options import needs_target, parts_of
    from abound.core.registry import spec

    alone = [u for u in finders if "target" not in spec("finder", u.name).needs]
    if not whole.schema.tasks and (len(whole.tables) > 1 or alone == finders):
        return whole, whole, alone
    parts = parts_of(needs_target(whole), seed, time)
    return parts.train, parts.tune, finders


def _keep(schema: Schema, file: Path, *parts: Dataset) -> list[Dataset]:
    """Write the schema; the parts with it."""
    from abound.core.artifact import write_bytes

    write_bytes(file, schema.to_yaml().encode())
    return [p.with_table(schema.main, p.main, schema) for p in parts]


def _show(found: Found, train: Dataset, file: Path | None, json: bool) -> None:
    """The gaps, why the first are gaps, and the answers that were obeyed."""
    from abound.cli.output import print_json, print_page, print_table

    answers = train.schema.answers
    if json:
        gaps = [{"id": g.id, **g.model_dump(mode="json")} for g in found]
        said = [{"id": _id(a.hole), "hole": str(a.hole), "answer": a.answer} for a in answers]
        notes = {"skipped": found.skipped, "notes": found.notes}
        print_json({"gaps": gaps, **notes, "answers": said, "schema": file})
        return
    if found:
        print_table(
            ("id", "kind", "where", "rows", "wanted"),
            [(g.id, g.kind, str(g.slice or "rows"), f"{g.support:,}", f"{g.wanted:,}") for g in found],
            right=(3, 4),
        )
    more = [f"and {len(answers) - _ANSWERS} before them"] if len(answers) > _ANSWERS else []
    rows = [f"{len(train):,} training rows" + ("" if found else ": nothing found that is lacking")]
    kept = [f"kept in {file}: name it with --schema here, as data.schema in a recipe"] if answers and file else []
    print_page(
        [
            ("Looked at", rows),
            ("Why", [f"{g.id}: {g.reason}" for g in found[:_EXPLAINED] if g.reason]),
            ("Not run", [f"{name}: {why}" for name, why in found.skipped.items()]),
            ("Answers", [*(f"{_id(a.hole)} {a.hole}: {a.answer}" for a in answers[-_ANSWERS:]), *more, *kept]),
        ]
    )


def _split(text: str) -> tuple[str, Said]:
    """HOLE and its answer; UnknownName with the nearest word for anything else."""
    from abound.core.schema import Said
    from abound.errors import UnknownName, did_you_mean

    hole, _, word = text.rpartition("=")
    known = get_args(Said)
    answer = next((a for a in known if a == word.strip().lower()), None)
    if answer is None or not hole.strip():
        hint = did_you_mean(word.strip().lower(), known)
        raise UnknownName(f"--answer {text!r} is not HOLE=impossible, HOLE=unneeded or HOLE=needed: {hint}")
    return hole.strip(), answer


def _answered(
    schema: Schema, said: Sequence[tuple[str, Said]], found: Sequence[Gap], seen: Sequence[Dataset]
) -> Schema:
    """The schema with all answers; InputError for one that the data or a declared rule contradicts."""
    from abound.core.possible import broken_rule
    from abound.errors import InputError

    for name, answer in said:
        hole = _hole(name, schema, found)
        rows, rule = sum(part.support(hole).rows for part in seen), broken_rule(hole, schema.rules)
        if answer == "impossible" and rows:
            have = "row has" if rows == 1 else "rows have"
            raise InputError(
                f"{hole} cannot be impossible: {rows:,} {have} it; answer unneeded, or correct the data"
            )
        if answer == "needed" and rule is not None:
            raise InputError(f"{hole} cannot be needed: the rule '{rule}' forbids it; correct one of the two")
        schema = schema.answered(hole, answer)
    return schema


def _hole(name: str, schema: Schema, found: Sequence[Gap]) -> Slice:
    """The combination of that id, among those listed and those answered before, or of that condition."""
    import re

    from abound.core.slice import Slice, check_levels
    from abound.errors import UnknownName, did_you_mean

    known = {_id(a.hole): a.hole for a in schema.answers}
    known |= {g.id: g.slice for g in found if g.slice is not None}
    if name in known:
        return known[name]
    if not re.search(r"[<>=]|\s(is|in)\s", name):
        hint = did_you_mean(name, known)
        raise UnknownName(f"find lists no hole {name!r} here ({hint}): give an id that it prints, or a condition")
    hole = Slice.parse(name, schema.main)
    check_levels(hole, schema)
    return next((s for s in known.values() if str(s) == str(hole)), hole)


def _id(hole: Slice) -> str:
    """The id under which find prints a hole."""
    from abound.core.gap import Gap

    return Gap(
        kind="missing", finder="missing_combo", slice=hole, support=0, main_rows=0, groups=0, wanted=0
    ).id  # fmt: skip
