"""Who may look: a small, versioned table that only owners edit. Looked up on every run, so it answers at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import sqlalchemy as sa

from records import audit, chain, database
from records.company import COMPANY, claimed_email_key, is_opaque
from records.glances import glance
from records.locking import SMALL_WRITE_WAIT_S
from records.viewer_guards import checked, guard, refuse_others, still_owner
from records.viewer_table import Viewer, each, every_version, newest
from records.viewer_table import viewers as table
from schema.errors import BusyError, RefusedError, UsageError
from schema.language import say
from schema.scope import Role, Scope

__all__ = [
    "Viewer",
    "add_viewer",
    "change_viewer",
    "learn_subject",
    "scope_named",
    "scope_of",
    "versions",
    "viewer_of",
    "viewers",
]

_ADMITTING_WAIT_S: Final = 0.5
"""A sign-in does not wait for a long settlement to have its subject noted; the next one notes it."""


def viewers() -> tuple[Viewer, ...]:
    """Everybody who was ever let in, first added first, as they are now; inactive ones too. None before any is added.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return newest(glance(COMPANY, every_version()))


def versions(viewer_id: str) -> tuple[Viewer, ...]:
    """What was ever said about a viewer, first version first; none when there is no such viewer.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return each(glance(COMPANY, every_version().where(table.c.viewer_id == viewer_id)))


def viewer_of(*, email: str = "", subject: str = "", issuer: str = "", email_verified: bool = True) -> Viewer | None:
    """Who has signed in?

    A known subject decides; an e-mail address decides only where the viewer's subject is not known yet, and only if
    the provider has verified it.

    Args:
        email: the claimed address; capitals do not count.
        subject: what the provider calls the person.
        issuer: which provider; subjects of two providers are never the same person.
        email_verified: whether the provider says so; anything but ``True`` is no.

    Returns:
        The active viewer; None for everybody else.

    Raises:
        StorageError: the database is there and cannot be read; nobody is let in.
    """
    key = claimed_email_key(email) if email_verified is True else ""
    named = []
    if key:
        named.append(table.c.email == key)
    if subject and issuer and is_opaque(subject):
        named.append(table.c.subject == subject)
    if not named:
        return None
    meant = sa.select(table.c.viewer_id).where(sa.or_(*named))
    active = [
        one for one in newest(glance(COMPANY, every_version().where(table.c.viewer_id.in_(meant)))) if one.is_active
    ]
    for one in active:
        if one.subject and (one.subject, one.issuer) == (subject, issuer):
            return one
    return next((one for one in active if key and one.email == key and not one.subject), None)


def scope_of(viewer: Viewer) -> Scope:
    """What a viewer may see.

    Raises:
        RefusedError: they are not active.
    """
    if not viewer.is_active:
        msg = say("{viewer_id} is not active.", viewer_id=viewer.viewer_id)
        raise RefusedError(msg)
    return Scope(viewer.role, viewer.viewer_id, viewer.agent_id)


def scope_named(name: str) -> Scope:
    """What the viewer with this id or e-mail address may see, for commands.

    Raises:
        RefusedError: nobody active is called so.
    """
    told = name.strip()
    key = claimed_email_key(told)
    for one in viewers():
        if one.is_active and (one.viewer_id == told.upper() or (key and one.email == key)):
            return scope_of(one)
    msg = say("No active viewer is called {told}. See: python -m records viewers list", told=repr(told[:80]))
    raise RefusedError(msg)


def add_viewer(
    scope: Scope,
    *,
    role: Role,
    email: str = "",
    subject: str = "",
    issuer: str = "",
    name: str = "",
    agent_id: str | None = None,
) -> Viewer:
    """Let somebody in.

    Args:
        scope: an owner's.
        role: what they may see.
        email: their address; it or subject and issuer are needed.
        subject: what the sign-in provider calls them; noted at the first sign-in when it is not given.
        issuer: the provider's address, with a subject.
        name: for the owner's eyes.
        agent_id: whose stores and customers, with the role ``agent`` only. Whether there is such an agent is not
            checked: who is none sees nothing.

    Returns:
        The new viewer.

    Raises:
        RefusedError: anybody but an owner asks.
        UsageError: no usable address, role or agent, or an active viewer has the address or subject already.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    refuse_others(scope)
    asked = {"role": role, "email": email, "subject": subject, "issuer": issuer, "name": name, "agent_id": agent_id}
    with database.transaction(COMPANY, wait_s=SMALL_WRITE_WAIT_S) as connection:
        found = newest(connection.execute(every_version()).all())
        still_owner(scope, found)
        wanted = checked(_nobody(f"V-{len(found) + 1:03d}"), asked)
        guard(wanted, found)
        return _write(connection, scope.viewer, wanted, {"change": "added"})


