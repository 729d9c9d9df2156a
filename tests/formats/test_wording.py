"""Numbers and sentences: rounding never changes what a figure says."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from abound.core.study import Estimate
from abound.formats.wording import (
    MINUS,
    claim_figures,
    clean,
    count,
    decimals,
    estimate,
    number,
    percent,
    verdict_sentence,
)
from tests.formats.made_up import FIGURES, study


def numbers_in(text: str) -> list[float]:
    return [float(t.replace(MINUS, "-")) for t in re.findall(rf"[+{MINUS}]?\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("verdict", sorted(FIGURES))
def test_every_number_in_the_verdict_sentence_is_one_of_the_study(verdict: str) -> None:
    made = study(verdict)  # type: ignore[arg-type]
    claim = made.claim
    text = verdict_sentence(made)
    word = {"helps": "better than", "harms": "worse than", "no difference": "no difference"}.get(verdict, verdict)
    assert word in text
    alone = next(a.versus_real for a in made.arms if a.arm == claim.arm)
    known = [claim.difference, claim.low, claim.high, claim.margin, 100 * claim.level]
    known += [alone.mean, alone.low, alone.high, 100 * alone.level]
    found = numbers_in(text)
    assert len(found) >= 4
    for value in found:
        assert min(abs(value - k) for k in known) <= 0.0005 + 1e-12
    for needed in (claim.difference, claim.low, claim.high, 100 * claim.level):
        assert min(abs(value - needed) for value in found) <= 0.0005 + 1e-12


def test_the_four_sentences() -> None:
    said = {v: verdict_sentence(study(v)) for v in FIGURES}  # type: ignore[arg-type]
    assert said["helps"] == (
        "Adding the synthetic rows to the training data is better than the best alternative without them, class "
        "weights: +0.053 average precision (97.5 % interval +0.043 to +0.062). Against the same real rows alone: "
        "+0.091 (95 % interval +0.080 to +0.102)."
    )
    assert said["harms"].startswith(
        "Adding the synthetic rows to the training data is worse than the best alternative without them, class "
        "weights: −0.031"
    )
    assert "within the margin of ±0.010 declared as no difference." in said["no difference"]
    assert said["not enough evidence"].startswith("There is not enough evidence on whether adding")


def test_a_smaller_is_better_metric_says_how_its_gains_are_counted() -> None:
    made = study("helps", metric="mae", larger_is_better=False)
    claim = made.claim.model_copy(update={"metric": "mae", "positives": None})
    text = verdict_sentence(made.model_copy(update={"claims": (claim,)}))
    assert "+0.053 in mae, counted so that positive is better" in text


def test_without_an_interval_none_is_shown() -> None:
    made = study("not enough evidence")
    claim = made.claim.model_copy(update={"low": -math.inf, "high": math.inf, "repeats": 1})
    text = verdict_sentence(made.model_copy(update={"claims": (claim,)}))
    assert "no interval" in text
    assert "97.5" not in text


def test_a_replacing_run_is_about_replacing() -> None:
    text = verdict_sentence(study("harms", purpose="replace"))
    assert text.startswith(
        "Training on the synthetic rows in place of the real ones is worse than training on the real rows alone: "
    )


def test_a_certain_loss_within_the_margin_is_said_to_be_small() -> None:
    made = study("harms")
    claim = made.claim.model_copy(update={"difference": -0.0045, "low": -0.0071, "high": -0.0020})
    text = verdict_sentence(made.model_copy(update={"claims": (claim,)}))
    assert "though by less than the ±0.0100 that counts as mattering" in text


def test_rounding_never_moves_a_bound_across_zero_nor_closes_an_interval() -> None:
    rng = np.random.default_rng(0)
    base = study("helps").claim
    for _ in range(500):
        low = float(rng.choice([-1, 1])) * 10 ** rng.uniform(-5.5, 4)
        high = low + 10 ** rng.uniform(-5.5, 4)
        claim = base.model_copy(update={"difference": (low + high) / 2, "low": low, "high": high})
        shown = claim_figures(claim)["interval"].replace(MINUS, "-").replace(",", "").split(" to ")
        assert math.copysign(1, float(shown[0])) == math.copysign(1, low)
        assert math.copysign(1, float(shown[1])) == math.copysign(1, high)
        assert float(shown[0]) < float(shown[1])


def test_how_numbers_look() -> None:
    assert number(-0.0312) == "−0.031"
    assert number(0.0531, sign=True) == "+0.053"
    assert number(-0.00001, 3) == "0.000"
    assert number(48842.5, 1) == "48,842.5"
    assert number(None) == "–"
    assert number(math.nan) == "–"
    assert number(math.inf) == "unbounded"
    assert count(48842) == "48,842"
    assert count(12.25) == "12.2"
    assert percent(0.975) == "97.5 %"
    assert decimals([3.0, 2.0]) == 0
    assert decimals([0.05, None, math.inf]) == 3
    assert decimals([0.50012, 0.50018]) == 6
    assert decimals([1e-17, -0.067, 0.067]) == 3  # what is left of a sum that cancels
    assert estimate(Estimate(mean=0.5)) == "0.500 (no interval)"
    assert estimate(None) == "–"


def test_clean_removes_what_hides_or_reorders_text() -> None:
    assert clean("a\x00b\u202ec\ud800d\te\n") == "a�b�c�d e "
    assert clean("x" * 1000, 10) == "x" * 9 + "…"
    assert clean("żółć 数据 🙂") == "żółć 数据 🙂"
