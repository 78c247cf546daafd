"""Campaigns: whom we wrote to, whom we held out to know better, and when. Every change is a new version; none is ever lost.

Both lists are kept as they were drawn, as keys without names: whoever opts out or is forgotten later was in them all the
same, and a result must not change because of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl
import sqlalchemy as sa

from records import acts, chain, database
from records.campaign_table import Campaign, lists, newest, row_of
from records.campaign_table import campaigns as table
from records.company import plain
from records.glances import glance
from records.kept_lists import digest_of, packed, unpacked
from records.locking import SMALL_WRITE_WAIT_S
from schema.errors import StorageError, UsageError
from schema.language import later, say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from schema.scope import Scope
    from schema.settings import DataMode

__all__ = ["Campaign", "campaign", "campaigns", "members", "named", "plan", "send", "withdraw"]

MOST_NAME: Final = 80
MOST_WINDOW_DAYS: Final = 365
MOST_MEMBERS: Final = 20_000_000


def campaigns(mode: DataMode) -> tuple[Campaign, ...]:
    """Every campaign that was not withdrawn, first planned first, as it is now.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return tuple(one for one in newest(glance(mode, _every_version())) if not one.is_withdrawn)


def campaign(mode: DataMode, name: str) -> Campaign:
    """One campaign as it is now.

    Raises:
        UsageError: there is none of this name.
    """
    for one in campaigns(mode):
        if one.name == name:
            return one
    msg = say("There is no campaign {name} here.", name=name[:MOST_NAME])
    raise UsageError(msg)


def members(mode: DataMode, digests: Iterable[str]) -> dict[str, pl.Series]:
    """Lists by digest: sorted customer keys, ``Int64``.

    Raises:
        StorageError: a list is missing or is not what was written.
    """
    wanted = tuple(digests)
    query = sa.select(lists.c.entry_key, lists.c.body).where(lists.c.entry_key.in_(wanted))
    found = {row.entry_key: keys_of(row.entry_key, row.body) for row in glance(mode, query)} if wanted else {}
    if missing := set(wanted) - set(found):
        msg = say("A list of customers of a campaign is missing: {digest}.", digest=min(missing)[:12])
        raise StorageError(msg)
    return found


def keys_of(digest: str, body: str) -> pl.Series:
    """The keys of a kept list: ``customer_key``, ``Int64``, sorted.

    Raises:
        StorageError: it is not what was written.
    """
    if digest_of(body) != digest:
        msg = say("A list of customers of a campaign is not what was written. Run: python -m records audit verify")
        raise StorageError(msg)
    return unpacked(body)


