"""What commands print: labelled paragraphs and small tables on stdout for people, one JSON value for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDTH = 100


def print_json(value: Any) -> None:
    """Strict JSON on stdout. Numbers that JSON lacks (an unbounded interval, an undefined score) become null."""
    print(json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """Models, paths and tuples, at any depth, as JSON values."""
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json", by_alias=True))
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _show(what: RenderableType) -> None:
    """Print on stdout: colour on a terminal unless NO_COLOR is set, at most 100 columns, no spaces at line ends."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
    with console.capture() as caught:
        console.print(what)
    print("\n".join(line.rstrip() for line in caught.get().splitlines()))


def print_page(paragraphs: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Paragraphs with a label on the left; empty ones are left out."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, lines in paragraphs:
        for number, line in enumerate(lines):
            grid.add_row(Text("" if number else label, style="bold"), Text(line))
    _show(grid)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> None:
    """A table without vertical lines; columns at the positions `right` are set flush right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for place, name in enumerate(head):
        table.add_column(Text(name), justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _show(table)
