"""Generate: rows for every order of a plan, from training rows alone.

An order's rows are the first `count` of an endless stream that depends on the order's content, the refit and the
seed only. The stream is made in shards of 10,000 rows and, inside a shard, in batches of a fixed schedule; rows
that break the order's condition or a rule are passed over. So an order keeps its rows when the plan around it
changes, asking for more extends them, and any worker makes the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from abound.core import registry
from abound.core.context import Context
from abound.core.dataset import Dataset, table_bytes
from abound.core.model import digest_of
from abound.core.plan import Order, Plan
from abound.core.rules import broken_rows, derived_columns, recompute
from abound.core.slice import Slice, Term
from abound.core.units import UNIT
from abound.encoding.region import holds, readable_terms
from abound.encoding.rejection import passing
from abound.errors import Refusal, WhereRefused

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import polars as pl

    from abound.core.protocols import Sampler
    from abound.core.run import Run

SHARD = 10_000
PROVENANCE = ("_origin", "_order", "_seed")


def generate(
    train: Dataset,
    plan: Plan,
    *,
    refit: int = 0,
    seed: int = 0,
    ctx: Context | None = None,
    run: Run | None = None,
    skip_refused: bool = False,
) -> Dataset:
    """All rows of a plan: train's columns, and `_origin`, `_order`, `_seed` (with `_source`, `_soft:*` if made).

    `_seed` (Int64) is the seed of the batch that the row comes from. Keys are new; rows made from a real row stay
    in its group, others are a group each. Orders of equal content are filled as one. Each generator is fitted once
    per content and refit; with `run`, fits and shards are kept in the run folder and not made again. Refusal where
    a generator does not suit the data or a condition cannot be met; with `skip_refused` such orders are left out
    and named in the dataset's `notes`.
    """
    ctx = ctx or Context(seed=seed)
    if plan.orders and all(registry.spec("generator", o.generator).provenance == "schema" for o in plan.orders):
        return _from_schema(train, plan, refit, ctx)
    if len(train.schema.tables) > 1:
        raise Refusal(
            f"generate makes single tables and this dataset has {len(train.schema.tables)} "
            f"({', '.join(sorted(train.schema.tables))}): join them into one table first"
        )
    source = prepare(train)
    samplers: dict[str, Sampler] = {}

    def fitted(order: Order) -> Sampler:
        key = digest_of(order.generator, order.params)
        if key not in samplers:
            samplers[key] = _sampler(source, order, refit, ctx, run)
        return samplers[key]

    frames: list[pl.DataFrame] = []
    notes: list[str] = []
    for order in merged(plan):
        try:
            made = _order_rows(train, order, partial(fitted, order), refit, ctx, run)
        except Refusal as reason:
            if not skip_refused:
                raise
            notes.append(f"not made: {order.count:,} rows by {order.generator} ({reason})")
            continue
        frames += made
        ctx.progress.step("generate", sum(f.height for f in frames), plan.total)
    return assemble(train, frames, tuple(notes))


def _from_schema(train: Dataset, plan: Plan, refit: int, ctx: Context) -> Dataset:
    """Rows of generators that learn from no row: all tables of the kind, with `_order` on the main one."""
    import polars as pl

    made: Dataset | None = None
    for order in merged(plan):
        plugin = registry.create("generator", order.generator, order.params)
        sampler: Sampler = plugin.fit(train, ctx.at("generate", "fit", order.id, refit))
        sampler.support(order.where, None)
        rng = ctx.rng("generate", "sample", order.id, refit)
        rows = sampler.sample(order.count, rng=rng, where=order.where)
        rows = rows.with_table(rows.schema.main, rows.main.with_columns(pl.lit(order.id).alias("_order")))
        made = rows if made is None else made.concat_with(rows)
    assert made is not None, "the plan has orders"
    return made


def prepare(train: Dataset) -> Dataset:
    """What generators learn from: train without the columns that rules define, and without provenance."""
    derived = set(derived_columns(train.schema.rules))
    table = train.schema.main_table
    columns = tuple(c for c in table.columns if c.name not in derived)
    schema = train.schema.with_columns(table.name, columns).model_copy(
        update={"rules": (), "tasks": tuple(t for t in train.schema.tasks if not derived & set(t.targets))}
    )
    # Which rows stay together is kept: a teacher's folds must not part the copies of a row.
    kept = [n for n in train.main.columns if n not in derived and (n == UNIT or not n.startswith("_"))]
    return Dataset(schema, {table.name: train.main.select(kept).lazy()}, assets=train.assets, split=train.split)


def merged(plan: Plan) -> list[Order]:
    """The plan's orders, those of equal content as one with their counts added up."""
    orders: dict[str, Order] = {}
    for order in plan.orders:
        same = orders.get(order.id)
        orders[order.id] = order.model_copy(update={"count": same.count + order.count}) if same else order
    return list(orders.values())


