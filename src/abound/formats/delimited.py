"""CSV and its relatives, in blocks: the delimiter is found, every line is checked, nothing is guessed silently.

A reader that fills short lines with nulls, takes Latin-1 for UTF-8 or renames twin columns gives a table that looks
right. Here each of these is refused with its line. A block ends at the end of a row (a newline outside quotes), so
a file of any size is read in the memory of one block; Polars parses the blocks.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from abound.errors import InputError
from abound.formats.lines import check_block, check_encoding, row_end
from abound.formats.source import LARGE_BYTES, MAX_COLUMNS, Source

DELIMITERS = (",", ";", "\t", "|")
BLOCK_BYTES = 8_000_000
MAX_ROW_BYTES = 64_000_000
MAX_HEADER_BYTES = 4_000_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Layout:
    """How the text is laid out: the delimiter, the column names, and where the rows start."""

    delimiter: str
    columns: tuple[str, ...]
    data_byte: int
    header_lines: int
    notes: tuple[str, ...]


def open_text(path: Path, *, packed: bool = False) -> Source:
    """A CSV, TSV or TXT file, or a gzip of one.

    Raises InputError, naming file, line and fix, for: a packed file over LARGE_BYTES, text that is not UTF-8, lines
    with too many or too few fields, stray or unclosed quotes, no header, twin column names, no rows, a delimiter
    that is not one of , ; tab |.
    """
    name = str(path)
    opener: Callable[[], BinaryIO]
    if packed:
        data = _unpack(path)
        size, opener = len(data), lambda: io.BytesIO(data)
    else:
        size, opener = path.stat().st_size, lambda: path.open("rb")
    with opener() as file:
        layout = read_layout(name, file)
    schema: dict[str, pl.DataType] = {c: pl.String() for c in layout.columns}

    def batches() -> Iterator[pl.DataFrame]:
        with opener() as file:
            file.seek(layout.data_byte)
            yield from _frames(name, file, layout)

    def scan() -> pl.LazyFrame:
        source = io.BytesIO(data) if packed else path
        return pl.scan_csv(
            source, has_header=False, skip_rows=1, schema=schema, separator=layout.delimiter, glob=False
        )

    comma = layout.delimiter != ","
    large = size > LARGE_BYTES
    return Source(name, schema, batches, scan, text=True, large=large, decimal_comma=comma, notes=layout.notes)


def _unpack(path: Path) -> bytes:
    """The content of a gzip file, never more than LARGE_BYTES of it."""
    try:
        with gzip.open(path, "rb") as file:
            data = file.read(LARGE_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is damaged or cut short ({error}): copy it again") from None
    if len(data) > LARGE_BYTES:
        raise InputError(
            f"{path} unpacks to more than {LARGE_BYTES // 1_000_000} MB: unpack it first (gunzip), so that it can "
            "be read in parts"
        )
    if not data:
        raise InputError(f"{path} is empty: write the table again")
    return data


def read_layout(name: str, file: BinaryIO) -> Layout:
    """Delimiter, column names and start of the rows, from the head of the file."""
    head = file.read(MAX_HEADER_BYTES)
    start = len(_BOM) if head.startswith(_BOM) else 0
    if b"\n" not in head and b"\r" in head:
        raise InputError(f"{name} ends its lines with CR alone: save it with LF or CRLF line ends")
    sample = head[start : start + 256_000]
    check_encoding(name, head[: start + len(sample)], 1, cut=len(head) > start + len(sample))
    text = sample.decode("utf-8", errors="ignore")
    delimiter = _delimiter(name, text)
    end = row_end(head, start)
    if end is None and len(head) == MAX_HEADER_BYTES:
        raise InputError(f"{name} has no end of line in its first {MAX_HEADER_BYTES:,} bytes: is it a table?")
    header = head[start : end or len(head)].decode("utf-8")
    try:
        cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise InputError(f"the first line of {name} is not a list of column names ({error}): correct it") from None
    columns, notes = _columns(name, [c.strip() for c in cells], delimiter)
    return Layout(delimiter, columns, end or len(head), header.count("\n") or 1, notes)


def _delimiter(name: str, text: str) -> str:
    """The delimiter that splits most lines into as many fields as the header has, and more than one."""
    lines = [line + "\n" for line in text.split("\n")]
    if len(text) >= 200_000 and len(lines) > 1:
        lines = lines[:-1]  # cut in the middle
    if not lines[0].strip():
        raise InputError(f"{name} starts with an empty line: delete it, so that the header is the first line")
    best, best_score = ",", (0.5, 1)
    for delimiter in DELIMITERS:
        rows = csv.reader(io.StringIO("".join(lines[:500]), newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row in rows if any(c.strip() for c in row)]
        except csv.Error:
            continue
        score = (widths.count(widths[0]) / len(widths), widths[0])
        if widths[0] > 1 and score > best_score:
            best, best_score = delimiter, score
    if best_score == (0.5, 1):
        _check_single(name, [line.strip() for line in lines[:500] if line.strip()])
    return best


def _check_single(name: str, lines: list[str]) -> None:
    """Refuse one column that is more likely several, divided by something that is not looked for."""
    header = lines[0]
    for mark, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"), (",", "commas")):
        if mark in header and not header.startswith('"'):
            raise InputError(
                f"{name} seems to have one column, {header[:60]!r}, though its header has {word} and its rows do "
                f"not agree: divide header and rows alike by one of , ; tab |"
            )
    for divider, word in ((None, "spaces"), (":", "colons"), ("^", "carets"), ("~", "tildes")):
        widths = {len(line.split(divider)) for line in lines}
        if len(lines) > 1 and len(widths) == 1 and widths.pop() > 1:
            raise InputError(
                f"{name} seems to have one column, {header[:60]!r}, and every line is divided by {word}: "
                "save it with commas, semicolons, tabs or bars between the fields"
            )


def _columns(name: str, cells: list[str], delimiter: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names that are there once each; an empty one is named by its place, with a note."""
    if len(cells) > MAX_COLUMNS:
        raise InputError(
            f"{name} has {len(cells):,} columns and at most {MAX_COLUMNS:,} are read: select the ones you need"
        )
    _check_header(name, cells)
    columns: list[str] = []
    unnamed = []
    for place, cell in enumerate(cells, start=1):
        if not cell:
            unnamed.append(place)
        columns.append(cell or _free(f"column_{place}", cells))
    seen: dict[str, int] = {}
    for place, column in enumerate(columns, start=1):
        if column in seen:
            raise InputError(
                f"{name} has the column {column!r} twice (places {seen[column]} and {place}): rename one of them"
            )
        seen[column] = place
    notes = tuple(f"'column_{p}': the name was empty, so the column is called by its place" for p in unnamed[:8])
    return tuple(columns), notes


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _check_header(name: str, cells: list[str]) -> None:
    """Refuse a first line of data: numbers as names, unless they run up or down as years do."""
    numbers = []
    for cell in cells:
        try:
            numbers.append(float(cell))
        except ValueError:
            continue
    if len(numbers) < 2:
        return
    steps = [b - a for a, b in itertools.pairwise(numbers)]
    whole = all(n.is_integer() for n in numbers)
    if not whole or not (all(s > 0 for s in steps) or all(s < 0 for s in steps)):
        shown = ", ".join(c for c in cells[:4])
        raise InputError(
            f"the first line of {name} holds data, not column names ({shown}, ...): add a line with the names"
        )


