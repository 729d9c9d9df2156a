"""Folders of images become tables; hostile and odd files are said, counted and survived."""

import io
import json
import struct
import zlib

import numpy as np
import polars as pl
import pytest
from PIL import Image

import abound as ab
from abound.core import registry
from abound.errors import InputError, Refusal
from abound.pixels import png, rle
from abound.pixels.image import decode, decode_labels
from tests.cli.command import abound


def refused(path):
    """What is said of a file that is not decoded."""
    with pytest.raises(InputError) as caught:
        decode(path.read_bytes(), path.name)
    return str(caught.value)


def noise(seed, size=(32, 32)):
    """A smooth random picture, which resembles no other."""
    small = np.random.default_rng(seed).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize(size[::-1], Image.Resampling.BICUBIC))


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


def plain(folder, classes=("cat", "dog"), each=3):
    for c, name in enumerate(classes):
        for k in range(each):
            save(folder / name / f"{k}.png", noise(10 * c + k))
    return folder


def test_a_folder_a_class(tmp_path):
    data = ab.read(plain(tmp_path))
    assert data.schema.task().kind == "classification"
    assert data.main.sort("path")["class"].to_list() == ["cat"] * 3 + ["dog"] * 3
    assert data.main["group"].n_unique() == 6
    assert decode(data.asset("cat/0.png")).image.shape == (32, 32, 3)
    assert any("6 images, 32 x 32 pixels, rgb 8 bits" in n for n in data.notes)
    assert "2 classes: cat 3, dog 3" in data.notes


def test_parts_above_the_classes_are_noted_and_the_command_says_what_is_there(tmp_path):
    plain(tmp_path / "train")
    plain(tmp_path / "test", each=1)
    data = ab.read(tmp_path)
    assert sorted(data.main["part"].unique()) == ["test", "train"]
    assert data.schema.main_table.column("part").role == "ignore"
    done = abound("read", tmp_path)
    assert done.code == 0
    assert "2 classes" in done.out
    assert "near-copies" in done.out  # test holds the images of train again


def test_copies_stay_together_in_the_split(tmp_path):
    folder = plain(tmp_path, each=10)
    for k in range(10):
        image = noise(k)
        save(folder / "cat" / f"mirror{k}.jpg", image[:, ::-1].copy(), quality=80)
    data = ab.read(folder)
    sets = data.main.filter(pl.col("path").str.starts_with("cat")).group_by("group").len()
    assert sets["len"].to_list() == [2] * 10
    train, tune, reference, test, _ = ab.split(data, seed=0)
    assert len(train) + len(tune) + len(reference) + test.rows == 30
    seen = [set(p.main["group"].to_list()) for p in (train, tune, reference)]
    assert not seen[0] & seen[1]


