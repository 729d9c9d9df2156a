"""`abound demo`: the built-in studies on real data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abound.cli.options import Json, Quiet

if TYPE_CHECKING:
    from abound.core.progress import Progress
    from abound.core.study import Study
    from abound.demo.tables import Scene
    from abound.loop import Result


def demo(
    name: Annotated[str, typer.Argument(metavar="tables|scenes", help="The study: tables or scenes.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the runs and reports go.")] = Path("abound-demo"),
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: all cores.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a built-in study, offline: three verdicts on a real table (a minute), or two driving clips (two minutes)."""
    from abound.cli.output import print_json, print_page
    from abound.cli.summary import as_json
    from abound.core.progress import Lines
    from abound.demo import tables

    if name == "scenes":
        _scenes(out, workers, json, quiet)
        return
    if name != "tables":
        raise typer.BadParameter(f"there is no demo {name!r}: say  abound demo tables  or  abound demo scenes")

    def shown(scene: Scene) -> Progress:
        lines = Lines()
        lines.note(scene.question)
        return lines

    if not json:
        print_page([("Data", [_data(tables.frame()), tables.SOURCE])])
    results = list(tables.play(out, workers=workers, progress=None if quiet else shown))
    if json:
        print_json([{"scene": s.name, "question": s.question, **as_json(r)} for s, r in results])
        return
    _side_by_side(results)


def _scenes(out: Path, workers: int | None, json: bool, quiet: bool) -> None:
    """The driving clips, and where they are."""
    from abound.cli.output import print_json, print_page
    from abound.core.progress import Lines
    from abound.demo import scenes
    from abound.formats.sheet import caption

    folder = out / "scenes"
    made = scenes.play(folder, workers=workers, progress=None if quiet else Lines())
    frames, objects = made.table("frames").height, made.table("objects").height
    if json:
        print_json({"folder": folder, "clips": len(made), "frames": frames, "objects": objects})
        return
    print_page([
        ("Clips", [caption(c) for c in made.main.iter_rows(named=True)]),
        ("Labels", [
            f"{frames} frames, {objects} labelled objects: depth, normals, classes, instances, flow both ways, "
            "occlusion, boxes in the image and in space, camera poses"
        ]),
        ("Look", [str(folder / "clips.html"), str(folder / "sheet.jpg")]),
    ])  # fmt: skip


def _data(frame: Any) -> str:
    from abound.demo.tables import POSITIVE, TARGET

    rare = int((frame[TARGET] == POSITIVE).sum())
    return (
        f"{frame.height:,} patients, {frame.width - 1} columns of history and blood tests; {rare} of the patients "
        f"({100 * rare / frame.height:.1f} %) are {POSITIVE}."
    )


def _side_by_side(results: list[tuple[Scene, Result]]) -> None:
    """A line a scene: setting, verdict with its figures, what to use; then the paths."""
    from abound.cli.output import print_page, print_table
    from abound.cli.summary import paths
    from abound.formats.wording import claim_figures, plain_name

    rows, power = [], []
    for scene, result in results:
        study = result.study
        assert study is not None, "the scenes run to the end"
        claim, figure = study.claim, claim_figures(study.claim)
        gain = f"{figure['difference']} {plain_name(claim.metric)} ({figure['interval']}) against"
        rows.append((scene.question, study.verdict.upper(), f"{gain} {plain_name(claim.control)}", _use(study)))
        power = [study.power]  # the scenes share their split
    print_page([("Power", power)])
    print_table(("setting", "verdict", "gain from the synthetic rows", "what to use"), rows)
    print_page(
        [
            (
                "",
                [
                    "Gain: mean and 95 % interval, against the control of the same learner that is best on tune; "
                    "positive is better, whichever way the metric counts."
                ],
            ),
            ("Reports", [str(paths(r.folder).get("report", r.folder)) for _, r in results]),
            ("Data", [str(r.recipe.data.path) for _, r in results[:1]]),
        ]
    )


def _use(study: Study) -> str:
    """The remedy in a few words; its figures are in the report."""
    from abound.formats.wording import plain_name

    found = next(a for a in study.arms if a.arm == study.remedy.arm)
    text = (
        "the real rows as they are" if found.arm == "real_only" else f"{plain_name(found.arm)}: {found.description}"
    )
    other = study.remedy.other
    return f"{text}; or {plain_name(other)}, if it may be deployed" if other else text
