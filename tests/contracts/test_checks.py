"""Laws for every check: same seed same findings, odd data survived, real rows beside every score."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from abound.core import registry
from abound.core.audit import Audit
from abound.core.recipe import Use
from abound.core.schema import Column, Task
from abound.stages.audit import audit
from tests.checks.cases import grouped, parts, put

NAMES = registry.names("check")
SIZES = (70, 70, 50)
QUICK = {
    "marginals": {"draws": 8},
    "pairs": {"draws": 8},
    "gap_test": {"draws": 1, "blocks": 4},
    "copies": {"draws": 5},
    "shortcut": {"folds": 2},
}


def plain():
    return parts(*SIZES)


def spoilt():
    synth, train, reference = plain()
    return (
        synth.with_table("rows", pl.concat([train.main[:10], put(synth, age=pl.col("age") + 20).main[10:]])),
        train,
        reference,
    )


def each(change):
    return lambda: tuple(change(d) for d in plain())


def one_class():
    return tuple(put(d, y=pl.lit("no")) for d in plain())


def regression(data):
    task = Task(table="rows", targets=("age",), kind="regression")
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": (task,)}))


def text(data):
    note = pl.Series("note", [f"row {i} {'x' * (i % 7)}" for i in range(len(data))])
    columns = (*data.schema.main_table.columns, Column(name="note", kind="text"))
    return data.with_table("rows", data.main.with_columns(note), data.schema.with_columns("rows", columns))


def all_one_class_in_synth():
    synth, train, reference = plain()
    return put(synth, y=pl.lit("yes")), train, reference


def many_levels(data):
    levels = tuple(f"l{i}" for i in range(300))
    values = np.random.default_rng(len(data)).choice(levels, len(data))
    columns = (*data.schema.main_table.columns, Column(name="code", kind="category", domain=levels))
    return data.with_table(
        "rows", data.main.with_columns(code=pl.Series(values)), data.schema.with_columns("rows", columns)
    )


def holes(data):
    some = pl.when(pl.col("age") <= 35)
    return put(data, income=some.then(pl.col("income")), job=some.then(pl.col("job")))


def empty_columns(data):
    return put(data, income=pl.lit(None, dtype=pl.Float64), job=pl.lit(None, dtype=pl.String))


def take(*sizes):
    return lambda: tuple(d.take(range(n)) for d, n in zip(plain(), sizes, strict=True))


CASES = {
    "plain": plain,
    "spoilt": spoilt,
    "nulls": each(holes),
    "one class": one_class,
    "another class mix": all_one_class_in_synth,
    "constant column": each(lambda d: put(d, job=pl.lit("clerk"), age=pl.lit(40))),
    "all-null column": each(empty_columns),
    "regression": each(regression),
    "no target": each(lambda d: d.with_table("rows", d.main, d.schema.model_copy(update={"tasks": ()}))),
    "groups": each(lambda d: grouped(d, 3)),
    "text": each(text),
    "many levels": each(many_levels),
    "one synthetic row": take(1, 70, 50),
    "three rows of each": take(3, 3, 3),
    "no reference": take(70, 70, 0),
}  # fmt: skip


def run(name, case, seed=0):
    synth, train, reference = CASES[case]()
    return audit(synth, train, reference=reference, checks=[Use(name=name, params=QUICK.get(name, {}))], seed=seed)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_findings_are_complete_or_the_check_says_why_not(name, case):
    report = run(name, case)
    synth = CASES[case]()[0]
    assert bool(report.findings) != bool(report.skipped)
    for f in report.findings:
        assert f.check == name
        assert f.sentence.endswith(".")
        if f.value is None:
            assert f.verdict == "inconclusive"
            continue
        assert np.isfinite(f.value)
        assert f.reference is not None
        assert f.low is None or f.low <= f.value <= f.high
        assert (f.action == "drop") == bool(f.rows)
        assert all(0 <= r < len(synth) for r in f.rows)
        assert f.action == "none" or f.verdict == "fail" or f.check == "rules"
    assert Audit.model_validate(json.loads(report.model_dump_json())) == report


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_findings(name):
    assert run(name, "spoilt", seed=4).model_dump_json() == run(name, "spoilt", seed=4).model_dump_json()


@pytest.mark.parametrize("name", NAMES)
def test_a_set_that_is_spoilt_in_no_way_passes(name):
    synth, train, reference = parts(300, 300, 200, seed=1)
    report = audit(synth, train, reference=reference, checks=[Use(name=name, params=QUICK.get(name, {}))])
    assert {f.verdict for f in report.findings} <= {"pass"}


@pytest.mark.slow
def test_the_machine_and_the_process_do_not_matter():
    code = (
        "from tests.contracts.test_checks import NAMES, run; "
        "print('|'.join(run(n, 'spoilt').model_dump_json() for n in NAMES))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_other_hash()
    )
    assert told.stdout.strip() == "|".join(run(n, "spoilt").model_dump_json() for n in NAMES)


def _other_hash():
    import os

    return {**os.environ, "PYTHONHASHSEED": "7", "POLARS_MAX_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
