"""Generate: exact counts, provenance, rules, and rows that depend on nothing but their order, refit and seed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.dataset import Dataset, table_bytes
from abound.core.plan import Order, Plan
from abound.core.rules import FlagRule, ImpliesRule, OrderRule, SumRule
from abound.core.run import Run
from abound.core.schema import Column, Schema, Table, Task
from abound.core.slice import Slice, Term
from abound.errors import InputError, Refusal, UnknownName, WhereRefused
from abound.stages import generate as stage
from abound.stages.generate import assemble, fit_sampler, generate, merged, prepare, sample_shard, shards
from tests.planted import mixed_table


def order(generator="copula", count=50, where=None, **params):
    condition = Slice.parse(where, "rows") if where else None
    return Order(generator=generator, params=params, count=count, where=condition)


def rows_of(made, wanted):
    return made.main.filter(pl.col("_order") == wanted.id)


def same(left, right):
    return table_bytes(left) == table_bytes(right)


@pytest.fixture(scope="module")
def data():
    return mixed_table(400, rare=0.3)


def test_counts_columns_and_provenance(data):
    orders = (
        order(count=120), order("resample", 30, "income is missing"), order("marginals", 0),
        order("teacher_labels", 40, "y = yes", learner="linear"),
    )  # fmt: skip
    made = generate(data, Plan(orders=orders), seed=5)
    assert made.origin == "synthetic"
    assert made.schema == data.schema
    assert len(made) == 190
    assert made.main.columns[:9] == [*data.main.columns, "_origin", "_order", "_seed"]
    assert set(made.main.columns[9:]) == {"_source", "_soft:no", "_soft:yes"}
    assert made.main.select(data.main.columns).schema == data.main.schema
    assert set(made.main["_origin"]) == {"synthetic"}
    assert made.main["_seed"].dtype == pl.Int64
    for one in orders:
        assert rows_of(made, one).height == one.count
    assert rows_of(made, orders[1])["_source"].null_count() == 0
    assert rows_of(made, orders[0])["_source"].null_count() == 120
    assert set(rows_of(made, orders[3])["y"]) == {"yes"}


def test_an_empty_plan_gives_an_empty_dataset_with_the_right_schema(data):
    for plan in (Plan(), Plan(orders=(order(count=0),))):
        made = generate(data, plan)
        assert len(made) == 0
        assert made.main.select(data.main.columns).schema == data.main.schema
        assert {"_origin", "_order", "_seed"} <= set(made.main.columns)


def test_rows_do_not_depend_on_the_plan_around_them(data):
    kept = order(count=60, where="age > 35")
    alone = generate(data, Plan(orders=(kept,)), seed=2)
    among = generate(data, Plan(orders=(order("swap", 20), order(count=10), kept)), seed=2)
    columns = alone.main.columns
    assert same(rows_of(among, kept).select(columns), alone.main)


def test_asking_for_more_extends_the_same_rows(data):
    short = generate(data, Plan(orders=(order("marginals", 700),)), seed=2).main
    long = generate(data, Plan(orders=(order("marginals", 12_000),)), seed=2).main
    assert same(long.head(700), short)
    assert long.drop("_seed").n_unique() > 11_900, "shards differ"
    few = generate(data, Plan(orders=(order(count=5, where="job = pilot and age < 40"),)), seed=2).main
    more = generate(data, Plan(orders=(order(count=300, where="job = pilot and age < 40"),)), seed=2).main
    assert same(more.head(5), few)


def test_seeds_and_refits_differ(data):
    plan = Plan(orders=(order(count=40),))
    made = [generate(data, plan, seed=s, refit=r).main for s, r in ((0, 0), (1, 0), (0, 1), (0, 0))]
    assert same(made[0], made[3])
    assert len({table_bytes(m) for m in made}) == 3


def test_equal_orders_are_filled_as_one(data):
    twice = Plan(orders=(order(count=30), order("resample", 5), order(count=20)))
    assert [o.count for o in merged(twice)] == [50, 5]
    made = generate(data, twice)
    assert same(rows_of(made, order()).drop("_source"), generate(data, Plan(orders=(order(count=50),))).main)
    assert made.main.filter(pl.col("_source").is_null()).drop("_seed").is_unique().mean() > 0.95


def test_shards_can_be_made_apart_and_put_together(data):
    one = order("marginals", 23_000)
    assert shards(23_000) == [(0, 10_000), (1, 10_000), (2, 3_000)]
    ctx = Context(seed=4)
    parts = []
    for shard, rows in reversed(shards(one.count)):
        sampler = fit_sampler(prepare(data), one.generator, one.params, 1, Context(seed=4))
        parts.append(sample_shard(sampler, data, one, shard, rows, 1, ctx))
    assert same(assemble(data, parts[::-1]).main, generate(data, Plan(orders=(one,)), seed=4, refit=1).main)


def test_a_run_folder_keeps_fits_and_shards(data, tmp_path, monkeypatch):
    plan = Plan(orders=(order(count=60), order(count=20, where="age > 40"), order("swap", 10)))
    plain = generate(data, plan, seed=1)
    with Run(tmp_path / "run") as run:
        first = generate(data, plan, seed=1, run=run)
        fits = []
        monkeypatch.setattr(stage, "fit_sampler", lambda *a: fits.append(a[1]) or fit_sampler(*a))
        again = generate(data, plan, seed=1, run=run)
        assert fits == []
        edited = Plan(orders=(*plan.orders, order(count=7, where="job = pilot"), order("resample", 3)))
        more = generate(data, edited, seed=1, run=run)
        assert fits == ["resample"], "the copula is read from the folder"
        other = generate(mixed_table(400, seed=9), plan, seed=1, run=run)
    assert same(plain.main, first.main)
    assert same(plain.main, again.main)
    assert same(more.main.head(90).select(plain.main.columns), plain.main)
    assert not same(other.main, plain.main)


# Keys and groups.


def keyed(text):
    data = mixed_table(200)
    key = [f"p{i}" for i in range(200)] if text else list(range(500, 700))
    columns = (
        Column(name="id", kind="id", role="key"), *data.schema.main_table.columns,
        Column(name="ward", kind="id", role="group"),
    )  # fmt: skip
    frame = data.main.with_columns(pl.Series("id", key), pl.Series("ward", [f"w{i % 9}" for i in range(200)]))
    table = Table(name="rows", columns=columns, key="id")
    schema = Schema(main="rows", tables={"rows": table}, tasks=data.schema.tasks, group="ward")
    return Dataset(schema, {"rows": frame.select([c.name for c in columns]).lazy()})


@pytest.mark.parametrize("text", [True, False])
def test_keys_are_new_and_rows_from_rows_stay_in_their_group(text):
    data = keyed(text)
    plan = Plan(orders=(order(count=40), order("swap", 30), order("resample", 30)))
    made = generate(data, plan)
    assert made.main["id"].n_unique() == 100
    assert made.main["id"].null_count() == 0
    assert not set(made.main["id"]) & set(data.main["id"])
    model = rows_of(made, plan.orders[0])
    assert model["ward"].n_unique() == 40
    assert not set(model["ward"]) & set(data.main["ward"])
    copied = rows_of(made, plan.orders[2])
    assert copied["ward"].to_list() == data.main["ward"][copied["_source"].to_numpy()].to_list()
    assert len(data.concat_with(made)) == 300


# Rules.


def ruled(rules, n=600):
    """Parts and their total, a flag, two dates in order."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, 50, n), rng.integers(0, 9, n)
    start = rng.integers(0, 1000, n)
    end = start + rng.integers(0, 100, n)
    kind = np.where(a > 25, "big", rng.choice(["big", "small"], n))
    frame = pl.DataFrame(
        {"a": a, "total": a + b, "large": a + b > 30, "b": b, "start": start, "end": end, "kind": kind}
    )
    frame = frame.with_columns(pl.when(pl.Series(rng.random(n) < 0.1)).then(None).otherwise("b").alias("b"))
    frame = frame.with_columns((pl.col("a") + pl.col("b")).alias("total"))
    frame = frame.with_columns((pl.col("total") > 30).fill_null(False).alias("large"))
    whole = {"kind": "number", "integer": True}
    columns = (
        Column(name="a", **whole), Column(name="total", **whole), Column(name="large", kind="bool"),
        Column(name="b", **whole), Column(name="start", **whole), Column(name="end", **whole),
        Column(name="kind", kind="category", role="target", domain=("big", "small")),
    )  # fmt: skip
    schema = Schema(
        main="rows", tables={"rows": Table(name="rows", columns=columns)}, rules=rules,
        tasks=(Task(table="rows", targets=("kind",), kind="classification"),),
    )  # fmt: skip
    return Dataset(schema, {"rows": frame.lazy()})


