"""Keys when rows are repeated or datasets are joined: no child ever gains a second parent.

Two datasets may use the same key for different rows, and a row that is taken twice needs a key for each copy. Keys
are then moved out of the way: integers above the largest one in use, text behind a prefix. Links follow their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from abound.errors import InputError, SchemaError

if TYPE_CHECKING:
    import polars as pl

    from abound.core.dataset import Dataset
    from abound.core.schema import Link, Schema

    Frames = dict[str, pl.DataFrame]
    Move = Callable[[pl.Series], pl.Series]


def positions(rows: Any, n: int) -> np.ndarray[Any, Any]:
    """Row positions as int64; InputError for a mask, for fractions and for positions outside 0..n-1."""
    index = np.asarray(rows)
    if index.size == 0:
        return np.zeros(0, dtype=np.int64)
    if index.dtype.kind not in "iu" or index.ndim != 1:
        raise InputError(
            f"rows are taken by position (whole numbers), not by {index.dtype} values: use flatnonzero"
        )
    if int(index.min()) < 0 or int(index.max()) >= n:
        raise InputError(f"there are {n} rows, so positions run from 0 to {n - 1}: {index.min()} to {index.max()}")
    return index.astype(np.int64)


def checked_keys(schema: Schema, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.Series]:
    """The key of every table that has children, after checking that it names one row each."""
    keys = {}
    for link in schema.links:
        name = schema.tables[link.parent].key or ""
        if link.parent not in keys:
            if name not in frames[link.parent].columns:
                raise SchemaError(f"table {link.parent!r} lacks its key column {name!r}")
            keys[link.parent] = _unique(frames[link.parent][name], link.parent)
        if link.column not in frames[link.child].columns:
            raise SchemaError(f"table {link.child!r} lacks its link column {link.column!r}")
        mine, its = frames[link.child][link.column].dtype, keys[link.parent].dtype
        if mine != its:
            raise SchemaError(
                f"{link.child}.{link.column} is {mine} and {link.parent}.{name} is {its}: read both as one type"
            )
    return keys


def _unique(key: pl.Series, table: str) -> pl.Series:
    if key.null_count():
        raise SchemaError(f"the key column {key.name!r} of table {table!r} has empty cells: every row needs a key")
    if key.n_unique() < key.len():
        twice = key.filter(key.is_duplicated())[0]
        raise SchemaError(
            f"the key column {key.name!r} of table {table!r} holds {twice!r} twice: keys name one row"
        )
    return key


def take_below(data: Dataset, keys: pl.Series, main: pl.DataFrame, index: np.ndarray[Any, Any]) -> Frames:
    """The tables when the main rows at `index` are taken: `main` re-keyed, and the child rows that belong to it.

    `keys` are the main table's keys, all of them, and `main` its rows at `index`.

    Child rows keep their order; those of a second copy of a main row follow those of all first copies.
    """
    schema = data.schema
    copy = _copy_number(index)
    frames: Frames = {name: data.table(name) for name in data.tables}
    key = schema.main_table.key or ""
    frames[schema.main] = main.with_columns(_copied(keys, main[key], copy))
    todo = [(schema.main, main[key], copy)]
    for parent, old, copies in todo:
        new = frames[parent][schema.tables[parent].key or ""]
        for link in schema.children(parent):
            whole = data.table(link.child)
            rows, linked, its_copies = _rows_of(whole, link.column, old, new, copies)
            frames[link.child] = rows.with_columns(linked)
            key = schema.tables[link.child].key or ""
            if not key:
                continue
            todo.append((link.child, rows[key], its_copies))
            if key != link.column:
                frames[link.child] = frames[link.child].with_columns(_copied(whole[key], rows[key], its_copies))
    return frames


def _copy_number(index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """0 for the first time a position occurs, 1 for the second, and so on."""
    order = np.argsort(index, kind="stable")
    values = index[order]
    starts = np.r_[0, np.flatnonzero(np.diff(values)) + 1] if len(values) else np.zeros(0, dtype=np.int64)
    out = np.empty(len(index), dtype=np.int64)
    out[order] = np.arange(len(index)) - np.repeat(starts, np.diff(np.r_[starts, len(index)]))
    return out


def _rows_of(
    child: pl.DataFrame, column: str, old: pl.Series, new: pl.Series, copies: np.ndarray[Any, Any]
) -> tuple[pl.DataFrame, pl.Series, np.ndarray[Any, Any]]:
    """Rows of `child` whose link is among `old`, once for each copy; their new links; their copy numbers."""
    import polars as pl

    if not copies.any():
        kept = child.join(pl.DataFrame({column: old}), on=column, how="semi", maintain_order="left")
        return kept, kept[column], np.zeros(kept.height, dtype=np.int64)
    parents = pl.DataFrame({"link": old, "new": new, "copy": copies})
    rows = pl.DataFrame({"link": child[column]}).with_row_index("row").join(parents, on="link").sort("copy", "row")
    return child[rows["row"]], rows["new"].alias(column), rows["copy"].to_numpy()


def _copied(all_keys: pl.Series, keys: pl.Series, copies: np.ndarray[Any, Any]) -> pl.Series:
    """`keys` for copy 0, keys outside `all_keys` for each further copy."""
    import polars as pl

    if not copies.any():
        return keys
    count = pl.Series(copies)
    if keys.dtype.is_integer():
        span = int(all_keys.max()) - int(all_keys.min()) + 1  # type: ignore[arg-type]
        _must_fit(keys, int(all_keys.max()) + span * int(copies.max()))  # type: ignore[arg-type]
        return (keys + (count * span).cast(keys.dtype)).alias(keys.name)
    first = _free_prefix(all_keys)
    named = (count + (first - 1)).cast(pl.String) + "/" + keys
    return keys.zip_with(count == 0, named).alias(keys.name)


def move_keys(left: pl.Series, right: pl.Series) -> Move | None:
    """How keys of the right table leave those of the left one alone; None where none collide."""
    if left.dtype != right.dtype:
        raise SchemaError(f"the key {left.name!r} is {left.dtype} in one dataset and {right.dtype} in the other")
    if not right.is_in(left.implode()).any():
        return None
    if left.dtype.is_integer():
        shift = int(left.max()) - int(right.min()) + 1  # type: ignore[arg-type]
        _must_fit(left, int(right.max()) + shift)  # type: ignore[arg-type]
        return lambda s: s + shift
    prefix = f"{_free_prefix(left)}/"
    return lambda s: (prefix + s).alias(s.name)


def _must_fit(keys: pl.Series, largest: int) -> None:
    if largest > np.iinfo(keys.head(0).to_numpy().dtype).max:
        raise SchemaError(f"the key {keys.name!r} is too near the largest {keys.dtype}: read it as text")


def _free_prefix(keys: pl.Series) -> int:
    """A number n such that no key begins with "n/" or a larger number and a slash."""
    import polars as pl

    used = keys.str.extract(r"^(\d{1,18})/", 1).cast(pl.Int64).max()
    return 1 if used is None else int(used) + 1  # type: ignore[arg-type]


def joined_frames(left: Dataset, right: Dataset) -> Frames:
    """The rows of both, the left ones first, keys of the right moved where they collide.

    A table above the main table (a look-up) that is equal on both sides is kept once.
    """
    import polars as pl

    schema = left.schema
    mine: Frames = {name: left.table(name) for name in left.tables}
    its: Frames = {name: right.table(name) for name in right.tables}
    below = {schema.main, *schema.descendants(schema.main)}
    once = {name for name in mine if name not in below and mine[name].equals(its[name])}
    for name, table in schema.tables.items():
        link = schema.parent_link(name)
        # A key that is also the link to the parent moves with the parent's.
        if table.key is None or name in once or (link is not None and link.column == table.key):
            continue
        if move := move_keys(mine[name][table.key], its[name][table.key]):
            its[name] = its[name].with_columns(move(its[name][table.key]))
            _follow(schema, its, schema.children(name), move)
    return {
        name: mine[name] if name in once else pl.concat([mine[name], _same_types(schema, name, mine, its)],
                                                        how="diagonal_relaxed")
        for name in mine
    }  # fmt: skip


def _follow(schema: Schema, frames: Frames, links: list[Link], move: Move) -> None:
    """Move the link columns with their parent's key, and the links to those that are keys themselves."""
    for link in links:
        frames[link.child] = frames[link.child].with_columns(move(frames[link.child][link.column]))
        if schema.tables[link.child].key == link.column:
            _follow(schema, frames, schema.children(link.child), move)


def _same_types(schema: Schema, name: str, mine: Frames, its: Frames) -> pl.DataFrame:
    """The right table, after checking that each declared column has the left one's type (or no value at all)."""
    import polars as pl

    for column in (c.name for c in schema.tables[name].columns):
        kinds = [frame.schema.get(column) for frame in (mine[name], its[name])]
        if kinds[0] == kinds[1] or pl.Null in kinds:
            continue
        shown = ["absent" if k is None else str(k) for k in kinds]
        raise SchemaError(f"the column {name}.{column} is {shown[0]} in one dataset and {shown[1]} in the other")
    return its[name]


def join_domains(left: Schema, right: Schema) -> Schema:
    """The left schema, with levels that only the right one knows added at the end of each domain."""
    tables = {}
    for name, table in left.tables.items():
        columns = []
        for c in table.columns:
            other = right.tables[name].column(c.name) if right.tables[name].has(c.name) else c
            known = set(c.domain or ())
            extra = tuple(v for v in other.domain or () if v not in known)
            columns.append(c.model_copy(update={"domain": (*c.domain, *extra)}) if c.domain and extra else c)
        tables[name] = table.model_copy(update={"columns": tuple(columns)})
    return left.model_copy(update={"tables": tables})
