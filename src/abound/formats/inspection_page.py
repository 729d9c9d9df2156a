"""The page of a blind inspection: one HTML file that asks, shows and saves, and knows no side.

The page holds the cards, random names for them and its own name, nothing else; which card is real stands in the key
beside it, which the page never reads. Its policy lets only the one script and the one stylesheet run that it
carries, named by their hashes, and reaches no network. Cards are a block of data that no browser executes; the
script writes them as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from abound.formats.inspection_answers import Mode
from abound.formats.inspection_items import Card, Shows

NOUN: dict[Shows, tuple[str, str]] = {
    "rows": ("row", "rows"),
    "pictures": ("picture", "pictures"),
    "clips": ("clip", "clips"),
    "timelines": ("person", "people"),
}


def page(name: str, mode: Mode, shows: Shows, items: Sequence[tuple[str, Sequence[Card]]]) -> str:
    """The HTML text. `items`: (random name, one card, or two in the mode "pairs"), in the order to show.

    Labels can be judged one card at a time only, and only where every card has one.
    """
    import jinja2
    from markupsafe import Markup

    style, script = _resource("inspection.css"), _resource("inspection.js")
    labels = mode == "single" and all(card["label"] is not None for _, cards in items for card in cards)
    data: dict[str, Any] = {"page": name, "mode": mode, "labels": labels, "noun": NOUN[shows][0]}
    data["items"] = [{"item": item, "cards": list(cards)} for item, cards in items]
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("abound.formats", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return env.get_template("inspection.html.j2").render(
        csp=policy, css=Markup(style), script=Markup(script), data=Markup(_inert(data)),
        pairs=mode == "pairs", labels=labels, one=NOUN[shows][0], many=NOUN[shows][1], total=len(items),
    )  # fmt: skip


def _inert(value: Any) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


@cache
def _resource(name: str) -> str:
    return (files("abound.formats") / "templates" / name).read_text(encoding="utf-8")
