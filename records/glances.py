"""A quick question that every page asks: nothing is created, and a server's connection stays open between two."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from records.failures import database_errors, tables_are_missing
from records.places import Place, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.settings import DataMode

_WAIT_S: Final = 10
_KEPT: Final = 4
"""Connections to a server that stay open; more are opened while more ask at once."""

_ENGINES: dict[Place, sa.Engine] = {}
_OPENING: Final = threading.Lock()


def glance(mode: DataMode, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
    """The rows of one query, as they are now; none where there is no database, or not yet the table.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    where = place(mode)
    if where.file is not None and not where.file.exists():
        return []
    with database_errors(where.shown):
        try:
            with _engine(where).connect() as connection:
                return connection.execute(query).all()
        except sa.exc.DBAPIError as error:
            if tables_are_missing(error):
                return []
            raise


def close(where: Place) -> None:
    """Close what is kept open."""
    with _OPENING:
        opened = _ENGINES.pop(where, None)
    if opened is not None:
        opened.dispose()


def _engine(where: Place) -> sa.Engine:
    with _OPENING:
        if where not in _ENGINES:
            _ENGINES[where] = _connectable(where)
        return _ENGINES[where]


def _connectable(where: Place) -> sa.Engine:
    if where.file is not None:  # opened anew each time: the file may have been replaced
        address = sa.URL.create(
            "sqlite+pysqlite", database=where.file.as_uri(), query={"mode": "ro", "uri": "true"}
        )  # fmt: skip
        return sa.create_engine(address, poolclass=sa.NullPool, connect_args={"timeout": _WAIT_S})
    arguments: dict[str, Any] = {"connect_timeout": _WAIT_S, "options": f"-csearch_path={where.schema}"}
    return sa.create_engine(
        where.url,
        pool_size=_KEPT,
        max_overflow=-1,
        pool_pre_ping=True,  # the server may have been started again
        isolation_level="AUTOCOMMIT",
        connect_args=arguments,
    )
