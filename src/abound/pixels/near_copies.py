"""Near-copies among images: one scene at several exposures, crops, flips, recoloured or compressed again.

Every image becomes a small grey picture whose spectrum is made flat over the whole set ("whitened"): what all
images share, such as stripes, shading or a common layout, then counts no more than what is one image's own. Two
unrelated whitened pictures correlate by chance only, which is known for each pair, so one rule serves every kind
of image: the correlation must be beyond what chance gives in that many looks, beyond what strangers of this set
have, and at least .36. A coarse band proposes pairs (each whole image against windows and mirror images of all
others), the pair is aligned by an affine map (Evangelidis and Psarakis 2008), and the fine band decides after the
alignment.

Sources: phase correlation, Kuglin and Hines 1975; alignment by the enhanced correlation coefficient, IEEE TPAMI
2008.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from abound.pixels.whitening import SIDE, Whitener, reduced

Array = np.ndarray[Any, Any]

THUMB = 96  # side of the picture that is kept of every image, uint8
PROPOSED = 0.22  # least coarse correlation of a proposed pair
ACCEPTED = 0.36  # least fine correlation of a pair after alignment
SURE = 0.97  # a correlation that is always enough
NEAREST = 8  # proposals an image
MANY, MOST = 4_000, 20_000  # images up to which all windows, or those of both axes alike, are tried
SLACK = 0.12  # how far, as a share of the side, the alignment may move a corner of a view
_NEAREST_OF_MANY, _PROPOSED_OF_MANY = 3, 0.32  # the same for more images than MANY
_CHUNK = 512  # images whose views are compared at once
# Pictures from which the likeness of strangers is learned; of them, those asked first; pairs of each.
_DRAWN, _ASKED, _DRAWN_PAIRS = 32, 16, 20
_DOUBTFUL = 0.65  # below it, each picture of a pair is asked for its own likeness to strangers
_WRONG = 0.005  # wrong joins an image that are put up with
_TAPERED = 1.3  # the taper makes neighbouring frequencies depend on one another, so chance is wider by that
_ALIGNED = 100  # pictures that the alignment of one view looks at, roughly
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
    # Small pictures are enlarged smoothly: the edges of large pixels would be a pattern that all have in common.
    kind = cv2.INTER_AREA if min(grey.shape) >= THUMB else cv2.INTER_CUBIC
    small = cv2.resize(grey.astype(np.float32), (THUMB, THUMB), interpolation=kind)
    low, high = np.percentile(small, (0.5, 99.5))
    spread = max(float(high - low), 1e-3 * float(abs(high)), 1e-6)
    return np.asarray(np.clip(np.round((small - low) / spread * 255), 0, 255), np.uint8)


def near_copies(thumbs: Array) -> Copies:
    """Pairs of near-copies among thumbnails uint8 (n, 96, 96). Flat pictures (one grey) are copies of nothing."""
    flat = thumbs.reshape(len(thumbs), -1).std(axis=1) < 2.0
    alive = np.flatnonzero(~flat)
    views = _views(len(alive))
    if len(alive) < 2:
        return Copies(np.zeros((0, 2), np.int64), np.zeros(0), len(views))
    whitener = Whitener(thumbs[alive])
    proposed = _proposals(thumbs[alive], views, whitener)
    # So many standard deviations the largest of that many correlations of unrelated pictures reaches by chance.
    looks = len(alive) * (len(alive) - 1) / 2 * len(views) * _ALIGNED
    sigmas = float(np.sqrt(2 * np.log(looks))) * _TAPERED
    strangers = _Strangers(thumbs[alive], views, whitener)
    pairs, scores = [], []
    for (a, b), found in sorted(proposed.items()):
        score, chance = max(_verified(thumbs[alive[i]], thumbs[alive[j]], views[v], whitener) for i, j, v in found)
        if score < max(ACCEPTED, min(SURE, max(strangers.limit, sigmas * chance))):
            continue
        if score >= _DOUBTFUL or score >= max(strangers.of(a), strangers.of(b)):
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


def _compared(
    thumbs: Array, views: list[View], whitener: Whitener, vectors: bool = False
) -> Iterator[tuple[int, int, Array]]:
    """First viewed image, view, and coarse correlations (n, some) of all whole images with that view of some.

    With `vectors`, the coarse vectors (some, d) of the views themselves.
    """
    import cv2

    # Area means first: a view must not alias what the whole picture averages.
    soft = np.stack([cv2.GaussianBlur(t, (0, 0), 0.6) for t in thumbs])
    whole = whitener.vectors(np.stack([_viewed(t, views[0]) for t in soft]), coarse=True)
    for start, first in itertools.product(range(0, len(thumbs), _CHUNK), range(0, len(views), 4)):
        stop = min(start + _CHUNK, len(thumbs))
        seen = whitener.mirrored(np.stack([_viewed(t, views[first]) for t in soft[start:stop]]))
        for view, found in enumerate(seen, first):
            if vectors:
                yield start, view, found
                continue
            scores = whole @ found.T
            scores[np.arange(start, stop), np.arange(stop - start)] = -1
            yield start, view, scores


def _best_views(thumbs: Array, views: list[View], whitener: Whitener) -> tuple[Array, Array]:
    """For each (whole image, viewed image): the largest coarse correlation and the view that gives it."""
    best = np.full((len(thumbs), len(thumbs)), -1.0, np.float32)
    which = np.zeros(best.shape, np.int16)
    for start, view, scores in _compared(thumbs, views, whitener):
        block, chosen = (m[:, start : start + scores.shape[1]] for m in (best, which))
        better = scores > block
        block[better], chosen[better] = scores[better], view
    return best, which


def _proposals(
    thumbs: Array, views: list[View], whitener: Whitener
) -> dict[tuple[int, int], list[tuple[int, int, int]]]:
    """For each unordered pair worth a look, at most two (whole image, viewed image, view), the best first."""
    found: Found = {}
    if len(thumbs) <= MANY:
        best, which = _best_views(thumbs, views, whitener)
        _keep(found, best, 0, which)
    else:
        for start, view, scores in _compared(thumbs, views, whitener):
            _keep(found, scores, start, view)
    return {k: [(i, j, v) for _, i, j, v in f] for k, f in found.items()}


class _Strangers:
    """How alike pictures of the set are that are no copies: digits are, street scenes are not.

    Hardly any pair drawn at random is a copy, so the middle and an upper quantile of such correlations after
    alignment tell what likeness alone gives; their largest is that of a normal distribution.
    """

    def __init__(self, thumbs: Array, views: list[View], whitener: Whitener) -> None:
        rng = np.random.default_rng(0)  # the same pictures in every run
        self.drawn = np.sort(rng.permutation(len(thumbs))[:_DRAWN])
        self.thumbs, self.views, self.whitener = thumbs, views, whitener
        groups = list(_compared(thumbs[self.drawn], views, whitener, vectors=True))
        self.seen = np.stack([v for _, _, v in groups])
        # In a small set copies may be a few of a hundred pairs, and must not count as strangers.
        self.high = 0.95 if len(thumbs) >= 100 else 0.8
        rare = 2 * _WRONG / max(len(thumbs) - 1, 1)
        self.sigmas = NormalDist().inv_cdf(1 - min(rare, 0.2))
        self._own: dict[int, float] = {}
        asked = self.drawn[:: max(1, len(self.drawn) // _ASKED)]
        self.limit = self._largest(np.concatenate([self._scores(int(k)) for k in asked]), self.high)

    def of(self, image: int) -> float:
        """The correlation that one picture reaches with strangers; some odd ones fit to any other."""
        if image not in self._own:
            self._own[image] = self._largest(self._scores(image), 0.8)
        return self._own[image]

    def _scores(self, image: int) -> Array:
        whole = self.whitener.vectors(_viewed(self.thumbs[image], self.views[0])[None], coarse=True)[0]
        which = (self.seen @ whole).argmax(axis=0)
        others = [k for k in range(len(self.drawn)) if self.drawn[k] != image][:_DRAWN_PAIRS]
        target = self.thumbs[image]
        found = [
            _verified(target, self.thumbs[self.drawn[k]], self.views[which[k]], self.whitener)[0] for k in others
        ]
        return np.array(found)

    def _largest(self, scores: Array, high: float) -> float:
        middle, upper = (float(v) for v in np.quantile(scores, (0.5, high)))
        return middle + self.sigmas * (upper - middle) / NormalDist().inv_cdf(high)


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


def _verified(first: Array, second: Array, view: View, whitener: Whitener) -> tuple[float, float]:
    """The fine correlation of a thumbnail and the part of another that fits it best; its chance deviation."""
    import cv2

    target = reduced(first[None])[0]
    start = _view_matrix(view)
    plain = whitener.vectors(target)
    best = _agreement(plain, whitener.vectors(_sampled(second, start)))
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
    return max(best, _agreement(plain, whitener.vectors(_sampled(second, full))))


def _agreement(one: Array, two: Array) -> tuple[float, float]:
    """Correlation of two vectors, and its standard deviation were their signs at random.

    Smooth pictures have few coefficients of any size, and agree by chance far more often than detailed ones.
    """
    return float(one @ two), float(np.sqrt((one**2) @ (two**2)))


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
