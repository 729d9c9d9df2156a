"""The mapping of records: which files hold persons and events, and which of their columns mean what.

In YAML (a file `records.yaml`, or any .yaml with `persons` and `events`) or as a dict. The shortest one:

    persons: stays.csv
    events: labs.csv
    key: stay_id
    time: minute
    code: parameter
    value: value

Columns that all event files share may stand at the top, as here; each file may have its own in a block. A MEDS or
OMOP folder is named by `meds: FOLDER` or `omop: FOLDER` instead, where anything else is to be said about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from abound.core.model import Model
from abound.core.recipe import load_yaml, validate
from abound.core.timeline import Clock, TimeRule
from abound.errors import InputError

MAPPING_FILE = "records.yaml"
_SHARED = ("key", "time", "code", "value", "unit", "text", "sentinels")


class PersonsFile(Model):
    """The file (or frame) of persons. `sentinels`: numbers that mean unknown, such as -1."""

    file: Any
    key: str
    sentinels: tuple[float, ...] = ()


class EventsFile(Model):
    """A file (or frame) of events and its columns. `text`: results in words, kept beside the events, not
    modelled."""

    file: Any
    key: str
    time: str
    code: str
    value: str | None = None
    unit: str | None = None
    text: str | None = None
    sentinels: tuple[float, ...] = ()


class RecordMapping(Model):
    """Where records are and how they are to be read.

    `time_unit`: what the times are (default: what the time column's type or name says). `negative_times`: times
    before a person's zero. `unknown_persons`: events of persons that the persons file lacks. `units`: what is done
    where the values of one code are in several units; "split" makes a code of each, such as "glucose [mmol/L]".
    `ever`: columns that the events define, as conditions ("code = Lactate and value > 4"). `rules`: rules over
    time. `schema`: a schema file (relative to the mapping), as `read` takes it.
    """

    persons: PersonsFile | None = None
    events: tuple[EventsFile, ...] = ()
    meds: str | None = None
    omop: str | None = None
    time_unit: Clock | None = None
    negative_times: Literal["refuse", "keep"] = "refuse"
    unknown_persons: Literal["refuse", "drop"] = "refuse"
    units: Literal["refuse", "split", "keep"] = "refuse"
    ever: dict[str, str] = Field(default_factory=dict)
    rules: tuple[TimeRule, ...] = ()
    schema_file: str | None = Field(default=None, alias="schema")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """File names alone, and columns that stand at the top, as blocks."""
        if not isinstance(value, Mapping):
            return value
        out = {k: v for k, v in value.items() if k not in _SHARED}
        shared = {k: value[k] for k in _SHARED if k in value}
        if "persons" in out:
            persons = out["persons"]
            block = dict(persons) if _is_block(persons) else {"file": persons}
            own = {k: shared[k] for k in ("key", "sentinels") if k in shared}
            out["persons"] = {**own, **block}
            shared.setdefault("key", out["persons"].get("key"))
        if "events" in out:
            events = out["events"]
            listed = list(events) if isinstance(events, list | tuple) else [events]
            blocks = [dict(e) if _is_block(e) else {"file": e} for e in listed]
            out["events"] = [{k: v for k, v in {**shared, **b}.items() if v is not None} for b in blocks]
        return out

    @model_validator(mode="after")
    def _one_source(self) -> RecordMapping:
        plain = self.persons is not None or bool(self.events)
        if plain + (self.meds is not None) + (self.omop is not None) != 1:
            raise ValueError("name one source: persons and events, or meds, or omop")
        if plain and (self.persons is None or not self.events):
            lacking = "persons" if self.persons is None else "events"
            raise ValueError(f"the file of {lacking} is not named: add {lacking}")
        return self


@dataclass(frozen=True)
class Tables:
    """Records as one reader gives them: typed persons, events with the columns key, time, code, value (unit, text).

    `events`: Float64 or Int64 times under the name of their clock, or Datetime("us") under the name "time".
    """

    persons: pl.DataFrame
    name: str  # what messages call the persons
    key: str
    events: pl.DataFrame
    clock: Clock
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A mapping, what messages call it, and the folder that its paths are relative to."""

    mapping: RecordMapping
    name: str
    folder: Path

    def place(self, file: Any) -> Any:
        """A path of the mapping as it is from here; frames as they are."""
        return self.folder / Path(file).expanduser() if isinstance(file, str | Path) else file


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping) and "file" in value


def is_records(source: Any) -> bool:
    """Whether a source is a mapping of records (a dict or a YAML file) or a folder of records."""
    if isinstance(source, Mapping):
        named = {str(k) for k in source}
        return {"persons", "events"} <= named or (bool({"meds", "omop"} & named) and _are_paths(source))
    if not isinstance(source, str | Path):
        return False
    path = Path(source).expanduser()
    if path.suffix.lower() in (".yaml", ".yml"):
        return path.is_file() and _says_records(path)
    return path.is_dir() and folder_form(path) is not None


def _are_paths(source: Mapping[Any, Any]) -> bool:
    return all(isinstance(source[k], str | Path) for k in ("meds", "omop") if k in source)


def _says_records(path: Path) -> bool:
    written = load_yaml(path)
    return isinstance(written, dict) and bool({"persons", "events", "meds", "omop"} & set(written))


def folder_form(folder: Path) -> Literal["plain", "meds", "omop"] | None:
    """What kind of records a folder holds: a mapping, MEDS data, OMOP tables; None where it is none of them."""
    if (folder / MAPPING_FILE).is_file():
        return "plain"
    if (folder / "data").is_dir() and next((folder / "data").rglob("*.parquet"), None) is not None:
        return "meds"
    names = {p.name.lower().partition(".")[0] for p in folder.iterdir() if p.is_file()}
    if "person" in names and names & {"visit_occurrence", "condition_occurrence", "drug_exposure", "measurement"}:
        return "omop"
    return None


def find_mapping(source: Any) -> Found:
    """The mapping of a source that `is_records` accepts; InputError names the field at fault."""
    if isinstance(source, Mapping):
        plain = {k: str(v) if k in ("meds", "omop") else v for k, v in source.items()}
        made = validate(RecordMapping, plain, what="the mapping of records", error=InputError)
        return Found(made, "the mapping of records", Path())
    path = Path(source).expanduser()
    if path.is_dir():
        form = folder_form(path)
        if form != "plain":
            return Found(RecordMapping.model_validate({form: "."}), str(path), path)
        path = path / MAPPING_FILE
    written = load_yaml(path)
    return Found(validate(RecordMapping, written, what=str(path), error=InputError), str(path), path.parent)
