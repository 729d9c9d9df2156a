"""split: train, tune, reference and a sealed test set, by whole units, the rarest class and slices served first.

A unit is what must not part: rows of one group, rows that share a key (of the main table, of the table above it, or
of rows below it), rows that are the same case twice; joined where these overlap. A copy of a training row in the
test set is answered from memory, so such a test measures memory.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abound.core.artifact import Artifact, build_folder
from abound.core.context import Context
from abound.core.dataset import WEIGHT, Dataset
from abound.core.labels import classes, codes, numbers
from abound.core.ledger import Power, SealedTest
from abound.core.model import digest_of
from abound.core.recipe import NearDuplicates
from abound.core.slice import Slice
from abound.core.units import count_units, with_units
from abound.encoding.together import Units, together
from abound.errors import InputError
from abound.stats.splitting import part_by_group, part_by_time, raked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]

DISCORDANT = 0.2  # share of rare units whose outcome two models differ on; the power statement names it
_LEAST_ROWS = 20
_LEAST_UNITS = 4
_MOST_LEVELS = 20


class Split(NamedTuple):
    """The four parts and what the test part can show. Only `prove` can open `test`."""

    train: Dataset
    tune: Dataset
    reference: Dataset
    test: SealedTest
    power: Power


@dataclass(frozen=True)
class _Claims:
    """What is to be shown on test: a stratum for each row, class names if there are classes, and named slices."""

    strata: Ints
    names: list[str] | None
    rarest: int | None
    slices: dict[str, Mask]
    needed: int  # units for the wanted gain

    @property
    def need(self) -> dict[int, int]:
        return {} if self.rarest is None else {self.rarest: self.needed}


def split(
    data: Dataset,
    *,
    seed: int = 0,
    test: float = 0.3,
    tune: float = 0.3,
    reference: float = 0.2,
    wanted_gain: float = 0.1,
    time: str | None = None,
    slices: Sequence[str] = (),
    near_duplicates: NearDuplicates = "auto",
    folder: Path | None = None,
) -> Split:
    """Divide the main rows by whole units; write the test part to `folder` (a temporary one by default).

    `test` is a share of the data, `tune` a share of what test leaves, `reference` a share of tune that only audit
    reads. The rarest class and each of `slices` (conditions such as "age > 80", or names of columns, whose levels
    are then slices) get as many test units as the wanted gain in recall needs, at most half of them and leaving 20;
    where that enriches test or tune, their rows carry weights that restore the natural shares. `power` says before
    any result what they can show, and where they are too few.

    With `time`, a column of times or numbers, test holds the latest units, tune those before, train the first; rows
    of one time stay together, and nothing that is trained on is later than the border. A unit that spans the border
    lies behind it as a whole. The parts then carry no weights: what changes over time is what is to be tested.
    `near_duplicates`: see `encoding.near_duplicates`. Units that are more than the groups are noted in the column
    `_unit` of each part, so that folds, draws and bootstraps keep them together as well (`core.units`).

    Raises InputError where the data is too small to be divided, a slice holds no row, or a time is missing.
    """
    if len(data) < _LEAST_ROWS:
        raise InputError(f"the data has {len(data)} rows: at least {_LEAST_ROWS} are needed to split it into parts")
    ctx = Context(seed=seed).at("split")
    claims = _claims(data, wanted_gain, slices)
    units = together(data, near_duplicates)
    _enough_units(data, units)
    shares = (test, tune, reference)
    when = None if time is None else _times(data, time)
    masks = _parts(claims, units, shares, ctx) if when is None else _by_time(claims, units, when, shares, ctx)
    in_test, in_tune, in_reference = masks
    rest = ~(in_test | in_tune | in_reference)
    for name, mask in (("train", rest), ("tune", in_tune), ("reference", in_reference), ("test", in_test)):
        if not mask.any():
            why = "rows or groups" if when is None else f"different times in {time!r} or groups"
            raise InputError(f"the {name} part would be empty: the data has too few {why} to be split")
    power = _power(data, claims, units, in_test, wanted_gain)
    noted = replace(with_units(data, units.of), notes=(*data.notes, *units.notes))

    def part(mask: NDArray[Any], name: str) -> Dataset:
        rows = replace(noted.take(mask.nonzero()[0]), split=name)
        return rows if name == "train" or when is not None else _natural(rows, mask, claims)

    sealed = _seal(part(in_test, "test"), power, len(set(units.of[in_test].tolist())), folder)
    return Split(part(rest, "train"), part(in_tune, "tune"), part(in_reference, "reference"), sealed, power)


def _claims(data: Dataset, wanted_gain: float, slices: Sequence[str]) -> _Claims:
    import numpy as np

    from abound.stats.power import units_needed

    needed = units_needed(wanted_gain, max(DISCORDANT, wanted_gain))
    named = _slices(data, slices)
    task = data.schema.task() if data.schema.tasks else None
    if task is None or task.table != data.schema.main or task.kind not in ("classification", "regression"):
        return _Claims(np.zeros(len(data), dtype=np.int64), None, None, named, needed)
    if task.kind == "regression":
        values = numbers(data, task)
        cuts = np.unique(np.quantile(values, np.linspace(0, 1, 11)[1:-1]))
        return _Claims(np.searchsorted(cuts, values), None, None, named, needed)
    names, code = classes(data.schema, task), codes(data, task)
    count = np.bincount(code, minlength=len(names))
    rarest = int(np.argmin(np.where(count > 0, count, count.max() + 1)))
    return _Claims(code, names, rarest, named, needed)


def _slices(data: Dataset, asked: Sequence[str]) -> dict[str, Mask]:
    """The rows of each slice by its text; a column's name stands for a slice for each of its levels."""
    found: dict[str, Mask] = {}
    main, table = data.schema.main, data.schema.main_table
    for text in asked:
        name = text.strip()
        if not table.has(name):
            found[str(Slice.parse(text, main))] = data.mask(Slice.parse(text, main)).to_numpy()
            continue
        if table.column(name).kind not in ("category", "bool"):
            raise InputError(f"the column {name!r} has no levels: write a condition such as '{name} > 1'")
        levels = data.main[name].drop_nulls().unique().sort().to_list()
        if len(levels) > _MOST_LEVELS:
            raise InputError(f"the column {name!r} has {len(levels)} levels: name the slices that matter")
        found |= {f"{name} = {level}": (data.main[name] == level).fill_null(False).to_numpy() for level in levels}
    for text, rows in found.items():
        if not rows.any():
            raise InputError(f"the slice {text!r} holds no row of the data: check its column and value")
    return found


