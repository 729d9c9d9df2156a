"""What a file is, by its first bytes: a name can be wrong, and a wrong name is worth one clear sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from abound.errors import InputError

FileFormat = Literal["csv", "gz", "parquet", "arrow"]
_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".data": "csv", ".tab": "csv", ".gz": "gz",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
}  # fmt: skip
_NAMES = {"csv": "a text file", "gz": "a gzip file", "parquet": "a Parquet file", "arrow": "an Arrow file"}
_REFUSED = (
    (b"PK\x03\x04", "is a zip or Excel file: save the sheet as CSV, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel file: save the sheet as CSV"),
    (b"SQLite format 3", "is an SQLite database: export the table as CSV"),
    (b"FEA1", "is a Feather file of version 1: write it again with a current pyarrow"),
    (b"\xff\xff\xff\xff", "is an Arrow stream: save it as an Arrow file (Feather) or as Parquet"),
    (b"\xff\xfe", "is UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text: save it as UTF-8"),
    (b"BZh", "is packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "is packed with xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is packed with zstd: unpack it first"),
    (b"\x80\x02", "is a pickle, which can run code when it is opened: save the table as Parquet"),
    (b"\x80\x03", "is a pickle, which can run code when it is opened: save the table as Parquet"),
    (b"\x80\x04", "is a pickle, which can run code when it is opened: save the table as Parquet"),
    (b"\x80\x05", "is a pickle, which can run code when it is opened: save the table as Parquet"),
)


_JSON = {".json": "read_json", ".jsonl": "read_ndjson", ".ndjson": "read_ndjson"}  # and what reads it in polars


def check_file(path: Path) -> None:
    """InputError where `path` is not a regular file that can be opened."""
    try:
        there = path.exists()
    except OSError as error:
        raise InputError(f"{path} cannot be reached ({error.strerror}): check the path") from None
    if not there:
        raise InputError(f"{path} does not exist: check the path{_near(path)}")
    if path.is_dir():
        raise InputError(f"{path} is a folder: name one file in it")
    if not path.is_file():
        raise InputError(f"{path} is not a regular file: name a CSV, Parquet or Arrow file")
    try:
        with path.open("rb"):
            pass
    except PermissionError:
        raise InputError(f"{path} may not be read: ask for the permission (chmod +r), or copy it") from None


def file_format(path: Path) -> FileFormat:
    """The format of a file, by its content. InputError where it is none that is read, or contradicts the suffix."""
    check_file(path)
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise InputError(f"{path} is empty (0 bytes): write the table again")
    for magic, reason in _REFUSED:
        if head.startswith(magic):
            raise InputError(f"{path} {reason}")
    if (reader := _JSON.get(path.suffix.lower())) is not None:
        to = path.with_suffix(".parquet")
        raise InputError(
            f"{path} is JSON, which is not read: convert it to Parquet or CSV, with  "
            f'python -c "import polars as pl; pl.{reader}({str(path)!r}).write_parquet({str(to)!r})"'
        )
    found: FileFormat = "csv"
    if head.startswith(b"PAR1"):
        found = "parquet"
    elif head.startswith(b"ARROW1"):
        found = "arrow"
    elif head.startswith(b"\x1f\x8b"):
        found = "gz"
    named = _SUFFIXES.get(path.suffix.lower(), found)
    if named not in ("csv", found) and found == "csv" and not _is_text(head):
        raise InputError(f"{path} is not {_NAMES[named]}, whatever its name says: write it again or copy it again")
    if named != found:
        raise InputError(
            f"{path} is named as {_NAMES[named]} and its content is that of {_NAMES[found]}: rename it to "
            f"{path.name + '.gz' if found == 'gz' else path.with_suffix(_suffix_of(found)).name}, or write it again"
        )
    return found


def _is_text(head: bytes) -> bool:
    """Whether the first bytes of a file may be text, cut in the middle of a character or not."""
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")
    return "\ufffd" not in text and "\0" not in text


def _suffix_of(found: FileFormat) -> str:
    return next(suffix for suffix, name in _SUFFIXES.items() if name == found)


def _near(path: Path) -> str:
    """The nearest file name in the same folder, as the tail of a message."""
    import difflib

    if not path.parent.is_dir():
        return f" (there is no folder {path.parent})"
    try:
        names = sorted(p.name for p in path.parent.iterdir() if p.is_file())[:10_000]
    except PermissionError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""
