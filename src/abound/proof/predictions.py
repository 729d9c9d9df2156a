"""Predictions given as DIR/<arm>/<repeat>.parquet or .csv: which arms, in which roles, and whether they repeat.

`real_only` is the baseline: the same learner on the real rows alone. An arm that is called as one of the controls
("class_weights", "smote") or references ("ensemble") is one; every other arm is a candidate. A file arms.yaml in
the folder may say otherwise, as `name: candidate | control | reference`. Files of one name are one repeat: they
come from the same training rows, and are compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from abound.core.recipe import load_yaml
from abound.core.study import ArmRole
from abound.errors import InputError, did_you_mean
from abound.formats.predictions import read_predictions
from abound.proof.controls import CONTROLS

if TYPE_CHECKING:
    import polars as pl

BASELINE = "real_only"
ROLES = "arms.yaml"
_TABLES = (".parquet", ".pq", ".csv", ".arrow", ".feather")


@dataclass(frozen=True)
class GivenArm:
    """An arm as a folder holds it: its role, whether it deploys the learner in question, and a file a repeat."""

    name: str
    role: ArmRole
    files: Mapping[str, Path]

    @property
    def same_learner(self) -> bool:
        """References may be anything; candidates and controls are given as the same learner, unless none can be."""
        control = next((c for c in CONTROLS if c.name == self.name), None)
        return self.role != "reference" and (control is None or control.same_learner)

    @property
    def description(self) -> str:
        """What the arm is, in words."""
        control = next((c for c in CONTROLS if c.name == self.name), None)
        return control.description if control else "predictions given from outside"


def given_arms(folder: Path) -> list[GivenArm]:
    """The arms of a folder, the baseline first. InputError where they do not form arms x repeats."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: give DIR with DIR/<arm>/<repeat>.parquet or .csv")
    entries = [p for p in sorted(folder.iterdir()) if not p.name.startswith(".")]
    stray = next((p for p in entries if p.is_file() and p.suffix in _TABLES), None)
    if stray is not None:
        raise InputError(f"{stray} lies beside the arms: put it into a folder that is called as its arm")
    files = {p.name: _repeats(p) for p in entries if p.is_dir()}
    if BASELINE not in files:
        raise InputError(
            f"{folder} has no arm {BASELINE!r}: predictions of the same learner trained on the real rows alone are "
            f"what every arm is compared with ({did_you_mean(BASELINE, files)})"
        )
    roles = _roles(folder / ROLES, list(files))
    arms = [GivenArm(name, roles[name], files[name]) for name in sorted(files, key=lambda n: (n != BASELINE, n))]
    if not any(a.role == "candidate" for a in arms):
        raise InputError(f"{folder} holds no candidate beside {', '.join(sorted(files))}: add the arm to be judged")
    first = arms[0]
    for arm in arms[1:]:
        if set(arm.files) != set(first.files):
            odd = sorted(set(arm.files) ^ set(first.files))[0]
            lacks = arm.name if odd in first.files else first.name
            raise InputError(
                f"{folder}: the arm {lacks!r} has no repeat {odd!r}: every arm needs the same repeats, named alike"
            )
    return arms


def _repeats(folder: Path) -> dict[str, Path]:
    out: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        if path.suffix not in _TABLES:
            raise InputError(f"{path} is no table of predictions: each repeat of an arm is a .parquet or .csv file")
        if path.stem in out:
            raise InputError(f"{path} and {out[path.stem].name} are the same repeat: keep one of them")
        out[path.stem] = path
    if not out:
        raise InputError(f"{folder} is empty: an arm needs a file of predictions a repeat")
    return out


def _roles(path: Path, names: Sequence[str]) -> dict[str, ArmRole]:
    known: dict[str, ArmRole] = {c.name: c.role for c in CONTROLS}
    out: dict[str, ArmRole] = {n: known.get(n, "candidate") for n in names}
    if not path.exists():
        return out
    given = load_yaml(path)
    if not isinstance(given, dict):
        raise InputError(f"{path} should hold lines such as  weighted: control")
    for name, role in given.items():
        if name not in out:
            raise InputError(f"{path} names no arm {name!r}: {did_you_mean(str(name), out)}")
        if role not in get_args(ArmRole):
            raise InputError(f"{path}: {name!r} cannot be {role!r}: choose one of {', '.join(get_args(ArmRole))}")
        if name == BASELINE and role != "control":
            raise InputError(f"{path}: {BASELINE!r} is the baseline and stays a control")
        out[name] = role
    return out


def read_arm(arm: GivenArm, ids: Sequence[str], columns: Sequence[str]) -> list[pl.DataFrame]:
    """The predictions of each repeat, row-aligned with `ids`.

    InputError where two repeats of a candidate are equal: a copied file, or a model that was trained twice with one
    seed on the same rows, is no second observation, and an interval over such repeats is too narrow. A baseline or
    a control may be the same each time, where its training is.
    """
    frames = [read_predictions(path, ids, columns) for path in arm.files.values()]
    if arm.role != "candidate":
        return frames
    seen: dict[bytes, Path] = {}
    for path, frame in zip(arm.files.values(), frames, strict=True):
        content = np.round(frame.to_numpy(), 9).tobytes()
        if content in seen:
            raise InputError(
                f"{path} and {seen[content].name} hold the same predictions, so they are one repeat and not two: "
                "make the rows and train the model again with another seed, or delete one of them"
            )
        seen[content] = path
    return frames
