"""Mean light of each image, 0 black to 1 white."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class Brightness:
    """Mean light of each image, 0 black to 1 white."""

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `brightness`; Refusal where the data holds no images."""
        from abound.encoding.pictures import pictures
        from abound.encoding.tags import number
        from abound.pixels.measures import brightness

        return [number("brightness", [brightness(p) for p in pictures(data)])]
