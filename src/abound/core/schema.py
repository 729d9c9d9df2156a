"""Schema: tables, columns, keys, links, rules and tasks. Guessed by `read`, printed and edited as YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from abound.core.model import Model
from abound.core.rules import Rule, in_order
from abound.core.slice import Slice, Term
from abound.core.timeline import TimeRule, check_rules
from abound.errors import SchemaError, UnknownName, did_you_mean

ColumnKind = Literal["number", "category", "bool", "time", "text", "id", "asset", "array"]
Role = Literal[
    "feature", "target", "key", "order", "time", "event", "group", "weight", "box", "score", "source",
    "sensitive", "ignore",
]  # fmt: skip
TaskKind = Literal["classification", "regression", "detection", "segmentation", "depth", "flow", "keypoints"]

Said = Literal["impossible", "unneeded", "needed"]


class Column(Model):
    """One column. `domain` lists the allowed levels of a category (declared or seen), in a fixed order.

    Polars types by kind: number Float64, or Int64 where `integer`; category, text and id String (id may be
    Int64); bool Boolean; time Datetime("us"); asset String (path under the dataset's folder) or Binary; array
    Array of `shape`. `stored` is the type that the data came in ("Int32", "Date", "String %d.%m.%Y"), so that an
    export gives back the caller's types; None where the column was made here.
    """

    name: str
    kind: ColumnKind
    role: Role = "feature"
    integer: bool = False
    domain: tuple[str, ...] | None = None
    declared: bool = False  # True: the domain was stated by a person, so an unseen level is a hole
    low: float | None = None
    high: float | None = None
    shape: tuple[int, ...] | None = None
    stored: str | None = None

    @model_validator(mode="after")
    def _possible(self) -> Column:
        if self.kind == "array" and not self.shape:
            raise ValueError(f"the array column {self.name!r} needs a shape, such as [8, 8]")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"the column {self.name!r} has low {self.low} above high {self.high}")
        levels = self.domain or ()
        if len(set(levels)) < len(levels):
            twice = next(v for i, v in enumerate(levels) if v in levels[:i])
            raise ValueError(f"the domain of {self.name!r} lists {twice!r} more than once")
        return self


class Table(Model):
    """Columns of one table and the name of its key column, if it has one."""

    name: str
    columns: tuple[Column, ...]
    key: str | None = None

    @model_validator(mode="after")
    def _unique(self) -> Table:
        names = [c.name for c in self.columns]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"table {self.name!r} has the column {twice[0]!r} more than once: rename one of them")
        if self.key is not None and self.key not in names:
            raise ValueError(f"table {self.name!r} has no key column {self.key!r}: {did_you_mean(self.key, names)}")
        # The name becomes a file name.
        if not re.fullmatch(r"\w[\w .-]*", self.name):
            raise ValueError(f"the table name {self.name!r} holds more than letters, digits, space and ._-")
        return self

    def column(self, name: str) -> Column:
        """The column of that name; UnknownName with the nearest name otherwise."""
        for c in self.columns:
            if c.name == name:
                return c
        hint = did_you_mean(name, [c.name for c in self.columns])
        raise UnknownName(f"table {self.name!r} has no column {name!r}: {hint}")

    def has(self, name: str) -> bool:
        """Whether a column of that name is declared."""
        return any(c.name == name for c in self.columns)

    def names(self, *roles: Role, kinds: tuple[ColumnKind, ...] | None = None) -> list[str]:
        """Names of the columns with one of `roles` (all if none given) and one of `kinds`."""
        return [
            c.name for c in self.columns if (not roles or c.role in roles) and (kinds is None or c.kind in kinds)
        ]

    def features(self) -> list[str]:
        """Columns that a model may read: roles feature and sensitive, any kind but id and asset."""
        return [n for n in self.names("feature", "sensitive") if self.column(n).kind not in ("id", "asset")]

    def modelled(self) -> list[str]:
        """Columns that a table generator models: the features and the targets."""
        features = set(self.features())
        return [c.name for c in self.columns if c.name in features or c.role == "target"]


class Link(Model):
    """`child.column` holds the key of `parent`."""

    child: str
    column: str
    parent: str


class Task(Model):
    """What is predicted. `table` is the table whose rows are the units; `positive` the class of interest."""

    table: str
    targets: tuple[str, ...]
    kind: TaskKind
    metric: str | None = None
    positive: str | None = None


class Answer(Model):
    """What a person said about a combination of levels that no row has.

    impossible: no row can have it, nor anything inside it. unneeded: it may occur, and nobody asks for it. needed:
    it is to be covered, although no real row may show it. In YAML the hole may be written as a condition.
    """

    hole: Slice
    answer: Said


class Schema(Model):
    """Everything that is known about the shape and the meaning of a dataset."""

    version: int = 1
    main: str
    tables: dict[str, Table]
    links: tuple[Link, ...] = ()
    group: str | None = None  # column of the main table: rows of one group never part
    rules: tuple[Rule, ...] = Field(default=())
    tasks: tuple[Task, ...] = ()
    answers: tuple[Answer, ...] = ()
    timeline: tuple[TimeRule, ...] = ()  # what holds along a person's time, for records

    @model_serializer(mode="wrap")
    def _without_empty_timeline(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A schema without rules over time is written, and digested, as one that knows of none."""
        written: dict[str, Any] = write(self)
        return written if self.timeline else {k: v for k, v in written.items() if k != "timeline"}

    @model_validator(mode="before")
    @classmethod
    def _written_holes(cls, value: Any) -> Any:
        """Holes written as conditions, "job = pilot and age < 30", are about the main table."""
        if not isinstance(value, dict) or not isinstance(value.get("answers"), list):
            return value
        main = str(value.get("main"))
        answers = []
        for answer in value["answers"]:
            written = isinstance(answer, dict) and isinstance(answer.get("hole"), str)
            answers.append({**answer, "hole": Slice.parse(answer["hole"], main)} if written else answer)
        return {**value, "answers": answers}

    @model_validator(mode="after")
    def _consistent(self) -> Schema:
        if self.main not in self.tables:
            raise ValueError(f"the main table {self.main!r} is not among {sorted(self.tables)}")
        for name, table in self.tables.items():
            if name != table.name:
                raise ValueError(f"the table under {name!r} calls itself {table.name!r}: use one name")
        self._check_links()
        if self.group is not None and not self.tables[self.main].has(self.group):
            raise ValueError(f"the group column {self.group!r} is not in the main table {self.main!r}")
        for task in self.tasks:
            for target in task.targets:
                if task.table not in self.tables or not self.tables[task.table].has(target):
                    raise ValueError(f"the target {target!r} is not a column of table {task.table!r}")
        self._check_rules()
        self._check_answers()
        check_rules(self)
        return self

    def _check_links(self) -> None:
        """Links make trees: each child has one parent, and nobody is their own ancestor."""
        for link in self.links:
            if link.child not in self.tables or link.parent not in self.tables:
                raise ValueError(f"the link {link.child} -> {link.parent} names a table that is not declared")
            if self.tables[link.parent].key is None:
                raise ValueError(f"table {link.parent!r} is a parent and needs a key column")
            if not self.tables[link.child].has(link.column):
                raise ValueError(f"table {link.child!r} has no link column {link.column!r}")
        children = [link.child for link in self.links]
        for name in children:
            if children.count(name) > 1:
                raise ValueError(f"table {name!r} has two parents: keep the link to the one that owns its rows")
            seen, here = {name}, self.parent_link(name)
            while here is not None:
                if here.parent in seen:
                    raise ValueError(f"the links lead from table {name!r} in a circle")
                seen.add(here.parent)
                here = self.parent_link(here.parent)

    def _check_rules(self) -> None:
        """Each rule reads columns of one table, and no rule's column is defined by itself."""
        known = {c.name for table in self.tables.values() for c in table.columns}
        for rule in self.rules:
            for name in rule.names():
                if name not in known:
                    raise ValueError(f"the rule '{rule}' names no column {name!r}: {did_you_mean(name, known)}")
            if not any(all(table.has(n) for n in rule.names()) for table in self.tables.values()):
                raise ValueError(f"the rule '{rule}' reads columns of several tables: a rule is about one row")
        in_order(self.rules)

    def _check_answers(self) -> None:
        """Each answer is about columns of a declared table, and no hole has two answers."""
        seen: set[Slice] = set()
        for answer in self.answers:
            hole = answer.hole
            if hole.on not in self.tables:
                raise ValueError(f"the answer about '{hole}' names no table {hole.on!r}")
            if not hole.terms or not all(isinstance(t, Term) for t in hole.terms):
                raise ValueError(f"the answer about '{hole}' needs conditions on columns, such as 'job = pilot'")
            known = [c.name for c in self.tables[hole.on].columns]
            for name in hole.columns():
                if name not in known:
                    raise ValueError(
                        f"the answer about '{hole}' names no column {name!r}: {did_you_mean(name, known)}"
                    )
            if hole in seen:
                raise ValueError(f"the hole '{hole}' is answered more than once: keep one answer")
            seen.add(hole)

    def answered(self, hole: Slice, answer: Said) -> Schema:
        """The schema with the answer about one hole added, in place of an earlier one about it."""
        kept = tuple(a for a in self.answers if a.hole != hole)
        return self.model_copy(update={"answers": (*kept, Answer(hole=hole, answer=answer))})

    def holes(self, *answers: Said) -> list[Slice]:
        """Combinations of the main table that were given one of these answers."""
        return [a.hole for a in self.answers if a.answer in answers and a.hole.on == self.main]

    @property
    def main_table(self) -> Table:
        """The table that is generated, split and counted."""
        return self.tables[self.main]

    def task(self) -> Task:
        """The first task; SchemaError where none was declared."""
        if not self.tasks:
            raise SchemaError("no target is declared: name it with target='...' or --target")
        return self.tasks[0]

    def target(self) -> Column:
        """The column that the first task predicts."""
        task = self.task()
        return self.tables[task.table].column(task.targets[0])

    def parent_link(self, table: str) -> Link | None:
        """The link from `table` to its parent, if any."""
        return next((link for link in self.links if link.child == table), None)

    def children(self, table: str) -> list[Link]:
        """Links whose parent is `table`."""
        return [link for link in self.links if link.parent == table]

    def link_below(self, ancestor: str, table: str) -> Link | None:
        """The first link down from `ancestor` towards `table`; None where `table` is not below it."""
        link = self.parent_link(table)
        while link is not None and link.parent != ancestor:
            link = self.parent_link(link.parent)
        return link

    def descendants(self, table: str) -> list[str]:
        """Tables below `table`: its children, then their children, and so on."""
        found = [link.child for link in self.children(table)]
        for name in found:
            found += [link.child for link in self.children(name)]
        return found

    def with_columns(self, table: str, columns: tuple[Column, ...]) -> Schema:
        """The schema with the columns of one table replaced."""
        old = self.tables[table]
        return self.model_copy(
            update={"tables": {**self.tables, table: old.model_copy(update={"columns": columns})}}
        )

    def to_yaml(self) -> str:
        """The schema as YAML for a person to edit; defaults are left out."""
        import yaml

        data = self.model_dump(mode="json", exclude_defaults=True)
        if self.rules:
            # The kind of a rule is a default of its class, but it is what tells the classes apart.
            data["rules"] = [{"kind": r.kind, **d} for r, d in zip(self.rules, data["rules"], strict=True)]
        if self.timeline:
            data["timeline"] = [{"kind": r.kind, **d} for r, d in zip(self.timeline, data["timeline"], strict=True)]
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)

    @staticmethod
    def from_yaml(path: Path | str) -> Schema:
        """Read a schema file; SchemaError names the file and the field at fault."""
        from abound.core.recipe import load_yaml, validate

        return validate(Schema, load_yaml(Path(path)), what=f"schema {path}", error=SchemaError)
