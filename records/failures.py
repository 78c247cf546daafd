"""What a database can do to a read or write, as one clear message."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from schema.errors import BusyError, CatchlightError, StorageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SHOWN: Final = 300
_WAITING_STATES: Final = ("55P03", "57014", "40P01", "40001")
"""PostgreSQL: lock not available, cancelled while waiting, deadlock, serialisation."""
_APPEND_ONLY: Final = "only ever appended to"


@contextlib.contextmanager
def database_errors(where: str) -> Iterator[None]:
    """Turn a driver's or the disk's error into ``BusyError`` or ``StorageError``.

    Args:
        where: the file, or the server and database without its password.
    """
    try:
        yield
    except OSError as error:
        msg = say(
            "{where}: the database cannot be used ({reason}). Check space and permissions.",
            where=where,
            reason=error.strerror or error,
        )
        raise StorageError(msg) from error
    except _driver_errors() as error:
        raise told(where, error) from error


def told(where: str, error: Exception) -> CatchlightError:
    """The error to show for a driver's error."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    words = " ".join(str(cause).split())[:_MOST_SHOWN]
    if _is_waiting(cause, words):
        return BusyError(
            say("{where}: somebody else is writing to the database. Wait until it is done and try again.", where=where)
        )
    if _APPEND_ONLY in words:
        return StorageError(say("{where}: refused ({words}).", where=where, words=words))
    if isinstance(cause, sqlite3.DatabaseError) and ("malformed" in words or "not a database" in words):
        return StorageError(
            say("{where}: the database file is damaged ({words}). Restore it from a backup.", where=where, words=words)
        )
    if "full" in words or "No space" in words:
        return StorageError(
            say(
                "{where}: no space is left ({words}). Nothing was written; free some and try again.",
                where=where,
                words=words,
            )
        )
    return StorageError(say("{where}: the database cannot be used ({words}).", where=where, words=words))


def tables_are_missing(error: BaseException | None) -> bool:
    """Whether somebody emptied the database since it was opened."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(cause, "sqlstate", "")) in {"42P01", "3F000"} or "no such table" in str(cause)


def _is_waiting(cause: object, words: str) -> bool:
    if isinstance(cause, sqlite3.OperationalError):
        return "locked" in words or "busy" in words
    return str(getattr(cause, "sqlstate", "")) in _WAITING_STATES


def _driver_errors() -> tuple[type[Exception], ...]:
    """Also those of PostgreSQL's driver, once something has loaded it."""
    known = (sa.exc.SQLAlchemyError, sqlite3.Error)
    driver = sys.modules.get("psycopg")
    return (*known, driver.Error) if driver is not None else known
