"""COCO's run lengths against pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.pixels import rle

# pycocotools was compiled before NumPy 2 asked for `copy`.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def masks():
    rng = np.random.default_rng(2)
    yield from (np.zeros((4, 5), bool), np.ones((4, 5), bool), np.ones((1, 1), bool), np.zeros((1, 7), bool))
    yield np.eye(9, dtype=bool)
    yield from (rng.random((h, w)) < share for h, w, share in ((30, 41, 0.5), (200, 300, 0.01), (13, 7, 0.98)))
    blob = np.zeros((375, 1242), bool)
    blob[40:300, 500:900] = True
    blob[100:120, 600:610] = False
    yield blob


@pytest.mark.parametrize("mask", list(masks()))
def test_the_same_text_as_pycocotools_and_both_ways(mask):
    coco = pytest.importorskip("pycocotools.mask")
    mine, theirs = rle.encode(mask), coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert mine["size"] == list(theirs["size"])
    assert mine["counts"] == theirs["counts"].decode()
    np.testing.assert_array_equal(coco.decode(mine).astype(bool), mask)
    np.testing.assert_array_equal(rle.decode({"size": theirs["size"], "counts": theirs["counts"].decode()}), mask)
    assert coco.area(mine) == mask.sum()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_any_mask_comes_back(h, w, seed):
    mask = np.random.default_rng(seed).random((h, w)) < 0.5
    np.testing.assert_array_equal(rle.decode(rle.encode(mask)), mask)
