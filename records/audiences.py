"""Saved audiences: named, dated, and every change a new version. Each agent keeps their own; head office keeps its own."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl
import sqlalchemy as sa

from records import acts, chain, database
from records.audience_table import Audience, audience_of, newest
from records.audience_table import audiences as table
from records.audience_table import sent as sent_table
from records.company import plain
from records.glances import glance
from records.kept_lists import packed, unpacked
from records.locking import SMALL_WRITE_WAIT_S
from schema.errors import RefusedError, UsageError
from schema.language import say

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from schema.scope import Scope
    from schema.settings import DataMode

__all__ = ["Audience", "audience", "audiences", "contacted", "keep", "note_sent", "versions"]

MOST_NAME: Final = 60
MOST_WHO: Final = 20_000
_NAME: Final = re.compile(r"[^\W_][\w .()+-]*")
_CONTACTS: Final = {"customer_key": pl.Int64, "contacted_on": pl.Date}


def audiences(mode: DataMode, scope: Scope) -> tuple[Audience, ...]:
    """One's own audiences that were not deleted, first made first, as they are now.

    Raises:
        RefusedError: a presenter asks.
        StorageError: the database is there and cannot be read.
    """
    return tuple(one for one in newest(glance(mode, _versions(scope))) if not one.is_deleted)


def audience(mode: DataMode, scope: Scope, name: str) -> Audience:
    """One's own audience of this name, whatever the case.

    Raises:
        RefusedError: a presenter asks.
        UsageError: there is none.
    """
    for one in audiences(mode, scope):
        if one.name.casefold() == name.casefold():
            return one
    msg = say("There is no audience {name} here.", name=repr(name[:MOST_NAME]))
    raise UsageError(msg)


def versions(mode: DataMode, scope: Scope, audience_id: str) -> tuple[Audience, ...]:
    """One's own audience as it ever was, first version first."""
    rows = glance(mode, _versions(scope).where(table.c.audience_id == audience_id))
    return tuple(audience_of(row) for row in rows)


def keep(mode: DataMode, scope: Scope, wanted: Audience, *, taken: Collection[str] = ()) -> Audience:
    """Keep an audience's next version.

    Args:
        mode: which data it is about.
        scope: an owner's or an agent's, in their own right.
        wanted: the audience as it shall be; its ``version`` is the one it was made from, 0 and no id for a new one.
        taken: names that mean something else at the same address.

    Returns:
        The audience as it is now; the same version when nothing changed.

    Raises:
        RefusedError: a presenter asks, or somebody through another's eyes.
        UsageError: no name, or one that is taken or cannot stand in an address; nobody is described; or somebody
            changed it meanwhile.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    acts.writers_only(scope, "audience")
    wanted = _checked(wanted, taken)
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        mine = newest(connection.execute(_versions(scope)).all())
        before = next((one for one in mine if wanted.audience_id and one.audience_id == wanted.audience_id), None)
        if wanted.audience_id and (before is None or before.version != wanted.version):
            msg = say("The audience {name} was changed meanwhile in another window; look again, then change.",
                      name=repr(wanted.name))  # fmt: skip
            raise UsageError(msg)
        _unique(mine, wanted)
        every = connection.execute(sa.select(sa.func.count(sa.distinct(table.c.audience_id)))).scalar_one()
        named = wanted if wanted.audience_id else replace(wanted, audience_id=f"AU-{every + 1:03d}")
        if before is not None and _same(before, named):
            return before
        what: dict[str, str | int] = {
            "audience_id": named.audience_id, "version": named.version + 1, "customers": named.customers,
            "change": "deleted" if named.is_deleted else "saved",
        }  # fmt: skip
        acts.note("audience_change", scope, what, mode=mode, connection=connection)
        return _write(connection, scope, named)


def note_sent(mode: DataMode, scope: Scope, *, name: str, sent_on: dt.date, keys: Collection[int]) -> None:
    """Keep whose contacts were handed out, so that nobody is written to too often.

    Args:
        mode: whose customers.
        scope: an owner's, in their own right.
        name: of the audience; empty for one that was not saved.
        sent_on: the local day from which it counts.
        keys: keys of those on the list.

    Raises:
        RefusedError: anybody but an owner asks.
        BusyError, StorageError: it cannot be kept; the list must not leave.
    """
    acts.owners_only(scope, "contact_export")
    if not keys:
        return
    row = {
        "entry_key": uuid.uuid4().hex, "audience": name[:MOST_NAME], "sent_on": sent_on.isoformat(),
        "customers": len(keys), "packed_keys": packed(keys),
    }  # fmt: skip
    with database.transaction(mode, wait_s=SMALL_WRITE_WAIT_S) as connection:
        chain.append(connection, sent_table, [row])


def contacted(mode: DataMode) -> pl.DataFrame:
    """When was each customer last on a list of contacts that was handed out?

    Args:
        mode: whose customers.

    Returns:
        ``customer_key, contacted_on``, one row per customer who ever was, by key.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    query = sa.select(sent_table.c.sent_on, sent_table.c.packed_keys)
    parts = [
        unpacked(row.packed_keys).to_frame().with_columns(pl.lit(row.sent_on).str.to_date().alias("contacted_on"))
        for row in glance(mode, query)
    ]
    rows = pl.concat([pl.DataFrame(schema=_CONTACTS), *parts])
    return rows.group_by("customer_key").agg(pl.col("contacted_on").max()).sort("customer_key")