SUM = SumRule(total="total", parts=("a", "b"))
FLAG = FlagRule(column="large", terms=(Term(column="total", op=">", value=30),))
FALL = OrderRule(columns=("start", "end"))
BIG = ImpliesRule(when=(Term(column="a", op=">", value=25),), then=(Term(column="kind", op="==", value="big"),))


def unruly(frame):
    total = frame.filter(pl.col("total") != pl.col("a") + pl.col("b")).height
    flag = (frame["large"] != (frame["total"] > 30).fill_null(False)).sum()
    fall = (frame["start"] > frame["end"]).sum()
    big = frame.filter((pl.col("a") > 25) & (pl.col("kind") != "big")).height
    return [total, flag, fall, big]


def test_without_declared_rules_a_generator_breaks_them():
    made = generate(ruled(()), Plan(orders=(order("marginals", 1000),)))
    assert min(unruly(made.main)) > 0, "else the next test shows nothing"


@pytest.mark.parametrize("one", [order("marginals", 1000), order(count=1000), order("swap", 1000),
                                 order("smote", 300), order("teacher_labels", 200, learner="linear")],
                         ids=lambda o: o.generator)  # fmt: skip
def test_declared_rules_hold_for_every_generator(one):
    data = ruled((FLAG, SUM, FALL, BIG))
    made = generate(data, Plan(orders=(one,)))
    assert len(made) == one.count
    assert unruly(made.main) == [0, 0, 0, 0]
    assert made.main.columns[:7] == data.main.columns
    assert made.main.select(data.main.columns).schema == data.main.schema
    assert (made.main["total"].is_null() == made.main["b"].is_null()).all()
    assert made.main["large"].n_unique() == 2


