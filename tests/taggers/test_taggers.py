"""Tags say what was planted, and finders read them."""

import numpy as np
import pytest
from PIL import Image

import abound as ab
from abound.core import registry
from abound.core.context import Context
from abound.errors import InputError, Refusal
from abound.pixels.measures import blur, colour_cast, feet_on
from abound.stages.tag import tag
from tests.kinds.test_images import coco, plain, save


def test_light_and_colour(tmp_path):
    save(tmp_path / "a" / "dark.png", np.full((20, 20, 3), 10, np.uint8))
    save(tmp_path / "a" / "red.png", np.full((20, 20, 3), (220, 90, 90), np.uint8))
    save(tmp_path / "b" / "grey.png", np.full((20, 20), 200, np.uint8))
    rows = tag(ab.read(tmp_path), ["brightness", "contrast", "night", "colour_cast"]).main.sort("path")
    assert rows["night"].to_list() == [True, False, False]
    assert rows["colour_cast"].to_list() == ["none", "red", "none"]
    assert rows["brightness"].to_list() == pytest.approx([10 / 255, 0.505, 200 / 255], abs=0.01)
    assert rows["contrast"].to_list() == pytest.approx([0, 0, 0], abs=1e-6)


def test_blur_rises_with_blur_and_casts_have_the_hue():
    sharp = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    soft = np.asarray(Image.fromarray(sharp).resize((16, 16)).resize((64, 64), Image.Resampling.BICUBIC))
    assert blur(sharp) < blur(soft) < 1
    hues = [(200, 90, 90), (200, 200, 90), (90, 200, 90), (90, 200, 200), (90, 90, 200), (200, 90, 200)]
    found = [colour_cast(np.full((4, 4, 3), h, np.uint8)) for h in hues]
    assert found == ["red", "yellow", "green", "cyan", "blue", "magenta"]


def test_objects_are_counted_measured_and_placed(tmp_path):
    data = ab.read(coco(tmp_path, [[0, 0, 8, 8], [20, 12, 4, 4]]))
    tags = ["object_count", "object_size", "object_place", "truncation"]
    row = tag(data, tags).main.row(0, named=True)
    assert (row["object_count"], row["object_place"], row["truncation"]) == (2, "top left", 0.5)
    assert row["object_size"] == pytest.approx(64 / 1024)
    assert tag(data, [{"name": "object_count", "of": "spot"}]).main["object_count"].to_list() == [0]
    with pytest.raises(InputError, match="did you mean 'spot'"):
        tag(data, [{"name": "object_count", "of": "spots"}])


def test_a_person_stands_on_what_is_under_the_feet():
    labels = np.zeros((40, 60), np.uint8)
    labels[25:, :40] = 3
    labels[10:26, 10:14] = 9  # on the road
    labels[8:20, 50:54] = 9  # in the air
    assert feet_on(labels == 9, labels == 3, 10) == 1
    assert feet_on(labels == 9, labels == 3, 1000) == 0
    assert feet_on(labels == 9, np.zeros_like(labels, bool), 10) == 0


def test_all_taggers_fit_what_they_can_and_say_the_rest(tmp_path):
    data = tag(ab.read(plain(tmp_path)))
    assert {"brightness", "contrast", "blur", "night", "colour_cast"} <= set(data.schema.main_table.features())
    assert any("not tagged with person_on_road: the images have no masks" in n for n in data.notes)
    assert data.schema.main_table.column("night").kind == "bool"
    with pytest.raises(Refusal, match="no masks"):
        tag(data, ["person_on_road"])
    with pytest.raises(InputError, match="already"):
        tag(data, ["blur"])
    table = ab.read({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "x"]}, target="b")
    for name in registry.names("tagger"):
        with pytest.raises(Refusal, match=r"no set of images|no masks"):
            registry.create("tagger", name).tag(table, Context())


@pytest.mark.slow
def test_edge_cases_of_street_scenes(real_file):
    """On CamVid, persons on the road agree with the list that came with it, and finders run on the tags."""
    import polars as pl

    folder = real_file("driving/camvid/frames.csv").parent
    data = registry.create("kind", "images", {"near_copies": False}).read(folder)
    of = {"of": "9"}
    tagged = tag(data, [
        "brightness", "contrast", "blur", "night", "colour_cast", {"name": "object_count", **of},
        {"name": "object_place", **of}, {"name": "person_on_road", "person": 9, "road": 3},
    ])  # fmt: skip
    listed = pl.read_csv(folder / "frames.csv").select("frame", "clip", truth=pl.col("pedestrians_on_road") > 0)
    rows = tagged.main.with_columns(frame=pl.col("path").str.extract(r"([^/]+)\.jpg")).join(listed, on="frame")
    assert rows.height == 530
    assert (rows["truth"] == rows["person_on_road"]).mean() > 0.9
    dusk = rows.filter(pl.col("clip") == "0001TP")["night"].mean()
    assert dusk > 0.9 > 0.2 > rows.filter(pl.col("clip") != "0001TP")["night"].mean()
    # A hole is planted: nobody on the road at night, although both are common.
    night, road = (tagged.main[n].to_numpy() for n in ("night", "person_on_road"))
    kept = np.flatnonzero(~(night & road))
    train, tune = tagged.take(kept[0::2]), tagged.take(kept[1::2])
    # Brightness tells night by itself, and would name the same hole in its own words.
    only = ["night", "person_on_road", "object_place", "blur"]
    missing = registry.create("finder", "missing_combo", {"terms": 2, "only": only}).find(
        train, tune, (), Context()
    )
    assert any(set(g.slice.columns()) == {"night", "person_on_road"} for g in missing)


@pytest.mark.slow
def test_a_model_that_fails_at_night_is_found_on_street_scenes(real_file):
    """The label says whether several persons are seen; at night it is a coin, so night is where models err."""
    import polars as pl

    from abound.core.schema import Column, Task

    folder = real_file("driving/camvid/frames.csv").parent
    data = registry.create("kind", "images", {"near_copies": False}).read(folder)
    tagged = tag(data, ["contrast", "blur", "night", "colour_cast", {"name": "object_count", "of": "9"}])
    several = (tagged.main["object_count"] >= 3).to_numpy()
    coin = np.random.default_rng(0).random(len(tagged)) < 0.5
    label = np.where(tagged.main["night"].to_numpy(), coin, several)
    frame = tagged.main.with_columns(pl.Series("several", np.where(label, "yes", "no")))
    column = Column(name="several", kind="category", role="target", domain=("no", "yes"))
    columns = (*tagged.schema.main_table.columns, column)
    task = Task(table="images", targets=("several",), kind="classification", positive="yes")
    schema = tagged.schema.with_columns("images", columns).model_copy(update={"tasks": (task,)})
    told = tagged.with_table("images", frame, schema)
    order = np.random.default_rng(1).permutation(len(told))
    gaps = registry.create("finder", "weak_slice").find(
        told.take(order[:320]), told.take(order[320:]), (), Context()
    )
    assert gaps
    assert "night" in gaps[0].slice.columns()
