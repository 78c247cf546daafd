"""Disputes as one side may see them: an agent's other side is "another store"."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from ledger import tables
from records import database
from records.columns import UTC_MICROSECONDS, schema_of
from records.frames import read_frame
from schema.errors import RefusedError, UsageError
from schema.language import later, say
from warehouse.api import known_defaults

if TYPE_CHECKING:
    from schema.scope import Scope
    from schema.settings import DataMode

HEAD_OFFICE: Final = later("head office")
ANOTHER: Final = later("another store")
YOU: Final = later("you")

DISPUTES: Final = pl.Schema(
    {
        "dispute_id": pl.String(), "claim": pl.String(), "status": pl.String(), "outcome": pl.String(),
        "opened_at": UTC_MICROSECONDS, "due_on": pl.Date(), "decided_at": UTC_MICROSECONDS, "opened_by": pl.String(),
        "customer_key": pl.Int64(), "source": pl.String(), "order_id": pl.String(), "store_id": pl.String(),
        "other_store_id": pl.String(), "comments": pl.Int64(), "words": pl.String(), "decision": pl.String(),
        "rebind_store_id": pl.String(), "rebind_from": UTC_MICROSECONDS,
    }
)  # fmt: skip
"""Columns of ``disputes``: ``words`` is what was claimed, ``decision`` what head office said."""

THREAD: Final = pl.Schema(
    {"at": UTC_MICROSECONDS, "event": pl.String(), "by": pl.String(), "outcome": pl.String(), "words": pl.String()}
)
"""Columns of ``thread``."""

_EVENT_COLUMNS: Final = list(tables.dispute_events.columns)
_OPENING: Final = ("claim", "customer_key", "source", "order_id", "due_on", "words")


def local_today(mode: DataMode, now: dt.datetime) -> dt.date:
    """The business's calendar day."""
    return now.astimezone(ZoneInfo(str(known_defaults(mode)["zone"] or "UTC"))).date()


def events_of(connection: sa.Connection) -> pl.DataFrame:
    """Every event of every dispute, in order."""
    query = sa.select(*_EVENT_COLUMNS).order_by(tables.dispute_events.c.seq)
    return read_frame(connection, query, _EVENT_COLUMNS)


def disputes(mode: DataMode, scope: Scope, *, now: dt.datetime | None = None) -> pl.DataFrame:
    """Which disputes are there, and which are due?

    Head office calls a dispute ``D-007``; each agent numbers their own, ``D-AG-1-002``.

    Args:
        mode: which data.
        scope: the owner sees all; an agent those it opened or is the other side of.
        now: the instant to tell what is overdue (default: now).

    Returns:
        Columns of ``DISPUTES``, newest first. ``status`` is open, overdue or decided; the clock runs seven days.

    Raises:
        RefusedError: a presenter asks.
    """
    today = local_today(mode, now if now is not None else dt.datetime.now(dt.UTC))
    events = _every_event(mode, scope)
    told = [
        _told(group, scope, today) | {"dispute_id": called(events, scope, str(name))}
        for (name,), group in events.group_by("dispute_id", maintain_order=True)
    ]
    return pl.DataFrame(told, schema=DISPUTES).sort("opened_at", "dispute_id", descending=True)


def thread(mode: DataMode, scope: Scope, dispute_id: str) -> pl.DataFrame:
    """What was said in one dispute, in order: columns of ``THREAD``.

    Args:
        mode: which data.
        scope: as in ``disputes``.
        dispute_id: as ``disputes`` calls it; for the owner as an agent calls it too.

    Raises:
        UsageError: this viewer has no such dispute.
        RefusedError: a presenter asks.
    """
    events = _every_event(mode, scope)
    said = events.filter(pl.col("dispute_id") == meant(events, scope, dispute_id))
    if said.is_empty():
        raise UsageError(no_such(dispute_id))
    told = [row | {"by": _by(row, scope)} for row in said.iter_rows(named=True)]
    return pl.DataFrame([{name: row[name] for name in THREAD} for row in told], schema=THREAD)


def agents_names(events: pl.DataFrame, agent: str) -> dict[str, str]:
    """What an agent calls each dispute it has a part in: their first, second …, by the ledger's name.

    The ledger's own names are numbered over the whole company and would count the disputes of others.
    """
    opened = events.filter(pl.col("event") == "opened").iter_rows(named=True)
    mine = [row["dispute_id"] for row in opened if agent in _agents_of(row)]
    return {name: f"D-{agent}-{number:03d}" for number, name in enumerate(mine, start=1)}


