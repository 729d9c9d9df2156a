"""split: train, tune, reference and a sealed test set, by whole groups, with the rarest class served first."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abound.core.artifact import Artifact, build_folder
from abound.core.context import Context
from abound.core.dataset import WEIGHT, Dataset
from abound.core.labels import classes, codes, numbers
from abound.core.ledger import Power, SealedTest
from abound.core.model import digest_of
from abound.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISCORDANT = 0.2  # share of rare units whose outcome two models differ on; the power statement names it
_LEAST_ROWS = 20


class Split(NamedTuple):
    """The four parts and what the test part can show. Only `prove` can open `test`."""

    train: Dataset
    tune: Dataset
    reference: Dataset
    test: SealedTest
    power: Power


def split(
    data: Dataset,
    *,
    seed: int = 0,
    test: float = 0.3,
    tune: float = 0.3,
    reference: float = 0.2,
    wanted_gain: float = 0.1,
    folder: Path | None = None,
) -> Split:
    """Divide the main rows by whole groups; write the test part to `folder` (a temporary one by default).

    `test` is a share of the data, `tune` a share of what test leaves, `reference` a share of tune that only audit
    reads. The rarest class gets as many test units as the wanted gain in recall needs, at most half of them; where
    that enriches test or tune, their rows carry weights that restore the natural shares.
    Raises InputError where the data is too small to be divided.
    """
    if len(data) < _LEAST_ROWS:
        raise InputError(f"the data has {len(data)} rows: at least {_LEAST_ROWS} are needed to split it into parts")
    ctx = Context(seed=seed).at("split")
    strata, need, names = _strata(data, wanted_gain)
    groups = data.main[data.schema.group].to_list() if data.schema.group else None
    _enough_groups(data, groups)
    in_test, in_tune, in_reference = _parts(strata, groups, need, (test, tune, reference), ctx)
    rest = ~(in_test | in_tune | in_reference)
    for name, mask in (("train", rest), ("tune", in_tune), ("reference", in_reference), ("test", in_test)):
        if not mask.any():
            raise InputError(f"the {name} part would be empty: the data has too few rows or groups to be split")
    power = _power(data, strata, names, in_test, wanted_gain)

    def part(mask: NDArray[Any], name: str) -> Dataset:
        rows = replace(data.take(mask.nonzero()[0]), split=name)
        return rows if name == "train" else _natural(rows, strata[mask], strata)

    sealed = _seal(part(in_test, "test"), power, groups, in_test, folder)
    return Split(part(rest, "train"), part(in_tune, "tune"), part(in_reference, "reference"), sealed, power)


def _strata(data: Dataset, wanted_gain: float) -> tuple[Any, dict[int, int], list[str] | None]:
    """A stratum for each row, how many test units each stratum needs, and the class names if there are classes."""
    import numpy as np

    from abound.stats.power import units_needed

    if not data.schema.tasks:
        return np.zeros(len(data), dtype=np.int64), {}, None
    task = data.schema.task()
    if task.table != data.schema.main or task.kind not in ("classification", "regression"):
        return np.zeros(len(data), dtype=np.int64), {}, None
    if task.kind == "regression":
        values = numbers(data, task)
        cuts = np.unique(np.quantile(values, np.linspace(0, 1, 11)[1:-1]))
        return np.searchsorted(cuts, values), {}, None
    names, code = classes(data.schema, task), codes(data, task)
    count = np.bincount(code, minlength=len(names))
    rarest = int(np.argmin(np.where(count > 0, count, count.max() + 1)))
    return code, {rarest: units_needed(wanted_gain, max(DISCORDANT, wanted_gain))}, names


def _enough_groups(data: Dataset, groups: list[Any] | None) -> None:
    if groups is not None and len(set(groups)) < 4:
        raise InputError(
            f"the group column {data.schema.group!r} has {len(set(groups))} groups: four parts need at least four"
        )


def _parts(strata: Any, groups: list[Any] | None, need: dict[int, int], shares: Any, ctx: Context) -> Any:
    """Masks of test, tune and reference."""
    import numpy as np

    from abound.stats.splitting import part_by_group

    test, tune, reference = shares
    in_test = part_by_group(strata, groups, test, need, ctx.rng("test"))
    left = np.flatnonzero(~in_test)
    some = [groups[i] for i in left] if groups else None
    in_tune = np.zeros(len(strata), dtype=bool)
    in_tune[left[part_by_group(strata[left], some, tune, {}, ctx.rng("tune"))]] = True
    left = np.flatnonzero(in_tune)
    some = [groups[i] for i in left] if groups else None
    in_reference = np.zeros(len(strata), dtype=bool)
    in_reference[left[part_by_group(strata[left], some, reference, {}, ctx.rng("reference"))]] = True
    return in_test, in_tune & ~in_reference, in_reference


def _power(data: Dataset, strata: Any, names: list[str] | None, in_test: Any, wanted: float) -> Power:
    """What the rarest class's test units can show, said before any result."""
    import numpy as np

    from abound.stats.power import minimum_gain, units_needed

    psi = max(DISCORDANT, wanted)
    needed = units_needed(wanted, psi)
    if names is None:
        units, rare, what = int(in_test.sum()), None, "rows"
    else:
        count = np.bincount(strata, minlength=len(names))
        rarest = int(np.argmin(np.where(count > 0, count, count.max() + 1)))
        units, rare = int((strata[in_test] == rarest).sum()), names[rarest]
        what = f"rows of the rarest class {rare!r}"
    gain = minimum_gain(units, psi)
    least = "no gain of any size" if gain is None else f"a gain of {100 * gain:.1f} points or more"
    sentence = (
        f"The test set holds {units} {what}. If {100 * psi:.0f} % of them change their outcome between two models, "
        f"one comparison finds {least} in the share predicted rightly with probability 0.8 "
        f"(one-sided alpha 0.05); {needed} rows would be needed for {100 * wanted:.0f} points."
    )
    if data.schema.tasks and data.schema.task().kind == "regression":
        sentence = (
            f"The test set holds {units} rows. How small a gain they show depends on the spread of the "
            "errors, which no formula gives beforehand: read it from the width of the interval."
        )
        gain = None
    return Power(
        rare_class=rare, rare_units=units, wanted_gain=wanted, discordant=psi, needed_units=needed,
        minimum_gain=gain, sentence=sentence,
    )  # fmt: skip


def _natural(part: Dataset, strata: Any, all_strata: Any) -> Dataset:
    """Weights that restore each stratum's share in the whole data, where the part over-represents one."""
    import numpy as np
    import polars as pl

    whole = np.bincount(all_strata) / len(all_strata)
    here = np.bincount(strata, minlength=len(whole)) / max(1, len(strata))
    ratio = np.divide(whole, here, out=np.ones_like(whole), where=here > 0)
    if np.abs(ratio[here > 0] - 1).max() < 0.05:
        return part
    weighted = part.main.with_columns(pl.Series(WEIGHT, ratio[strata]))
    return part.with_table(part.schema.main, weighted)


def _seal(test: Dataset, power: Power, groups: list[Any] | None, in_test: Any, folder: Path | None) -> SealedTest:
    if folder is None:
        temporary = Path(tempfile.mkdtemp(prefix="abound-test-"))
        atexit.register(shutil.rmtree, temporary, ignore_errors=True)
        folder = temporary / "test"
    draft = Artifact(kind="dataset", stage="split", key=digest_of("test", test.digest), files={})
    build_folder(folder, draft, test.save)
    distinct = len({groups[i] for i in in_test.nonzero()[0]}) if groups else len(test)
    return SealedTest(folder, test.digest, len(test), distinct, power)
