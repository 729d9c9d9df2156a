"""Clips, frames and objects as a dataset: read back as made, and the domain without a row."""

from __future__ import annotations

import json
import shutil

import polars as pl
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import table_bytes
from abound.core.slice import Slice
from abound.errors import InputError, Refusal
from abound.render.domain import CATEGORIES, NUMBERS, TEXTS, impossible
from tests.clips import clip, condition, domain
from tests.planted import mixed_table


def kind():
    return registry.create("kind", "scenes")


def test_a_folder_comes_back_as_it_was_made():
    made, folder = clip()
    assert kind().sniff(folder)
    back = kind().read(folder)
    assert back.schema == made.schema
    for name in ("clips", "frames", "objects"):
        assert table_bytes(back.table(name)) == table_bytes(made.table(name))
    frame = back.table("frames").row(0, named=True)
    assert back.asset(frame["depth"]) == (folder / frame["depth"]).read_bytes()
    assert back.origin == "synthetic"


def test_every_object_is_in_a_frame_and_every_frame_in_a_clip():
    data, _ = clip()
    frames, objects = data.table("frames"), data.table("objects")
    assert set(objects["frame_id"]) <= set(frames["frame_id"])
    assert set(frames["clip"]) == set(data.main["clip"])
    assert (objects["visible_fraction"].drop_nulls().is_between(0, 1)).all()
    assert (objects.filter(pl.col("visible_pixels") > 0)["left"].is_not_null()).all()


def test_the_domain_has_no_row_and_every_attribute():
    data = domain()
    assert len(data) == 0
    columns = {c.name: c for c in data.schema.main_table.columns}
    assert {*CATEGORIES, *NUMBERS, *TEXTS} <= set(columns)
    assert columns["weather"].domain == ("clear", "overcast", "rain", "fog", "snow")
    assert columns["weather"].declared
    assert len(data.schema.answers) == len(impossible())
    assert {a.answer for a in data.schema.answers} == {"impossible"}


def test_questions_go_from_clips_to_frames_and_objects():
    data, _ = clip()
    assert data.support(Slice.parse("actor == car and weather == clear", data.schema.main)).rows == 1
    assert data.support(condition("actor == child")).rows == 0


def test_the_attributes_have_an_encoder_and_other_data_has_none():
    data, _ = clip()
    encoder = kind().encoder(data, Context())
    assert encoder is not None
    with pytest.raises(Refusal, match="no set of driving scenes"):
        kind().encoder(mixed_table(20), Context())


def told(source, **options):
    with pytest.raises(InputError) as caught:
        kind().read(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message.split()) > 5
    return message


def test_foreign_folders_are_refused_in_a_sentence(tmp_path):
    assert not kind().sniff(tmp_path)
    assert not kind().sniff(3)
    assert "abound generate street" in told(tmp_path)
    (tmp_path / "clips.parquet").write_bytes(b"PAR1 no")
    assert "abound generate street" in told(tmp_path)
    assert "no clips.parquet" in told(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["clips.parquet", "frames.parquet", "dataset.json"])
@pytest.mark.parametrize("change", ["cut", "text", "gone"])
def test_damaged_folders_are_refused_in_a_sentence(tmp_path, name, change):
    _, folder = clip()
    for file in ("clips.parquet", "frames.parquet", "objects.parquet", "dataset.json"):
        shutil.copy(folder / file, tmp_path / file)
    whole = (tmp_path / name).read_bytes()
    if change == "gone":
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(whole[: len(whole) // 2] if change == "cut" else b"hello")
    told(tmp_path)


def test_a_schema_of_ones_own_is_refused():
    _, folder = clip()
    assert "leave out target" in told(folder, target="weather")


def test_a_path_out_of_the_folder_is_not_followed(tmp_path):
    made, folder = clip()
    for file in ("clips.parquet", "objects.parquet", "dataset.json"):
        shutil.copy(folder / file, tmp_path / file)
    frames = made.table("frames").with_columns(depth=pl.lit("../../etc/passwd"))
    frames.write_parquet(tmp_path / "frames.parquet")
    with pytest.raises(InputError):
        kind().read(tmp_path).asset("../../etc/passwd")


def test_the_scene_of_a_clip_is_beside_it():
    data, _ = clip()
    scene = json.loads(data.asset(data.main["scene"][0]))
    assert scene["actors"][0]["kind"] == "car"
    assert scene["frames"] == 2
