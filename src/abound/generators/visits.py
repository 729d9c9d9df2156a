"""Histories of health records, written visit by visit by a network that was trained on tokens of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from abound.core.registry import plugin
from abound.errors import Refusal, WhereRefused

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice, Term
    from abound.encoding.visit_tokens import Rows, VisitTokens

_EPOCHS = (2.0, 40.0)  # fewer passes learn nothing worth sampling; more were no better
_TRIES = 400


@plugin("generator", accepts=("records",))
class Visits:
    """Autoregressive network over visits: gap, codes and values as tokens; persons, times and missingness as they are.

    A person's statics (outcome first) are drawn by a small network, then the history by a larger one: the time to the
    next visit, which codes it holds, the value of each, until the history ends (`abound.networks.visits`). Numbers are
    quantile tokens; a code, level or number that fewer than `least_persons` persons have does not come out, and
    histories are no longer than that many persons' (`abound.stats.value_floor`). Times are relative. A teacher's
    out-of-fold risk in `risk_bins` bins is one more static token, so that outcome and events stay tied
    (`abound.encoding.visit_risk`); 0 leaves it out.

    A condition on statics or outcome is obeyed exactly: statics are drawn until they meet it and prompt the history.
    `minutes` of one CPU core (a fixed cost model, never the clock) decide the passes over the data; `size` sets the
    network (large is meant for a GPU). The fit is refused where not even two passes fit into `minutes`.
    """

    minutes: Annotated[float, Field(gt=0, le=10_000)] = 10.0
    size: Literal["small", "medium", "large"] = "medium"
    value_tokens: Annotated[int, Field(ge=2, le=256)] = 32
    least_persons: Annotated[int, Field(ge=1)] = 10
    risk_bins: Annotated[int, Field(ge=0, le=50)] = 8
    sketch_tokens: Annotated[int, Field(ge=1, le=64)] = 10
    batch: Annotated[int, Field(ge=1)] = 32

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Learn tokens, teacher and networks; Refusal where the data has no events or too few persons, or time."""
        import numpy as np

        from abound.core.registry import require
        from abound.encoding.visit_risk import risk_bins
        from abound.encoding.visit_sketch import sketch, sketched_codes
        from abound.encoding.visit_tokens import encode_statics, event_rows, fit_tokens

        require("torch", "neural")
        from abound.networks.statics import train_statics
        from abound.networks.visit_training import train as train_visits

        tokens = fit_tokens(train, self.least_persons, self.value_tokens)
        rows = event_rows(train, tokens.line, tokens.codes, tokens.units)
        statics = encode_statics(tokens, train)
        widths = tuple(s.tokens for s in tokens.statics)
        target = train.schema.target().name if train.schema.tasks else None
        plain = statics[:, [s.name != target for s in tokens.statics]]
        sketched = sketched_codes(rows, len(train), self.least_persons)
        if self.risk_bins and train.schema.tasks and train.schema.task().table == train.schema.main:
            risk = risk_bins(train, plain, rows, sketched, self.risk_bins, ctx)
            statics, widths = np.column_stack([statics, risk]), (*widths, int(risk.max()) + 1)
        drawn = sketch(rows, len(train), sketched, self.least_persons, self.sketch_tokens)
        statics = np.column_stack([statics, drawn])
        widths = (*widths, *(int(v) + 1 for v in drawn.max(0)))
        sizes = _sizes(tokens, widths, tuple(int(c) for c in sketched))
        data = histories(tokens, statics, rows)
        how = self._training(len(train), len(data.gap), len(data.code), sizes, ctx.device)
        static_net = train_statics(statics, widths, ctx.random_state("visits", "statics"))
        net = train_visits(
            data, sizes, how, ctx.random_state("visits", "network"),
            lambda done, total: ctx.progress.step("visits", done, total),
        )  # fmt: skip
        return VisitsSampler(tokens, static_net, net.cpu())

    def _training(self, persons: int, visits: int, events: int, sizes: Any, device: str) -> Any:
        """Passes over the data that fit into the minutes; Refusal where they are too few."""
        from abound.networks.visit_training import Training, cost

        wide, deep = {"small": (128, 64), "medium": (256, 128), "large": (768, 384)}[self.size]
        once = cost(visits, events, sizes, wide, deep)
        epochs = self.minutes * 60.0 / once
        if epochs < _EPOCHS[0] and device == "cpu":
            need = _EPOCHS[0] * once / 60.0
            raise Refusal(
                f"visits needs about {need:.0f} CPU minutes for {events:,} events and minutes is {self.minutes:g}: "
                f"set minutes to {need:.0f} or more, take size small, or fewer persons"
            )
        return Training(wide, deep, min(self.batch, persons), min(epochs, _EPOCHS[1]), device=device)

    def load(self, folder: Path) -> Sampler:
        """The sampler that `save` wrote."""
        from abound.core.artifact import read_json
        from abound.core.dataset import Dataset
        from abound.core.registry import require
        from abound.encoding.visit_tokens import tokens_from

        require("torch", "neural")
        from abound.networks.storage import load_networks

        tokens = tokens_from(read_json(folder / "tokens.json"), Dataset.load(folder))
        shape = read_json(folder / "shape.json")
        widths = tuple(shape["widths"])
        return VisitsSampler(tokens, *load_networks(folder, _sizes(tokens, widths, tuple(shape["sketched"])), widths))


