"""Whether a person stands on the road, from label maps of street scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Tag


@plugin("tagger", accepts=("images",))
class PersonOnRoad:
    """Whether a person stands on the road: what is labelled under the feet of a blob of persons is road.

    `person` and `road` are the classes in the masks, by name (classes.txt) or number; blobs of fewer than
    `least_pixels` are left aside.
    """

    person: str | int = "pedestrian"
    road: str | int = "road"
    least_pixels: Annotated[int, Field(ge=1)] = 20

    def tag(self, data: Dataset, ctx: Context) -> list[Tag]:
        """The column `person_on_road`, empty without a mask; Refusal without masks or these classes."""
        from abound.encoding.pictures import class_number, label_maps
        from abound.encoding.tags import yes_no
        from abound.pixels.measures import feet_on

        maps = label_maps(data)
        first = next(maps, None)
        person, road = class_number(data, self.person), class_number(data, self.road)
        values = [
            None if m is None else feet_on(m == person, m == road, self.least_pixels) > 0
            for m in (first, *maps)
        ]  # fmt: skip
        return [yes_no("person_on_road", values[: len(data)])]
