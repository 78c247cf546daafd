"""Is the ledger as it was written, and does it add up?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from ledger import tables
from records import audit, chain, database, viewer_table
from records.heads import NOTHING
from records.verifying import steady, unopened

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.settings import DataMode

_CHAINS: Final = (*tables.TABLES, viewer_table.viewers, audit.audit)
"""The ledger's own, and what else nobody may change unseen."""

_MOST_NAMED: Final = 5
_SUM_OF: Final = {
    "accrual": "accrued_minor", "clawback": "clawback_minor", "payout": "paid_minor", "adjust": "adjust_minor"
}  # fmt: skip
_ACCOUNT: Final = ("month", "receiver_kind", "receiver_id", "currency")


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found.

    Attributes:
        tables: one verdict per table of the ledger, then viewers and the audit log.
        problems: sums that do not agree, in words; empty when all do.
    """

    tables: tuple[chain.Verdict, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and all(verdict.ok for verdict in self.tables)


def verify(mode: DataMode, progress: Callable[[float, str], None] | None = None) -> VerifyReport:
    """Can every row be trusted, and does every sum agree?

    Every chain is recomputed from its first row and held against the heads kept outside the database. Then: each
    order's accruals under a rule add up to its pool; each statement to its entries, its own equation and the statement
    before; each settled entry has a statement; each statement's chain head is a row of the ledger.

    Args:
        mode: which data.
        progress: told the part done and the table being read.

    Raises:
        StorageError: the database cannot be read.
    """
    if not database.exists(mode):
        return VerifyReport(unopened(mode, _CHAINS), ())
    with steady(mode, tables.entries) as (connection, kept):
        verdicts = []
        for done, table in enumerate(_CHAINS):
            if progress is not None:
                progress(done / len(_CHAINS), table.name)
            verdicts.append(chain.verify(connection, table, head=kept.get(table.name)))
        checks = (_pools, _statement_sums, _equations, _openings, _without_statement, _anchors)
        problems = tuple(problem for check in checks for problem in _checked(check, connection))
    return VerifyReport(tuple(verdicts), problems)


def _checked(check: Callable[[sa.Connection], list[str]], connection: sa.Connection) -> list[str]:
    """A row with values that were never written may not even be comparable; its chain's verdict names it."""
    try:
        with connection.begin_nested():
            return check(connection)
    except sa.exc.DBAPIError:
        return ["Sums cannot be compared: a table holds values that were never written."]


def _minor(amount: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """A sum of minor units; PostgreSQL would make it a decimal."""
    return sa.cast(sa.func.coalesce(sa.func.sum(amount), 0), sa.BigInteger)


def _pools(connection: sa.Connection) -> list[str]:
    paid = tables.entries.c
    given = _minor(paid.amount_minor)
    low, high = sa.func.min(paid.pool_minor), sa.func.max(paid.pool_minor)
    found = connection.execute(
        sa.select(paid.source, paid.order_id, paid.rule_id, given.label("given"), low.label("low"))
        .where(paid.kind == "accrual")
        .group_by(paid.source, paid.order_id, paid.rule_id)
        .having((given != low) | (low != high))
        .order_by(paid.source, paid.order_id, paid.rule_id)
    ).all()
    return _named(
        [f"order {r.order_id}, rule {r.rule_id}: {r.given} accrued of a pool of {r.low}" for r in found],
        "orders whose accruals are not their pool",
    )


def _accounts() -> sa.Subquery:
    """Sums of the entries per month, receiver and currency, in one pass over them."""
    paid = tables.entries.c
    sums = [
        _minor(sa.case((paid.kind == kind, paid.amount_minor), else_=0)).label(name) for kind, name in _SUM_OF.items()
    ]
    account = [paid[name] for name in _ACCOUNT]
    return sa.select(*account, *sums, sa.func.count().label("entries")).group_by(*account).subquery()


def _statement_sums(connection: sa.Connection) -> list[str]:
    """Each statement against the entries of its account."""
    told, real = tables.statements.c, _accounts()
    same = sa.and_(*(told[name] == real.c[name] for name in _ACCOUNT))
    differs = sa.or_(*(told[name] != sa.func.coalesce(real.c[name], 0) for name in (*_SUM_OF.values(), "entries")))
    joined = tables.statements.outerjoin(real, same)
    found = connection.execute(sa.select(told.statement_id).select_from(joined).where(differs).order_by(told.seq))
    return _named(list(found.scalars()), "statements that are not the sum of their entries")


def _equations(connection: sa.Connection) -> list[str]:
    told = tables.statements.c
    moved = told.opening_minor + told.accrued_minor + told.clawback_minor + told.paid_minor + told.adjust_minor
    wrong = sa.select(told.statement_id).where(told.closing_minor != moved).order_by(told.seq)
    return _named(list(connection.execute(wrong).scalars()), "statements whose closing is not opening plus movements")


def _openings(connection: sa.Connection) -> list[str]:
    told = tables.statements.c
    earlier = sa.func.lag(told.closing_minor).over(
        partition_by=(told.receiver_kind, told.receiver_id, told.currency), order_by=told.month
    )
    chained = sa.select(told.statement_id, told.opening_minor, sa.func.coalesce(earlier, 0).label("before")).subquery()
    wrong = sa.select(chained.c.statement_id).where(chained.c.opening_minor != chained.c.before)
    found = connection.execute(wrong.order_by(chained.c.statement_id)).scalars()
    return _named(list(found), "statements that do not open where the one before closed")


def _without_statement(connection: sa.Connection) -> list[str]:
    told, real = tables.statements.c, _accounts()
    same = sa.and_(*(told[name] == real.c[name] for name in _ACCOUNT))
    latest = sa.select(sa.func.max(told.month)).scalar_subquery()
    wrong = (
        sa.select(real.c.month, real.c.receiver_kind, real.c.receiver_id)
        .select_from(real.outerjoin(tables.statements, same))
        .where(told.seq.is_(None), real.c.month <= latest)
        .order_by(real.c.month, real.c.receiver_kind, real.c.receiver_id)
    )
    found = [" ".join(map(str, row)) for row in connection.execute(wrong)]
    return _named(found, "settled accounts with entries and no statement")


def _anchors(connection: sa.Connection) -> list[str]:
    """A statement in somebody's hands names the ledger's head of that day: cut it off, and this shows."""
    told, paid = tables.statements.c, tables.entries.c
    named = sa.select(told.chain_head).where(told.chain_head != NOTHING).distinct().subquery()
    joined = named.outerjoin(tables.entries, paid.row_hash == named.c.chain_head)
    lost = sa.select(named.c.chain_head).select_from(joined).where(paid.seq.is_(None)).subquery()
    wrong = sa.select(told.statement_id).where(told.chain_head.in_(sa.select(lost.c.chain_head))).order_by(told.seq)
    return _named(list(connection.execute(wrong).scalars()), "statements whose chain head is no row of the ledger")


def _named(found: list[str], what: str) -> list[str]:
    if not found:
        return []
    more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    return [f"{len(found):,} {what}: {'; '.join(found[:_MOST_NAMED])}{more}."]
