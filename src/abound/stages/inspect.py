"""inspect: one page on which people tell real from synthetic, and what their answers show.

Blind: items are shuffled, their names are random, both sides are cut and encoded alike, and the key stays in a file
beside the page. Synthetic sets are lopsided on purpose, so each synthetic item is drawn together with a real one
that was made under the same condition or, where the classes are shared out differently, is of the same class: a
rater shall not win by the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abound.core.artifact import read_as, write_bytes, write_json
from abound.core.audit import Audit
from abound.core.context import Context
from abound.core.model import digest_of
from abound.errors import InputError
from abound.formats.inspection_answers import FINDINGS, KEY, PAGE, Key, KeyItem, Mode, read_all
from abound.formats.inspection_findings import findings
from abound.formats.inspection_items import Card, Pictures, Shows, Side, cards, shows
from abound.formats.inspection_page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

ITEMS = 80
WIDTH = 640
MOST_ITEMS = 2000
LIMIT = 0.65
LABEL_LIMIT = 0.05


@dataclass(frozen=True)
class Inspection:
    """A page that was made: its files, what it shows and how many items it has."""

    page: Path
    key: Path
    shows: Shows
    mode: Mode
    items: int
    labels: bool
    notes: tuple[str, ...]


def inspect(
    real: Side, synth: Side, *, out: Path, items: int = ITEMS, two_choice: bool = False, seed: int = 0,
    width: int = WIDTH,
) -> Inspection:  # fmt: skip
    """Write inspection.html and inspection-key.json into `out`.

    real, synth  datasets of one kind (tables, people with events, pictures, clips) or folders of pictures
    items        items to show, half of them real; with `two_choice` pairs to show, one of each two real
    width        pictures are at most so many pixels wide

    The same data, seed and options give the same bytes. Raises InputError where the sides do not fit together, a
    picture is damaged, or `out` holds the key to another page, whose answers could then never be read.
    """
    if not 2 <= items <= MOST_ITEMS:
        raise InputError(f"--items {items}: a page shows between 2 and {MOST_ITEMS:,} items")
    if not 16 <= width <= 2000:
        raise InputError(f"--width {width}: pictures are between 16 and 2,000 pixels wide")
    what, mode = shows(real, synth), _mode(two_choice)
    ctx = Context(seed=seed).at("inspect", _digest(real), _digest(synth), mode, str(items), str(width))
    rows = _draw(real, synth, items if two_choice else items // 2, ctx)
    real_cards, synth_cards, notes = cards(real, synth, rows, width)
    if len(rows[0]) < (items if two_choice else items // 2):
        notes.append(f"Fewer items than asked for: {len(rows[0])} synthetic items have a real one to stand beside.")
    shown, key = _shuffle(real_cards, synth_cards, rows, mode, ctx)
    labels = mode == "single" and all(c["label"] is not None for c in (*real_cards, *synth_cards))
    name = _hex(ctx.rng("page"), 16)
    html = page(name, mode, what, shown)
    _check_place(out, name)
    made = Key(page=name, mode=mode, shows=what, seed=seed, labels=labels, items=key)
    write_json(out / KEY, made)
    write_bytes(out / PAGE, html.encode())
    return Inspection(out / PAGE, out / KEY, what, mode, len(shown), labels, tuple(notes))


def _mode(two_choice: bool) -> Mode:
    return "pairs" if two_choice else "single"


def judge(
    folder: Path, files: Sequence[Path], *, limit: float = LIMIT, label_limit: float = LABEL_LIMIT
) -> tuple[Audit, tuple[str, ...]]:
    """What the answers show, as findings, and notes on the files; written to inspection-findings.json.

    limit        accuracy above which synthetic items count as told apart; to be chosen before answers are read
    label_limit  share of wrong labels that is bearable

    Raises InputError for a folder without a key, for limits out of range, and as `read_answers` does.
    """
    if not 0.5 < limit < 1 or not 0 < label_limit < 1:
        raise InputError("--limit lies between .5 (guessing) and 1, --label-limit between 0 and 1")
    if not files:
        raise InputError("no answers are named: give at least one file that the page saved")
    if not (folder / KEY).is_file():
        raise InputError(f"{folder} holds no {KEY}: name the folder that `abound inspect` wrote the page to")
    key = read_as(folder / KEY, Key)
    raters, notes = read_all(list(files), key)
    audit = Audit(findings=tuple(findings(key, raters, limit=limit, label_limit=label_limit)))
    write_json(folder / FINDINGS, {"verdict": audit.verdict, "notes": notes, **audit.model_dump(mode="json")})
    return audit, tuple(notes)


def _digest(side: Side) -> str:
    """What the side holds; of a plain folder the names and sizes of its files."""
    if isinstance(side, Pictures):
        return digest_of([[n, (side.folder / n).stat().st_size] for n in side.files])
    return side.digest


def _draw(real: Side, synth: Side, pairs: int, ctx: Context) -> tuple[Ints, Ints]:
    """Positions of real and of synthetic items, which belong together in pairs; none is drawn twice."""
    import numpy as np

    rng = ctx.rng("draw")
    strata = _strata(real, synth)
    waiting = [list(rng.permutation(own)) for own, _ in strata]
    stratum = np.full(len(synth), -1)
    for number, (_, made) in enumerate(strata):
        stratum[made] = number
    found: list[tuple[int, int]] = []
    for row in rng.permutation(len(synth)):
        if len(found) < pairs and stratum[row] >= 0 and waiting[stratum[row]]:
            found.append((int(waiting[stratum[row]].pop()), int(row)))
    if not found:
        raise InputError(
            f"{len(real):,} real and {len(synth):,} synthetic items leave no pair of one class or condition to "
            "show: give a larger real set, or sets with the same labels"
        )
    drawn = np.array(found, dtype=np.int64)
    return drawn[:, 0], drawn[:, 1]


def _strata(real: Side, synth: Side) -> list[tuple[Ints, Ints]]:
    """Real and synthetic positions that may be shown beside each other."""
    import numpy as np

    from abound.encoding.comparison import strata_of

    everything = [(np.arange(len(real)), np.arange(len(synth)))]
    if isinstance(real, Pictures) or isinstance(synth, Pictures) or not len(real) or not len(synth):
        return everything
    targets = [t for task in real.schema.tasks if task.table == real.schema.main for t in task.targets]
    if real.schema.main != synth.schema.main or any(t not in synth.main.columns for t in targets):
        return everything
    return [(s.train, s.synth) for s in strata_of(synth, real, real.take([]))]


def _shuffle(
    real: list[Card], synth: list[Card], rows: tuple[Ints, Ints], mode: Mode, ctx: Context
) -> tuple[list[tuple[str, list[Card]]], dict[str, KeyItem]]:
    """Named items in random order, and their key."""
    rng = ctx.rng("shuffle")
    items: list[tuple[list[Card], str, int]] = []
    if mode == "pairs":
        for a, b, row in zip(real, synth, rows[1].tolist(), strict=True):
            first = bool(rng.integers(2))
            items.append(([a, b] if first else [b, a], "a" if first else "b", row))
    else:
        items = [([c], "real", row) for c, row in zip(real, rows[0].tolist(), strict=True)]
        items += [([c], "synthetic", row) for c, row in zip(synth, rows[1].tolist(), strict=True)]
    order = rng.permutation(len(items))
    names = [_hex(rng, 8) for _ in items]
    shown = [(name, items[i][0]) for name, i in zip(names, order, strict=True)]
    key = {name: KeyItem(truth=items[i][1], row=items[i][2]) for name, i in zip(names, order, strict=True)}
    if len(key) < len(items):
        raise InputError("two items were given one name: choose another --seed")
    return shown, key


def _hex(rng: np.random.Generator, size: int) -> str:
    return rng.bytes(size).hex()


def _check_place(out: Path, name: str) -> None:
    """A key is never lost: answers to its page could not be read any more."""
    if (out / KEY).is_file() and read_as(out / KEY, Key).page != name:
        raise InputError(
            f"{out} holds the key to another page, whose answers need it: choose another --out, or delete the "
            f"folder if nobody will answer that page"
        )
