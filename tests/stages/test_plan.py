"""Plan: the prior chooses by situation, amounts keep their bounds, orders asked for are kept as they are."""

from __future__ import annotations

import pytest

from abound.core.gap import Evidence, Gap
from abound.core.recipe import Make, Use
from abound.core.schema import Task
from abound.core.slice import Slice, Term
from abound.errors import InputError, UnknownName
from abound.stages.find import find
from abound.stages.plan import LEAST_COMMON, common_needed, plan
from tests.planted import mixed_table


def with_task(data, target=None, kind="regression"):
    tasks = (Task(table="rows", targets=(target,), kind=kind),) if target else ()
    return data.with_table("rows", data.main, data.schema.model_copy(update={"tasks": tasks}))


def only(data, *names):
    """The data with fewer features."""
    columns = tuple(
        c if c.name in names or c.role == "target" else c.model_copy(update={"role": "ignore"})
        for c in data.schema.main_table.columns
    )
    return data.with_table("rows", data.main, data.schema.with_columns("rows", columns))


def hole(support=0, coverage=0.8, **levels):
    terms = tuple(Term(column=c, op="==", value=v) for c, v in levels.items())
    evidence = (Evidence(name="sibling coverage", value=coverage),)
    return Gap(
        kind="missing", finder="missing_combo", slice=Slice(on="rows", terms=terms), support=support,
        main_rows=support, groups=support, wanted=100, evidence=evidence,
    )  # fmt: skip


NUMERIC, CATEGORICAL = ("age", "income"), ("job", "member")


@pytest.mark.parametrize(
    ("n", "features", "learner", "base", "says"),
    [
        (3000, NUMERIC, "tree", "copula", "a small tree with mostly numeric"),
        (300, NUMERIC, "boosting", "copula", "300 rows with mostly numeric"),
        (300, NUMERIC, "linear", "copula", "mostly numeric"),
        (300, NUMERIC, "mlp", "swap", "neural network"),
        (3000, CATEGORICAL, "tree", "swap", "mostly categorical"),
        (300, CATEGORICAL, "boosting", "swap", "mostly categorical"),
        (3000, CATEGORICAL, "mlp", "swap", "neural network"),
        (3000, NUMERIC, "boosting", "swap", "it may be best to add none"),
        (3000, NUMERIC, "random_forest", "swap", "random forest on 3,000 rows"),
        (3000, NUMERIC, "linear", "swap", "it may be best to add none"),
    ],
)
def test_the_prior_chooses_by_situation(n, features, learner, base, says):
    data = only(mixed_table(n), *features)
    made = plan(data, data, [], learner=learner)
    (order,) = made.orders
    assert (order.generator, order.params, order.where) == ("teacher_labels", {"base": base}, None)
    assert made.advice.startswith("Experience with other data, not measured here: ")
    assert says in made.advice
    assert made.advice.count(". ") == 0  # one sentence


@pytest.mark.parametrize(("n", "total"), [(50, 500), (1000, 10_000), (1001, 1001), (3000, 3000)])
def test_as_many_rows_as_real_ones_or_ten_times_few(n, total):
    data = mixed_table(n)
    assert plan(data, data, []).total == total


@pytest.mark.parametrize(("n", "total"), [(50, 2000), (300, 12_000), (800, 12_000), (1000, 12_000), (1001, 1001)])
def test_a_small_tree_gets_enough_rows_to_learn_the_teachers_splits(n, total):
    data = mixed_table(n)
    assert plan(data, data, [], learner="tree").total == total


def test_no_rows_for_a_rare_class_by_default():
    data = mixed_table(600, rare=0.03)
    made = plan(data, data, find(data, data, finders=[Use(name="rare_class")]))
    assert [o.where for o in made.orders] == [None]
    assert any("rare class y = yes" in n for n in made.notes)


