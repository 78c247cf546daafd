"""Where the job's tables lie: a folder that every worker sees, or an address on an object store."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from schema.durable import sync_path
from schema.errors import BusyError
from schema.settings import data_home
from warehouse.lease import lease, still_writing
from warehouse.objects import Objects, checked_url, is_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LOCK: Final = ".lock"


class Place(Protocol):
    """The few things that are done to files; paths are relative, with slashes."""

    def at(self, path: str) -> str:
        """A path as engines read and write it."""

    def below(self, path: str) -> list[str]:
        """All files below a folder, by name; none where there is no such folder."""

    def read(self, path: str) -> bytes | None:
        """A file's content; None where there is none."""

    def write(self, path: str, content: bytes) -> None:
        """Write or replace a file in one step, durably."""

    def keep(self, paths: Sequence[str]) -> None:
        """Make files that an engine wrote durable."""

    def drop(self, paths: Sequence[str]) -> None:
        """Delete files; those that are gone already do not matter."""

    def only_run(self) -> contextlib.AbstractContextManager[None]:
        """Be the only run that publishes here.

        Raises:
            BusyError: another one does.
        """

    def still_alone(self) -> None:
        """Make sure of that before publishing.

        Raises:
            BusyError: another run took over.
        """


def place_of(where: str | Path) -> Place:
    """The place of that name.

    Args:
        where: a folder, or an address such as ``s3://bucket/prefix``.

    Raises:
        UsageError: an address of a store that is not known.
        StorageError: the object store's client is not installed.
    """
    if is_url(str(where)):
        return Addressed(checked_url(str(where), "--out"))
    return Folder(Path(where).absolute())


class Folder:
    """A folder."""

    def __init__(self, root: Path) -> None:  # noqa: D107  (the class says it)
        self._root = root

    def __str__(self) -> str:
        """Its path or address, for messages."""
        return str(self._root)

    def at(self, path: str) -> str:
        """As ``Place`` says."""
        return str(self._root / path)

    def below(self, path: str) -> list[str]:
        """As ``Place`` says."""
        found = (file for file in (self._root / path).rglob("*") if file.is_file())
        return sorted(file.relative_to(self._root).as_posix() for file in found)

    def read(self, path: str) -> bytes | None:
        """As ``Place`` says."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """As ``Place`` says."""
        final = self._root / path
        final.parent.mkdir(parents=True, exist_ok=True)
        part = final.with_name(f".{final.name}.{os.getpid()}")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(final)
        sync_path(final.parent)

    def keep(self, paths: Sequence[str]) -> None:
        """As ``Place`` says."""
        for path in paths:
            sync_path(self._root / path)
        for folder in {(self._root / path).parent for path in paths}:
            sync_path(folder)

    def drop(self, paths: Sequence[str]) -> None:
        """As ``Place`` says; folders that are empty then go too."""
        for path in paths:
            (self._root / path).unlink(missing_ok=True)
        folders = {parent for path in paths for parent in (self._root / path).parents if self._root in parent.parents}
        for folder in sorted(folders, reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()

    @contextlib.contextmanager
    def only_run(self) -> Iterator[None]:
        """As ``Place`` says."""
        self._root.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            msg = f"{self._root}: another run is making rollups there. Wait until it is done."
            raise BusyError(msg) from error
        try:
            yield
        finally:
            os.close(handle)

    def still_alone(self) -> None:
        """The lock cannot be lost."""


class Addressed:
    """An address on an object store."""

    def __init__(self, url: str) -> None:  # noqa: D107  (the class says it)
        self._url, self._store = url, Objects(url)

    def __str__(self) -> str:
        """Its path or address, for messages."""
        return self._url

    def at(self, path: str) -> str:
        """As ``Place`` says."""
        return f"{self._url}/{path}"

    def below(self, path: str) -> list[str]:
        """As ``Place`` says."""
        return [one.path for one in self._store.below(path)]

    def read(self, path: str) -> bytes | None:
        """As ``Place`` says."""
        found = self._store.get(path)
        return found[0] if found else None

    def write(self, path: str, content: bytes) -> None:
        """As ``Place`` says."""
        self._store.put(path, content)

    def keep(self, paths: Sequence[str]) -> None:
        """An object is durable when it is there."""

    def drop(self, paths: Sequence[str]) -> None:
        """As ``Place`` says."""
        self._store.delete(paths)

    @contextlib.contextmanager
    def only_run(self) -> Iterator[None]:
        """As ``Place`` says; ended by another machine when this one does not renew it for five minutes."""
        folder = data_home("real")
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_here(folder), lease(self._store, folder):
            yield

    def still_alone(self) -> None:
        """As ``Place`` says."""
        still_writing(self._url)


@contextlib.contextmanager
def _alone_here(folder: Path) -> Iterator[None]:
    """The lease is this machine's; among its processes a file's lock decides."""
    handle = os.open(folder / "rollup.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        msg = "Another run is making rollups on this machine. Wait until it is done."
        raise BusyError(msg) from error
    try:
        yield
    finally:
        os.close(handle)
