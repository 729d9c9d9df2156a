"""Are planted holes found, are they all the holes there are, and how long does it take?

Recall. Per run, all rows of 20 real patterns of two or three levels are deleted from a real table, and
`missing_combo` lists up to 100 holes in what is left. Attributes are the first 15 columns that have levels; their
domains are declared: categories as they are, numbers cut at the whole table's quartiles first. A pattern is drawn
as number of terms (2 or 3), columns, then one of their cells with at least 30 and at most 2 % of the table's rows,
all uniformly; it is drawn again if the deletion would also empty one with fewer terms. It counts as recovered by a
listed hole that has exactly the same rows of the whole table: another name of the same hole counts, a part of it
does not.
The ranking was made on adult, kc_house, nursery, hypothyroid, abalone and page-blocks, which are not judged here.

Beside it: the same without `alpha`, which keeps accidents off the list and with them holes too small to tell from
one; and naive rankings of all maximal uncovered patterns: fewest terms first, rows expected if all columns were
unrelated, and Poisson surprise given the pairs. Equality: 1,000 random tables against the definition. Speed: CPU
seconds of one thread on a million rows of 15 attributes, beside one pass of counting one pair over the same rows,
and Polars' group_by for the first triples, scaled to all 455.
"""

from __future__ import annotations

import itertools
import math
import time
import tracemalloc
from functools import cache
from statistics import median
from typing import Any

import numpy as np
import polars as pl

from abound.core.context import Context
from abound.core.dataset import Dataset
from abound.core.registry import create
from abound.core.schema import Column
from abound.encoding.levels import levels_of
from abound.stages.read import read
from abound.stats.intervals import wilson
from abound.stats.patterns import Holes, uncovered
from benchmarks.rows import row
from benchmarks.tables import folder, here, load

TABLES = ("credit_default", "fars", "kr-vs-k", "splice", "satimage", "stroke", "skillcraft1")
CSV = {"stroke": ("full_data.csv", "stroke"), "skillcraft1": ("SkillCraft1_Dataset.csv", "LeagueIndex")}
KEYS = ("id", "GameID", "split")
HOLES, COLUMNS, LEAST, MOST = 20, 15, 30, 0.02
FIRST = (20, 50, 100)
UNTESTED = "abound with alpha null"
NAIVE = ("by level", "expected count", "poisson surprise")
Ints = np.ndarray[Any, Any]


def tasks(quick: bool) -> list[dict[str, Any]]:
    """Plantings, random tables in parcels of 100, and two large tables."""
    names = here(TABLES)
    names, seeds, parcels, rows = (names[-2:], 1, 1, 30_000) if quick else (names, 10, 10, 1_000_000)
    out: list[dict[str, Any]] = [{"do": "plant", "table": n, "seed": 900 + s} for n in names for s in range(seeds)]
    out += [{"do": "brute", "first": 100 * p} for p in range(parcels)]
    return out + [{"do": "speed", "case": c, "rows": rows} for c in ("binary", "mixed")]


def run(task: dict[str, Any]) -> dict[str, Any]:
    """One run by what the task says to do."""
    return {"plant": _planted, "brute": _brute, "speed": _speed}[task["do"]](task)


@cache
def table(name: str) -> tuple[Dataset, tuple[str, ...], Ints, tuple[int, ...]]:
    """A table with declared levels, and as codes: the attributes' names, (rows, attributes), and their sizes."""
    if name in CSV:
        file, target = CSV[name]
        frame = pl.read_csv(folder("regression", name) / file, infer_schema_length=None, null_values=["?", "N/A"])
    else:
        frame, target = load(name)
    data = read(frame.drop([k for k in KEYS if k in frame.columns]), target=target)
    columns, series, codes, cards = [], [], [], []
    for column in data.schema.main_table.columns:
        values = data.main[column.name]
        levels = levels_of(column, values)
        if column.name not in data.schema.main_table.features() or isinstance(levels, str) or len(cards) == COLUMNS:
            continue
        if levels.cuts:
            values = pl.Series(column.name, np.searchsorted(levels.cuts, values.to_numpy(), side="right")).set(
                values.is_null(), None
            )
        columns.append(Column(name=column.name, kind="number", integer=True) if levels.cuts else column)
        columns[-1] = columns[-1].model_copy(update={"declared": column.kind == "category"})
        series.append(values)
        codes.append(levels.codes(data.main[column.name]).astype(np.int64))
        cards.append(len(levels))
    schema = data.schema.model_copy(update={"tasks": ()}).with_columns(data.schema.main, tuple(columns))
    whole = data.with_table(data.schema.main, pl.DataFrame(series), schema)
    return whole, tuple(c.name for c in columns), np.column_stack(codes), tuple(cards)


