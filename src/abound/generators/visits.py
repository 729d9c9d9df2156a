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

_EPOCHS = (2.0, 40.0)  # fewer passes learn nothing worth sampling
_DRAWN, _TRIES = 65_536, 2_000_000  # persons drawn at once, and before a condition is given up
_CHOICE = 16  # sketches drawn for each given person


@plugin("generator", accepts=("records",))
class Visits:
    """Autoregressive network over visits: gaps, codes and values as tokens, from a sketch to the events.

    Three steps (coarse to fine): a small network draws a person's statics and a sketch of the history, which is how
    often each common code comes and where its values begin, end and lie (`abound.encoding.visit_sketch`); a bag of
    classifiers that were stopped on folds they did not see draws the outcome from both; and a recurrent network
    writes the events to fit: the time to the next visit, which codes it holds, the value of each, until the history
    ends (`abound.networks.visits`). Numbers are quantile tokens; a code, level or number that fewer than
    `least_persons` persons have does not come out, and histories are no longer than that many persons'
    (`abound.stats.value_floor`). Times are relative.

    A condition on statics or outcome is obeyed exactly: persons and sketches are drawn until they meet it, which
    costs little, and prompt the history. `minutes` of one CPU core (a fixed cost model, never the clock) decide the
    passes of the event network over the data (statics and outcome take up to two minutes more); `size` sets the
    network (large is meant for a GPU). The fit is refused where not even two passes fit into `minutes`.
    """

    minutes: Annotated[float, Field(gt=0, le=10_000)] = 6.0
    size: Literal["small", "medium", "large"] = "medium"
    value_tokens: Annotated[int, Field(ge=2, le=256)] = 32
    sketch_tokens: Annotated[int, Field(ge=1, le=64)] = 10
    least_persons: Annotated[int, Field(ge=1)] = 10
    batch: Annotated[int, Field(ge=1)] = 32

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Learn tokens and networks; Refusal where the data has no events, too few persons, or takes too long."""
        import numpy as np

        from abound.core.registry import require
        from abound.encoding.visit_sketch import sketch, sketched_codes
        from abound.encoding.visit_tokens import encode_statics, event_rows, fit_tokens

        require("torch", "neural")
        require("safetensors", "neural")
        from abound.networks.statics import train_outcome, train_statics
        from abound.networks.visit_training import train as train_visits

        tokens = fit_tokens(train, self.least_persons, self.value_tokens)
        rows = event_rows(train, tokens.line, tokens.codes, tokens.units)
        codes = sketched_codes(rows, len(train), self.least_persons)
        drawn = sketch(rows, len(train), codes, self.least_persons, self.sketch_tokens)
        statics = np.column_stack([encode_statics(tokens, train), drawn])
        widths = (*(s.tokens for s in tokens.statics), *(int(v) + 1 for v in drawn.max(0, initial=0)))
        sizes = _sizes(tokens, widths, tuple(int(c) for c in codes))
        data = histories(tokens, statics, rows)
        how = self._training(len(train), len(data.gap), len(data.code), sizes, ctx.device)
        seeds = [ctx.random_state("visits", name) for name in ("statics", "outcome", "network")]
        first = int(tokens.outcome)
        static_net = train_statics(statics[:, first:], widths[first:], seeds[0])
        bag = train_outcome(statics[:, 1:], statics[:, 0], widths[1:], widths[0], seeds[1]) if first else None
        net = train_visits(data, sizes, how, seeds[2], lambda done, total: ctx.progress.step("visits", done, total))
        return VisitsSampler(tokens, static_net, bag, net.cpu())

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
        sizes = _sizes(tokens, widths, tuple(shape["sketched"]))
        return VisitsSampler(tokens, *load_networks(folder, sizes, tokens.outcome))


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
    """The arrays that the network reads."""
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
    """Tokens and networks."""

    tokens: VisitTokens
    static_net: Any
    bag: Any  # None without an outcome
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
        """`n` persons with their events; `given`: those persons as they are, with new events."""
        import numpy as np

        from abound.encoding.visit_tokens import Rows, as_dataset
        from abound.networks.visit_sampling import sample

        if given is not None:
            statics = self._sketched(given, rng)
            persons = given.main.select([c for c in given.main.columns if not c.startswith("_")])
        else:
            statics, persons = self._persons(n, rng, self._terms(where))
        made = sample(self.net, statics, self._gap_hours, rng)
        visit = np.repeat(np.arange(len(made.gap)), np.diff(made.events))
        person = np.repeat(np.arange(len(made)), np.diff(made.visits))[visit]
        rows = Rows(person, made.hours[visit].astype(np.float64), made.code, self._values(made, rng))
        return as_dataset(self.tokens, persons, rows)

    def _persons(self, n: int, rng: np.random.Generator, terms: tuple[Term, ...]) -> tuple[Any, pl.DataFrame]:
        """Static tokens and columns of `n` persons that meet the terms: rejection before any event is written."""
        import numpy as np
        import polars as pl

        from abound.encoding.visit_tokens import numbered

        parts, frames, missing, size, tried = [], [], n, n, 0
        while True:
            statics, frame = self._drawn(size, rng, terms)
            tried += size
            parts.append(statics[:missing])
            frames.append(frame[:missing])
            missing -= len(parts[-1])
            if missing == 0:
                return np.concatenate(parts), numbered(self.tokens, pl.concat(frames))
            if tried > _TRIES and n - missing < tried * 1e-4:
                shown = " and ".join(str(t) for t in terms)
                raise WhereRefused(
                    f"visits drew {tried:,} persons and hardly any with {shown}: what fewer than least_persons "
                    "persons have is never made"
                )
            size = int(min(_DRAWN, max(n, 2 * size)))

    def _drawn(self, size: int, rng: np.random.Generator, terms: tuple[Term, ...]) -> tuple[Any, pl.DataFrame]:
        """Those of `size` draws that meet the terms; sketches are drawn only for those whose statics do."""
        import numpy as np

        from abound.encoding.region import holds
        from abound.encoding.visit_tokens import decode_statics
        from abound.networks.statics import draw_outcome, sample_statics

        first = int(self.tokens.outcome)
        target = self.tokens.statics[0].name if first else ""
        plain = sample_statics(self.static_net, size, rng, columns=len(self.tokens.statics) - first)
        outcome = np.zeros((size, first), dtype=np.int64)
        frame = decode_statics(self.tokens, np.column_stack([outcome, plain]), rng)
        kept = np.flatnonzero(holds(frame, [t for t in terms if t.column != target]))
        statics, frame = sample_statics(self.static_net, len(kept), rng, plain[kept]), frame[kept]
        if self.bag is None:
            return statics, frame
        statics = np.column_stack([draw_outcome(self.bag, statics, rng), statics])
        told = decode_statics(self.tokens, statics[:, : len(self.tokens.statics)], rng)
        frame = frame.with_columns(told[target])
        kept = np.flatnonzero(holds(frame, [t for t in terms if t.column == target]))
        return statics[kept], frame[kept]

    def _sketched(self, given: Dataset, rng: np.random.Generator) -> Any:
        """Static tokens of given persons and a sketch for each, of several by its fit to the outcome."""
        import numpy as np

        from abound.encoding.visit_tokens import encode_statics
        from abound.networks.statics import outcome_chances, sample_statics

        known = encode_statics(self.tokens, given)
        if self.bag is None:
            return sample_statics(self.static_net, len(known), rng, known)
        draws = sample_statics(self.static_net, len(known) * _CHOICE, rng, np.repeat(known[:, 1:], _CHOICE, axis=0))
        wanted = np.repeat(known[:, 0], _CHOICE)
        fit = outcome_chances(self.bag, draws)[np.arange(len(draws)), wanted].astype(np.float64)
        fit = np.where(wanted > 0, fit, 1.0).reshape(-1, _CHOICE) + 1e-12
        ends = fit.cumsum(1)
        chosen = (ends <= rng.random(len(known))[:, None] * ends[:, -1:]).sum(1).clip(max=_CHOICE - 1)
        return np.column_stack(
            [known[:, :1], draws.reshape(len(known), _CHOICE, -1)[np.arange(len(known)), chosen]]
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
        shape = {"widths": self.net.sizes.statics, "sketched": self.net.sizes.sketched}
        write_json(folder / "shape.json", shape)
        save_networks(folder, self.static_net, self.bag, self.net)
