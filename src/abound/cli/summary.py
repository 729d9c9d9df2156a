"""A run in one screen: what was read, what the test can show, what lacked, what was made, and whether it helped.

The order is the order of the argument: the power statement stands before any result. Every figure is read from the
run's files, so `abound run` and `abound show` print the same text.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abound.core.schema import Schema
    from abound.core.study import Study
    from abound.loop import Result

Paragraph = tuple[str, list[str]]
_MOST = 4
_OF_A_KIND = 2
FILES = {"report": "report.html", "data": "synthetic.parquet", "card": "data-card.md", "figures": "report.json"}


def read_result(folder: Path) -> Result:
    """What a run folder holds, after checking the digests of what is read. InputError where no run has finished."""
    from abound.core.artifact import open_folder, read_as
    from abound.core.audit import Audit
    from abound.core.gap import Gap
    from abound.core.plan import Plan
    from abound.core.recipe import read_recipe
    from abound.core.study import Study
    from abound.loop import Result
    from abound.publish import FIRST, finished

    study = finished(folder)
    first = folder / FIRST
    open_folder(first)
    return Result(
        folder,
        read_recipe(folder / "recipe.yaml"),
        read_as(first / "gaps.json", tuple[Gap, ...]),
        read_as(first / "plan.json", Plan),
        read_as(first / "audit.json", Audit),
        read_as(study, Study),
    )


def paths(folder: Path) -> dict[str, Path]:
    """The files of a run that people open, as far as they are there."""
    return {name: folder / file for name, file in FILES.items() if (folder / file).is_file()}


def as_json(result: Result) -> dict[str, Any]:
    """Everything that the summary says, for programs."""
    from abound.formats.wording import verdict_sentence
    from abound.publish import split_file

    study, split = result.study, split_file(result.folder)
    return {
        "folder": result.folder, "recipe": result.recipe, "split": split.sizes, "power": split.power,
        "gaps": list(result.gaps), "plan": result.plan, "audit": result.audit,
        "audit_verdict": result.audit.verdict if result.audit else None, "study": study,
        "verdict": study.verdict if study else None, "sentence": verdict_sentence(study) if study else None,
        "remedy": study.remedy.sentence if study else None, "paths": paths(result.folder),
    }  # fmt: skip


def print_summary(result: Result) -> None:
    """The whole screen."""
    from abound.cli.audit import audit_lines
    from abound.cli.output import print_page
    from abound.cli.plan import order_lines

    plan = [*order_lines(result.plan), *([result.plan.advice] if result.recipe.generate is None else [])]
    plan += [note for note in result.plan.notes if "listed as missing" in note]
    print_page([*_data(result), *_gaps(result), ("Plan", plan)])
    if result.audit is None or result.study is None:
        return
    print_page([("Audit", audit_lines(result.audit, short=True))])
    print_arms(result.study)
    print_page(
        [*verdict_paragraphs(result.study), ("Files", [f"{n}: {p}" for n, p in paths(result.folder).items()])]
    )


def _data(result: Result) -> list[Paragraph]:
    from abound.core.artifact import open_folder
    from abound.core.dataset import Dataset
    from abound.publish import PARTS, split_file

    open_folder(result.folder / "data" / "train")
    train = Dataset.load(result.folder / "data" / "train")
    split = split_file(result.folder)
    parts = {name: split.sizes[name][0] for name in PARTS}
    sizes = ", ".join(f"{name} {rows:,}" for name, rows in parts.items()) + " rows"
    whole = result.audit is not None  # a dry run has a plan only
    if result.recipe.repeats.train_rows != "all":
        below = "gaps, plan and audit" if whole else "gaps and plan"
        sizes += f"; {below} below are those of the first repeat's training rows"
    elif result.recipe.repeats.n > 1 and whole:
        sizes += f"; plan and audit below are those of the first of {result.recipe.repeats.n} repeats"
    where = f"{Path(result.recipe.data.path).name}: {sum(parts.values()):,} rows"
    notes = list(train.notes[:_MOST])
    if len(train.notes) > _MOST:
        notes.append(f"and {len(train.notes) - _MOST} more notes, {_rest(result, 'abound read')}")
    return [
        ("Data", [where, *_columns(train.schema), *notes]),
        ("Split", [sizes]),
        ("Power", [split.power.sentence]),
    ]


def _columns(schema: Schema) -> list[str]:
    """What is predicted from what."""
    from abound.core.labels import classes, positive_class
    from abound.formats.notes import counted

    table, target = schema.main_table, schema.target()
    kinds = Counter(table.column(n).kind for n in table.features())
    features = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    task = schema.task()
    what = f"predicts {target.name}"
    if task.kind == "classification":
        names = classes(schema, task)
        what += (
            f" ({len(names)} classes)"
            if len(names) > 2
            else f" (class of interest: {positive_class(schema, task)})"
        )
    left = table.names("ignore", "key") + [c.name for c in table.columns if c.kind == "id" and c.role == "feature"]
    out = [f"{what} from {counted(sum(kinds.values()), 'column')}: {features}"]
    return [*out, f"not used: {', '.join(left[:12])}" + (" ..." if len(left) > 12 else "")] if left else out


def _gaps(result: Result) -> list[Paragraph]:
    """The first two of each kind, in the order of the finders."""
    seen: Counter[str] = Counter()
    lines = []
    for gap in result.gaps:
        seen[gap.kind] += 1
        lines += [str(gap)] if seen[gap.kind] <= _OF_A_KIND else []
    if len(result.gaps) > len(lines):
        lines.append(f"and {len(result.gaps) - len(lines)} more, {_rest(result, 'abound find')}")
    return [("Gaps", lines or ["none found"])]


def _rest(result: Result, command: str) -> str:
    """Where the lines are that did not fit: a run that stopped after its plan has no report."""
    return "in the report" if result.study else f"listed by  {command}"


def print_arms(study: Study) -> None:
    """Every arm with its test score and its difference from real rows only."""
    from abound.cli.output import print_page, print_table
    from abound.formats.wording import decimals, number, plain_name, span

    def figures(e: Any, sign: bool) -> tuple[str, str]:
        if e is None:
            return "", ""
        places = decimals((e.mean, e.low, e.high)) or 3
        return number(e.mean, places, sign=sign), span(e.low, e.high, places, sign=sign)

    chosen = {study.claim.arm: "judged", study.claim.control: "compared with"}
    rows = []
    for a in study.arms:
        score, _ = figures(a.test, False)
        gain, inside = figures(a.versus_real, True)
        kind = chosen.get(a.arm, a.role if a.same_learner else "other learner")
        rows.append((plain_name(a.arm), score, gain, inside, kind))
    name = plain_name(study.metric)
    print_table(("trained on", name, "against real only", "95 % interval", ""), rows, right=(1, 2))
    what = "judged: the arm that the verdict is about; compared with: the control of the same learner best on tune"
    beside = any(r[4] in ("reference", "other learner") for r in rows)
    refs = "; reference and other learner: shown beside, for advice only" if beside else ""
    better = "" if study.larger_is_better else f"; less {name} is better, differences count better as positive"
    print_page([("", [f"{what}{refs}{better}."])])


def verdict_paragraphs(study: Study) -> list[Paragraph]:
    """The verdict, what it rests on, and what to use."""
    from abound.formats.wording import count, verdict_sentence

    claim = study.claim
    repeats = f"{claim.repeats} repeats" if claim.repeats > 1 else "one repeat"
    basis = f"About {study.about}; {repeats}, {count(claim.units)} test rows"
    if claim.positives is not None:
        basis += f", {count(claim.positives)} of the class"
    basis += "." if study.openings <= 1 else f"; the test set has been opened {study.openings} times."
    head = f"{study.verdict.upper()}. {verdict_sentence(study)}"
    said = [f"PRELIMINARY (--quick). {head}" if study.preliminary else head, basis]
    more = [c.sentence for c in study.claims[1:]]
    return [
        ("Verdict", [*said, *more, *(g.sentence for g in study.guards), *study.warnings]),
        ("Use", [study.remedy.sentence]),
        ("Look at", list(study.remedy.collect)),
    ]
