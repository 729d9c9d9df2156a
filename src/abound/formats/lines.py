"""Lines of delimited text, checked on bytes: encoding, fields per row, quotes. Faults are named by line.

The common case costs a few passes of `bytes.count`: a block without quotes whose delimiters number rows x (fields
- 1) is right, or has a row too long, which the parser refuses. Only otherwise is each row measured, with NumPy: the
running count of quotes, modulo two, says which bytes lie inside quotes (RFC 4180).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from abound.errors import InputError

QUOTE, NEWLINE, RETURN = 34, 10, 13
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def row_end(data: bytes, start: int, *, last: bool = False) -> int | None:
    """The position after the first (or last) newline outside quotes, from `start`; None where there is none."""
    if data.find(b'"', start) < 0:
        end = data.rfind(b"\n", start) if last else data.find(b"\n", start)
        return end + 1 if end >= 0 else None
    ends = np.flatnonzero(_outside(_array(data)[start:], NEWLINE))
    if not len(ends):
        return None
    return start + int(ends[-1 if last else 0]) + 1


def check_encoding(name: str, data: bytes, line: int, *, cut: bool = False) -> None:
    """InputError, with line and byte, where the text is not UTF-8. `cut`: the data may end inside a character."""
    if b"\0" in data:
        line += data.count(b"\n", 0, data.find(b"\0"))
        raise InputError(
            f"{name} holds a zero byte at line {line}: it is no UTF-8 text, save the table as UTF-8 CSV"
        )
    if data.isascii():
        return
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if cut and error.start >= len(data) - 4:
            return
        line += data.count(b"\n", 0, error.start)
        place = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise InputError(
            f"{name} is not UTF-8: byte {data[error.start]:#04x} at line {line}, place {place}; save it as UTF-8 "
            f"(if it is Latin-1: iconv -f latin1 -t utf-8 {name} > utf8.csv)"
        ) from None


def check_block(name: str, block: bytes, line: int, delimiter: str, fields: int, *, thorough: bool = False) -> None:
    """InputError, with the line, where a row of the block has too many or too few fields or a stray quote.

    `line` is the number of the block's first line; blank lines are passed over. `thorough` measures every row.
    """
    quoted = b'"' in block
    if not quoted and not thorough:
        rows = block.count(b"\n") + (not block.endswith(b"\n"))
        if block.count(delimiter.encode()) == rows * (fields - 1):
            return
    data = _array(block)
    if quoted:
        _check_quotes(name, data, line, delimiter)
    ends = np.flatnonzero(_outside(data, NEWLINE))
    if not block.endswith(b"\n"):
        ends = np.append(ends, len(data))
    marks = np.flatnonzero(_outside(data, ord(delimiter)))
    found = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
    starts = np.append(0, ends[:-1] + 1)
    for row in np.flatnonzero(found != fields):
        if not block[starts[row] : ends[row]].strip():
            continue
        at, many = line + block.count(b"\n", 0, int(starts[row])), int(found[row])
        raise InputError(
            f"{name} has {many} field{'s' * (many != 1)} at line {at} and {fields} in its header: give "
            f"the line {fields}, or put cells that hold {delimiter!r} in quotes"
        )


def _check_quotes(name: str, data: Bytes, line: int, delimiter: str) -> None:
    """A quote may open only at the start of a cell and close only at its end."""
    quotes = np.flatnonzero(data == QUOTE)
    if len(quotes) % 2:
        # a quote too many: the first one that opens where no cell starts, else the last one
        stray = _stray(data, quotes, delimiter)
        at = stray if stray is not None else int(quotes[-1])
        raise InputError(
            f"{name} has a quote at line {line + _newlines(data, at)} that is never closed: close it, or double it "
            "where it is part of the text"
        )
    at_or_none = _stray(data, quotes, delimiter)
    if at_or_none is not None:
        raise InputError(
            f"{name} has a quote inside a cell at line {line + _newlines(data, at_or_none)}: double it and put the "
            "whole cell in quotes, without spaces around them"
        )


def _stray(data: Bytes, quotes: np.ndarray[Any, Any], delimiter: str) -> int | None:
    """The position of the first quote that opens inside a cell or closes before its end."""
    padded = np.concatenate([[NEWLINE], data, [NEWLINE]]).astype(np.uint8)
    opens, closes = quotes[0::2], quotes[1::2]
    before, after = padded[opens], padded[closes + 2]
    good_open = np.isin(before, (ord(delimiter), NEWLINE, QUOTE))
    good_close = np.isin(after, (ord(delimiter), NEWLINE, RETURN, QUOTE))
    bad = [int(q[~good][0]) for q, good in ((opens, good_open), (closes, good_close)) if not good.all()]
    return min(bad) if bad else None


def _newlines(data: Bytes, end: int) -> int:
    return int((data[:end] == NEWLINE).sum())


def _array(data: bytes) -> Bytes:
    return np.frombuffer(data, dtype=np.uint8)


def _outside(data: Bytes, byte: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where `byte` stands outside quotes."""
    inside = np.cumsum(data == QUOTE, dtype=np.uint8) & 1  # counts wrap at 256, which keeps the parity
    found: np.ndarray[Any, np.dtype[np.bool_]] = (data == byte) & (inside == 0)
    return found
