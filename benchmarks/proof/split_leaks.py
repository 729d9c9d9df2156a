"""Does anything that belongs together part, and is it said where the test rows are too few?

Each case is a small table made to break the split: uneven groups, a group of half the rows, a class of one group,
copies (exact, noisy, with one cell changed), chains of near copies, copies that tie groups to one another, an
oversampled class, times that tie, rows that share a parent. The maker knows which rows belong together; `leaks`
counts sets of them with rows in two parts, found from the parts themselves. What the rare rows in test can show is
computed anew from them, and compared with what the power statement says.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl

from abound.core.dataset import Dataset
from abound.core.ledger import unseal
from abound.core.schema import Column, Link, Schema, Table, Task
from abound.errors import InputError
from abound.stages.split import Split, split
from abound.stats.intervals import wilson
from benchmarks.rows import row

CASES, QUICK_CASES, A_TASK = 1_000, 39, 25
KINDS = (
    "groups", "giant_group", "one_group_class", "exact_copies", "noisy_copies", "changed_cell", "chains",
    "copies_tie_groups", "oversampled", "time_ties", "time_groups", "parents", "few_levels",
)  # fmt: skip
NOISE = 2e-4  # of a column's scale
Parts = dict[str, np.ndarray[Any, Any]]


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Blocks of seeds; a case is its seed."""
    n = QUICK_CASES if quick else CASES
    return [{"first": i, "cases": min(A_TASK, n - i)} for i in range(0, n, A_TASK)]


def run(task: dict[str, Any]) -> list[dict[str, Any]]:
    """What happened in each case of a block."""
    return [one(seed) for seed in range(task["first"], task["first"] + task["cases"])]


def one(seed: int) -> dict[str, Any]:
    """Make a case, split it, look at the parts."""
    rng = np.random.default_rng([7, seed])
    kind = KINDS[seed % len(KINDS)]
    data, truth, time = made(kind, rng)
    try:
        parts = split(data, seed=seed, time=time)
    except InputError as error:
        return {"kind": kind, "refused": str(error)}
    where = places(parts)
    sets: dict[int, set[str]] = {}
    for name, rows in where.items():
        for unit in truth[rows]:
            sets.setdefault(int(unit), set()).add(name)
    leaks = sum(len(found) > 1 for found in sets.values())
    if time is not None:
        leaks += late(data.main[time].to_numpy(), truth, where)
    short = too_few(data, truth, where)
    said = parts.power.feasible is False and any(
        w in parts.power.sentence for w in ("cannot be claimed", "left to train")
    )
    return {"kind": kind, "leaks": leaks, "short": short, "said": said, "rows": len(data)}


def places(parts: Split) -> Parts:
    """The rows of each part, by the column that names them."""
    named = {"train": parts.train, "tune": parts.tune, "reference": parts.reference}
    found = {name: part.main["place"].to_numpy() for name, part in named.items()}
    return found | {"test": unseal(parts.test, "benchmark").main["place"].to_numpy()}


def late(time: np.ndarray[Any, Any], truth: np.ndarray[Any, Any], where: Parts) -> int:
    """1 where a row to train or tune on is as late as the last row of some set in test."""
    before = np.concatenate([where[name] for name in ("train", "tune", "reference")])
    ends = np.full(int(truth.max()) + 1, -np.inf)
    np.maximum.at(ends, truth, time)
    return int(time[before].max() >= ends[truth[where["test"]]].min())


def too_few(data: Dataset, truth: np.ndarray[Any, Any], where: Parts) -> bool:
    """Whether ten points cannot be shown on the rarest class (Connor 1987), or too little of it is left."""
    target = data.main["y"].to_numpy()
    names, count = np.unique(target, return_counts=True)
    rare = names[np.argmin(count)]
    inside = where["test"][target[where["test"]] == rare]
    units = len(set(truth[inside].tolist()))
    left = len(set(truth[target == rare].tolist())) - units
    needed = math.ceil(((1.6448536 * math.sqrt(0.2) + 0.8416212 * math.sqrt(0.2 - 0.01)) / 0.1) ** 2)
    return units < needed or left < 20 or left < units


