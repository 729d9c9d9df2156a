"""Images: a table of images and, where something is marked in them, a table of the objects.

Classes (a folder each, or metadata), boxes (COCO, YOLO) and masks (files beside the images) are found by what
lies in the folder. Every file is opened once: its header is checked before its pixels, and what cannot be used is
counted in the dataset's notes. Near-copies, such as exposures of one scene, get one number in the column `group`,
so that no split parts them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abound.core.registry import plugin, require
from abound.errors import InputError, Refusal, UnknownName, did_you_mean

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Encoder
    from abound.core.schema import Schema, Task
    from abound.formats.image_folder import Listing
    from abound.formats.image_rows import Rows


@plugin("kind", accepts=("images",))
class Images:
    """A folder of images with classes, boxes or masks: ImageFolder with metadata, COCO, YOLO, masks beside images.

    `near_copies` looks for exposures, crops, mirror images and recoloured or compressed copies, which stay
    together.
    """

    near_copies: bool = True

    def sniff(self, source: Any) -> bool:
        """Whether `source` is a folder that holds images (and no clips), or a COCO file."""
        from abound.formats.coco import is_coco
        from abound.formats.image_folder import has_images

        if not isinstance(source, str | Path):
            return False
        path = Path(source).expanduser()
        if path.suffix.lower() == ".json":
            return path.is_file() and is_coco(path)
        return path.is_dir() and not (path / "dataset.json").is_file() and has_images(path)

    def read(self, source: Any, **options: Any) -> Dataset:
        """The images below a folder as a dataset; see `abound.stages.read.read` for the options.

        The target is what the layout says (class, boxes, masks) unless `target` names a column of the metadata.
        Raises InputError where no image can be used, or the labels contradict themselves.
        """
        from abound.core.dataset import Dataset
        from abound.formats.image_rows import image_rows

        require("cv2", "images")
        path = Path(source).expanduser()
        folder = path if path.is_dir() else _image_root(path)
        found = _listing(path, folder)
        rows = image_rows(found, folder, self.near_copies)
        schema, tables, notes = _assembled(found, rows, folder, options)
        return Dataset(schema, tables, assets=folder.resolve(), notes=tuple(notes))

    def write(self, data: Dataset, out: Path, layout: str) -> list[Path]:
        """Write a dataset of images as `coco`, `yolo` or `folders` (a folder a class); the written files."""
        from abound.formats.image_rows import write_images

        _check_kind(data.schema)
        return write_images(data, out, layout)

    def encoder(self, train: Dataset, ctx: Context) -> Encoder:
        """Colours and edges of the images as vectors, reduced to what varies in `train`; Refusal for other data."""
        from abound.encoding.image_encoder import fit_image_encoder

        _check_kind(train.schema)
        return fit_image_encoder(train)


def _check_kind(schema: Schema) -> None:
    table = schema.main_table
    if not table.has("path") or table.column("path").kind != "asset" or not table.has("width"):
        raise Refusal("the data is no set of images: its main table has no column of image files")


def _image_root(path: Path) -> Path:
    """The folder that the names in an annotation file are relative to."""
    return path.parent.parent if path.parent.name == "annotations" else path.parent


def _listing(path: Path, folder: Path) -> Listing:
    """The images and labels of a folder, by whichever layout it has."""
    from abound.formats import coco, image_folder, yolo

    if path.is_file():
        return coco.listing(path, folder)
    files = coco.annotation_files(folder)
    if len(files) > 1:
        raise InputError(f"{folder} has {len(files)} annotation files: name one, such as {files[0]}")
    if files:
        return coco.listing(files[0], folder)
    if yolo.is_yolo(folder):
        return yolo.listing(folder)
    return image_folder.listing(folder)


def _assembled(
    found: Listing, rows: Rows, folder: Path, options: Mapping[str, Any]
) -> tuple[Schema, dict[str, Any], list[str]]:
    """Schema, tables and notes."""
    import polars as pl

    from abound.core.schema import Column, Link, Schema, Table
    from abound.formats.image_rows import with_metadata

    frame, columns, said = with_metadata(rows.images, folder, options)
    notes = [*rows.summary, *found.said, *rows.notes, *said]
    frame, columns, more = _grouped(frame, columns, options)
    notes += more
    tables = {"images": Table(name="images", columns=tuple(columns), key="id")}
    frames = {"images": frame.lazy()}
    links: tuple[Link, ...] = ()
    if rows.objects is not None:
        key = "String" if frame["id"].dtype == pl.String else "Int64"
        marks = (
            Column(name="object", kind="id", role="key"),
            Column(name="image", kind="id", role="ignore", stored=key),
            Column(name="class", kind="category", role="target", domain=found.classes, declared=True),
            *(Column(name=n, kind="number", role="box") for n in ("left", "top", "right", "bottom")),
            Column(name="crowd", kind="bool", role="ignore"), Column(name="mask", kind="asset"),
        )  # fmt: skip
        tables["objects"] = Table(name="objects", columns=marks, key="object")
        frames["objects"] = rows.objects.lazy()
        links = (Link(child="objects", column="image", parent="images"),)
    if found.layout == "masks" and found.classes:  # the names of the numbers in the masks
        columns = [c.model_copy(update={"domain": found.classes}) if c.name == "mask" else c for c in columns]
    columns, task = _task(found, frame, columns, options)
    tables["images"] = tables["images"].model_copy(update={"columns": tuple(columns)})
    schema = Schema(main="images", tables=tables, links=links, group="group", tasks=(task,) if task else ())
    return schema, frames, notes


def _grouped(frame: Any, columns: list[Any], options: Mapping[str, Any]) -> tuple[Any, list[Any], list[str]]:
    """The group column joined with the one that the caller names: rows together under either stay together."""
    import numpy as np
    import polars as pl

    from abound.stats.unionfind import joined

    name = options.get("group")
    if name is None or name == "group":
        return frame, columns, []
    if name not in frame.columns:
        raise UnknownName(f"the images have no column {name!r} to group by: {did_you_mean(name, frame.columns)}")
    given = frame[name].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    both = joined([frame["group"].to_numpy(), given], frame.height)
    frame = frame.with_columns(pl.Series("group", both, dtype=pl.Int64))
    columns = [c.model_copy(update={"role": "ignore"}) if c.name == name else c for c in columns]
    return (
        frame,
        columns,
        [f"group: images of one {name!r} and near-copies together, {len(set(both.tolist())):,} groups"],
    )


def _task(
    found: Listing, frame: Any, columns: list[Any], options: Mapping[str, Any]
) -> tuple[list[Any], Task | None]:
    """What is predicted: the named column, or what the layout marks."""
    from abound.core.schema import Task
    from abound.formats.roles import choose_positive

    name = options.get("target")
    known = [c.name for c in columns]
    if name is None and found.objects is not None:
        return columns, Task(table="objects", targets=("class",), kind="detection")
    if name in (None, "mask") and found.layout == "masks":
        columns = [c.model_copy(update={"role": "target"}) if c.name == "mask" else c for c in columns]
        return columns, Task(table="images", targets=("mask",), kind="segmentation")
    if name is None and "class" not in known:
        return columns, None
    name = name or "class"
    if name == "class" and "class" not in known and found.objects is not None:
        return columns, Task(table="objects", targets=("class",), kind="detection")
    if name not in known:
        raise UnknownName(f"the images have no column {name!r} to predict: {did_you_mean(name, known)}")
    column = next(c for c in columns if c.name == name)
    update: dict[str, Any] = {"role": "target"}
    if column.kind == "number":
        task = Task(table="images", targets=(name,), kind="regression")
    elif column.kind in ("category", "bool"):
        counts = Counter(
            str(v).lower() if isinstance(v, bool) else str(v) for v in frame[name].drop_nulls().to_list()
        )
        ordered = {c: counts.get(c, 0) for c in (column.domain or sorted(counts))}
        if sum(n > 0 for n in ordered.values()) < 2:
            raise InputError(f"all images have one value of {name!r}: there is nothing to tell apart")
        wanted = options.get("positive")
        task = Task(
            table="images",
            targets=(name,),
            kind="classification",
            positive=choose_positive("the images", name, ordered, None if wanted is None else str(wanted)),
        )
    else:
        raise InputError(
            f"the column {name!r} is {column.kind} and cannot be predicted: list it in categories if it is a class"
        )
    return [c.model_copy(update=update) if c.name == name else c for c in columns], task
