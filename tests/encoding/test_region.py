"""What conditions leave of a column: the same rows, with the same distribution, as keeping those that pass."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abound.core.schema import Column
from abound.core.slice import Slice, Term
from abound.encoding.region import draw, holds, readable_terms, region
from abound.encoding.rejection import batch_sizes, passing
from abound.encoding.uniform import decode, fit_column
from abound.errors import Refusal, WhereRefused
from tests.planted import mixed_table

RNG = np.random.default_rng
DATA = mixed_table(800)
MAPS = {c.name: fit_column(DATA.main[c.name], c) for c in DATA.schema.main_table.columns}
TEXTS = [
    "age < 40", "age <= 40", "age > 40.5", "age >= 41 and age < 60", "age = 33", "age in [20, 33, 200]",
    "age != 40", "income > 20000", "income <= 30000 and income > 29000", "income is missing", "income is present",
    "job = pilot", "job in [pilot, smith]", "job != clerk", "member = true", "since < 2018-06-15",
    "since >= 2019-01-01", "since = 2016-03-04",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_regions_are_what_rejection_leaves(text):
    terms = Slice.parse(text, "rows").terms
    fitted = MAPS[terms[0].column]
    free = decode(fitted, RNG(0).random(150_000)).to_frame()
    kept = free.filter(pl.Series(holds(free, terms))).to_series()
    part = region(fitted, terms)
    exact = not any(t.op == "!=" for t in terms)
    if exact:
        assert part.mass == pytest.approx(len(kept) / 150_000, abs=0.005)
    assert len(kept) > 20
    drawn = draw(fitted, part, RNG(1).random(5_000)).to_frame()
    if not exact:
        drawn = drawn.filter(pl.Series(holds(drawn, terms)))
    assert holds(drawn, terms).all()
    values, others = (_ranks(s, kept) for s in (drawn.to_series(), kept))
    assert abs(values.mean() - others.mean()) < 4.5 * np.sqrt(0.1 / len(kept) + 0.1 / len(values)) + 1e-9


def _ranks(series, reference):
    """Values as numbers between 0 and 1 by their place among the reference's; nulls as 0.5."""
    if series.null_count() == len(series):
        return np.full(len(series), 0.5)
    known = np.sort(reference.drop_nulls().rank("dense").to_numpy()) if series.dtype == pl.String else None
    if known is not None:
        levels = sorted(reference.unique().to_list())
        return np.array([levels.index(v) / max(len(levels) - 1, 1) for v in series])
    numbers = series.to_physical().cast(pl.Float64).to_numpy()
    place = np.sort(reference.to_physical().cast(pl.Float64).to_numpy())
    middle = np.searchsorted(place, numbers, "left") + np.searchsorted(place, numbers, "right")
    return middle / (2 * len(place))


@given(st.integers(-10, 120), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_mass_of_any_whole_number_condition(value, op):
    terms = (Term(column="age", op=op, value=value),)
    part = region(MAPS["age"], terms)
    kept = holds(decode(MAPS["age"], (np.arange(50_000) + 0.5) / 50_000).to_frame(), terms).mean()
    assert part.mass >= kept - 2e-4
    if op != "!=":
        assert part.mass == pytest.approx(kept, abs=2e-4)
    if part.mass > 0 and op != "!=":
        assert holds(draw(MAPS["age"], part, RNG(0).random(500)).to_frame(), terms).all()


def test_unreadable_conditions_say_why():
    made = ["age", "job"]
    assert readable_terms(Slice.parse("rows.age > 3", "rows"), "rows", made)[0].column == "age"
    with pytest.raises(WhereRefused, match="did you mean 'job'"):
        readable_terms(Slice.parse("jobs = pilot", "rows"), "rows", made)
    with pytest.raises(WhereRefused, match="table 'visits'"):
        readable_terms(Slice.parse("age > 3", "visits"), "rows", made)


def test_rejection_gives_the_first_rows_of_a_longer_request():
    def make(number, rows):
        return pl.DataFrame({"x": RNG(number).random(rows)})

    def few(frame):
        return (frame["x"] < 0.05).to_numpy()

    short, long = (passing(make, few, n, lambda *_: Refusal()) for n in (40, 900))
    assert long.head(40).equals(short)
    assert (long["x"] < 0.05).all()
    assert abs(long["x"].mean() - 0.025) < 0.002


def test_rejection_gives_up_with_the_share():
    tried = []

    def make(number, rows):
        tried.append(rows)
        return pl.DataFrame({"x": np.zeros(rows)})

    def say(share, rows):
        return Refusal(f"{share:.1%} of {rows}")

    with pytest.raises(Refusal, match=r"0\.0% of 120000"):
        passing(make, lambda f: np.zeros(f.height, dtype=bool), 200, say)
    sizes = batch_sizes()
    assert tried == [next(sizes) for _ in tried]


def test_a_constant_number_column_has_all_or_nothing():
    fitted = fit_column(pl.Series("x", [3.0] * 20), Column(name="x", kind="number"))
    assert region(fitted, (Term(column="x", op="==", value=3),)).mass == 1.0
    assert region(fitted, (Term(column="x", op=">", value=3),)).mass == 0.0
