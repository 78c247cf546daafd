"""A card that is drawn alone when one of its own controls is pressed: one chart instead of a page.

Whoever presses is looked up again, as at every run. Where anything that the rest of the page rests on is not what it was
(who looks, whose rows, the snapshot, the filters, the language, light or dark), the whole page is drawn instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeAlias

import streamlit as st

from ui import links, tongue
from ui.faults import told
from ui.signin import admit, leave
from ui.view import View, current_view, data_mode, end_view, has_view, make_view, show_view, snapshot_of

Given = ParamSpec("Given")
Draws: TypeAlias = Callable[Concatenate[View, Given], None]
LINK: Final = "link"
"""The part that tells the page's address: it says what every control says."""
_STANDS_ON: Final = "_page_stands_on"
_DRAWN: Final = "_parts_drawn"


def whole_page(view: View) -> None:
    """Remember what this run of the whole page rests on; called by the frame before any part is drawn."""
    st.session_state[_STANDS_ON] = _rests_on(view)
    st.session_state[_DRAWN] = set()


def draw_again(*keys: str) -> None:
    """From a control's callback: draw only these parts of the page, or the whole where one does not stand there.

    Presenters have no link: their filters cannot be chosen.
    """
    drawn = st.session_state.get(_DRAWN, set())
    if drawn.issuperset(key for key in keys if key != LINK):
        st.rerun([key for key in keys if key in drawn])


def part(key: str, *, is_card: bool = True) -> Callable[[Draws[Given]], Draws[Given]]:
    """A function whose piece of the page can be drawn alone, because its controls touch nothing outside it.

    Arguments besides the view are plain values: they stay with the window until its page is drawn anew.

    Args:
        key: unique on the page; of a card the card's.
        is_card: a card of the page; it draws with ``card(…, own_frame=False)``, because its frame is drawn here.
    """

    def of(draw: Draws[Given]) -> Draws[Given]:
        @st.fragment(key=key)
        @wraps(draw)
        def alone(*args: Given.args, **options: Given.kwargs) -> None:
            if has_view():
                draw(current_view(), *args, **options)
                return
            try:
                with told():
                    draw(_view_again(), *args, **options)
            finally:
                end_view()
                leave()

        @wraps(draw)
        def placed(_: View, /, *args: Given.args, **options: Given.kwargs) -> None:
            st.session_state.setdefault(_DRAWN, set()).add(key)
            if not is_card:
                alone(*args, **options)
                return
            with st.container(border=True, height="stretch", key=f"card-{key}"):
                alone(*args, **options)

        return placed

    return of


def _view_again() -> View:
    """The view of a part that is drawn alone; where it is not the page's any more, the page is drawn anew instead."""
    if admit() is None:
        st.rerun()
    path = links.current_page()
    filters = tongue.in_language(links.read_filters(path))
    snapshot = snapshot_of(data_mode(filters))
    if snapshot is None:
        st.rerun()
    view = make_view(path, snapshot, filters)
    if _rests_on(view) != st.session_state.get(_STANDS_ON):
        st.rerun()
    return show_view(view)


def _rests_on(view: View) -> tuple[object, ...]:
    return view.page, view.scope, view.at, view.filters, view.asked.unknown, view.theme.name, view.is_phone
