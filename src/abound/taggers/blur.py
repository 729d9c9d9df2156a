"""How blurred each image is, 0 sharp to 1 blurred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class Blur:
    """How blurred each image is, 0 sharp to 1 blurred."""

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `blur`; Refusal where the data holds no images."""
        from abound.encoding.pictures import pictures
        from abound.encoding.tags import number
        from abound.pixels.measures import blur

        return [number("blur", [blur(p) for p in pictures(data)])]
