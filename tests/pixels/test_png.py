"""The codec against itself, Pillow (8 bits) and OpenCV (16 bits), and against damaged files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from abound.errors import InputError
from abound.pixels import flo, kitti, png


def noise(dtype, shape):
    rng = np.random.default_rng(3)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (5, 7, 3)])
def test_round_trip(dtype, shape):
    image = noise(dtype, shape)
    back = png.decode(png.encode(image))
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, image)
    assert png.encode(image) == png.encode(image.copy())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_opencv_reads_what_we_write_and_we_read_what_it_writes(dtype, channels):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is in the extra [scenes]")
    image = noise(dtype, (13, 17) if channels == 1 else (13, 17, 3))
    swapped = image if channels == 1 else np.ascontiguousarray(image[..., ::-1])
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png.encode(image), np.uint8), -1), swapped)
    np.testing.assert_array_equal(png.decode(cv2.imencode(".png", swapped)[1].tobytes()), image)


def test_every_row_filter_is_read():
    ramp = np.add.outer(np.arange(40), np.arange(50))
    image = np.stack([ramp, ramp * 2, 255 - ramp], -1).astype(np.uint8) + noise(np.uint8, (40, 50, 3)) % 3
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    np.testing.assert_array_equal(png.decode(buffer.getvalue()), image)


def damaged():
    whole = png.encode(noise(np.uint16, (9, 9, 3)))
    bomb = png.encode(np.zeros((4, 4), np.uint8)).replace(
        b"\x00\x00\x00\x04\x00\x00\x00\x04", b"\x00\xff\xff\xff\x00\xff\xff\xff"
    )
    yield whole[:40]
    yield b"GIF89a" + whole
    yield whole[:60] + b"x" + whole[61:]
    yield bomb
    yield b""


@pytest.mark.parametrize("data", list(damaged()))
def test_damaged_files_are_named(data):
    with pytest.raises(InputError, match=r"f\.png"):
        png.decode(data, "f.png")


@pytest.mark.parametrize(
    "image", [np.zeros((0, 3), np.uint8), np.zeros((3, 3, 2), np.uint8), np.zeros((3, 3), float)]
)
def test_what_a_png_cannot_hold_is_refused(image):
    with pytest.raises(InputError, match="PNG"):
        png.encode(image)


def test_flow_files_keep_values_and_holes():
    flow = np.random.default_rng(0).normal(0, 60, (11, 9, 2))
    flow[2, 3] = np.nan
    flow[4, 5] = 600.0  # more than 16 bits hold
    exact = flo.decode(flo.encode(flow))
    np.testing.assert_allclose(exact[np.isfinite(exact)], flow[np.isfinite(flow)], rtol=1e-6)
    assert np.isnan(exact[2, 3]).all()
    coarse, valid = kitti.decode_flow(kitti.encode_flow(flow))
    assert not valid[2, 3]
    assert not valid[4, 5]
    assert np.abs(coarse - flow)[valid].max() <= 1 / 128 + 1e-6


def test_flow_files_of_other_makers():
    with pytest.raises(InputError, match=r"x\.flo"):
        flo.decode(b"PIEH" + b"\x01\x00\x00\x00" * 2, "x.flo")
    with pytest.raises(InputError, match="KITTI flow"):
        kitti.decode_flow(png.encode(np.zeros((3, 3), np.uint8)))


def test_depth_is_known_to_a_512th_of_a_metre_and_the_sky_is_unknown():
    depth = np.array([[1.0, 77.123, 255.9, 300.0, np.inf, np.nan, 0.001]])
    back = kitti.decode_depth(kitti.encode_depth(depth))
    np.testing.assert_allclose(back[0, :3], depth[0, :3], atol=1 / 512 + 1e-6)
    assert np.isnan(back[0, 3:6]).all()
    assert back[0, 6] > 0
