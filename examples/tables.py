"""The whole loop from Python, on a table that scikit-learn brings: python examples/tables.py"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sklearn.datasets import load_breast_cancer

import abound as ab

REPEATS = 3  # ten for a verdict to rely on


def main() -> None:
    found = load_breast_cancer(as_frame=False)
    table = {str(name): found.data[:, i] for i, name in enumerate(found.feature_names)}
    table["diagnosis"] = [found.target_names[t] for t in found.target]

    # One step at a time.
    real = ab.read(table, target="diagnosis", positive="malignant")
    train, tune, reference, test, power = ab.split(real, seed=0)
    print(power.sentence)
    gaps = ab.find(train, tune)
    print(f"{len(gaps)} gaps; the first: {gaps[0] if gaps else 'none'}")
    order = ab.Order(generator="teacher_labels", params={"base": "copula"}, count=2 * len(train))
    synth = [ab.generate(train, ab.Plan(orders=(order,)), refit=k) for k in range(REPEATS)]
    audit = ab.audit(synth[0], train, reference=reference)
    print(f"audit: {audit.verdict}")
    mixed = [ab.mix(s, train, tune, audit) for s in synth]
    study = ab.prove({"mixed": mixed}, baseline=[train] * REPEATS, tune=tune, test=test, learner="tree")
    print(study)

    # Or all of it at once, with a run folder and a report.
    recipe = ab.Recipe(
        data={"path": "table", "target": "diagnosis", "positive": "malignant"},
        learner={"name": "tree"},
        repeats={"n": REPEATS, "train_rows": 120},
        generate=[{"generator": {"teacher_labels": {"base": "copula"}}, "ratio": 2}],
    )
    with tempfile.TemporaryDirectory() as folder:
        result = ab.run(recipe, source=table, out=Path(folder) / "run", quiet=True)
        print(result)
        print(sorted(path.name for path in result.folder.iterdir()))


if __name__ == "__main__":
    main()
