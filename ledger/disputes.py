"""Disputes: open, comment, decide. Nothing said is ever changed; head office decides within seven days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from ledger import tables
from ledger.dispute_sides import Subject, sides
from ledger.dispute_views import (
    DISPUTES,
    THREAD,
    called,
    disputes,
    events_of,
    involved,
    local_today,
    meant,
    names_of_sides,
    no_such,
    own_name,
    refuse_presenter,
    thread,
)
from records import chain, database
from records.acts import note, owners_only, writers_only
from records.frames import microseconds
from records.locking import SMALL_WRITE_WAIT_S
from schema.errors import UsageError
from schema.language import say

if TYPE_CHECKING:
    import sqlalchemy as sa

    from schema.scope import Scope
    from schema.settings import DataMode

__all__ = ["CLAIMS", "DISPUTES", "OUTCOMES", "THREAD", "comment", "decide", "disputes", "names_of_sides", "open_dispute", "own_name",
           "thread"]  # fmt: skip

CLAIMS: Final = ("wrong_store", "late", "takeover", "refund", "territory")
"""Bound to the wrong store; bound too late; taken over wrongly; a refund counted wrongly; a territory not kept."""

OUTCOMES: Final = ("upheld", "rejected", "rebound")
"""Right, without moving the customer; not right; right, and the customer moves."""

DUE_DAYS: Final = 7
MOST_WORDS: Final = 2_000
"""Characters of one text."""

_LOGGED: Final = ("claim", "outcome", "rebind_store_id")
"""What the audit log says of a dispute; words stay with the sides."""


def open_dispute(
    mode: DataMode,
    scope: Scope,
    *,
    claim: str,
    words: str,
    customer_key: int | None = None,
    source: str | None = None,
    order_id: str | None = None,
    at: dt.datetime | None = None,
) -> str:
    """Say that something is not right.

    Args:
        mode: which data.
        scope: an agent may dispute what the ledger says about its own customers, claims and orders.
        claim: one of ``CLAIMS``.
        words: why, at most 2,000 characters.
        customer_key: the customer; this, an order, or a claim of ``territory`` is needed.
        source: shop system of the order.
        order_id: the order.
        at: when (default: now).

    Returns:
        Its id as the opener calls it, such as ``D-001``, an agent's ``D-AG-1-001``. Opening the same again while it is undecided returns the first one's.

    Raises:
        RefusedError: it is not about the agent's own, a presenter asks, or an owner who views as somebody else.
        UsageError: unknown claim, no subject, no words or too many.
    """
    refuse_presenter(scope)
    writers_only(scope, "dispute")
    if claim not in CLAIMS:
        msg = say("{claim} is no claim; one of {claims} is.", claim=repr(claim), claims=", ".join(CLAIMS))
        raise UsageError(msg)
    subject = Subject(customer_key, source, order_id)
    if customer_key is None and order_id is None and claim != "territory":
        msg = say("A dispute is about a customer or an order; name one.")
        raise UsageError(msg)
    said = _said(words)
    when = at if at is not None else dt.datetime.now(dt.UTC)
    due_on = local_today(mode, when) + dt.timedelta(days=DUE_DAYS)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        events = events_of(connection)
        again = _same_again(events, scope, claim, subject, said)
        if again is not None:
            return called(events, scope, again)
        dispute_id = f"D-{events.filter(pl.col('event') == 'opened').height + 1:03d}"
        opening = {"claim": claim, "due_on": due_on, "words": said, "customer_key": customer_key, "source": source}
        opening |= {"order_id": order_id} | sides(connection, scope, subject)
        _write(connection, mode, scope, dispute_id, "opened", when, 0, opening)
        return called(events_of(connection), scope, dispute_id)


def comment(mode: DataMode, scope: Scope, dispute_id: str, words: str, *, at: dt.datetime | None = None) -> None:
    """Add to a dispute: either side, or head office, until it is decided.

    Raises:
        RefusedError: a presenter asks, or an owner who views as somebody else.
        UsageError: this viewer has no such dispute, it is decided, or there are no words or too many.
    """
    refuse_presenter(scope)
    writers_only(scope, "dispute")
    said = _said(words)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        events = _undecided(connection, scope, dispute_id)
        _write(connection, mode, scope, events["dispute_id"][0], "commented", at, events.height, {"words": said})


def decide(
    mode: DataMode,
    scope: Scope,
    dispute_id: str,
    outcome: str,
    words: str,
    *,
    rebind_to: str | None = None,
    from_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> None:
    """End a dispute; only head office does.

    Args:
        mode: which data.
        scope: the owner's.
        dispute_id: which.
        outcome: one of ``OUTCOMES``.
        words: the reason, at most 2,000 characters.
        rebind_to: the store the customer moves to, with ``rebound`` only. The next binding carries it out; months
            already settled stay as they are.
        from_at: from when on it owns the customer (default: ``at``).
        at: when it is decided (default: now).

    Raises:
        RefusedError: anybody else asks.
        UsageError: there is no such undecided dispute, or outcome and ``rebind_to`` do not fit.
    """
    owners_only(scope, "dispute", say("Only head office decides disputes."))
    if outcome not in OUTCOMES or (outcome == "rebound") != bool(rebind_to):
        msg = say(
            "{outcome}: an outcome is one of {outcomes}, and only 'rebound' names the store.",
            outcome=repr(outcome),
            outcomes=", ".join(OUTCOMES),
        )
        raise UsageError(msg)
    said = _said(words)
    when = at if at is not None else dt.datetime.now(dt.UTC)
    moved = (from_at if from_at is not None else when) if rebind_to else None
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        events = _undecided(connection, scope, dispute_id)
        decided = {"outcome": outcome, "words": said, "rebind_store_id": rebind_to, "rebind_from": moved}
        _write(connection, mode, scope, events["dispute_id"][0], "decided", when, 0, decided)
        if rebind_to:
            _bind_by_hand(connection, scope, events.row(0, named=True), decided)


def _bind_by_hand(connection: sa.Connection, scope: Scope, opening: dict[str, Any], decided: dict[str, Any]) -> None:
    if opening["customer_key"] is None:
        msg = say("{dispute_id} is about no single customer; nobody can be moved.", dispute_id=opening["dispute_id"])
        raise UsageError(msg)
    row = {
        "entry_key": opening["dispute_id"],
        "customer_key": opening["customer_key"],
        "at": decided["rebind_from"],
        "store_id": decided["rebind_store_id"],
        "decided_by": scope.viewer,
        "reason": decided["words"],
        "dispute_id": opening["dispute_id"],
    }
    chain.append(connection, tables.decisions, [row])


def _said(words: str) -> str:
    said = "".join(c for c in words if c.isprintable() or c == "\n").strip()
    if not said or len(said) > MOST_WORDS:
        msg = say("Say why in 1 to {most} characters; these are {n}.", most=MOST_WORDS, n=len(said))
        raise UsageError(msg)
    return said


def _same_again(events: pl.DataFrame, scope: Scope, claim: str, subject: Subject, said: str) -> str | None:
    """A button pressed twice opens one dispute."""
    decided = events.filter(pl.col("event") == "decided")["dispute_id"].to_list()
    wanted = (claim, subject.customer_key, subject.source, subject.order_id, said, scope.viewer, scope.agent_id)
    names = ("claim", "customer_key", "source", "order_id", "words", "by_viewer", "by_agent_id")
    for row in events.filter(pl.col("event") == "opened", ~pl.col("dispute_id").is_in(decided)).iter_rows(named=True):
        if tuple(row[name] for name in names) == wanted:
            return str(row["dispute_id"])
    return None


def _undecided(connection: sa.Connection, scope: Scope, dispute_id: str) -> pl.DataFrame:
    refuse_presenter(scope)
    every = events_of(connection)
    events = every.filter(pl.col("dispute_id") == meant(every, scope, dispute_id))
    if events.is_empty() or not involved(events.row(0, named=True), scope):
        raise UsageError(no_such(dispute_id))
    if "decided" in events["event"]:
        msg = say("{dispute_id} is decided; open a new one if something is still not right.", dispute_id=dispute_id)
        raise UsageError(msg)
    return events


def _write(
    connection: sa.Connection,
    mode: DataMode,
    scope: Scope,
    dispute_id: str,
    event: str,
    at: dt.datetime | None,
    number: int,
    more: dict[str, Any],
) -> None:
    when = at if at is not None else dt.datetime.now(dt.UTC)
    microseconds(when)  # refuses an instant without a zone
    row = {
        "entry_key": f"{dispute_id}|{event}|{number}",
        "dispute_id": dispute_id,
        "event": event,
        "at": when,
        "by_role": scope.role,
        "by_viewer": scope.viewer,
        "by_agent_id": scope.agent_id,
    }
    told = {"dispute_id": dispute_id, "event": event}
    told |= {name: str(more[name]) for name in _LOGGED if more.get(name)}
    note("dispute", scope, told, mode=mode, connection=connection)
    chain.append(connection, tables.dispute_events, [row | more])
