"""Run-length codes of masks as COCO has them: runs down the columns, then six bits a character.

Source: the format of the COCO API (Lin et al. 2014): counts after the second are differences to the count two before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def encode(mask: Array) -> dict[str, Any]:
    """A mask, bool (h, w), as {"size": [h, w], "counts": text}."""
    flat = np.asarray(mask, bool).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    ends = np.concatenate([[0] if not flat.size or not flat[0] else [0, 0], edges, [flat.size]])
    return {"size": [int(n) for n in mask.shape], "counts": _text(np.diff(ends).tolist())}


def _text(counts: list[int]) -> str:
    out = []
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != (-1 if bits & 16 else 0)
            out.append(chr((bits | (32 if more else 0)) + 48))
    return "".join(out)


def decode(code: dict[str, Any]) -> Array:
    """The mask, bool (h, w)."""
    counts: list[int] = []
    value, shift = 0, 0
    for character in code["counts"]:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            if bits & 16:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value, shift = 0, 0
    height, width = code["size"]
    runs = np.arange(len(counts)) % 2 == 1
    return np.repeat(runs, counts).reshape((height, width), order="F")
