"""The training set of an arm, once more: the same builder as in its repeat, recording what it would train on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from abound.core.dataset import Dataset
from abound.errors import InputError, Refusal
from abound.proof.controls import CONTROLS, Setting, at_budget

if TYPE_CHECKING:
    import polars as pl

    from abound.core.protocols import Predictor


@dataclass(frozen=True)
class RebuiltArm:
    """What an arm trains on, and whether its threshold is chosen on tune."""

    data: Dataset
    tuned_threshold: bool


def rebuild(arm: str, candidates: Mapping[str, Dataset], setting: Setting) -> RebuiltArm:
    """The rows and weights that `arm` trained on in the repeat of `setting`: same seed, same bytes.

    Raises InputError for an arm that is neither a candidate nor a control, Refusal for one that trains several
    models or none of the learner in question.
    """
    if arm in candidates:
        return RebuiltArm(at_budget(candidates[arm], setting), True)
    control = next((c for c in CONTROLS if c.name == arm), None)
    if control is None:
        raise InputError(f"no arm is called {arm!r}: the study may be from another version, run it again")
    recording = _Recording(**{f.name: getattr(setting, f.name) for f in fields(Setting)})
    built = control.build(recording)
    if len(recording.seen) != 1:
        raise Refusal(f"{arm} trains {len(recording.seen)} models of its own, and not one on one table")
    return RebuiltArm(recording.seen[0], built.tuned_threshold)


@dataclass(frozen=True)
class _Recording(Setting):
    """A setting that notes the rows instead of training on them."""

    seen: list[Dataset] = field(default_factory=list)

    def fit(self, data: Dataset, *path: object) -> Predictor:
        self.seen.append(data)
        return _Untrained()


@dataclass(frozen=True)
class _Untrained:
    """Stands where a model would be."""

    def predict(self, data: Dataset) -> pl.DataFrame:
        raise Refusal("this arm was rebuilt for its rows, and no model was trained")
