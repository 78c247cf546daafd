"""What the ledger holds, as frames, and the only ways to add to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import sqlalchemy as sa

from ledger import tables
from ledger.spells import contract, spells
from records import chain, database
from records.columns import schema_of
from records.frames import microseconds, moment, read_frame
from schema.errors import UsageError
from schema.language import say
from schema.marts import Attempts, Shares, Statements

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from schema.settings import DataMode

    Rows = pl.DataFrame | Iterable[Mapping[str, object]]

__all__ = [
    "BINDING_LOG",
    "OwnerAt",
    "append_bindings",
    "append_entries",
    "attempts",
    "binding_log",
    "decisions",
    "entries",
    "no_attempts",
    "owner_at",
    "sequence",
    "settled_months",
    "spells",
    "statements",
]

_LOG_COLUMNS: Final = [c for c in tables.bindings.columns if c.name not in {"entry_key", "prev_hash", "row_hash"}]

BINDING_LOG: Final = schema_of(_LOG_COLUMNS)
"""Schema of ``binding_log``: seq, the columns of an assertion with ``candidates_json``, recorded_at."""

_ASKED_AT_ONCE: Final = 5_000

_CLAIM: Final = ("customer_key", "at", "method", "claimed_store_id", "guide_id")
_STATEMENT_OF: Final = ("month", "receiver_kind", "receiver_id", "currency")


@dataclass(frozen=True, slots=True)
class OwnerAt:
    """Whose a customer was at an instant.

    Attributes:
        binding_id: the ledger's row.
        store_id: owning store; None is nobody's (head office's fund).
        agent_id: its agent; None for a direct store.
        status: exact, contested, provisional or unassigned.
        method: what decided it.
        cause: why the spell began.
        valid_from: first instant.
        recorded_at: when the ledger learnt it.
    """

    binding_id: str
    store_id: str | None
    agent_id: str | None
    status: str
    method: str | None
    cause: str
    valid_from: dt.datetime
    recorded_at: dt.datetime


def binding_log(mode: DataMode, up_to: int | None = None, *, people: pl.Series | None = None) -> pl.DataFrame:
    """Every assertion ever made, in order; ``up_to`` is the last ``seq`` to read, ``people`` of whom (None: of all)."""
    return _read(mode, tables.bindings, _LOG_COLUMNS, up_to, people)


def owner_at(mode: DataMode, customer_key: int, at: dt.datetime, known_at: dt.datetime | None = None) -> OwnerAt | None:
    """Who owned the customer at an instant, as known at another?

    Returns:
        None when the customer was not registered then, or the ledger did not know of it.
    """
    if not database.exists(mode):
        return None
    log = tables.bindings.c
    query = sa.select(tables.bindings).where(log.customer_key == customer_key, log.valid_from <= microseconds(at))
    if known_at is not None:
        query = query.where(log.recorded_at <= microseconds(known_at))
    with database.reading(mode) as connection:
        row = connection.execute(query.order_by(log.seq.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return OwnerAt(
        f"B-{row.seq}",
        row.store_id,
        row.agent_id,
        row.status,
        row.method,
        row.cause,
        moment(row.valid_from),
        moment(row.recorded_at),
    )


def attempts(mode: DataMode, up_to: int | None = None, *, people: pl.Series | None = None) -> pl.DataFrame:
    """Every claim after registration and what became of it: the mart ``Attempts``, by time; ``people``: on whom."""
    kept = ["seq", *contract(Attempts)]
    read = _read(mode, tables.binding_attempts, [tables.binding_attempts.c[name] for name in kept], up_to, people)
    latest = read.unique(_CLAIM, keep="last", maintain_order=True).sort("at", "seq")
    return latest.select(pl.col(name).cast(kind) for name, kind in contract(Attempts).items())


def no_attempts() -> pl.DataFrame:
    """``attempts`` of nobody."""
    return pl.DataFrame(schema=contract(Attempts))


def append_bindings(
    mode: DataMode,
    rows: Rows,
    claims: Rows | None = None,
    *,
    based_on: int | None = None,
    recorded_at: dt.datetime | None = None,
) -> chain.Appended:
    """Assert who owns whom, and keep what became of claims, both or neither.

    Args:
        mode: which data.
        rows: columns of ``BINDING_LOG`` without seq and recorded_at, in the order to assert; only what is new.
        claims: columns of the mart ``Attempts``; those already kept just so are skipped.
        based_on: last ``seq`` of the log that the rows were decided on (default: the log's end). A retry that says the
            same number adds nothing twice.
        recorded_at: when they are written (default: now).

    Returns:
        What was appended to the log of bindings.
    """
    asserted = _frame(rows, {k: v for k, v in BINDING_LOG.items() if k not in {"seq", "recorded_at"}})
    with database.transaction(mode) as connection:
        base = chain.head_of(connection, tables.bindings).seq if based_on is None else based_on
        keys = pl.format(
            "{}|{}|{}|{}|{}",
            "customer_key",
            pl.col("valid_from").dt.timestamp("us"),
            pl.col("store_id").fill_null("-"),
            "cause",
            pl.lit(base),
        )
        appended = chain.append(
            connection, tables.bindings, asserted.with_columns(entry_key=keys), recorded_at=recorded_at
        )
        if claims is not None:
            _append_claims(connection, _frame(claims, contract(Attempts)), recorded_at)
    return appended


def entries(mode: DataMode, up_to: int | None = None) -> pl.DataFrame:
    """Every entry of the ledger in order: the mart ``Shares``.

    ``statement_id`` is that of the settled month; an unknown ``eligible_on`` is what was learnt since.
    """
    shares = contract(Shares)
    kept = [tables.entries.c[name] for name in shares if name != "statement_id"]
    read = _read(mode, tables.entries, kept, up_to)
    learnt_columns = [tables.eligibility.c[name] for name in ("source", "order_id", "eligible_on")]
    learnt = _read(mode, tables.eligibility, learnt_columns, None).unique(["source", "order_id"], keep="last")
    settled = statements(mode).select("statement_id", *_STATEMENT_OF)
    joined = read.join(
        learnt.rename({"eligible_on": "learnt_on"}), on=["source", "order_id"], how="left", maintain_order="left"
    ).join(settled, on=_STATEMENT_OF, how="left", maintain_order="left")
    return joined.with_columns(eligible_on=pl.coalesce("eligible_on", "learnt_on")).select(
        pl.col(name).cast(kind) for name, kind in shares.items()
    )


def statements(mode: DataMode) -> pl.DataFrame:
    """Every settled statement, in the order settled: the mart ``Statements``."""
    wanted = contract(Statements)
    read = _read(mode, tables.statements, [tables.statements.c[name] for name in wanted], None)
    return read.select(pl.col(name).cast(kind) for name, kind in wanted.items())


def settled_months(mode: DataMode) -> list[str]:
    """Months that can no longer change, earliest first."""
    return sorted(statements(mode)["month"].unique().to_list())


def append_entries(
    mode: DataMode,
    rows: Rows,
    settled: Rows | None = None,
    *,
    eligible: Rows | None = None,
    recorded_at: dt.datetime | None = None,
) -> chain.Appended:
    """Post entries, and settle a month with them, all or nothing.

    Args:
        mode: which data.
        rows: ``entry_key`` and columns of the mart ``Shares`` but seq and statement_id. Known keys are skipped.
        settled: columns of the mart ``Statements``; their ``statement_id`` is the key.
        eligible: source, order_id, eligible_on of orders whose entries had none; a later row replaces an earlier one.
        recorded_at: when they are written (default: now).

    Returns:
        What was appended to the entries.

    Raises:
        UsageError: a new entry belongs to a month that is settled; nothing was written.
    """
    with database.transaction(mode) as connection:
        latest = connection.execute(sa.select(sa.func.max(tables.statements.c.month))).scalar_one()
        before = chain.head_of(connection, tables.entries).seq
        appended = chain.append(connection, tables.entries, rows, recorded_at=recorded_at)
        if appended.rows and latest is not None:
            _refuse_settled(connection, before, latest)
        if settled is not None:
            issued = _frame(settled, contract(Statements))
            keyed = issued.with_columns(entry_key=pl.col("statement_id"))
            chain.append(connection, tables.statements, keyed, recorded_at=recorded_at)
        if eligible is not None:
            kinds = schema_of([tables.eligibility.c[name] for name in ("source", "order_id", "eligible_on")])
            learnt = _frame(eligible, kinds)
            keyed = learnt.with_columns(entry_key=pl.format("{}|{}|{}", "source", "order_id", "eligible_on"))
            chain.append(connection, tables.eligibility, keyed, recorded_at=recorded_at)
    return appended


def decisions(mode: DataMode) -> pl.DataFrame:
    """Head office's own bindings in order: customer_key, at, store_id, decided_by, reason, dispute_id, recorded_at."""
    names = ("customer_key", "at", "store_id", "decided_by", "reason", "dispute_id", "recorded_at")
    return _read(mode, tables.decisions, [tables.decisions.c[name] for name in names], None)


def sequence(mode: DataMode) -> dict[str, int]:
    """The last row's number of every table; 0 where nothing is written."""
    if not database.exists(mode):
        return {table.name: 0 for table in tables.TABLES}
    with database.reading(mode) as connection:
        return {table.name: chain.head_of(connection, table).seq for table in tables.TABLES}


def _read(
    mode: DataMode,
    table: sa.Table,
    columns: Sequence[sa.Column[Any]],
    up_to: int | None,
    people: pl.Series | None = None,
) -> pl.DataFrame:
    if not database.exists(mode):
        return pl.DataFrame(schema=schema_of(list(columns)))
    query = sa.select(*columns).order_by(table.c.seq)
    if up_to is not None:
        query = query.where(table.c.seq <= up_to)
    with database.reading(mode) as connection:
        return read_frame(connection, query, columns) if people is None else _of(connection, query, columns, people)


def _of(
    connection: sa.Connection, query: sa.Select[Any], columns: Sequence[sa.Column[Any]], people: pl.Series
) -> pl.DataFrame:
    """The rows of a query about some customers, in order of ``seq``; a few thousand customers a question."""
    who = columns[0].table.c.customer_key
    parts = [pl.DataFrame(schema=schema_of(list(columns)))]
    for start in range(0, people.len(), _ASKED_AT_ONCE):
        some = people.slice(start, _ASKED_AT_ONCE).to_list()
        parts.append(read_frame(connection, query.where(who.in_(some)), columns))
    return pl.concat(parts).sort("seq")


def _frame(rows: Rows, schema: Mapping[str, Any]) -> pl.DataFrame:
    return rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), schema=dict(schema))


