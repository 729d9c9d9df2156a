import numpy as np
import pytest

from abound.stats.duplicates import NEAR, duplicate_sets, equal_sets


def table(n=400, numbers=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 4, (n, 2)), rng.normal(size=(n, numbers)), rng


def sets_of(label):
    return sorted(tuple(np.flatnonzero(label == s)) for s in np.unique(label) if (label == s).sum() > 1)


def with_copies(change):
    codes, x, rng = table()
    source = np.array([3, 50, 50, 200])
    more_codes, more_x = codes[source].copy(), x[source].copy()
    change(more_codes, more_x, rng)
    label = duplicate_sets(np.vstack([codes, more_codes]), np.vstack([x, more_x]))
    return sets_of(label)


COPIES = [(3, 400), (50, 401, 402), (200, 403)]


def test_exact_copies():
    assert with_copies(lambda c, x, rng: None) == COPIES


def test_copies_with_noise_on_every_number():
    def noise(c, x, rng):
        x += rng.uniform(-NEAR / 2, NEAR / 2, x.shape)

    assert with_copies(noise) == COPIES


@pytest.mark.parametrize("value", [9.0, np.nan])
def test_copies_with_one_cell_changed_or_lost(value):
    def change(c, x, rng):
        x[:, 2] = value

    assert with_copies(change) == COPIES


def test_copies_with_another_category():
    def change(c, x, rng):
        c[:, 1] = 3 - c[:, 1]

    found = {frozenset(s) for s in with_copies(change)}
    assert {frozenset(s) for s in COPIES} == found


def test_two_changed_cells_are_another_case():
    def change(c, x, rng):
        x[:, 1:3] += 3.0

    # The two copies of row 50 equal each other.
    assert with_copies(change) == [(401, 402)]


def test_a_chain_of_near_copies_is_one_set():
    codes, x, rng = table()
    steps = np.cumsum(rng.uniform(0, NEAR, (15, x.shape[1])), axis=0)
    label = duplicate_sets(np.vstack([codes, np.repeat(codes[:1], 15, axis=0)]), np.vstack([x, x[0] + steps]))
    assert sets_of(label) == [(0, *range(400, 415))]


def test_an_oversampled_class_is_found():
    codes, x, rng = table()
    source = rng.integers(0, 20, 400)
    label = duplicate_sets(np.vstack([codes, codes[source]]), np.vstack([x, x[source]]))
    assert (label[400:] == source).all()


def test_equal_rows_of_a_table_of_few_levels_are_chance():
    rng = np.random.default_rng(1)
    few = rng.integers(0, 4, (3_000, 6))
    assert not sets_of(duplicate_sets(few, np.zeros((3_000, 0))))
    assert len(sets_of(equal_sets(few))) > 500
    every = np.stack(np.meshgrid(*[np.arange(4)] * 6), axis=-1).reshape(-1, 6)
    assert not sets_of(duplicate_sets(every, np.zeros((len(every), 0))))


def test_columns_that_are_zero_together_surprise_once():
    rng = np.random.default_rng(2)
    active = rng.random(4_000) < 0.5
    x = np.where(active[:, None], rng.normal(size=(4_000, 8)), 0.0)
    codes = rng.integers(0, 5, (4_000, 2))
    assert not sets_of(duplicate_sets(codes, x))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (5, 0), (60, 1)])
def test_small_and_empty_tables(shape):
    n, q = shape
    assert duplicate_sets(np.zeros((n, 1), dtype=np.int64), np.ones((n, q))).tolist() == list(range(n))
