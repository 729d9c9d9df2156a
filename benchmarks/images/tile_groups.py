"""Are the exposures of one scene found among magnetic tiles, and nothing else joined?

The truth is in the file names: `exp3_num_557` is the third exposure, and the numbers rise with time, so images that
follow one another with different exposures are one scene. Thresholds were chosen on the first half of the scenes and
on planted copies in other sets; the second half only judges. Some tiles were put before the camera twice: the pairs of
scenes in SAME_TILE were joined by the detector and looked at, and show one tile; any other join is a false merge.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from benchmarks.rows import DATA, row

# First file numbers of the scenes that show one tile.
SAME_TILE = {
    "first": [
        [5874, 13526], [8676, 9196, 10334], [37056, 37556], [53011, 65001], [85602, 85998, 86828, 88149],
        [108719, 108889], [124236, 124592], [136254, 136676],
    ],
    "second": [
        [257630, 257938], [283203, 283465], [306586, 309352], [320808, 320895], [337646, 349824], [355636, 358102],
    ],
}  # fmt: skip
_GAP = 200


def tasks(quick: bool) -> list[dict[str, Any]]:
    """The two halves of the scenes; the second only where quick is not asked."""
    return [{"half": h, "most": 240 if quick else 10_000} for h in (("second",) if quick else ("first", "second"))]


def scenes(files: list[str], sizes: list[tuple[int, int]]) -> Any:
    """The scene of each file, in the order of the numbers: int64 (n,). Files must be sorted by number."""
    open_: list[tuple[int, set[int], tuple[int, int]]] = []
    out = np.zeros(len(files), np.int64)
    for k, (name, size) in enumerate(zip(files, sizes, strict=True)):
        exposure, number = (int(v) for v in re.findall(r"\d+", name)[:2])
        options = []
        for g, (last, exposures, before) in enumerate(open_):
            if number - last <= _GAP and exposure not in exposures:
                options.append((float(np.abs(np.log(np.array(size) / before)).sum()), g))
        if options and min(options)[0] < 0.7:
            out[k] = min(options)[1]
            open_[out[k]] = (number, open_[out[k]][1] | {exposure}, size)
        else:
            out[k] = len(open_)
            open_.append((number, {exposure}, size))
    return out


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Scenes found whole, and joins of several scenes, in one half."""
    import io

    import polars as pl
    from PIL import Image

    from abound.pixels.near_copies import near_copies, thumbnail
    from abound.stats.unionfind import components

    path = DATA / "images" / "magnetic_tile.parquet"
    if not path.exists():
        return {"reason": f"{path.name} is not there"}
    table = pl.read_parquet(path, columns=["source_file", "orig_w", "orig_h", "jpeg"])
    number = table["source_file"].str.extract(r"num_(\d+)").cast(pl.Int64)
    table = table.with_columns(number.alias("number")).sort("number")
    of = scenes(table["source_file"].to_list(), list(zip(table["orig_w"], table["orig_h"], strict=True)))
    middle = (int(of.max()) + 1) // 2
    chosen = np.flatnonzero(of < middle if task["half"] == "first" else of >= middle)[: task["most"]]
    of, number = of[chosen], table["number"].to_numpy()[chosen]
    thumbs = [thumbnail(np.asarray(Image.open(io.BytesIO(b)).convert("L"))) for b in table["jpeg"][chosen.tolist()]]
    found = components(near_copies(np.stack(thumbs)).pairs, len(of))
    whole = [len(set(found[of == s].tolist())) == 1 for s in np.unique(of)]
    joined = [sorted(int(number[of == s].min()) for s in np.unique(of[found == c])) for c in np.unique(found)]
    return {"whole": whole, "joins": [j for j in joined if len(j) > 1], "groups": len(joined)}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """The half that judges first, then the one on which thresholds were chosen."""
    out = []
    for task, r in reversed(list(zip(tasks(quick), results, strict=True))):
        note = {"half": "judges" if task["half"] == "second" else "thresholds were chosen on it"}
        if "reason" in r:
            name = f"tile_groups_found_{task['half']}"
            out.append(row(name, None, "share", reason=r["reason"], reference=note))
            continue
        n, false = len(r["whole"]), sum(not _one_tile(j, task["half"]) for j in r["joins"])
        out += [
            row(f"tile_groups_found_{task['half']}", sum(r["whole"]) / n, "share", n=n,
                reference={"limit": 0.99, **note}),
            row(f"tile_false_merges_{task['half']}", false / r["groups"], "share", n=r["groups"],
                reference={"limit": 0.01, "joins of one tile, seen twice": len(r["joins"]) - false, **note}),
        ]  # fmt: skip
    return out


def _one_tile(join: list[int], half: str) -> bool:
    """Whether the scenes of a join are known to show one tile."""
    return any(set(join) <= set(known) for known in SAME_TILE[half])
