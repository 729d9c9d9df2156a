"""Study: every arm, every repeat, and the verdicts that the figures carry."""

from __future__ import annotations

from typing import Literal

from abound.core.gap import Evidence
from abound.core.model import Model
from abound.core.slice import Slice

StudyVerdict = Literal["helps", "harms", "no difference", "not enough evidence"]
ArmRole = Literal["candidate", "control", "reference"]


class Estimate(Model):
    """A mean with its interval. `level` is the coverage that the interval is built for."""

    mean: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95


class ArmResult(Model):
    """One arm over all repeats, on the main metric. `versus_real` is the paired difference from real only."""

    arm: str
    role: ArmRole
    same_learner: bool  # deploys exactly the learner that was asked for
    description: str
    repeats: int
    train_rows: float
    train_weight: float
    tune: float
    test: Estimate
    versus_real: Estimate | None = None
    values: tuple[float, ...] = ()  # test score of each repeat
    seconds: float = 0.0


class Claim(Model):
    """One comparison that was declared before the test set was opened."""

    arm: str
    control: str  # the best control on tune
    metric: str
    slice: Slice | None
    name: str = ""  # what the claim is about where that is not a slice, such as one class
    difference: float
    low: float
    high: float
    level: float  # coverage after Holm's correction
    margin: float
    verdict: StudyVerdict
    units: int
    positives: int | None
    groups: int
    side_groups: int | None = None  # groups with a row of the rarer side, where rows of one group go together
    repeats: int
    limited_by: str  # "repeats" or "test units": which of the two intervals was the wider
    repeat_share: float | None = None  # of the variance behind the interval, the part that more repeats would lower
    sentence: str


class Guard(Model):
    """A non-inferiority test beside the claims: what the chosen arm does to the common cases. No verdict."""

    name: str
    arm: str
    control: str
    difference: float
    low: float
    high: float
    level: float = 0.95
    margin: float
    verdict: Literal["holds", "fails", "not shown"]
    units: int
    sentence: str


class Remedy(Model):
    """What to use after this run, chosen on tune, with what it was worth on test."""

    arm: str
    sentence: str
    versus_real: Estimate | None
    settings: dict[str, str | float | int | bool | None] = {}
    collect: tuple[str, ...] = ()
    other: str | None = None  # the arm of another learner to deploy, where one may be


class Study(Model):
    """The result of `prove`."""

    purpose: str
    metric: str
    larger_is_better: bool
    learner: str
    about: str  # what the verdict is about: this training set, or training sets of a size
    arms: tuple[ArmResult, ...]
    skipped: dict[str, str] = {}  # control -> why it was not run
    claims: tuple[Claim, ...]
    remedy: Remedy
    guards: tuple[Guard, ...] = ()
    curve: tuple[Evidence, ...] = ()  # test score by the share of the plan's synthetic rows; share 0 is real only
    warnings: tuple[str, ...] = ()
    power: str = ""
    test_digest: str = ""
    test_rows: int = 0
    openings: int = 0
    seed: int = 0
    preliminary: bool = False
    seconds: float = 0.0

    @property
    def claim(self) -> Claim:
        """The main claim: the chosen arm on all test rows."""
        return self.claims[0]

    @property
    def verdict(self) -> StudyVerdict:
        """The verdict of the main claim."""
        return self.claim.verdict

    def __str__(self) -> str:
        said = [c.sentence for c in self.claims] + [g.sentence for g in self.guards]
        return "\n".join([*said, self.remedy.sentence])

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(a.arm)}</td><td>{a.role}</td><td>{a.test.mean:.4f}</td>"
            f"<td>{_span(a.test)}</td><td>{_span(a.versus_real)}</td></tr>"
            for a in self.arms
        )
        head = "<tr><th>arm</th><th>role</th><th>test</th><th>95 % interval</th><th>against real only</th></tr>"
        text = "<br>".join(escape(line) for line in str(self).splitlines())
        return f"<p>{text}</p><table>{head}{rows}</table>"


def _span(e: Estimate | None) -> str:
    if e is None or e.low is None or e.high is None:
        return ""
    return f"[{e.low:+.4f}, {e.high:+.4f}]"
