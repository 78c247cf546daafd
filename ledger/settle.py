"""Settling months: the previous statement is paid, everybody's month is added up and closed for good."""

from __future__ import annotations

import datetime as dt
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from ledger import store, tables
from ledger.accrue import WAIT_S, AccrualReport, accrue, ledger_now, settled_until
from ledger.lines import month_bounds, next_month, order_months
from ledger.moves import ENTRY
from ledger.payouts import payout_day
from ledger.posted import posted_months
from ledger.rules import rules
from ledger.statements import Account, accounts_of, held_of, statement_id
from records import chain, database
from records.acts import note, owners_only
from schema.errors import UsageError
from schema.language import say
from schema.sharing import FUND
from warehouse.api import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.scope import Scope
    from schema.settings import DataMode
    from warehouse.api import Snapshot

    Progress = Callable[[float, str], None]

_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class SettleReport:
    """What was settled.

    Attributes:
        month: what was asked for.
        months: months settled now, earliest first; empty when it was settled before.
        statements: statements written.
        payouts: payouts posted.
        paid_minor: Σ paid by currency, positive.
        accrual: what was posted before settling.
        seconds: how long it took.
    """

    month: str
    months: tuple[str, ...] = ()
    statements: int = 0
    payouts: int = 0
    paid_minor: dict[str, int] | None = None
    accrual: AccrualReport | None = None
    seconds: float = 0.0

    @property
    def message(self) -> str:
        """One line for people."""
        if not self.months:
            return f"{self.month} is settled already; nothing was changed."
        return f"Settled {', '.join(self.months)}: {self.statements:,} statements, {self.payouts:,} payouts."


def settle(
    mode: DataMode, month: str, by: Scope, *, now: dt.datetime | None = None, progress: Progress | None = None
) -> SettleReport:
    """What does everybody have at the end of a month?

    Earlier open months are settled first, in order, and everything due is posted before. In each month the payable
    amount of the previous statement is paid on the payout day; then each receiver with a balance or an entry gets one
    statement per currency. Head office's fund gets one for every month, so that a month without any entry is seen to be
    settled too. Each month is one transaction, its payouts another before it; a settled month never changes.

    Args:
        mode: demo or real.
        month: such as ``2026-10``.
        by: who settles; an owner. It is on the audit log.
        now: the month must be over by then in the business zone; None is the clock (demo: the end of its last day).
        progress: called with a share of 1 and what is being done.

    Returns:
        What was settled; nothing when the month was settled before.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: no such month, it is not over, the data begin after it, or no rules were ever saved.
        BusyError: somebody else is writing the ledger.
        StorageError: the data folder or database cannot be used.
    """
    started = time.monotonic()
    owners_only(by, "settle")
    snapshot = _checked(mode, month, now)
    if month in store.settled_months(mode):
        return SettleReport(month)
    note("settle", by, {"month": month}, mode=mode)
    told = progress or (lambda _share, _words: None)
    posted = accrue(mode, now=now, progress=lambda share, words: told(0.6 * share, words))
    settled: list[str] = []
    statements = payouts = 0
    paid: dict[str, int] = {}
    for one in _open_until(snapshot, month):
        told(0.6, say("Settling {month}", month=one))
        payouts += _pay(snapshot, one, paid)
        statements += _close(snapshot, one, ledger_now(snapshot, now))
        settled.append(one)
    return SettleReport(month, tuple(settled), statements, payouts, paid, posted, time.monotonic() - started)


def _checked(mode: DataMode, month: str, now: dt.datetime | None) -> Snapshot:
    if not _MONTH.fullmatch(month):
        msg = say("{month} is not a month; write it as 2026-10.", month=repr(month))
        raise UsageError(msg)
    snapshot = open_snapshot(mode)
    months = _months(snapshot) if snapshot is not None else []
    if snapshot is None or not months:
        msg = say(
            "The {mode} data hold no order yet; import some before settling {month}.", mode=say(mode), month=month
        )
        raise UsageError(msg)
    if month < months[0]:
        msg = say("{month} lies before the first order or refund, which is in {first}.", month=month, first=months[0])
        raise UsageError(msg)
    if not rules(mode):
        msg = say(
            "No rules are saved, so {month} would be closed for good with nothing in it. Save the rules first: page Sharing, tab Rules.",
            month=month,
        )
        raise UsageError(msg)
    if month_bounds(month, snapshot.zone)[1] > ledger_now(snapshot, now):
        msg = say(
            "{month} is not over yet in {zone}; settle it when the next month has begun.",
            month=month,
            zone=snapshot.zone or "UTC",
        )
        raise UsageError(msg)
    return snapshot