def _append_claims(connection: sa.Connection, claims: pl.DataFrame, recorded_at: dt.datetime | None) -> None:
    """Only what differs from what is kept about the same claim."""
    table = tables.binding_attempts
    kept = [table.c[name] for name in ("seq", *contract(Attempts))]
    known = _of(connection, sa.select(*kept).order_by(table.c.seq), kept, claims["customer_key"].unique())
    known = known.unique(_CLAIM, keep="last").drop("seq")
    fresh = claims.join(known, on=known.columns, how="anti", nulls_equal=True, maintain_order="left")
    keys = pl.format(
        "{}|{}|{}|{}|{}|{}",
        "customer_key",
        pl.col("at").dt.timestamp("us"),
        "method",
        "claimed_store_id",
        pl.col("guide_id").fill_null("-"),
        pl.lit(chain.head_of(connection, table).seq),
    )
    chain.append(connection, table, fresh.with_columns(entry_key=keys), recorded_at=recorded_at)


def _refuse_settled(connection: sa.Connection, before: int, latest: str) -> None:
    new = tables.entries.c
    late = connection.execute(
        sa.select(sa.func.count(), sa.func.min(new.month)).where(new.seq > before, new.month <= latest)
    ).one()
    if late[0]:
        msg = say(
            "{n} new entries belong to {month}, and months up to {latest} are settled. Post them in the first open month.",
            n=late[0],
            month=late[1],
            latest=latest,
        )
        raise UsageError(msg)
