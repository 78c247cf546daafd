"""What opens from a button is drawn while it is open: nobody pays for a form that they do not look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streamlit.delta_generator import DeltaGenerator

_PAGES: Final = "_rooms"
ALWAYS: bool = False
"""Whether rooms are drawn closed too, for who reads all words of a page at once: the tests of what may be seen."""


def opened(label: str, *, key: str, page: str, keeps: Iterable[str] = (), **looks: Any) -> DeltaGenerator | None:
    """A button that opens a room; the room while it is open, else None.

    Args:
        label: of the button; under another label it begins closed.
        key: unique on the page.
        page: on which it stands. What was entered is forgotten on another one, as Streamlit does with every control.
        keeps: keys of controls inside that keep what was entered while the room is closed.
        looks: as of ``st.popover``.
    """
    room = st.popover(label, key=key, on_change="rerun", **looks)
    seen: dict[str, str] = st.session_state.setdefault(_PAGES, {})
    is_same, seen[key] = seen.get(key) == page, page
    if ALWAYS or room.open:
        return room
    for name in keeps:
        if name in st.session_state:
            kept = st.session_state.pop(name)
            if is_same:
                st.session_state[name] = kept
    return None
