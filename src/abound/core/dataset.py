"""Dataset: a schema and its tables, immutable. Operations that change meaning live in the stages.

Columns whose names start with "_" are not in the schema: provenance (`_origin`, `_order`, `_seed`, `_source`),
the row weight (`_weight`), and the unit that a row must not part from (`_unit`). They travel with the rows and no
model reads them as features.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from abound.core.assets import asset_path, assets_digest, one_asset_folder, path_columns
from abound.core.joining import checked_keys, join_domains, joined_frames, positions, take_below
from abound.core.model import canonical_json
from abound.core.schema import Schema
from abound.core.slice import Has, Slice, Term
from abound.errors import InputError, SchemaError, UnknownName, did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

Origin = Literal["real", "synthetic", "mixed"]
WEIGHT = "_weight"


@dataclass(frozen=True)
class Support:
    """How many rows a slice has: rows of its own table, rows of the main table, and groups."""

    rows: int
    main_rows: int
    groups: int


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tables (Polars LazyFrames) with their schema. `assets` is the folder that asset paths are relative to.

    `notes` are the sentences that `read` leaves for the user: what was guessed, ignored or dropped. They are no
    part of the digest.
    """

    schema: Schema
    tables: Mapping[str, pl.LazyFrame]
    assets: Path | None = None
    origin: Origin = "real"
    split: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if set(self.tables) != set(self.schema.tables):
            raise SchemaError(
                f"the schema declares the tables {sorted(self.schema.tables)} "
                f"and the data holds {sorted(self.tables)}"
            )

    @cached_property
    def _frames(self) -> dict[str, pl.DataFrame]:
        return {name: lazy.collect() for name, lazy in self.tables.items()}

    @property
    def main(self) -> pl.DataFrame:
        """The main table, collected."""
        return self._frames[self.schema.main]

    def table(self, name: str | None = None) -> pl.DataFrame:
        """One table, collected; the main table by default."""
        if name is not None and name not in self._frames:
            raise UnknownName(f"no table {name!r}: {did_you_mean(name, self._frames)}")
        return self._frames[name or self.schema.main]

    def __len__(self) -> int:
        """Rows of the main table."""
        return self.main.height

    def view(self, table: str, columns: Sequence[str]) -> pl.DataFrame:
        """`columns` of `table`, row-aligned with it; those it lacks come from its nearest ancestor.

        A name may be written "table.column" to reach an ancestor whose column is shadowed.
        """
        import polars as pl

        frame = self.table(table)
        if not columns:
            return pl.DataFrame(height=frame.height)
        out: dict[str, pl.Series] = {}
        for name in dict.fromkeys(columns):
            owner, column = self._owner(table, name)
            out[name] = self._lift(table, owner, self.table(owner)[column]).alias(name)
        return pl.DataFrame(list(out.values()))

    def _owner(self, table: str, name: str) -> tuple[str, str]:
        head, _, tail = name.rpartition(".")
        here: str | None = table
        seen: list[str] = []
        while here is not None:
            frame = self.table(here)
            if head == here and tail in frame.columns:
                return here, tail
            if name in frame.columns:
                return here, name
            seen += frame.columns
            link = self.schema.parent_link(here)
            here = link.parent if link else None
        raise UnknownName(f"no column {name!r} on table {table!r} or above it: {did_you_mean(name, seen)}")

    @cached_property
    def _keys(self) -> dict[str, pl.Series]:
        return checked_keys(self.schema, self._frames)

    def _lift(self, table: str, owner: str, values: pl.Series) -> pl.Series:
        """`values`, one a row of `owner`, for each row of `table`, following the links upwards."""
        import polars as pl

        if table == owner:
            return values
        link = self.schema.parent_link(table)
        assert link is not None, "an owner is an ancestor"
        right = pl.DataFrame({"key": self._keys[link.parent], "value": self._lift(link.parent, owner, values)})
        left = pl.DataFrame({"key": self.table(table)[link.column]})
        return left.join(right, on="key", how="left", maintain_order="left")["value"]

    def mask(self, slice_: Slice) -> pl.Series:
        """A boolean series over the rows of `slice_.on`: where the slice holds."""
        import polars as pl

        frame = self.table(slice_.on)
        flat = [t for t in slice_.terms if isinstance(t, Term)]
        view = self.view(slice_.on, [t.column for t in flat])
        tests = [t.expr(view.schema[t.column]) for t in flat]
        hold = pl.Series("mask", [True]).new_from_index(0, frame.height)
        if tests:
            hold = view.select(pl.all_horizontal(tests).alias("mask"))["mask"]
        for has in (t for t in slice_.terms if isinstance(t, Has)):
            hold = hold & self._has(slice_.on, has)
        return hold.alias("mask")

    def _has(self, on: str, has: Has) -> pl.Series:
        import polars as pl

        link = self.schema.link_below(on, has.table)
        if link is None:
            hint = did_you_mean(has.table, self.schema.descendants(on))
            raise UnknownName(f"table {on!r} has no table {has.table!r} below it: {hint}")
        rows = self.mask(Slice(on=has.table, terms=has.terms))
        # The key of the row of `on` that each row below belongs to, over all tables between.
        owners = self._lift(has.table, link.child, self.table(link.child)[link.column]).filter(rows)
        hits = pl.DataFrame({"key": owners}).group_by("key").len("hits")
        keys = pl.DataFrame({"key": self._keys[on]})
        count = keys.join(hits, on="key", how="left", maintain_order="left")["hits"].fill_null(0)
        hold = count >= has.at_least
        return hold if has.at_most is None else hold & (count <= has.at_most)

    def support(self, slice_: Slice) -> Support:
        """Rows of the slice, main rows that own one (or belong to one), and groups of those main rows."""
        mask = self.mask(slice_)
        rows = int(mask.sum())
        main = self._main_rows(slice_.on, mask)
        main_rows = int(main.sum())
        if self.schema.group is None:
            return Support(rows, main_rows, main_rows)
        return Support(rows, main_rows, self.main[self.schema.group].filter(main).n_unique())

    def _main_rows(self, table: str, mask: pl.Series) -> pl.Series:
        """The main rows that are, own or belong to a masked row of `table`."""
        main = self.schema.main
        if table == main or self.schema.link_below(table, main):
            return self._lift(main, table, mask).fill_null(False)
        link = self.schema.link_below(main, table)
        if link is None:
            raise InputError(f"table {table!r} is neither above nor below the main table {main!r}")
        owners = self._lift(table, link.child, self.table(link.child)[link.column]).filter(mask)
        return self._keys[main].is_in(owners.unique().implode())

    def select(self, slice_: Slice) -> Dataset:
        """The dataset of those main rows that satisfy a slice of the main table."""
        if slice_.on != self.schema.main:
            raise InputError(f"select needs a slice of the main table {self.schema.main!r}, not of {slice_.on!r}")
        return self.take(self.mask(slice_).arg_true().to_numpy())

    def take(self, rows: Sequence[int] | np.ndarray[Any, Any]) -> Dataset:
        """The main rows at these positions, in this order, with the child rows that belong to them.

        Repeated positions are allowed; with child tables each repeat gets keys of its own (and so is a group of
        its own where the key is the group). Raises InputError for masks and for positions that do not exist.
        """
        index = positions(rows, len(self))
        main = self.main[index]
        if not self.schema.children(self.schema.main):
            return self._with_frames({**self._frames, self.schema.main: main})
        return self._with_frames(take_below(self, self._keys[self.schema.main], main, index))

    def concat_with(self, other: Dataset) -> Dataset:
        """Both datasets' rows, these first. Keys of `other` that would collide are moved out of the way.

        Integer keys are shifted above the largest, text keys are prefixed; links follow their keys, so a child
        never gains a second parent. Asset paths of two folders become relative to the nearest folder above both.
        Raises SchemaError where tables or column types differ.
        """
        if (self.schema.main, set(self.tables)) != (other.schema.main, set(other.tables)):
            raise SchemaError("only datasets with the same tables can be joined")
        left, right = one_asset_folder(self, other)
        origin: Origin = self.origin if self.origin == other.origin else "mixed"
        joined = left._with_frames(joined_frames(left, right))
        schema = join_domains(self.schema, other.schema)
        return replace(joined, origin=origin, schema=schema, assets=left.assets or right.assets)

    def with_table(self, name: str, frame: pl.DataFrame, schema: Schema | None = None) -> Dataset:
        """The dataset with one table (and optionally the schema) replaced."""
        return replace(self._with_frames({**self._frames, name: frame}), schema=schema or self.schema)

    def _with_frames(self, frames: Mapping[str, pl.DataFrame]) -> Dataset:
        return replace(self, tables={name: frame.lazy() for name, frame in frames.items()})

    def batches(self, rows: int) -> Iterator[Dataset]:
        """Consecutive parts of at most `rows` main rows."""
        for start in range(0, len(self), rows):
            yield self.take(range(start, min(start + rows, len(self))))

    def weights(self, table: str | None = None) -> np.ndarray[Any, Any]:
        """Row weights (float64), 1 where the dataset carries none."""
        import numpy as np

        frame = self.table(table)
        if WEIGHT not in frame.columns:
            return np.ones(frame.height)
        return frame[WEIGHT].fill_null(1.0).to_numpy().astype(np.float64)

    def asset(self, value: str | bytes) -> bytes:
        """The bytes behind one asset cell: inline, or a file under the dataset's folder (never outside it)."""
        if isinstance(value, bytes):
            return value
        if self.assets is None:
            raise InputError(f"the dataset has no asset folder, so {value!r} cannot be opened")
        return asset_path(self.assets, value).read_bytes()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the schema, each table's bytes (as `table_bytes` has them) and the files that cells name."""
        total = hashlib.sha256(canonical_json(self.schema).encode())
        for name in sorted(self.tables):
            total.update(name.encode())
            total.update(hashlib.sha256(table_bytes(self._frames[name])).digest())
        if self.assets is not None:
            for name, columns in path_columns(self.schema, self._frames).items():
                paths = sorted({v for c in columns for v in self._frames[name][c].drop_nulls().unique()})
                total.update(assets_digest(self.assets, paths).encode())
        return total.hexdigest()

    def save(self, folder: Path) -> dict[str, str]:
        """Write schema.json and one Parquet file a table into `folder`; return each file's SHA-256."""
        from abound.core.artifact import write_bytes

        info: dict[str, Any] = {"schema": self.schema.model_dump(mode="json"), "origin": self.origin}
        info |= {"split": self.split, "assets": None}
        if self.assets is not None:
            # A folder that is being built is moved into place later, so what lies inside it is named from there.
            inside = self.assets.resolve().is_relative_to(folder.resolve())
            info["assets"] = os.path.relpath(self.assets, folder) if inside else str(self.assets.resolve())
        info["notes"] = list(self.notes)
        files = {"dataset.json": canonical_json(info).encode()}
        files |= {f"{name}.parquet": table_bytes(frame) for name, frame in self._frames.items()}
        return {name: write_bytes(folder / name, data) for name, data in files.items()}

    @staticmethod
    def load(folder: Path) -> Dataset:
        """Read what `save` wrote. Digests are checked by the artifact that holds the folder."""
        import json

        import polars as pl

        info = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        schema = Schema.model_validate(info["schema"])
        tables = {name: pl.read_parquet(folder / f"{name}.parquet").lazy() for name in schema.tables}
        assets = folder / info["assets"] if info["assets"] else None
        notes = tuple(info.get("notes", ()))
        return Dataset(schema, tables, assets, origin=info["origin"], split=info["split"], notes=notes)

    def __repr__(self) -> str:
        tables = ", ".join(f"{name} {frame.height} x {frame.width}" for name, frame in self._frames.items())
        part = f", split {self.split}" if self.split else ""
        return f"Dataset({self.origin}: {tables}{part})"

    def _repr_html_(self) -> str:
        return self.main.head(10)._repr_html_()


def table_bytes(frame: pl.DataFrame) -> bytes:
    """One table as Parquet bytes that depend on its content only (one chunk, fixed row groups)."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(buffer, compression="zstd", compression_level=1, row_group_size=262_144)
    return buffer.getvalue()
