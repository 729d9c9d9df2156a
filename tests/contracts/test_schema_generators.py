"""Laws for generators that learn from no row: counts, seeds, schema, conditions, saved samplers, given rows."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import table_bytes
from abound.core.plan import Order, Plan
from abound.core.slice import Slice, Term
from abound.errors import Refusal, WhereRefused
from abound.stages.generate import generate
from tests.clips import clip, domain

NAMES = [n for n in registry.names("generator") if registry.spec("generator", n).provenance == "schema"]
BARE = {"traffic": {"vehicles": 0, "walkers": 0}, "surroundings": {"buildings": 0.0, "trees": 0.0}}
PARAMS = {"street": {"frames": 2, "width": 64, "height": 32, "layers": ["depth"], "scene": BARE}}
WHERE = {"street": "zone == rural and actor == none and weather == overcast"}
every = pytest.mark.parametrize("name", NAMES)


def fitted(name, folder):
    pytest.importorskip("numba", reason="the extra [scenes] is not installed")
    return registry.create("generator", name, PARAMS[name]).fit(domain(), Context(scratch=folder))


def digest(data):
    return {n: hashlib.sha256(table_bytes(data.table(n))).hexdigest() for n in data.schema.tables}


def where(name):
    return Slice.parse(WHERE[name], domain().schema.main)


@every
@pytest.mark.slow
def test_same_seed_same_bytes_exact_counts_and_conditions(name, tmp_path):
    draw = {n: fitted(name, tmp_path / str(n)) for n in (0, 1, 3)}
    made = {n: s.sample(n, rng=np.random.default_rng(5), where=where(name)) for n, s in draw.items()}
    for n, data in made.items():
        assert len(data) == n
        assert data.schema == domain().schema
        assert data.origin == "synthetic"
        assert data.mask(where(name)).all()
    again = fitted(name, tmp_path / "again").sample(3, rng=np.random.default_rng(5), where=where(name))
    assert digest(again) == digest(made[3])
    assert made[3].main["clip"][0] == made[1].main["clip"][0]
    other = fitted(name, tmp_path / "other").sample(1, rng=np.random.default_rng(6), where=where(name))
    assert digest(other) != digest(made[1])


@every
@pytest.mark.slow
def test_orders_are_filled_by_the_stage(name, tmp_path):
    orders = [Order(generator=name, params=PARAMS[name], count=n, where=where(name)) for n in (1, 1)]
    made = generate(domain(), Plan(orders=tuple(orders)), ctx=Context(seed=1, scratch=tmp_path))
    assert len(made) == 2
    assert set(made.main["_order"]) == {orders[0].id}
    assert {"_origin", "_seed"} <= set(made.main.columns)


@every
def test_impossible_conditions_are_refused_in_a_sentence(name, tmp_path):
    sampler = fitted(name, tmp_path)
    for bad in (
        Slice(on=domain().schema.main, terms=(Term(column="nothing", op="==", value=1),)),
        Slice(on="elsewhere", terms=(Term(column="zone", op="==", value="urban"),)),
    ):
        with pytest.raises(Refusal) as caught:
            sampler.support(bad, None)
        assert len(str(caught.value).split()) > 5


@every
def test_given_rows_are_completed_or_refused(name, tmp_path):
    with pytest.raises(WhereRefused):
        fitted(name, tmp_path).support(None, clip()[0])


def test_generators_that_learn_do_not_make_clips():
    with pytest.raises(Refusal, match="single tables"):
        generate(domain(), Plan(orders=(Order(generator="copula", count=1),)))


SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np
from abound.core import registry
name, folder, params = json.loads(sys.argv[1])
sampler = registry.create("generator", name, params).load(Path(folder))
print(json.dumps(sampler.tasks(4, rng=np.random.default_rng(5), where=None, folder=Path("x"))))
"""


@every
def test_a_saved_sampler_draws_the_same_in_a_new_process(name, tmp_path):
    sampler = fitted(name, tmp_path)
    sampler.save(tmp_path)
    wanted = sampler.tasks(4, rng=np.random.default_rng(5), where=None, folder=Path("x"))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([name, str(tmp_path), PARAMS[name]])],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(wanted))