def shards(count: int) -> list[tuple[int, int]]:
    """(number, rows) of the shards that hold `count` rows."""
    return [(i, min(SHARD, count - start)) for i, start in enumerate(range(0, count, SHARD))]


def fit_sampler(source: Dataset, generator: str, params: dict[str, Any], refit: int, ctx: Context) -> Sampler:
    """Fit a generator on rows that `prepare` gave. Depends on the arguments and the seed of `ctx` alone."""
    plugin = registry.create("generator", generator, params)
    if "target" in registry.spec("generator", generator).needs and not source.schema.tasks:
        raise Refusal(f"{generator} needs a target of its own, and none is declared or a rule defines it")
    path = ("generate", "fit", generator, digest_of(params), refit)
    fitted: Sampler = plugin.fit(source, replace(ctx, refit=refit).at(*path))
    return fitted


def sample_shard(
    sampler: Sampler, train: Dataset, order: Order, shard: int, rows: int, refit: int, ctx: Context
) -> pl.DataFrame:
    """Rows of one shard: train's columns and provenance, every row obeying the order's condition and the rules.

    `sampler` is that of `fit_sampler`. Raises WhereRefused where the sampler refuses the condition or breaks one
    that it promised, Refusal where too few of its rows pass.
    """
    asked = _asked(sampler, order, train)
    terms = readable_terms(order.where, train.schema.main, train.main.columns)
    promised = readable_terms(asked, train.schema.main, train.main.columns)
    columns = [n for n in train.main.columns if not n.startswith("_")]

    def make(number: int, size: int) -> pl.DataFrame:
        import numpy as np

        seed = int(ctx.rng("generate", "sample", order.id, refit, shard, number).integers(2**63 - 1))
        made = sampler.sample(size, rng=np.random.default_rng(seed), where=asked)
        if len(made) != size or not holds(made.main, promised).all():
            raise WhereRefused(f"{order.generator} did not give {size} rows with {asked}, which it had promised")
        return _finished(made.main, train, columns, order.id, seed)

    def passes(frame: pl.DataFrame) -> np.ndarray[Any, Any]:
        import numpy as np

        return np.asarray(holds(frame, terms) & _sound(frame, train))

    def give_up(share: float, tried: int) -> Refusal:
        what = f"{order.where}" if order.where else "the schema's rules kept"
        return Refusal(
            f"{order.generator} makes rows with {what} too rarely: {share:.4%} of {tried:,} rows, and {rows:,} are "
            "wanted. Ask for fewer rows or fewer terms, or draw real rows with resample"
        )

    return passing(make, passes, rows, give_up)


def _asked(sampler: Sampler, order: Order, train: Dataset) -> Slice | None:
    """The part of the condition that the sampler itself obeys exactly; the rest is left to rejection.

    Rows drawn exactly under some terms and rejected by the others are distributed as under all of them.
    """
    main, where = train.schema.main, order.where
    terms = readable_terms(where, main, [n for n in train.main.columns if not n.startswith("_")])
    derived = set(derived_columns(train.schema.rules))
    own = tuple(t for t in terms if t.column not in derived)

    def exact(part: tuple[Term, ...]) -> bool:
        return sampler.support(Slice(on=main, terms=part) if part else None, None) == "exact"

    if not exact(own):
        own = tuple(t for t in own if exact((t,)))
        own = own if exact(own) else ()
    return Slice(on=main, terms=own) if own else None


def _finished(made: pl.DataFrame, train: Dataset, columns: Sequence[str], order: str, seed: int) -> pl.DataFrame:
    """Rows with derived columns recomputed, in train's types and order, and with their provenance."""
    import polars as pl

    frame = recompute(made, train.schema.rules)
    types = train.main.schema
    extra = [n for n in frame.columns if n.startswith("_") and n != UNIT]
    return frame.select(
        *[pl.col(n).cast(types[n]) for n in columns],
        pl.lit("synthetic").alias("_origin"),
        pl.lit(order).alias("_order"),
        pl.lit(seed, dtype=pl.Int64).alias("_seed"),
        *extra,
    )


