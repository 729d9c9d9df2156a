"""Real records: 3.7 million events of intensive care, and a cohort followed for years."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.proposed_rules import propose
from abound.core.registry import create
from abound.core.slice import Has, Slice, Term
from abound.core.time_rules import broken, obey
from abound.encoding.privacy_floors import rare_values_in, value_floors, with_floored_values
from abound.encoding.record_summaries import fit_record_encoder
from abound.errors import InputError
from abound.stages.read import read
from abound.stages.split import split

Find = Callable[[str], Path]
pytestmark = pytest.mark.slow
KIND = create("kind", "records")


def physionet(real_file: Find, **more: Any) -> Dataset:
    """Stays of 48 hours; -1 is how this set writes unknown, and four columns belong to the outcome."""
    source = {
        "persons": {"file": real_file("ehr/physionet2012_stays.parquet"), "sentinels": [-1]},
        "events": {"file": real_file("ehr/physionet2012_events.parquet"), "sentinels": [-1]},
        "key": "record_id", "time": "minute", "code": "parameter", "value": "value",
    }  # fmt: skip
    return read(
        {**source, **more}, target="in_hospital_death",
        ignore=["set", "saps1", "sofa", "length_of_stay", "survival"],
        categories=["gender", "icu_type"],
    )  # fmt: skip


def nafld(real_file: Find, **more: Any) -> Dataset:
    """Seventeen years of laboratory values and diagnoses, some from before the index date."""
    source = {
        "persons": real_file("ehr/nafld1_subjects.parquet"), "key": "id", "time": "days",
        "events": [
            {"file": real_file("ehr/nafld2_labs.parquet"), "code": "test", "value": "value"},
            {"file": real_file("ehr/nafld3_events.parquet"), "code": "event"},
        ],
        "negative_times": "keep",
    }  # fmt: skip
    return read({**source, **more}, target="status")


@pytest.fixture(scope="module")
def stays() -> Callable[[Find], Dataset]:
    made: list[Dataset] = []

    def find(real_file: Find) -> Dataset:
        if not made:
            made.append(physionet(real_file, ever={"lactate_4": "code = Lactate and value > 4"}))
        return made[0]

    return find


def test_physionet_is_read(real_file: Find, stays: Any) -> None:
    data = stays(real_file)
    assert (len(data), data.table("events").height) == (9_000, 3_744_360)
    assert "3,744,360 events of 37 codes for 9,000 persons, 9 of them without any" in data.notes[0]
    terms = (Term(column="code", op="==", value="Lactate"), Term(column="value", op=">", value=4))
    high = Slice(on="persons", terms=(Has(table="events", terms=terms),))
    raw = pl.read_parquet(real_file("ehr/physionet2012_events.parquet"))
    raw = raw.filter((pl.col("parameter").cast(pl.String) == "Lactate") & (pl.col("value") > 4))
    assert data.main["lactate_4"].sum() == data.support(high).rows == raw["record_id"].n_unique()
    assert data.main["height"].null_count() == pytest.approx(0.477 * 9000, rel=0.02)


def test_physionet_is_split_encoded_and_floored(real_file: Find, stays: Any) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    parts = split(stays(real_file), seed=0)
    train, tune = parts.train, parts.tune
    assert abs((train.main["in_hospital_death"] == "1").mean() - 0.142) < 0.01
    encoder = fit_record_encoder(train)
    vectors = encoder.encode(train)
    assert np.isfinite(vectors).all()
    truth = [(d.main["in_hospital_death"] == "1").to_numpy() for d in (train, tune)]
    model = LogisticRegression(C=0.05, max_iter=500).fit(vectors, truth[0])
    assert roc_auc_score(truth[1], model.predict_proba(encoder.encode(tune))[:, 1]) > 0.79
    safe = with_floored_values(train, value_floors(train))
    assert rare_values_in(safe, train) == {}
    assert sum(rare_values_in(train, train).values()) > 5_000


def test_rules_of_physionet(real_file: Find, stays: Any) -> None:
    data = stays(real_file)
    found = {str(p.rule): p for p in propose(data)}
    once = found["a code at most once a person and time"]
    assert 0 < once.found.events < 0.01 * data.table("events").height
    good, done = obey(data, [p.rule for p in found.values()])
    assert not any(f.events for f in broken(good, [p.rule for p in found.values()]))
    dropped = data.table("events").height - good.table("events").height
    assert dropped == sum(f.events for f in done) < 0.02 * data.table("events").height


@pytest.mark.parametrize("form", ["plain", "meds"])
def test_physionet_comes_back_from_files(form: Any, real_file: Find, stays: Any, tmp_path: Path) -> None:
    data = stays(real_file)
    KIND.write(data, tmp_path, form)
    again = read(tmp_path, **({} if form == "plain" else {"target": "in_hospital_death"}))
    if form == "plain":
        assert again.digest == data.digest
    assert again.table("events").equals(data.table("events"))


def test_nafld(real_file: Find) -> None:
    data = nafld(real_file, rules=[{"kind": "nothing_after", "column": "futime"}])
    assert len(data) == 17_549
    assert data.table("events").height == 400_123 + 34_340
    assert data.table("events")["days"].min() < 0
    with pytest.raises(InputError, match=r"nafld2_labs.parquet has .* at a negative time"):
        nafld(real_file, negative_times="refuse")
    late = broken(data)[0]
    assert late.checked == data.table("events").height
    good, _ = obey(data)
    assert good.table("events").height == data.table("events").height - late.events
    matched = nafld(real_file, persons={"file": real_file("ehr/nafld1_subjects.parquet"), "key": "id"})
    assert np.isfinite(fit_record_encoder(matched).encode(matched)).all()
