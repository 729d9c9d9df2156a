"""Doors for scikit-learn and imbalanced-learn: abound's generators as estimators.

    from abound.estimators import Generator, Resampler
    X_more, y_more = Resampler("smote", random_state=0).fit_resample(X, y)
    rows, labels = Generator("copula").fit(X, y).sample(100, where="age < 30 and y = yes")

X may be a polars or pandas frame, an array or a list, with missing cells and text; what comes back is of the same
type. Whether the rows help is not said here: that takes held-out rows, and is what `abound.prove` is for. An
estimator is one by its base class, so this is the one module that imports scikit-learn when it is imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, OneToOneFeatureMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.plan import Order, Plan
from abound.core.slice import Slice, Term
from abound.errors import InputError
from abound.formats.frames import frame_library
from abound.formats.matrix import TABLE, Features, Labels, as_dataset, read_features, read_labels
from abound.stages.generate import assemble, fit_sampler, generate, prepare, sample_shard, shards

_SEEDS = 2**31 - 1
_LEAST = 2  # from one row a model could only repeat that row


class Resampler(OneToOneFeatureMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Rare classes filled up with generated rows: a sampler as imbalanced-learn has them, for use in its pipelines.

    `generator`: the name of a generator (`abound list generator`), `params` its parameters. `sampling_strategy`:
    "auto" or "not majority" (every class but the largest gets the largest one's size), "minority" (the smallest
    class only), "all" (the same as "not majority"), a number (two classes: rows of the smaller one per row of the
    larger one), or {class: rows wanted}. `random_state`: an int or a RandomState; None is 0, so that every call
    gives the same rows. After fitting, `sampling_strategy_` holds the number of rows made of each class.
    """

    def __init__(
        self,
        generator: str = "smote",
        *,
        params: Mapping[str, Any] | None = None,
        sampling_strategy: str | float | Mapping[Any, int] = "auto",
        random_state: Any = None,
    ) -> None:
        self.generator = generator
        self.params = params
        self.sampling_strategy = sampling_strategy
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.string = tags.input_tags.allow_nan = tags.input_tags.categorical = True
        return tags

    def fit(self, X: Any, y: Any) -> Resampler:
        """Check X and y, and work out how many rows each class lacks. ValueError where they are not usable."""
        _, labels = _checked(self, X, y)
        self.sampling_strategy_ = self._missing(labels)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """X and y with the generated rows after the given ones, in the types that were given.

        Raises ValueError for data that is not usable or a strategy that does not fit it, Refusal where the
        generator cannot make rows of a class.
        """
        features, labels = _checked(self, X, y)
        self.sampling_strategy_ = self._missing(labels)
        data = as_dataset(features, labels)
        name = data.schema.target().name
        orders = [
            Order(
                generator=self.generator, params=dict(self.params or {}), count=count,
                where=Slice(on=TABLE, terms=(Term(column=name, op="==", value=labels.names[code]),)),
            )
            for code, count in self._by_code(labels).items() if count
        ]  # fmt: skip
        made = generate(data, Plan(orders=tuple(orders)), seed=_seed(self.random_state)).main
        place = {n: i for i, n in enumerate(labels.names)}
        codes = np.array([place[v] for v in made[name].to_list()], dtype=np.int64)
        return features.stacked(made), labels.stacked(codes)

    def _missing(self, labels: Labels) -> dict[Any, int]:
        return {labels.classes[code]: count for code, count in self._by_code(labels).items()}

    def _by_code(self, labels: Labels) -> dict[int, int]:
        """How many rows to make of each class."""
        have = Counter(labels.codes.tolist())
        if len(have) < 2:
            raise ValueError(f"the target has one class, {labels.names[0]!r}: there is nothing to balance")
        least, most = min(have, key=lambda c: have[c]), max(have, key=lambda c: have[c])
        asked = self.sampling_strategy
        if isinstance(asked, Mapping):
            return self._wanted(asked, labels, have)
        if isinstance(asked, str):
            if asked not in ("auto", "not majority", "all", "minority"):
                raise ValueError(
                    f"sampling_strategy {asked!r} is none of 'auto', 'not majority', 'all', 'minority', a number "
                    "or {class: rows}"
                )
            return {c: have[most] - n for c, n in have.items() if asked != "minority" or c == least}
        if len(have) != 2:
            raise ValueError(f"a number as sampling_strategy needs two classes and y has {len(have)}")
        wanted = round(float(asked) * have[most])
        if not 0 < float(asked) <= 1 or wanted < have[least]:
            share = have[least] / have[most]
            raise ValueError(f"sampling_strategy {asked!r} should lie between {share:.3g} (as it is) and 1")
        return {least: wanted - have[least]}

    def _wanted(self, asked: Mapping[Any, int], labels: Labels, have: Counter[int]) -> dict[int, int]:
        known = {v: i for i, v in enumerate(labels.classes.tolist())}
        out = {}
        for value, rows in asked.items():
            if value not in known:
                raise ValueError(f"sampling_strategy names the class {value!r}, and y holds {list(known)}")
            if rows < have[known[value]]:
                raise ValueError(
                    f"sampling_strategy wants {rows} rows of {value!r}, and y has {have[known[value]]}"
                )
            out[known[value]] = int(rows) - have[known[value]]
        return out


