"""Driving scenes: a table of clips, with tables of their frames and of the objects in each frame.

A clip has the attributes of the operational design domain (`abound.render.domain`) as declared columns, so finders
run over them; combinations that no clip can have are answered "impossible" in the schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin
from abound.errors import InputError

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Encoder
    from abound.core.schema import Column, Schema

FILES = ("rgb", "depth", "normals", "semantic", "instance", "flow_forward", "flow_backward", "occlusion_forward",
         "occlusion_backward")  # fmt: skip
_FRAME = ("seconds", "fx", "fy", "cx", "cy", "mean_flow")
_OBJECT = (
    "left", "top", "right", "bottom", "whole_left", "whole_top", "whole_right", "whole_bottom", "visible_fraction",
    "truncation", "x", "y", "z", "length", "width", "height", "rotation_y",
)  # fmt: skip


@plugin("kind", accepts=("scenes",))
class Scenes:
    """A folder of clips that `abound generate street` wrote."""

    def sniff(self, source: Any) -> bool:
        """Whether `source` is a folder that holds a table of clips."""
        return isinstance(source, str | Path) and (Path(source) / "clips.parquet").is_file()

    def read(self, source: Any, **options: Any) -> Dataset:
        """The dataset of such a folder; InputError where it is none or a file is damaged."""
        import polars as pl

        from abound.core.dataset import Dataset

        folder = Path(source)
        if not self.sniff(folder) or not (folder / "dataset.json").is_file():
            raise InputError(f"{folder} holds no clips.parquet: make clips with `abound generate street`")
        if any(v for v in options.values()):
            given = ", ".join(k for k, v in options.items() if v)
            raise InputError(f"{folder} is a folder of clips with a schema of its own: leave out {given}")
        try:
            return Dataset.load(folder)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise InputError(f"{folder} is a damaged folder of clips: {error}") from error

    def encoder(self, train: Dataset, ctx: Context) -> Encoder:
        """The attributes of the clips as vectors; Refusal for data of another kind."""
        from abound.core.dataset import Dataset
        from abound.encoding.table_encoder import fit_table_encoder
        from abound.errors import Refusal

        if train.schema.main != "clips" or "frames" not in train.schema.tables:
            raise Refusal("the data is no set of driving scenes: it has no tables of clips and frames")
        schema = train.schema.model_copy(update={"tables": {"clips": train.schema.tables["clips"]}, "links": ()})
        return fit_table_encoder(Dataset(schema, {"clips": train.tables["clips"]}))

    def schema(self) -> Schema:
        """Clips, frames and objects, with the operational design domain declared."""
        from abound.core.schema import Answer, Column, Link, Schema, Table
        from abound.core.slice import Slice, Term
        from abound.render.domain import impossible

        def number(name: str, integer: bool = False) -> Column:
            return Column(name=name, kind="number", integer=integer, stored="Int64" if integer else None)

        clips = (
            Column(name="clip", kind="id", role="key"),
            *_attributes(),
            Column(name="scene", kind="asset", role="ignore"),
        )
        frames = (
            Column(name="frame_id", kind="id", role="key"), Column(name="clip", kind="id", role="ignore"),
            Column(name="camera", kind="category"), number("frame", True), number("width", True),
            number("height", True), *(number(n) for n in _FRAME), Column(name="pose", kind="array", shape=(16,)),
            *(Column(name=n, kind="asset") for n in FILES),
        )  # fmt: skip
        objects = (
            Column(name="frame_id", kind="id", role="ignore"), number("instance", True),
            Column(name="kind", kind="category"), number("semantic", True), number("visible_pixels", True),
            *(number(n) for n in _OBJECT),
        )  # fmt: skip
        answers = []
        for combo in impossible():
            terms = tuple(Term(column=n, op="==", value=_level(n, v)) for n, v in combo.items())
            answers.append(Answer(hole=Slice(on="clips", terms=terms), answer="impossible"))
        return Schema(
            main="clips",
            tables={
                "clips": Table(name="clips", columns=clips, key="clip"),
                "frames": Table(name="frames", columns=frames, key="frame_id"),
                "objects": Table(name="objects", columns=objects),
            },
            links=(
                Link(child="frames", column="clip", parent="clips"),
                Link(child="objects", column="frame_id", parent="frames"),
            ),
            answers=tuple(answers),
        )

    def dataset(
        self, clips: list[dict[str, Any]], frames: list[Any], objects: list[Any], folder: Path | None
    ) -> Dataset:
        """Rows as a dataset; without rows it is the domain alone."""
        import polars as pl

        from abound.core.dataset import Dataset

        schema = self.schema()
        tables = {
            name: pl.DataFrame(rows, schema={c.name: _type(c) for c in schema.tables[name].columns} | extra).lazy()
            for name, rows, extra in (
                ("clips", clips, {"_origin": pl.String, "_seed": pl.Int64} if clips else {}),
                ("frames", frames, {}),
                ("objects", objects, {}),
            )
        }
        return Dataset(schema, tables, assets=folder, origin="synthetic")


def _level(name: str, value: str) -> str | int:
    return int(value) if name == "lanes" else value


def _attributes() -> tuple[Column, ...]:
    """Columns of the operational design domain."""
    from abound.core.schema import Column
    from abound.render.domain import CATEGORIES, NUMBERS, TEXTS

    out = []
    for name, attribute in CATEGORIES.items():
        if name == "lanes":
            levels = [int(v) for v in attribute.values]
            out.append(Column(name=name, kind="number", integer=True, low=min(levels), high=max(levels)))
        else:
            out.append(Column(name=name, kind="category", domain=tuple(attribute.values), declared=True))
    # A number that follows from a category is no combination of its own: fog is what makes it hard to see.
    follow = {"size": "ignore", "speed": "ignore", "visibility": "ignore", "sun_elevation": "ignore"}
    out += [Column(name=n, kind="number", role=follow.get(n, "feature")) for n in NUMBERS]
    out += [Column(name=n, kind="text") for n in TEXTS]
    return tuple(out)


def _type(column: Column) -> Any:
    """The Polars type of a column."""
    import polars as pl

    if column.kind == "number":
        return pl.Int64 if column.integer else pl.Float64
    if column.kind == "array":
        return pl.Array(pl.Float64, column.shape or (1,))
    return pl.Boolean if column.kind == "bool" else pl.String
