"""A made-up but plausible result of a run. `hostile` puts markup in every name."""

from __future__ import annotations

from typing import Any

from abound.core.audit import Audit, Finding
from abound.core.gap import Evidence, Gap
from abound.core.ledger import Power
from abound.core.plan import Order, Plan
from abound.core.recipe import DataSpec, Recipe
from abound.core.schema import Column, Schema, Table, Task
from abound.core.slice import Slice, Term
from abound.core.study import ArmResult, ArmRole, Claim, Estimate, Remedy, Study, StudyVerdict

RAN = "document.documentElement.setAttribute('ran',1)"  # what a payload does where it runs
HOSTILE = f"</style></title><script>{RAN}</script>\"'><img src=nowhere onerror={RAN}>\u202e\x00|`*"

# verdict: difference, low, high of the main claim
FIGURES: dict[str, tuple[float, float, float]] = {
    "helps": (0.0531, 0.0428, 0.0624),
    "harms": (-0.0312, -0.0521, -0.0104),
    "no difference": (0.0012, -0.0051, 0.0074),
    "not enough evidence": (0.0114, -0.0127, 0.0352),
}


def slice_(column: str, value: str, other: tuple[str, str] | None = None) -> Slice:
    terms = (Term(column=column, op="==", value=value),)
    return Slice(on="rows", terms=terms + ((Term(column=other[0], op="==", value=other[1]),) if other else ()))


def schema(name: str = "") -> Schema:
    columns = (
        Column(name=f"age{name}", kind="number", integer=True, low=1, high=97),
        Column(name=f"TSH{name}", kind="number", low=0.005, high=530),
        Column(name=f"sex{name}", kind="category", domain=("F", "M"), role="sensitive"),
        Column(name=f"referral{name}", kind="category", domain=("SVI", "SVHC", "STMW", f"WEST{name}")),
        Column(name=f"pregnant{name}", kind="bool"),
        Column(name=f"seen{name}", kind="time"),
        Column(name="class", kind="category", role="target", domain=("negative", f"hypothyroid{name}")),
    )
    task = Task(table="rows", targets=("class",), kind="classification", positive=f"hypothyroid{name}")
    return Schema(main="rows", tables={"rows": Table(name="rows", columns=columns)}, tasks=(task,))


def gaps(name: str = "") -> list[Gap]:
    def one(kind: Any, where: Slice, support: int, wanted: int, reason: str, evidence: Any = ()) -> Gap:
        finder = {"rare": "rare_class", "missing": "missing_combo", "weak": "weak_slice"}[kind]
        return Gap(
            kind=kind, finder=finder, slice=where, support=support, main_rows=support, groups=support,
            wanted=wanted, score=1.0, reason=reason + name, evidence=evidence,
        )  # fmt: skip

    recall = (Evidence(name="recall out of fold", value=0.41, low=0.28, high=0.55, n=61),)
    return [
        one("rare", slice_("class", f"hypothyroid{name}"), 61, 240, "5.0 % of the training rows", recall),
        one("missing", slice_(f"pregnant{name}", "true", ("class", f"hypothyroid{name}")), 0, 20, "none of 1,214"),
        one("missing", slice_(f"referral{name}", f"WEST{name}", ("sex", "M")), 3, 20, "3 rows where 17.2 expected"),
        one("weak", slice_(f"referral{name}", "STMW"), 2, 30, "only 2 rows"),
        one("rare", slice_(f"referral{name}", "SVHC"), 84, 90, "2.9 % of the rows"),
    ]


def plan(name: str = "") -> Plan:
    found = gaps(name)
    return Plan(
        orders=(
            Order(generator="copula", params={"ratio": 1.0}, count=180, where=found[0].slice, gap=found[0].id,
                  reason="61 of 240 wanted rows are there" + name),
            Order(generator="copula", count=28, where=found[3].slice, gap=found[3].id, reason="2 of 30"),
            Order(generator="copula", count=600, reason="common share"),
        ),
        advice="With few real rows of a rare class, copula rows have helped small trees." + name,
        notes=("No rows were ordered for combinations that were never seen.",),
    )  # fmt: skip


def audit(name: str = "", verdict: Any = "pass") -> Audit:
    def one(
        check: str, what: str, value: float | None, reference: float | None, limit: float | None, **more: Any
    ) -> Finding:
        more = {"verdict": "pass", "sentence": f"{what} is within the limit.", **more}
        return Finding(check=check, name=what + name, value=value, reference=reference, limit=limit, **more)

    return Audit(
        findings=(
            one("rules", "rows that break a rule", 0.0, 0.0, 0.0),
            one("marginals", "largest distance of a column", 0.043, 0.031, 0.09, low=0.035, high=0.055,
                details={"reference_low": 0.022, "reference_high": 0.047}),
            one("pairs", "largest distance of a pair", 0.121, 0.062, 0.10, low=0.1, high=0.14, verdict=verdict,
                action="none" if verdict == "pass" else "repair",
                sentence=f"TSH{name} and class depend on each other less than in real rows."),
            one("gap_test", "AUC real against synthetic", 0.587, 0.503, 0.60, low=0.55, high=0.62,
                verdict="inconclusive", sentence="The interval reaches past the limit: more real rows are needed."),
            one("copies", "synthetic rows closer than real rows are", 3.0, 2.0, None, rows=(4, 17, 33)),
            one("coverage", "share of clusters reached", None, None, None, verdict="inconclusive",
                sentence="Too few rows to say."),
        ),
        skipped={"sequences": "the data has no time order" + name},
    )  # fmt: skip


