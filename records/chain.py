"""Append-only, hash-chained tables: nothing in them can be changed, removed or slipped in unseen.

A row's hash is SHA-256 of the hash before it followed by the row as canonical JSON (``records.canonical``), so that
anyone can check it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from records.canonical import canonical_text, canonical_texts
from records.columns import instant, text, whole
from records.frames import microseconds, moment, raw_rows, stored_frame, stored_parts
from records.guards import guard
from records.heads import NOTHING, Head, Kept
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did.

    Attributes:
        rows: how many rows were new.
        first_seq: number of the first new row; None when there was none.
        last_seq: number of the table's last row now; 0 when it is empty.
        head: hash of the table's last row now; 64 zeros when it is empty.
    """

    rows: int
    first_seq: int | None
    last_seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a table is as it was written.

    Attributes:
        table: which.
        rows: how many rows it holds.
        head: hash of its last row.
        broken_seq: number of the first row at which something is wrong; None when nothing is.
        problem: what is wrong, in words; empty when nothing is.
    """

    table: str
    rows: int
    head: str
    broken_seq: int | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem


def chained_table(
    name: str, metadata: sa.MetaData, *columns: sa.Column[Any], indexes: Sequence[sa.Index] = ()
) -> sa.Table:
    """A table that can only be appended to.

    Adds ``seq`` (1, 2, 3 …, no gaps), ``entry_key`` (what makes a retry harmless), ``recorded_at``, ``prev_hash`` and
    ``row_hash``, and triggers that refuse UPDATE, DELETE and TRUNCATE.
    """
    table = sa.Table(
        name,
        metadata,
        whole("seq", primary_key=True, autoincrement=False),
        text("entry_key", unique=True),
        *columns,
        instant("recorded_at"),
        text("prev_hash"),
        text("row_hash"),
        *indexes,
    )
    guard(table)
    return table


def head_of(connection: sa.Connection, table: sa.Table) -> Head:
    """The last row."""
    row = connection.execute(
        sa.select(table.c.seq, table.c.row_hash).order_by(table.c.seq.desc()).limit(1)
    ).one_or_none()
    return Head(row.seq, row.row_hash) if row is not None else Head()


def append(
    connection: sa.Connection,
    table: sa.Table,
    rows: pl.DataFrame | Iterable[Mapping[str, object]],
    *,
    recorded_at: dt.datetime | None = None,
) -> Appended:
    """Add rows; those whose ``entry_key`` the table holds are skipped, so that a retry adds nothing.

    Args:
        connection: of ``database.transaction``.
        table: of ``chained_table``.
        rows: the table's own columns and ``entry_key``; what is left out is null. Read once, in chunks.
        recorded_at: when they are written (default: now); never before the last row's.

    Raises:
        ContractError: a column is unknown or missing, or a value cannot be stored.
    """
    before = head_of(connection, table)
    columns = _hashed(table)
    own = [column for column in columns if column.name not in {"seq", "recorded_at"}]
    written = _written_at(connection, table, before, recorded_at)
    head = before
    for part in stored_parts(rows, own, table.name):
        fresh = _unknown(connection, table, part)
        if fresh.height:
            numbered = fresh.with_columns(
                seq=pl.int_range(head.seq + 1, head.seq + 1 + fresh.height, dtype=pl.Int64),
                recorded_at=pl.lit(written, pl.Int64),
            )
            hashes = _follow(head.row_hash, canonical_texts(columns, numbered))
            linked = numbered.with_columns(
                prev_hash=pl.Series([head.row_hash, *hashes[:-1]]), row_hash=pl.Series(hashes)
            )
            _insert(connection, table, linked.select(column.name for column in table.columns).rows())
            head = Head(head.seq + fresh.height, hashes[-1])
    added = head.seq - before.seq
    if added and "grown" in connection.info:
        found, _ = connection.info["grown"].get(table.name, (before, before))
        connection.info["grown"][table.name] = (found, head)
    return Appended(added, before.seq + 1 if added else None, head.seq, head.row_hash)


def verify(connection: sa.Connection, table: sa.Table, *, head: Kept | None) -> Verdict:
    """Is every row as it was written, and is none missing?

    Args:
        connection: of ``database.reading``.
        table: of ``chained_table``.
        head: what the file outside the database says (``heads.read_heads``); None when it says nothing.

    Returns:
        The first broken row, if any. Rows beyond the head are fine only up to the head a writer had announced.
    """
    columns = _hashed(table)
    now, seen = Head(), {0: NOTHING}
    wanted = {one.seq for one in head.ends if one is not None} if head is not None else set()
    query = sa.select(*columns, table.c.prev_hash, table.c.row_hash).order_by(table.c.seq)
    try:
        for chunk in raw_rows(connection, query):
            for row, told in zip(chunk, _texts(columns, chunk), strict=True):
                problem = _broken(row, told, now)
                if problem:
                    return Verdict(table.name, now.seq, now.row_hash, now.seq + 1, problem)
                now = Head(now.seq + 1, row[-1])
                if now.seq in wanted:
                    seen[now.seq] = now.row_hash
    except (sa.exc.DBAPIError, sqlite3.Error):  # text that is no text
        return Verdict(table.name, now.seq, now.row_hash, now.seq + 1, say("the rows from here on cannot be read"))
    return _against(table.name, now, head, seen)


def _texts(columns: Sequence[sa.Column[Any]], chunk: Sequence[tuple[Any, ...]]) -> Sequence[str | None]:
    """The canonical rows; None for one with a value that no append can have written."""
    try:
        return canonical_texts(columns, stored_frame([row[:-2] for row in chunk], columns))
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return [_text(columns, row[:-2]) for row in chunk]


def _text(columns: Sequence[sa.Column[Any]], values: Sequence[Any]) -> str | None:
    try:
        return canonical_text(columns, values)
    except (TypeError, ValueError, OverflowError):
        return None


def _broken(row: tuple[Any, ...], told: str | None, before: Head) -> str:
    if row[0] != before.seq + 1:
        return say("row {row} is missing", row=str(before.seq + 1))
    if row[-2] != before.row_hash:
        return say("the row does not follow the one before it")
    if told is None:
        return say("the row holds a value that was never written")
    return "" if _hash(before.row_hash, told) == row[-1] else say("the row was changed")


def _against(table: str, now: Head, kept: Kept | None, seen: Mapping[int, str]) -> Verdict:
    """The table's end against the head kept outside."""
    if kept is None:
        problem = say("the file of heads says nothing about this table") if now.seq else ""
        return Verdict(table, now.seq, now.row_hash, now.seq if problem else None, problem)
    if kept.unexplained is not None:
        problem = say(
            "a writer found that the table ended at row {row}, not where it had been left",
            row=str(kept.unexplained.seq),
        )
        return Verdict(table, now.seq, now.row_hash, kept.unexplained.seq, problem)
    if now in kept.ends:
        return Verdict(table, now.seq, now.row_hash)
    if kept.head.seq > now.seq:
        problem = say("the end is cut off: {left} rows are left of {before}", left=now.seq, before=kept.head.seq)
        return Verdict(table, now.seq, now.row_hash, now.seq + 1, problem)
    if seen.get(kept.head.seq) != kept.head.row_hash:
        return Verdict(table, now.seq, now.row_hash, kept.head.seq, say("the row is not the one that was the last"))
    problem = say("{n} rows were added by nobody who keeps the heads", n=now.seq - kept.head.seq)
    return Verdict(table, now.seq, now.row_hash, kept.head.seq + 1, problem)


