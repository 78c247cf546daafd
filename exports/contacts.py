"""Contacts: the shop's ids of customers who agreed, for a reason that is typed and logged before anything leaves."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from exports.files import csv_bytes
from records import audit
from records.acts import owners_only
from schema.errors import StorageError, UsageError
from schema.language import later, say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from schema.scope import Scope
    from warehouse.api import Snapshot

NOT_YOURS: Final = later("Contacts are exported by an owner alone, who looks as themselves.")
LEAST_REASON: Final = 10
"""Letters and signs of a reason: enough to say what the list is for."""


def contacts(snapshot: Snapshot, scope: Scope, *, agent: str = "", now: dt.datetime | None = None) -> pl.DataFrame:
    """Which customers may be written to? Nothing is logged yet, and nothing may leave: that is ``exported``.

    Args:
        snapshot: which state of the data.
        scope: who asks.
        agent: the agent who is to have the list: only those who are theirs now and agreed to it; empty is head office.
        now: the instant at which consent counts; None is now.

    Returns:
        ``customer_id, consent_marketing_at``: what the shop's own system needs to find them, and no more.

    Raises:
        RefusedError: the viewer is no owner who looks as themselves.
        UsageError: no such agent.
    """
    at = now or dt.datetime.now(dt.UTC)
    if not agent or scope.role != "owner" or not scope.may_write:  # consenting refuses the others
        return warehouse.consenting(snapshot, scope, at=at)
    marts = warehouse.registrations(warehouse.load_marts(snapshot, scope))
    if agent not in set(marts.places["agent_id"].drop_nulls()):
        msg = say("No agent {agent} here.", agent=agent[:40])
        raise UsageError(msg)
    theirs = marts.people.filter(pl.col("owner_agent_id") == agent)["customer_key"]
    return warehouse.consenting(snapshot, scope, at=at, keys=theirs)


def exported(snapshot: Snapshot, scope: Scope, *, reason: str, agent: str = "") -> bytes:
    """The contacts as CSV, on the audit log before the bytes exist.

    Args:
        snapshot: which state of the data.
        scope: who asks; a refusal is logged too.
        reason: what the list is for.
        agent: who is to have it; empty is head office.

    Raises:
        RefusedError: the viewer is no owner who looks as themselves.
        UsageError: the reason is too short, or no such agent.
        BusyError: the log cannot be written now; nothing is exported.
        StorageError: the same, or the data cannot be read.
    """
    owners_only(scope, "contact_export", NOT_YOURS)
    table = contacts(snapshot, scope, agent=agent)
    if len(reason.strip()) < LEAST_REASON:
        msg = say(
            "Say in at least {least} letters what the contacts are for; it is kept in the audit log.",
            least=LEAST_REASON,
        )
        raise UsageError(msg)
    what: dict[str, str | int] = {"reason": reason.strip(), "rows": table.height, "for": agent or "head office"}
    audit.write("contact_export", viewer=scope.viewer, what=what, data=snapshot.mode)
    return csv_bytes(table)


def write_private(content: bytes, out: str) -> None:
    """Write a file that nobody else on this machine can read.

    Raises:
        UsageError: no file is named.
        StorageError: it cannot be written.
    """
    if out in {"", "-"}:
        msg = say("Contacts go to a file, not to the screen: name it with --out FILE.")
        raise UsageError(msg)
    path = Path(out)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.draft")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        msg = say("{path}: cannot be written ({why}).", path=path, why=error.strerror)
        raise StorageError(msg) from error
