"""KITTI's 16-bit PNG as its development kit defines them, read and written by OpenCV."""

from __future__ import annotations

import numpy as np
import pytest

from abound.errors import InputError
from abound.pixels import kitti, png

cv2 = pytest.importorskip("cv2", reason="OpenCV is in the extra [scenes]")


def read(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_flow_as_opencv_reads_it():
    flow = np.random.default_rng(0).uniform(-511, 511, (9, 6, 2))
    flow[0, 0], flow[1, 1, 0], flow[2, 2, 1] = np.nan, 511.99, -513.0
    raw = read(kitti.encode_flow(flow))
    assert raw.dtype == np.uint16
    valid, v, u = raw[..., 0], *((raw[..., i].astype(float) - 2**15) / 64 for i in (1, 2))
    expected = np.isfinite(flow).all(-1) & (np.abs(flow) < 512).all(-1)
    np.testing.assert_array_equal(valid > 0, expected)
    assert np.abs(np.stack([u, v], -1) - flow)[expected].max() <= 1 / 128
    assert (raw[~expected] == 0).all()


def test_flow_that_opencv_wrote():
    raw = np.zeros((3, 4, 3), np.uint16)
    raw[1, 2] = 1, 2**15 - 64, 2**15 + 96  # valid, v, u
    flow, valid = kitti.decode_flow(cv2.imencode(".png", raw)[1].tobytes())
    assert valid.sum() == 1
    np.testing.assert_array_equal(flow[1, 2], [1.5, -1.0])
    assert np.isnan(flow[0, 0]).all()


def test_pixels_that_are_masked_out_are_not_valid():
    valid = np.array([[True, False]])
    back = kitti.decode_flow(kitti.encode_flow(np.ones((1, 2, 2)), valid))[1]
    np.testing.assert_array_equal(back, valid)


def test_depth_as_opencv_reads_it():
    depth = np.array([[0.001, 1.0, 80.25, 255.99, 256.5, np.inf, np.nan, -3.0]])
    np.testing.assert_array_equal(read(kitti.encode_depth(depth))[0], [1, 256, 20544, 65533, 0, 0, 0, 0])


def test_depth_that_opencv_wrote():
    raw = np.array([[0, 256, 65535]], np.uint16)
    back = kitti.decode_depth(cv2.imencode(".png", raw)[1].tobytes())
    np.testing.assert_array_equal(back, np.array([[np.nan, 1.0, 65535 / 256]], np.float32))


def test_images_of_another_kind_are_refused():
    with pytest.raises(InputError, match=r"d\.png is no KITTI depth"):
        kitti.decode_depth(png.encode(np.zeros((2, 2, 3), np.uint16)), "d.png")
    with pytest.raises(InputError, match=r"f\.png is no KITTI flow"):
        kitti.decode_flow(png.encode(np.zeros((2, 2, 3), np.uint8)), "f.png")
