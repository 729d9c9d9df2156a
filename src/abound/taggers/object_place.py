"""Where in an image its largest object is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class ObjectPlace:
    """In which ninth of an image the centre of its largest object is, or "none"; `of` is the class that counts."""

    of: str | None = None

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `object_place`; Refusal where nothing is marked."""
        import polars as pl

        from abound.encoding.pictures import marked, per_image
        from abound.encoding.tags import level

        rows, columns = ("top", "middle", "bottom"), ("left", "centre", "right")

        def third(low: str, high: str, side: str, names: tuple[str, ...]) -> pl.Expr:
            at = ((pl.col(low) + pl.col(high)) / 2 / pl.col(side) * 3).floor().cast(pl.Int64).clip(0, 2)
            return at.replace_strict(dict(enumerate(names)), return_dtype=pl.String)

        found = marked(data, self.of).with_columns(
            place=third("top", "bottom", "height", rows) + " " + third("left", "right", "width", columns)
        )
        places = per_image(data, found, pl.col("place").sort_by("area", descending=True).first(), "none")
        levels = (*(f"{r} {c}" for r in rows for c in columns), "none")
        return [level("object_place", places, levels)]