def test_metadata_gives_columns_targets_and_groups(tmp_path):
    for k in range(8):
        save(tmp_path / f"{k}.png", noise(k))
    rows = [
        {"file_name": f"{k}.png", "age": 20.5 + k, "site": "ab"[k % 2], "patient": f"p{k // 2}"} for k in range(8)
    ]
    rows.append({"file_name": "gone.png", "age": 1.0, "site": "a", "patient": "p9"})
    (tmp_path / "metadata.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    data = ab.read(tmp_path, target="site", group="patient")
    assert data.schema.task().targets == ("site",)
    assert data.main["group"].n_unique() == 4
    assert any("1 lines of metadata.jsonl name no image" in n for n in data.notes)
    assert ab.read(tmp_path, target="age").schema.task().kind == "regression"
    with pytest.raises(InputError, match="did you mean 'site'"):
        ab.read(tmp_path, target="sites")


def coco(folder, boxes, **more):
    whole = {
        "images": [{"id": 7, "file_name": "a.png", "width": 32, "height": 32}, {"id": 9, "file_name": "no.png"}],
        "categories": [{"id": 3, "name": "cell"}, {"id": 5, "name": "spot"}],
        "annotations": [{"id": 100 + k, "image_id": 7, "category_id": 3, "bbox": b} for k, b in enumerate(boxes)],
        **more,
    }
    save(folder / "images" / "a.png", noise(1))
    (folder / "instances_train.json").write_text(json.dumps(whole))
    return folder


def test_coco_keeps_ids_cuts_boxes_and_counts_what_has_no_area(tmp_path):
    folder = coco(tmp_path, [[1, 2, 10, 12], [28, 28, 10, 10], [40, 40, 5, 5], [3, 3, 0, 4], [1, 2, 3]])
    data = ab.read(folder)
    objects = data.table("objects")
    assert data.main["id"].to_list() == [7]
    assert objects["object"].to_list() == [100, 101]
    assert objects.select("left", "top", "right", "bottom").row(1) == (28, 28, 32, 32)
    said = "; ".join(data.notes)
    for what in (
        "1 of 2 images",
        "1 boxes outside",
        "1 boxes without an area",
        "1 boxes beyond",
        "1 annotation without",
    ):
        assert what in said
    assert data.schema.task().kind == "detection"
    assert len(ab.read(folder / "instances_train.json")) == 1


def test_coco_masks_come_back_and_the_layouts_are_written(tmp_path):
    mask = np.zeros((32, 32), bool)
    mask[4:12, 6:20] = True
    square = [[6, 4, 20, 4, 20, 12, 6, 12]]
    entry = {"image_id": 7, "category_id": 5, "bbox": [6, 4, 14, 8]}
    given = [{"id": k, **entry, "segmentation": s} for k, s in enumerate((rle.encode(mask), square, [[1, 2]]))]
    data = ab.read(coco(tmp_path / "in", [], annotations=given))
    masks = data.table("objects")["mask"].to_list()
    assert (rle.decode(json.loads(masks[0])) == mask).all()
    assert (rle.decode(json.loads(masks[1])) == mask).mean() > 0.97
    assert masks[2] is None
    kind = registry.create("kind", "images")
    for layout in ("coco", "yolo"):
        kind.write(data, tmp_path / layout, layout)
        again = ab.read(tmp_path / layout)
        assert again.table("objects").select("left", "top", "right", "bottom").row(0) == (6, 4, 20, 12)
        assert again.table("objects")["class"].to_list() == ["spot"] * 3


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"images": [{"id": 1, "file_name": "a.png"}] * 2}, "two images with the id 1"),
        ({"categories": [{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]}, "two categories called 'x'"),
        ({"images": [{"id": None, "file_name": "a.png"}]}, "ids are whole numbers"),
        ({"annotations": {}}, "no list 'annotations'"),
        ({"images": [{"id": 1, "file_name": "../../secret.png"}], "annotations": []}, "none of the 0 images"),
    ],
)
def test_coco_that_contradicts_itself_is_one_sentence(tmp_path, more, says):
    with pytest.raises(InputError, match=says):
        ab.read(coco(tmp_path, [], **more))


def test_yolo_with_names_and_lines_that_are_none(tmp_path):
    for k in range(2):
        save(tmp_path / "images" / "train" / f"{k}.png", noise(k, (20, 40)))
    labels = tmp_path / "labels" / "train"
    labels.mkdir(parents=True)
    (labels / "0.txt").write_text("1 0.5 0.5 0.5 0.5\nword\n0 .1 .1 .3 .1 .3 .3 .1 .3\n")
    (labels / "7.txt").write_text("0 0.5 0.5 1 1\n")
    (tmp_path / "data.yaml").write_text("names: {0: car, 1: bus}\n")
    data = ab.read(tmp_path)
    boxes = data.table("objects")
    assert boxes["class"].to_list() == ["bus", "car"]
    assert boxes.select("left", "top", "right", "bottom").row(0) == (10, 5, 30, 15)
    assert boxes["mask"].null_count() == 1
    said = "; ".join(data.notes)
    assert "1 lines of labels that are no object" in said
    assert "1 images without a file of labels" in said
    assert "1 files of labels without an image" in said


