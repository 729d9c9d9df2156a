"""Planted copies are found and strangers are left apart."""

import numpy as np
import pytest
from benchmarks.images import tile_groups
from benchmarks.images.copies import KINDS, copied
from tests.kinds.test_images import noise

from abound.pixels.near_copies import near_copies, thumbnail


def test_a_copy_of_each_kind_is_found_and_no_stranger():
    images = [noise(k, (64, 64)) for k in range(len(KINDS) + 4)]
    rng = np.random.default_rng(0)
    copies = [copied(images[k], kind, rng) for k, kind in enumerate(KINDS)]
    found = near_copies(np.stack([thumbnail(i) for i in images + copies]))
    assert found.pairs.tolist() == [[k, len(images) + k] for k in range(len(KINDS))]
    assert (found.score > 0.36).all()


def test_smooth_strangers_agree_by_chance_and_are_not_joined():
    smooth = np.random.default_rng(1).integers(0, 256, (12, 7, 7)).astype(np.uint8)
    assert len(near_copies(np.stack([thumbnail(s) for s in smooth])).pairs) == 0


def test_flat_pictures_and_single_ones_are_copies_of_nothing():
    flat = np.stack([thumbnail(np.full((20, 20), v, np.uint8)) for v in (0, 90, 90)])
    assert len(near_copies(flat).pairs) == 0
    assert len(near_copies(flat[:1]).pairs) == 0


def test_thumbnails_do_not_depend_on_depth_or_gain():
    image = noise(3)
    deep = image.astype(np.uint16) * 200
    assert np.abs(thumbnail(image).astype(int) - thumbnail(deep)).max() <= 1


def test_exposures_are_read_from_file_names():
    files = ["exp1_num_10.jpg", "exp2_num_30.jpg", "exp1_num_35.jpg", "exp3_num_50.jpg", "exp1_num_900.jpg"]
    sizes = [(100, 200), (102, 198), (300, 200), (99, 200), (100, 200)]
    assert tile_groups.scenes(files, sizes).tolist() == [0, 0, 1, 0, 2]


@pytest.mark.slow
def test_exposures_of_magnetic_tiles_are_found(real_file, monkeypatch):
    real_file("images/magnetic_tile.parquet")
    task = {"half": "second", "most": 240}
    found = tile_groups.run(task)
    assert np.mean(found["whole"]) >= 0.97