def _enough_units(data: Dataset, units: Units) -> None:
    """InputError where there are too few groups, or too few units once groups that share rows are joined."""
    group = data.schema.group
    groups = data.main[group].n_unique() if group else len(data)
    if groups < _LEAST_UNITS:
        raise InputError(
            f"the group column {group!r} holds {groups} group{'s' * (groups != 1)}, and four parts need at least "
            "four: name another column, or none"
        )
    if units.count < _LEAST_UNITS:
        raise InputError(
            f"the rows form {units.count} sets that must stay together ({', '.join(units.reasons)}), and four "
            "parts need at least four: drop the keys that all rows share, or set split.near_duplicates to none"
        )


def _parts(claims: _Claims, units: Units, shares: tuple[float, float, float], ctx: Context) -> list[Mask]:
    """Masks of test, tune and reference, drawn at random."""
    import numpy as np

    strata, groups = claims.strata, units.groups()
    stacked = np.column_stack(list(claims.slices.values())) if claims.slices else None
    test = part_by_group(
        strata, groups, shares[0], claims.need, ctx.rng("test"), stacked, claims.needed, least=1, leave=3
    )
    tune = _within(~test, claims, units, shares[1], ctx, "tune", least=2)
    held = _within(tune, claims, units, shares[2], ctx, "reference")
    return [test, tune & ~held, held]


