"""What the three parts of the People page share: words, the agents there are, and what was just done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.errors import CatchlightError
from schema.language import later, say
from schema.scope import LOCAL_OWNER
from ui.cards import plain
from ui.signin import current_seat
from ui.view import marts_of, snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.viewers import Viewer

_SAID: Final = "_people_said"
ROLE_WORDS: Final = {"owner": later("Owner"), "agent": later("Agent"), "presenter": later("Presenter")}
ROLE_MEANING: Final = later(
    "**Owner**: sees and decides everything. **Agent**: sees their own stores and customers. "
    "**Presenter**: sees insights, never a person, and changes nothing."
)


def may_manage() -> bool:
    """Whether this run may show viewers and the log: an owner who looks as themselves, and nobody else."""
    scope = current_seat().scope
    return scope.role == "owner" and scope.may_write


def agents() -> dict[str, str]:
    """Names of the agents by id, from the owner's own data, else from the demo; none before anything is loaded."""
    snapshot = snapshot_of("real") or snapshot_of("demo")
    if snapshot is None or not may_manage():
        return {}
    places = marts_of(snapshot, LOCAL_OWNER).places
    known = places.select("agent_id", "agent_name").drop_nulls("agent_id").unique().sort("agent_name", "agent_id")
    return {agent: name or agent for agent, name in known.iter_rows()}


def who(viewer: Viewer) -> str:
    """A viewer in words, for a list."""
    shown = viewer.name or viewer.email or viewer.subject
    return f"{shown} · {viewer.viewer_id}" + ("" if viewer.is_active else f" · {say('not active')}")


def attempt(action: Callable[[], object], done: str) -> None:
    """Do what a button asks and say so after the page is drawn anew; a refusal is said at once and nothing is done."""
    try:
        action()
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/block:")
        return
    st.session_state[_SAID] = done
    st.rerun()


def say_done() -> None:
    """What the run before has done, once."""
    done = st.session_state.pop(_SAID, None)
    if done:
        st.success(plain(done), icon=":material/check:")
