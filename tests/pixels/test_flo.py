"""Middlebury's .flo, read by numpy from its layout and by OpenCV."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from abound.errors import InputError
from abound.pixels import flo


def vectors(holes: bool = True):
    flow = np.random.default_rng(4).normal(0, 80, (7, 5, 2))
    if holes:
        flow[1, 2] = np.nan
        flow[3, 4, 0] = np.inf
    return flow


def test_the_layout_is_tag_width_height_then_pairs():
    flow = vectors(holes=False)
    data = flo.encode(flow)
    assert struct.unpack("<fii", data[:12]) == (202021.25, 5, 7)
    np.testing.assert_array_equal(np.frombuffer(data, "<f4", offset=12).reshape(7, 5, 2), flow.astype(np.float32))


def test_opencv_reads_what_we_write_and_we_read_what_it_writes(tmp_path):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is in the extra [scenes]")
    flow = vectors(holes=False).astype(np.float32)
    path = tmp_path / "a.flo"
    path.write_bytes(flo.encode(flow))
    np.testing.assert_array_equal(cv2.readOpticalFlow(str(path)), flow)
    cv2.writeOpticalFlow(str(path), flow)
    np.testing.assert_array_equal(flo.decode(path.read_bytes()), flow)


def test_what_is_not_known_is_beyond_1e9_and_comes_back_as_nan():
    flow = vectors()
    raw = np.frombuffer(flo.encode(flow), "<f4", offset=12).reshape(7, 5, 2)
    assert (np.abs(raw[1, 2]) > 1e9).all()
    back = flo.decode(flo.encode(flow))
    np.testing.assert_array_equal(np.isnan(back), ~np.isfinite(flow))


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"x", lambda d: d[:10], lambda d: b"\0" * 40,
                                    lambda d: d[:4] + struct.pack("<ii", -1, 7) + d[12:]])  # fmt: skip
def test_a_damaged_file_is_named(change):
    with pytest.raises(InputError, match=r"bad\.flo") as caught:
        flo.decode(change(flo.encode(vectors())), "bad.flo")
    assert "\n" not in str(caught.value)
