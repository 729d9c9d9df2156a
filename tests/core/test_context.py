"""Random numbers come by content path: the same in any process and order, and different for different work."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.context import Context

paths = st.lists(st.text(max_size=5) | st.integers(0, 3), max_size=3).map(tuple)


def draw(ctx: Context, *path: object) -> list[int]:
    return ctx.rng(*path).integers(0, 2**62, 4).tolist()


@given(seed=st.integers(0, 2**40), path=paths, other=paths)
def test_numbers_depend_on_the_seed_and_the_path_only(seed: int, path: tuple, other: tuple) -> None:
    ctx = Context(seed=seed)
    first = draw(ctx, *path)
    draw(ctx, *other)
    assert draw(ctx, *path) == first
    assert draw(Context(seed=seed), *path) == first
    assert draw(Context(seed=seed + 1), *path) != first
    assert (draw(ctx, *other) == first) == (list(map(str, other)) == list(map(str, path)))
    assert draw(ctx.at(*path), *other) == draw(ctx, *path, *other)


def test_paths_do_not_run_into_each_other() -> None:
    ctx = Context()
    seen = [draw(ctx, *p) for p in (("ab",), ("a", "b"), ("a", "", "b"), ('a","b',), (), ("",), ("1",), ("1", "1"))]
    assert len({tuple(s) for s in seen}) == len(seen)


def test_another_process_draws_the_same() -> None:
    code = "from abound.core.context import Context; c = Context(seed=7).at('sample', 'abc')"
    code += "; print(*c.rng(3).integers(0, 2**62, 4), c.random_state('x'))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "99"}, capture_output=True, text=True, check=True
    )
    ctx = Context(seed=7).at("sample", "abc")
    assert [int(v) for v in done.stdout.split()] == [*draw(ctx, 3), ctx.random_state("x")]


def test_the_numbers_never_change_between_releases() -> None:
    assert draw(Context(seed=0), "sample", 1)[:2] == [4216894435834055395, 3362547911635701020]
    assert Context(seed=0).random_state("fit") == 1229566509


def test_integer_seeds_fit_31_bits_and_look_uniform() -> None:
    ctx = Context(seed=1)
    states = np.array([ctx.random_state(i) for i in range(2000)])
    assert states.min() >= 0
    assert states.max() < 2**31
    assert abs(states.mean() / 2**30 - 1) < 0.05
    assert len(set(states.tolist())) == 2000


def test_the_global_generator_is_left_alone() -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    draw(Context(), "x")
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_context_is_frozen() -> None:
    with pytest.raises(AttributeError):
        Context().seed = 1
    assert replace(Context(seed=1), seed=2).seed == 2
