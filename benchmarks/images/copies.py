"""Are planted copies found: cropped, mirrored, in other light, recoloured, compressed?

Half of the images of a set get one copy each; a copy is found if the two are joined. A false positive is an image that
is joined with one that is no copy of it or of its source. The blood smears hold fields that were photographed twice:
the pairs in TWICE were joined by the detector and looked at, and count as copies. CIFAR-10 was not looked through, so
its share of false positives is an upper limit. Thresholds were chosen with other seeds.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from benchmarks.rows import DATA, row, share

KINDS = ("jpeg", "hflip", "vflip", "crop", "expose", "recolour", "crop_hflip")
# Rows of the file that show one field (five of the seven pairs stand in different parts of the published split).
TWICE = {"bccd_images": [(35, 36), (196, 228), (198, 226), (199, 225), (200, 224), (339, 351), (343, 348)]}
SETS = {"cifar10": ("jpeg", 800), "bccd_images": ("jpeg_320x240", 364)}


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Seeds a set; one small one where quick."""
    if quick:
        return [{"set": "cifar10", "seed": 100, "most": 150}]
    return [{"set": s, "seed": 100 + k, "most": n} for s, (_, n) in SETS.items() for k in range(3)]


def copied(image: Any, kind: str, rng: np.random.Generator) -> Any:
    """A near-copy of an RGB image, read back from JPEG."""
    import cv2

    height, width = image.shape[:2]
    quality = int(rng.integers(30, 70)) if kind == "jpeg" else 90
    if kind.startswith("crop"):
        part = float(rng.uniform(0.75, 0.95))
        h, w = int(height * part), int(width * part)
        y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        image = image[y : y + h, x : x + w]
    if kind.endswith("hflip"):
        image = image[:, ::-1]
    if kind == "vflip":
        image = image[::-1]
    if kind == "expose":
        light = np.clip(image / 255 * rng.uniform(0.5, 1.6), 0, 1) ** rng.uniform(0.6, 1.6)
        image = np.round(light * 255).astype(np.uint8)
    if kind == "recolour":
        hsv = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2HSV).astype(np.int64)
        hsv[..., 0] = (hsv[..., 0] + int(rng.integers(20, 160))) % 180
        hsv[..., 1] = np.clip(hsv[..., 1] * rng.uniform(0.3, 1.5), 0, 255)
        image = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Found or not by kind; images with a false partner."""
    import polars as pl
    from PIL import Image

    from abound.pixels.near_copies import near_copies, thumbnail

    path = DATA / "images" / f"{task['set']}.parquet"
    if not path.exists():
        return {"reason": f"{path.name} is not there"}
    column = SETS[task["set"]][0]
    data = pl.read_parquet(path, columns=[column]).with_row_index("row").sample(task["most"], seed=task["seed"])
    images = [np.asarray(Image.open(io.BytesIO(b)).convert("RGB")) for b in data[column]]
    field = {b: a for a, b in TWICE.get(task["set"], [])}
    fields = np.array([field.get(r, r) for r in data["row"].to_list()])
    rng, n = np.random.default_rng(task["seed"]), len(images)
    sources = rng.permutation(n)[: n // 2]
    kinds = [KINDS[k % len(KINDS)] for k in range(len(sources))]
    copies = [copied(images[s], kind, rng) for s, kind in zip(sources, kinds, strict=True)]
    found = {tuple(p) for p in near_copies(np.stack([thumbnail(i) for i in images + copies])).pairs.tolist()}
    origin = np.append(fields, fields[sources])
    whose = np.append(np.arange(n), sources)
    false = {int(whose[v]) for a, b in found if origin[a] != origin[b] for v in (a, b)}
    hits = {
        k: [(int(s), n + j) in found for j, (s, kind) in enumerate(zip(sources, kinds, strict=True)) if kind == k]
        for k in KINDS
    }
    return {"hits": hits, "false": [i in false for i in range(n)]}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """All copies together, each kind, and false positives a set."""
    told = [(t, r) for t, r in zip(tasks(quick), results, strict=True) if "hits" in r]
    if not told:
        return [row("copies_found", None, "share", reason=results[0]["reason"], reference={"limit": 0.99})]
    hits = {k: [h for _, r in told for h in r["hits"][k]] for k in KINDS}
    out = [share("copies_found", [h for k in KINDS for h in hits[k]], {"limit": 0.99})]
    out += [share(f"copies_found_{k}", hits[k], {"limit": 0.99}) for k in KINDS]
    for name in dict.fromkeys(t["set"] for t, _ in told):
        out.append(
            share(
                f"copies_false_{name}",
                [f for t, r in told if t["set"] == name for f in r["false"]],
                {"limit": 0.01},
            )
        )
    return out
