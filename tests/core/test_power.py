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


def test_one_short_slice_makes_the_whole_infeasible():
    said = power((200, 200, 400), (5, 5, 50))
    assert said.feasible is False
    assert [s.feasible for s in said.slices] == [False]
    assert "no gain of any size" in said.sentence


def test_numbers_have_no_formula():
    assert regression_power(10, 0.1, 0.2, 122).feasible is None
