"""Audiences at rest: every version of every audience, and whom lists were handed out for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from records.chain import chained_table
from records.columns import day, text, whole
from records.database import METADATA
from records.frames import last_versions, moment
from schema.errors import StorageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

audiences: Final = chained_table(
    "audiences",
    METADATA,
    text("audience_id"),
    text("agent_id"),
    text("name"),
    whole("version"),
    text("who"),
    text("narrowed"),
    day("made_for"),
    whole("snapshot"),
    whole("customers"),
    whole("is_deleted"),
    text("changed_by"),
    indexes=(sa.Index("audiences_of_id", "audience_id"),),
)
"""One row a version; ``who`` is its conditions as JSON, ``agent_id`` empty for head office."""

sent: Final = chained_table(
    "audience_sent", METADATA, text("audience"), day("sent_on"), whole("customers"), text("packed_keys")
)
"""One row a list of contacts that was handed out: whose keys were on it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """A saved audience as it is now.

    Attributes:
        audience_id: such as ``AU-001``.
        name: unique among one's own, whatever the case; part of its address.
        who: its conditions as in a link.
        narrowed: the place and segment filters it was made with, as in a link.
        made_for: the day after the last one it was counted for.
        snapshot: the snapshot it was counted on.
        customers: how many it held then.
        version: 1, 2, 3 …; 0 before it is kept.
    """

    audience_id: str
    name: str
    who: tuple[str, ...]
    made_for: dt.date
    snapshot: int
    customers: int
    narrowed: str = ""
    version: int = 0
    is_deleted: bool = False
    changed_by: str = ""
    changed_at: dt.datetime | None = None


def newest(rows: Iterable[sa.Row[Any]]) -> tuple[Audience, ...]:
    """The last version of each audience, first made first; deleted ones too."""
    return tuple(audience_of(row) for row in last_versions(rows, "audience_id"))


def audience_of(row: sa.Row[Any]) -> Audience:
    """One version.

    Raises:
        StorageError: the row holds what was never written.
    """
    import datetime as dt  # noqa: PLC0415  (a day is stored as text)

    try:
        who = tuple(str(one) for one in json.loads(row.who))
        made_for = dt.date.fromisoformat(row.made_for)
    except (ValueError, TypeError) as error:
        msg = f"audiences: {row.audience_id} holds what was never written. Run: python -m records audit verify"
        raise StorageError(msg) from error
    return Audience(
        audience_id=row.audience_id,
        name=row.name,
        who=who,
        narrowed=row.narrowed,
        made_for=made_for,
        snapshot=row.snapshot,
        customers=row.customers,
        version=row.version,
        is_deleted=bool(row.is_deleted),
        changed_by=row.changed_by,
        changed_at=moment(row.recorded_at),
    )
