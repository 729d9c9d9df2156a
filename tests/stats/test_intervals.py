import numpy as np
import pytest

from abound.stats.intervals import PairedMean, group_draws, holm_levels, paired_mean, wilson


def one_study(rng, repeats=6, groups=40, unit_sd=1.0, repeat_sd=0.3, truth=0.0):
    """A paired difference with known truth: unit effects shared by all repeats, and an effect of each repeat."""
    units = rng.normal(truth, unit_sd, groups)
    shift = rng.normal(0, repeat_sd, repeats)
    noise = rng.normal(0, 0.2, (repeats, groups))
    scores = units[None, :] + shift[:, None] + noise
    draws = group_draws(np.arange(groups), 120, rng)
    return paired_mean(scores.mean(axis=1), scores @ draws.T / groups, groups)


@pytest.mark.parametrize(("unit_sd", "repeat_sd"), [(1.0, 0.0), (0.0, 0.5), (1.0, 0.3)])
def test_intervals_cover_at_their_rate(unit_sd, repeat_sd):
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        low, high = one_study(rng, unit_sd=unit_sd, repeat_sd=repeat_sd, truth=0.2).interval(0.9)
        hits += low <= 0.2 <= high
    assert 0.86 <= hits / 400 <= 0.96  # 4 standard errors around .90, above it where one source rules


def test_an_interval_from_seeds_alone_would_be_too_narrow():
    """The trap that the unit part guards against: many refits of the generator say nothing of other test rows."""
    rng = np.random.default_rng(8)
    missed = 0
    for _ in range(200):
        mean = one_study(rng, repeats=10, groups=30, unit_sd=1.0, repeat_sd=0.05)
        half = 2.262 * np.sqrt(mean.repeat_variance)
        missed += not (mean.mean - half <= 0 <= mean.mean + half)
    assert missed / 200 > 0.3


def test_one_repeat_or_one_group_gives_no_interval():
    rng = np.random.default_rng(0)
    assert one_study(rng, repeats=1).interval() == (-np.inf, np.inf)
    assert paired_mean(np.array([0.1, 0.2]), np.full((2, 5), 0.1), 1).interval() == (-np.inf, np.inf)
    assert paired_mean(np.array([0.1]), np.full((1, 5), 0.1), 9).p_value() == 1.0


def test_an_undefined_score_gives_no_interval():
    mean = paired_mean(np.array([np.nan, 0.2]), np.full((2, 5), 0.1), 9)
    assert mean.interval() == (-np.inf, np.inf)
    assert mean.p_value() == 1.0


def test_group_draws_move_whole_groups():
    groups = np.repeat(np.arange(10), 3)
    draws = group_draws(groups, 50, np.random.default_rng(1))
    assert draws.shape == (50, 30)
    assert (draws.reshape(50, 10, 3) == draws.reshape(50, 10, 3)[:, :, :1]).all()
    assert (draws.sum(axis=1) == 30).all()


def test_holm_keeps_the_family_error():
    levels = holm_levels([0.001, 0.2, 0.02], alpha=0.05)
    assert levels[0] == pytest.approx(1 - 0.05 / 3)
    assert levels[2] == pytest.approx(1 - 0.05 / 2)
    assert levels[1] == pytest.approx(0.95)
    stopped = holm_levels([0.03, 0.04], alpha=0.05)  # .03 > .05 / 2: nothing is significant, .04 may not be either
    assert stopped == pytest.approx([0.975, 0.975])
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(2000):
        p = rng.random(4)
        wrong += any(p[i] < 1 - level for i, level in enumerate(holm_levels(list(p))))
    assert wrong / 2000 < 0.065


def test_wilson():
    low, high = wilson(0, 60)
    assert low == 0
    assert high == pytest.approx(0.0602, abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(30, 60)
    assert (low, high) == pytest.approx((0.3775, 0.6225), abs=1e-3)


def test_the_forecast_power_is_the_share_of_studies_that_find_the_gain():
    """Planted: repeats with spread .02, units with spread .01 of the mean, a gain of .03."""
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(1500):
        unit = 0.01 * rng.normal()
        values = 0.03 + unit + 0.02 * rng.normal(size=5)
        draws = 0.01 * rng.normal(size=100) + np.zeros((5, 1))
        found += paired_mean(values, draws, 200).interval()[0] > 0
    planned = PairedMean(0.0, 0.02**2 / 5, 0.01**2, 5, 200)
    assert planned.power(0.03) == pytest.approx(found / 1500, abs=0.04)
    assert planned.power(0.0) == pytest.approx(0.025, abs=0.01)
    assert planned.power(0.03, repeats=20) > planned.power(0.03)
    assert planned.repeat_share == pytest.approx(0.8e-4 / 1.8e-4)
