"""Rules over time: what breaks them is counted against loops over the rows, and gone after `obey`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from abound.core.dataset import Dataset
from abound.core.proposed_rules import propose
from abound.core.schema import Schema
from abound.core.time_rules import broken, mask, obey
from abound.core.timeline import hours_of, recomputed, timeline_of
from abound.errors import InputError, Refusal, SchemaError
from tests.planted import mixed_table, stays_with_events
from tests.planted_cohort import ADMIT, HR, LACTATE, PREGNANT, cohort

DEATH = {"kind": "nothing_after", "code": "MEDS_DEATH"}
ORDER = {"kind": "first_before", "first": ADMIT, "then": HR}
RANGE = {"kind": "value_range", "code": LACTATE, "unit": "mmol/L", "low": 0.1, "high": 15}
WOMEN = {"kind": "only_for", "codes": [PREGNANT], "column": "sex", "values": ["F"]}
ONCE = {"kind": "no_duplicates"}


def declared(*rules: dict[str, Any], n: int = 60) -> Dataset:
    return cohort(n, rules=list(rules))


def planted(data: Dataset, *rows: tuple[Any, ...]) -> Dataset:
    """The data with further events: person, hour, code, value, unit."""
    new = pl.DataFrame(list(rows), orient="row", schema=data.table("events").schema)
    return data.with_table("events", pl.concat([data.table("events"), new]))


def person(data: Dataset, *, died: bool = False, sex: str | None = None) -> int:
    rows = data.main.filter(pl.col("died") == ("yes" if died else "no"))
    return int((rows if sex is None else rows.filter(pl.col("sex") == sex))["pid"][5])


def test_the_planted_cohort_keeps_its_rules() -> None:
    found = broken(declared(DEATH, ORDER, WOMEN))
    assert [f.events for f in found] == [0, 0, 0]
    assert all(f.checked > 10 for f in found)
    assert "holds on all" in str(found[0])


@pytest.mark.parametrize(
    ("rule", "who", "row", "example"),
    [
        (DEATH, {"died": True}, (400.0, HR, 80.0, "bpm"), "hours 400.0, code HR, value 80.0"),
        (ORDER, {}, (-1.0, HR, 80.0, "bpm"), "hours -1.0"),
        (RANGE, {}, (3.0, LACTATE, 15.01, "mmol/L"), "value 15.01"),
        (RANGE, {}, (3.0, LACTATE, 0.0, "mmol/L"), "value 0.0"),
        (WOMEN, {"sex": "M"}, (2.0, PREGNANT, None, None), "code Pregnancy"),
    ],
)
def test_a_planted_fault_is_found_and_dropped(rule: dict, who: dict, row: tuple, example: str) -> None:
    data = declared(rule)
    before = broken(data)[0].events
    pid = person(data, **who)
    bad = planted(data, (pid, *row))
    found = broken(bad)[0]
    assert found.events == before + 1
    assert mask(bad, bad.schema.timeline[0])[-1]
    if not before:
        assert found.persons == 1
        assert example in found.examples[0]
        assert f"pid {pid}" in found.examples[0]
    good, done = obey(bad)
    assert broken(good)[0].events == 0
    assert good.table("events").height == bad.table("events").height - found.events
    assert done[0].events == found.events
    assert good.notes[-1].startswith(f"{found.events} row")


def test_events_at_the_very_end_and_values_outside_the_unit_are_fine() -> None:
    data = declared(DEATH, RANGE)
    pid = person(data, died=True)
    end = data.table("events").filter((pl.col("pid") == pid) & (pl.col("code") == "MEDS_DEATH"))["hours"][0]
    more = planted(data, (pid, end, HR, 50.0, "bpm"), (pid, 1.0, LACTATE, 200.0, "mg/dL"))
    assert [f.events for f in broken(more)] == [f.events for f in broken(data)]


def test_duplicates_are_all_but_the_first() -> None:
    data = declared(ONCE)
    row = data.table("events").row(10)
    bad = planted(data, row, (*row[:3], 1.5, "bpm"))
    assert broken(bad)[0].events == broken(data)[0].events + 2
    good, _ = obey(bad)
    own = good.table("events").select("pid", "hours", "code")
    assert own.n_unique() == own.height
    assert good.table("events")["value"][10] == row[3]


def test_one_repair_may_break_another_rule() -> None:
    """The admission lies after the death, so it goes; then the heart rates have no admission before them."""
    data = declared(DEATH, {**ORDER, "required": True})
    pid = person(data, died=True)
    events = data.table("events").with_columns(
        pl.when((pl.col("pid") == pid) & (pl.col("code") == ADMIT)).then(999.0).otherwise("hours").alias("hours")
    )
    good, done = obey(data.with_table("events", events))
    assert not any(f.events for f in broken(good))
    left = good.table("events").filter(pl.col("pid") == pid)["code"]
    assert ADMIT not in left
    assert HR not in left
    assert {f.rule.split()[0] for f in done} == {"nothing", "HR"}


@pytest.mark.parametrize(("repair", "value"), [("clip", 15.0), ("blank", None)])
def test_values_may_be_repaired_and_the_event_kept(repair: str, value: float | None) -> None:
    data = declared({**RANGE, "repair": repair})
    good, done = obey(data)
    assert [f.events for f in done] == [1]
    changed = data.table("events")["value"].eq_missing(good.table("events")["value"])
    assert good.table("events").filter(~changed)["value"].to_list() == [value]


def test_ends_that_person_columns_hold() -> None:
    data = declared({"kind": "nothing_after", "column": "age"}, {"kind": "nothing_before", "column": "weight"})
    age = dict(data.main.select("pid", "age").iter_rows())
    weight = dict(data.main.select("pid", "weight").iter_rows())
    rows = data.table("events").select("pid", "hours").rows()
    late, early = broken(data)
    assert late.events == sum(t > age[p] for p, t in rows) > 0
    assert early.events == sum(weight[p] is not None and t < weight[p] for p, t in rows) > 0
    with pytest.raises(InputError, match="bring both to one clock"):
        broken(data, [type(data.schema.timeline[0])(column="sex")])


def test_a_column_that_events_define() -> None:
    data = cohort(60, ever={"high": "code = Lactate and value > 3"})
    wrong = data.with_table("persons", data.main.with_columns(~pl.col("high")))
    assert broken(wrong)[0].events == 60
    assert recomputed(wrong).main.equals(data.main)
    good, done = obey(wrong)
    assert good.main.equals(data.main)
    assert "recomputed" in good.notes[-1]
    assert done[0].persons == 60


def test_rules_are_declared_in_yaml(tmp_path: Path) -> None:
    data = declared(DEATH, ORDER, RANGE, WOMEN, ONCE)
    path = tmp_path / "schema.yaml"
    path.write_text(data.schema.to_yaml())
    assert Schema.from_yaml(path) == data.schema
    for old, new, words in (
        ("then: HR", "then: Hart", "no code 'Hart'"),
        ("column: sex", "column: sexx", "did you mean 'sex'"),
        ("code: MEDS_DEATH", "cod: MEDS_DEATH", "unknown field"),
        ("kind: no_duplicates", "kind: no_duplicate", "no_duplicate"),
        ("low: 0.1", "low: 99", "low 99.0 above high 15.0"),
    ):
        path.write_text(data.schema.to_yaml().replace(old, new))
        with pytest.raises(SchemaError, match=words):
            Schema.from_yaml(path)


def test_a_schema_without_rules_over_time_is_written_as_before() -> None:
    assert "timeline" not in mixed_table(20).schema.model_dump(mode="json")
    assert "timeline" not in stays_with_events(20).schema.to_yaml()
    bad = {**mixed_table(20).schema.model_dump(mode="json"), "timeline": [ONCE]}
    with pytest.raises(ValueError, match="need a table of events"):
        Schema.model_validate(bad)


def test_what_is_proposed_is_what_was_planted() -> None:
    data = cohort(200)
    found = {str(p.rule): p for p in propose(data)}
    assert {"nothing after MEDS_DEATH", "Pregnancy only where sex is F", "HR not before the first Admission",
            "a code at most once a person and time"} <= set(found)  # fmt: skip
    assert not any(r.startswith("Admission not before") for r in found)
    women = found["Pregnancy only where sex is F"]
    assert women.persons == data.table("events").filter(pl.col("code") == PREGNANT)["pid"].n_unique()
    ranges = [p.rule for p in found.values() if p.rule.kind == "value_range"]
    assert {(r.code, r.unit) for r in ranges} == {(HR, "bpm"), (LACTATE, "mmol/L")}
    assert all(r.low >= 0 and r.high != 17.37 for r in ranges)
    assert not data.schema.timeline, "nothing is declared unasked"
    known = cohort(200, rules=[DEATH])
    assert "nothing after MEDS_DEATH" not in {str(p.rule) for p in propose(known)}


def test_a_rule_that_many_break_is_not_proposed() -> None:
    data = cohort(200)
    men = data.main.filter(pl.col("sex") == "M")["pid"].head(8)
    late = [(p, 999.0, HR, 80.0, "bpm") for p in data.main.filter(pl.col("died") == "yes")["pid"].head(20)]
    more = planted(data, *[(p, 3.0, PREGNANT, None, None) for p in men], *late)
    rules = {str(p.rule) for p in propose(more)}
    assert "Pregnancy only where sex is F" not in rules
    assert "nothing after MEDS_DEATH" not in rules


def test_hours_come_from_any_clock() -> None:
    stays = stays_with_events(20)
    assert hours_of(stays).to_list() == (stays.table("events")["minute"] / 60).to_list()
    assert timeline_of(stays.schema).code == "parameter"
    with pytest.raises(Refusal, match="no set of records"):
        timeline_of(mixed_table(20).schema)
    renamed = {c.name: c for c in stays.schema.tables["events"].columns}
    columns = tuple(c.model_copy(update={"name": "t"}) if n == "minute" else c for n, c in renamed.items())
    with pytest.raises(Refusal, match="name the column seconds"):
        timeline_of(stays.schema.with_columns("events", columns))
