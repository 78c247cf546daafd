"""Posting what sales and refunds owe: month by month, whole months only, and never anything twice."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from ledger import store, tables
from ledger.lines import ORDER, next_month, order_lines_in_context, order_months, orders_by_day, refund_lines
from ledger.moves import Due, Facts, due
from ledger.posted import posted_elsewhere, posted_months, recorded_on, with_shares
from ledger.rules import rules as book_of_rules
from metrics.sharing import allocate
from records import chain, database
from records.frames import moment
from schema.language import say
from schema.sharing import KINDS
from warehouse.api import open_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema.settings import DataMode
    from schema.sharing import Rule
    from warehouse.api import Snapshot

    Progress = Callable[[float, str], None]

SLICE_ORDERS: Final = 100_000
"""Orders worked on at once, in whole days: what bounds the memory of a large month."""

WAIT_S: Final = 10.0
"""How long a month waits for somebody's dispute or decision to be written."""


@dataclass(frozen=True, slots=True)
class AccrualReport:
    """What was posted.

    Attributes:
        months: local months of payment looked at.
        entries: new entries by kind (accrual, clawback, adjust).
        late_orders: orders of settled months that came late and went into the first open month.
        learnt: orders whose payout day became known.
        minor: Σ of the new entries by currency and kind, minor units.
        seconds: how long it took.
    """

    months: tuple[str, ...] = ()
    entries: dict[str, int] = field(default_factory=dict)
    late_orders: int = 0
    learnt: int = 0
    minor: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(slots=True)
class _Tally:
    entries: dict[str, int] = field(default_factory=dict)
    minor: dict[str, dict[str, int]] = field(default_factory=dict)
    late_orders: int = 0
    learnt: int = 0

    def add(self, entries: pl.DataFrame) -> None:
        for kind, currency, count, minor in (
            entries.group_by("kind", "currency")
            .agg(pl.len(), pl.col("amount_minor").sum())
            .sort("kind", "currency")
            .iter_rows()
        ):
            self.entries[kind] = self.entries.get(kind, 0) + count
            of = self.minor.setdefault(currency, dict.fromkeys(KINDS, 0))
            of[kind] += minor


@dataclass(frozen=True, slots=True)
class _Work:
    """What stays the same over all months."""

    snapshot: Snapshot
    now: dt.datetime
    log: pl.DataFrame
    spells: pl.DataFrame
    stores: pl.DataFrame
    agents: pl.DataFrame
    rules: Sequence[Rule]


def ledger_now(snapshot: Snapshot, now: dt.datetime | None = None) -> dt.datetime:
    """Until which instant does the ledger look? The clock's, and for the demo the end of its last complete day."""
    if now is not None:
        return now
    if snapshot.mode == "demo":
        midnight = dt.datetime.combine(snapshot.as_of, dt.time(), ZoneInfo(snapshot.zone or "UTC"))
        return midnight.astimezone(dt.UTC)
    return dt.datetime.now(dt.UTC)


def local_month(snapshot: Snapshot, at: dt.datetime) -> str:
    """The month of an instant in the business zone."""
    return at.astimezone(ZoneInfo(snapshot.zone or "UTC")).strftime("%Y-%m")


def accrue(mode: DataMode, *, now: dt.datetime | None = None, progress: Progress | None = None) -> AccrualReport:
    """Who is owed what for everything paid and refunded so far?

    One transaction a month of payment, earliest first: accruals at payment, clawbacks at the refund's own instant, and
    signed corrections where the owner, the rule or the order itself changed while its month is open. What belongs to a
    settled month and comes late is posted in the first open month, at its own instant. Run again, it posts only what is
    missing; stopped anywhere, it leaves whole months.

    Args:
        mode: demo or real.
        now: orders and refunds after it do not count yet; None is the clock (demo: the end of its last day).
        progress: called with a share of 1 and what is being done.

    Returns:
        What was posted; nothing when there are no data.

    Raises:
        BusyError: somebody else is writing the ledger.
        StorageError: the data folder or database cannot be used.
    """
    started = time.monotonic()
    snapshot = open_snapshot(mode)
    if snapshot is None:
        return AccrualReport()
    until = ledger_now(snapshot, now)
    log = store.binding_log(mode)
    work = _Work(snapshot, until, log, store.spells(log), snapshot.read("stores"), snapshot.read("agents"),
                 book_of_rules(mode))  # fmt: skip
    every = sorted({*order_months(snapshot), *posted_months(mode)})
    months = [month for month in every if month <= local_month(snapshot, until)]
    tally = _Tally()
    for at, month in enumerate(months):
        if progress is not None:
            progress(at / len(months), say("Sharing out {month}", month=month))
        _post_month(work, month, months[0], tally)
    return AccrualReport(tuple(months), tally.entries, tally.late_orders, tally.learnt, tally.minor,
                         time.monotonic() - started)  # fmt: skip