def _months(snapshot: Snapshot) -> list[str]:
    """Months with orders, refunds or entries, earliest first."""
    return sorted({*order_months(snapshot), *posted_months(snapshot.mode)})


def _open_until(snapshot: Snapshot, month: str) -> list[str]:
    with database.reading(snapshot.mode) as connection:
        last = settled_until(connection)
    one = next_month(last) if last else _months(snapshot)[0]
    found = []
    while one <= month:
        found.append(one)
        one = next_month(one)
    return found


def _pay(snapshot: Snapshot, month: str, paid: dict[str, int]) -> int:
    """Post the payouts of the statements before, dated the payout day of this month."""
    due = _statements_of(snapshot.mode, next_month(month, -1)).filter(pl.col("payable_minor") > 0)
    if due.is_empty():
        return 0
    day = payout_day(month)
    at = dt.datetime.combine(day, dt.time(), ZoneInfo(snapshot.zone or "UTC")).astimezone(dt.UTC)
    values = {
        "kind": pl.lit("payout"), "amount_minor": -pl.col("payable_minor"), "at": pl.lit(at), "local_on": pl.lit(day),
        "month": pl.lit(month), "entry_key": pl.format("payout|{}", "statement_id"),
    }  # fmt: skip
    kept = ("receiver_kind", "receiver_id", "store_id", "agent_id", "currency")
    rows = due.select(
        *kept, *[value.alias(name) for name, value in values.items()]
    ).select("entry_key", *[name for name in ENTRY if name in values or name in kept])  # fmt: skip
    with database.transaction(snapshot.mode, wait_s=WAIT_S) as connection:
        if settled_until(connection) >= month:
            return 0
        posted = chain.append(connection, tables.entries, rows).rows
    for currency, minor in due.group_by("currency").agg(pl.col("payable_minor").sum()).iter_rows():
        paid[currency] = paid.get(currency, 0) + minor
    return posted


def _close(snapshot: Snapshot, month: str, now: dt.datetime) -> int:
    """Add every account up and write its statement."""
    last_day = (dt.date.fromisoformat(f"{next_month(month)}-01") - dt.timedelta(days=1)).isoformat()
    opening = _statements_of(snapshot.mode, next_month(month, -1))
    with database.transaction(snapshot.mode, wait_s=WAIT_S) as connection:
        if settled_until(connection) >= month:
            return 0
        accounts = accounts_of(connection, month, opening)
        if not any(one.receiver_kind == "fund" for one in accounts):
            accounts.append(Account("fund", FUND, snapshot.currency or "XXX"))
        held = held_of(connection, month, last_day)
        head = chain.head_of(connection, tables.entries).row_hash
        rows = [_statement(one, month, held, head, now) for one in accounts]
        return chain.append(connection, tables.statements, rows).rows


def _statement(
    one: Account, month: str, held: dict[tuple[str, str, str], int], head: str, now: dt.datetime
) -> dict[str, object]:
    key = (one.receiver_kind, one.receiver_id, one.currency)
    kept_back = held.get(key, 0)
    name = statement_id(month, *key)
    return {
        "entry_key": name,
        "statement_id": name,
        "month": month,
        "receiver_kind": one.receiver_kind,
        "receiver_id": one.receiver_id,
        "store_id": one.store_id,
        "agent_id": one.agent_id,
        "currency": one.currency,
        "opening_minor": one.opening_minor,
        **one.sums,
        "closing_minor": one.closing_minor,
        "held_minor": kept_back,
        "payable_minor": max(0, one.closing_minor - kept_back),
        "entries": one.entries,
        "digest": one.digest,
        "chain_head": head,
        "settled_at": now,
    }


def _statements_of(mode: DataMode, month: str) -> pl.DataFrame:
    return store.statements(mode).filter(pl.col("month") == month)