def _hashed(table: sa.Table) -> list[sa.Column[Any]]:
    """What a row's hash is taken of: everything but the hashes; ``seq`` comes first."""
    return [column for column in table.columns if column.name not in {"prev_hash", "row_hash"}]


def _follow(head: str, texts: Sequence[str]) -> list[str]:
    hashes = []
    for told in texts:
        head = _hash(head, told)
        hashes.append(head)
    return hashes


def _hash(before: str, row: str) -> str:
    return hashlib.sha256((before + row).encode("ascii")).hexdigest()


def _written_at(connection: sa.Connection, table: sa.Table, before: Head, asked: dt.datetime | None) -> int:
    """Time only goes forward: what was known at an instant is a prefix of the log."""
    now = microseconds(asked if asked is not None else dt.datetime.now(dt.UTC))
    if before.seq == 0:
        return now
    last = connection.execute(sa.select(table.c.recorded_at).where(table.c.seq == before.seq)).scalar_one()
    return max(now, microseconds(moment(last)))


def _unknown(connection: sa.Connection, table: sa.Table, part: pl.DataFrame) -> pl.DataFrame:
    """The rows whose key is neither in the table nor earlier in the part."""
    once = part.unique("entry_key", keep="first", maintain_order=True)
    keys = once["entry_key"].to_list()
    if connection.dialect.name == "sqlite":
        asked = f"SELECT entry_key FROM {table.name} WHERE entry_key IN (SELECT value FROM json_each(?))"
        known = connection.exec_driver_sql(asked, (json.dumps(keys),)).scalars().all()
    else:
        asked = f"SELECT entry_key FROM {table.name} WHERE entry_key = ANY(%s)"
        known = connection.exec_driver_sql(asked, (keys,)).scalars().all()
    return once.filter(~pl.col("entry_key").is_in(known)) if known else once


def _insert(connection: sa.Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    """The drivers' own bulk ways, within the same transaction."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.columns)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