def settled_until(connection: sa.Connection) -> str:
    """The last settled month; empty when none is."""
    return connection.execute(sa.select(sa.func.max(tables.statements.c.month))).scalar_one() or ""


def _post_month(work: _Work, month: str, first_month: str, tally: _Tally) -> None:
    with database.transaction(work.snapshot.mode, wait_s=WAIT_S) as connection:
        settled = settled_until(connection)
        first_open = next_month(settled) if settled else first_month
        for days in _slices(orders_by_day(work.snapshot, month), month):
            lines = order_lines_in_context(
                work.snapshot, months=[month], days=days, spells=work.spells, agents=work.agents
            ).filter(pl.col("paid_at") <= work.now)
            recorded = recorded_on(connection, *days)
            lines = pl.concat([lines, _moved(work, recorded, lines)])
            if month <= settled:
                lines = _without_decided(work, connection, month, lines, with_shares(recorded, settled))
            facts = Facts(lines, _refunds(work, lines), work.stores, work.rules)
            found = due(facts, recorded, settled_until=settled, first_open=first_open)
            elsewhere = posted_elsewhere(connection, found.entries, *days)
            if elsewhere.height:
                facts = dataclasses.replace(facts, lines=lines.join(elsewhere, on=ORDER, how="anti"))
                found = due(facts, recorded, settled_until=settled, first_open=first_open)
            if month <= settled:
                tally.late_orders += facts.lines.join(recorded, on=ORDER, how="anti").select(ORDER).n_unique()
            _post(connection, found, tally)


def _post(connection: sa.Connection, found: Due, tally: _Tally) -> None:
    chain.append(connection, tables.entries, found.entries)
    keys = pl.format("{}|{}|{}", "source", "order_id", "eligible_on")
    learnt = chain.append(connection, tables.eligibility, found.eligible.with_columns(entry_key=keys))
    tally.add(found.entries)
    tally.learnt += learnt.rows


def _refunds(work: _Work, lines: pl.DataFrame) -> pl.DataFrame:
    """All refunds so far of these orders, whatever day they bear."""
    found = refund_lines(work.snapshot, orders=lines.select(ORDER).unique())
    return found.filter(pl.col("refunded_at") <= work.now)


def _slices(orders: dict[dt.date, int], month: str) -> Iterator[tuple[dt.date, dt.date]]:
    """The month in runs of whole days with a bounded number of orders each; days without orders included."""
    first = dt.date.fromisoformat(f"{month}-01")
    after = dt.date.fromisoformat(f"{next_month(month)}-01")
    start, size = first, 0
    for day in (first + dt.timedelta(days=n) for n in range((after - first).days)):
        if size and size + orders.get(day, 0) > SLICE_ORDERS:
            yield start, day - dt.timedelta(days=1)
            start, size = day, 0
        size += orders.get(day, 0)
    yield start, after - dt.timedelta(days=1)


def _moved(work: _Work, recorded: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Posted orders that are paid on another day by now, as they are now: they stay filed under their first day."""
    gone = recorded.select(ORDER).unique().join(lines, on=ORDER, how="anti")
    if gone.is_empty():
        return lines.clear()
    elsewhere = order_lines_in_context(work.snapshot, orders=gone, spells=work.spells, agents=work.agents)
    return elsewhere.filter(pl.col("paid_at") <= work.now)


def _without_decided(
    work: _Work, connection: sa.Connection, month: str, lines: pl.DataFrame, recorded: pl.DataFrame
) -> pl.DataFrame:
    """Orders of a settled month that nobody had a share in (any more) stay so, whoever owns the customer by now.

    Late is only what would have been posted had it been there: by what was known of owners when the month was settled,
    or of a customer of whom nothing was known then.
    """
    fresh = lines.join(recorded, on=ORDER, how="anti")
    owed = allocate(fresh, work.rules).select(ORDER).unique()
    if owed.is_empty():
        return lines.join(recorded, on=ORDER, how="semi")
    when = connection.execute(
        sa.select(sa.func.max(tables.statements.c.recorded_at)).where(tables.statements.c.month == month)
    ).scalar_one()
    then = work.log if when is None else work.log.filter(pl.col("recorded_at") <= moment(when))
    before = order_lines_in_context(work.snapshot, orders=owed, spells=store.spells(then), agents=work.agents)
    late = pl.concat([allocate(before, work.rules).select(ORDER).unique(),
                      before.join(then, on="customer_key", how="anti").select(ORDER).unique()]).unique()  # fmt: skip
    late = late.join(owed, on=ORDER, how="semi")
    return lines.join(pl.concat([recorded.select(ORDER).unique(), late]), on=ORDER, how="semi")