def _sizes(tokens: VisitTokens, widths: tuple[int, ...], sketched: tuple[int, ...]) -> Any:
    from abound.networks.histories import Sizes

    usual = tokens.gap.low[len(tokens.gap.low) // 2] if tokens.gap.tokens else 0.0
    return Sizes(
        width=tokens.width, gaps=tokens.gaps, openings=tokens.opening.tokens, statics=widths,
        unit=max(float(usual) * tokens.hours_a_unit, 1e-3), longest=max(tokens.longest, 1e-3),
        most_visits=tokens.most_visits, most_events=tokens.most_events, repeats=tokens.repeats,
        sketched=sketched,
    )  # fmt: skip


def histories(tokens: VisitTokens, statics: Any, rows: Rows) -> Any:
    """The arrays that the network reads; visits above the longest history's number are cut off, the end unlearned."""
    import numpy as np

    from abound.encoding.visit_tokens import visits_of
    from abound.networks.histories import Histories
    from abound.stats.value_floor import encode_values

    opens, person, hours, gap = visits_of(rows)
    first = np.ones(len(person), dtype=bool)
    first[1:] = person[1:] != person[:-1]
    units = np.round(gap / tokens.hours_a_unit, 6)
    gap_token = np.zeros(len(gap), dtype=np.int64)
    gap_token[first] = encode_values(tokens.opening, units[first])
    if tokens.gap.tokens:
        gap_token[~first] = tokens.opening.tokens + encode_values(tokens.gap, units[~first])
    token = np.concatenate([[1], 1 + np.cumsum(tokens.width)[:-1]])[rows.code]
    known = ~np.isnan(rows.value)
    order = np.argsort(rows.code, kind="stable")
    ends = np.searchsorted(rows.code[order], np.arange(len(tokens.codes) + 1))
    for c, fitted in enumerate(tokens.values):
        own = order[ends[c] : ends[c + 1]]
        own = own[known[own]]
        if fitted.tokens:
            token[own] += 1 + encode_values(fitted, rows.value[own])
    starts = np.concatenate([[0], np.cumsum(np.bincount(person, minlength=len(statics)))])
    return Histories(
        statics, np.ones(len(statics), dtype=bool), starts.astype(np.int64), gap_token, hours.astype(np.float32),
        np.append(opens, len(rows.code)).astype(np.int64), rows.code, token.astype(np.int64),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class VisitsSampler:
    """Tokens and the two networks."""

    tokens: VisitTokens
    static_net: Any
    net: Any

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact for conditions on the columns of the persons; filter for conditions on their events."""
        from abound.core.slice import Has

        if given is not None and where is not None:
            raise WhereRefused("visits writes the events of given persons and takes no condition beside them")
        if where is None or where.on != self.tokens.empty.schema.main:
            return "filter" if where is not None else "exact"
        self._terms(where)
        return "filter" if any(isinstance(t, Has) for t in where.terms) else "exact"

    def _terms(self, where: Slice | None) -> tuple[Term, ...]:
        from abound.core.slice import Has
        from abound.encoding.region import readable_terms

        if where is None:
            return ()
        flat = where.model_copy(update={"terms": tuple(t for t in where.terms if not isinstance(t, Has))})
        made = [s.name for s in self.tokens.statics]
        return readable_terms(flat, self.tokens.empty.schema.main, made)

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` persons with their events; `given`: those persons, with the key and columns they have, and new events."""
        import numpy as np

        from abound.encoding.visit_tokens import Rows, as_dataset, decode_statics, encode_statics
        from abound.networks.statics import sample_statics
        from abound.networks.visit_sampling import sample

        if given is not None:
            known = encode_statics(self.tokens, given)
            persons = given.main.select([c for c in given.main.columns if not c.startswith("_")])
        else:
            known, persons = self._persons(n, rng, self._terms(where))
        statics = sample_statics(self.static_net, len(known), rng, known)
        made = sample(self.net, statics, self._gap_hours, rng)
        visit = np.repeat(np.arange(len(made.gap)), np.diff(made.events))
        person = np.repeat(np.arange(len(made)), np.diff(made.visits))[visit]
        rows = Rows(person, made.hours[visit].astype(np.float64), made.code, self._values(made, rng))
        return as_dataset(self.tokens, persons, rows)

    def _persons(
        self, n: int, rng: np.random.Generator, terms: tuple[Term, ...]
    ) -> tuple[Any, pl.DataFrame]:
        """Static tokens and their columns for `n` persons that meet the terms, by rejection of statics alone."""
        import numpy as np
        import polars as pl

        from abound.encoding.region import holds
        from abound.encoding.visit_tokens import decode_statics
        from abound.networks.statics import sample_statics

        key = self.tokens.line.key
        parts, frames, missing, size = [], [], n, n
        for _ in range(_TRIES):
            statics = sample_statics(self.static_net, size, rng, columns=len(self.tokens.statics))
            frame = decode_statics(self.tokens, statics, rng)
            kept = np.flatnonzero(holds(frame, terms))[:missing]
            parts.append(statics[kept])
            frames.append(frame[kept])
            missing -= len(kept)
            if missing == 0:
                table = pl.concat(frames)
                ids = pl.int_range(1, n + 1, eager=True)
                ids = ids.cast(pl.String).cast(table[key].dtype) if not table[key].dtype.is_numeric() else ids
                return np.concatenate(parts), table.with_columns(ids.cast(table[key].dtype).alias(key))
            size = int(min(65_536, max(n, 2.0 * size)))
        shown = " and ".join(str(t) for t in terms)
        raise WhereRefused(
            f"visits made {_TRIES * 65_536:,} persons and hardly any with {shown}: levels and numbers of fewer than "
            "least_persons persons are never made"
        )

    def _gap_hours(self, gap: Any, rng: np.random.Generator) -> Any:
        import numpy as np

        from abound.stats.value_floor import decode_values

        opening = gap < self.tokens.opening.tokens
        out = np.zeros(len(gap))
        out[opening] = decode_values(self.tokens.opening, gap[opening], rng)
        if not opening.all():
            out[~opening] = decode_values(self.tokens.gap, gap[~opening] - self.tokens.opening.tokens, rng)
        return out * self.tokens.hours_a_unit

    def _values(self, made: Any, rng: np.random.Generator) -> Any:
        """A value for each event, nan where its token says that there is none."""
        import numpy as np

        from abound.stats.value_floor import decode_values

        out = np.full(len(made.code), np.nan)
        own = made.token - self.net.sizes.first[made.code]
        order = np.argsort(made.code, kind="stable")
        ends = np.searchsorted(made.code[order], np.arange(len(self.tokens.codes) + 1))
        for c, fitted in enumerate(self.tokens.values):
            rows = order[ends[c] : ends[c + 1]]
            rows = rows[own[rows] > 0]
            if len(rows):
                out[rows] = decode_values(fitted, own[rows] - 1, rng)
        return out

    def save(self, folder: Path) -> None:
        """Tokens as JSON, weights as safetensors, and the tables without rows."""
        from abound.core.artifact import write_json
        from abound.encoding.visit_tokens import tokens_state
        from abound.networks.storage import save_networks

        self.tokens.empty.save(folder)
        write_json(folder / "tokens.json", tokens_state(self.tokens))
        shape = {"widths": self.static_net.widths, "sketched": self.net.sizes.sketched}
        write_json(folder / "shape.json", shape)
        save_networks(folder, self.static_net, self.net)
