"""Artifacts: folders that are complete or absent, with a manifest of SHA-256 digests checked before each read.

Every file is written beside its place, flushed to the disk and renamed; the manifest comes last and is the marker
that the folder is whole. A crash, a full disk or a kill leaves the old artifact or the new one, or (between the two
renames that exchange them) none, which its stage then makes again; never a mixture. What a killed process leaves
behind has a name that begins with a dot and holds ".tmp-"; `sweep` removes it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from abound.core.model import Model, canonical_json, digest_of
from abound.errors import ArtifactError, StorageError

T = TypeVar("T")
MANIFEST = "artifact.json"
_AGAIN = "run the command that made the folder again (abound run keeps what is finished)"


class Artifact(Model):
    """What a folder holds, how it was made, and the digest of each file."""

    kind: str
    format_version: int = 1
    stage: str
    key: str
    files: dict[str, str]
    inputs: dict[str, str] = {}
    params: dict[str, Any] = {}
    seed: int | None = None
    package_version: str = ""
    check: str = ""  # digest of the other fields: the manifest is covered as the files are

    def content_digest(self) -> str:
        """One digest over the names and digests of all files."""
        return digest_of(self.files)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn operating system errors of writing into one sentence that names the path."""
    try:
        yield
    except OSError as error:
        if isinstance(error, ConnectionError | FileNotFoundError):
            raise  # nobody reads the output any more, or a file to read is missing: no fault of the path
        reasons = {
            errno.ENOSPC: "the disk is full: free some space and run the same command again",
            errno.EDQUOT: "the disk quota is used up: free some space and run the same command again",
            errno.EROFS: "the file system is read-only: choose another folder with --out",
            errno.EACCES: "no permission to write there: choose another folder with --out",
            errno.EPERM: "no permission to write there: choose another folder with --out",
            errno.EISDIR: "a folder stands where a file is to be: choose another folder with --out",
            errno.EEXIST: "a part of that path is a file, not a folder: choose another folder with --out",
            errno.ENOTDIR: "a part of that path is a file, not a folder: choose another folder with --out",
            errno.ENAMETOOLONG: "the name is too long for this file system: choose a shorter one with --out",
        }
        reason = reasons.get(error.errno or 0, f"{error.strerror or error}: choose another folder with --out")
        raise StorageError(f"cannot write {path}: {reason}") from error


@contextlib.contextmanager
def _makeable(path: Path) -> Iterator[None]:
    """Its folder is made; StorageError where the file system, such as /proc, has no place for new files."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except FileNotFoundError:
        raise StorageError(
            f"cannot write {path}: no file can be made there: choose another folder with --out"
        ) from None


def write_bytes(path: Path, data: bytes) -> str:
    """Write a file atomically and durably; return its SHA-256."""
    with storage_errors(path):
        with _makeable(path):
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=_temporary(path))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
            raise
        _sync_folder(path.parent)
    return hashlib.sha256(data).hexdigest()


def write_json(path: Path, value: Any) -> str:
    """Write canonical JSON atomically; return its SHA-256."""
    return write_bytes(path, (canonical_json(value) + "\n").encode())


def build_folder(folder: Path, manifest: Artifact, fill: Callable[[Path], object]) -> Artifact:
    """Let `fill` write files into a temporary folder, add the manifest, and move it into place as a whole."""
    with storage_errors(folder), _makeable(folder):
        work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_temporary(folder)))
    try:
        with storage_errors(folder):
            fill(work)
            files = {str(p.relative_to(work)): file_digest(p) for p in sorted(work.rglob("*")) if p.is_file()}
            done = _checked(manifest.model_copy(update={"files": files}))
            write_json(work / MANIFEST, done)
            os.chmod(work, 0o755)
            _put(work, folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return done


def _temporary(path: Path) -> str:
    return f".{path.name}.tmp-"


def _put(work: Path, folder: Path) -> None:
    """Move a finished folder to its place; what stood there is set aside first and deleted last."""
    aside = None
    if folder.exists():
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_temporary(folder)))
        os.replace(folder, aside)
    try:
        os.replace(work, folder)
    except OSError:
        if aside is not None:
            os.replace(aside, folder)
        raise
    _sync_folder(folder.parent)
    if aside is not None:
        shutil.rmtree(aside)


def sweep(folder: Path) -> None:
    """Delete what killed processes left under `folder`. Only its one writer may call this."""
    for path in sorted(folder.rglob(".*.tmp-*")):
        with storage_errors(path):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _checked(manifest: Artifact) -> Artifact:
    plain = manifest.model_copy(update={"check": ""})
    return plain.model_copy(update={"check": digest_of(plain)})


def read_manifest(folder: Path) -> Artifact:
    """The manifest of an artifact folder, without checking the files."""
    path = folder / MANIFEST
    try:
        manifest = Artifact.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(
            f"{folder} holds no finished artifact ({MANIFEST} is missing): run its stage again"
        ) from None
    except ValidationError as error:
        raise ArtifactError(
            f"{path} is damaged ({error.error_count()} errors): delete the folder and run again"
        ) from error
    if manifest.check != _checked(manifest).check:
        raise ArtifactError(f"{path} was changed or damaged after it was written: delete the folder and run again")
    return manifest


def open_folder(folder: Path) -> Artifact:
    """The manifest, after checking that every file is there and has its digest."""
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"{path} is missing: delete the folder {folder} and run again")
        if file_digest(path) != digest:
            raise ArtifactError(
                f"{path} was changed or damaged after it was written: delete {folder} and run again"
            )
    return manifest


def is_sound(folder: Path) -> bool:
    """Whether the folder is a finished, undamaged artifact."""
    try:
        open_folder(folder)
    except ArtifactError:
        return False
    return True


def read_json(path: Path) -> Any:
    """Parse a JSON file that abound wrote; ArtifactError where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(f"{path} is missing: {_AGAIN}") from None
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read ({error.strerror}): {_AGAIN}") from None
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is damaged ({error or 'nested too deeply'}): delete it and {_AGAIN}") from None


def read_as(path: Path, kind: type[T]) -> T:
    """A noun, or a tuple of nouns, from a JSON file that abound wrote; ArtifactError where it holds none."""
    value = read_json(path)
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ArtifactError(f"{path} is damaged ({where}: {first['msg']}): delete it and {_AGAIN}") from None


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
