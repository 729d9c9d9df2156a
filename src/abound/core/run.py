"""Run: a folder of artifacts, locked while it is written, in which finished work is never done twice."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import abound
from abound.core.artifact import (
    MANIFEST,
    Artifact,
    build_folder,
    open_folder,
    read_manifest,
    storage_errors,
    sweep,
    write_bytes,
)
from abound.core.model import digest_of
from abound.errors import ArtifactError, InputError, RunLocked, StorageError

NOTICE = "REAL-DATA-INSIDE.txt"
_NOTICE_TEXT = (
    "This folder was written by abound and holds copies of the real data it was given (split, caches, models).\n"
    "Treat it as you treat the data itself. The report and the synthetic rows were not checked for release.\n"
)


@dataclass
class Run:
    """A run folder. Use as a context manager: it holds the folder's lock from enter to exit."""

    folder: Path
    _lock: int | None = field(default=None, repr=False)

    def __enter__(self) -> Run:
        with storage_errors(self.folder):
            self._make()
            known = (self.folder / NOTICE).exists() or (self.folder / ".lock").exists()
            if not known and any(self.folder.iterdir()):
                raise InputError(f"the folder {self.folder} is not empty and not a run: choose another with --out")
            self._lock = os.open(self.folder / ".lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            self._hold(self._lock)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:  # a file system such as /proc, on which no folder can be made
            raise StorageError(f"{self.folder} cannot be made: choose another folder with --out") from None

    def _hold(self, lock: int) -> None:
        """Take the lock, clear away what a killed run left, and write the notice."""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunLocked(
                f"another run is writing {self.folder}: wait for it, or choose another folder with --out"
            ) from None
        sweep(self.folder)
        write_bytes(self.folder / NOTICE, _NOTICE_TEXT.encode())

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def plan(
        self, name: str, *, kind: str, inputs: dict[str, Path], params: dict[str, Any], seed: int | None
    ) -> tuple[Path, Artifact, bool]:
        """Folder and draft manifest of an artifact, and whether it is already there, sound and up to date.

        The key covers abound's code, the content of every input artifact, the parameters and the seed, so an edited
        plan redoes only what changed. Whoever does the work passes the draft to `build_folder`.
        """
        keys = {label: read_manifest(path).content_digest() for label, path in inputs.items()}
        key = digest_of(code_digest(), kind, keys, params, seed)
        draft = Artifact(
            kind=kind, stage=name.partition("/")[0], key=key, files={}, inputs=keys, params=params, seed=seed,
            package_version=abound.__version__,
        )  # fmt: skip
        return self.folder / name, draft, self.fresh(name, key)

    def cached(
        self,
        name: str,
        *,
        kind: str,
        inputs: dict[str, Path],
        params: dict[str, Any],
        seed: int | None,
        fill: Callable[[Path], object],
    ) -> Path:
        """The artifact folder `name`, made by `fill` unless it is up to date. A damaged one is made anew."""
        folder, draft, fresh = self.plan(name, kind=kind, inputs=inputs, params=params, seed=seed)
        if not fresh:
            start = time.monotonic()
            build_folder(folder, draft, fill)
            self.note_seconds(name, time.monotonic() - start)
        return folder

    def fresh(self, name: str, key: str) -> bool:
        """Whether the artifact is there, has this key and is undamaged."""
        try:
            return open_folder(self.folder / name).key == key
        except ArtifactError:
            return False

    def note_seconds(self, name: str, seconds: float) -> None:
        """Seconds go to a file of their own: artifacts must not differ between two equal runs."""
        with storage_errors(self.folder), (self.folder / "seconds.tsv").open("a", encoding="utf-8") as file:
            file.write(f"{name}\t{seconds:.3f}\n")

    def seconds(self) -> dict[str, float]:
        """Seconds that each artifact took when it was made."""
        path = self.folder / "seconds.tsv"
        if not path.exists():
            return {}
        # A kill may cut the last line short; each whole one ends with its line break.
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        return {name: float(value) for name, value in (line.split("\t") for line in lines)}

    def artifacts(self) -> dict[str, Artifact]:
        """Manifests of all finished artifacts, by their path in the run."""
        found = [path.parent.relative_to(self.folder) for path in sorted(self.folder.rglob(MANIFEST))]
        # What is still being built begins with a dot.
        whole = [name for name in found if not any(part.startswith(".") for part in name.parts)]
        return {str(name): read_manifest(self.folder / name) for name in whole}


@cache
def code_digest() -> str:
    """SHA-256 over abound's own source files: a cache from other code is never reused."""
    root = Path(abound.__file__).parent
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        total.update(str(path.relative_to(root)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()
