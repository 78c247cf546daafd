"""The pages by name: the frame lists them, cards link to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.language import language, later, say
from ui.signin import current_scope

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

_FOLDER: Final = Path(__file__).parent.parent / "pages"
_PAGES: Final = {
    later("See"): {
        "overview": (later("Overview"), ":material/dashboard:"),
        "dwell": (later("Dwell"), ":material/timelapse:"),
        "purchases": (later("Purchases"), ":material/repeat:"),
        "products": (later("Products"), ":material/checkroom:"),
    },
    later("Place"): {
        "catchment": (later("Catchment"), ":material/hexagon:"),
        "sharing": (later("Sharing"), ":material/handshake:"),
    },
    later("Act"): {
        "audiences": (later("Audiences"), ":material/group_add:"),
        "story": (later("Story"), ":material/slideshow:"),
    },
    later("Trust"): {
        "sync": (later("Sync"), ":material/sync:"),
        "data": (later("Data"), ":material/database:"),
        "people": (later("People"), ":material/group:"),
    },
}
NAMES: Final = tuple(name for group in _PAGES.values() for name in group)
HOME: Final = "overview"
"""The default page has no path of its own; a hidden twin answers to the path that people type."""
WITHOUT_DATA: Final = frozenset({"data", "people"})
"""Pages that stand before anything was loaded."""
_FOR_OWNERS: Final = frozenset({"people"})
_NOT_FOR_AGENTS: Final = frozenset({"story"})
"""Not in anybody else's list. Their addresses still answer, with a polite word, so that no link ends nowhere."""
_OF_HOME: Final = {HOME: "start"}
_STATE: Final = "_pages"
_MADE: Final = "_pages_made"


def page_list() -> list[Page]:
    """Pages in order, made once a window for who looks and the language they read; the Overview is the default.

    The groups' names are written by ``looks.css``: Streamlit's own put headings between list items, which screen readers
    cannot read as a list.
    """
    role = current_scope().role
    known: tuple[tuple[str, str], list[Page]] | None = st.session_state.get(_MADE)
    if known is not None and known[0] == (role, language()):
        return known[1]
    hidden = (_FOR_OWNERS if role != "owner" else frozenset()) | (_NOT_FOR_AGENTS if role == "agent" else frozenset())
    made = {
        name: st.Page(
            _FOLDER / f"{name}.py",
            title=say(title),
            icon=icon,
            url_path=_OF_HOME.get(name, name),
            default=name == HOME,
            visibility="hidden" if name in hidden else "visible",
        )
        for group in _PAGES.values()
        for name, (title, icon) in group.items()
    }
    twin = st.Page(_FOLDER / f"{HOME}.py", title=say("Overview"), url_path=HOME, visibility="hidden")
    listed = [*made.values(), twin]
    st.session_state[_STATE] = made
    st.session_state[_MADE] = (role, language()), listed
    return listed


def name_groups() -> None:
    """Give ``looks.css`` the groups' names in the language of this run; English ones stand there."""
    named = {group.lower(): say(group) for group in _PAGES if say(group) != group}
    if named:
        words = "".join(f"--group-{group}:{json.dumps(word, ensure_ascii=False)};" for group, word in named.items())
        st.html(f"<style>.stApp{{{words}}}</style>")


def take_away() -> None:
    """Empty the list in a window that was given one: its viewer was let in a moment ago, and is not any more."""
    if _STATE in st.session_state:
        paths = [*(_OF_HOME.get(name, name) for name in NAMES), HOME]
        behind = [
            st.Page(_nothing, title="Catchlight", url_path=path, default=path == _OF_HOME[HOME], visibility="hidden")
            for path in paths
        ]
        st.navigation(behind, position="hidden")


def _nothing() -> None:
    """What stands behind the door."""


def page(name: str) -> Page:
    """The page of that name in this run, for a link to it."""
    made: dict[str, Page] = st.session_state[_STATE]
    return made[name]
