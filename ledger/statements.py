"""A month's statement: what each receiver had, got, gave back, was paid and is owed (T14), with a digest to check it.

How to check a digest: take the statement's lines by ``seq`` (``statement_lines``, or their export as CSV or JSON), keep
the fields of ``DIGEST_FIELDS`` that are not empty, write each line as JSON with sorted keys, without blanks and in ASCII
(amounts as whole numbers, days as ``2026-10-11``, instants as ``2026-10-11T20:00:00.000000Z``), end each with a line
feed, and take SHA-256 of all of it. In Python: ``json.dumps(line, sort_keys=True, separators=(",", ":"))``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import sqlalchemy as sa

from ledger import store, tables
from ledger.lines import ORDER
from ledger.moves import ENTRY
from records import database
from records.frames import moment, raw_rows, read_frame
from schema.errors import UsageError
from schema.language import say

if TYPE_CHECKING:
    from schema.settings import DataMode

DIGEST_FIELDS: Final = (
    "kind", "role", "amount_minor", "currency", "at", "local_on", "source", "order_id", "rule_id",
    "rule_version", "base_minor", "pool_minor", "refund_id",
)  # fmt: skip
"""What of a line goes into the digest: nothing that counts the lines of others, as the ledger's own numbers do."""

_RECEIVER: Final = ("receiver_kind", "receiver_id", "currency")
_SUM_OF: Final = {
    "accrual": "accrued_minor", "clawback": "clawback_minor", "payout": "paid_minor", "adjust": "adjust_minor"
}  # fmt: skip
SUMS: Final = tuple(_SUM_OF.values())
_encode: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(slots=True)
class Account:
    """One receiver's month in one currency, added up line by line.

    Attributes:
        receiver_kind: store, agent, guide or fund.
        receiver_id: whose.
        currency: ISO 4217.
        opening_minor: closing of the month before.
        store_id: the receiver's store, as its last line says.
        agent_id: the receiver's agent, as its last line says.
        sums: Σ by statement column.
        entries: how many lines.
    """

    receiver_kind: str
    receiver_id: str
    currency: str
    opening_minor: int = 0
    store_id: str | None = None
    agent_id: str | None = None
    sums: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SUMS, 0))
    entries: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def closing_minor(self) -> int:
        """What is owed at the end."""
        return self.opening_minor + sum(self.sums.values())

    @property
    def digest(self) -> str:
        """SHA-256 over the lines so far."""
        return str(self._digest.hexdigest())

    def add(self, line: dict[str, Any]) -> None:
        """Take one more line, in order of ``seq``."""
        self._digest.update(digest_line(line).encode("ascii"))
        self.sums[_SUM_OF[line["kind"]]] += line["amount_minor"]
        self.entries += 1
        self.store_id, self.agent_id = line["store_id"], line["agent_id"]


def digest_line(line: dict[str, Any]) -> str:
    """One line as it goes into the digest; instants and days are text already."""
    return _encode({name: line[name] for name in DIGEST_FIELDS if line[name] is not None}) + "\n"


def statement_id(month: str, receiver_kind: str, receiver_id: str, currency: str) -> str:
    """Month, receiver and currency; the same for ever."""
    return f"{month}/{receiver_kind}/{receiver_id}/{currency}"


def statement_lines(mode: DataMode, statement: str) -> pl.DataFrame:
    """Which entries does a statement hold, in the order of its digest?

    Args:
        mode: demo or real.
        statement: a ``statement_id``.

    Returns:
        One row per entry by ``seq``: ``seq`` and the columns of the mart ``Shares`` without ``statement_id``; ``at`` in
        UTC. ``digest_line`` turns such a row into what is hashed, after ``digest_rows``.

    Raises:
        UsageError: there is no such statement.
    """
    rows = store.statements(mode).filter(pl.col("statement_id") == statement)
    if rows.is_empty():
        msg = say("There is no statement {statement}; see python -m ledger status.", statement=repr(statement))
        raise UsageError(msg)
    one = rows.row(0, named=True)
    columns = [tables.entries.c[name] for name in ("seq", *ENTRY)]
    query = sa.select(*columns).where(*[tables.entries.c[name] == one[name] for name in ("month", *_RECEIVER)])
    with database.reading(mode) as connection:
        return read_frame(connection, query.order_by(tables.entries.c.seq), columns)


