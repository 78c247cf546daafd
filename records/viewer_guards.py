"""What may be said about a viewer, and by whom."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from records.company import email_key, opaque, plain
from records.viewer_table import ROLES, Viewer
from schema.errors import RefusedError, UsageError
from schema.language import later, say
from schema.scope import LOCAL_OWNER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.scope import Scope

_WORDS: Final = {"name": (later("name"), 100), "agent_id": (later("agent's id"), 100)}
_OPAQUE: Final = {"subject": (later("subject"), 255), "issuer": (later("issuer"), 500)}
"""Characters; 255 is what OpenID Connect allows for a subject."""


def refuse_others(scope: Scope) -> None:
    """Only an owner who looks as an owner edits viewers."""
    if scope.role != "owner" or not scope.may_write:
        msg = say("Only an owner decides who may look.")
        raise RefusedError(msg)


def still_owner(scope: Scope, found: Sequence[Viewer]) -> None:
    """An owner who was shut out a moment ago decides nothing any more."""
    if scope.viewer == LOCAL_OWNER.viewer:
        return
    if not any(one.viewer_id == scope.viewer and one.is_active and one.role == "owner" for one in found):
        msg = say("Only an owner decides who may look.")
        raise RefusedError(msg)


def checked(before: Viewer, asked: Mapping[str, str | None]) -> Viewer:
    """A viewer with what is asked for, each word as it is kept; None leaves it as it was."""
    given = {name: value for name, value in asked.items() if value is not None}
    said = {name: plain(given[name], *limits) for name, limits in _WORDS.items() if name in given}
    for name, limits in _OPAQUE.items():
        if name in given:
            said[name] = opaque(given[name], *limits) if given[name] else ""
    if "email" in given:
        said["email"] = email_key(given["email"]) if given["email"].strip() else ""
    if "role" in given:
        said["role"] = _role(given["role"])
    if before.email and said.get("email", before.email) != before.email and "subject" not in said:
        said |= {"subject": "", "issuer": ""}  # perhaps another person
    if said.get("subject") == "":
        said["issuer"] = ""
    if said.get("role", before.role) != "agent":
        if said.get("agent_id"):
            msg = say("Only an agent has an agent's id; the role is {role}.", role=said.get("role", before.role))
            raise UsageError(msg)
        said["agent_id"] = ""
    agent_id = said.pop("agent_id", before.agent_id or "") or None
    return dataclasses.replace(before, **said, agent_id=agent_id)  # type: ignore[arg-type]  # all of them are words


def guard(wanted: Viewer, found: Sequence[Viewer]) -> None:
    """Refuse what would let in the wrong person, or nobody who could repair it."""
    if wanted.role == "agent" and not wanted.agent_id:
        msg = say("An agent needs the agent's id, whose stores and customers they see.")
        raise UsageError(msg)
    if bool(wanted.subject) != bool(wanted.issuer):
        msg = say("A subject and the issuer whose subject it is belong together.")
        raise UsageError(msg)
    if not wanted.email and not wanted.subject:
        msg = say("A viewer needs an e-mail address, or a subject and its issuer.")
        raise UsageError(msg)
    others = [one for one in found if one.viewer_id != wanted.viewer_id and one.is_active]
    if wanted.is_active:
        _refuse_twice(wanted, others)
    was_owner = any(one.viewer_id == wanted.viewer_id and one.is_active and one.role == "owner" for one in found)
    is_owner = wanted.is_active and wanted.role == "owner"
    if was_owner and not is_owner and not any(one.role == "owner" for one in others):
        msg = say("{shown} is the last active owner; add another owner first.", shown=wanted.shown)
        raise RefusedError(msg)


def _refuse_twice(wanted: Viewer, others: Sequence[Viewer]) -> None:
    for one in others:
        if wanted.email and one.email == wanted.email:
            msg = say(
                "{shown} has this e-mail address already; change that viewer, or deactivate it first.", shown=one.shown
            )
            raise UsageError(msg)
        if wanted.subject and (one.subject, one.issuer) == (wanted.subject, wanted.issuer):
            msg = say("{shown} has this subject already; change that viewer, or deactivate it first.", shown=one.shown)
            raise UsageError(msg)


def _role(role: str) -> str:
    if role not in ROLES:
        msg = say("{role} is no role; one of {roles} is.", role=repr(role), roles=", ".join(ROLES))
        raise UsageError(msg)
    return role
