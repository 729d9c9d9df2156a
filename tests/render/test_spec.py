"""The scene language: what is impossible is refused in one sentence, and names are guessed."""

from __future__ import annotations

import pytest

from abound.errors import InputError
from abound.render.spec import ACTIONS, Scene, read_scene

WRONG = [
    ({"wether": {}}, "did you mean 'weather'"),
    ({"weather": {"kind": "fogg"}}, "did you mean 'fog'"),
    ({"time": {"kind": "night", "sun_elevation": 50}}, "night with the sun"),
    ({"weather": {"kind": "clear", "visibility": 60}}, "say kind fog"),
    ({"weather": {"kind": "clear", "rain": 5}}, "say kind rain"),
    ({"actors": [{"kind": "childd", "action": "running"}]}, "did you mean 'child'"),
    ({"actors": [{"kind": "deer", "action": "cut_in"}]}, "a deer cannot be 'cut_in'"),
    ({"actors": [{"kind": "car", "action": "driving", "color": "red"}]}, "did you mean 'colour'"),
    ({"actors": [{"kind": "adult", "action": "walking", "hidden_by": "parked_car"}]}, "does not come out"),
    ({"cameras": [{"width": 0, "height": 0}]}, "0 x 0"),
    ({"cameras": [{"width": 16000, "height": 9000}]}, "16000 x 9000"),
    ({"cameras": [{"name": "a"}, {"name": "a"}]}, "same name"),
    ({"cameras": []}, "cameras"),
    ({"frames": 0}, "frames"),
    ({"road": {"zone": "motorway", "layout": "crossroads"}}, "no crossroads"),
    ({"ego": {"action": "turning"}}, "turns only at crossroads"),
    ({"ego": {"action": "stopped", "speed": 5}}, "leave one out"),
    ("a street", "scene"),
]


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_wrong_scenes_are_refused_in_one_sentence(value, words):
    with pytest.raises(InputError, match=r"(?s)^scene: [^\n]+$") as caught:
        read_scene(value)
    assert words in str(caught.value)


def test_no_actors_is_a_scene():
    assert read_scene({}).actors == ()


def test_a_scene_survives_json():
    scene = read_scene({"actors": [{"kind": "child", "action": "jaywalking", "hidden_by": "parked_car"}]})
    assert Scene.model_validate_json(scene.model_dump_json()) == scene


def test_every_kind_of_actor_has_actions():
    kinds = Scene.model_json_schema()["$defs"]["Actor"]["properties"]["kind"]["enum"]
    assert set(kinds) == set(ACTIONS)
