"""compare: two finished runs side by side, and whether their figures can be held against each other at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from abound.core.artifact import read_json, read_manifest
from abound.core.model import Model
from abound.core.recipe import Recipe, read_recipe
from abound.core.study import Estimate, Study
from abound.errors import InputError
from abound.proof.repeat import RepeatResult, read_repeat
from abound.proof.verdict import TestFacts, estimate
from abound.stats.intervals import paired_mean


class Side(Model):
    """One run: what was judged and how it came out."""

    run: str
    learner: str
    metric: str
    purpose: str
    about: str
    repeats: int
    test_digest: str
    test_rows: int
    openings: int
    judged: str
    judged_score: Estimate
    real_only_score: Estimate | None
    control: str
    verdict: str
    claim: str
    use: str


class Comparison(Model):
    """Two runs. `difference` is second minus first, positive better; None where they are not paired."""

    first: Side
    second: Side
    recipe: dict[str, tuple[Any, Any]]  # field -> its two values, where they differ
    warnings: tuple[str, ...]
    difference: Estimate | None
    sentence: str

    def __str__(self) -> str:
        sides = [f"{s.run}: {s.claim}" for s in (self.first, self.second)]
        return "\n".join([*sides, *self.warnings, self.sentence])


def compare(first: Path | str, second: Path | str) -> Comparison:
    """Where the recipes of two finished runs differ, their verdicts and figures, and what may be concluded.

    A difference between their judged arms is given only where both were scored on the same test rows, with the same
    metric, on the same bootstrap draws (the seed) and, repeat by repeat, against the same real training rows: then
    it is paired as within a run. It was not declared before the test was opened and is one look more at rows that
    were used before, so it carries no verdict. Raises InputError for a run that has not finished, ArtifactError for
    changed files.
    """
    folders = (Path(first), Path(second))
    studies = tuple(_study(f) for f in folders)
    recipes = tuple(read_recipe(f / "recipe.yaml") for f in folders)
    warnings, paired = _warnings(studies, recipes, folders)
    gap = _difference(studies, folders) if paired else None
    return Comparison(
        first=_side(folders[0], studies[0]), second=_side(folders[1], studies[1]),
        recipe=_changed(recipes[0], recipes[1]), warnings=tuple(warnings), difference=gap,
        sentence=_sentence(studies, gap, paired),
    )  # fmt: skip


def _study(folder: Path) -> Study:
    path = folder / "study.json"
    if not path.is_file():
        raise InputError(f"{folder} holds no finished run: check the path, or finish the run first")
    return Study.model_validate(read_json(path))


def _side(folder: Path, study: Study) -> Side:
    claim = study.claim
    arms = {a.arm: a for a in study.arms}
    return Side(
        run=str(folder), learner=study.learner, metric=study.metric, purpose=study.purpose, about=study.about,
        repeats=claim.repeats, test_digest=study.test_digest, test_rows=study.test_rows, openings=study.openings,
        judged=claim.arm, judged_score=arms[claim.arm].test,
        real_only_score=arms["real_only"].test if "real_only" in arms else None,
        control=claim.control, verdict=claim.verdict, claim=claim.sentence, use=study.remedy.sentence,
    )  # fmt: skip


def _changed(first: Recipe, second: Recipe) -> dict[str, tuple[Any, Any]]:
    """Dotted fields in which two recipes differ."""
    a, b = (_flat(r.model_dump(mode="json", by_alias=True)) for r in (first, second))
    return {name: (a.get(name), b.get(name)) for name in sorted(a | b) if a.get(name) != b.get(name)}


def _flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, inside in value.items():
        out |= _flat(inside, f"{before}{name}.") if isinstance(inside, dict) and inside else {before + name: inside}
    return out


def _warnings(
    studies: tuple[Study, ...], recipes: tuple[Recipe, ...], folders: tuple[Path, ...]
) -> tuple[list[str], bool]:
    """What stands against comparing the two, and whether they are paired all the same."""
    (a, b), (x, y) = studies, recipes
    against = []
    if a.test_digest != b.test_digest:
        against.append("Not comparable: the two were scored on different test rows.")
    if a.metric != b.metric or x.metric != y.metric:
        against.append(f"Not comparable: the metrics differ ({_named(a, x)} and {_named(b, y)}).")
    if not against and a.seed != b.seed:
        against.append("Not paired: the seeds differ, and so do the training rows and the bootstrap draws.")
    if not against and not _same_rows(folders, min(a.claim.repeats, b.claim.repeats)):
        against.append("Not paired: the repeats were trained on different real rows.")
    also = []
    if a.about != b.about:
        also.append(f"The verdicts are about different things: {a.about}; {b.about}.")
    for what in ("learner", "purpose"):
        if getattr(a, what) != getattr(b, what):
            also.append(f"The {what}s differ: {getattr(a, what)} and {getattr(b, what)}.")
    if a.claim.repeats != b.claim.repeats:
        also.append(f"The numbers of repeats differ: {a.claim.repeats} and {b.claim.repeats}.")
    return [*against, *also], not against


def _named(study: Study, recipe: Recipe) -> str:
    params = recipe.metric.params if recipe.metric else {}
    inside = ", ".join(f"{n}={v!r}" for n, v in params.items())
    return study.metric + (f" with {inside}" if inside else "")


def _same_rows(folders: tuple[Path, ...], repeats: int) -> bool:
    """Whether each repeat of both runs started from the same real training rows."""
    for number in range(repeats):
        real = {read_manifest(_repeat(f, number)).inputs.get("real") for f in folders}
        if len(real) > 1:
            return False
    return True


def _repeat(folder: Path, number: int) -> Path:
    return folder / "prove" / f"repeat-{number:03d}"


def _difference(studies: tuple[Study, ...], folders: tuple[Path, ...]) -> Estimate | None:
    """Judged arm of the second run minus that of the first, over the repeats that both have."""
    a, b = studies
    repeats = min(a.claim.repeats, b.claim.repeats)
    sides: list[list[RepeatResult]] = [[read_repeat(_repeat(f, k)) for k in range(repeats)] for f in folders]
    old = [r.scores[a.claim.arm][0] for r in sides[0]]
    new = [r.scores[b.claim.arm][0] for r in sides[1]]
    sign = 1.0 if a.larger_is_better else -1.0
    test = sign * np.array([n.test - o.test for o, n in zip(old, new, strict=True)])
    draws = sign * np.array([np.array(n.draws) - np.array(o.draws) for o, n in zip(old, new, strict=True)])
    facts = TestFacts(a.claim.units, a.claim.positives, a.claim.groups)
    found = estimate(paired_mean(test, draws, facts.groups if facts.enough else 1))
    return found if np.isfinite(found.mean) else None


def _sentence(studies: tuple[Study, ...], gap: Estimate | None, paired: bool) -> str:
    a, b = studies
    if not paired:
        return "No difference between the two runs is claimed: their figures stand side by side only."
    what = f"{b.claim.arm} of the second run against {a.claim.arm} of the first"
    if gap is None:
        return f"{what}: the scores are undefined."
    name = a.metric.replace("_", " ") + ("" if a.larger_is_better else " (positive is better)")
    if gap.low is None or gap.high is None:
        return f"{what}: {gap.mean:+.4f} {name}, without an interval (one repeat, or too few test rows)."
    span = f"[{gap.low:+.4f}, {gap.high:+.4f}]"
    return (
        f"{what}: {gap.mean:+.4f} {name} {span} (95 % interval, paired on the same {a.test_rows:,} test rows). It "
        "was not declared before the test was opened, so it is a figure and no verdict."
    )