def made(kind: str, rng: np.random.Generator) -> tuple[Dataset, np.ndarray[Any, Any], str | None]:
    """A dataset, for each row the set that must not part, and the time column if it is split by time."""
    n = int(rng.integers(300, 1_500))
    rare = float(rng.uniform(0.03, 0.45))
    columns: dict[str, Any] = {f"x{i}": rng.normal(size=n) for i in range(int(rng.integers(3, 9)))}
    columns |= {f"c{i}": rng.choice(list("abcde"), n, p=[0.4, 0.3, 0.1, 0.1, 0.1]) for i in range(3)}
    columns["y"] = np.where(rng.random(n) < rare, "yes", "no")
    columns["who"] = np.arange(n)
    truth, group, time = np.arange(n), False, None
    if kind in ("groups", "giant_group", "one_group_class", "copies_tie_groups", "time_groups"):
        group, columns["who"] = True, _groups(kind, n, columns["y"], rng)
        truth = columns["who"].copy()
    if kind in ("exact_copies", "noisy_copies", "changed_cell", "chains", "copies_tie_groups", "oversampled"):
        columns, truth = _copied(kind, columns, truth, rng)
    if kind in ("time_ties", "time_groups"):
        time = "when"
        columns["when"] = rng.integers(0, int(rng.integers(4, 60)), n).astype(np.float64)
    if kind == "few_levels":
        columns = {k: v for k, v in columns.items() if not k.startswith("x")}
        columns["c3"] = rng.choice(list("pqr"), n)
    columns["place"] = np.arange(len(columns["y"]))
    if kind == "parents":
        return _with_parents(columns, rng)
    return _dataset(pl.DataFrame(columns), group), truth, time


def _groups(kind: str, n: int, y: Any, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Group numbers: most groups small, some large."""
    g = int(rng.integers(8, max(9, n // 3)))
    weight = rng.pareto(1.0, g) + 0.05
    group = rng.choice(g, n, p=weight / weight.sum())
    if kind == "giant_group":
        group = np.where(rng.random(n) < rng.uniform(0.3, 0.7), 0, group)
    if kind == "one_group_class":
        group = np.where(y == "yes", 0, group)
    return np.asarray(group)


def _copied(kind: str, columns: dict[str, Any], truth: Any, rng: np.random.Generator) -> tuple[dict[str, Any], Any]:
    """The columns with copies of some rows at their end, in random order, and the sets joined by them."""
    n = len(truth)
    if kind == "oversampled":
        source = rng.choice(np.flatnonzero(columns["y"] == "yes"), int(rng.integers(n // 4, n)))
    else:
        sources = rng.choice(n, int(rng.integers(5, n // 8)), replace=False)
        source = np.repeat(sources, rng.integers(1, 5, len(sources)))
    if kind == "copies_tie_groups":
        source = rng.choice(n, max(3, len(np.unique(truth)) // 6), replace=False)
    if kind == "chains":
        sources = rng.choice(n, int(rng.integers(2, 8)), replace=False)
        source = np.repeat(sources, int(rng.integers(3, 24)))
    more = {name: values[source].copy() for name, values in columns.items()}
    if kind in ("noisy_copies", "oversampled", "chains"):
        for name in [c for c in columns if c.startswith("x")]:
            steps = rng.uniform(-NOISE, NOISE, len(source))
            more[name] = more[name] + (_walk(steps, source) if kind == "chains" else steps)
    if kind == "changed_cell":
        for i in range(len(source)):
            name = str(rng.choice([c for c in columns if c[0] in "xc"]))
            more[name][i] = rng.normal() if name[0] == "x" else "e"
    if kind == "copies_tie_groups":
        more["who"] = rng.choice(columns["who"], len(source))
    joined = {name: np.concatenate([values, more[name]]) for name, values in columns.items()}
    edges = np.column_stack([source, n + np.arange(len(source))])
    whole = _united(
        np.concatenate([truth, truth[source]]), edges, joined["who"] if kind == "copies_tie_groups" else None
    )
    order = rng.permutation(len(whole))
    return {name: values[order] for name, values in joined.items()}, whole[order]


def _walk(steps: Any, source: Any) -> Any:
    """The running sum of the steps of each source's copies: each copy is near the one before."""
    out = np.zeros(len(steps))
    for one_source in np.unique(source):
        out[source == one_source] = np.cumsum(steps[source == one_source])
    return out


def _united(truth: Any, edges: Any, who: Any) -> Any:
    """Sets joined by copies and, where copies carry groups of their own, by groups; by repeated relabelling."""
    label = np.arange(len(truth)) if who is not None else truth.copy()
    while True:
        before = label.copy()
        low = np.minimum(label[edges[:, 0]], label[edges[:, 1]])
        np.minimum.at(label, edges[:, 0], low)
        np.minimum.at(label, edges[:, 1], low)
        if who is not None:
            least = np.full(int(who.max()) + 1, len(label))
            np.minimum.at(least, who, label)
            label = np.minimum(label, least[who])
        if (label == before).all():
            return label


def _dataset(frame: pl.DataFrame, group: bool) -> Dataset:
    columns = _columns(frame)
    who = Column(name="who", kind="id", role="group" if group else "ignore")
    schema = Schema(
        main="rows",
        tables={"rows": Table(name="rows", columns=(*columns, who))},
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="yes"),),
        group="who" if group else None,
    )
    return Dataset(schema, {"rows": frame.lazy()})


