"""The bar over a page while an owner looks through somebody else's eyes, and the way back."""

from __future__ import annotations

import streamlit as st

from schema.errors import RefusedError
from schema.language import say
from schema.scope import Scope
from ui.cards import plain
from ui.signin import current_scope, current_seat, view_as

_NAME = "_view_as_name"


def begin(role: str, agent_id: str | None, name: str) -> None:
    """Look as somebody else from the next run on; on the audit log before it happens.

    Args:
        role: ``agent`` or ``presenter``.
        agent_id: whose eyes, with the role ``agent``.
        name: what the bar calls them.

    Raises:
        RefusedError: anybody but an owner asks, or it would show more than what the owner may lend.
    """
    own = current_seat().own
    if own.role != "owner" or role not in {"agent", "presenter"}:
        msg = say("Only an owner looks through an agent's or a presenter's eyes.")
        raise RefusedError(msg)
    scope = Scope("presenter", own.viewer, is_borrowed=True)
    if role == "agent":
        scope = Scope("agent", own.viewer, agent_id, is_borrowed=True)
    view_as(scope)
    st.session_state[_NAME] = name


def bar() -> None:
    """Say on every page whose eyes these are; nothing is drawn while one looks as oneself."""
    scope = current_scope()
    if not scope.is_borrowed:
        return
    name = st.session_state.get(_NAME) or scope.agent_id or say("a presenter")
    with st.container(key="viewas", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(
            f":material/visibility: &nbsp;{say('You see what **{name}** sees · nothing can be changed', name=plain(name))}",
            width="content",
        )
        if st.button(say("Back to your own view"), key="viewas-end", icon=":material/undo:"):
            view_as(None)
            st.session_state.pop(_NAME, None)
            st.rerun()
