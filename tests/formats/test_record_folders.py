"""Records written and read back: plain files, MEDS and OMOP folders, with equal digests."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.errors import InputError
from abound.stages.read import read
from tests.planted_cohort import cohort, frames, mapping

KIND = create("kind", "records")


def write(data: Dataset, folder: Path, form: str) -> tuple[Path, tuple[str, ...]]:
    """A folder and the notes that writing left."""
    made = KIND.write(data, folder, form)
    return folder, made.notes[len(data.notes) :]


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def calendar(n: int = 40) -> Dataset:
    """The cohort in calendar time, in single precision as MEDS has it."""
    persons, events = frames(n)
    events = events.with_columns(
        (pl.datetime(2024, 1, 1) + pl.duration(minutes=(pl.col("hour") * 60).round())).alias("hour"),
        pl.col("result").cast(pl.Float32).cast(pl.Float64),
    )
    births = pl.datetime(2024, 1, 1) - pl.duration(days=(pl.col("age") * 365.25).round())
    persons = persons.with_columns(births.alias("birth"), pl.col("weight").cast(pl.Float32).cast(pl.Float64))
    return read(mapping(persons.drop("age"), events), target="died")


@pytest.mark.parametrize("form", ["plain", "csv"])
def test_plain_files_give_back_the_records(form: str, tmp_path: Path) -> None:
    data = cohort(40, ever={"high": "code = Lactate and value > 3"}, rules=[{"kind": "no_duplicates"}])
    folder, _ = write(data, tmp_path / "a", form)
    again = read(folder)
    assert again.main.equals(data.main)
    assert again.table("events").equals(data.table("events"))
    assert again.schema.timeline == data.schema.timeline
    if form == "plain":
        assert again.digest == data.digest
        assert "high" not in pl.read_parquet(folder / "persons.parquet").columns
    write(again, tmp_path / "b", form)
    assert files(tmp_path / "b") == files(folder)


def test_meds_in_calendar_time(tmp_path: Path) -> None:
    data = calendar()
    folder, notes = write(data, tmp_path / "a", "meds")
    assert not notes
    rows = pl.read_parquet(folder / "data" / "0.parquet")
    assert dict(rows.schema) == {
        "subject_id": pl.Int64, "time": pl.Datetime("us"), "code": pl.String, "numeric_value": pl.Float32,
        "text_value": pl.String, "unit": pl.String,
    }  # fmt: skip
    assert rows.select("subject_id", "time").equals(rows.select("subject_id", "time").sort("subject_id", "time"))
    assert {"MEDS_BIRTH", "MEDS_DEATH", "sex//F"} <= set(rows["code"])
    assert not rows["code"].str.starts_with("died").any(), "a label is no static row"
    labels = pl.read_parquet(folder / "labels" / "died" / "0.parquet")
    assert labels.columns == ["subject_id", "prediction_time", "categorical_value"]
    assert set(pl.read_parquet(folder / "metadata" / "codes.parquet")["code"]) == set(rows["code"])
    again = read(folder, target="died")
    shown = [c for c in data.main.columns if c in again.main.columns]
    assert set(shown) == set(data.main.columns)
    assert again.main.select(shown).equals(data.main.select(shown))
    assert again.table("events").equals(data.table("events"))
    write(again, tmp_path / "b", "meds")
    assert read(tmp_path / "b", target="died").digest == again.digest


def test_meds_in_hours_since_admission(tmp_path: Path) -> None:
    data = cohort(40)
    again = read(write(data, tmp_path, "meds")[0], target="died")
    assert again.table("events").drop("value").equals(data.table("events").drop("value"))
    assert (again.table("events")["value"] - data.table("events")["value"]).abs().max() < 1e-5
    (tmp_path / "metadata" / "abound.yaml").unlink()
    assert read(tmp_path).schema.tables["events"].has("time")


def test_meds_from_elsewhere(tmp_path: Path) -> None:
    """Shards, static rows with and without numbers, several races, no numeric_value at all in one shard."""
    (tmp_path / "data" / "train").mkdir(parents=True)
    t = datetime(2020, 1, 1)
    pl.DataFrame(
        {
            "subject_id": [1, 1, 1, 1, 2, 2, 2], "time": [None, None, None, t, None, None, t],
            "code": ["GENDER//F", "RACE//A", "RACE//B", "LAB//K", "GENDER//M", "HEIGHT", "MEDS_DEATH"],
            "numeric_value": pl.Series([None, None, None, 4.1, None, 180, None], dtype=pl.Float32),
        }
    ).write_parquet(tmp_path / "data" / "train" / "0.parquet")  # fmt: skip
    pl.DataFrame({"subject_id": [3], "time": [t], "code": ["ICD//I10"]}).write_parquet(
        tmp_path / "data" / "1.parquet"
    )
    data = read(tmp_path)
    assert data.main.select("subject_id", "GENDER", "RACE", "HEIGHT").rows() == [
        (1, "F", "A", None), (2, "M", None, 180), (3, None, None, None)]  # fmt: skip
    assert data.table("events")["code"].to_list() == ["LAB//K", "MEDS_DEATH", "ICD//I10"]
    assert any("'RACE' has several static values" in n for n in data.notes)


def test_meds_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "0.parquet"
    pl.DataFrame({"subject_id": ["a"], "time": [datetime(2020, 1, 1)], "code": ["x"]}).write_parquet(path)
    with pytest.raises(InputError, match=r"'subject_id' of .*0.parquet is String and MEDS says Int64"):
        read(tmp_path)
    pl.DataFrame({"subject_id": [1], "code": ["x"]}).write_parquet(path)
    with pytest.raises(InputError, match="no column 'time'"):
        read(tmp_path)
    path.write_bytes(b"PAR1 no more")
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path)


PERSON = (
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id,gender_source_value\n"
    "11,8532,1950,3,1,8527,F\n12,8507,1960,4,2,0,M\n13,0,1970,5,3,0,\n"
)
VISIT = (
    "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date\n"
    "1,11,9201,2020-01-01,2020-01-05\n2,12,9202,2020-02-01,2020-02-01\n"
)
CONDITION = (
    "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_start_datetime,"
    "condition_source_value\n1,11,201826,2020-01-01,2020-01-01 10:30:00,E11.9\n2,12,0,2020-02-01,,X99\n"
)
MEASUREMENT = (
    "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,value_as_concept_id,"
    "unit_source_value\n1,11,3004249,2020-01-02,131.5,,mmHg\n2,12,3004249,2020-02-02,120,,mmHg\n"
    "3,12,4,2020-02-02,,4181412,\n"
)
DEATH = "person_id,death_date\n11,2020-03-01\n"


def omop(folder: Path, **tables: str) -> Path:
    folder.mkdir(exist_ok=True)
    whole = {"person": PERSON, "visit_occurrence": VISIT, "condition_occurrence": CONDITION,
             "measurement": MEASUREMENT, "DEATH": DEATH} | tables  # fmt: skip
    for name, text in whole.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_omop(tmp_path: Path) -> None:
    data = read(omop(tmp_path / "in", drug_strength="a,b\n1,2\n"))
    assert data.main.select("person_id", "sex", "year_of_birth", "race").rows() == [
        (11, "female", 1950, "8527"), (12, "male", 1960, None), (13, None, 1970, None)]  # fmt: skip
    assert data.main["birth"][0] == datetime(1950, 3, 1)
    events = data.table("events").select("person_id", "time", "code", "value", "unit").rows()
    assert events == [
        (11, datetime(2020, 1, 1), "visit:9201", 4.0, None),
        (11, datetime(2020, 1, 1, 10, 30), "condition:201826", None, None),
        (11, datetime(2020, 1, 2), "measurement:3004249", 131.5, "mmHg"),
        (11, datetime(2020, 3, 1), "MEDS_DEATH", None, None),
        (12, datetime(2020, 2, 1), "condition:source:X99", None, None),
        (12, datetime(2020, 2, 1), "visit:9202", 0.0, None),
        (12, datetime(2020, 2, 2), "measurement:3004249", 120.0, "mmHg"),
        (12, datetime(2020, 2, 2), "measurement:4=4181412", None, None),
    ]
    assert any("left out: drug_strength" in n for n in data.notes)
    folder, notes = write(data, tmp_path / "out", "omop")
    assert not notes
    again = read(folder)
    assert again.digest == data.digest
    write(again, tmp_path / "again", "omop")
    assert files(tmp_path / "again") == files(folder)


def test_omop_from_records_of_another_kind(tmp_path: Path) -> None:
    data = cohort(30)
    folder, notes = write(data, tmp_path, "omop")
    assert "person columns without a place in OMOP are not written: age, weight, died" in notes[0]
    codes = set(read(folder).table("events")["code"])
    assert {"measurement:source:HR", "condition:source:Admission", "MEDS_DEATH"} <= codes
    periods = pl.read_parquet(folder / "observation_period.parquet")
    assert periods.height == data.table("events")["pid"].n_unique()


@pytest.mark.parametrize(
    ("table", "text", "words"),
    [
        ("person", "person_id,year_of_birth\n1,1950\n", ("person.csv has no column 'gender_concept_id'",)),
        ("person", PERSON.replace("1950", "fifty"), ("'year_of_birth'", "'fifty'", "whole numbers")),
        ("DEATH", "person_id,death_date\n11,soon\n", ("'death_date'", "'soon'", "2024-05-31")),
        ("DEATH", "person_id,death_date\n99,2020-03-01\n", ("1 event of 1 person", "99")),
        ("measurement", MEASUREMENT.replace("131.5", "high"), ("'value_as_number'", "'high'", "write numbers")),
        ("measurement", MEASUREMENT.replace("120,,mmHg", "16,,kPa"), ("several units", "mmHg 1", "kPa 1")),
        ("visit_occurrence", VISIT.replace("2020-02-01,2020", ",2020"), ("no visit_start_date on 1 row",)),
    ],
)
def test_omop_that_does_not_fit(table: str, text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(omop(tmp_path / "x", **{table: text}))
    assert all(w in str(caught.value) for w in words), caught.value
    assert "\n" not in str(caught.value)
