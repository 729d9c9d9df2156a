"""Whether an image is dark as a whole, as at night or dusk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class Night:
    """Whether an image is dark as a whole, as at night or dusk: its mean light lies under `below`."""

    below: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.3

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `night`; Refusal where the data holds no images."""
        from abound.encoding.pictures import pictures
        from abound.encoding.tags import yes_no
        from abound.pixels.measures import brightness

        return [yes_no("night", [brightness(p) < self.below for p in pictures(data)])]
