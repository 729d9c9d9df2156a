"""Synthetic data for machine learning, with a calibrated proof of whether it helps.

    import abound as ab
    run = ab.run(ab.Recipe(data={"path": "table.csv", "target": "y"}))
    print(run)

The names below are imported on first use, so that `import abound` costs nothing; `__init__.pyi` types them.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "read": "stages.read",
    "split": "stages.split",
    "find": "stages.find",
    "plan": "stages.plan",
    "generate": "stages.generate",
    "audit": "stages.audit",
    "repair": "stages.repair",
    "mix": "stages.mix",
    "prove": "stages.prove",
    "handout": "stages.handout",
    "judge": "stages.judge",
    "report": "stages.report",
    "compare": "stages.compare",
    "run": "loop",
    "deploy": "deployment",
    "Result": "loop",
    "Split": "stages.split",
    "Dataset": "core.dataset",
    "Schema": "core.schema",
    "Table": "core.schema",
    "Column": "core.schema",
    "Link": "core.schema",
    "Task": "core.schema",
    "Slice": "core.slice",
    "Term": "core.slice",
    "Has": "core.slice",
    "Gap": "core.gap",
    "Order": "core.plan",
    "Plan": "core.plan",
    "Finding": "core.audit",
    "Audit": "core.audit",
    "Study": "core.study",
    "Recipe": "core.recipe",
    "Make": "core.recipe",
    "Use": "core.recipe",
    "Run": "core.run",
}

__all__ = [*sorted(_HOME), "errors"]


def __getattr__(name: str) -> object:
    if name == "errors":
        return import_module("abound.errors")
    if name not in _HOME:
        raise AttributeError(f"module 'abound' has no attribute {name!r}")
    value = getattr(import_module(f"abound.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
