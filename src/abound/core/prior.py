"""What is known to work in which situation: the choice made before anything is measured on the data at hand.

The choices follow paired comparisons on real tables, each against controls tuned on the same rows (relabelled real
rows among them). Help was seen for small models on few rows when a teacher ensemble labels the synthetic rows; not
for rows labelled by the generator, not for generated rows of a rare class, not for ensembles. They are advice: the
verdict of `prove` on the user's own data decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abound.core.schema import Schema

SMALL_ROWS = 1000
PREFIX = "Experience with other data, not measured here: "


@dataclass(frozen=True)
class Choice:
    """A generator, its parameters, and one sentence that says for which situation."""

    generator: str
    params: dict[str, Any]
    advice: str


def to_augment(schema: Schema, rows: int, learner: str) -> Choice:
    """What to try when a model's training rows are to be added to: swapped or copula rows with teacher labels.

    Copula rows suit small trees and few rows where most features are numbers; elsewhere rows with some cells
    swapped stay closer to the data.
    """
    table = schema.main_table
    kinds = [table.column(name).kind for name in table.features()]
    numeric = 2 * sum(k in ("number", "time") for k in kinds) > len(kinds)
    base, text = "swap", ""
    who = "a small tree" if learner == "tree" else f"{rows:,} rows"
    if learner == "mlp":
        text = (
            "for a small neural network, relabelling the real rows by a teacher ensemble is the first thing to "
            "beat; rows with swapped cells and teacher labels are tried on top."
        )
    elif (learner == "tree" or rows <= SMALL_ROWS) and numeric:
        base = "copula"
        text = (
            f"for {who} with mostly numeric columns, most of a gain usually comes from a teacher's labels; "
            "copula rows that carry them are tried on top, and where the teacher, an ensemble, can be deployed it "
            "is often better still."
        )
    elif learner == "tree" or rows <= SMALL_ROWS:
        text = (
            f"for {who} with mostly categorical columns, real rows relabelled by a teacher ensemble usually do "
            "as well as synthetic ones; rows with swapped cells are tried against them."
        )
    else:
        text = (
            f"for {learner.replace('_', ' ')} on {rows:,} rows, tuning and regularising have gained more than "
            "synthetic rows elsewhere; rows with swapped cells and teacher labels are tried, and it may be best to "
            "add none."
        )
    return Choice("teacher_labels", {"base": base}, PREFIX + text)


def to_replace(by_class: bool) -> Choice:
    """What to try when a model is to be trained without the real rows."""
    text = (
        "copula rows keep single columns and the relations of pairs and lose finer structure; judge them by the "
        "gap between a model trained on them and one trained on the real rows."
    )
    return Choice("copula", {"by_target": True} if by_class else {}, PREFIX + text)
