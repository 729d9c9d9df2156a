"""Find: what the training data lacks. Finders run one after another and see what the earlier ones found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from abound.core import registry
from abound.core.context import Context
from abound.core.gap import Gap
from abound.core.recipe import FINDERS, Use
from abound.core.task import one_thread
from abound.errors import InputError, Refusal

if TYPE_CHECKING:
    from abound.core.dataset import Dataset
    from abound.core.progress import Progress
    from abound.core.protocols import Finder

DEFAULT = FINDERS


class Found(list[Gap]):
    """Gaps, in the order of the finders and best first within each.

    `skipped` says, by finder, why it did not run; `notes` holds what finders left out (columns, further holes).
    """

    def __init__(self, gaps: Iterable[Gap] = (), skipped: dict[str, str] | None = None, notes: Sequence[str] = ()):
        super().__init__(gaps)
        self.skipped = dict(skipped or {})
        self.notes = tuple(notes)


class _Notes:
    """Passes progress on and keeps the notes."""

    def __init__(self, inner: Progress) -> None:
        self.inner = inner
        self.kept: list[str] = []

    def step(self, stage: str, done: int, total: int) -> None:
        self.inner.step(stage, done, total)

    def note(self, text: str) -> None:
        self.kept.append(text)
        self.inner.note(text)


def find(
    train: Dataset,
    tune: Dataset,
    *,
    finders: Sequence[Use] = DEFAULT,
    ctx: Context | None = None,
    seed: int = 0,
) -> Found:
    """Run the finders on the training rows (tune is for checking what they find).

    A finder that needs another's findings runs after it. One that does not fit the data, or whose needs are not
    met, is skipped with its reason. Raises UnknownName or InputError for a finder or parameter that does not exist,
    InputError where a finder is listed twice with the same parameters or two finders need each other.
    """
    around = ctx or Context(seed=seed)
    made = [(use, registry.create("finder", use.name, use.params)) for use in finders]
    if len({use.model_dump_json() for use in finders}) < len(finders):
        raise InputError("a finder is listed twice with the same parameters: remove one")
    notes = _Notes(around.progress)
    inner = replace(around, progress=notes)
    gaps: list[Gap] = []
    skipped: dict[str, str] = {}
    order = _in_order(tuple(use for use, _ in made))
    plugins = {use.model_dump_json(): plugin for use, plugin in made}
    for done, use in enumerate(order):
        reason = _unmet(use, train, {u.name for u in order} - set(skipped))
        if reason is None:
            here = inner.at("find", use.name, use.params)
            try:
                gaps += _on_one_thread(plugins[use.model_dump_json()], train, tune, tuple(gaps), here)
            except Refusal as refusal:
                reason = str(refusal)
        if reason is not None:
            skipped[use.name] = reason
            notes.inner.note(f"{use.name} did not run: {reason}")
        around.progress.step("find", done + 1, len(order))
    return Found(_once(gaps), skipped, notes.kept)


def _on_one_thread(
    finder: Finder, train: Dataset, tune: Dataset, found: tuple[Gap, ...], ctx: Context
) -> list[Gap]:
    """What a finder finds; sums must not depend on how many cores there are."""
    with one_thread():
        return finder.find(train, tune, found, ctx)


def _in_order(uses: tuple[Use, ...]) -> list[Use]:
    """The finders as listed, each moved behind those of the list that it needs."""
    waiting, order = list(uses), []
    while waiting:
        left = {u.name for u in waiting}
        ready = [u for u in waiting if not left & set(registry.spec("finder", u.name).needs) - {u.name}]
        if not ready:
            raise InputError(f"the finders {', '.join(sorted(left))} need each other: leave one out")
        order.append(ready[0])
        waiting.remove(ready[0])
    return order


def _unmet(use: Use, train: Dataset, present: set[str]) -> str | None:
    """Why the data or the list of finders does not give a finder what it needs."""
    tasks = train.schema.tasks
    for need in registry.spec("finder", use.name).needs:
        if need == "target":
            if not tasks:
                return "it needs a target: name the column to predict"
        elif need in ("classification", "regression"):
            if not any(t.kind == need for t in tasks):
                kinds = " and ".join(sorted({t.kind for t in tasks})) or "no"
                return f"it needs a {need} target and this data has {kinds} targets"
        elif need not in present:
            return f"it needs what {need} finds: add {need} to the finders"
    return None


def _once(gaps: list[Gap]) -> list[Gap]:
    """Without repeats of the same gap, which two runs of one finder with other parameters may both find."""
    return list({gap.id: gap for gap in reversed(gaps)}.values())[::-1]
