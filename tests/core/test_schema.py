"""Schemas: what contradicts itself is refused in one sentence, and the YAML form comes back unchanged."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from abound.core.rules import FlagRule, ImpliesRule, OrderRule, SumRule
from abound.core.schema import Column, Link, Schema, Table, Task
from abound.core.slice import Slice, Term
from abound.errors import InputError, SchemaError, UnknownName
from tests.planted import clips_schema, digit_schema, mixed_schema, stays_schema


def with_rules() -> Schema:
    flat = mixed_schema()
    old = Term(column="age", op=">=", value=65)
    more = (Column(name="old", kind="bool"), Column(name="total", kind="number"), Column(name="zip", kind="text"))
    schema = flat.with_columns("rows", (*flat.main_table.columns, *more))
    rules = (
        SumRule(total="total", parts=("age", "income")),
        FlagRule(column="old", terms=(old,)),
        OrderRule(columns=("age", "income")),
        ImpliesRule(when=(old,), then=(Term(column="job", op="in", value=("clerk", "smith")),)),
    )
    return schema.model_copy(update={"rules": rules})


def with_answers() -> Schema:
    pilots = Slice(
        on="rows", terms=(Term(column="job", op="==", value="pilot"), Term(column="age", op="<", value=30))
    )
    smiths = Slice(on="rows", terms=(Term(column="job", op="in", value=("smith", "clerk")),))
    return mixed_schema().answered(pilots, "impossible").answered(smiths, "needed")


@pytest.mark.parametrize("make", [mixed_schema, stays_schema, clips_schema, digit_schema, with_rules, with_answers])
def test_yaml_round_trip(make: Any, tmp_path: Path) -> None:
    schema = make()
    path = tmp_path / "schema.yaml"
    path.write_text(schema.to_yaml(), encoding="utf-8")
    assert Schema.from_yaml(path) == schema
    assert Schema.model_validate_json(schema.model_dump_json()) == schema


def test_yaml_leaves_defaults_out_and_keeps_yes_and_no_as_text(tmp_path: Path) -> None:
    text = mixed_schema().to_yaml()
    assert "declared" not in text
    assert "role: feature" not in text
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    assert Schema.from_yaml(path).main_table.column("y").domain == ("no", "yes")


TABLE = {"name": "r", "columns": [{"name": "a", "kind": "number"}, {"name": "b", "kind": "id"}], "key": "b"}
CHILD = {"name": "c", "columns": [{"name": "of", "kind": "id"}, {"name": "x", "kind": "id"}], "key": "x"}
LINK = {"child": "c", "column": "of", "parent": "r"}


def schema_of(**changes: Any) -> dict[str, Any]:
    return {"main": "r", "tables": {"r": TABLE, "c": CHILD}, "links": [LINK], **changes}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"main": "x"}, "the main table 'x' is not among ['c', 'r']"),
        ({"links": [{**LINK, "parent": "q"}]}, "the link c -> q names a table that is not declared"),
        ({"links": [{**LINK, "column": "on"}]}, "table 'c' has no link column 'on'"),
        ({"links": [LINK, {**LINK, "column": "x"}]}, "table 'c' has two parents"),
        ({"links": [LINK, {"child": "r", "column": "b", "parent": "c"}]}, "in a circle"),
        ({"links": [{"child": "r", "column": "b", "parent": "r"}]}, "in a circle"),
        ({"tables": {"r": {**TABLE, "key": None}, "c": CHILD}}, "table 'r' is a parent and needs a key column"),
        ({"tables": {"r": {**TABLE, "key": "bb"}, "c": CHILD}}, "no key column 'bb': did you mean 'b'?"),
        ({"tables": {"r": TABLE, "d": CHILD}, "links": []}, "the table under 'd' calls itself 'c'"),
        ({"group": "person"}, "the group column 'person' is not in the main table 'r'"),
        ({"tasks": [{"table": "r", "targets": ["z"], "kind": "regression"}]}, "the target 'z' is not a column"),
        ({"tasks": [{"table": "q", "targets": ["a"], "kind": "regression"}]}, "is not a column of table 'q'"),
        ({"rules": [{"kind": "order", "columns": ["a", "y"]}]}, "the rule 'a <= y' names no column 'y'"),
        (
            {"rules": [{"kind": "order", "columns": ["a", "x"]}]},
            "the rule 'a <= x' reads columns of several tables",
        ),
        ({"rules": [{"kind": "order", "columns": ["a"]}]}, "rules.0.columns"),
        (
            {
                "rules": [
                    {"kind": "sum", "total": "a", "parts": ["b"]},
                    {"kind": "sum", "total": "b", "parts": ["a"]},
                ]
            },
            "rules define columns from each other in a circle: a, b",
        ),
        (
            {
                "rules": [
                    {"kind": "sum", "total": "a", "parts": ["b"]},
                    {"kind": "sum", "total": "a", "parts": ["b"]},
                ]
            },
            "two rules define the column 'a'",
        ),
        (
            {"tables": {"../r": {**TABLE, "name": "../r"}}, "main": "../r", "links": []},
            "the table name '../r' holds",
        ),
        ({"tables": {".r": {**TABLE, "name": ".r"}}, "main": ".r", "links": []}, "the table name '.r' holds"),
        ({"colour": 1}, "unknown field 'colour'"),
        ({"tabels": {}}, "unknown field 'tabels': did you mean 'tables'?"),
    ],
)
def test_contradictions_are_named(changes: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as error:
        load(schema_of(**changes), tmp_path)
    assert sentence in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ({"name": "a", "kind": "numbr"}, "tables.r.columns.0.kind: should be 'number', 'category'"),
        ({"name": "a", "knd": "number"}, "unknown field 'tables.r.columns.0.knd': did you mean 'kind'?"),
        ({"name": "a"}, "the field 'tables.r.columns.0.kind' is missing"),
        ({"name": "a", "kind": "array"}, "the array column 'a' needs a shape"),
        ({"name": "a", "kind": "number", "low": 2, "high": 1}, "low 2.0 above high 1.0"),
        ({"name": "a", "kind": "category", "domain": ["x", "y", "x"]}, "lists 'x' more than once"),
        ({"name": "a", "kind": "category", "domain": [False, "y"]}, "write it in quotes"),
        (
            {"name": True, "kind": "number"},
            "tables.r.columns.0.name: should be text (got True): write it in quotes",
        ),
        ("a", "tables.r.columns.0: should be a block of fields"),
    ],
)
def test_faults_in_a_column_are_named(column: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as error:
        load({"main": "r", "tables": {"r": {"name": "r", "columns": [column]}}}, tmp_path)
    assert sentence in str(error.value)


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    twice = {"name": "r", "columns": [TABLE["columns"][0]] * 2}
    with pytest.raises(SchemaError, match="has the column 'a' more than once"):
        load({"main": "r", "tables": {"r": twice}}, tmp_path)


def load(data: dict[str, Any], folder: Path) -> Schema:
    path = folder / "schema.yaml"
    path.write_text(json.dumps(data))
    return Schema.from_yaml(path)


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (bomb(12), "aliases"),
        ("main: &m r\ntables: *m\n", "aliases"),
        ("a: &a\n  b: *a\n", "aliases"),
        ("main: r\nmain: q\n", "'main' twice in the block at line 1"),
        ("[" * 500, "nested too deeply"),
        ("main: [r\n", "not valid YAML at line"),
        ("main: !!python/object/apply:os.system [echo]\n", "not valid YAML"),
        ("- just\n- a list\n", "should be a block of fields"),
        ("", "should be a block of fields"),
        ("a: 1\n---\nb: 2\n", "not valid YAML"),
    ],
)
def test_hostile_and_broken_yaml_is_refused_fast(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    start = time.monotonic()
    with pytest.raises(InputError, match=word):
        Schema.from_yaml(path)
    assert time.monotonic() - start < 5.0


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    (tmp_path / "big.yaml").write_text("#" * 4_000_001)
    for name, word in (
        ("binary.yaml", "not a readable"),
        ("big.yaml", "larger than 4 MB"),
        ("no.yaml", "not exist"),
    ):
        with pytest.raises(InputError, match=word):
            Schema.from_yaml(tmp_path / name)
    with pytest.raises(InputError, match="not a readable"):
        Schema.from_yaml(tmp_path)


def test_questions_about_columns() -> None:
    table = mixed_schema().main_table
    assert table.features() == ["age", "income", "job", "member", "since"]
    assert table.modelled() == [*table.features(), "y"]
    assert table.names("target") == ["y"]
    assert table.names(kinds=("number",)) == ["age", "income"]
    assert not table.has("Age")
    with pytest.raises(UnknownName, match="did you mean 'income'"):
        table.column("incone")
    private = Table(
        name="t",
        columns=(
            Column(name="sex", kind="category", role="sensitive"),
            Column(name="skip", kind="number", role="ignore"),
            Column(name="id", kind="id"),
            Column(name="file", kind="asset"),
        ),
    )
    assert private.features() == ["sex"]


def test_questions_about_links() -> None:
    schema = clips_schema()
    assert schema.descendants("clips") == ["frames", "objects"]
    assert schema.descendants("objects") == []
    assert schema.link_below("clips", "objects") == Link(child="frames", column="clip", parent="clips")
    assert schema.link_below("frames", "objects") == schema.parent_link("objects")
    assert schema.link_below("objects", "clips") is None
    assert schema.link_below("clips", "clips") is None
    assert schema.parent_link("clips") is None


def test_the_task_is_the_first_one_declared() -> None:
    schema = stays_schema()
    assert schema.task() == Task(table="stays", targets=("died",), kind="classification", positive="yes")
    assert schema.target().name == "died"
    with pytest.raises(SchemaError, match="target="):
        schema.model_copy(update={"tasks": ()}).task()


def test_schemas_cannot_be_changed_in_place() -> None:
    schema = mixed_schema()
    with pytest.raises(ValidationError):
        schema.main = "x"
    changed = schema.with_columns("rows", schema.main_table.columns[:2])
    assert len(schema.main_table.columns) == 6
    assert len(changed.main_table.columns) == 2


def test_a_later_answer_replaces_an_earlier_one() -> None:
    schema = with_answers()
    hole = schema.holes("impossible")[0]
    assert [str(h) for h in schema.holes("impossible", "unneeded")] == ["job = pilot and age < 30"]
    changed = schema.answered(hole, "unneeded")
    assert changed.holes("impossible") == []
    assert changed.holes("unneeded") == [hole]
    assert len(changed.answers) == 2


def test_a_hole_may_be_written_as_a_condition(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    said = "answers:\n- {hole: job = pilot and age < 30, answer: unneeded}\n"
    path.write_text(mixed_schema().to_yaml() + said)
    assert [str(h) for h in Schema.from_yaml(path).holes("unneeded")] == ["job = pilot and age < 30"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{hole: job = pilot, answer: imposible}", "impossible"),
        ("{hole: jib = pilot, answer: needed}", "names no column 'jib': did you mean 'job'?"),
        ("{hole: pilots, answer: needed}", "cannot read 'pilots'"),
        ("{hole: {'on': people, terms: []}, answer: needed}", "names no table 'people'"),
        ("{hole: {'on': rows, terms: []}, answer: needed}", "needs conditions on columns"),
    ],
)
def test_answers_that_make_no_sense_are_named(said: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(f"{mixed_schema().to_yaml()}answers:\n- {said}\n")
    with pytest.raises(InputError) as caught:
        Schema.from_yaml(path)
    assert sentence in str(caught.value)


def test_two_answers_about_one_hole_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    twice = "- {hole: job = pilot, answer: needed}\n- {hole: job = pilot, answer: unneeded}\n"
    path.write_text(f"{mixed_schema().to_yaml()}answers:\n{twice}")
    with pytest.raises(SchemaError, match="'job = pilot' is answered more than once"):
        Schema.from_yaml(path)