class Generator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A generator as an estimator: `fit` to rows, `sample` new ones, also under a condition.

    `generator` and `params` as in Resampler; `random_state` decides what is fitted and, where `sample` is given
    none, what is drawn.
    """

    def __init__(
        self, generator: str = "copula", *, params: Mapping[str, Any] | None = None, random_state: Any = None
    ) -> None:
        self.generator = generator
        self.params = params
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.allow_nan = tags.input_tags.categorical = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Generator:
        """Learn the rows of X, and the classes of y if given. Refusal where the generator does not suit."""
        self.features_, self.labels_ = _checked(self, X, y)
        self.target_ = str(getattr(y, "name", None) or "y")
        self.data_: Dataset = as_dataset(self.features_, self.labels_, self.target_)
        ctx = Context(seed=_seed(self.random_state))
        self.sampler_ = fit_sampler(prepare(self.data_), self.generator, dict(self.params or {}), 0, ctx)
        return self

    def sample(self, n: int = 1, where: str | Slice | None = None, random_state: Any = None) -> Any:
        """`n` new rows in the type of X, and their labels where y was given (then as a pair).

        `where`: a condition such as "age < 30 and sex = F"; the target is called as y is, or "y", and the columns
        of an array x0, x1 and so on. Raises WhereRefused or Refusal where the generator cannot obey it.
        """
        check_is_fitted(self)
        if n < 0:
            raise InputError(f"{n} rows cannot be made: give 0 or more")
        condition = Slice.parse(where, TABLE) if isinstance(where, str) else where
        order = Order(generator=self.generator, params=dict(self.params or {}), count=n, where=condition)
        ctx = Context(seed=_seed(self.random_state if random_state is None else random_state))
        frames = [sample_shard(self.sampler_, self.data_, order, i, k, 0, ctx) for i, k in shards(n)]
        made = assemble(self.data_, frames).main
        rows = self.features_.back(made)
        if self.labels_ is None:
            return rows
        place = {name: i for i, name in enumerate(self.labels_.names)}
        codes = np.array([place[v] for v in made[self.data_.schema.target().name].to_list()], dtype=np.int64)
        return rows, self.labels_.classes[codes]


def _checked(estimator: Any, x: Any, y: Any) -> tuple[Features, Any]:
    """X and y as columns and classes, after scikit-learn's own checks of shapes and names."""
    if isinstance(x, pl.LazyFrame):
        x = x.collect()
    if frame_library(x) in ("polars", "pandas"):
        validate_data(estimator, x, skip_check_array=True)
        if len(x) < _LEAST:
            raise ValueError(f"Found a frame with {len(x)} sample(s) while a minimum of {_LEAST} is required.")
    else:
        # Text and missing values pass; shapes, sparse and complex numbers do not.
        checked = validate_data(estimator, x, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=_LEAST)
        x = x if isinstance(x, np.ndarray | list) else checked
    labels = None
    if y is not None:
        labels = read_labels(y)
        check_consistent_length(x, labels.codes)
    elif estimator.__sklearn_tags__().target_tags.required:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    return read_features(x), labels


def _seed(random_state: Any) -> int:
    """A seed from what scikit-learn calls random_state; None is 0."""
    if random_state is None:
        return 0
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(_SEEDS))


__all__ = ["Generator", "Resampler"]
