"""Where SQL lies: one SQLite file per mode, or PostgreSQL by ``CATCHLIGHT_DATABASE`` with one schema per mode."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from records import glances, heads
from records.failures import database_errors, tables_are_missing
from records.locking import writing
from records.places import Place, place
from schema.settings import DataMode, data_home

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA: Final = sa.MetaData()
"""Every table that is kept in SQL registers here when its module is imported."""

_WAIT_MS: Final = 10_000

logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
"""Ctrl-C within a statement has the pool report a traceback; whoever configures logging still sees it."""


@dataclass(slots=True)
class _Opened:
    engine: sa.Engine
    tables: frozenset[str]
    file: tuple[int, int] | None


_ENGINES: dict[Place, _Opened] = {}
_OPENING: Final = threading.RLock()


def engine(mode: DataMode) -> sa.Engine:
    """The database of a mode, created where it is missing.

    One engine per database and process. Connections are opened anew each time, so that a database removed and built
    again by another process is never written to by mistake.

    Raises:
        StorageError: it cannot be reached or written.
        UsageError: ``CATCHLIGHT_DATABASE`` is not a PostgreSQL address, or its driver is not installed.
    """
    where = place(mode)
    with _OPENING, database_errors(where.shown):
        opened = _ENGINES.get(where)
        wanted = frozenset(METADATA.tables)
        if opened is None or opened.file != _file_of(where) or not wanted <= opened.tables:
            made = opened.engine if opened is not None else _connectable(where)
            _create(made, where)
            opened = _ENGINES[where] = _Opened(made, wanted, _file_of(where))
        return opened.engine


def exists(mode: DataMode) -> bool:
    """Whether there is anything to read; asking creates nothing."""
    where = place(mode)
    return where.file is None or where.file.exists()


@contextlib.contextmanager
def reading(mode: DataMode) -> Iterator[sa.Connection]:
    """See one state of the database, whatever others commit meanwhile; reading never waits for writing."""
    with _told(mode), engine(mode).connect() as plain:
        connection = plain
        if plain.dialect.name == "postgresql":
            connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextlib.contextmanager
def transaction(mode: DataMode, *, wait_s: float = 0.0) -> Iterator[sa.Connection]:
    """Write all or nothing; the heads of the chains written are kept outside the database too.

    Args:
        mode: which data.
        wait_s: how long to wait for another writer.

    Raises:
        BusyError: another process or thread is writing.
        StorageError: the database cannot be written; nothing was.
    """
    with writing(mode, wait_s=wait_s), _told(mode), engine(mode).connect() as plain:
        connection = plain.execution_options(catchlight_writes=True)
        grown: dict[str, tuple[heads.Head, heads.Head]] = {}
        connection.info["grown"] = grown
        try:
            with connection.begin():
                yield connection
                if grown:
                    heads.announce(mode, grown)
        finally:
            connection.info.pop("grown", None)
        if grown:
            heads.confirm(mode, grown)


def dispose(mode: DataMode) -> None:
    """Close what this process has open."""
    glances.close(place(mode))
    with _OPENING:
        opened = _ENGINES.pop(place(mode), None)
        if opened is not None:
            opened.engine.dispose()


def forget(mode: DataMode, *, keep: frozenset[str] = frozenset()) -> None:
    """Remove the whole database of a mode and its heads; used when all data of the mode are removed.

    Args:
        mode: which.
        keep: names of tables that stay as they are, with their heads.
    """
    where = place(mode)
    with writing(mode), database_errors(where.shown):
        if keep:
            _remove_others(mode, keep)
            heads.drop_others(mode, keep)
            dispose(mode)
            return
        if where.file is None:
            with engine(mode).begin() as connection:
                connection.execute(sa.schema.DropSchema(where.schema, cascade=True, if_exists=True))
        else:
            for suffix in ("", "-wal", "-shm"):
                where.file.with_name(where.file.name + suffix).unlink(missing_ok=True)
        heads.heads_path(mode).unlink(missing_ok=True)
        dispose(mode)


def _remove_others(mode: DataMode, keep: frozenset[str]) -> None:
    """All tables but these; what they held is overwritten in the file, the log before it included."""
    made = engine(mode)
    with made.connect() as connection, connection.execution_options(catchlight_writes=True).begin():
        for name in sa.inspect(connection).get_table_names():
            if name not in keep:
                connection.execute(sa.schema.DropTable(sa.Table(name, sa.MetaData())))
    if made.dialect.name == "sqlite":
        with contextlib.closing(made.raw_connection()) as raw:
            for order in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                raw.cursor().execute(order).fetchall()


@contextlib.contextmanager
def _told(mode: DataMode) -> Iterator[None]:
    where = place(mode)
    with database_errors(where.shown):
        try:
            yield
        except sa.exc.DBAPIError as error:
            if tables_are_missing(error):  # emptied by another process: look again next time
                _ENGINES.pop(where, None)
            raise


def _file_of(where: Place) -> tuple[int, int] | None:
    """Which file it is, not only what it is called; None for a server or while there is none."""
    if where.file is None or not where.file.exists():
        return None
    stat = where.file.stat()
    return (stat.st_dev, stat.st_ino)


def _connectable(where: Place) -> sa.Engine:
    arguments: dict[str, Any] = {"timeout": _WAIT_MS / 1000}
    if where.file is None:
        options = f"-csearch_path={where.schema} -clock_timeout={_WAIT_MS} -csynchronous_commit=on"
        arguments = {"connect_timeout": 10, "options": options}
    made = sa.create_engine(where.url, poolclass=sa.NullPool, connect_args=arguments)
    if where.file is not None:
        sa.event.listen(made, "connect", _prepare_sqlite)
        sa.event.listen(made, "begin", _begin_sqlite)
    return made


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (f"busy_timeout = {_WAIT_MS}", "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes its place at once: one that first read and then writes could not be made to wait."""
    writes = connection.get_execution_options().get("catchlight_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create(made: sa.Engine, where: Place) -> None:
    """Tables and triggers appear together or not at all; two processes that start at once do it one after the other."""
    folder = data_home(where.mode)
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if where.file is not None:
            os.close(os.open(where.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with made.connect() as plain, plain.execution_options(catchlight_writes=True).begin():
            if where.file is None:
                plain.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:schema))"), {"schema": where.schema})
                plain.execute(sa.schema.CreateSchema(where.schema, if_not_exists=True))
            METADATA.create_all(plain)
        os.fsync(handle)
    finally:
        os.close(handle)
