"""The benchmarks' page says what the committed results say."""

import json

from benchmarks import page
from benchmarks.proof import false_helps


def test_the_page_is_up_to_date():
    assert page.PAGE.read_text(encoding="utf-8") == page.page()


def test_the_results_are_of_full_runs_and_in_form():
    for path in page.RESULTS.glob("*.json"):
        area = json.loads(path.read_text(encoding="utf-8"))
        assert area["quick"] is False, path.name
        for row in area["rows"]:
            assert {"name", "value", "low", "high", "n", "unit", "reference"} <= set(row)


def test_a_useless_generator_is_not_said_to_help():
    told = false_helps.run({"learner": "tree", "seed": 5, "kind": "shuffled", "table": "breast_cancer"})
    assert told["verdict"] != "helps"