def _by_time(
    claims: _Claims, units: Units, when: NDArray[Any], shares: tuple[float, float, float], ctx: Context
) -> list[Mask]:
    """Masks of test (the latest units), tune (those before) and reference (a random part of tune)."""
    import numpy as np

    test = part_by_time(claims.strata, units.groups(), when, shares[0], claims.need)
    left = np.flatnonzero(~test)
    tune = np.zeros(len(test), dtype=bool)
    if len(left):
        tune[left[part_by_time(claims.strata[left], units.groups(left), when[left], shares[1], {})]] = True
    held = _within(tune, claims, units, shares[2], ctx, "reference")
    return [test, tune & ~held, held]


def _within(
    rows: Mask, claims: _Claims, units: Units, share: float, ctx: Context, name: str, least: int = 1
) -> Mask:
    """A random part of some of the rows, of at least so many units (reference is to be a part of tune)."""
    import numpy as np

    left = np.flatnonzero(rows)
    out = np.zeros(len(rows), dtype=bool)
    if len(left):
        strata, groups, rng = claims.strata[left], units.groups(left), ctx.rng(name)
        out[left[part_by_group(strata, groups, share, {}, rng, least=least, leave=1)]] = True
    return out


def _times(data: Dataset, column: str) -> NDArray[Any]:
    """The time of each row as float64 (seconds, or the number itself)."""
    import numpy as np

    from abound.encoding.vectors import as_numbers

    declared = data.schema.main_table.column(column)
    if declared.kind not in ("time", "number"):
        kind = f"a{'n' * (declared.kind[0] in 'aio')} {declared.kind}"
        raise InputError(f"the column {column!r} is {kind}: name a column of times or numbers")
    values = as_numbers(data.main[column])
    missing = int(np.isnan(values).sum())
    if missing:
        raise InputError(
            f"the time column {column!r} is empty in {missing:,} row{'s' * (missing != 1)}: fill or drop them"
        )
    return values


def _power(data: Dataset, claims: _Claims, units: Units, in_test: Mask, wanted: float) -> Power:
    """What the test units of the rarest class and of each slice can show, said before any result."""
    import numpy as np

    from abound.core.power import regression_power, stated

    if data.schema.tasks and data.schema.task().kind == "regression":
        return regression_power(int(in_test.sum()), wanted, max(DISCORDANT, wanted), claims.needed)
    rows, rare, what = np.ones(len(data), dtype=bool), None, "rows"
    if claims.rarest is not None and claims.names is not None:
        rare = claims.names[claims.rarest]
        rows, what = claims.strata == claims.rarest, f"rows of the rarest class {rare!r}"
    counted = {what: rows} | {f"rows of the slice '{name}'": mask for name, mask in claims.slices.items()}
    counts = {}
    for name, mask in counted.items():
        inside, outside = units.of[mask & in_test], units.of[mask & ~in_test]
        counts[name] = (len(inside), len(set(inside.tolist())), len(set(outside.tolist())))
    reasons = ("group",) if units.count == count_units(data) else units.reasons
    return stated(rare, counts, wanted, max(DISCORDANT, wanted), reasons)


def _natural(part: Dataset, mask: Mask, claims: _Claims) -> Dataset:
    """Weights that restore the shares of strata and slices in the whole data, where the part distorts them."""
    import numpy as np
    import polars as pl

    groupings = [claims.strata, *(m.astype(np.int64) for m in claims.slices.values())]
    weights = raked([g[mask] for g in groupings], groupings)
    if np.abs(weights - 1).max() < 0.05:
        return part
    return part.with_table(part.schema.main, part.main.with_columns(pl.Series(WEIGHT, weights)))


def _seal(test: Dataset, power: Power, groups: int, folder: Path | None) -> SealedTest:
    if folder is None:
        temporary = Path(tempfile.mkdtemp(prefix="abound-test-"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        folder = temporary / "test"
    draft = Artifact(kind="dataset", stage="split", key=digest_of("test", test.digest), files={})
    build_folder(folder, draft, test.save)
    return SealedTest(folder, test.digest, len(test), groups, power)
