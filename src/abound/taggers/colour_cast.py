"""The hue that lies over a whole image, as from lamps, stains or a wrong white balance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class ColourCast:
    """The hue that lies over a whole image: its mean colour is farther than `least` from grey."""

    least: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.06

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `colour_cast`; Refusal where no image has colours."""
        from abound.encoding.pictures import pictures
        from abound.encoding.tags import level
        from abound.errors import Refusal
        from abound.pixels.measures import CASTS, colour_cast

        values, coloured = [], False
        for image in pictures(data):
            values.append(colour_cast(image, self.least))
            coloured |= image.ndim == 3
        if not coloured:
            raise Refusal("all images are grey and have no colour cast")
        column, series = level("colour_cast", values, CASTS)
        # Hues are not all expected: only those that occur are levels of this set.
        seen = tuple(c for c in CASTS if c in set(values))
        return [(column.model_copy(update={"domain": seen, "declared": False}), series)]
