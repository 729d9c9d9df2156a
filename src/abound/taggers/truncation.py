"""Whether objects are cut by the border of their image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class Truncation:
    """The share of an image's objects within `margin` pixels of its border (0 to 1), empty without objects.

    `of` is the class that counts (all by default).
    """

    of: str | None = None
    margin: Annotated[float, Field(ge=0.0, le=20.0)] = 1.0

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `truncation`; Refusal where nothing is marked."""
        import polars as pl

        from abound.encoding.pictures import marked, per_image
        from abound.encoding.tags import number

        near = pl.min_horizontal(
            "left", "top", pl.col("width") - pl.col("right"), pl.col("height") - pl.col("bottom")
        )
        found = marked(data, self.of).with_columns(cut=(near <= self.margin).cast(pl.Float64))
        return [number("truncation", per_image(data, found, pl.col("cut").mean(), None))]
