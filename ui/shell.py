"""The frame every page is drawn in: first start, page list, filters from the URL, and the one error handler."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from ui import door_way, links, tongue
from ui.faults import told
from ui.first_start import make_demo
from ui.glossary import sidebar_entry
from ui.page_list import NAMES, WITHOUT_DATA, name_groups, page_list, take_away
from ui.page_list import page as named
from ui.parts import whole_page
from ui.signin import admit, foot, leave
from ui.story_add import offer
from ui.tour import tour_card
from ui.view import begin_view, end_view, snapshot_of
from ui.view_as import bar
from ui.warmup import warm_up
from ui.welcome import choose_data, no_data_yet

_HERE = Path(__file__).parent
_ICON = "data:image/png;base64," + base64.b64encode((_HERE / "mark.png").read_bytes()).decode()
"""In the page itself: files are handed out only to people who are let in."""


def main() -> None:
    """Draw one run."""
    st.set_page_config(page_title="Catchlight", page_icon=_ICON, layout="wide", initial_sidebar_state=216)
    st.html(_HERE / "looks.css")
    tongue.listen()
    seat = admit()
    if seat is None:
        tongue.tell_browser()
        take_away()
        return
    st.logo(str(_HERE / "wordmark.svg"), icon_image=str(_HERE / "mark.png"), size="large")
    name_groups()
    page = st.navigation(page_list())
    way = door_way.taken(NAMES) if seat.is_signed_in else None
    if way is not None:
        st.switch_page(named(way.path or "overview"), query_params=way.query)
    st.set_page_config(page_title=f"{page.title} · Catchlight")
    end_view()
    bar()
    make_demo()
    warm_up()
    path = page.url_path or "overview"
    filters = tongue.in_language(links.read_filters(path))
    mode = choose_data(filters)
    sidebar_entry()
    tongue.chooser()
    foot()
    snapshot = snapshot_of(mode)
    if snapshot is None and path not in WITHOUT_DATA:
        no_data_yet(mode)
        return
    if snapshot is not None:
        view = begin_view(path, snapshot, filters)
        whole_page(view)
        tour_card(view)
    page.run()
    offer()


try:
    with told():
        main()
finally:
    end_view()
    leave()