def change_viewer(
    scope: Scope,
    viewer_id: str,
    *,
    based_on: int | None = None,
    role: Role | None = None,
    email: str | None = None,
    subject: str | None = None,
    issuer: str | None = None,
    name: str | None = None,
    agent_id: str | None = None,
    is_active: bool | None = None,
) -> Viewer:
    """Change what is said about a viewer; None leaves it as it is.

    Another e-mail address forgets the subject, because it may be another person: the next sign-in notes the new one.
    Another role than ``agent`` forgets the agent.

    Args:
        scope: an owner's.
        viewer_id: such as ``V-001``.
        based_on: the version that the owner saw; a newer one refuses the change.
        role: as in ``add_viewer``, like the others.
        email: their address.
        subject: what the provider calls them; empty forgets it.
        issuer: which provider.
        name: for the owner's eyes.
        agent_id: whose stores and customers.
        is_active: False shuts them out at their next click.

    Returns:
        The viewer as they are now; the same version when nothing changed.

    Raises:
        RefusedError: anybody but an owner asks, or it is the last active owner.
        UsageError: there is no such viewer, it was changed meanwhile, or as in ``add_viewer``.
        BusyError, StorageError: it cannot be written; nothing was.
    """
    refuse_others(scope)
    asked = {"role": role, "email": email, "subject": subject, "issuer": issuer, "name": name, "agent_id": agent_id}
    with database.transaction(COMPANY, wait_s=SMALL_WRITE_WAIT_S) as connection:
        found = newest(connection.execute(every_version()).all())
        still_owner(scope, found)
        before = _version(found, viewer_id, based_on)
        wanted = checked(before, asked)
        if is_active is not None:
            wanted = dataclasses.replace(wanted, is_active=is_active)
        if wanted == before:
            return before
        guard(wanted, found)
        return _write(connection, scope.viewer, wanted, {"change": ", ".join(_changed(before, wanted))})


def learn_subject(viewer: Viewer, *, subject: str, issuer: str) -> Viewer:
    """Note what the provider calls a viewer who signed in by e-mail for the first time; from then on it must match.

    Returns:
        The viewer with their subject; the same as before while somebody else is writing.

    Raises:
        UsageError: subject or issuer are unusable, or an active viewer has them.
        StorageError: it cannot be written; nothing was.
    """
    if viewer.subject or not (subject and issuer):
        return viewer
    try:
        with database.transaction(COMPANY, wait_s=_ADMITTING_WAIT_S) as connection:
            found = newest(connection.execute(every_version()).all())
            before = _version(found, viewer.viewer_id, None)
            if before.subject or not before.is_active or before.email != viewer.email:
                return before
            wanted = checked(before, {"subject": subject, "issuer": issuer})
            guard(wanted, found)
            return _write(connection, viewer.viewer_id, wanted, {"change": "subject noted"})
    except BusyError:
        return viewer


def _nobody(viewer_id: str) -> Viewer:
    """Before the first version."""
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    return Viewer(viewer_id, "", "", "", "presenter", None, is_active=True, version=0, changed_at=never, changed_by="")


def _version(found: tuple[Viewer, ...], viewer_id: str, based_on: int | None) -> Viewer:
    known = next((one for one in found if one.viewer_id == viewer_id.strip().upper()), None)
    if known is None:
        msg = say("There is no viewer {viewer_id}.", viewer_id=repr(viewer_id[:80]))
        raise UsageError(msg)
    if based_on is not None and known.version != based_on:
        msg = say("{shown} was changed meanwhile; look again, then change.", shown=known.shown)
        raise UsageError(msg)
    return known


def _changed(before: Viewer, wanted: Viewer) -> list[str]:
    names = ("role", "agent_id", "is_active", "email", "subject", "issuer", "name")
    return [name for name in names if getattr(before, name) != getattr(wanted, name)]


def _write(connection: sa.Connection, by: str, wanted: Viewer, said: dict[str, str | int]) -> Viewer:
    """The next version and its line in the audit log, both or neither."""
    version = wanted.version + 1
    row = {column: getattr(wanted, column) for column in ("viewer_id", "email", "issuer", "subject", "name", "role")}
    row |= {"agent_id": wanted.agent_id, "is_active": int(wanted.is_active), "version": version, "changed_by": by}
    chain.append(connection, table, [row | {"entry_key": f"{wanted.viewer_id}|{version}"}])
    told: dict[str, str | int] = {"viewer_id": wanted.viewer_id, "role": wanted.role, "is_active": row["is_active"]}
    if wanted.agent_id:
        told["agent_id"] = wanted.agent_id
    audit.write_with(connection, "viewer_change", viewer=by, what=said | told)
    mine = every_version().where(table.c.viewer_id == wanted.viewer_id)
    return newest(connection.execute(mine).all())[0]