def plan(mode: DataMode, by: Scope, wanted: Campaign, *, treated: pl.Series, holdout: pl.Series) -> Campaign:
    """Keep a new campaign with its two lists, all or nothing. The same again changes nothing.

    Args:
        mode: which data it is about.
        by: an owner's scope, in their own right.
        wanted: name, audience, salt, holdout and window; ``sent_on`` where it is known already.
        treated: customer keys of those who are written to.
        holdout: customer keys of those who are held out.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: the name is taken or unreadable, nobody is left on a side, or somebody is on both.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    acts.owners_only(by, "campaign", say("Head office sends the campaigns."))
    wanted = _checked(wanted)
    sides = [side.cast(pl.Int64).unique().sort() for side in (treated, holdout)]
    _two_sides(*sides)
    bodies = [packed(side) for side in sides]
    drawn = replace(
        wanted, treated=digest_of(bodies[0]), holdout=digest_of(bodies[1]), treated_count=sides[0].len(),
        holdout_count=sides[1].len(), version=1,
    )  # fmt: skip
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        before = _named(connection, wanted.name)
        if before is not None:
            if row_of(before, "") == row_of(replace(drawn, version=before.version), ""):
                return before
            msg = say("There is a campaign {name} already; choose another name.", name=wanted.name)
            raise UsageError(msg)
        acts.note("campaign_change", by, _told(drawn, "planned"), mode=mode, connection=connection)
        rows = [{"entry_key": digest_of(body), "body": body} for body in bodies]
        chain.append(connection, lists, rows)
        return _write(connection, by, drawn)


def send(mode: DataMode, by: Scope, name: str, on: dt.date) -> Campaign:
    """Note that a planned campaign was sent; from that day on it is measured.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: there is none of this name, or it was sent on another day.
    """
    acts.owners_only(by, "campaign", say("Head office sends the campaigns."))
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        before = _known(connection, name)
        if before.sent_on == on:
            return before
        if before.sent_on is not None:
            msg = say("The campaign {name} was sent already; its day stays.", name=name)
            raise UsageError(msg)
        sent = replace(before, sent_on=on, version=before.version + 1)
        acts.note("campaign_change", by, _told(sent, "sent"), mode=mode, connection=connection)
        return _write(connection, by, sent)


def withdraw(mode: DataMode, by: Scope, name: str) -> None:
    """Take back a campaign that was planned and never sent; its name stays taken.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: there is none of this name, or it was sent: what was done stays to be measured.
    """
    acts.owners_only(by, "campaign", say("Head office sends the campaigns."))
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        before = _known(connection, name)
        if before.sent_on is not None:
            msg = say("The campaign {name} was sent: its result stays, whatever it says.", name=name)
            raise UsageError(msg)
        gone = replace(before, is_withdrawn=True, version=before.version + 1)
        acts.note("campaign_change", by, _told(gone, "withdrawn"), mode=mode, connection=connection)
        _write(connection, by, gone)


def named(written: str) -> str:
    """A campaign's name, or its salt, as it is kept.

    Raises:
        UsageError: it is empty, too long, or holds what cannot be seen or would part the hash's text.
    """
    told = plain(written, later("name"), MOST_NAME)
    if not told:
        msg = say("A campaign needs a name and a salt.")
        raise UsageError(msg)
    if "|" in told:
        msg = say("A campaign's name and salt hold no | sign.")
        raise UsageError(msg)
    return told


def _checked(wanted: Campaign) -> Campaign:
    name, salt = named(wanted.name), named(wanted.salt)
    if not 1 <= wanted.window_days <= MOST_WINDOW_DAYS:
        msg = say("A campaign is measured for 1 to {most} days.", most=MOST_WINDOW_DAYS)
        raise UsageError(msg)
    return replace(wanted, name=name, salt=salt)


def _two_sides(treated: pl.Series, holdout: pl.Series) -> None:
    if treated.is_empty() or holdout.is_empty():
        msg = say("A campaign needs customers to write to and customers held out; one of the two lists is empty.")
        raise UsageError(msg)
    if both := treated.is_in(holdout.implode()).sum():
        msg = say("{both} customers are on both lists of the campaign.", both=int(both))
        raise UsageError(msg)
    if treated.len() + holdout.len() > MOST_MEMBERS:
        msg = say("A campaign has at most {most} customers.", most=MOST_MEMBERS)
        raise UsageError(msg)


def _told(one: Campaign, change: str) -> dict[str, str | int]:
    return {
        "campaign": one.name, "change": change, "audience_id": one.audience_id, "treated": one.treated_count,
        "holdout": one.holdout_count, "sent_on": str(one.sent_on or ""),
    }  # fmt: skip


def _every_version() -> sa.Select[tuple[object, ...]]:
    return sa.select(table).order_by(table.c.seq)


def _named(connection: sa.Connection, name: str) -> Campaign | None:
    found = newest(connection.execute(_every_version().where(table.c.name == name)).all())
    return found[0] if found else None


def _known(connection: sa.Connection, name: str) -> Campaign:
    found = _named(connection, name)
    if found is None or found.is_withdrawn:
        msg = say("There is no campaign {name} here.", name=name[:MOST_NAME])
        raise UsageError(msg)
    return found


def _write(connection: sa.Connection, by: Scope, one: Campaign) -> Campaign:
    chain.append(connection, table, [row_of(one, by.viewer)])
    return _known(connection, one.name) if not one.is_withdrawn else one
