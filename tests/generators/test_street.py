"""Clips from words: conditions are obeyed or refused, clips are whole or absent, bytes follow from the seed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from abound.core import registry
from abound.core.artifact import is_sound
from abound.core.context import Context
from abound.core.slice import Has, Slice, Term
from abound.errors import InputError, Refusal, UnknownName, WhereRefused
from abound.generators.street import render
from tests.clips import ASKED, clip, condition, domain, street


def drawn(text, n=40, seed=0, **params):
    """Attributes of clips that a condition would give; nothing is rendered."""
    sampler = street(**params)
    rng = np.random.default_rng(seed)
    tasks = sampler.tasks(n, rng=rng, where=condition(text) if text else None, folder=Path("nowhere"))
    return [t["attributes"] for t in tasks]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (
            "weather == fog and actor in [child, adult]",
            lambda v: v["weather"] == "fog" and v["actor"] in ("child", "adult"),
        ),
        ("distance >= 9.5 and distance < 10 and actor == car", lambda v: 9.5 <= v["distance"] < 10),
        ("lanes > 1 and zone != motorway", lambda v: int(v["lanes"]) > 1 and v["zone"] != "motorway"),
        ("hidden_by == parked_car", lambda v: v["hidden_by"] == "parked_car" and v["parked"] != "none"),
        ("size == 1.1 and actor == child", lambda v: v["size"] == 1.1),
        ("sign_text == 'OAK LANE'", lambda v: v["sign_text"] == "OAK LANE"),
        ("sun_elevation < -20", lambda v: v["sun_elevation"] < -20 and v["time"] == "night"),
    ],
)  # fmt: skip
def test_a_condition_is_obeyed_by_every_draw(text, holds):
    assert all(holds(v) for v in drawn(text))


def test_drawn_clips_follow_from_the_seed_and_more_begin_with_the_fewer():
    assert drawn("", 5, seed=3) == drawn("", 9, seed=3)[:5]
    assert drawn("", 5, seed=3) != drawn("", 5, seed=4)


def test_the_domain_is_covered_without_a_condition():
    values = drawn("", 300)
    assert {v["weather"] for v in values} == {"clear", "overcast", "rain", "fog", "snow"}
    assert len({v["actor"] for v in values}) > 15


def refusal(text, error=WhereRefused):
    with pytest.raises(error) as caught:
        drawn(text, 1)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message.split()) > 5
    return message


def test_conditions_that_cannot_be_obeyed_are_refused():
    assert "did you mean 'weather'" in refusal("wether == fog", Refusal)
    assert "did you mean 'snow'" in refusal("weather == snowy", UnknownName)
    assert "action" in refusal("actor == deer and action == braking")
    assert "child is 0.95 to 1.4 m" in refusal("actor == child and size > 3")
    assert "range" in refusal("distance in [10, 12]")
    assert "text" in refusal("sign_text != STOP")
    assert "night" in refusal("time == night and sun_elevation > 20")
    refusal("weather == fog and weather == snow")


@pytest.mark.parametrize(
    "where",
    [
        Slice(on="objects", terms=(Term(column="kind", op="==", value="car"),)),
        Slice(on="clips", terms=(Has(table="objects"),)),
    ],
)
def test_other_tables_and_given_rows_are_refused(where):
    with pytest.raises(WhereRefused, match="conditions on clips"):
        street().support(where, None)
    with pytest.raises(WhereRefused, match="whole clips"):
        street().support(None, domain())


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"frames": 0}, "frames"), ({"width": 0}, "width"), ({"height": 16_384}, "height"), ({"gap": 0}, "gap"),
        ({"layers": ["rgb", "depht"]}, "layers"), ({"scene": {"wether": {}}}, "did you mean 'weather'"),
        ({"scene": {"time": {"kind": "night", "sun_elevation": 45}}}, "night with the sun 45 degrees"),
        ({"scene": {"weather": {"kind": "clear", "rain": 5}}}, "say kind rain"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(params, words):
    with pytest.raises(InputError) as caught:
        street(**params)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_clip_is_what_was_asked_and_its_actor_is_seen():
    data, _ = clip()
    row = data.main.row(0, named=True)
    assert (row["actor"], row["action"], row["weather"], row["zone"]) == ("car", "braking", "clear", "rural")
    assert row["distance"] <= 14
    actor = data.table("objects").filter(data.table("objects")["instance"] == 1)
    assert actor["visible_pixels"].max() > 0
    assert set(actor["kind"]) == {"car"}


def test_a_text_that_the_font_does_not_have_is_refused(tmp_path):
    with pytest.raises(InputError, match="font does not draw"):
        street(tmp_path).sample(1, rng=np.random.default_rng(0), where=condition("sign_text == '保育'"))
    assert not [p for p in (tmp_path / "clips").iterdir() if not p.name.startswith(".")]


def test_a_damaged_clip_is_made_again(tmp_path, monkeypatch):
    made, folder = clip()
    calls = []
    monkeypatch.setattr("abound.render.clip.write_clip", lambda *a: calls.append(a) or 1 / 0)
    name = made.main["clip"][0]
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / name).symlink_to(folder / "clips" / name)
    sampler = street(tmp_path)
    again = sampler.sample(1, rng=np.random.default_rng(1), where=condition(ASKED))
    assert not calls
    assert again.table("objects").equals(made.table("objects"))
    (tmp_path / "clips" / name).unlink()
    (tmp_path / "clips" / name).mkdir()
    (tmp_path / "clips" / name / "rows.json").write_text("{}")
    with pytest.raises(ZeroDivisionError):
        sampler.sample(1, rng=np.random.default_rng(1), where=condition(ASKED))
    assert len(calls) == 1


def test_no_clips_are_an_empty_dataset(tmp_path):
    made = street(tmp_path).sample(0, rng=np.random.default_rng(0))
    assert len(made) == made.table("frames").height == 0
    assert made.schema == domain().schema


# Slow: whole command lines.

WORDS = ("-n", "3", "--where", "actor == adult", "--seed", "2", "--param", "frames=3", "--param", "width=160",
         "--param", "height=48")  # fmt: skip


def started(out, workers):
    command = [
        sys.executable,
        "-m",
        "abound",
        "generate",
        "street",
        *WORDS,
        "--out",
        out,
        "--workers",
        str(workers),
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def digests(folder):
    """SHA-256 of every file but what a killed process left behind."""
    found = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in found.items() if ".tmp-" not in n}


@pytest.mark.slow
def test_one_worker_and_four_give_the_same_bytes_and_a_killed_run_goes_on(tmp_path):
    street()
    for name, workers in (("one", 1), ("four", 4)):
        assert started(tmp_path / name, workers).wait() == 0
    whole = digests(tmp_path / "one")
    assert digests(tmp_path / "four") == whole
    cut = tmp_path / "cut"
    process = started(cut, 1)
    while process.poll() is None and not list(cut.glob("clips/.*.tmp-*/front/rgb/*")):
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(cut.glob("clips/.*.tmp-*")), "the process was not killed inside of a clip"
    left = [p for p in (cut / "clips").iterdir() if not p.name.startswith(".")]
    assert len(left) < 3
    assert all(is_sound(p) for p in left)
    assert not (cut / "clips.parquet").exists()
    assert started(cut, 1).wait() == 0
    assert digests(cut) == whole


def test_a_sampler_is_its_parameters(tmp_path):
    plugin = registry.create("generator", "street", {"frames": 2, "width": 64, "height": 32})
    (tmp_path / "s").mkdir()
    street().save(tmp_path / "s")
    loaded = plugin.load(tmp_path / "s")
    fresh = plugin.fit(domain(), Context())
    asked = {"where": condition("weather == snow"), "folder": tmp_path}
    one, two = (s.tasks(4, rng=np.random.default_rng(6), **asked) for s in (loaded, fresh))
    assert one == two


@pytest.mark.slow
def test_the_same_task_gives_the_same_bytes(tmp_path):
    tasks = [
        street(exact=True).tasks(1, rng=np.random.default_rng(8), where=condition(ASKED), folder=tmp_path / n)[0]
        for n in "ab"
    ]
    for task in tasks:
        render(task)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_a_clip_that_shows_no_actor_is_drawn_again(tmp_path, monkeypatch):
    """Every other clip is planted to be hidden: as many as asked are made, and none at all is refused."""
    from abound.render import clip as clips

    real, calls = clips.visible_world, []

    def hidden(scene, seed):
        calls.append(seed)
        if len(calls) % 2:
            raise Refusal("the child that is jaywalking is hidden in every placement")
        return real(scene, seed)

    monkeypatch.setattr(clips, "visible_world", hidden)
    sampler = street(tmp_path)
    made = sampler.sample(2, rng=np.random.default_rng(0), where=condition(ASKED))
    assert len(made) == 2
    assert made.mask(condition(ASKED)).all()
    assert len(list((tmp_path / "clips").iterdir())) == 2
    monkeypatch.setattr(clips, "visible_world", lambda scene, seed: hidden(scene, calls.clear()))
    with pytest.raises(WhereRefused, match="hidden in every placement"):
        sampler.sample(1, rng=np.random.default_rng(1), where=condition(ASKED))


@pytest.mark.parametrize("towards", [3, 4, 5, 6])
def test_what_is_ahead_of_a_turn_is_in_view_in_the_middle_frame(towards):
    from abound.render.section import section
    from abound.render.spec import read_scene

    scene = read_scene({
        "frames": 4, "road": {"layout": "crossroads", "lanes": 2}, "ego": {"action": "turning", "speed": 4.0},
    })  # fmt: skip
    _, drive = section(scene, towards, 24.0, pace=0.0)
    here, there = drive.s[drive.middle], drive.s[drive.middle] + 24.0
    (x0, x1), (y0, y1), (heading, _) = drive.line.at(np.array([here, there]))
    bearing = np.arctan2(y1 - y0, x1 - x0) - heading
    assert abs(np.degrees((bearing + np.pi) % (2 * np.pi) - np.pi)) < 35


@pytest.mark.parametrize(("frames", "gap"), [(4, 4), (2, 9)])
def test_a_gap_that_no_two_frames_have_is_refused(frames, gap):
    with pytest.raises(InputError, match=f"{frames} frames has no two that are {gap} apart"):
        registry.create("generator", "street", {"frames": frames, "gap": gap}).fit(domain(), Context())
