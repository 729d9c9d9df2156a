"""Pictures of a set made comparable: what all of them share counts no more than what is one picture's own.

The mean spectrum of the set is made flat within a band, and directions in which many pictures vary together are cut
back. Two unrelated pictures then correlate by chance only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SIDE = 64  # side at which pairs are compared
COARSE, FINE, LOW = 7.0, 20.0, 1.5  # cycles an image: bands of the proposal and of the decision
_PRIOR = 8.0  # images that a 1/f spectrum counts for, so that a small set is whitened too
_NOISE = 2.0  # grey levels that compression leaves in a thumbnail
_LEARNED = 1000  # images that the whitening is learned from
_FEW, _COMMON = 50, 0.15  # images from which directions are shared, and the share of them that must own one


class Whitener:
    """Makes pictures of a set comparable: a flat mean spectrum in a band, and no shared directions."""

    def __init__(self, thumbs: Array) -> None:
        f = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE, 1 / SIDE), np.fft.rfftfreq(SIDE, 1 / SIDE), indexing="ij"))
        edge = np.minimum(1.0, (0.5 - np.abs((np.arange(SIDE) + 0.5) / SIDE - 0.5)) / 0.125)
        ramp = np.sin(edge * np.pi / 2) ** 2
        self.taper = np.outer(ramp, ramp).astype(np.float32)
        chosen = reduced(thumbs[:: max(1, -(-len(thumbs) // _LEARNED))])
        power = (np.abs(self._spectrum(chosen)) ** 2).sum(axis=0)
        power = (power + power[-np.arange(SIDE)]) / 2  # the filter is the same for mirror images
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

    def _part(self, pictures: Array, coarse: bool) -> Array:
        """The coefficients of a band, complex (..., d / 2)."""
        spectrum = np.fft.rfft2(self.picture(pictures, coarse))
        rows, columns = self.coarse if coarse else self.fine
        return np.asarray(spectrum[..., rows, columns] * np.where(columns == 0, 1.0, np.sqrt(2.0)))

    def _raw(self, pictures: Array, coarse: bool) -> Array:
        return _real(self._part(pictures, coarse))

    def mirrored(self, pictures: Array) -> list[Array]:
        """Coarse vectors of the four mirror images, in the order of the views, from one spectrum."""
        part = self._part(pictures, coarse=True)
        rows, columns = self.coarse
        place = {rc: k for k, rc in enumerate(zip(rows.tolist(), columns.tolist(), strict=True))}
        below = [place[(-r) % SIDE, c] for r, c in place]
        # Reading pixels backwards turns a frequency round and shifts it by one pixel.
        down, across = (np.exp(2j * np.pi * f / SIDE) for f in (rows, columns))
        turned = part[:, below]
        four = (part, turned * down, turned.conj() * across, part.conj() * across * down)
        return [self._unshared(_real(v), coarse=True) for v in four]

    def vectors(self, pictures: Array, coarse: bool = False) -> Array:
        """float32 (n, d) of length 1, whose products are the correlations of whitened pictures."""
        return self._unshared(self._raw(pictures, coarse), coarse)

    def _unshared(self, vectors: Array, coarse: bool) -> Array:
        directions, less = self.shared[coarse]
        return _unit(vectors - (vectors @ directions * less) @ directions.T)


def _real(part: Array) -> Array:
    return _unit(np.concatenate([part.real, part.imag], axis=-1))


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
