"""Predictions of models that ran outside abound: one row an id, "p:<class>" or "value" columns, CSV or Parquet.

Nothing is repaired: a wrong id, a hole or a probability that is none would end in a figure that somebody believes,
so each is one sentence that names the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from abound.core.labels import ID, PROBABILITY
from abound.errors import InputError
from abound.formats.files import file_format
from abound.formats.notes import rows as counted

_SLACK = 1e-6  # of single precision, in which many libraries predict
_SUM = 1e-3  # probabilities written with four decimals, a few classes


def read_predictions(path: Path, ids: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """The predictions in `path`, in the order of `ids`, as Float64 columns.

    Raises InputError for a file that is not there or cannot be read, a missing or unknown column, an id that is
    missing, unknown or there twice, a value that is not finite, and probabilities outside 0 to 1 or that do not sum
    to 1 (within .001).
    """
    frame = _table(path)
    wanted = [ID, *columns]
    missing = [c for c in wanted if c not in frame.columns]
    if missing:
        raise InputError(f"{path} has no column {missing[0]!r}: predictions need the columns {', '.join(wanted)}")
    unknown = [c for c in frame.columns if c.startswith(PROBABILITY) and c not in wanted]
    if unknown:
        raise InputError(f"{path} has the column {unknown[0]!r}, and the target has no such class: take it out")
    frame = frame.select(pl.col(ID).cast(pl.String), *(_number(path, frame[c]) for c in columns))
    _check_ids(path, frame[ID], ids)
    order = pl.DataFrame({ID: list(ids)}, schema={ID: pl.String})
    out = order.join(frame, on=ID, how="left", maintain_order="left").drop(ID)
    _check_values(path, out, ids)
    return out


def _table(path: Path) -> pl.DataFrame:
    form = file_format(path)
    try:
        if form == "parquet":
            return pl.read_parquet(path, glob=False)
        if form == "arrow":
            return pl.read_ipc(path)
        # Ids stay text: "1e5" is an id, and not a number.
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputError(f"{path} cannot be read ({str(error).splitlines()[0][:200]}): write it again") from None


def _number(path: Path, values: pl.Series) -> pl.Series:
    if values.dtype != pl.String and not values.dtype.is_numeric():
        raise InputError(f"{path}: the column {values.name!r} holds {values.dtype}: write numbers")
    out = values.cast(pl.Float64, strict=False)
    bad = out.is_null() & values.is_not_null()
    if bad.any():
        raise InputError(f"{path}: the column {values.name!r} holds {values.filter(bad)[0]!r}: write numbers")
    return out


def _check_ids(path: Path, found: pl.Series, ids: Sequence[str]) -> None:
    wanted = pl.Series(ID, list(ids), dtype=pl.String)
    if found.null_count():
        raise InputError(f"{path} has {counted(found.null_count())} without an id")
    twice = found.filter(found.is_duplicated())
    if len(twice):
        raise InputError(f"{path} has the id {twice[0]!r} more than once: one row an id")
    lacking = wanted.filter(~wanted.is_in(found.implode()))
    extra = found.filter(~found.is_in(wanted.implode()))
    if len(lacking):
        more = f", and {len(extra):,} ids are unknown, such as {extra[0]!r}" if len(extra) else ""
        raise InputError(
            f"{path} lacks {len(lacking):,} of {len(wanted):,} rows, the first with the id {lacking[0]!r}{more}: "
            "predict every row that was handed out"
        )
    if len(extra):
        raise InputError(f"{path} has {counted(len(extra))} too many, the first with the id {extra[0]!r}")


def _check_values(path: Path, frame: pl.DataFrame, ids: Sequence[str]) -> None:
    for name in frame.columns:
        bad = ~(frame[name].is_not_null() & frame[name].is_finite().fill_null(False))
        if bad.any():
            where = ids[int(bad.arg_max() or 0)]
            raise InputError(f"{path}: {name!r} is missing or not finite for the id {where!r}")
    if not frame.height or not all(c.startswith(PROBABILITY) for c in frame.columns):
        return
    outside = frame.select(pl.any_horizontal((pl.all() < -_SLACK) | (pl.all() > 1 + _SLACK))).to_series()
    if outside.any():
        where = ids[int(outside.arg_max() or 0)]
        raise InputError(f"{path}: a probability for the id {where!r} is below 0 or above 1")
    total = frame.select(pl.sum_horizontal(pl.all())).to_series()
    wrong = (total - 1.0).abs() > _SUM
    if wrong.any():
        place = int(wrong.arg_max() or 0)
        raise InputError(
            f"{path}: the probabilities for the id {ids[place]!r} sum to {total[place]:.4g} and not to 1"
        )
