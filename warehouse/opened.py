"""Versions of stored tables that this process has opened: a version never changes, and reading a long log again is dear."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from deltalake import DeltaTable

_MOST: Final = 64
"""Versions kept at once; each holds the names of its files."""


def opened(place: str, version: int) -> DeltaTable:
    """One version of a table; on an object store it is opened anew each time.

    Args:
        place: a folder, or an address.
        version: which one.
    """
    try:
        entry = _entry(Path(place), version).stat()
    except OSError:
        return DeltaTable(place, version=version) if "://" in place else _InFolder(place, version=version)
    return _opened(place, version, (entry.st_ino, entry.st_mtime_ns))


@functools.lru_cache(maxsize=_MOST)
def _opened(place: str, version: int, written: tuple[int, int]) -> DeltaTable:  # noqa: ARG001  (after a reset it is another)
    return _InFolder(place, version=version)


class _InFolder(DeltaTable):
    """A table in a folder whose files are called what they are called there: deltalake names them as in an address.

    In an address a blank is ``%20``, and Polars would look for a folder of that name.
    """

    def file_uris(self, *args: Any, **kwargs: Any) -> list[str]:
        """The paths of the table's files."""
        return [unquote(uri) for uri in super().file_uris(*args, **kwargs)]


def newest(folder: Path) -> int | None:
    """The newest version of a table in a folder, told by the names in its log; None when there is none."""
    log = folder / "_delta_log"
    if not log.is_dir():
        return None
    return max((int(entry.stem) for entry in log.glob("*.json") if entry.stem.isdigit()), default=None)


def _entry(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020}.json"
