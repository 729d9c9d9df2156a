"""How many objects are marked in an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class ObjectCount:
    """How many objects are marked in an image; `of` is the class that counts (all by default)."""

    of: str | None = None

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `object_count`; Refusal where nothing is marked."""
        import polars as pl

        from abound.encoding.pictures import marked, per_image
        from abound.encoding.tags import count

        found = marked(data, self.of)
        return [count("object_count", per_image(data, found, pl.len().cast(pl.Int64), 0))]
