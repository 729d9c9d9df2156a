"""Near-copies among images: one scene at several exposures, crops, flips, recoloured or compressed again.

Every image becomes a small grey picture whose spectrum is made flat over the whole set ("whitened"): what all
images share, such as stripes, shading or a common layout, then counts no more than what is one image's own. Two
unrelated whitened pictures correlate by chance only, by about 1 / sqrt(cells of the band), so one threshold
serves every kind of image. A coarse band proposes pairs (each whole image against windows and mirror images of
all others), the pair is aligned by an affine map (Evangelidis and Psarakis 2008), and the fine band decides after
the alignment.

Sources: phase correlation, Kuglin and Hines 1975; alignment by the enhanced correlation coefficient, IEEE TPAMI
2008.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

THUMB = 96  # side of the picture that is kept of every image, uint8
SIDE = 64  # side at which pairs are compared
COARSE, FINE, LOW = 7.0, 20.0, 1.5  # cycles an image: bands of the proposal and of the decision
PROPOSED = 0.22  # least coarse correlation of a proposed pair
ACCEPTED = 0.36  # least fine correlation of a pair after alignment
NEAREST = 8  # proposals an image
MANY, MOST = 4_000, 20_000  # images up to which all windows, or those of both axes alike, are tried
_PRIOR = 8.0  # images that a 1/f spectrum counts for, so that a small set is whitened too
_NEAREST_OF_MANY, _PROPOSED_OF_MANY = 3, 0.32  # the same for more images than MANY
_CHUNK = 512  # images whose views are compared at once
SLACK = 0.12  # how far, as a share of the side, the alignment may move a corner of a view
_NOISE = 2.0  # grey levels that compression leaves in a thumbnail
_LEARNED = 1000  # images that the whitening is learned from
_FEW, _COMMON = 50, 0.15  # images from which directions are shared, and the share of them that must own one
_ALL = np.ones((SIDE, SIDE), np.uint8)
_CORNERS = np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE]])


@dataclass(frozen=True)
class Copies:
    """`pairs` int64 (m, 2), first < second; `score` (m,) their correlation after alignment; `windows` tried."""

    pairs: Array
    score: Array
    windows: int


def thumbnail(image: Array) -> Array:
    """uint8 (96, 96) of an image (h, w) or (h, w, 3) of any depth: grey, and stretched to its own range."""
    import cv2

    grey = image if image.ndim == 2 else image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    small = cv2.resize(grey.astype(np.float32), (THUMB, THUMB), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(small, (0.5, 99.5))
    spread = high - low if high > low else 1.0
    return np.asarray(np.clip(np.round((small - low) / spread * 255), 0, 255), np.uint8)


def near_copies(thumbs: Array) -> Copies:
    """Pairs of near-copies among thumbnails uint8 (n, 96, 96). Flat pictures (one grey) are copies of nothing."""
    flat = thumbs.reshape(len(thumbs), -1).std(axis=1) < 2.0
    alive = np.flatnonzero(~flat)
    views = _views(len(alive))
    if len(alive) < 2:
        return Copies(np.zeros((0, 2), np.int64), np.zeros(0), len(views))
    whitener = _Whitener(thumbs[alive])
    proposed = _proposals(thumbs[alive], views, whitener)
    pairs, scores = [], []
    for (a, b), found in sorted(proposed.items()):
        score = max(_verified(thumbs[alive[i]], thumbs[alive[j]], views[v], whitener) for i, j, v in found)
        if score >= ACCEPTED:
            pairs.append((int(alive[a]), int(alive[b])))
            scores.append(score)
    return Copies(np.array(pairs, np.int64).reshape(-1, 2), np.array(scores), len(views))


View = tuple[float, float, float, float, bool, bool]


def _views(count: int) -> list[View]:
    """Left, top, width, height (shares of the image) and the two mirrorings of what an image is compared by."""
    windows = [(0.0, 0.0, 1.0, 1.0)]
    if count <= MOST:
        scales = (0.93, 0.86, 0.79, 0.72) if count <= MANY else (0.88, 0.75)
        for n, share in enumerate(scales, 2):
            places = np.linspace(0.0, 1 - share, n).tolist()
            windows += [(x, y, share, share) for x, y in itertools.product(places, places)]
    if count <= MANY:  # cut along one side only
        for n, share in ((3, 0.86), (4, 0.72)):
            places = np.linspace(0.0, 1 - share, n).tolist()
            windows += [w for o in places for w in ((o, 0.0, share, 1.0), (0.0, o, 1.0, share))]
    return [(*w, across, down) for w in windows for across in (False, True) for down in (False, True)]


class _Whitener:
    """Makes pictures of a set comparable: a flat mean spectrum in a band, and no shared directions."""

    def __init__(self, thumbs: Array) -> None:
        f = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE, 1 / SIDE), np.fft.rfftfreq(SIDE, 1 / SIDE), indexing="ij"))
        edge = np.minimum(1.0, (0.5 - np.abs((np.arange(SIDE) + 0.5) / SIDE - 0.5)) / 0.125)
        ramp = np.sin(edge * np.pi / 2) ** 2
        self.taper = np.outer(ramp, ramp).astype(np.float32)
        chosen = reduced(thumbs[:: max(1, -(-len(thumbs) // _LEARNED))])
        power = (np.abs(self._spectrum(chosen)) ** 2).sum(axis=0)
        prior = 1.0 / np.maximum(f, 1.0) ** 2
        band = (f >= LOW) & (f <= FINE)
        prior *= (power / len(chosen))[band].sum() / prior[band].sum()
        mean = (power + _PRIOR * prior) / (len(chosen) + _PRIOR)
        # Where the set has next to no power there is only noise to compare, as in pictures that were smaller.
        floor = _NOISE**2 * float((self.taper**2).sum())
        self.filter = np.where(band, 1 / np.sqrt(mean + floor), 0.0).astype(np.float32)
        self.soft = np.where(f <= COARSE, self.filter, 0.0).astype(np.float32)
        self.fine, self.coarse = np.nonzero(band), np.nonzero(band & (f <= COARSE))
        self.shared = {c: _shared(self._raw(_mirrored(chosen), c)) for c in (False, True)}

    def _spectrum(self, pictures: Array) -> Array:
        centred = pictures - pictures.mean(axis=(-2, -1), keepdims=True)
        return np.fft.rfft2(centred * self.taper)

    def picture(self, pictures: Array, coarse: bool = False) -> Array:
        """Pictures float32 (..., 64, 64) with a flat spectrum and deviation 1; extreme pixels are cut off."""
        out = np.fft.irfft2(self._spectrum(pictures) * (self.soft if coarse else self.filter), s=(SIDE, SIDE))
        spread = out.std(axis=(-2, -1), keepdims=True) + 1e-9
        return np.asarray(np.clip(out / spread, -3, 3), np.float32)

    def _raw(self, pictures: Array, coarse: bool) -> Array:
        spectrum = np.fft.rfft2(self.picture(pictures, coarse))
        rows, columns = self.coarse if coarse else self.fine
        part = spectrum[..., rows, columns] * np.where(columns == 0, 1.0, np.sqrt(2.0))
        return _unit(np.concatenate([part.real, part.imag], axis=-1))

    def vectors(self, pictures: Array, coarse: bool = False) -> Array:
        """float32 (n, d) of length 1, whose products are the correlations of whitened pictures."""
        out = self._raw(pictures, coarse)
        directions, less = self.shared[coarse]
        return _unit(out - (out @ directions * less) @ directions.T)


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9), np.float32)


def _mirrored(pictures: Array) -> Array:
    """The four mirror images of each picture, (4, n, 64, 64)."""
    return np.stack([pictures, pictures[:, ::-1], pictures[:, :, ::-1], pictures[:, ::-1, ::-1]])


def _shared(vectors: Array) -> tuple[Array, Array]:
    """Directions (d, k) in which many images of the set agree or differ in the same way, and how far each is cut.

    A cell in the middle of every picture, larger here and smaller there, is such a direction: it says what the
    set is about and not that two pictures show one cell. Directions that few images own (the copies of one) are
    left alone. `vectors` (4, n, d) are the mirror images.
    """
    mirrors, n, d = vectors.shape
    if n < _FEW:
        return np.zeros((d, 0), np.float32), np.zeros(0, np.float32)
    flat = vectors.reshape(-1, d).astype(np.float64)
    values, directions = np.linalg.eigh(flat.T @ flat / len(flat))
    large = values > 3 / d
    values, directions = values[large], directions[:, large]
    scores = ((flat @ directions) ** 2).reshape(mirrors, n, -1).mean(axis=0)
    owners = scores.mean(axis=0) ** 2 / (scores**2).mean(axis=0)
    common = owners > _COMMON
    return directions[:, common].astype(np.float32), (1 - np.sqrt(1 / d / values[common])).astype(np.float32)


def reduced(thumbs: Array) -> Array:
    """Thumbnails (n, 96, 96) as float32 (n, 64, 64)."""
    import cv2

    return np.stack([cv2.resize(t.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) for t in thumbs])


def _viewed(thumb: Array, view: View, side: int = SIDE) -> Array:
    """The part of a thumbnail that a view shows, float32 (side, side)."""
    import cv2

    matrix = _view_matrix(view, side)
    area = cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(
            thumb, matrix, (side, side), flags=area | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        ),
        np.float32,
    )


def _view_matrix(view: View, side: int = SIDE) -> Array:
    """float64 (2, 3): from pixel indices of the view to pixel indices of the thumbnail."""
    x, y, w, h, across, down = view
    out = np.zeros((2, 3))
    for axis, (start, share, mirrored) in enumerate(((x, w, across), (y, h, down))):
        scale = share * THUMB / side
        # The centre of pixel i lies at i + .5.
        first = start * THUMB + 0.5 * scale - 0.5
        if mirrored:
            first, scale = first + scale * (side - 1), -scale
        out[axis, axis], out[axis, 2] = scale, first
    return out


def _proposals(
    thumbs: Array, views: list[View], whitener: _Whitener
) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
    """For each unordered pair worth a look, at most two (whole image, viewed image, view), the best first."""
    import cv2

    n = len(thumbs)
    # Area means first: a view must not alias what the whole picture averages.
    soft = np.stack([cv2.GaussianBlur(t, (0, 0), 0.6) for t in thumbs])
    whole = whitener.vectors(np.stack([_viewed(t, (0, 0, 1, 1, False, False)) for t in soft]), coarse=True)
    best = np.full((n, n), -1.0, np.float32) if n <= MANY else None
    found: Found = {}
    which = np.full((n, n), -1, np.int16) if n <= MANY else None
    for v, view in enumerate(views):
        for start in range(0, n, _CHUNK):
            part = soft[start : start + _CHUNK]
            seen = whitener.vectors(np.stack([_viewed(t, view) for t in part]), coarse=True)
            scores = whole @ seen.T
            scores[np.arange(start, start + len(part)), np.arange(len(part))] = -1
            if best is not None and which is not None:
                block, chosen = best[:, start : start + len(part)], which[:, start : start + len(part)]
                better = scores > block
                block[better], chosen[better] = scores[better], v
            else:
                _keep(found, scores, start, v)
    if best is not None and which is not None:
        _keep(found, best, 0, which)
    return {k: [(i, j, v) for _, i, j, v in f] for k, f in found.items()}


Found = dict[tuple[int, int], list[tuple[float, int, int, int]]]


def _keep(found: Found, scores: Array, start: int, view: Any) -> None:
    """Add pairs above the threshold that are among the nearest of their row or column; two views of each."""
    whole = isinstance(view, np.ndarray)
    near = min(NEAREST if whole else _NEAREST_OF_MANY, scores.shape[1] - 1, scores.shape[0] - 1)
    if near < 1:
        return
    row = np.partition(scores, -near - 1, axis=1)[:, -near - 1 : -near]
    column = np.partition(scores, -near - 1, axis=0)[-near - 1 : -near]
    hit = (scores >= (PROPOSED if whole else _PROPOSED_OF_MANY)) & ((scores > row) | (scores > column))
    for i, j in np.argwhere(hit).tolist():
        other = start + j
        best = found.setdefault((min(i, other), max(i, other)), [])
        best.append((float(scores[i, j]), i, other, int(view[i, j]) if whole else int(view)))
        best.sort(reverse=True)
        del best[2:]


def _verified(first: Array, second: Array, view: View, whitener: _Whitener) -> float:
    """The fine correlation of a whole thumbnail and the part of another that fits it best."""
    import cv2

    target = reduced(first[None])[0]
    start = _view_matrix(view)
    plain = whitener.vectors(target)
    best = float(plain @ whitener.vectors(_sampled(second, start)))
    goal = whitener.picture(target, coarse=True)
    begin = whitener.picture(_viewed(cv2.GaussianBlur(second, (0, 0), 0.6), view), coarse=True)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 25, 1e-3)
    try:
        _, found = cv2.findTransformECC(
            goal, begin, np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE, stop, _ALL, 3
        )
    except cv2.error:
        return best  # no map fits better than the one at hand: the two do not correlate
    step = np.asarray(found, np.float64)
    if not _small(step):
        return best
    full = start @ np.vstack([step, [0, 0, 1]])
    return max(best, float(plain @ whitener.vectors(_sampled(second, full))))


def _small(step: Array) -> bool:
    """Whether a correction of a view stays near it: a map that may shrink at will fits anything to anything."""
    moved = np.abs(step @ np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]]) - _CORNERS)
    return bool(moved.max() <= SLACK * SIDE)


def _sampled(thumb: Array, matrix: Array) -> Array:
    """float32 (64, 64): a thumbnail seen through a map of pixel indices, without aliasing."""
    import cv2

    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    soft = cv2.GaussianBlur(thumb, (0, 0), 0.35 * scale) if scale > 1.1 else thumb
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(soft, matrix, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
