"""The optional tour of the demo: one calm card at the top of a page, its place kept in the address."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import streamlit as st

from records import tours
from schema.language import later, say
from ui import links
from ui.page_list import page
from ui.tour_words import PARAMETER, stops

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.tour_words import Stop
    from ui.view import View

_LEFT: Final = "_tour_left"
_ASKED: Final = "_tour_asked"
_ASKED_FOR_S: Final = 60.0
"""So long a window believes that its viewer did not decline the tour in another one."""


def tour_card(view: View) -> None:
    """The stop that the address names, if it is of this page; on the demo's Overview the offer, until somebody declines."""
    every = stops(view.scope.role)
    at = _wanted(len(every))
    if at is not None:
        if every[at].page == view.page:
            _stop(view, every, at)
    elif view.page == "overview" and view.snapshot.mode == "demo" and not _has_left(view):
        _offer(view, every)


def _offer(view: View, every: tuple[Stop, ...]) -> None:
    with st.container(key="tour", border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(say("**New here?** A tour of the demo takes two minutes."))
        with st.container(horizontal=True, width="content", vertical_alignment="center", key="tourways"):
            _to(view, every, 0, "Take the tour")
            st.button(say("No, thanks"), key="tour-no", type="tertiary", on_click=_leave, args=(view,))


def _stop(view: View, every: tuple[Stop, ...], at: int) -> None:
    stop, last = every[at], at == len(every) - 1
    with st.container(key="tour", border=True, gap="small"):
        head = say("{at} of {many} · {title}", at=at + 1, many=len(every), title=say(stop.title))
        st.markdown(f"**{head}**  \n{say(stop.text)}")
        with st.container(horizontal=True, vertical_alignment="center", key="tourways"):
            if not last:
                _to(view, every, at + 1, "Next")
            if at:
                _to(view, every, at - 1, "Back")
            st.button(
                say("Finish") if last else say("Leave"),
                key="tour-leave",
                type="tertiary",
                on_click=_leave,
                args=(view,),
            )


def _to(view: View, every: tuple[Stop, ...], at: int, label: str) -> None:
    """A true link: the browser's way back, a reload and a copied address all find the stop again.

    A link to the page one is on would leave the address as it is; there a button writes it.
    """
    stop = every[at]
    query = {**stop.query, PARAMETER: str(at + 1), "data": view.snapshot.mode}
    if stop.page == view.page:
        st.button(say(label), key=f"tour-{label}", icon=_ICONS[label], on_click=_stay, args=(view.page, every, query))
    else:
        st.page_link(page(stop.page), label=say(label), query_params=query, icon=_ICONS[label])


def _stay(here: str, every: tuple[Stop, ...], query: Mapping[str, str]) -> None:
    """Another stop of the same page."""
    gone = {name for stop in every if stop.page == here for name in stop.query} - set(query)
    kept = {name: st.query_params.get_all(name) for name in st.query_params if name not in gone}
    st.query_params.from_dict({**kept, **query})  # at once, so that the browser's way back is one step


_ICONS: Final = {
    later("Take the tour"): ":material/arrow_forward:",
    later("Next"): ":material/arrow_forward:",
    later("Back"): ":material/arrow_back:",
}


def _leave(view: View) -> None:
    links.write(PARAMETER, ())
    st.session_state[_LEFT] = True
    tours.leave(view.snapshot.mode, view.scope.viewer)


def _has_left(view: View) -> bool:
    if st.session_state.get(_LEFT):
        return True
    who, now = (view.snapshot.mode, view.scope.viewer), time.monotonic()
    asked, until = st.session_state.get(_ASKED, (None, 0.0))
    if asked == who and now < until:
        return False
    if tours.has_left(*who):
        return True
    st.session_state[_ASKED] = who, now + _ASKED_FOR_S
    return False


def _wanted(many: int) -> int | None:
    """The stop in the address, counted from 0; None for none and for nonsense."""
    given = st.query_params.get(PARAMETER, "")
    return (
        int(given) - 1 if given.isascii() and given.isdecimal() and len(given) == 1 and 0 < int(given) <= many else None
    )
