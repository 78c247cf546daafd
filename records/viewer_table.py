"""Viewers at rest: every version of every viewer, and the newest of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

import sqlalchemy as sa

from records.chain import chained_table
from records.columns import text, whole
from records.database import METADATA
from records.frames import last_versions, moment
from schema.errors import StorageError
from schema.language import say
from schema.scope import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

ROLES: Final[tuple[Role, ...]] = get_args(Role)

viewers: Final = chained_table(
    "viewers",
    METADATA,
    text("viewer_id"),
    whole("version"),
    text("email"),
    text("issuer"),
    text("subject"),
    text("name"),
    text("role"),
    text("agent_id", nullable=True),
    whole("is_active"),
    text("changed_by"),
    indexes=(
        sa.Index("viewers_of_id", "viewer_id"),
        sa.Index("viewers_of_email", "email"),
        sa.Index("viewers_of_subject", "subject"),
    ),
)
"""Who may look; a later row about the same viewer replaces an earlier one."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """One person who may look.

    Attributes:
        viewer_id: such as ``V-001``; what logs and scopes call them.
        email: as compared; empty when only the subject says who they are.
        subject: what the sign-in provider calls them; empty until known. Once known, it must match.
        name: for the owner's eyes.
        role: what they may see.
        agent_id: whose stores and customers; only with the role ``agent``.
        is_active: whether they are let in.
        version: 1, 2, 3 …
        changed_at: when this version was written.
        changed_by: the owner's viewer id; ``local`` on the server itself.
        issuer: the provider whose subject it is.
    """

    viewer_id: str
    email: str
    subject: str
    name: str
    role: Role
    agent_id: str | None
    is_active: bool
    version: int
    changed_at: dt.datetime
    changed_by: str
    issuer: str = ""

    @property
    def shown(self) -> str:
        """How messages to an owner call them."""
        return f"{self.viewer_id} ({self.email or self.subject})"


def every_version() -> sa.Select[Any]:
    """All that was ever written, in order."""
    return sa.select(viewers).order_by(viewers.c.seq)


def newest(rows: Iterable[sa.Row[Any]]) -> tuple[Viewer, ...]:
    """The last version of each viewer, first added first.

    Raises:
        StorageError: a row holds what no owner can have written; nobody is let in by it.
    """
    return tuple(_viewer(row) for row in last_versions(rows, "viewer_id"))


def each(rows: Iterable[sa.Row[Any]]) -> tuple[Viewer, ...]:
    """Every version as it was, in the order written.

    Raises:
        StorageError: a row holds what no owner can have written.
    """
    return tuple(_viewer(row) for row in rows)


def _viewer(row: sa.Row[Any]) -> Viewer:
    if row.role not in ROLES or row.is_active not in {0, 1} or (row.role == "agent") != bool(row.agent_id):
        msg = say(
            "viewers: {viewer_id} holds what was never written. Run: python -m records audit verify",
            viewer_id=row.viewer_id,
        )
        raise StorageError(msg)
    return Viewer(
        viewer_id=row.viewer_id,
        email=row.email,
        subject=row.subject,
        name=row.name,
        role=row.role,
        agent_id=row.agent_id,
        is_active=bool(row.is_active),
        version=row.version,
        changed_at=moment(row.recorded_at),
        changed_by=row.changed_by,
        issuer=row.issuer,
    )