def arms(name: str = "") -> tuple[ArmResult, ...]:
    def one(
        arm: str, role: ArmRole, mean: float, gain: float | None, *, same: bool = True, text: str = ""
    ) -> ArmResult:
        e = None if gain is None else Estimate(mean=gain, low=gain - 0.011, high=gain + 0.0105)
        return ArmResult(
            arm=arm + (name if role == "candidate" else ""), role=role, same_learner=same, repeats=10,
            train_rows=1214, description=text + name, train_weight=1214.0, tune=mean + 0.013, versus_real=e,
            test=Estimate(mean=mean, low=mean - 0.014, high=mean + 0.0155), values=(mean - 0.01, mean), seconds=3.2,
        )  # fmt: skip

    return (
        one("copula + teacher labels", "candidate", 0.8231, 0.0912, text="808 synthetic rows beside the real ones"),
        one("real_only", "control", 0.7319, None, text="the real training rows"),
        one("duplicated rows", "control", 0.7402, 0.0083, text="rare rows repeated to the same weight"),
        one("class_weights", "control", 0.7700, 0.0381, text="the rare class weighted up"),
        one("threshold", "control", 0.7325, 0.0006, text="the threshold tuned"),
        one("undersampled bag", "control", 0.7561, 0.0242, text="ten models on balanced samples"),
        one("smote", "control", 0.7488, 0.0169, text="SMOTE-NC rows"),
        one("shuffled labels", "control", 0.6811, -0.0508, text="synthetic rows with shuffled labels"),
        one("tuned ensemble", "reference", 0.8702, 0.1383, same=False, text="another learner, tuned"),
        one("held-out real rows", "reference", 0.8105, 0.0786, text="240 more real rows"),
    )


def study(verdict: StudyVerdict = "helps", name: str = "", **more: Any) -> Study:
    difference, low, high = FIGURES[verdict]
    candidate = "copula + teacher labels" + name
    shared: dict[str, Any] = {
        "arm": candidate, "control": "class_weights", "metric": "average_precision", "margin": 0.01, "repeats": 10,
        "sentence": "", "level": 0.975,
    }  # fmt: skip
    main = Claim(
        slice=None, difference=difference, low=low, high=high, verdict=verdict, units=948, positives=48,
        groups=948, limited_by="test units", **shared,
    )  # fmt: skip
    lost = Claim(
        slice=slice_(f"referral{name}", f"WEST{name}"), difference=-0.021, low=-0.084, high=0.031, groups=61,
        verdict="not enough evidence", units=61, positives=4, limited_by="test units", **shared,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "purpose": "augment", "metric": "average_precision", "larger_is_better": True, "learner": "tree" + name,
        "about": "training sets of 300 rows", "arms": arms(name), "claims": (main, lost),
        "skipped": {"rule_feature": "no rule was declared" + name},
        "remedy": Remedy(
            arm=candidate if verdict == "helps" else "class_weights",
            sentence="Use the copula rows with teacher labels." if verdict == "helps" else "Use class weights.",
            versus_real=Estimate(mean=0.0912, low=0.0802, high=0.1017),
            settings={"max_depth": 4, "class_weight": "balanced", "ratio": 0.6663},
            collect=("180 rows where class = hypothyroid", "20 rows where referral = STMW"),
        ),
        "curve": tuple(
            Evidence(name=f"ratio {r}", value=v, low=v - 0.012, high=v + 0.011, n=10)
            for r, v in ((0, 0.738), (0.25, 0.771), (0.5, 0.802), (1, 0.836), (2, 0.829), (4, 0.801))
        ),
        "warnings": ("The class hypothyroid has 48 test rows." + name,), "test_digest": "5f" * 32,
        "test_rows": 948, "openings": 2, "seed": 7, "seconds": 48.2,
        "power": "With 10 repeats, a true gain of 0.030 is found with probability 0.8.",
    }  # fmt: skip
    return Study(**(fields | more))


def report_inputs(verdict: StudyVerdict = "helps", *, hostile: bool = False, **more: Any) -> dict[str, Any]:
    """Keyword arguments of `report`, without `out`."""
    name = HOSTILE if hostile else ""
    power = Power(
        rare_class="hypothyroid" + name, rare_units=48, wanted_gain=0.1, discordant=0.2, needed_units=122,
        minimum_gain=0.156,
        sentence="The test set holds 48 rows of the rarest class. It finds a gain of 15.6 points or more.",
    )  # fmt: skip
    return {
        "title": "Hypothyroid: rare positives" + name, "dataset_name": "hypothyroid.csv" + name,
        "recipe": Recipe(data=DataSpec(path="/home/someone/secret-project/hypothyroid.csv", target="class")),
        "command": "abound run /home/someone/secret-project/hypothyroid.csv --target class --seed 7" + name,
        "schema": schema(name),
        "shown": "Each repeat found, planned, made and audited its own rows; those of the first are shown.",
        "split": {"train": (1214, 1214), "tune": (758, 758), "reference": (242, 242), "test": (948, 948)},
        "test_digest": "5f" * 32, "power": power, "gaps": gaps(name),
        "found_skipped": {"weak_slice": "needs two classes with 30 rows each" + name}, "plan": plan(name),
        "audit": audit(name, "fail"), "study": study(verdict, name), "synthetic_rows": 801,
        "notes": ("Column seen was read as a date." + name,),
        "seconds": {"split": 0.2, "find": 3.1, "generate": 6.4, "audit": 2.2, "prove": 48.2},
        "digests": {"data": "ab" * 32, "train": "cd" * 32},
        "versions": {"abound": "0.1.0", "python": "3.11.9", "numpy": "2.4.0"},
    } | more  # fmt: skip
