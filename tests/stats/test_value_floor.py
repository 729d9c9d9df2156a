"""Numbers as tokens: distributions are kept, and no number that fewer than k persons have comes out."""

import json

import numpy as np
import pytest

from abound.stats.value_floor import decode_values, encode_values, fit_values, from_state, to_state


def drawn(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A spike at 0, whole numbers, a long tail, one value of one person."""
    rng = np.random.default_rng(seed)
    parts = [np.zeros(300), rng.poisson(20, 1500), np.round(rng.lognormal(5, 1, 700), 1), [99999.9]]
    values = np.concatenate(parts).astype(np.float64)
    return values, rng.integers(0, 900, len(values))


def holders(values: np.ndarray, persons: np.ndarray) -> dict[float, int]:
    return {float(v): len(set(persons[values == v])) for v in np.unique(values)}


@pytest.mark.parametrize("tokens", [8, 32])
def test_the_distribution_comes_back(tokens: int) -> None:
    from scipy.stats import ks_2samp

    values, persons = drawn()
    fitted = fit_values(values, persons, 10, tokens)
    codes = encode_values(fitted, values)
    made = decode_values(fitted, codes, np.random.default_rng(1))
    assert ks_2samp(values, made, method="asymp").statistic < 0.04
    assert np.mean(made == 0) == pytest.approx(300 / 2501, abs=0.02)
    assert fitted.tokens <= tokens + 2
    assert np.corrcoef(np.argsort(np.argsort(values)), codes)[0, 1] > 0.95


def test_no_number_of_few_persons_comes_out() -> None:
    values, persons = drawn()
    fitted = fit_values(values, persons, 10, 32)
    made = decode_values(fitted, encode_values(fitted, np.tile(values, 20)), np.random.default_rng(2))
    rare = {v for v, n in holders(values, persons).items() if n < 10}
    assert len(rare) > 300
    assert not rare & set(made.tolist())
    assert made.max() < 20_000


def test_groups_have_k_persons_even_where_one_has_most_rows() -> None:
    values = np.concatenate([np.linspace(1, 2, 500), np.linspace(3, 4, 20)])
    persons = np.concatenate([np.zeros(500), np.arange(1, 21)]).astype(np.int64)
    fitted = fit_values(values, persons, 10, 32)
    sizes = [len(set(persons[encode_values(fitted, values) == t])) for t in range(fitted.tokens)]
    assert min(sizes) >= 10


def test_too_few_persons_give_no_tokens_and_rare_numbers_go_to_the_nearest_point() -> None:
    assert fit_values(np.arange(5.0), np.arange(5), 10, 8).tokens == 0
    values = np.array([1.0] * 12 + [2.0] * 12 + [9.0])
    fitted = fit_values(values, np.arange(25), 10, 8)
    made = decode_values(fitted, encode_values(fitted, values), np.random.default_rng(0))
    assert set(made.tolist()) == {1.0, 2.0}


def test_a_map_is_stored_as_json() -> None:
    fitted = fit_values(*drawn(), 10, 16)
    again = from_state(json.loads(json.dumps(to_state(fitted))))
    tokens = np.arange(fitted.tokens).repeat(50)
    one, two = (decode_values(m, tokens, np.random.default_rng(0)) for m in (fitted, again))
    assert np.array_equal(one, two)
