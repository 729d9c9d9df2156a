"""From a finished run folder to what people read: the report, its JSON, the data card, the synthetic rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from abound.core.artifact import file_digest, open_folder, read_as, read_json, read_manifest, write_bytes
from abound.core.audit import Audit
from abound.core.dataset import Dataset, table_bytes
from abound.core.gap import Gap
from abound.core.ledger import SplitFile
from abound.core.plan import Plan
from abound.core.recipe import read_recipe
from abound.core.run import Run
from abound.core.study import Study
from abound.errors import InputError
from abound.stages.report import report

if TYPE_CHECKING:
    import polars as pl

PARTS = ("train", "tune", "reference", "test")
FIRST = Path("generate/000")
SHAREABLE = "shareable"
_EXAMPLES = 5


def finished(folder: Path) -> Path:
    """The study of a run; InputError, with what to do, where the folder holds no finished run."""
    if (folder / "study.json").is_file():
        return folder / "study.json"
    begun = folder / "recipe.yaml"
    hint = f"run  abound run {begun} --out {folder}" if begun.is_file() else "name the folder that abound run wrote"
    raise InputError(f"{folder} holds no finished run: {hint}")


def split_file(folder: Path) -> SplitFile:
    """The split of a run; ArtifactError where its file is damaged."""
    return read_as(folder / "split" / "split.json", SplitFile)


def publish(folder: Path, *, shareable: bool = False) -> dict[str, Path]:
    """Write synthetic.parquet, report.html, report.json, data-card.md and croissant.json; return their paths.

    Everything comes from the artifacts of the run, so a report can be written again at any time. `shareable` writes
    report.html, report.json and data-card.md into the folder "shareable" of the run instead, without single rows,
    small cells and folder names; the synthetic rows and the manifest that describes them stay where they are.
    Raises InputError where the run has not got that far.
    """
    study_file = finished(folder)
    recipe = read_recipe(folder / "recipe.yaml")
    study, split = read_as(study_file, Study), split_file(folder)
    first = folder / FIRST
    open_folder(first)
    open_folder(folder / "data" / "train")
    synth, train = Dataset.load(first / "synth"), Dataset.load(folder / "data" / "train")
    data = folder / "synthetic.parquet"
    if not shareable:
        write_bytes(data, table_bytes(_as_given(synth)))
    found = read_json(first / "found.json")
    name = Path(recipe.data.path).name
    repeats = recipe.repeats.n
    shown = "Plan, synthetic rows and audit shown here, and the rows saved, are those of the first"
    return report(
        out=folder / SHAREABLE if shareable else folder,
        title=f"{name}: {recipe.learner.name}, {recipe.purpose}",
        dataset_name=name,
        recipe=recipe,
        command=f"abound run {folder / 'recipe.yaml'} --out {folder}",
        schema=train.schema,
        split=split.sizes,
        test_digest=split.digest,
        power=split.power,
        gaps=read_as(first / "gaps.json", tuple[Gap, ...]),
        found_skipped=found["skipped"],
        plan=read_as(first / "plan.json", Plan),
        audit=read_as(first / "audit.json", Audit),
        study=study,
        synthetic_rows=len(synth),
        shown=f"{shown} of {repeats} repeats; the verdict is over all of them." if repeats > 1 else "",
        notes=list(dict.fromkeys([*train.notes, *found["notes"], *synth.notes])),
        seconds=Run(folder).seconds(),
        digests={part: read_manifest(folder / "data" / part).content_digest() for part in PARTS}
        | ({"synthetic.parquet": file_digest(data)} if data.is_file() else {}),
        examples=None if shareable else _examples(synth, Dataset.load(_first_real(folder))),
        data=None if shareable else data,
        shareable=shareable,
    )


def _first_real(folder: Path) -> Path:
    own = folder / "repeats" / "000" / "real"
    return own if own.is_dir() else folder / "data" / "train"


def _as_given(data: Dataset) -> pl.DataFrame:
    """The main table, with its provenance columns."""
    return data.main


def _examples(synth: Dataset, real: Dataset) -> dict[str, pl.DataFrame]:
    """A few synthetic rows beside the real row that is nearest to each, and the first real rows."""
    from abound.encoding.vectors import fit_vectors
    from abound.stats.distances import nearest

    few = synth.main.head(_EXAMPLES)
    if not few.height:
        return {}
    table = real.schema.main_table
    vectors = fit_vectors(real.main, [table.column(n) for n in table.modelled()])
    found = nearest(vectors.encode(few), vectors.encode(real.main))
    return {"real": real.main.head(_EXAMPLES), "synthetic": few, "nearest": real.main[found.nearest]}
