"""Demo or real data, and what to do when there are none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from schema.language import say
from ui import links
from ui.page_list import page
from ui.people import may_manage
from ui.signin import current_scope, current_seat
from ui.view import data_mode
from warehouse import api as warehouse

if TYPE_CHECKING:
    from schema.filters import Filters
    from schema.settings import DataMode


def choose_data(filters: Filters) -> DataMode:
    """Which data this run shows, drawn below the pages.

    Only owners switch; anybody else who came by a link to the demo finds the way back.
    """
    mode = data_mode(filters)
    is_owner = current_scope().role == "owner"
    with st.sidebar, st.container(key="company", gap=None):
        if warehouse.has_rows("real") and (is_owner or mode == "demo"):
            st.session_state["data-mode"] = mode
            st.segmented_control(
                say("Data"),
                ["real", "demo"],
                key="data-mode",
                required=True,
                format_func={"real": say("Yours") if is_owner else say("Company"), "demo": say("Demo")}.__getitem__,
                on_change=_switch,
                label_visibility="collapsed",
            )
        if mode == "demo":
            st.badge(say("Demo data"), icon=":material/science:", color="orange")
            st.caption(say("Hazel & Wool, an invented company"))
        else:
            st.caption(_whose())
    return mode


def _whose() -> str:
    """Whose data, in words that are true for whoever looks."""
    seat = current_seat()
    if seat.scope.role == "agent":
        return say("Your stores and customers")
    if seat.scope.role == "presenter":
        return say("For presenting: nobody is named")
    return say("Your company's data") if seat.is_signed_in else say("Your data, on this machine")


def no_data_yet(mode: DataMode) -> None:
    """Three steps for an empty warehouse; only who may load is asked to."""
    st.header(say("No data yet") if mode == "real" else say("No demo here"), anchor=False)
    if not may_manage():
        nothing_yet()
        return
    st.markdown(
        say(
            "1. Open **Data** and drop your files: orders, events, stores, customers; any of them is a start.\n"
            "2. Check the columns it found and answer the time zone and currency once.\n"
            "3. Press **Accept**. Every page is then yours."
        )
    )
    st.page_link(page("data"), label=say("Load your data"), icon=":material/upload_file:")
    if mode == "real" and warehouse.has_rows("demo"):
        st.button(say("Open the demo"), on_click=lambda: links.write("data", ["demo"]), icon=":material/science:")


def nothing_yet() -> None:
    """Nothing is loaded, and this viewer cannot load anything."""
    st.markdown(say("There is nothing to see yet. Your figures appear here as soon as the owner has loaded them."))


def _switch() -> None:
    links.clear()
    links.write("data", [st.session_state["data-mode"]])
