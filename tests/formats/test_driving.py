"""Clips in other tools' layouts, read back by other tools where there is one: OpenCV, pycocotools, a schema."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import polars as pl
import pytest

from abound.errors import InputError
from abound.formats.driving import LAYOUTS, class_of, export
from abound.pixels import png
from tests.clips import clip, domain
from tests.planted import mixed_table

# pycocotools was compiled before NumPy 2 asked for `copy`.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def data():
    return clip()[0]


def seen(data):
    """Objects with a pixel, frame after frame."""
    names = data.table("frames")["frame_id"].to_list()
    table = data.table("objects").filter(pl.col("visible_pixels") > 0)
    return [table.filter(pl.col("frame_id") == n).to_dicts() for n in names]


def instances(data):
    return [png.decode(data.asset(p)) for p in data.table("frames")["instance"]]


def fake(data, **changes):
    """The same clip with other numbers for its first object in the first frame."""
    row = {k: pl.lit(v) for k, v in changes.items()}
    objects = data.table("objects").head(1).with_columns(**row)
    return data.with_table("objects", objects)


def test_kitti_labels_have_fifteen_fields_in_kittis_own_frame(data, tmp_path):
    files = export(data, "kitti", tmp_path)
    assert len(files) == 6
    assert all(f.is_file() for f in files)
    for number, objects in enumerate(seen(data)):
        lines = (tmp_path / "label_2" / f"{number:06d}.txt").read_text().splitlines()
        assert len(lines) == len(objects) > 0
        for line, o in zip(lines, objects, strict=True):
            kind, *rest = line.split()
            assert len(rest) == 14
            truncated, occluded, alpha, left, top, right, bottom, h, w, ln, x, y, z, turn = map(float, rest)
            assert kind in ("Car", "Truck", "Pedestrian", "Cyclist", "Misc")
            assert 0 <= truncated <= 1
            assert occluded in (0, 1, 2)
            assert right > left
            assert bottom > top
            np.testing.assert_allclose([left + 0.5, right + 0.5], [o["left"], o["right"]], atol=0.006)
            np.testing.assert_allclose(
                [h, w, ln, z], [o[n] for n in ("height", "width", "length", "z")], atol=0.006
            )
            assert abs(y - (o["y"] + o["height"] / 2)) < 0.006  # the foot of the box
            assert abs((alpha - (turn - np.arctan2(x, z)) + np.pi) % (2 * np.pi) - np.pi) < 0.02


def test_kittis_matrix_projects_the_middle_of_a_box_into_the_box(data, tmp_path):
    export(data, "kitti", tmp_path)
    lines = dict(line.split(": ") for line in (tmp_path / "calib" / "000000.txt").read_text().splitlines())
    assert {"P0", "P1", "P2", "P3", "R0_rect", "Tr_velo_to_cam", "Tr_imu_to_velo"} == set(lines)
    matrix = np.array(lines["P2"].split(), float).reshape(3, 4)
    o = seen(data)[0][0]
    u, v, w = matrix @ [o["x"], o["y"], o["z"], 1.0]
    assert o["left"] - 0.5 <= u / w <= o["right"] - 0.5
    assert o["top"] - 0.5 <= v / w <= o["bottom"] - 0.5


@pytest.mark.parametrize(("share", "level"), [(1.0, 0), (0.8, 0), (0.5, 1), (0.1, 2)])
def test_kittis_levels_of_occlusion(data, tmp_path, share, level):
    export(fake(data, visible_fraction=share), "kitti", tmp_path)
    assert (tmp_path / "label_2" / "000000.txt").read_text().split()[2] == str(level)


def test_coco_masks_and_boxes_are_those_of_the_instances(data, tmp_path, capsys):
    coco = pytest.importorskip("pycocotools.coco")
    masks = pytest.importorskip("pycocotools.mask")
    export(data, "coco", tmp_path)
    read = coco.COCO(str(tmp_path / "annotations.json"))
    capsys.readouterr()
    assert len(read.getImgIds()) == 2
    for number, (image, objects) in enumerate(zip(instances(data), seen(data), strict=True)):
        found = read.loadAnns(read.getAnnIds(imgIds=[number]))
        assert len(found) == len(objects)
        for a in found:
            mask = read.annToMask(a).astype(bool)
            np.testing.assert_array_equal(mask, image == a["track_id"])
            assert a["area"] == mask.sum() > 0
            np.testing.assert_allclose(masks.toBbox(a["segmentation"]), a["bbox"])
            assert read.loadCats([a["category_id"]])[0]["name"] in ("car", "truck")
        (known,) = read.loadImgs([number])
        assert (known["width"], known["height"]) == (64, 32)
        assert (tmp_path / "images" / known["file_name"]).is_file()


def test_cityscapes_ids_as_opencv_reads_them(data, tmp_path):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is in the extra [scenes]")
    export(data, "cityscapes", tmp_path)
    for number, numbers in enumerate(instances(data)):
        (stem,) = {p.name.split("_gtFine")[0] for p in (tmp_path / "gtFine").glob(f"*_{number:06d}_gtFine_*")}
        image = {
            k: cv2.imread(str(tmp_path / "gtFine" / f"{stem}_gtFine_{k}.png"), cv2.IMREAD_UNCHANGED)
            for k in ("labelIds", "labelTrainIds", "instanceIds", "color")
        }
        labels, ids = image["labelIds"].astype(int), image["instanceIds"].astype(int)
        assert set(np.unique(labels)) <= {4, 5, 6, 7, 8, 11, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 32, 33}
        counted = ids >= 1000
        np.testing.assert_array_equal(counted, (numbers > 0) & (labels >= 24))
        np.testing.assert_array_equal(ids[counted] // 1000, labels[counted])
        np.testing.assert_array_equal(ids[~counted], labels[~counted])
        assert (image["labelTrainIds"][labels == 7] == 0).all()
        assert (image["labelTrainIds"][labels == 4] == 255).all()
        assert (image["color"][labels == 23] == [180, 130, 70]).all()  # OpenCV has blue first
        assert list((tmp_path / "leftImg8bit").glob(f"{stem}_leftImg8bit.*"))


NUMBER = {"type": "number"}
SCALABEL = {
    "type": "object", "required": ["frames", "config"],
    "properties": {"frames": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["name", "videoName", "frameIndex", "labels", "attributes", "intrinsics"],
        "properties": {
            "frameIndex": {"type": "integer"}, "timestamp": {"type": "integer"},
            "labels": {"type": "array", "minItems": 1, "items": {
                "type": "object", "required": ["id", "category", "box2d", "box3d", "attributes"],
                "properties": {
                    "id": {"type": "string"}, "category": {"type": "string"},
                    "box2d": {
                        "type": "object", "required": ["x1", "y1", "x2", "y2"], "additionalProperties": NUMBER,
                    },
                    "box3d": {
                        "type": "object", "required": ["location", "dimension", "orientation", "alpha"],
                        "properties": {k: {"type": "array", "items": NUMBER, "minItems": 3, "maxItems": 3}
                                       for k in ("location", "dimension", "orientation")},
                    },
                },
            }},
        },
    }}},
}  # fmt: skip


def test_scalabel_frames_fit_its_form_and_the_boxes_the_objects(data, tmp_path):
    export(data, "scalabel", tmp_path)
    told = json.loads((tmp_path / "det_2d.json").read_text())
    jsonschema.validate(told, SCALABEL)
    assert told["config"]["imageSize"] == {"width": 64, "height": 32}
    known = {c["name"] for c in told["config"]["categories"]}
    for number, (frame, objects) in enumerate(zip(told["frames"], seen(data), strict=True)):
        assert frame["frameIndex"] == number
        assert frame["timestamp"] == 100 * number
        assert frame["attributes"]["weather"] == "clear"
        assert (tmp_path / "images" / frame["name"]).is_file()
        for label, o in zip(frame["labels"], objects, strict=True):
            assert label["category"] in known
            assert label["box2d"]["x2"] == o["right"] - 1  # corners are pixels there, not edges
            assert label["box3d"]["dimension"] == [o["height"], o["width"], o["length"]]


def test_pictures_are_the_clips_own_bytes(data, tmp_path):
    export(data, "coco", tmp_path)
    assert (tmp_path / "images" / "000001.jpg").read_bytes() == data.asset(data.table("frames")["rgb"][1])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layer_that_was_not_made_is_named(data, tmp_path, layout):
    without = data.table("frames").with_columns(
        rgb=pl.lit(None, pl.String), semantic=pl.lit(None, pl.String), instance=pl.lit(None, pl.String)
    )
    with pytest.raises(InputError, match=r"the clips have no (rgb|semantic): make them with"):
        export(data.with_table("frames", without), layout, tmp_path)


def test_unknown_layouts_and_other_data_are_refused_in_a_sentence(data, tmp_path):
    with pytest.raises(InputError, match="did you mean 'coco'"):
        export(data, "cocoo", tmp_path)
    with pytest.raises(InputError, match="only clips of driving scenes"):
        export(mixed_table(20), "coco", tmp_path)


def test_no_clips_are_no_frames(tmp_path):
    assert [p.name for p in export(domain(), "coco", tmp_path)] == ["annotations.json"]
    assert json.loads((tmp_path / "annotations.json").read_text())["images"] == []


def test_classes_by_number():
    assert class_of(26) == "car"
    assert class_of(99) == "unlabeled"