def test_conditions_on_recomputed_columns_are_met():
    data = ruled((SUM, FLAG))
    for text in ("large = true and start < 500", "total > 40 and kind = big", "total is missing"):
        made = generate(data, Plan(orders=(order(count=80, where=text),)))
        assert made.mask(Slice.parse(text, "rows")).all()
        assert len(made) == 80
        assert unruly(made.main)[:2] == [0, 0]


def test_no_row_is_made_in_a_combination_that_is_impossible(data):
    hole = Slice.parse("job = clerk and member = true", "rows")
    real = data.with_table("rows", data.main, data.schema.answered(hole, "impossible"))
    made = generate(real, Plan(orders=(order("marginals", 200),)))
    assert generate(data, Plan(orders=(order("marginals", 200),))).support(hole).rows > 0
    assert (len(made), made.support(hole).rows) == (200, 0)


def test_a_rule_that_no_row_keeps_is_named():
    never = ImpliesRule(
        when=(Term(column="a", op=">=", value=0),), then=(Term(column="b", op=">", value=1000),)
    )  # fmt: skip
    with pytest.raises(Refusal, match="rules kept too rarely"):
        generate(ruled((never,)), Plan(orders=(order("marginals", 200),)))


def test_a_target_that_a_rule_defines_is_left_to_the_rule():
    data = ruled((SUM, FLAG))
    columns = [
        c.model_copy(update={"role": {"large": "target", "kind": "feature"}.get(c.name, c.role)})
        for c in data.schema.main_table.columns
    ]
    task = Task(table="rows", targets=("large",), kind="classification")
    schema = data.schema.with_columns("rows", tuple(columns)).model_copy(update={"tasks": (task,)})
    data = data.with_table("rows", data.main, schema)
    made = generate(data, Plan(orders=(order(count=50),)))
    assert unruly(made.main)[:2] == [0, 0]
    with pytest.raises(Refusal, match="a rule defines it"):
        generate(data, Plan(orders=(order("teacher_labels", 5, learner="linear"),)))


# Refusals.


def test_conditions_that_are_hardly_ever_met_are_refused_with_their_rate():
    data = mixed_table(400)
    where = "age < 20 and income > 60000 and job = smith and member = true and since < 2015-02-01"
    with pytest.raises(Refusal, match=r"too rarely: 0\.00\d\d% of \d+,000 rows"):
        generate(data, Plan(orders=(order(count=50, where=where),)))


def test_refused_orders_can_be_left_out_with_a_note(data):
    plan = Plan(orders=(order(count=20, where="job = astronaut"), order(count=10)))
    with pytest.raises(WhereRefused, match="astronaut"):
        generate(data, plan)
    made = generate(data, plan, skip_refused=True)
    assert len(made) == 10
    assert len(made.notes) == 1
    assert "20 rows by copula" in made.notes[0]


def test_unknown_names_and_parameters_are_explained(data):
    with pytest.raises(UnknownName, match="did you mean 'copula'"):
        generate(data, Plan(orders=(order("copola"),)))
    with pytest.raises(InputError, match="'by_target'"):
        generate(data, Plan(orders=(order("copula", by_target="sometimes"),)))
