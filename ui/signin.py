"""Who is signed in, through whose eyes they look, and the polite door for everybody else."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from records import audit, viewers
from records.company import claimed_email_key
from schema.errors import CatchlightError, RefusedError, StorageError
from schema.language import later, say
from schema.scope import LOCAL_OWNER, Scope
from ui import door, door_log
from ui.door_claims import is_verified, viewer_from
from ui.door_settings import is_sign_in_configured
from ui.plain import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEAT: Final = "_seat"
_AS: Final = "_view_as"
_ROLES: Final = {"owner": later("Owner"), "agent": later("Regional agent"), "presenter": later("Presenter")}


@dataclass(frozen=True)
class Seat:
    """Who sits before the screen.

    Attributes:
        own: who they are; decides who may use "view as", and who is named on the audit log.
        scope: whose rows they see; another's, and borrowed, while an owner views as somebody.
        name: for the screen.
        is_signed_in: whether the server asks people to sign in at all.
    """

    own: Scope
    scope: Scope
    name: str
    is_signed_in: bool


def admit() -> Seat | None:
    """Who may come in: asked by the frame at every run, before anything else is drawn.

    Returns:
        The seat; None for everybody who may not, after the door was drawn. When it cannot be known, nobody may.
    """
    st.session_state.pop(_SEAT, None)
    seat = _seat_now()
    if seat is not None:
        st.session_state[_SEAT] = seat
    return seat


def _seat_now() -> Seat | None:
    try:
        if not is_sign_in_configured():
            return Seat(LOCAL_OWNER, _looking_as(LOCAL_OWNER), "", is_signed_in=False)
    except StorageError as error:
        door.tell(str(error))
        return None
    try:
        return _signed_in()
    except CatchlightError:  # its words name files and people: for the owner alone
        error_id = uuid.uuid4().hex[:8]
        logging.getLogger("catchlight").exception("Nobody is let in, error %s", error_id)
        door.tell(
            say(
                "It cannot be looked up just now who may come in, so nobody does. Try again in a minute. "
                "For the owner: the server's log says why (error {error_id}).",
                error_id=error_id,
            )
        )
        return None


def current_seat() -> Seat:
    """The seat of this run.

    Raises:
        StorageError: nobody was admitted in this run.
    """
    seat = st.session_state.get(_SEAT)
    if not isinstance(seat, Seat):
        msg = say("Nobody is signed in. Open Catchlight from its front page.")
        raise StorageError(msg)
    return seat


def foot() -> None:
    """The signed-in person's name, role and way out, below the pages; nothing on a server of one's own."""
    seat = current_seat()
    if not seat.is_signed_in:
        return
    with st.sidebar, st.container(key="person", gap=None):
        st.markdown(f"**{plain(seat.name)}**")
        role = say(_ROLES[seat.own.role])
        st.caption(f"{role} {plain(seat.own.agent_id)}" if seat.own.agent_id else role)
        if st.button(say("Sign out"), key="sign-out", icon=":material/logout:", type="tertiary"):
            sign_out(seat.own.viewer)


def current_scope() -> Scope:
    """Whose rows this run shows."""
    return current_seat().scope


def leave() -> None:
    """Forget the seat at the end of a run, so that no later one can use it without the frame."""
    st.session_state.pop(_SEAT, None)


def view_as(scope: Scope | None) -> None:
    """Look through another role's eyes from the next run on; None ends it. On the audit log before it happens.

    Not for callbacks: they run before the frame knows who is there, and are refused.

    Args:
        scope: role and agent to look as.

    Raises:
        StorageError: nobody was admitted in this run, or the log cannot be written; nothing happens.
        RefusedError: anybody but an owner asks.
    """
    own = current_seat().own
    if own.role != "owner":
        msg = say("Only an owner looks through somebody else's eyes.")
        raise RefusedError(msg)
    what: dict[str, str | int] = {"role": scope.role, "agent_id": scope.agent_id or ""} if scope else {"role": "own"}
    audit.write("view_as", viewer=own.viewer, what=what)
    if scope is None:
        st.session_state.pop(_AS, None)
    else:
        st.session_state[_AS] = Scope(scope.role, own.viewer, scope.agent_id, is_borrowed=True)


def _looking_as(own: Scope) -> Scope:
    """Only an owner's own wish counts; it lives on the server, never in the URL or in a widget."""
    wished = st.session_state.get(_AS)
    if own.role != "owner" or not isinstance(wished, Scope) or wished.viewer != own.viewer:
        return own
    return wished


def _signed_in() -> Seat | None:
    said = st.user.to_dict()
    if said.get("is_logged_in") is not True or door_log.has_left(said):
        door.ask_to_sign_in(is_first=not viewers.viewers())
        return None
    found = viewer_from(said)
    if found is None:
        _refuse(said)
        return None
    viewer = viewers.learn_subject(found, subject=str(said.get("sub") or ""), issuer=str(said.get("iss") or ""))
    door_log.came(viewer.viewer_id, said)
    own = viewers.scope_of(viewer)
    return Seat(own, _looking_as(own), viewer.name or viewer.email or viewer.viewer_id, is_signed_in=True)


def _refuse(said: Mapping[str, Any]) -> None:
    """The door for somebody whom the provider knows and the list does not; one line of it on the log."""
    everybody = viewers.viewers()
    email = claimed_email_key(str(said.get("email") or ""))
    theirs = [
        one
        for one in everybody
        if (one.subject and (one.subject, one.issuer) == (said.get("sub"), said.get("iss")))
        or (email and one.email == email and is_verified(said))
    ]
    reason: door.Reason = "unknown"
    if any(not one.is_active for one in theirs):
        reason = "inactive"
    elif email and not is_verified(said):
        reason = "unverified"
    door_log.refused(theirs[0].viewer_id if theirs else "unknown", said, reason)
    if door.refuse(said, reason, door_log.reference_of(said), is_first=not everybody):
        sign_out("unknown")


def sign_out(viewer: str) -> None:
    """End this sign-in in every window, then go by the provider's own way out; nothing more is drawn."""
    door_log.left(viewer, st.user.to_dict())
    st.session_state.clear()
    st.logout()
    st.stop()
