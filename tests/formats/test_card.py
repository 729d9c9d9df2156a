"""The data card: plain Markdown whose names stay names."""

from __future__ import annotations

import re

from abound.formats.card import card, md
from abound.formats.facts import PlanLines
from tests.formats.made_up import HOSTILE
from tests.stages.test_report import facts


def test_the_card_says_what_the_data_is_and_what_was_found() -> None:
    text = card(facts())
    assert "This data holds synthetic rows" in text
    assert r"\+0.053 average precision \(97.5 % interval \+0.043 to \+0.062\)" in text
    for title in ("How it was made", "Columns", "What the real data lacks", "Audit", "Limits", "Provenance"):
        assert f"\n## {title}\n" in text
    assert "license, url, creator, datePublished" in text
    assert "Before you publish" not in card(facts(), ("license", "url", "creator", "datePublished"))


def test_tables_keep_their_columns_whatever_the_names() -> None:
    made = card(facts(hostile=True))
    assert "<script" not in made
    assert "<img" not in made
    for block in re.findall(r"(?:^\|.*\n)+", made, flags=re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(widths) == 1


def test_md_escapes_markup() -> None:
    assert md("a|b*c_d`[x](y)<b>&\n# h") == r"a\|b\*c\_d\`\[x\]\(y\)&lt;b\>&amp; \# h"
    assert "\n" not in md(HOSTILE)


def test_a_quick_run_is_called_preliminary_and_empty_tables_are_left_out() -> None:
    one = facts()
    study = one.study.model_copy(update={"preliminary": True})
    text = card(one.model_copy(update={"study": study, "gaps": (), "plan": PlanLines()}))
    assert "This was a quick run: preliminary." in text
    assert "What the real data lacks" not in text
