"""The audit stage: order, skips with reasons, and errors in words."""

from __future__ import annotations

import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.recipe import Use
from abound.core.schema import Column, Link, Table
from abound.errors import InputError, UnknownName
from abound.stages.audit import CHECKS, audit
from tests.checks.cases import parts, put

QUICK = (
    Use(name="rules"),
    Use(name="marginals", params={"draws": 8}),
    Use(name="pairs", params={"draws": 8}),
    Use(name="gap_test", params={"draws": 1}),
    Use(name="copies", params={"draws": 8}),
)


def test_checks_run_in_their_order_and_real_rows_pass():
    synth, train, reference = parts(300, 300, 200)
    report = audit(synth, train, reference=reference, checks=QUICK)
    assert list(dict.fromkeys(f.check for f in report.findings)) == list(CHECKS)
    assert report.verdict == "pass"
    assert report.drop() == ()


def test_an_empty_set_has_everything_skipped_with_the_reason():
    synth, train, reference = parts(30, 60, 30)
    report = audit(synth.take([]), train, reference=reference)
    assert set(report.skipped) == set(CHECKS)
    assert set(report.skipped.values()) == {"the synthetic set has no rows"}
    assert report.findings == ()
    assert report.verdict == "inconclusive"


def test_a_check_that_refuses_is_skipped_and_the_others_run():
    synth, train, reference = parts(100, 100, 60)
    columns = tuple(
        c.model_copy(update={"role": "feature" if c.name == "age" else "ignore"})
        for c in train.schema.main_table.columns
    )
    schema = train.schema.with_columns("rows", columns).model_copy(update={"tasks": ()})
    narrow = [d.with_table("rows", d.main, schema) for d in (synth, train, reference)]
    report = audit(narrow[0], narrow[1], reference=narrow[2], checks=QUICK[:3])
    assert set(report.skipped) == {"pairs"}
    assert "two columns" in report.skipped["pairs"]
    assert {f.check for f in report.findings} == {"rules", "marginals"}


def test_several_tables_are_not_for_single_table_checks():
    synth, train, reference = (with_visits(d) for d in parts(40, 40, 40))
    report = audit(synth, train, reference=reference, checks=("marginals",))
    assert report.skipped == {"marginals": "it reads single tables and the data has 2"}


def with_visits(data):
    key = data.main.with_row_index("id").with_columns(pl.col("id").cast(pl.Int64))
    main = data.schema.main_table
    tables = {
        "rows": Table(name="rows", columns=(*main.columns, Column(name="id", kind="id", role="key")), key="id"),
        "visits": Table(name="visits", columns=(Column(name="id", kind="id"), Column(name="n", kind="number"))),
    }
    link = Link(child="visits", column="id", parent="rows")
    schema = data.schema.model_copy(update={"tables": tables, "links": (link,)})
    visits = key.select("id", pl.lit(1.0).alias("n"))
    return Dataset(schema, {"rows": key.lazy(), "visits": visits.lazy()})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.with_table("rows", d.main.drop("job")), "lacks the column 'job'"),
        (lambda d: put(d, age=pl.col("age").cast(pl.String)), "'age' is String in the synthetic table and Int64"),
    ],
)
def test_columns_that_cannot_be_compared_are_named(change, words):
    synth, train, reference = parts(40, 40, 40)
    with pytest.raises(InputError, match=words):
        audit(change(synth), train, reference=reference)


def test_a_check_that_does_not_exist_has_a_neighbour():
    synth, train, reference = parts(40, 40, 40)
    with pytest.raises(UnknownName, match="did you mean 'marginals'"):
        audit(synth, train, reference=reference, checks=("marginal",))


def test_the_seed_decides_the_draws():
    synth, train, reference = parts(200, 200, 100)

    def limit(seed):
        return audit(synth, train, reference=reference, checks=QUICK[1:2], seed=seed).findings[0].limit

    assert limit(1) == limit(1)
    assert limit(1) != limit(2)
