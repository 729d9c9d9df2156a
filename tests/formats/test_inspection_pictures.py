"""Pictures of two sources leave the page as files of one kind: size, codec, length, metadata."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.errors import InputError
from abound.formats.inspection_answers import KEY, PAGE
from abound.formats.inspection_items import Pictures, decimals_of
from abound.formats.inspection_pictures import common_shape, open_picture
from abound.stages.inspect import inspect
from tests.planted import digit_images


def scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """A smooth picture with some grain."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = rng.normal(0, 6, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8))


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Pictures, Pictures]:
    """Camera files (large JPEG, a sideways EXIF flag, a comment, a profile) and PNG files of a generator."""
    for side in ("camera", "generator"):
        (tmp_path / side).mkdir()
    for i in range(12):
        exif = Image.Exif()
        exif[0x010F] = "CAMERA-MAKER"
        exif[0x0112] = 6 if i % 3 == 0 else 1
        size = (240, 320) if i % 3 == 0 else (320, 240)
        profile = b"PROFILE" * 20
        scene(i, size).save(
            tmp_path / f"camera/IMG_{i}.jpg", exif=exif, comment=b"TAKEN", icc_profile=profile, quality=95
        )
        scene(100 + i, (256, 160)).save(tmp_path / f"generator/fake{i}.png")
    names = [sorted(p.name for p in (tmp_path / s).iterdir()) for s in ("camera", "generator")]
    return Pictures(tmp_path / "camera", tuple(names[0])), Pictures(tmp_path / "generator", tuple(names[1]))


def shown(folder: Path, codec: str = "jpeg") -> dict[str, list[bytes]]:
    """The bytes of each side's pictures, read from the page with the key."""
    html = (folder / PAGE).read_text()
    key = json.loads((folder / KEY).read_text())["items"]
    found = re.search(r'application/json">(.*?)</script>', html)
    assert found
    out: dict[str, list[bytes]] = {"real": [], "synthetic": []}
    for item in json.loads(found[1])["items"]:
        head, _, body = item["cards"][0]["image"].partition(",")
        assert head == f"data:image/{codec};base64"
        out[key[item["item"]]["truth"]].append(base64.b64decode(body))
    return out


def test_no_byte_tells_the_side(tmp_path: Path, folders: tuple[Pictures, Pictures]) -> None:
    made = inspect(*folders, out=tmp_path / "page", items=24)
    sides = shown(tmp_path / "page")
    assert [len(v) for v in sides.values()] == [12, 12]
    every = [*sides["real"], *sides["synthetic"]]
    assert len({len(r) for r in every}) == 1
    heads = set()
    for raw in every:
        image = Image.open(io.BytesIO(raw))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        heads.add((image.format, image.size, image.mode, str(sorted(image.quantization.items()))))
    assert len(heads) == 1
    assert len({r[:160] for r in every}) == 1  # the same markers and tables in the same order
    html = (tmp_path / "page" / PAGE).read_text()
    body = b"".join(every)
    for word in ("CAMERA-MAKER", "TAKEN", "PROFILE", "IMG_", "fake", "camera/", "generator"):
        assert word not in html
        assert word.encode() not in body
    assert made.notes[0] == "Every picture is shown at 213 x 160 pixels."


def test_pictures_stand_upright_and_none_is_enlarged(folders: tuple[Pictures, Pictures]) -> None:
    real, _ = folders
    assert open_picture((real.folder / "IMG_0.jpg").read_bytes(), "x").size == (320, 240)
    assert common_shape([(320, 240)] * 3, [(256, 160)], 640) == (
        (213, 160),
        (320 / 213, pytest.approx(1, abs=0.01)),
    )
    assert common_shape([(320, 240)], [(256, 160)], 100)[0] == (100, 75)


def test_a_difference_in_sharpness_by_shrinking_is_said(tmp_path: Path) -> None:
    for name, size in (("a", (400, 400)), ("b", (50, 50))):
        (tmp_path / name).mkdir()
        for i in range(3):
            scene(i, size).save(tmp_path / name / f"{i}.png")
    files = tuple(f"{i}.png" for i in range(3))
    made = inspect(Pictures(tmp_path / "a", files), Pictures(tmp_path / "b", files), out=tmp_path / "out", items=4)
    assert "Real pictures were shrunk 8.0 times, synthetic ones 1.0 times" in made.notes[1]


