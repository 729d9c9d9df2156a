"""Are synthetic rows copies of training rows?

Three questions. Are rows equal to a training row in every modelled column, more often than real rows equal each
other? Are rows far closer to one training row than to the next, as copies with noise are? Are rows closer to
training rows than to as many held-out rows (distance to closest record), which is how a generator that learned its
rows by heart shows even where no single row does?
Each is set against independent real rows; see `stats.copies` for the models. Rows that were made by altering real
rows (they carry `_source`) are not judged: being close to a real row is what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from abound.core.audit import Finding
from abound.core.registry import plugin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.encoding.twins import Rows

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_CHECK = "copies"
_JUDGED = 2_000  # synthetic rows whose distances to training and to held-out rows are compared
SOURCE = "_source"


@plugin("check")
class Copies:
    """Exact copies, copies with noise, and rows closer to training than to held-out rows.

    `alpha` is the chance that the first or the last of these fails when the rows are real ones; at most
    `false_share` of the rows named as copies with noise are expected to be none. At most `cells` distances are
    computed for them (a seeded part of the synthetic rows beyond that), and up to `real_rows` real rows calibrate
    them. `least` held-out rows are needed for the last question, which is put `draws` times to real rows.
    """

    alpha: float = 0.01
    false_share: float = 0.05
    cells: int = 600_000_000
    real_rows: int = 6_000
    least: int = 30
    draws: int = 30

    def check(self, synth: Dataset, train: Dataset, reference: Dataset, ctx: Context) -> list[Finding]:
        """Findings "exact copies", "near copies", "closer to training"; for altered real rows "altered copies"."""
        import numpy as np

        from abound.core.task import one_thread
        from abound.encoding.twins import rows_beside

        altered = _altered(synth)
        out = []
        with one_thread():
            if not altered.all():
                rows = rows_beside(np.flatnonzero(~altered), synth, train, reference, ctx)
                exact, finding = self._exact(rows)
                out += [finding, self._near(rows, exact, ctx), self._closer(rows, ctx)]
            if altered.any():
                rows = rows_beside(np.flatnonzero(altered), synth, train, reference, ctx)
                out.append(_by_construction(self._exact(rows)[1]))
        return out

    def _exact(self, rows: Rows) -> tuple[NDArray[np.bool_], Finding]:
        import numpy as np

        from abound.stats.copies import twin_rate, twins_expected
        from abound.stats.intervals import wilson

        names = rows.made_words.sum(axis=1, dtype=np.uint64)
        real = rows.real_words.sum(axis=1, dtype=np.uint64)
        exact = np.isin(names, real[: rows.train])
        rate, rests_on = twin_rate(rows.real_words, rows.real_codes, rows.groups, rows.real_weights)
        n, hits = len(names), int(exact.sum())
        allowed = twins_expected(rate, rests_on, n, self.alpha / 2)
        low, high = wilson(hits, n)
        failed = hits > allowed
        # Where real rows are often equal, copies cannot be told from rows that are equal by chance.
        drop = failed and hits >= 2 * max(1.0, rate * n)
        held = np.isin(real[rows.train :], real[: rows.train])
        return exact, Finding(
            check=_CHECK,
            name="exact copies",
            value=hits / n,
            low=low,
            high=high,
            reference=rate,
            limit=allowed / n,
            verdict="fail" if failed else "pass",
            action="drop" if drop else "repair" if failed else "none",
            sentence=f"{hits:,} of {n:,} synthetic rows equal a training row in all {rows.real_codes.shape[1]} "
            f"columns; {int(held.sum()):,} of {len(held):,} held-out real rows do, and more than {allowed:,} of "
            f"{n:,} would be more than chance.",
            rows=tuple(rows.made[exact].tolist()) if drop else (),
            details={"copies": hits, "expected": round(rate * n, 3), "allowed": allowed},
        )

    def _near(self, rows: Rows, exact: NDArray[np.bool_], ctx: Context) -> Finding:
        """Copies with noise: the nearest training row is far nearer than the next, beyond what real rows show.

        One such row alone does not fail: real tables hold a few real twins.
        """
        import numpy as np

        from abound.stats.copies import closeness_p_values, false_share_limit
        from abound.stats.intervals import wilson

        left = np.flatnonzero(~exact)
        mine, calm, left = self._ratios(rows, left, ctx)
        n, m = len(mine), len(calm)
        if min(n, m) < self.least:
            return _not_judged("near copies", f"{n:,} synthetic and {m:,} real rows", self.least)
        p_values = closeness_p_values(mine, calm)
        limit = false_share_limit(p_values, self.false_share)
        close = p_values <= limit
        hits = int(close.sum())
        failed = hits > 1
        as_close = int((closeness_p_values(calm, calm) <= limit).sum())
        part = "" if n == int((~exact).sum()) else f" (a seeded part of {int((~exact).sum()):,})"
        low, high = wilson(hits, n)
        return Finding(
            check=_CHECK,
            name="near copies",
            value=hits / n,
            low=low,
            high=high,
            reference=as_close / m,
            limit=1 / n,
            verdict="fail" if failed else "pass",
            action="drop" if failed else "none",
            sentence=f"{hits:,} of {n:,} synthetic rows that equal no training row{part} are closer to one "
            f"training row, compared with the next, than independent real rows are; by the same measure "
            f"{as_close:,} of {m:,} real rows are.",
            rows=tuple(rows.made[left[close]].tolist()) if failed else (),
            details={"looked_at": n, "real_rows": m, "p_limit": limit, "smallest_ratio": float(mine.min())},
        )

    def _ratios(self, rows: Rows, left: Ints, ctx: Context) -> tuple[Floats, Floats, Ints]:
        """d1 / d2 to the training rows: of synthetic rows, of real rows (each without itself), and which rows."""
        import numpy as np

        from abound.encoding.twins import search_rows
        from abound.stats.copies import ratios
        from abound.stats.distances import nearest

        base, owner = search_rows(rows)
        groups = None if rows.groups is None else rows.groups[base]
        own = owner if rows.groups is None else rows.groups
        most = min(self.real_rows, max(500, self.cells // 4 // max(1, len(base))))
        sample = np.sort(ctx.rng("real").permutation(len(rows.real_codes))[:most])
        picked = rows.real_vectors[base]
        where = np.arange(len(base)) if groups is None else groups
        real = nearest(rows.real_vectors[sample], picked, base_groups=where, query_groups=own[sample])
        room = max(100, self.cells // max(1, len(base)))
        if len(left) > room:
            left = np.sort(ctx.rng("near").permutation(left)[:room])
        found = nearest(rows.made_vectors[left], picked, base_groups=groups)
        return ratios(found.first, found.second), ratios(real.first, real.second), left

    def _closer(self, rows: Rows, ctx: Context) -> Finding:
        import numpy as np

        from abound.stats.twosample import upper_limit

        n_held = len(rows.real_codes) - rows.train
        name = "closer to training"
        if min(n_held, rows.train, len(rows.made)) < self.least:
            there = f"{len(rows.made):,} synthetic, {rows.train:,} training and {n_held:,} held-out rows"
            return _not_judged(name, there, self.least)
        value, size = _closer(rows, False, ctx.rng("closer"))
        draws = [_closer(rows, True, ctx.rng("closer", k))[0] for k in range(self.draws)]
        limit = min(1.0, upper_limit(np.array(draws), self.alpha / 2))
        failed = value > limit
        return Finding(
            check=_CHECK,
            name=name,
            value=value,
            reference=float(np.mean(draws)),
            limit=limit,
            verdict="fail" if failed else "pass",
            action="repair" if failed else "none",
            sentence=f"{value:.1%} of the synthetic rows are closer to {size:,} training rows than to {size:,} "
            f"held-out rows; of real rows that are neither it is {np.mean(draws):.1%}, and above {limit:.1%} is "
            "more than chance.",
            details={"rows_a_side": size, "judged": min(_JUDGED, len(rows.made)), "real_draws": self.draws},
        )


def _not_judged(name: str, there: str, least: int) -> Finding:
    return Finding(
        check=_CHECK,
        name=name,
        value=None,
        verdict="inconclusive",
        sentence=f"'{name}' was not judged: there are {there}, and {least} of each are needed.",
    )


def _altered(synth: Dataset) -> NDArray[np.bool_]:
    import numpy as np

    if SOURCE not in synth.main.columns:
        return np.zeros(len(synth), dtype=bool)
    return np.asarray(synth.main[SOURCE].is_not_null().to_numpy())


def _by_construction(exact: Finding) -> Finding:
    """Rows that name the real row they were made from: how many equal a real row is still said."""
    return exact.model_copy(
        update={
            "name": "made from real rows",
            "verdict": "fail" if exact.verdict == "fail" else "inconclusive",
            "action": "none",
            "rows": (),
            "sentence": "These rows were made by altering a real row, which they name: no claim about privacy is "
            f"made for them. {exact.sentence}",
        }
    )


def _closer(rows: Rows, real: bool, rng: np.random.Generator) -> tuple[float, int]:
    """Share of rows nearer to a draw of training rows than to as many held-out rows, class by class equally many.

    With `real`, three disjoint draws of real rows (whole groups apart, but where draws meet) take the places of
    training, held-out and synthetic rows, in the sizes and the class shares of the synthetic comparison.
    """
    import numpy as np

    from abound.encoding.comparison import by_group
    from abound.stats.copies import closer_share
    from abound.stats.distances import nearest

    is_train, of = np.arange(len(rows.real_classes)) < rows.train, rows.real_classes
    near, far, free = [], [], []
    for c in np.unique(of):
        order = by_group(np.flatnonzero(of == c), rows.groups, rng)
        learned = is_train[order]
        size = min(int(learned.sum()), int((~learned).sum()), max(1, len(order) // 3))
        near.append(order[:size] if real else order[learned][:size])
        far.append(order[len(order) - size :] if real else order[~learned][:size])
        free.append(order[size : len(order) - size])
    a, b, rest = (np.concatenate(part) for part in (near, far, free))
    if real:
        weights = rows.real_weights[rest]
        n = min(_JUDGED, len(rows.made), int((weights > 0).sum()))
        query = rows.real_vectors[rng.choice(rest, n, replace=False, p=weights / weights.sum())]
    else:
        query = rows.made_vectors[rng.permutation(len(rows.made))[:_JUDGED]]
    to_a, to_b = nearest(query, rows.real_vectors[a]).first, nearest(query, rows.real_vectors[b]).first
    return closer_share(to_a, to_b), len(a)
