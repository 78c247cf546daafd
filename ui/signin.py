"""Who is signed in, through whose eyes they look, and the polite door for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from records import audit, viewers
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER, Scope

if TYPE_CHECKING:
    from records.viewers import Viewer

_SEAT = "_seat"
_AS = "_view_as"


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


def is_sign_in_configured() -> bool:
    """Whether secrets hold ``[auth]``; without it the one local owner uses the app."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def admit() -> Seat | None:
    """Who may come in: asked by the frame at every run, before anything else is drawn.

    Returns:
        The seat; None for everybody who may not, after the door was drawn.
    """
    st.session_state.pop(_SEAT, None)
    own, name = _local() if not is_sign_in_configured() else _signed_in()
    if own is None:
        return None
    seat = Seat(own, _looking_as(own), name, is_signed_in=own.viewer != LOCAL_OWNER.viewer)
    st.session_state[_SEAT] = seat
    return seat


def current_seat() -> Seat:
    """The seat of this run.

    Raises:
        StorageError: nobody was admitted in this run.
    """
    seat = st.session_state.get(_SEAT)
    if not isinstance(seat, Seat):
        msg = "Nobody is signed in. Open Catchlight from its front page."
        raise StorageError(msg)
    return seat


def current_scope() -> Scope:
    """Whose rows this run shows."""
    return current_seat().scope


def leave() -> None:
    """Forget the seat at the end of a run, so that no later one can use it without the frame."""
    st.session_state.pop(_SEAT, None)


def view_as(scope: Scope | None) -> None:
    """Look through another role's eyes from the next run on; None ends it. On the audit log before it happens.

    Args:
        scope: role and agent to look as.
    """
    own = current_seat().own
    if own.role != "owner":
        return
    what: dict[str, str | int] = {"role": scope.role, "agent_id": scope.agent_id or ""} if scope else {"role": "own"}
    audit.write("view_as", viewer=own.viewer, what=what)
    if scope is None:
        st.session_state.pop(_AS, None)
    else:
        st.session_state[_AS] = (scope.role, scope.agent_id)


def _looking_as(own: Scope) -> Scope:
    """Only an owner's wish counts; it lives on the server, never in the URL."""
    wished: tuple[Any, str | None] | None = st.session_state.get(_AS)
    if own.role != "owner" or wished is None:
        return own
    return Scope(wished[0], own.viewer, wished[1], is_borrowed=True)


def _local() -> tuple[Scope, str]:
    return LOCAL_OWNER, ""


def _signed_in() -> tuple[Scope | None, str]:
    if not st.user.is_logged_in:
        _door("Sign in to see your company's figures.")
        return None, ""
    viewer = _viewer()
    if viewer is None:
        _door("This account is not on the list of viewers. Ask the owner to add it on the People page.")
        return None, ""
    return viewers.scope_of(viewer), viewer.name or viewer.email


def _viewer() -> Viewer | None:
    said = st.user.to_dict()
    subject, issuer = str(said.get("sub") or ""), str(said.get("iss") or "")
    found = viewers.viewer_of(
        email=str(said.get("email") or ""),
        subject=subject,
        issuer=issuer,
        email_verified=said.get("email_verified") is True,
    )
    return None if found is None else viewers.learn_subject(found, subject=subject, issuer=issuer)


def _door(message: str) -> None:
    st.header("Catchlight", anchor=False)
    st.markdown(message)
    if st.user.is_logged_in:
        st.button("Sign out", on_click=st.logout)
    else:
        st.button("Sign in", on_click=st.login, type="primary")