def _frames(name: str, file: BinaryIO, layout: Layout) -> Iterator[pl.DataFrame]:
    """The rows as frames of text, block by block."""
    line = layout.header_lines + 1
    # each column costs some time a block whatever its rows, so a wide table is read in larger ones
    size = BLOCK_BYTES * (2 if len(layout.columns) > 500 else 1)
    for block in _blocks(name, file, line, size):
        check_encoding(name, block, line)
        check_block(name, block, line, layout.delimiter, len(layout.columns))
        yield _parse(name, block, line, layout)
        line += block.count(b"\n")


def _blocks(name: str, file: BinaryIO, line: int, size: int) -> Iterator[bytes]:
    """Whole rows, about `size` bytes at a time."""
    rest = b""
    while data := file.read(size):
        data = rest + data
        end = row_end(data, 0, last=True)
        if end is None and len(data) > MAX_ROW_BYTES:
            raise InputError(
                f"{name} has a row of more than {MAX_ROW_BYTES // 1_000_000} MB at line {line}: a quote is opened "
                "there and never closed"
            )
        if end is not None:
            yield data[:end]
            line += data.count(b"\n", 0, end)
        rest = data[end or 0 :]
    if rest:
        yield rest


def _parse(name: str, block: bytes, line: int, layout: Layout) -> pl.DataFrame:
    # a header of our own: the first row of the block may start with an empty line, which Polars would trip over
    names = [f"c{i}" for i in range(len(layout.columns))]
    head = layout.delimiter.join(names).encode() + b"\n"
    try:
        frame = pl.read_csv(head + block, separator=layout.delimiter, schema=dict.fromkeys(names, pl.String))
    except pl.exceptions.PolarsError as error:
        check_block(name, block, line, layout.delimiter, len(layout.columns), thorough=True)
        reason = str(error).split("\n")[0]
        last = line + block.count(b"\n")
        raise InputError(
            f"{name} cannot be read as CSV between lines {line} and {last} ({reason}): save it again with every "
            "cell that holds a delimiter or a quote in quotes"
        ) from error
    frame.columns = list(layout.columns)
    return frame
