"""`abound read` on records: both tables, the most common codes, and what is odd."""

from __future__ import annotations

import json
from pathlib import Path

from abound.core.registry import create
from tests.cli.command import abound
from tests.planted_cohort import cohort


def test_records_are_shown_with_their_events(tmp_path: Path) -> None:
    create("kind", "records").write(cohort(40), tmp_path / "cohort", "plain")
    shown = abound("read", "cohort", "--target", "died", folder=tmp_path)
    assert shown.code == 0, shown.err
    for words in ("persons", "Table  events, 611 rows", "HR: ", "611 events of 5 codes for 40 persons", "hours"):
        assert words in shown.out
    told = json.loads(abound("read", "cohort", "--json", folder=tmp_path).out)
    assert told["tables"]["events"]["rows"] == 611
    assert [c["name"] for c in told["tables"]["events"]["columns"]] == ["pid", "hours", "code", "value", "unit"]
    refused = abound("read", "cohort", "--target", "dyed", folder=tmp_path)
    assert refused.code == 2
    assert "has no column 'dyed' (target): did you mean 'died'?" in refused.err
