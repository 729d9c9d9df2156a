"""The controls: every cheap thing that synthetic data must beat, and the references beside them.

One list, read by `prove`. Each entry builds a training set (or a model) from the same real rows, with the same
total row weight as the mixed arm, so that an arm cannot win by size alone. A control that does not apply raises
Refusal with the reason, which the report shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from abound.core import registry
from abound.core.dataset import WEIGHT, Dataset
from abound.core.labels import classes, codes
from abound.core.slice import Slice, Term
from abound.encoding.relabelling import with_fractions, with_soft_labels
from abound.encoding.training import SOFT
from abound.errors import Refusal

if TYPE_CHECKING:
    import polars as pl

    from abound.core.context import Context
    from abound.core.protocols import Predictor
    from abound.core.recipe import Use
    from abound.core.schema import Task

BAG = 5
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Setting:
    """What one repeat has at hand. `extra` holds further real rows that this repeat did not train on."""

    real: Dataset
    mixed: Dataset
    extra: Dataset | None
    tune: Dataset
    task: Task
    learner: Use
    teacher: str
    reads_labels: bool  # the metric reads labels at a threshold
    ctx: Context

    def fit(self, data: Dataset, *path: object) -> Predictor:
        """Train the learner that was asked for."""
        plugin = registry.create("learner", self.learner.name, self.learner.params)
        fitted: Predictor = plugin.fit(data, self.task, self.tune, self.ctx.at("fit", *path))
        return fitted


@dataclass(frozen=True)
class Arm:
    """A trained arm: its predictor, the rows and weight behind it, and whether its threshold is tuned."""

    predictor: Predictor
    rows: int
    weight: float
    tuned_threshold: bool = True


@dataclass(frozen=True)
class Control:
    """One entry of the list."""

    name: str
    role: Literal["control", "reference"]
    same_learner: bool
    description: str
    build: Callable[[Setting], Arm]


def arm_from(setting: Setting, data: Dataset, name: str, tuned: bool = True) -> Arm:
    """Train on `data` as it is."""
    return Arm(setting.fit(data, name), len(data), float(data.weights(setting.task.table).sum()), tuned)


def at_budget(data: Dataset, setting: Setting) -> Dataset:
    """`data` with its weights scaled to the total weight of the mixed arm."""
    table = setting.task.table
    weight = data.weights(table)
    return with_weights(data, table, weight * (setting.mixed.weights(table).sum() / weight.sum()))


def with_weights(data: Dataset, table: str, weight: Any) -> Dataset:
    """`data` with these row weights."""
    import polars as pl

    return data.with_table(table, data.table(table).with_columns(pl.Series(WEIGHT, weight)))


def _real_only(s: Setting) -> Arm:
    return arm_from(s, s.real, "real_only", tuned=False)


def _duplicated(s: Setting) -> Arm:
    return arm_from(s, at_budget(s.real, s), "duplicated")


def _threshold(s: Setting) -> Arm:
    if not s.reads_labels:
        raise Refusal("the metric ranks rows, and a threshold changes no ranking")
    return arm_from(s, s.real, "real_only")


def _class_weights(s: Setting) -> Arm:
    _only_classes(s.task)
    y = codes(s.real, s.task)
    count = np.bincount(y, minlength=1)
    weight = s.real.weights(s.task.table) / count[y]
    return arm_from(s, at_budget(with_weights(s.real, s.task.table, weight), s), "class_weights")


def _undersampled_bag(s: Setting) -> Arm:
    """Each member sees all rows of the rarest class and as many of every other class."""
    _only_classes(s.task)
    y = codes(s.real, s.task)
    present, count = np.unique(y, return_counts=True)
    least = int(count.min())
    members = []
    for number in range(BAG):
        rng = s.ctx.rng("bag", number)
        rows = np.concatenate([rng.choice(np.flatnonzero(y == c), size=least, replace=False) for c in present])
        members.append(s.fit(s.real.take(np.sort(rows)), "bag", number))
    return Arm(_Mean(tuple(members)), BAG * least * len(present), float(BAG * least * len(present)))


def _smote(s: Setting) -> Arm:
    _only_classes(s.task)
    y = codes(s.real, s.task)
    present, count = np.unique(y, return_counts=True)
    rare = int(present[count.argmin()])
    missing = int(count.max() - count.min())
    if missing == 0:
        raise Refusal("the classes are equally frequent: there is nothing to oversample")
    sampler = registry.create("generator", "smote").fit(s.real, s.ctx.at("smote"))
    name = classes(s.real.schema, s.task)[rare]
    where = Slice(on=s.task.table, terms=(Term(column=s.task.targets[0], op="==", value=name),))
    sampler.support(where, None)
    made = sampler.sample(missing, rng=s.ctx.rng("smote"), where=where)
    return arm_from(s, at_budget(s.real.concat_with(made), s), "smote")


def _relabelled(s: Setting) -> Arm:
    fit = s.ctx.crossfit(s.real, s.teacher)
    return arm_from(s, at_budget(with_soft_labels(s.real, s.task, fit.mean(s.real)), s), "relabelled")


def _relabelled_out_of_fold(s: Setting) -> Arm:
    fit = s.ctx.crossfit(s.real, s.teacher)
    return arm_from(s, at_budget(with_soft_labels(s.real, s.task, fit.out_of_fold), s), "relabelled_out_of_fold")


def _rule_feature(s: Setting) -> Arm:
    if not s.real.schema.rules:
        raise Refusal("the schema declares no rule")
    predictor = s.fit(_with_rule_features(at_budget(s.real, s)), "rule_feature")
    return Arm(_OnRules(predictor), len(s.real), float(s.mixed.weights(s.task.table).sum()))


def _shuffled(s: Setting) -> Arm:
    """The mixed set with the labels of its synthetic rows exchanged among themselves."""
    table, target = s.task.table, s.task.targets[0]
    frame = s.mixed.table(table)
    place = synthetic_rows(frame)
    if len(place) < 2:
        raise Refusal("the mixed arm holds no synthetic rows")
    if frame[target][place].n_unique() == 1:
        raise Refusal("all synthetic rows have the same label, so there is nothing to shuffle")
    moved = s.ctx.rng("shuffled").permutation(place)
    source = np.arange(frame.height)
    source[place] = moved
    columns = [target, *[c for c in frame.columns if c.startswith(SOFT)]]
    shuffled = frame.with_columns([frame[c][source].alias(c) for c in columns])
    return arm_from(s, s.mixed.with_table(table, shuffled), "shuffled")


def _ensemble(s: Setting) -> Arm:
    fit = s.ctx.crossfit(s.real, s.teacher)
    return Arm(_Mean(fit.models), len(s.real), float(len(s.real)))


def _more_real(s: Setting) -> Arm:
    return arm_from(s, at_budget(s.real.concat_with(_extra(s)), s), "more_real")


def _unlabelled(s: Setting) -> Arm:
    extra = _extra(s)
    fit = s.ctx.crossfit(s.real, s.teacher)
    soft = with_soft_labels(extra, s.task, fit.mean(extra))
    return arm_from(s, at_budget(with_fractions(s.real, s.task).concat_with(soft), s), "unlabelled")


CONTROLS: tuple[Control, ...] = (
    Control("real_only", "control", True, "the real rows as they are", _real_only),
    Control("duplicated", "control", True, "the real rows, weighted up to the mixed arm's size", _duplicated),
    Control("class_weights", "control", True, "real rows, every class with the same total weight", _class_weights),
    Control("threshold", "control", True, "real rows, decision threshold chosen on tune", _threshold),
    Control("smote", "control", True, "real rows and SMOTE-NC rows up to equal classes", _smote),
    Control("relabelled", "control", True, "real rows with the teacher's probabilities as labels", _relabelled),
    Control(
        "relabelled_out_of_fold", "control", True,
        "real rows with the probabilities of teachers that did not see them", _relabelled_out_of_fold,
    ),
    Control("rule_feature", "control", True, "real rows with the declared rules as features", _rule_feature),
    Control("shuffled", "control", True, "the mixed arm with its synthetic labels shuffled", _shuffled),
    Control("undersampled_bag", "control", False, f"mean of {BAG} models on balanced subsets", _undersampled_bag),
    Control("ensemble", "reference", False, "the teacher itself, deployed (forest, linear, boosting)", _ensemble),
    Control(
        "more_real", "reference", True,
        "further real rows of the training part, as many as synthetic ones and at its class shares", _more_real,
    ),
    Control("unlabelled", "reference", True, "the same further rows, labelled by the teacher", _unlabelled),
)  # fmt: skip


def synthetic_rows(frame: pl.DataFrame) -> np.ndarray[Any, Any]:
    """Positions of the rows whose `_origin` is "synthetic"."""
    if "_origin" not in frame.columns:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero((frame["_origin"] == SYNTHETIC).fill_null(False).to_numpy())


@dataclass(frozen=True)
class _Mean:
    models: tuple[Predictor, ...]

    def predict(self, data: Dataset) -> pl.DataFrame:
        total = self.models[0].predict(data)
        for model in self.models[1:]:
            total = total + model.predict(data)
        return total / len(self.models)


@dataclass(frozen=True)
class _OnRules:
    model: Predictor

    def predict(self, data: Dataset) -> pl.DataFrame:
        return self.model.predict(_with_rule_features(data))


def _with_rule_features(data: Dataset) -> Dataset:
    """One yes/no feature a rule: whether the row breaks it."""
    from abound.core.rules import broken_rows
    from abound.core.schema import Column

    table = data.schema.main_table
    frame = data.main
    broken = broken_rows(frame, data.schema.rules)
    columns = [Column(name=f"breaks: {text}", kind="bool") for text in broken]
    frame = frame.with_columns([s.alias(c.name) for c, s in zip(columns, broken.values(), strict=True)])
    schema = data.schema.with_columns(table.name, (*table.columns, *columns))
    return data.with_table(table.name, frame, schema)


def _only_classes(task: Task) -> None:
    if task.kind != "classification":
        raise Refusal("the target is a number and has no classes to balance")


def _extra(s: Setting) -> Dataset:
    if s.extra is None or not len(s.extra):
        raise Refusal("every real training row is already in use (set repeats.train_rows to hold some back)")
    made = len(synthetic_rows(s.mixed.table(s.task.table)))
    return s.extra.take(np.arange(min(made, len(s.extra))))
