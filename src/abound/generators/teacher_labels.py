"""Rows from any generator, labelled by a teacher: a large model's knowledge as training data for a small one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from abound.core import registry
from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.context import Context
    from abound.core.crossfit import CrossFit
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.schema import Task
    from abound.core.slice import Slice

_LEAST_ROWS = 10


@plugin("generator", needs=("target",))
class TeacherLabels:
    """Rows of generator `base`, labelled by the mean of models of `learner` that were cross-fitted on train.

    Distillation (Bucila et al. 2006; Hinton et al. 2015): what the teacher knows between the training rows is
    written down as labels. The label is drawn from the teacher's probabilities, so that the share of each class
    stays right, or with `labels: likeliest` is the likeliest class. With `soft`, Float64 columns `_soft:<class>`
    carry the probabilities themselves, from which learners train. For a regression the label is the mean
    prediction.

    Rows may also be given (`sample(given=...)`): they keep their features and get new labels. With `out_of_fold`,
    rows of train itself are labelled by models that did not see them: the given rows when they are the training
    rows, and rows that `base: resample` draws.
    """

    base: str = "copula"
    base_params: dict[str, Any] = Field(default_factory=dict)
    learner: str = "ensemble"
    soft: bool = True
    labels: Literal["drawn", "likeliest"] = "drawn"
    out_of_fold: bool = False

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Fit the base generator and cross-fit the teacher.

        Refusal where train has under ten rows or one class, or the base refuses; InputError for a base that labels.
        """
        from abound.core.dataset import Dataset
        from abound.core.labels import codes
        from abound.core.task import one_thread
        from abound.encoding.columns import single_table
        from abound.errors import InputError, Refusal

        if self.base == "teacher_labels":
            raise InputError("teacher_labels: the base must make rows, such as copula, swap or resample")
        frame = single_table(train, "teacher_labels", least=_LEAST_ROWS)
        task = train.schema.task()
        if task.kind not in ("classification", "regression"):
            raise Refusal(f"teacher_labels labels classes and numbers, and the task is {task.kind}")
        rows = Dataset(train.schema, {train.schema.main: frame.lazy()}, assets=train.assets)
        if task.kind == "classification" and len(set(codes(rows, task).tolist())) < 2:
            raise Refusal(f"teacher_labels needs rows of two classes and {task.targets[0]!r} holds one")
        base = registry.create("generator", self.base, self.base_params).fit(rows, ctx.at("teacher_labels"))
        with one_thread():
            teacher = ctx.crossfit(rows, self.learner)
        return TeacherSampler(self, rows, base, teacher, ctx.seed, ctx.refit, ctx.path)

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote: fitted again from the same rows, parameters and seed."""
        from abound.core.artifact import read_json
        from abound.core.context import Context
        from abound.core.dataset import Dataset

        info = read_json(folder / "teacher.json")
        generator: TeacherLabels = registry.create("generator", "teacher_labels", info["params"])
        ctx = Context(seed=info["seed"], refit=info["refit"])
        return generator.fit(Dataset.load(folder), ctx.at(*info["path"]))


@dataclass(frozen=True, eq=False)
class TeacherSampler:
    """The base sampler and the teacher, and what they were fitted from."""

    params: TeacherLabels
    rows: Dataset
    base: Sampler
    teacher: CrossFit
    seed: int
    refit: int
    path: tuple[str, ...]

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact for conditions on features (rows are chosen before they are labelled); filter for the label."""
        from abound.core.slice import Slice
        from abound.encoding.region import readable_terms
        from abound.errors import WhereRefused

        if given is not None:
            missing = [c for c in self.rows.schema.main_table.features() if c not in given.main.columns]
            if where is not None or missing:
                reason = f"lack the column {missing[0]!r}" if missing else "cannot be chosen by a condition as well"
                raise WhereRefused(f"teacher_labels: the given rows {reason}")
            return "exact"
        terms = readable_terms(where, self.rows.schema.main, self.rows.main.columns)
        target = self.rows.schema.target().name
        rest = tuple(t for t in terms if t.column != target)
        self.base.support(Slice(on=self.rows.schema.main, terms=rest) if rest else None, None)
        return "exact" if len(rest) == len(terms) else "filter"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` rows of the base, or the given rows, with new labels."""
        from abound.errors import WhereRefused

        if self.support(where, given) != "exact":
            raise WhereRefused(f"teacher_labels makes rows with {where} by rejection: sample without it and filter")
        rows = self._unlabelled(n, rng, where) if given is None else given
        return _labelled(rows, self._predictions(rows, given), self.params, rng)

    def _unlabelled(self, n: int, rng: np.random.Generator, where: Slice | None) -> Dataset:
        """Rows of the base under a condition on features, rejected here where the base does not obey it itself."""
        from abound.encoding.region import holds, readable_terms
        from abound.encoding.rejection import passing
        from abound.errors import Refusal, WhereRefused

        if self.base.support(where, None) == "exact":
            return self.base.sample(n, rng=rng, where=where)
        main = self.rows.schema.main
        terms = readable_terms(where, main, self.rows.main.columns)

        def give_up(share: float, tried: int) -> Refusal:
            return WhereRefused(
                f"{self.params.base} makes rows with {where} too rarely: {share:.4%} of {tried:,} rows. "
                "Ask for fewer rows or fewer terms"
            )

        frame = passing(
            lambda _, size: self.base.sample(size, rng=rng).main, lambda f: holds(f, terms), n, give_up
        )  # fmt: skip
        return self.base.sample(0, rng=rng).with_table(main, frame)

    def _predictions(self, rows: Dataset, given: Dataset | None) -> pl.DataFrame:
        """The teacher's predictions, out of fold where asked for and where the rows are training rows."""
        from abound.core.task import one_thread

        if self.params.out_of_fold and given is not None and self._are_train(given):
            return self.teacher.out_of_fold
        if self.params.out_of_fold and given is None and self.params.base == "resample":
            return self.teacher.out_of_fold[rows.main["_source"].to_numpy()]
        if not len(rows):
            return self.teacher.out_of_fold.clear()
        with one_thread():
            return self.teacher.mean(rows)

    def _are_train(self, given: Dataset) -> bool:
        """Whether the rows are the training rows, provenance aside."""
        names = self.rows.main.columns
        return set(names) <= set(given.main.columns) and given.main.select(names).equals(self.rows.main)

    def save(self, folder: Path) -> None:
        """Training rows, parameters and seed: models are not stored (that would take pickle) but fitted again."""
        from dataclasses import asdict

        from abound.core.artifact import write_json

        self.rows.save(folder)
        info = {"params": asdict(self.params), "seed": self.seed, "refit": self.refit, "path": list(self.path)}
        write_json(folder / "teacher.json", info)


def _labelled(rows: Dataset, pred: pl.DataFrame, params: TeacherLabels, rng: np.random.Generator) -> Dataset:
    """The rows with labels, and their probabilities if asked for."""
    import numpy as np
    import polars as pl

    from abound.core.labels import VALUE, classes, probabilities, set_labels
    from abound.encoding.training import SOFT

    task: Task = rows.schema.task()
    if task.kind == "regression":
        dtype = rows.main.schema[task.targets[0]]
        values = pred[VALUE].round() if dtype.is_integer() else pred[VALUE]
        return rows.with_table(task.table, rows.main.with_columns(values.cast(dtype).alias(task.targets[0])))
    names = classes(rows.schema, task)
    chance = np.clip(probabilities(pred, names), 0.0, None)
    chance = chance / np.maximum(chance.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    if params.labels == "likeliest":
        index = chance.argmax(axis=1)
    else:
        below = rng.random(len(rows))[:, None] >= np.cumsum(chance, axis=1)
        index = np.minimum(below.sum(axis=1), len(names) - 1)
    out = set_labels(rows, task, index)
    if not params.soft:
        return out
    soft = [pl.Series(SOFT + name, chance[:, i], dtype=pl.Float64) for i, name in enumerate(names)]
    return out.with_table(task.table, out.main.with_columns(soft))
