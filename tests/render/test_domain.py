"""Draws from the domain obey what is asked and are distributed as rejection would leave them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from abound.errors import Refusal
from abound.render.domain import CATEGORIES, NUMBERS, draw, impossible, span


def among(**wanted):
    return lambda name, value: value in wanted.get(name, (value,))


def draws(n, allowed=lambda name, value: True, limits=None, seed=0):
    rng = np.random.default_rng(seed)
    return [draw(rng, allowed, limits or {}) for _ in range(n)]


def test_draws_are_possible_and_within_their_ranges():
    combos = impossible()
    for values in draws(200):
        assert not any(all(values[n] == v for n, v in combo.items()) for combo in combos)
        for name in NUMBERS:
            low, high = span(name, values)
            assert low - 1e-3 <= values[name] <= high + 1e-3


def test_conditions_are_obeyed():
    wanted = among(weather=("fog",), actor=("child",), action=("jaywalking",))
    for values in draws(60, wanted, {"distance": (12.0, 13.0)}):
        assert (values["weather"], values["actor"], values["action"]) == ("fog", "child", "jaywalking")
        assert 12.0 <= values["distance"] <= 13.0


def test_an_exact_number_is_that_number():
    assert {v["size"] for v in draws(20, among(actor=("child",)), {"size": (1.2345, 1.2345)})} == {1.2345}


def test_a_limit_draws_as_rejection_does():
    """Fast ego vehicles are mostly on motorways: a limit on the number must shift the category as rejection does."""
    limit = 9.0
    free = [v for v in draws(1200, among(actor=("none",))) if v["ego_speed"] >= limit]
    under = draws(600, among(actor=("none",)), {"ego_speed": (limit, 1e9)}, seed=1)
    a, b = (Counter(v["zone"] for v in rows) for rows in (free, under))
    for zone in CATEGORIES["zone"].values:
        assert abs(a[zone] / len(free) - b[zone] / len(under)) < 0.1


@pytest.mark.parametrize(
    ("allowed", "limits", "words"),
    [
        (among(actor=("deer",), action=("cut_in",)), {}, "no clip has"),
        (among(actor=("child",)), {"size": (3.0, 4.0)}, "a child is .* not 3 to 4$"),
        (among(actor=("child",)), {"size": (3.0, 1e9)}, "a child is .* not 3 or more$"),
        (among(weather=("hail",)), {}, "no value of 'weather'"),
        (among(zone=("motorway",), layout=("crossroads",)), {}, "motorway"),
    ],
)
def test_what_cannot_be_is_said(allowed, limits, words):
    with pytest.raises(Refusal, match=words):
        draw(np.random.default_rng(0), allowed, limits, tries=500)


def test_clips_without_an_event_are_common():
    shares = Counter(v["actor"] for v in draws(600))
    assert shares["none"] / 600 > 0.08
    assert set(CATEGORIES["actor"].values) == set(shares)
