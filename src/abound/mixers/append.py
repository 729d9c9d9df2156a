"""Real rows first, synthetic rows after them, less those that a check says to drop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from abound.core.registry import plugin

if TYPE_CHECKING:
    from abound.core.audit import Audit
    from abound.core.context import Context
    from abound.core.dataset import Dataset


@plugin("mixer", accepts=("table", "records", "images", "scenes"))
class Append:
    """All real rows followed by the synthetic rows that the audit lets pass.

    Real rows are never left out: training on what is accumulated is safe where replacing rows by generated ones is
    not (Gerstgrasser et al., arXiv 2404.01413). A synthetic row counts `weight` times as much as a real one; a
    generated row is worth less than a measured one wherever the generator errs, so below 1 is the safe side.

    With `relabel` the real rows carry the probabilities of a `teacher` in place of their own labels, as those of
    the controls "relabelled" (`in_sample`: the mean of all fold models) and "relabelled_out_of_fold"
    (`out_of_fold`: the model that did not see the row) do: rows whose synthetic neighbours are labelled by a
    teacher then say the same as these do. The teacher is cross-fitted on the real rows alone. For a number the
    label is the predicted value. Worth it where the teacher is the better model by far and synthetic rows are few
    (up to ten a real one); where the student is as good as the teacher, measured labels are worth more.
    """

    weight: float = Field(default=1.0, gt=0.0, le=100.0)
    relabel: Literal["in_sample", "out_of_fold"] | None = None
    teacher: str = "ensemble"

    def mix(self, synth: Dataset, train: Dataset, tune: Dataset, audit: Audit, ctx: Context) -> Dataset:
        """The joined rows with `_origin` filled in, and a note on how many were dropped.

        Raises SchemaError where the tables or column types differ, InputError where the audit names rows that the
        synthetic set does not have; with `relabel` Refusal where there is no target with classes or numbers, and
        UnknownName for a teacher that is no learner.
        """
        from abound.encoding.mixing import behind, kept, weighted

        rows, dropped = kept(synth, train, audit)
        note = f"{len(rows):,} synthetic rows follow {len(train):,} real ones; the audit dropped {dropped:,} rows"
        if self.weight != 1.0:
            note += f"; a synthetic row counts {self.weight:g} times"
        if self.relabel is not None:
            how = self.relabel.replace("_", " ")
            note += f"; the real rows carry the labels of a teacher ({self.teacher}, {how})"
            train, rows = self._relabelled(train, rows, ctx)
        ctx.progress.note(note)
        return behind(train, weighted(rows, self.weight), note)

    def _relabelled(self, train: Dataset, rows: Dataset, ctx: Context) -> tuple[Dataset, Dataset]:
        """Both sets, the real rows with the teacher's labels; a whole-number target becomes fractions in both."""
        from abound.core.task import one_thread
        from abound.encoding.relabelling import with_fractions, with_soft_labels
        from abound.errors import Refusal

        task = train.schema.tasks[0] if train.schema.tasks else None
        if task is None or task.table != train.schema.main or task.kind not in ("classification", "regression"):
            raise Refusal(
                "append: relabel needs a target with classes or numbers in the main table: leave relabel out"
            )
        with one_thread():
            fit = ctx.crossfit(train, self.teacher)
            pred = fit.out_of_fold if self.relabel == "out_of_fold" else fit.mean(train)
        return with_soft_labels(train, task, pred), with_fractions(rows, task)
