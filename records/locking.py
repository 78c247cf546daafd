"""One writer of a mode's SQL at a time, across threads, processes and (on PostgreSQL) machines."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from records.failures import database_errors
from records.places import place
from schema.errors import BusyError
from schema.language import say
from schema.settings import DataMode, data_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL_WRITE_WAIT_S: Final = 10.0
"""How long a person's click waits for a running job's transaction."""

_SERVER_WAIT_S: Final = 2.0
"""A killed client's lock stands until the server sees the broken connection."""

_STEP_S: Final = 0.02

_held = threading.local()


@contextlib.contextmanager
def writing(mode: DataMode, *, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only writer of one mode's SQL; the same thread may enter again. Reading never waits.

    Args:
        mode: which data.
        wait_s: how long to wait for another writer.

    Raises:
        BusyError: another process or thread is writing.
        StorageError: the folder cannot be written.
    """
    where = place(mode)
    mine: set[object] = _held.__dict__.setdefault("places", set())
    if where in mine:
        yield
        return
    with _file_lock(mode, wait_s), _server_lock(mode, wait_s):
        mine.add(where)
        try:
            yield
        finally:
            mine.discard(where)


@contextlib.contextmanager
def _file_lock(mode: DataMode, wait_s: float) -> Iterator[None]:
    folder = data_home(mode)
    with database_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "ledger.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _patiently(lambda: _flock(handle), mode, wait_s)
        yield
    finally:
        os.close(handle)


def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _server_lock(mode: DataMode, wait_s: float) -> Iterator[None]:
    where = place(mode)
    if where.file is not None:
        yield
        return
    with contextlib.ExitStack() as stack:
        with database_errors(where.shown):
            server = sa.create_engine(where.url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
            connection = stack.enter_context(server.connect().execution_options(isolation_level="AUTOCOMMIT"))
            asked = sa.text("SELECT pg_try_advisory_lock(hashtext('catchlight writer'), hashtext(:schema))")

            def locked() -> bool:
                return bool(connection.execute(asked, {"schema": where.schema}).scalar_one())

            _patiently(locked, mode, max(wait_s, _SERVER_WAIT_S))
        yield


def _patiently(locked: Callable[[], bool], mode: DataMode, wait_s: float) -> None:
    give_up = time.monotonic() + wait_s
    while not locked():
        if time.monotonic() >= give_up:
            msg = say(
                "Somebody else is writing the {mode} ledger. Wait until it is done and try again.", mode=say(mode)
            )
            raise BusyError(msg)
        time.sleep(_STEP_S)
