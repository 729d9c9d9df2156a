"""Mix: join the real rows and the synthetic rows that passed the audit into the training set to prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.context import Context
from abound.core.recipe import Use

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.core.dataset import Dataset

DEFAULT = Use(name="append")


def mix(
    synth: Dataset,
    train: Dataset,
    tune: Dataset,
    audit: Audit,
    *,
    mixer: Use = DEFAULT,
    seed: int = 0,
    ctx: Context | None = None,
) -> Dataset:
    """The mixed dataset (origin "mixed", schema of `train`), with a note on how many synthetic rows were dropped.

    Raises UnknownName or InputError for a mixer or parameter that does not exist, SchemaError where the two sets
    do not have the same columns.
    """
    around = ctx or Context(seed=seed)
    plugin = registry.create("mixer", mixer.name, mixer.params)
    mixed: Dataset = plugin.mix(synth, train, tune, audit, around.at("mix", mixer.name, mixer.params))
    return mixed