def plant(codes: Ints, cards: tuple[int, ...], rng: np.random.Generator) -> tuple[list[Ints], Ints]:
    """Rows (masks) of each pattern deleted, and which rows are left."""
    n, d = codes.shape
    left, planted, patterns = np.ones(n, dtype=bool), [], []
    for _ in range(5000):
        if len(planted) == HOLES:
            break
        places = np.sort(rng.choice(d, int(rng.choice([2, 3])), replace=False))
        sizes = [cards[i] for i in places]
        key = np.ravel_multi_index(tuple(codes[:, places].T), sizes)
        rows = np.bincount(key[left], minlength=math.prod(sizes))
        fit = np.flatnonzero((rows >= LEAST) & (rows <= MOST * n))
        if not len(fit):
            continue
        cell = int(rng.choice(fit))
        after = left & (key != cell)
        levels = [int(v) for v in np.unravel_index(cell, sizes)]
        wanted = [*patterns, list(zip(places.tolist(), levels, strict=True))]
        fewer = [[x for x in w if x != y] for w in wanted for y in w]
        if all((after & _rows(codes, f)).any() for f in fewer):
            left, patterns = after, wanted
            planted.append(key == cell)
    return planted, left


def _rows(codes: Ints, pattern: list[tuple[int, int]]) -> Ints:
    return np.logical_and.reduce([codes[:, i] == v for i, v in pattern])


def _planted(task: dict[str, Any]) -> dict[str, Any]:
    whole, _, codes, cards = table(task["table"])
    planted, left = plant(codes, cards, np.random.default_rng(task["seed"]))
    some = whole.take(np.flatnonzero(left))
    start = time.process_time()
    gaps = create("finder", "missing_combo", {"top": FIRST[-1]}).find(some, some, (), Context())
    seconds = time.process_time() - start
    truth = {p.tobytes() for p in planted}
    listed = [np.asarray(whole.mask(g.slice)).tobytes() for g in gaps]
    out = {"abound": [len(truth & set(listed[:k])) / len(truth) for k in FIRST]}
    every = create("finder", "missing_combo", {"top": FIRST[-1], "alpha": None}).find(some, some, (), Context())
    listed = [np.asarray(whole.mask(g.slice)).tobytes() for g in every]
    out[UNTESTED] = [len(truth & set(listed[:k])) / len(truth) for k in FIRST]
    holes = uncovered(codes[left], cards, terms=3)
    for name, order in zip(NAIVE, _naive(holes, codes[left], cards), strict=True):
        found = [
            _rows(codes, [(i, v) for i, v in enumerate(holes.patterns[p]) if v >= 0]).tobytes()
            for p in order[: FIRST[-1]]
        ]
        out[name] = [len(truth & set(found[:k])) / len(truth) for k in FIRST]
    return {"recall": out, "planted": len(planted), "listed": len(gaps), "seconds": seconds, "rows": len(codes)}


def _naive(holes: Holes, codes: Ints, cards: tuple[int, ...]) -> list[Ints]:
    """Orders of all holes; ties by the pattern itself."""
    terms = (holes.patterns >= 0).sum(axis=1)
    alone = np.full(len(terms), float(len(codes)))
    pairs = np.full(len(terms), math.log(len(codes)))
    with np.errstate(divide="ignore"):
        for i, card in enumerate(cards):
            share = np.bincount(codes[:, i], minlength=card) / len(codes)
            here = holes.patterns[:, i] >= 0
            alone[here] *= share[holes.patterns[here, i]]
            pairs[here] += (np.where(terms == 3, -1, 1) * np.log(share)[holes.patterns[:, i]])[here]
        for i, j in itertools.combinations(range(len(cards)), 2):
            here = (holes.patterns[:, i] >= 0) & (holes.patterns[:, j] >= 0) & (terms == 3)
            both = np.bincount(codes[:, i] * cards[j] + codes[:, j], minlength=cards[i] * cards[j]) / len(codes)
            pairs[here] += np.log(both)[holes.patterns[here, i] * cards[j] + holes.patterns[here, j]]
    tie = [*holes.patterns.T[::-1]]
    return [np.lexsort([*tie, k]) for k in (terms, -alone, -pairs)]


def _brute(task: dict[str, Any]) -> dict[str, Any]:
    """How many of 100 random tables give exactly the patterns of the definition, up to each number of terms."""
    equal = 0
    for seed in range(task["first"], task["first"] + 100):
        rng = np.random.default_rng([7, seed])
        cards = rng.integers(1, 5, int(rng.integers(1, 6))).tolist()
        codes = np.column_stack([rng.choice(c, 60, p=rng.dirichlet(np.ones(c))) for c in cards])
        codes, tau = codes[: int(rng.integers(4, 61))], int(rng.integers(1, 4))
        every = definition(codes, cards, tau)
        same = True
        for terms in range(1, len(cards) + 2):  # up to 3 level by level, above by the cube
            holes = uncovered(codes, cards, tau=tau, terms=terms)
            found = dict(zip(map(tuple, holes.patterns.tolist()), holes.counts.tolist(), strict=True))
            same &= found == {p: c for p, c in every.items() if sum(v >= 0 for v in p) <= terms}
        equal += same
    return {"equal": equal}


