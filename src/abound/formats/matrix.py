"""What scikit-learn calls X and y: any frame, array or list as a Dataset, and rows back in the caller's own type.

Every column is a feature and none is guessed to be an id: numbers, yes/no, times, and everything textual as
categories. As scikit-learn's callers expect, what cannot be used raises ValueError or TypeError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.schema import Column, Schema, Table, Task
from abound.formats.export import to_frame
from abound.formats.frames import frame_library, open_frame
from abound.formats.typed import stored_name

TABLE = "rows"


@dataclass(frozen=True)
class Features:
    """X: its rows in the schema's types, its columns, and the object that the caller gave."""

    given: Any
    frame: pl.DataFrame
    columns: tuple[Column, ...]

    def back(self, made: pl.DataFrame) -> Any:
        """Other rows of these columns, in the type that was given."""
        library = frame_library(self.given)
        if library is not None:
            schema = Schema(main=TABLE, tables={TABLE: Table(name=TABLE, columns=self.columns)})
            rows = Dataset(schema, {TABLE: made.select(self.frame.columns).lazy()})
            return to_frame(rows, like=self.given)
        out = _to_array(made.select(self.frame.columns), np.asarray(self.given).dtype)
        return out if isinstance(self.given, np.ndarray) else out.tolist()

    def stacked(self, made: pl.DataFrame) -> Any:
        """The given rows as they are, and the made ones after them."""
        more = self.back(made)
        if frame_library(self.given) == "pandas":
            import pandas as pd

            return pd.concat([self.given, more], ignore_index=True) if len(more) else self.given
        if frame_library(self.given) == "polars":
            given = self.given.collect() if isinstance(self.given, pl.LazyFrame) else self.given
            return pl.concat([given, more.cast(given.schema)]) if more.height else given
        if isinstance(self.given, np.ndarray):
            return np.vstack([self.given, more])
        return [*self.given, *more]


