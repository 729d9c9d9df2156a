"""From a dataset to vectors: the encoder of whichever kind of data it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core import registry
from abound.errors import Refusal

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Encoder


def encoder_of(train: Dataset, ctx: Context) -> Encoder:
    """The encoder of the first installed kind, by name, that takes this data, learned from `train`.

    Kinds tell data apart by its schema. Raises Refusal with every kind's reason where none takes it.
    """
    reasons = []
    for name in registry.names("kind"):
        try:
            encoder: Encoder = registry.create("kind", name).encoder(train, ctx)
        except Refusal as refusal:
            reasons.append(f"{name}: {refusal}")
        else:
            return encoder
    raise Refusal(f"no installed kind of data turns these rows into vectors ({'; '.join(reasons)})")
