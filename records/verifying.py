"""Chains held against the heads that are kept outside the database, though others may be writing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from records import chain, database
from records.heads import NOTHING, read_heads
from schema.errors import BusyError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from records.heads import Kept
    from schema.settings import DataMode

_TRIES: Final = 50


@contextlib.contextmanager
def steady(mode: DataMode, table: sa.Table) -> Iterator[tuple[sa.Connection, dict[str, Kept]]]:
    """One state of the database and the heads that belong to it.

    Raises:
        BusyError: others write without a pause.
    """
    for _ in range(_TRIES):
        with database.reading(mode) as connection:
            before = read_heads(mode)
            chain.head_of(connection, table)  # from here on this state is seen
            if read_heads(mode) == before:
                yield connection, before
                return
    msg = say("The {mode} ledger is being written too often to be verified now. Try again in a minute.", mode=say(mode))
    raise BusyError(msg)


def verified(mode: DataMode, tables: Sequence[sa.Table]) -> tuple[chain.Verdict, ...]:
    """Is each of these tables as it was written? One verdict a table; nothing written is fine."""
    if not database.exists(mode):
        return unopened(mode, tables)
    with steady(mode, tables[0]) as (connection, kept):
        return tuple(chain.verify(connection, table, head=kept.get(table.name)) for table in tables)


def unopened(mode: DataMode, tables: Sequence[sa.Table]) -> tuple[chain.Verdict, ...]:
    """The verdicts where there is no database: fine, unless the heads know of rows."""
    known = read_heads(mode)
    return tuple(_gone(table.name, known[table.name].head.seq if table.name in known else 0) for table in tables)


def _gone(table: str, rows: int) -> chain.Verdict:
    if rows == 0:
        return chain.Verdict(table, 0, NOTHING)
    return chain.Verdict(table, 0, NOTHING, 1, say("the database is gone: 0 rows are left of {rows}", rows=rows))
