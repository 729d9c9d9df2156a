"""Spread of light in each image, 0 flat to about .5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class Contrast:
    """Spread of light in each image, 0 flat to about .5."""

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `contrast`; Refusal where the data holds no images."""
        from abound.encoding.pictures import pictures
        from abound.encoding.tags import number
        from abound.pixels.measures import contrast

        return [number("contrast", [contrast(p) for p in pictures(data)])]
