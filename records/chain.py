"""Append-only, hash-chained tables: nothing in them can be changed, removed or slipped in unseen.

A row's hash is SHA-256 of the hash before it followed by the row as canonical JSON: sorted keys, no blanks, ASCII,
instants as ``2026-10-11T20:00:00.000000Z``, days as ``2026-10-11``, numbers as Python writes them. Anyone can check it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from records.columns import INSTANT, instant, kind_of, text, whole
from records.frames import microseconds, moment, raw_rows, stored_rows
from records.guards import guard
from records.heads import NOTHING, Head, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import polars as pl

_HASHES: Final = ("prev_hash", "row_hash")
_NAIVE_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (faster than an aware one; only printed)
_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


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
    columns = [c for c in table.columns if c.name not in {"seq", "recorded_at", *_HASHES}]
    key_at = [c.name for c in columns].index("entry_key")
    written = _written_at(connection, table, before, recorded_at)
    link = _Links(table, columns)
    seq, head = before.seq, before.row_hash
    for chunk in stored_rows(rows, columns, table.name):
        fresh = _unknown(connection, table, chunk, key_at)
        linked = link.rows(fresh, seq, head, written)
        if linked:
            _insert(connection, table, linked)
            seq, head = linked[-1][0], linked[-1][-1]
    added = seq - before.seq
    if added and "grown" in connection.info:
        connection.info["grown"][table.name] = Head(seq, head)
    return Appended(added, before.seq + 1 if added else None, seq, head)


def verify(connection: sa.Connection, table: sa.Table, *, head: Kept | None) -> Verdict:
    """Is every row as it was written, and is none missing?

    Args:
        connection: of ``database.reading``.
        table: of ``chained_table``.
        head: what the file outside the database says (``heads.read_heads``); None when it says nothing.

    Returns:
        The first broken row, if any. Rows beyond the head are fine only up to the head a writer had announced.
    """
    names = [c.name for c in table.columns if c.name not in _HASHES]
    instants = _instants([c for c in table.columns if c.name not in _HASHES])
    seq, last, seen = 0, NOTHING, {0: NOTHING}
    wanted = {one.seq for one in (head.head, head.announced) if one is not None} if head is not None else set()
    for chunk in raw_rows(connection, sa.select(*table.columns).order_by(table.c.seq)):
        for row in chunk:
            seq += 1
            problem = _broken(row, names, instants, seq, last)
            if problem:
                return Verdict(table.name, seq, last, seq, problem)
            last = row[-1]
            if seq in wanted:
                seen[seq] = last
    return _against(table.name, Head(seq, last), head, seen)


def _broken(row: tuple[Any, ...], names: Sequence[str], instants: Sequence[int], seq: int, last: str) -> str:
    if row[0] != seq:
        return f"row {seq} is missing"
    if row[-2] != last:
        return "the row does not follow the one before it"
    try:
        whole_row = _canonical(names, list(row[:-2]), instants)
    except (TypeError, ValueError, OverflowError):
        return "the row holds a value that was never written"
    return "" if _hash(last, whole_row) == row[-1] else "the row was changed"


def _against(table: str, now: Head, kept: Kept | None, seen: Mapping[int, str]) -> Verdict:
    """The table's end against the head kept outside."""
    if kept is None:
        problem = "the file of heads says nothing about this table" if now.seq else ""
        return Verdict(table, now.seq, now.row_hash, now.seq if problem else None, problem)
    if now in {kept.head, kept.announced}:
        return Verdict(table, now.seq, now.row_hash)
    if kept.head.seq > now.seq:
        problem = f"the end is cut off: {now.seq:,} rows are left of {kept.head.seq:,}"
        return Verdict(table, now.seq, now.row_hash, now.seq + 1, problem)
    if seen.get(kept.head.seq) != kept.head.row_hash:
        return Verdict(table, now.seq, now.row_hash, kept.head.seq, "the row is not the one that was the last")
    problem = f"{now.seq - kept.head.seq:,} rows were added by nobody who keeps the heads"
    return Verdict(table, now.seq, now.row_hash, kept.head.seq + 1, problem)


class _Links:
    """Gives new rows their place in the chain, in the order of the table's columns."""

    def __init__(self, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> None:
        self._names = ["seq", *(c.name for c in columns), "recorded_at"]
        assert [*self._names, *_HASHES] == [c.name for c in table.columns]  # noqa: S101  (chained_table's order)
        self._instants = _instants([table.c[name] for name in self._names])

    def rows(self, fresh: list[tuple[Any, ...]], seq: int, head: str, written: int) -> list[tuple[Any, ...]]:
        linked = []
        for values in fresh:
            seq += 1
            row = (seq, *values, written)
            row_hash = _hash(head, _canonical(self._names, list(row), self._instants))
            linked.append((*row, head, row_hash))
            head = row_hash
        return linked


def _instants(columns: Sequence[sa.Column[Any]]) -> list[int]:
    return [at for at, column in enumerate(columns) if kind_of(column) == INSTANT]


def _canonical(names: Sequence[str], values: list[Any], instants: Sequence[int]) -> str:
    for at in instants:
        if values[at] is not None:
            values[at] = (_NAIVE_EPOCH + dt.timedelta(microseconds=values[at])).isoformat(timespec="microseconds") + "Z"
    return _encode(dict(sorted(zip(names, values, strict=True))))


def _hash(before: str, row: str) -> str:
    return hashlib.sha256((before + row).encode("ascii")).hexdigest()


def _written_at(connection: sa.Connection, table: sa.Table, before: Head, asked: dt.datetime | None) -> int:
    """Time only goes forward: what was known at an instant is a prefix of the log."""
    now = microseconds(asked if asked is not None else dt.datetime.now(dt.UTC))
    if before.seq == 0:
        return now
    last = connection.execute(sa.select(table.c.recorded_at).where(table.c.seq == before.seq)).scalar_one()
    return max(now, microseconds(moment(last)))


def _unknown(
    connection: sa.Connection, table: sa.Table, chunk: list[tuple[Any, ...]], key_at: int
) -> list[tuple[Any, ...]]:
    """The rows whose key is neither in the table nor earlier in the chunk."""
    by_key: dict[str, tuple[Any, ...]] = {}
    for row in chunk:
        by_key.setdefault(row[key_at], row)
    if connection.dialect.name == "sqlite":
        known = connection.exec_driver_sql(
            f"SELECT entry_key FROM {table.name} WHERE entry_key IN (SELECT value FROM json_each(?))",
            (_encode(list(by_key)),),
        )
    else:
        known = connection.exec_driver_sql(
            f"SELECT entry_key FROM {table.name} WHERE entry_key = ANY(%s)", (list(by_key),)
        )
    for (key,) in known.all():
        del by_key[key]
    return list(by_key.values())


def _insert(connection: sa.Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    """The drivers' own bulk ways, within the same transaction."""
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in table.columns)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