def test_missing_combinations_get_few_rows_beside_a_common_share():
    data = mixed_table(2000)
    gaps = [hole(job="pilot", member=True), hole(job="smith", member=True), hole(job="nurse", age=41),
            hole(job="clerk", age=42)]  # fmt: skip
    made = plan(data, data, gaps)
    base, *holes = made.orders
    assert base.where is None
    assert [o.gap for o in holes] == [g.id for g in gaps[:3]]
    assert all(o.count == 50 and o.params == {"base": "copula"} for o in holes)
    assert made.total == 2000
    assert made.common_share() >= LEAST_COMMON
    assert any("job = clerk and age = 42: at most 3 are filled" in n for n in made.notes)


def test_only_holes_that_tune_shows_are_filled():
    data = mixed_table(2000)
    seen = data.main.filter((data.main["job"] == "smith") & data.main["member"])
    tune = data.with_table("rows", seen)
    made = plan(data, tune, [hole(job="pilot", member=True), hole(job="smith", member=True)])
    assert [str(o.where) for o in made.orders[1:]] == ["job = smith and member = True"]
    assert any("job = pilot and member = True: no row of train or tune shows it" in n for n in made.notes)


@pytest.mark.parametrize("n", [30, 100, 300, 3000])
def test_a_tenth_of_the_rows_at_most_go_to_holes(n):
    data = mixed_table(n)
    jobs = data.main["job"].unique().sort().to_list()
    made = plan(data, data, [hole(job=j, member=m) for j in jobs for m in (True, False)])
    special = sum(o.count for o in made.orders if o.where)
    assert 0 < special <= made.total / 10


def test_a_slice_gets_at_most_three_times_its_rows():
    data = mixed_table(2000)
    made = plan(data, data, [hole(job="pilot", member=True, support=4)])
    assert made.orders[1].count == 12


def test_holes_that_cannot_be_made_are_noted():
    data = mixed_table(2000)
    unseen = hole(job="astronaut", member=True)
    lonely = hole(job="nurse", member=True)
    no_class = hole(y="maybe")
    made = plan(data, data.take([]), [unseen, lonely, no_class])
    assert len(made.orders) == 1
    text = " / ".join(made.notes)
    assert "no row has job = astronaut" in text
    assert "job = nurse and member = True: no row of train or tune shows it" in text
    assert "y = maybe: no row shows it" in text


def with_answer(data, gap, answer):
    return data.with_table("rows", data.main, data.schema.answered(gap.slice, answer))


def test_a_needed_hole_is_filled_and_said_to_be_unprovable():
    pilots = hole(job="pilot", member=True)
    data = with_answer(mixed_table(2000), pilots, "needed")
    made = plan(data, data.take([]), [pilots, hole(job="smith", member=True)])
    (order,) = made.orders[1:]
    assert (order.gap, order.count) == (pilots.id, 50)
    assert "no real row shows it, so nothing can be proved about it on real data" in order.reason
    (note,) = [n for n in made.notes if n.startswith("rows are ordered for job = pilot and member = True")]
    assert "nothing can be proved" in note
    assert any("job = smith and member = True: no row of train or tune shows it" in n for n in made.notes)


def test_a_needed_hole_that_tune_shows_is_like_any_other():
    pilots = hole(job="pilot", member=True)
    data = with_answer(mixed_table(2000), pilots, "needed")
    made = plan(data, data, [pilots])
    assert made.orders[1].reason == "fills a combination that training rows lack and tuning rows show"
    assert not any("proved" in n for n in made.notes)


def test_a_need_does_not_help_where_no_generator_can():
    unseen = hole(job="astronaut", member=True)
    data = with_answer(mixed_table(2000), unseen, "needed")
    made = plan(data, data.take([]), [unseen])
    assert len(made.orders) == 1
    assert any("no row has job = astronaut, so no model can learn it" in n for n in made.notes)


@pytest.mark.parametrize("answer", ["impossible", "unneeded"])
def test_holes_answered_away_get_no_rows(answer):
    pilots = hole(job="pilot", member=True)
    data = with_answer(mixed_table(2000), pilots, answer)
    made = plan(data, data, [pilots, hole(job="pilot", member=True, age=40)])
    assert len(made.orders) == 1
    assert any("answered to be impossible or unneeded" in n for n in made.notes)