def digest_rows(lines: pl.DataFrame) -> list[dict[str, Any]]:
    """The digest's fields of each line as JSON values: what an exported statement shows."""
    return lines.select(
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") if name == "at"
        else pl.col(name).dt.to_string("%Y-%m-%d") if name == "local_on" else pl.col(name)
        for name in DIGEST_FIELDS
    ).to_dicts()  # fmt: skip


def digest_of(lines: pl.DataFrame) -> str:
    """The digest of a statement's lines; equal to the statement's unless somebody changed something."""
    taken = hashlib.sha256()
    for line in digest_rows(lines):
        taken.update(digest_line(line).encode("ascii"))
    return taken.hexdigest()


def accounts_of(connection: sa.Connection, month: str, opening: pl.DataFrame) -> list[Account]:
    """Every account with a balance or an entry, its month added up; memory does not grow with the entries.

    Args:
        connection: where to read.
        month: which.
        opening: the statements of the month before.
    """
    found = {
        (row["receiver_kind"], row["receiver_id"], row["currency"]): Account(
            row["receiver_kind"], row["receiver_id"], row["currency"], row["closing_minor"], row["store_id"],
            row["agent_id"],
        )
        for row in opening.iter_rows(named=True) if row["closing_minor"]
    }  # fmt: skip
    names = list(dict.fromkeys((*DIGEST_FIELDS, *_RECEIVER, "store_id", "agent_id")))
    columns = [tables.entries.c[name] for name in names]
    query = sa.select(*columns).where(tables.entries.c.month == month).order_by(tables.entries.c.seq)
    at = names.index("at")
    who = [names.index(name) for name in _RECEIVER]
    for rows in raw_rows(connection, query):
        for row in rows:
            key = (row[who[0]], row[who[1]], row[who[2]])
            line = dict(zip(names, row, strict=True))
            line["at"] = moment(row[at]).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            found.setdefault(key, Account(*key)).add(line)
    return [found[key] for key in sorted(found)]


def held_of(connection: sa.Connection, month: str, last_day: str) -> dict[tuple[str, str, str], int]:
    """How much of each balance rests on orders that may not be paid out by the last day of a month?

    Their accruals with their corrections, net of their clawbacks, never below 0.
    """
    entry, learnt = tables.entries.c, tables.eligibility.c
    newest = sa.select(sa.func.max(learnt.seq)).group_by(learnt.source, learnt.order_id)
    known = (
        sa.select(learnt.source, learnt.order_id, learnt.eligible_on).where(learnt.seq.in_(newest)).subquery("known")
    )
    since = sa.func.coalesce(entry.eligible_on, known.c.eligible_on)
    waiting = (
        sa.select(*[entry[name] for name in ORDER])
        .select_from(_joined(known))
        .where(entry.kind == "accrual", entry.month <= month, sa.or_(since.is_(None), since > last_day))
        .distinct()
        .subquery("waiting")
    )
    keys = [entry[name] for name in _RECEIVER]
    query = (
        sa.select(*keys, sa.func.sum(entry.amount_minor))
        .select_from(
            tables.entries.join(
                waiting, sa.and_(waiting.c.source == entry.source, waiting.c.order_id == entry.order_id)
            )
        )
        .where(entry.month <= month)
        .group_by(*keys)
    )
    rows = connection.execute(query).all()
    return {(row[0], row[1], row[2]): max(0, int(row[3])) for row in rows}


def _joined(known: sa.Subquery) -> sa.FromClause:
    entry = tables.entries.c
    same = sa.and_(known.c.source == entry.source, known.c.order_id == entry.order_id)
    return tables.entries.outerjoin(known, same)
