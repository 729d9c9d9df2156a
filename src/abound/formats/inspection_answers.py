"""The two files beside an inspection page: the key (which item is real), and what a rater answered."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from abound.core.model import Model
from abound.errors import InputError

Mode = Literal["single", "pairs"]
PAGE = "inspection.html"
KEY = "inspection-key.json"
FINDINGS = "inspection-findings.json"
CHOICES: dict[Mode, tuple[str, str]] = {"single": ("real", "synthetic"), "pairs": ("a", "b")}
_MOST_BYTES = 20_000_000


class KeyItem(Model):
    """What an item is. `truth`: "real" or "synthetic"; in pairs "a" or "b", the one that is real.

    `row`: position in the set that the item is from; of a pair the synthetic one's.
    """

    truth: str
    row: int


class Key(Model):
    """The key to one page. It holds the answers, so it stays with whoever made the page."""

    format: Literal["abound-inspection-key"] = "abound-inspection-key"
    version: Literal[1] = 1
    page: str
    mode: Mode
    shows: str
    seed: int
    labels: bool
    items: dict[str, KeyItem]


class Answer(Model):
    """One answer: "real" or "synthetic" (in pairs "a" or "b": which is real), and what was said of the label."""

    item: str
    answer: str
    label: Literal["right", "wrong"] | None = None


class Answers(Model):
    """What one rater answered on one page."""

    format: Literal["abound-inspection-answers"]
    version: Literal[1]
    page: str
    mode: Mode
    rater: str = ""
    labels: bool = False
    answers: tuple[Answer, ...]


def read_answers(path: Path, key: Key) -> tuple[Answers, list[str]]:
    """The answers of one file, checked against the key, each item once; with notes about what is odd.

    InputError for a file that is none, for another page's, unknown items, answers that contradict each other, or
    none at all. Equal answers given twice count once and are noted; unanswered items are noted.
    """
    found = _parse(path)
    if found.page != key.page:
        raise InputError(
            f"{path} answers another page ({found.page[:8]}, the key is for {key.page[:8]}): name the answers that "
            "were saved from this folder's page"
        )
    if found.mode != key.mode:
        raise InputError(f"{path} is in the mode {found.mode!r} and the page in {key.mode!r}: the file was edited")
    strange = [a.item for a in found.answers if a.item not in key.items]
    if strange:
        raise InputError(
            f"{path} answers {len(strange)} items that the page does not have, such as {strange[0][:40]!r}: save "
            "the answers again from the page"
        )
    wrong = [a for a in found.answers if a.answer not in CHOICES[key.mode]]
    if wrong:
        raise InputError(
            f"{path} answers {wrong[0].answer[:40]!r} for item {wrong[0].item}: an answer is "
            f"{' or '.join(CHOICES[key.mode])}"
        )
    notes = []
    distinct = {(a.item, a.answer, a.label): a for a in found.answers}
    clash = [item for item, n in Counter(a.item for a in distinct.values()).items() if n > 1]
    if clash:
        raise InputError(
            f"{path} contradicts itself on {len(clash)} items, such as {clash[0]}: keep one answer for each item"
        )
    if not distinct:
        raise InputError(f"{path} holds no answers: answer some items and save again")
    if twice := len(found.answers) - len(distinct):
        notes.append(f"{path.name}: {twice} answers are there twice and count once.")
    if missing := len(key.items) - len(distinct):
        notes.append(f"{path.name}: {missing} of {len(key.items)} items have no answer and do not count.")
    return found.model_copy(update={"answers": tuple(distinct.values())}), notes


def _parse(path: Path) -> Answers:
    fix = "name a file that an inspection page saved"
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} has more than {_MOST_BYTES / 1e6:.0f} MB, so it holds no answers: {fix}")
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is not there: {fix}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): {fix}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is cut off or no JSON: {fix}, whole") from None
    if not isinstance(value, dict) or value.get("format") != "abound-inspection-answers":
        raise InputError(f"{path} is JSON but holds no answers: {fix}")
    try:
        return Answers.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path} is damaged ({where}: {first['msg']}): {fix}") from None


def read_all(paths: list[Path], key: Key) -> tuple[dict[str, Answers], list[str]]:
    """Answers by rater, in the order given; raters without a name are called after their file.

    InputError as `read_answers`, and where a rater comes twice: one person counts once.
    """
    out: dict[str, Answers] = {}
    notes: list[str] = []
    for path in paths:
        found, said = read_answers(path, key)
        name = found.rater.strip() or path.stem
        if any(found.answers == other.answers and len(found.answers) > 9 for other in out.values()):
            raise InputError(f"{path} holds the same answers as another file: name each rater's file once")
        if name in out:
            raise InputError(f"{path} is a second file by {name!r}: name one file for each rater")
        out[name] = found
        notes += said
    return out, notes
