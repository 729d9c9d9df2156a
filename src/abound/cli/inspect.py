"""`abound inspect`: let people tell real from synthetic, blind, and read what their answers show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import Json, Seed, Target

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.formats.inspection_items import Side
    from abound.stages.inspect import Inspection

FOLDER = "inspection"


def inspect(
    run: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN]", help="The folder of a finished run, or one that a page was written to."),
    ] = None,
    real: Annotated[
        Path | None, typer.Option("--real", help="Without RUN: the real table, or a folder of pictures or clips.")
    ] = None,
    synthetic: Annotated[
        Path | None, typer.Option("--synthetic", help="Without RUN: the synthetic side, of the same kind.")
    ] = None,
    target: Target = None,
    items: Annotated[int, typer.Option("--items", help="Items to show, half of them real (or pairs).")] = 80,
    two_choice: Annotated[
        bool, typer.Option("--two-choice", help="Show pairs and ask which one is real: leanings cancel out.")
    ] = False,
    width: Annotated[int, typer.Option("--width", help="Pictures are at most so many pixels wide.")] = 640,
    answers: Annotated[
        list[Path] | None, typer.Option("--answers", help="A file that a rater saved; may be given several times.")
    ] = None,
    limit: Annotated[
        float, typer.Option("--limit", help="With --answers: the accuracy that counts as told apart.")
    ] = 0.65,
    label_limit: Annotated[
        float, typer.Option("--label-limit", help="With --answers: the bearable share of wrong labels.")
    ] = 0.05,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder of the page; default: RUN/inspection or inspection.")
    ] = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:  # fmt: skip
    """Write one page on which people tell real from synthetic items, or read their --answers.

    The page needs no network and does not know the answers: these are in inspection-key.json beside it, so give
    raters the page alone. Each --answers file is one rater's; without a second rater nothing is passed.
    """
    if answers:
        _judge(out or _page_folder(run), answers, limit, label_limit, json)
        return
    if (run is None) == (real is None and synthetic is None):
        raise typer.BadParameter("name the folder of a run, or --real and --synthetic")
    if run is None and (real is None or synthetic is None):
        raise typer.BadParameter("--real and --synthetic are given together")
    from abound.stages.inspect import inspect as make

    sides = _of_run(run, items if two_choice else items // 2) if run else _of_files(real, synthetic, target)
    place = out or (run / FOLDER if run else Path(FOLDER))
    made = make(*sides, out=place, items=items, two_choice=two_choice, seed=seed, width=width)
    _show(made, [] if run else _read_notes(*sides), limit, json)


def _page_folder(run: Path | None) -> Path:
    """The folder that holds the key."""
    from abound.formats.inspection_answers import KEY

    if run is None:
        return Path(FOLDER)
    return run if (run / KEY).is_file() else run / FOLDER


def _of_run(run: Path, wanted: int) -> tuple[Side, Side]:
    """Held-out real rows and the synthetic rows of the first repeat; the sealed test rows stay sealed.

    The real rows are those that only the audit reads; where they are fewer than wanted, tune rows join them. No
    generator saw either, so a copy of a training row does not stand there as a real one.
    """
    from abound.core.artifact import open_folder, read_as
    from abound.core.dataset import Dataset
    from abound.core.plan import Plan
    from abound.encoding.comparison import with_conditions
    from abound.publish import FIRST, finished

    finished(run)
    first = run / FIRST
    for folder in (first, run / "data" / "reference", run / "data" / "tune"):
        open_folder(folder)
    synth = with_conditions(Dataset.load(first / "synth"), read_as(first / "plan.json", Plan))
    real = Dataset.load(run / "data" / "reference")
    if len(real) < 4 * wanted:
        real = real.concat_with(Dataset.load(run / "data" / "tune"))
    return real, synth


def _of_files(real: Path | None, synthetic: Path | None, target: str | None) -> tuple[Side, Side]:
    from abound.cli.options import rows_like
    from abound.errors import InputError
    from abound.stages.read import read

    assert real is not None
    assert synthetic is not None
    for path in (real, synthetic):
        if not path.exists():
            raise InputError(f"{path} is not there: name a table, or a folder of pictures or clips")
    if not real.is_dir() and not synthetic.is_dir() and _kind_of(real) is None:
        truth = read(real, target=target)
        return truth, rows_like(synthetic, truth, real)
    # Files first: where one side is a table and the other a folder, that is what is wrong.
    sides = {path: _side(path, target) for path in sorted((real, synthetic), key=Path.is_dir)}
    return sides[real], sides[synthetic]


def _kind_of(path: Path) -> Any:
    """The kind of data, other than a table, that knows this place; None where none does."""
    from abound.core import registry

    for name in registry.names("kind"):
        # Copies among the images are no matter here, and looking for them takes long.
        kind = registry.create("kind", name, {"near_copies": False} if name == "images" else None)
        if name != "table" and kind.sniff(path):
            return kind
    return None


def _side(path: Path, target: str | None) -> Side:
    """A saved dataset, what one of the kinds of data knows, or a plain folder of pictures."""
    from abound.core.dataset import Dataset
    from abound.errors import InputError
    from abound.formats.inspection_items import Pictures
    from abound.formats.inspection_pictures import SUFFIXES

    if (path / "dataset.json").is_file():
        return Dataset.load(path)
    kind = _kind_of(path)
    if kind is not None:
        data: Dataset = kind.read(path, **({"target": target} if target else {}))
        return data
    if not path.is_dir():
        raise InputError(f"{path} is a table and the other side none: give two tables or two folders")
    inside = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
    files = tuple(p for p in inside if not any(part.startswith(".") for part in p.split("/")))
    if not files:
        raise InputError(f"{path} holds no pictures ({', '.join(SUFFIXES)}), no clips and no dataset")
    return Pictures(path, files)


def _read_notes(real: Side, synth: Side) -> list[str]:
    """What was left out or guessed when the sides were read."""
    named = (("real", real), ("synthetic", synth))
    return [f"{name}: {said}" for name, side in named for said in getattr(side, "notes", ())]


def _show(made: Inspection, read: list[str], limit: float, json: bool) -> None:
    from abound.cli.output import print_json, print_page
    from abound.stats.raters import answers_needed

    if json:
        print_json({**vars(made), "read": read})
        return
    what = f"{made.items} {'pairs of ' if made.mode == 'pairs' else ''}{made.shows}"
    needed = " and ".join(
        f"{answers_needed(at)} answers to rule out {at:.2f}" for at in sorted({limit, 0.6}, reverse=True)
    )
    print_page([
        ("Page", [f"{made.page}  ({what}): give raters this file alone"]),
        ("Key", [f"{made.key}  stays with you: it says which is real"]),
        ("Read", read),
        ("Note", list(made.notes)),
        ("Plan", [f"Guessing needs {needed}; at least two raters."]),
        ("Then", [f"abound inspect {made.page.parent} --answers FILE --answers FILE"]),
    ])  # fmt: skip


def _judge(folder: Path, files: list[Path], limit: float, label_limit: float, json: bool) -> None:
    from abound.cli.output import print_json, print_page
    from abound.formats.inspection_answers import FINDINGS
    from abound.stages.inspect import judge

    found, notes = judge(folder, files, limit=limit, label_limit=label_limit)
    if json:
        print_json({"verdict": found.verdict, "notes": notes, **found.model_dump(mode="json")})
        return
    lines = [f"{f.verdict}: {f.sentence}" if f.limit is not None else f.sentence for f in found.findings]
    print_page([
        ("Verdict", [_words(found)]), ("Answers", lines), ("Note", list(notes)),
        ("Written", [str(folder / FINDINGS)]),
    ])  # fmt: skip


def _words(found: Audit) -> str:
    """The verdict of the pooled answers in plain words."""
    main = found.findings[0]
    if main.verdict == "fail":
        return "People see a difference between real and synthetic items."
    if main.verdict == "pass":
        bound = main.details["ruled_out_above"]
        if main.low is not None and main.low > 0.5:
            return f"These raters see a difference, but a small one: accuracy above {bound:.2f} is ruled out."
        return (
            f"These raters were not shown to tell the sides apart, and accuracy above {bound:.2f} is ruled out; "
            "smaller differences, and what other raters see, are not."
        )
    return "Not enough evidence: the answers show neither that people see a difference nor that they do not."
