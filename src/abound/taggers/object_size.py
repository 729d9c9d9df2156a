"""How much of an image its largest object takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class ObjectSize:
    """The share of an image that its largest object takes, empty without one; `of` is the class that counts."""

    of: str | None = None

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `object_size`; Refusal where nothing is marked."""
        import polars as pl

        from abound.encoding.pictures import marked, per_image
        from abound.encoding.tags import number

        found = marked(data, self.of)
        return [number("object_size", per_image(data, found, pl.col("share").max(), None))]