@dataclass(frozen=True)
class Labels:
    """y: the place of each row's class among `classes` (the given values), and the object that the caller gave."""

    given: Any
    classes: Any
    codes: np.ndarray[Any, np.dtype[np.int64]]
    one_hot: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The classes as text."""
        return tuple(str(c) for c in self.classes.tolist())

    def stacked(self, made: np.ndarray[Any, Any]) -> Any:
        """The given labels, and those of made rows (as codes) after them, in the type that was given."""
        values = self.classes[made]
        if self.one_hot:
            return np.vstack([self.given, np.eye(len(self.classes), dtype=np.asarray(self.given).dtype)[made]])
        home = type(self.given).__module__.partition(".")[0]
        if home == "pandas":
            return _pandas_labels(self.given, values)
        if isinstance(self.given, pl.DataFrame):
            name = self.given.columns[0]
            return pl.concat([self.given, pl.DataFrame({name: values}).cast(self.given.schema)])
        if isinstance(self.given, pl.Series):
            return pl.concat([self.given, pl.Series(self.given.name, values).cast(self.given.dtype)])
        given = np.asarray(self.given)
        out = np.concatenate([given.ravel(), values.astype(given.dtype)])
        return out if isinstance(self.given, np.ndarray) else out.tolist()


def read_features(x: Any) -> Features:
    """X as columns. TypeError for a column that is neither numbers, text, yes/no nor times."""
    if frame_library(x) is not None:
        frame = open_frame(x).scan().collect()
        lost = [str(c) for c in x.columns if str(c) not in frame.columns] if hasattr(x, "columns") else []
        if lost:
            raise TypeError(f"the column {lost[0]!r} holds lists, records or objects: turn it into plain columns")
    else:
        array = np.asarray(x)
        frame = pl.DataFrame([_series(f"x{i}", array[:, i]) for i in range(array.shape[1])])
    made = [_column(frame[n]) for n in frame.columns]
    return Features(x, pl.DataFrame([s for s, _ in made]), tuple(c for _, c in made))


def read_labels(y: Any) -> Labels:
    """y as classes: a column of them, or one column a class with a single 1 a row. ValueError for anything else."""
    from sklearn.utils.multiclass import check_classification_targets

    values = np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
    one_hot = values.ndim == 2 and values.shape[1] > 1
    if one_hot:
        if not np.isin(values, (0, 1)).all() or not (values.sum(axis=1) == 1).all():
            raise ValueError("Multilabel and multioutput targets are not supported.")
        return Labels(y, np.arange(values.shape[1]), values.argmax(axis=1).astype(np.int64), one_hot=True)
    values = values.ravel()
    empty = np.array([v is None or v != v for v in values.tolist()], dtype=bool)
    if empty.any():
        raise ValueError(f"Input y contains NaN or None, the first at row {int(empty.argmax())}: drop those rows")
    check_classification_targets(values)
    classes, codes = np.unique(values, return_inverse=True)
    labels = Labels(y, classes, codes.astype(np.int64))
    if len(set(labels.names)) < len(labels.names):
        raise ValueError("two classes of y read alike as text: give them different names")
    return labels


def as_dataset(features: Features, labels: Labels | None, name: str = "y") -> Dataset:
    """One table of the features, and of the target, called `name` or the next free name."""
    if labels is None:
        schema = Schema(main=TABLE, tables={TABLE: Table(name=TABLE, columns=features.columns)})
        return Dataset(schema, {TABLE: features.frame.lazy()})
    while name in features.frame.columns:
        name += "_"
    target = Column(name=name, kind="category", role="target", domain=labels.names)
    column = pl.Series(name, [labels.names[c] for c in labels.codes], dtype=pl.String)
    schema = Schema(
        main=TABLE,
        tables={TABLE: Table(name=TABLE, columns=(*features.columns, target))},
        tasks=(Task(table=TABLE, targets=(name,), kind="classification"),),
    )
    return Dataset(schema, {TABLE: features.frame.with_columns(column).lazy()})


def _column(values: pl.Series) -> tuple[pl.Series, Column]:
    """A series in its schema type, and its column."""
    dtype, name = values.dtype, values.name
    stored = stored_name(dtype)
    if dtype.is_(pl.Boolean):
        return values, Column(name=name, kind="bool", stored=stored)
    if dtype.is_integer():
        return values.cast(pl.Int64), Column(name=name, kind="number", integer=True, stored=stored)
    if dtype.is_numeric() or dtype.is_(pl.Null):
        number = values.cast(pl.Float64).fill_nan(None)
        if number.is_infinite().any():
            raise ValueError(f"Input X contains infinity in the column {name!r}: replace it")
        return number, Column(name=name, kind="number", stored=stored)
    if isinstance(dtype, pl.Date | pl.Datetime):
        return values.cast(pl.Datetime("us")), Column(name=name, kind="time", stored=stored)
    if isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        text = values.cast(pl.String)
        levels = dtype.categories if isinstance(dtype, pl.Enum) else sorted(text.drop_nulls().unique())
        domain = tuple(levels)
        return text, Column(name=name, kind="category", domain=domain, stored=stored)
    raise TypeError(f"the column {name!r} holds {dtype}: turn it into numbers, text, yes/no or times")


def _series(name: str, values: np.ndarray[Any, Any]) -> pl.Series:
    """A column of an array. Objects are text or numbers, with None or NaN where one is missing."""
    if values.dtype.kind in "biuf":
        return pl.Series(name, np.ascontiguousarray(values))
    if values.dtype.kind == "M":
        return pl.Series(name, values.astype("datetime64[us]"))
    listed = [None if v is None or v != v else v for v in values.tolist()]
    known = [v for v in listed if v is not None]
    if all(isinstance(v, str) for v in known):
        return pl.Series(name, listed, dtype=pl.String)
    if all(isinstance(v, bool) for v in known):
        return pl.Series(name, listed, dtype=pl.Boolean)
    wrong = next((v for v in known if isinstance(v, str) or not isinstance(v, int | float)), None)
    if wrong is not None:
        # The words of float(), which scikit-learn's callers look for.
        raise TypeError(f"argument must be a string or a number, not {type(wrong).__name__!r} beside other kinds")
    return pl.Series(name, [None if v is None else float(v) for v in listed], dtype=pl.Float64)


def _to_array(frame: pl.DataFrame, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Rows as an array of a type; missing is NaN."""
    out = np.empty(frame.shape, dtype=dtype)
    for i, name in enumerate(frame.columns):
        values = frame[name]
        if values.dtype.is_numeric():
            filled = values.fill_null(float("nan")) if values.dtype.is_float() else values
            out[:, i] = filled.to_numpy()
        else:
            out[:, i] = [float("nan") if v is None else v for v in values.to_list()]
    return out


def _pandas_labels(given: Any, values: np.ndarray[Any, Any]) -> Any:
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        more = pd.DataFrame({given.columns[0]: values}).astype(dict(given.dtypes))
    else:
        more = pd.Series(values, name=given.name).astype(given.dtype)
    return pd.concat([given, more], ignore_index=True)
