"""Lines of the audit log that could not be written at once: kept in a file until the next line is written."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import TYPE_CHECKING, Any, Final

from records.company import COMPANY
from records.failures import database_errors
from schema.settings import data_home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


_KINDS: Final = {"entry_key": str, "at": int, "kind": str, "viewer": str, "data": str, "what": str}
_INSTANTS: Final = range(2**55)
"""Microseconds since 1970; beyond them no clock has been."""


def waiting_path() -> Path:
    """The file beside the company's database."""
    return data_home(COMPANY) / "audit_waiting.jsonl"


def keep(row: Mapping[str, Any]) -> None:
    """Add a line; it is on disk when this returns.

    Raises:
        StorageError: the disk cannot be written.
    """
    path = waiting_path()
    with database_errors(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) as handle:
            # A line break before it, too: a power cut may have left a piece of a line that nobody was told was kept.
            os.write(handle, f"\n{json.dumps(row)}\n".encode("ascii"))
            os.fsync(handle)


def is_empty() -> bool:
    """Whether nothing waits."""
    path = waiting_path()
    return not path.exists() or path.stat().st_size == 0


@contextlib.contextmanager
def taken() -> Iterator[list[dict[str, Any]]]:
    """What waits, in order; removed when the block ends without an error. Lines that no ``keep`` wrote are left out."""
    if is_empty():
        yield []
        return
    path = waiting_path()
    with _locked(path, os.O_RDWR) as handle:
        written = path.read_bytes()
        yield [row for line in written.splitlines() if (row := _row(line)) is not None]
        with database_errors(str(path)):
            os.ftruncate(handle, 0)
            os.fsync(handle)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(row, dict) and {name: type(value) for name, value in row.items()} == _KINDS
    return row if whole and row["at"] in _INSTANTS else None


@contextlib.contextmanager
def _locked(path: Path, flags: int) -> Iterator[int]:
    handle = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