def _sound(frame: pl.DataFrame, train: Dataset) -> np.ndarray[Any, Any]:
    """Which rows keep every rule and are in no combination that was answered to be impossible."""
    import numpy as np

    good = np.ones(frame.height, dtype=bool)
    for broken in broken_rows(frame, train.schema.rules).values():
        good &= ~broken.to_numpy().astype(bool)
    for hole in train.schema.holes("impossible"):
        good &= ~holds(frame, readable_terms(hole, train.schema.main, train.main.columns))
    return good


def _sampler(source: Dataset, order: Order, refit: int, ctx: Context, run: Run | None) -> Sampler:
    """The fitted sampler, from the run folder if it is there."""
    generator, params = order.generator, order.params
    if run is None:
        return fit_sampler(source, generator, params, refit, ctx)
    what = {"train": source.digest, "generator": generator, "params": params, "refit": refit}
    fresh: list[Sampler] = []

    def fill(work: Path) -> None:
        fresh.append(fit_sampler(source, generator, params, refit, ctx))
        fresh[0].save(work)

    name = f"generate/fit-{digest_of(what, ctx.seed)[:16]}"
    folder = run.cached(name, kind="sampler", inputs={}, params=what, seed=ctx.seed, fill=fill)
    if fresh:
        return fresh[0]
    loaded: Sampler = registry.create("generator", generator, params).load(folder)
    return loaded


def _order_rows(
    train: Dataset, order: Order, fitted: Callable[[], Sampler], refit: int, ctx: Context, run: Run | None
) -> list[pl.DataFrame]:
    """The shards of one order, from the run folder if they are there; the sampler is fitted only if needed."""
    import polars as pl

    if run is None:
        made = []
        for i, n in shards(order.count):
            made.append(sample_shard(fitted(), train, order, i, n, refit, ctx))
            if (done := i * SHARD + n) < order.count:
                ctx.progress.step("generate", done, order.count)
        return made
    frames = []
    for shard, rows in shards(order.count):
        what = {"train": train.digest, "order": order.id, "refit": refit, "shard": shard, "rows": rows}

        def fill(work: Path, shard: int = shard, rows: int = rows) -> None:
            frame = sample_shard(fitted(), train, order, shard, rows, refit, ctx)
            (work / "rows.parquet").write_bytes(table_bytes(frame))

        name = f"generate/shard-{digest_of(what, ctx.seed)[:16]}"
        folder = run.cached(name, kind="shard", inputs={}, params=what, seed=ctx.seed, fill=fill)
        frames.append(pl.read_parquet(folder / "rows.parquet"))
    return frames


def assemble(train: Dataset, frames: Sequence[pl.DataFrame], notes: tuple[str, ...] = ()) -> Dataset:
    """One dataset of origin "synthetic" from shards, in their order, with new keys and groups."""
    import polars as pl

    columns = [n for n in train.main.columns if not n.startswith("_")]
    empty = train.main.select(columns).clear().with_columns(
        pl.Series("_origin", [], dtype=pl.String),
        pl.Series("_order", [], dtype=pl.String),
        pl.Series("_seed", [], dtype=pl.Int64),
    )  # fmt: skip
    frame = pl.concat([empty, *frames], how="diagonal")
    key, group = train.schema.main_table.key, train.schema.group
    if key is not None:
        frame = frame.with_columns(_new_values(train.main[key], frame.height))
    if group is not None and group != key:
        new = _new_values(train.main[group], frame.height)
        frame = frame.with_columns(pl.coalesce(pl.col(group), pl.lit(new)).alias(group))
    return Dataset(
        train.schema, {train.schema.main: frame.lazy()}, assets=train.assets, origin="synthetic", notes=notes
    )


def _new_values(known: pl.Series, rows: int) -> pl.Series:
    """Values of a key or group that train does not hold, one a row; missing for types that cannot be counted."""
    import polars as pl

    if known.dtype.is_numeric():
        top: Any = known.max() if known.len() > known.null_count() else 0
        return (pl.Series(known.name, range(1, rows + 1), dtype=pl.Int64) + int(top)).cast(known.dtype)
    if known.dtype != pl.String:
        return pl.Series(known.name, [None] * rows, dtype=known.dtype)
    stem = "synthetic"
    while known.str.starts_with(f"{stem}-").any():
        stem += "-synthetic"
    return pl.Series(known.name, [f"{stem}-{i}" for i in range(1, rows + 1)], dtype=pl.String)
