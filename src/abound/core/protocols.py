"""The whole extension surface: what a plug-in of each kind must have. Built-in plug-ins use nothing else.

A plug-in is one file with one class, decorated with `abound.core.registry.plugin`; its fields are its
parameters. It raises `Refusal` (WhereRefused for a condition) where it does not fit the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.audit import Audit, Finding
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.gap import Gap
    from abound.core.schema import Column, Task
    from abound.core.slice import Slice

Support = Literal["exact", "filter"]
Tag: TypeAlias = "tuple[Column, pl.Series]"  # a column as the schema has it, and its values


class Sampler(Protocol):
    """A fitted generator."""

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """How `where` is obeyed: "exact" (sample honours it) or "filter" (the stage rejects and tops up).

        Raises WhereRefused, with the reason, where the condition or `given` cannot be obeyed.
        """
        ...

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """Exactly `n` rows with the schema and dtypes of the training data. The same rng gives the same bytes.

        `where` is passed only if `support` said "exact". With `given`, its rows are completed (n = len(given)).
        """
        ...

    def save(self, folder: Path) -> None:
        """Write JSON, npz or Parquet into an existing folder; never pickle."""
        ...


class Generator(Protocol):
    """Learns to make rows. Sees the training rows only."""

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Fit and return a sampler; Refusal where the data does not suit."""
        ...

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        ...


class Finder(Protocol):
    """Finds gaps. `found` holds the gaps of the finders that ran before."""

    def find(self, train: Dataset, tune: Dataset, found: Sequence[Gap], ctx: Context) -> list[Gap]:
        """Gaps, best first."""
        ...


class Check(Protocol):
    """Judges synthetic rows. `reference` is held-out real data; a same-size draw of it calibrates the score."""

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """Findings, each with the real-vs-real reference beside the value."""
        ...


class Mixer(Protocol):
    """Joins synthetic and real rows; may set the `_weight` column."""

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The training set to prove."""
        ...


class Tagger(Protocol):
    """Makes plain columns of what can be seen in the assets, so that every finder reads them."""

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """Columns of the main table, row-aligned with it; Refusal where the data has not what they are about."""
        ...


class Predictor(Protocol):
    """A trained model."""

    def predict(self, data: Dataset) -> pl.DataFrame:
        """Row-aligned with the task's table: Float64 columns "p:<class>" (classification) or "value"."""
        ...


class Learner(Protocol):
    """Trains a model on an arm. Reads `_weight`; never sees test rows."""

    def fit(self, arm: Dataset, task: Task, tune: Dataset, ctx: Context) -> Predictor:
        """Train; iterative learners stop early on `tune`, the same rows for every arm."""
        ...


@runtime_checkable
class RunsFiles(Protocol):
    """A learner that runs files of the user's: work that was done with them is done again once they change."""

    def files(self) -> dict[str, str]:
        """The SHA-256 of each file, by its name in the command."""
        ...


class Metric(Protocol):
    """A score of predictions. Split in two so that a bootstrap can re-weight units without predicting again."""

    larger_is_better: bool
    margin: float
    relative: bool  # True: the margin is a share of the real-only score
    labels: bool  # True: reads labels at a threshold, so the arm's threshold rule matters
    tuned_by: str | None  # the metric that chooses that threshold on tune; None: this one

    def units(self, truth: Dataset, pred: pl.DataFrame, task: Task) -> pl.DataFrame:
        """One row per unit of the task's table, in its order: what `value` needs, as Float64 columns."""
        ...

    def value(self, units: pl.DataFrame, weights: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Scores for `weights` of shape (draws, units): an array of `draws` floats, nan where undefined."""
        ...


class Encoder(Protocol):
    """Maps the rows of any kind of data to vectors, so that what looks at distances is written once."""

    @property
    def digest(self) -> str:
        """SHA-256 of everything that was learned."""
        ...

    def encode(self, data: Dataset) -> np.ndarray[Any, Any]:
        """float64 (main rows, columns) without nan: rows that are alike are near each other. No target in it."""
        ...


class Kind(Protocol):
    """A kind of data: how to recognise, read and encode it."""

    def sniff(self, source: Any) -> bool:
        """Whether this kind reads that source."""
        ...

    def read(self, source: Any, **options: Any) -> Dataset:
        """Read; InputError with one sentence that names file, column and fix."""
        ...

    def encoder(self, train: Dataset, ctx: Context) -> Encoder:
        """Learned from the training rows; Refusal where the data is of another kind."""
        ...


class Engine(Protocol):
    """Runs independent tasks. A task is the name of a function and a JSON argument; large data goes by path."""

    def map(
        self, function: str, tasks: Sequence[dict[str, Any]], on_done: Callable[[int], None] | None = None
    ) -> Iterator[Any]:
        """Results in the order of the tasks; `function` is "package.module:name", called with each dict."""
        ...
