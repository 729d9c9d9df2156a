"""Summaries of records against loops over the rows, and what the encoder keeps and leaves."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from abound.core.context import Context
from abound.core.registry import create
from abound.encoding.record_summaries import Summaries, choose_summaries, fit_record_encoder
from abound.errors import Refusal
from tests.planted_cohort import HR, LACTATE, cohort

KIND = create("kind", "records")


def test_summaries_are_those_of_a_loop() -> None:
    data = cohort(40)
    chosen = Summaries((LACTATE, "MEDS_DEATH", HR), (5.0, 20.0))
    made = chosen.of(data)
    names = [s.name for s in chosen.columns()]
    assert made.shape == (40, 3 * 10 + 2 + 3)
    for i, pid in enumerate(data.main["pid"]):
        own = data.table("events").filter(pl.col("pid") == pid).sort("hours", maintain_order=True)
        got = dict(zip(names, made[i], strict=True))
        for code in chosen.codes:
            rows = own.filter(pl.col("code") == code)
            v, t = (
                rows["value"].drop_nulls().to_numpy(),
                rows.filter(pl.col("value").is_not_null())["hours"].to_numpy(),
            )
            assert got[f"{code} ever"] == (rows.height > 0)
            assert got[f"{code} count"] == rows.height
            if not len(v):
                assert np.isnan(got[f"{code} mean"])
                continue
            want = {"first": v[0], "last": v[-1], "least": v.min(), "greatest": v.max(), "mean": v.mean()}
            assert all(got[f"{code} {k}"] == pytest.approx(x) for k, x in want.items())
            assert got[f"{code} slope"] == pytest.approx(
                np.polyfit(t, v, 1)[0] if len(set(t)) > 1 else 0.0, abs=1e-9
            )
            assert got[f"{code} first_hour"] == rows["hours"][0]
        if own.height:
            assert got["first hour"] == own["hours"].min()
            assert got["last hour"] == own["hours"].max()
        assert got["events in window 1"] == (own["hours"] < 5).sum()
        assert got["events in window 2"] == ((own["hours"] >= 5) & (own["hours"] < 20)).sum()


def test_the_encoder_learns_from_train_and_has_no_holes() -> None:
    train, other = cohort(120, 1), cohort(80, 2)
    ctx = Context(seed=0)
    encoder = KIND.encoder(train, ctx)
    made = encoder.encode(other)
    assert made.dtype == np.float64
    assert made.shape[0] == 80
    assert np.isfinite(made).all()
    assert encoder.digest == KIND.encoder(train, ctx).digest != KIND.encoder(other, ctx).digest
    assert np.array_equal(encoder.encode(train), KIND.encoder(train, ctx).encode(train))
    some = other.take([3, 70, 3])
    assert np.allclose(encoder.encode(some), made[[3, 70, 3]])
    unseen = other.with_table("events", other.table("events").with_columns(pl.lit("new").alias("code")))
    assert np.isfinite(encoder.encode(unseen)).all()


def test_neither_the_target_nor_columns_of_the_events_are_encoded() -> None:
    data = cohort(100, ever={"high": "code = Lactate and value > 3"})
    encoder = fit_record_encoder(data)
    flipped = data.with_table("persons", data.main.with_columns(~pl.col("high"), pl.lit("no").alias("died")))
    assert np.array_equal(encoder.encode(data), encoder.encode(flipped))


def test_patients_who_are_alike_are_near_each_other() -> None:
    data = cohort(120)
    vectors = fit_record_encoder(data).encode(data)
    noise = np.random.default_rng(0).normal(0, 0.3, data.table("events").height)
    near = data.with_table("events", data.table("events").with_columns(pl.col("value") + pl.Series(noise)))
    moved = fit_record_encoder(data).encode(near)
    own = np.linalg.norm(moved - vectors, axis=1)
    others = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    np.fill_diagonal(others, np.inf)
    assert (own < others.min(axis=1)).mean() > 0.9


def test_sick_patients_are_told_apart() -> None:
    """Deaths follow lactate and heart rates, and the summaries carry what a linear rule needs for it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    train, test = cohort(300, 3), cohort(300, 4)
    kept = [d.with_table("events", d.table("events").filter(pl.col("code") != "MEDS_DEATH")) for d in (train, test)]
    encoder = fit_record_encoder(kept[0])
    truth = [(d.main["died"] == "yes").to_numpy() for d in kept]
    model = LogisticRegression(C=0.1).fit(encoder.encode(kept[0]), truth[0])
    assert roc_auc_score(truth[1], model.predict_proba(encoder.encode(kept[1]))[:, 1]) > 0.8


def test_the_most_common_codes_are_taken() -> None:
    chosen = choose_summaries(cohort(60), codes=2, windows=4)
    assert chosen.codes == ("Admission", HR)
    assert len(chosen.edges) == 3
    data = cohort(30)
    with pytest.raises(Refusal, match="nothing to summarise"):
        fit_record_encoder(data.with_table("events", data.table("events").clear()))