def test_masks_beside_the_images(tmp_path):
    for k in range(4):
        save(tmp_path / "images" / f"{k}.jpg", noise(k))
    for k, size in ((0, 32), (1, 32), (2, 16)):
        save(tmp_path / "masks" / f"{k}.png", np.full((size, size), k, np.uint8))
    (tmp_path / "classes.txt").write_text("sky\nroad\ncar\n")
    data = ab.read(tmp_path)
    assert data.schema.task().kind == "segmentation"
    assert data.main["mask"].null_count() == 2
    assert data.schema.main_table.column("mask").domain == ("sky", "road", "car")
    said = "; ".join(data.notes)
    assert "1 image without a mask" in said
    assert "another size" in said


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width, height):
    """A PNG that says it is large and holds next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def encoded(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def test_hostile_files_are_left_out_and_named(tmp_path):
    plain(tmp_path)
    bad = tmp_path / "cat"
    whole = (bad / "0.png").read_bytes()
    for name, content in (
        ("bomb.png", bomb(20_000, 20_000)), ("long.png", bomb(40_000, 2)), ("cut.png", whole[: len(whole) // 2]),
        ("empty.jpg", b""), ("page.jpg", b"<html>no picture</html>" * 9),
    ):  # fmt: skip
        (bad / name).write_bytes(content)
    (bad / "out.png").symlink_to("/etc/hostname")
    data = ab.read(tmp_path)
    assert len(data) == 6
    assert any(n.startswith("6 images left out") for n in data.notes)
    messages = {name: refused(bad / name) for name in ("bomb.png", "long.png", "cut.png", "empty.jpg", "page.jpg")}
    assert "pixels" in messages["bomb.png"]
    assert "side of 40,000" in messages["long.png"]
    assert "ends early" in messages["cut.png"] or "damaged" in messages["cut.png"]
    assert "an empty file" in messages["empty.jpg"]
    assert "no image" in messages["page.jpg"]
    for name in list(bad.glob("?.png")) + list((tmp_path / "dog").glob("*")):
        name.write_bytes(b"x")
    with pytest.raises(InputError, match="none of the 12 images"):
        ab.read(tmp_path)


def test_odd_files_are_read_and_said(tmp_path):
    plain(tmp_path)
    rgb = Image.fromarray(noise(50))
    turn = Image.Exif()
    turn[0x0112] = 6
    odd = tmp_path / "dog"
    for name, content in (
        ("print.jpg", encoded(rgb.convert("CMYK"), "JPEG")), ("few.png", encoded(rgb.quantize(8), "PNG")),
        ("clear.png", encoded(rgb.convert("RGBA"), "PNG")), ("named.png", encoded(rgb, "JPEG")),
        ("dot.png", encoded(rgb.resize((1, 1)), "PNG")),
        ("grey.tif", encoded(Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40)), "TIFF")),
        ("deep.png", png.encode(noise(51).astype(np.uint16) * 257)), ("bits.png", encoded(rgb.convert("1"), "PNG")),
        ("turned.jpg", encoded(rgb.resize((40, 20)), "JPEG", exif=turn)),
    ):  # fmt: skip
        (odd / name).write_bytes(content)
    data = ab.read(tmp_path)
    at = {r["path"]: r for r in data.main.iter_rows(named=True)}
    assert len(at) == 15
    assert (at["dog/turned.jpg"]["width"], at["dog/turned.jpg"]["height"]) == (20, 40)
    assert (at["dog/grey.tif"]["colour"], at["dog/grey.tif"]["bits"]) == ("grey", 16)
    assert (at["dog/deep.png"]["colour"], at["dog/deep.png"]["bits"]) == ("rgb", 16)
    assert decode((odd / "deep.png").read_bytes()).image.max() > 255
    said = "; ".join(data.notes)
    for what in ("CMYK", "palette", "transparent", "JPEG inside although named .png", "fewer than 8 pixels"):
        assert what in said


def test_masks_keep_the_numbers_of_palettes_and_refuse_colours():
    palette = Image.fromarray(np.array([[0, 1], [2, 3]], np.uint8), mode="L").convert("P")
    palette.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0, 0, 0, 200] + [0] * 756)
    assert decode_labels(encoded(palette, "PNG")).tolist() == [[0, 1], [2, 3]]
    with pytest.raises(InputError, match="mask in colours"):
        decode_labels(encoded(Image.fromarray(noise(0)), "PNG"))


def test_one_image_in_a_class_and_one_class_are_said(tmp_path):
    folder = plain(tmp_path)
    save(folder / "owl" / "1.png", noise(99))
    assert any("owl" in n and "too few" in n for n in ab.read(folder).notes)
    with pytest.raises(InputError, match="all images have one value"):
        ab.read(plain(tmp_path / "alone", classes=("cat",)))


def test_the_encoder_is_of_images_only(tmp_path):
    from abound.core.context import Context
    from abound.core.encoder import encoder_of

    data = ab.read(plain(tmp_path))
    encoder = encoder_of(data, Context())
    vectors = encoder.encode(data)
    assert vectors.shape[0] == 6
    assert np.isfinite(vectors).all()
    assert encoder.digest == encoder_of(data, Context()).digest
    table = ab.read({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]}, target="b")
    with pytest.raises(Refusal, match="no set of images"):
        registry.create("kind", "images").encoder(table, Context())