def handed_out(mode: DataMode) -> int:
    """How many lists of contacts were handed out so far; changes with every one.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    rows = glance(mode, sa.select(sa.func.count()).select_from(sent_table))
    return int(rows[0][0]) if rows else 0


def _versions(scope: Scope) -> sa.Select[tuple[object, ...]]:
    if scope.role not in {"owner", "agent"}:
        msg = say("Audiences are of single customers: they are not presented.")
        raise RefusedError(msg)
    return sa.select(table).where(table.c.agent_id == _whose(scope)).order_by(table.c.seq)


def _whose(scope: Scope) -> str:
    return (scope.agent_id or "") if scope.role == "agent" else ""


def _checked(wanted: Audience, taken: Collection[str]) -> Audience:
    name = plain(wanted.name, say("name"), MOST_NAME)
    if not _NAME.fullmatch(name):
        msg = say("An audience needs a name of letters and digits; blanks and . ( ) + - _ may stand between them.")
        raise UsageError(msg)
    if name.casefold() in {one.casefold() for one in taken}:
        msg = say("The name {name} means something else here; take another one.", name=repr(name))
        raise UsageError(msg)
    if not wanted.who:
        msg = say("The audience describes nobody; add a condition first.")
        raise UsageError(msg)
    if len(json.dumps(wanted.who)) > MOST_WHO:
        msg = say("The audience has too many conditions to be kept.")
        raise UsageError(msg)
    return replace(wanted, name=name)


def _unique(mine: tuple[Audience, ...], wanted: Audience) -> None:
    for one in mine:
        is_other = one.audience_id != wanted.audience_id and not one.is_deleted
        if is_other and not wanted.is_deleted and one.name.casefold() == wanted.name.casefold():
            msg = say(
                "There is an audience {name} already; change that one, or take another name.", name=repr(one.name)
            )
            raise UsageError(msg)


def _same(before: Audience, wanted: Audience) -> bool:
    names = ("name", "who", "narrowed", "made_for", "snapshot", "customers", "is_deleted")
    return all(getattr(before, name) == getattr(wanted, name) for name in names)


def _write(connection: sa.Connection, scope: Scope, wanted: Audience) -> Audience:
    version = wanted.version + 1
    row = {
        "entry_key": f"{wanted.audience_id}|{version}",
        "audience_id": wanted.audience_id,
        "agent_id": _whose(scope),
        "name": wanted.name,
        "version": version,
        "who": json.dumps(wanted.who, ensure_ascii=False),
        "narrowed": wanted.narrowed,
        "made_for": wanted.made_for.isoformat(),
        "snapshot": wanted.snapshot,
        "customers": wanted.customers,
        "is_deleted": int(wanted.is_deleted),
        "changed_by": scope.viewer,
    }
    chain.append(connection, table, [row])
    return newest(connection.execute(_versions(scope).where(table.c.audience_id == wanted.audience_id)).all())[0]