def test_rows_that_cannot_be_are_not_asked_for():
    pilots = hole(job="pilot", member=True)
    data = with_answer(mixed_table(400), pilots, "impossible")
    inside = Make(generator=Use(name="marginals"), where="job = pilot and member = true and age < 30")
    with pytest.raises(InputError, match="call job = pilot and member = True impossible"):
        plan(data, data, [], make=(inside,))
    beside = Make(generator=Use(name="marginals"), where="job = pilot and age < 30")
    assert plan(data, data, [], make=(beside,)).total == 400


@pytest.mark.parametrize("rare", [0.0, 0.1, 0.3, 0.49])
@pytest.mark.parametrize("special", [0, 1, 7, 500])
def test_common_rows_keep_both_bounds(special, rare):
    c = common_needed(special, rare)
    assert c >= LEAST_COMMON * (special + c) - 1e-9
    assert special + rare * c <= 0.5 * (special + c) + 1e-6 * (special + c)
    if c:
        fewer = c - 1
        assert fewer < LEAST_COMMON * (special + fewer) or special + rare * fewer > 0.5 * (special + fewer)


def test_a_slice_that_is_half_the_data_needs_a_quarter():
    assert common_needed(300, 0.6) == 100


def test_orders_asked_for_are_kept():
    data = mixed_table(400)
    make = (
        Make(generator=Use(name="marginals", params={"by_target": True}), ratio=0.5),
        Make(generator=Use(name="marginals"), ratio=2, where="job = pilot and age < 30"),
    )
    made = plan(data, data, [hole(job="pilot", member=True)], make=make)
    assert [(o.generator, o.params, o.count) for o in made.orders] == [
        ("marginals", {"by_target": True}, 200), ("marginals", {}, 800),
    ]  # fmt: skip
    assert str(made.orders[1].where) == "job = pilot and age < 30"
    assert any("more than the 400 real ones" in n for n in made.notes)
    assert any("20 % of the rows are made without a condition" in n for n in made.notes)
    assert plan(data, data, [], make=()).total == 0


def test_equal_lines_are_added_up():
    data = mixed_table(100)
    line = Make(generator=Use(name="marginals"), ratio=0.5)
    (order,) = plan(data, data, [], make=(line, line)).orders
    assert order.count == 100


def test_what_is_asked_for_wrongly_is_said_at_once():
    data = mixed_table(100)
    marginals = Use(name="marginals")
    with pytest.raises(UnknownName, match="job"):
        plan(data, data, [], make=(Make(generator=marginals, where="jib = pilot"),))
    with pytest.raises(InputError, match="comparison"):
        plan(data, data, [], make=(Make(generator=marginals, where="pilots"),))
    with pytest.raises(UnknownName, match="marginals"):
        plan(data, data, [], make=(Make(generator=Use(name="marginal")),))
    with pytest.raises(UnknownName, match="boosting"):
        plan(data, data, [], learner="bosting")


def test_without_a_target_only_replace():
    data = with_task(mixed_table(300))
    with pytest.raises(InputError, match="--target"):
        plan(data, data, [])
    (order,) = plan(data, data, [], purpose="replace").orders
    assert (order.generator, order.params, order.count) == ("copula", {}, 300)


def test_replace_is_by_class_where_classes_allow():
    data = mixed_table(300)
    assert plan(data, data, [], purpose="replace").orders[0].params == {"by_target": True}
    few = mixed_table(300, rare=0.02)
    assert (few.main["y"] == "yes").sum() < 10
    made = plan(few, few, [], purpose="replace")
    assert made.orders[0].params == {}
    assert "fewer than 10" in made.notes[0]


def test_a_regression_is_planned():
    data = with_task(mixed_table(300), "age")
    made = plan(data, data, find(data, data), learner="tree")
    assert made.orders[0].generator == "teacher_labels"