def _columns(frame: pl.DataFrame) -> tuple[Column, ...]:
    out = [Column(name="y", kind="category", role="target", domain=("no", "yes"))]
    out.append(Column(name="place", kind="id", role="ignore"))
    for name in frame.columns:
        if name[0] in "xc":
            out.append(Column(name=name, kind="number" if name[0] == "x" else "category"))
        elif name == "when":
            out.append(Column(name=name, kind="number"))
    return tuple(out)


def _with_parents(
    columns: dict[str, Any], rng: np.random.Generator
) -> tuple[Dataset, np.ndarray[Any, Any], str | None]:
    """Main rows below persons, who live in households: a household must not part."""
    n = len(columns["y"])
    persons = int(rng.integers(20, n // 3))
    home = rng.integers(0, max(6, persons // 2), persons)
    frame = pl.DataFrame({**columns, "person": rng.integers(0, persons, n)}).drop("who")
    above = pl.DataFrame({"id": np.arange(persons), "home": home})
    homes = pl.DataFrame({"id": np.arange(int(home.max()) + 1)})
    key = Column(name="id", kind="id", role="key")
    schema = Schema(
        main="rows",
        tables={
            "rows": Table(name="rows", columns=(*_columns(frame), Column(name="person", kind="id", role="key"))),
            "persons": Table(name="persons", columns=(key, Column(name="home", kind="id", role="key")), key="id"),
            "homes": Table(name="homes", columns=(key,), key="id"),
        },
        links=(
            Link(child="rows", column="person", parent="persons"),
            Link(child="persons", column="home", parent="homes"),
        ),
        tasks=(Task(table="rows", targets=("y",), kind="classification", positive="yes"),),
    )
    tables = {"rows": frame.lazy(), "persons": above.lazy(), "homes": homes.lazy()}
    return Dataset(schema, tables), home[frame["person"].to_numpy()], None


def rows(results: list[Any], quick: bool) -> list[dict[str, Any]]:
    """Leaking cases, infeasible cases that say so, and feasible cases that are called infeasible."""
    cases = [c for block in results for c in block]
    done = [c for c in cases if "refused" not in c]
    leaks = sum(c["leaks"] > 0 for c in done)
    short, fine = [c for c in done if c["short"]], [c for c in done if not c["short"]]
    said = sum(c["said"] for c in short)
    low, high = wilson(leaks, len(done))
    by_kind = {k: sum(c["leaks"] > 0 for c in done if c["kind"] == k) for k in KINDS}
    found = wilson(said, len(short))
    assert short, "small groups and rare classes are among the cases"
    return [
        row(
            "split_leaks", leaks, "cases", low=low * len(done), high=high * len(done), n=len(done),
            reference="0 of 1,000", refused=len(cases) - len(done), by_kind=by_kind,
        ),
        row(
            "split_infeasible_declared", said / len(short), "share", low=found[0], high=found[1],
            n=len(short), reference="1", needlessly=sum(c["said"] for c in fine), feasible=len(fine),
        ),
    ]  # fmt: skip