def names_of_sides(mode: DataMode, scope: Scope, dispute_id: str) -> dict[str, str]:
    """What each agent with a part in a dispute calls it, by agent; only head office reads both."""
    if scope.role != "owner":
        return {}
    events = _every_event(mode, scope)
    opening = events.filter(pl.col("event") == "opened", pl.col("dispute_id") == dispute_id)
    sides = _agents_of(opening.row(0, named=True)) if opening.height else ()
    return {agent: agents_names(events, agent)[dispute_id] for agent in sides}


def own_name(mode: DataMode, scope: Scope, said: str) -> str:
    """What this viewer calls the dispute that somebody names; empty when there is none among theirs."""
    events = _every_event(mode, scope)
    found = meant(events, scope, said)
    return called(events, scope, found) if found else ""


def meant(events: pl.DataFrame, scope: Scope, said: str) -> str:
    """The ledger's name of the dispute that somebody means; empty when there is none among theirs."""
    opened = events.filter(pl.col("event") == "opened")
    agents = [scope.agent_id] if scope.role == "agent" else [*opened["agent_id"], *opened["other_agent_id"]]
    named = {name: own for agent in set(agents) if agent for own, name in agents_names(events, agent).items()}
    if scope.role == "agent":
        return named.get(said, "")
    return said if said in opened["dispute_id"] else named.get(said, "")


def called(events: pl.DataFrame, scope: Scope, dispute_id: str) -> str:
    """What this viewer calls a dispute of theirs."""
    return agents_names(events, str(scope.agent_id))[dispute_id] if scope.role == "agent" else dispute_id


def no_such(dispute_id: str) -> str:
    """What a viewer without it is told, whether or not it exists."""
    return say("There is no dispute {dispute_id} among yours.", dispute_id=dispute_id)


def refuse_presenter(scope: Scope) -> None:
    """Disputes are between the sides and head office."""
    if scope.role == "presenter":
        msg = say("Disputes are not shown to presenters.")
        raise RefusedError(msg)


def involved(opening: dict[str, Any], scope: Scope) -> bool:
    """Whether the viewer is head office or one of the two sides."""
    if scope.role != "agent" or not scope.agent_id:
        return scope.role == "owner"
    return scope.agent_id in _agents_of(opening)


def _agents_of(opening: dict[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(opening[side] for side in ("agent_id", "other_agent_id") if opening[side]))


def _every_event(mode: DataMode, scope: Scope) -> pl.DataFrame:
    """Every event of the disputes that the viewer has a part in."""
    refuse_presenter(scope)
    if not database.exists(mode):
        return pl.DataFrame(schema=schema_of(_EVENT_COLUMNS))
    with database.reading(mode) as connection:
        events = events_of(connection)
    opened = events.filter(pl.col("event") == "opened").iter_rows(named=True)
    mine = [row["dispute_id"] for row in opened if involved(row, scope)]
    return events.filter(pl.col("dispute_id").is_in(mine))


def _told(events: pl.DataFrame, scope: Scope, today: dt.date) -> dict[str, Any]:
    opening = events.row(0, named=True)
    decided = events.filter(pl.col("event") == "decided")
    decision = decided.row(0, named=True) if decided.height else None
    status = "decided" if decision else "overdue" if today > opening["due_on"] else "open"
    stores = _stores(opening, decision, scope)
    return {name: opening[name] for name in _OPENING} | stores | {
        "status": status,
        "opened_at": opening["at"],
        "opened_by": _by(opening, scope),
        "comments": events.filter(pl.col("event") == "commented").height,
        "outcome": decision["outcome"] if decision else None,
        "decided_at": decision["at"] if decision else None,
        "decision": decision["words"] if decision else None,
        "rebind_from": decision["rebind_from"] if decision else None,
    }  # fmt: skip


def _stores(opening: dict[str, Any], decision: dict[str, Any] | None, scope: Scope) -> dict[str, str | None]:
    """The viewer's own side first; an agent is not told who the other is."""
    own, other = opening["store_id"], opening["other_store_id"]
    given = decision["rebind_store_id"] if decision else None
    if scope.role != "owner":
        if scope.agent_id != opening["agent_id"]:
            own, other = other, own
        given = given if given in (None, own) else ANOTHER
        other = ANOTHER if other is not None or opening["other_agent_id"] else None
    return {"store_id": own, "other_store_id": other, "rebind_store_id": given}


def _by(row: dict[str, Any], scope: Scope) -> str:
    if row["by_role"] == "owner":
        return HEAD_OFFICE
    if scope.role == "owner":
        return str(row["by_agent_id"])
    return YOU if row["by_agent_id"] == scope.agent_id else ANOTHER
