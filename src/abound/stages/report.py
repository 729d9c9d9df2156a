"""report: the result of a run as one HTML page, JSON, a data card and a Croissant manifest.

All four are written from the same `Facts`. Nothing is read from a clock: equal inputs give equal bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.artifact import file_digest, write_bytes
from abound.core.audit import Audit
from abound.core.gap import Gap
from abound.core.ledger import Power
from abound.core.plan import Plan
from abound.core.recipe import Recipe
from abound.core.schema import Column, Schema
from abound.core.study import Study
from abound.errors import InputError
from abound.formats import croissant
from abound.formats.card import card
from abound.formats.facts import Examples, Facts, GapLine, Part, PlanLines
from abound.formats.html import MOST_BYTES, page
from abound.formats.limits import limits
from abound.formats.shareable import suppress
from abound.formats.wording import verdict_sentence

if TYPE_CHECKING:
    import polars as pl

_EXAMPLE_ROWS = 5
_EXAMPLE_COLUMNS = 15
_PACKAGES = ("abound", "numpy", "scipy", "scikit-learn", "polars", "pydantic")


def report(
    *,
    out: Path,
    title: str,
    dataset_name: str,
    recipe: Recipe,
    command: str,
    schema: Schema,
    split: Mapping[str, tuple[int, int]],
    test_digest: str,
    power: Power,
    gaps: Sequence[Gap],
    found_skipped: Mapping[str, str],
    plan: Plan,
    audit: Audit,
    study: Study,
    synthetic_rows: int,
    shown: str = "",
    notes: Sequence[str] = (),
    seconds: Mapping[str, float] | None = None,
    digests: Mapping[str, str] | None = None,
    versions: Mapping[str, str] | None = None,
    examples: Mapping[str, pl.DataFrame] | None = None,
    data: Path | None = None,
    known: Mapping[str, Any] | None = None,
    shareable: bool = False,
) -> dict[str, Path]:
    """Write report.html, report.json, data-card.md and, for a data file, croissant.json; return their paths.

    split     rows and groups of each part, in the order to show
    shown     a sentence on which repeat the gaps, plan and audit are from, where there are several
    digests   SHA-256 of what the run read, by name; "train" or "data" is what the rows were derived from
    examples  frames "real", "synthetic" and "nearest" (the nearest real row of each synthetic one), same columns
    data      the file with the synthetic or mixed rows (Parquet or CSV) that the manifest describes
    known     the publisher's facts for the manifest: license, url, creator, datePublished
    shareable leave out small cells, single rows, seen category values, extremes and folder names

    Raises StorageError where `out` cannot be written, InputError where `data` is neither Parquet nor CSV.
    """
    facts = Facts(
        title=title, dataset=dataset_name, recipe=recipe, command=command, data_schema=schema,
        split={name: Part(rows=rows, groups=groups) for name, (rows, groups) in split.items()},
        test_digest=test_digest, power=power, power_sentence=power.sentence,
        gaps=tuple(map(GapLine.of, gaps)), find_skipped=dict(found_skipped), plan=PlanLines.of(plan),
        synthetic_rows=synthetic_rows, shown=shown, audit=audit, study=study, notes=tuple(notes),
        seconds=dict(seconds or {}), digests=dict(digests or {}), versions=dict(versions or installed()),
        examples=_examples(examples, schema),
    )  # fmt: skip
    return write(suppress(facts) if shareable else facts, out, data=data, known=known)


def write(
    facts: Facts, out: Path, *, data: Path | None = None, known: Mapping[str, Any] | None = None
) -> dict[str, Path]:
    """Write the files of a report from its facts, for example those read from an earlier report.json."""
    html = page(facts).encode()
    assert len(html) < MOST_BYTES, f"the page has {len(html)} bytes although its lists are cut"
    texts = {
        "report.html": html,
        "report.json": facts.to_json().encode(),
        "data-card.md": card(facts, tuple(known or {})).encode(),
    }
    if data is not None:
        texts["croissant.json"] = croissant.to_json(_manifest(facts, out, data, known)).encode()
    for name, content in texts.items():
        write_bytes(out / name, content)
    return {name: out / name for name in texts}


def installed() -> dict[str, str]:
    """Versions of Python and of the packages that the figures depend on."""
    import platform
    from importlib.metadata import version

    return {"python": platform.python_version()} | {name: version(name) for name in _PACKAGES}


def _examples(frames: Mapping[str, pl.DataFrame] | None, schema: Schema) -> Examples | None:
    """The target and the columns that models read, as far as they fit."""
    if not frames or "synthetic" not in frames:
        return None
    table = schema.main_table
    known = [*table.names("target"), *table.features()]
    given = set(frames["synthetic"].columns)
    columns = [c for c in dict.fromkeys(known) if c in given]
    rows = {name: _rows(frame, columns[:_EXAMPLE_COLUMNS]) for name, frame in frames.items()}
    left = len(columns[_EXAMPLE_COLUMNS:])
    return Examples(columns=tuple(columns[:_EXAMPLE_COLUMNS]), further_columns=left, **rows)


def _rows(frame: pl.DataFrame, columns: list[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(_cell, row)) for row in frame.select(columns).head(_EXAMPLE_ROWS).rows())


def _cell(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _manifest(facts: Facts, out: Path, data: Path, known: Mapping[str, Any] | None) -> dict[str, Any]:
    names = _column_names(data)
    table = facts.data_schema.main_table
    columns: list[Column] = [table.column(n) for n in names if table.has(n)]
    study = facts.study
    source = next((facts.digests[k] for k in ("train", "data") if k in facts.digests), None)
    generators = ", ".join(dict.fromkeys(o.generator for o in facts.plan.orders)) or "none"
    sensitive = table.names("sensitive")
    return croissant.manifest(
        name=facts.title,
        description=f"Data with synthetic rows, made from {facts.dataset}. {verdict_sentence(study)}",
        file_name=data.name,
        content_url=Path(os.path.relpath(data, out)).as_posix(),
        sha256=file_digest(data),
        size_bytes=data.stat().st_size,
        columns=columns,
        carried=[n for n in names if n.startswith("_")],
        derived_from={source: facts.dataset} if source else {},
        made_by=f"abound {facts.versions.get('abound', '')}".strip(),
        how=facts.command,
        rai={
            "dataCollection": f"{facts.synthetic_rows} synthetic rows made from a training part of the real data "
            f"by these generators: {generators}.",
            "dataLimitations": limits(facts),
            "dataBiases": [f"The real data lacks: {g.where}" for g in facts.gaps[:10]],
            "dataUseCases": [f"Training ({study.purpose}); evaluated as follows. {verdict_sentence(study)}"],
            "personalSensitiveInformation": [f"Column {n}" for n in sensitive]
            or ["No column was declared sensitive; this was not checked."],
        },
        known=known,
    )


def _column_names(data: Path) -> list[str]:
    import polars as pl

    if data.suffix == ".parquet":
        return list(pl.read_parquet_schema(data))
    if data.suffix == ".csv":
        return pl.scan_csv(data, infer_schema=False).collect_schema().names()
    raise InputError(f"{data} is neither Parquet nor CSV: the manifest describes one of these")
