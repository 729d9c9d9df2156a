import pytest

from abound.core.power import regression_power, stated


def power(*counts):
    return stated("yes", {f"rows {i}": c for i, c in enumerate(counts)}, 0.1, 0.2)


def test_enough_and_left():
    said = power((200, 200, 400))
    assert said.feasible is True
    assert said.needed_units == 122
    assert "122 rows are enough for 10 points" in said.sentence


def test_too_few_test_rows_are_declared():
    said = power((60, 60, 400))
    assert said.feasible is False
    assert "the wanted 10 points need 122 rows" in said.sentence


def test_too_few_rows_left_are_declared():
    assert power((130, 130, 100)).feasible is False
    assert "Only 100 of them" in power((130, 130, 100)).sentence
    assert "fewer than 20" in power((130, 130, 12)).sentence


def test_groups_decide_where_rows_may_fail_together():
    said = power((500, 30, 300))
    assert said.feasible is False
    assert "500 rows 0 in 30 groups" in said.sentence


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (("group person",), "in 30 groups (one group may fail as a whole"),
        (("near-duplicates",), "in 30 different cases (near-duplicates are one case and fail together"),
        (("group p", "near-duplicates"), "in 30 sets (rows with one 'p' and near-duplicates form one set"),
        (("key house", "group person", "near-duplicates"),
         "rows with one 'house', rows with one 'person' and near-duplicates form one set"),
    ],
)  # fmt: skip
def test_what_goes_together_is_called_what_it_is(reasons, said):
    sentence = stated("yes", {"rows": (500, 30, 300)}, 0.1, 0.2, reasons).sentence
    assert said in sentence
    kind = said.split(" (")[0].removeprefix("in 30 ") if said.startswith("in") else "sets"
    assert f"need 122 {kind}, and a gain" in sentence


def test_one_short_slice_makes_the_whole_infeasible():
    said = power((200, 200, 400), (5, 5, 50))
    assert said.feasible is False
    assert [s.feasible for s in said.slices] == [False]
    assert "no gain of any size" in said.sentence


def test_numbers_have_no_formula():
    assert regression_power(10, 0.1, 0.2, 122).feasible is None