def test_sixteen_bit_pictures_share_one_black_and_white(tmp_path: Path) -> None:
    for name, top in (("a", 4000), ("b", 2000)):
        (tmp_path / name).mkdir()
        for i in range(4):
            ramp = np.linspace(0, top, 64 * 64).reshape(64, 64).astype(np.uint16)
            Image.fromarray(ramp).save(tmp_path / name / f"{i}.png")
    files = tuple(f"{i}.png" for i in range(4))
    inspect(Pictures(tmp_path / "a", files), Pictures(tmp_path / "b", files), out=tmp_path / "out", items=8)
    means = {
        s: np.mean([np.asarray(Image.open(io.BytesIO(r))) for r in v]) for s, v in shown(tmp_path / "out").items()
    }
    assert means["synthetic"] == pytest.approx(means["real"] / 2, rel=0.03)


def test_images_of_a_dataset_show_their_class_and_neither_name_nor_mask(tmp_path: Path) -> None:
    real, synth = digit_images(tmp_path / "r", 40), digit_images(tmp_path / "s", 40)
    made = inspect(real, synth, out=tmp_path / "out", items=20)
    assert (made.shows, made.labels) == ("pictures", True)
    html = (tmp_path / "out" / PAGE).read_text()
    assert '"label":["digit",' in html
    assert '"cells":[]' in html
    assert "png/" not in html


def clips(folder: Path, n: int, frames: int, rate: int) -> Dataset:
    """Clips of so many small frames, `rate` a second."""
    rows = []
    for c in range(n):
        for f in range(frames):
            path = folder / f"clip{c}" / f"{f}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            scene(100 * c + f, (48, 32)).save(path)
            row = {"frame_id": f"{c}-{f}", "clip": f"clip{c}", "camera": "front", "frame": f, "seconds": f / rate}
            rows.append({**row, "rgb": f"clip{c}/{f}.png"})
    kind = create("kind", "scenes")
    return kind.dataset([{"clip": f"clip{c}"} for c in range(n)], rows, [], folder)


def test_clips_move_alike_and_stand_still_beside_single_pictures(tmp_path: Path) -> None:
    real, synth = clips(tmp_path / "a", 3, 5, 10), clips(tmp_path / "b", 3, 18, 20)
    assert inspect(real, synth, out=tmp_path / "moving", items=6).shows == "clips"
    moving = shown(tmp_path / "moving", "webp")
    every = [Image.open(io.BytesIO(r)) for side in moving.values() for r in side]
    for image in every:
        image.load()
    # Of twenty frames a second every other one is shown, so that both sides move at one pace.
    assert {(i.n_frames, i.size, i.info["duration"]) for i in every} == {(5, (48, 32), 100)}
    assert len({len(r) for side in moving.values() for r in side}) == 1
    stills = Pictures(tmp_path / "a", tuple(f"clip{c}/0.png" for c in range(3)))
    assert inspect(stills, synth, out=tmp_path / "still", items=6).shows == "pictures"
    assert len(shown(tmp_path / "still")["synthetic"]) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no picture", "no picture that can be read"), (None, "is damaged and cannot be shown")],
)
def test_a_bad_picture_is_one_sentence(tmp_path: Path, content: bytes | None, words: str) -> None:
    buffer = io.BytesIO()
    scene(0, (64, 64)).save(buffer, "PNG")
    raw = content or buffer.getvalue()[: len(buffer.getvalue()) // 2]
    with pytest.raises(InputError, match=words):
        open_picture(raw, "x.png")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.png").write_bytes(raw)
    (tmp_path / "a" / "y.png").write_bytes(raw)
    side = Pictures(tmp_path / "a", ("x.png", "y.png"))
    with pytest.raises(InputError, match=r"[xy]\.png is"):
        inspect(side, side, out=tmp_path / "out", items=2)


def test_a_picture_that_would_fill_the_memory_is_refused_by_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    scene(0, (64, 64)).save(buffer, "PNG")
    monkeypatch.setattr("abound.formats.inspection_pictures.MOST_PIXELS", 1000)
    with pytest.raises(InputError, match="more than 0 million pixels"):
        open_picture(buffer.getvalue(), "x.png")


def test_decimals_are_those_that_numbers_were_written_with() -> None:
    assert decimals_of([1.0, 20.0, 3.0]) == 0
    assert decimals_of([1.5, 20.25, 3.0]) == 2
    assert decimals_of([0.123456789, 0.2, 0.31]) == 4
    assert decimals_of([54321.123]) == 0
    assert decimals_of([]) == 0