def definition(codes: Ints, cards: list[int], tau: int) -> dict[tuple[int, ...], int]:
    """Each pattern with fewer than tau rows all of whose parents have as many, and its rows."""
    every = np.ones(len(codes), dtype=bool)
    rows = {
        p: int(np.logical_and.reduce([every, *(codes[:, i] == v for i, v in enumerate(p) if v >= 0)]).sum())
        for p in itertools.product(*[range(-1, c) for c in cards])
    }
    return {
        p: count for p, count in rows.items()
        if count < tau and any(v >= 0 for v in p)
        and all(rows[(*p[:i], -1, *p[i + 1 :])] >= tau for i, v in enumerate(p) if v >= 0)
    }  # fmt: skip


def large(case: str, rows: int) -> tuple[Ints, list[int]]:
    """Fifteen related attributes: all binary, or of 2 to 10 levels; the levels of each are unequally common."""
    rng = np.random.default_rng(20)
    cards = [2] * 15 if case == "binary" else [*range(2, 11), *range(3, 9)]
    hidden = rng.normal(size=rows)
    codes = np.empty((rows, 15), dtype=np.int16)
    for i, card in enumerate(cards):
        cuts = np.sort(rng.normal(scale=1.3, size=card - 1))
        codes[:, i] = np.searchsorted(cuts, rng.uniform(0.2, 0.7) * hidden + rng.normal(size=rows))
    return codes, cards


def _speed(task: dict[str, Any]) -> dict[str, Any]:
    codes, cards = large(task["case"], task["rows"])
    terms, seconds = 15 if task["case"] == "binary" else 3, []
    for _ in range(3):
        start = time.process_time()
        holes = uncovered(codes, cards, terms=terms)
        seconds.append(time.process_time() - start)
    tracemalloc.start()
    uncovered(codes, cards, terms=terms)
    more = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    start = time.process_time()
    np.bincount(codes[:, 0].astype(np.int64) * cards[1] + codes[:, 1], minlength=cards[0] * cards[1])
    one = time.process_time() - start
    frame, triples = pl.DataFrame(codes), list(itertools.combinations(range(15), 3))
    start = time.process_time()
    for triple in triples[:10]:
        frame.group_by([frame.columns[i] for i in triple]).len()
    peer = (time.process_time() - start) / 10 * len(triples)
    return {"seconds": seconds, "holes": len(holes.counts), "pass": one, "polars": peer, "mib": more}


def rows(results: list[dict[str, Any]], quick: bool) -> list[dict[str, Any]]:
    """Recall as the median over tables of the mean over runs; the interval is the range over tables."""
    done = list(zip(tasks(quick), results, strict=True))
    by: dict[str, list[dict[str, Any]]] = {}
    for task, result in done:
        if task["do"] == "plant":
            by.setdefault(task["table"], []).append(result)
    out = []
    for k, first in enumerate(FIRST[:2]):
        mean = {t: float(np.mean([r["recall"]["abound"][k] for r in rs])) for t, rs in by.items()}
        others = (*NAIVE, UNTESTED)
        naive = {
            n: round(median(np.mean([r["recall"][n][k] for r in rs]) for rs in by.values()), 3) for n in others
        }
        tables = {t: round(v, 3) for t, v in mean.items()}
        out.append(
            row(f"holes_recall_at_{first}", median(mean.values()), "share", low=min(mean.values()),
                high=max(mean.values()), n=sum(map(len, by.values())), reference={"tables": tables, **naive})
        )  # fmt: skip
    equal = sum(r["equal"] for t, r in done if t["do"] == "brute")
    n = 100 * sum(t["do"] == "brute" for t, _ in done)
    low, high = wilson(equal, n)
    out.append(row("holes_equal_brute_force", equal / n, "share", low=low, high=high, n=n))
    for task, r in done:
        if task["do"] == "speed":
            about = {
                "rows": task["rows"], "holes": r["holes"], "one counting pass": round(r["pass"], 4),
                "Polars group_by of 455 triples": round(r["polars"], 2),
                "peak memory beside the codes, MiB": round(r["mib"]),
            }  # fmt: skip
            name = f"holes_{task['case']}_cpu_seconds"
            s = r["seconds"]
            out.append(row(name, median(s), "s", low=min(s), high=max(s), n=len(s), reference=about))
    return out
