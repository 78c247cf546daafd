"""The Data page's contacts: who agreed to be written to, handed out for a reason that is logged first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from exports.contacts import LEAST_REASON, contacts, exported
from schema.language import language, plural, say, speaking
from ui.cards import nothing_here
from ui.downloads import refuse_if_changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.view import View


def contacts_card(view: View) -> None:
    """How many may be written to, for whom the list is, what for, and the file. Drawn for owners in their own right."""
    with st.container(border=True, key="card-contacts"):
        st.subheader(say("Contacts who agreed"), anchor=False)
        st.caption(say("Customers who consented to marketing and did not opt out · the shop's own ids, nothing else"))
        known = view.marts.places.select("agent_id", "agent_name").drop_nulls("agent_id").unique("agent_id")
        names = {agent: name or agent for agent, name in known.sort("agent_name", "agent_id").iter_rows()}
        left, right = st.columns([1, 2])
        agent = left.selectbox(
            say("For"), ["", *names], format_func=lambda one: names.get(one, say("Head office")), key="contacts-for"
        )
        reason = right.text_input(
            say("Reason"), key="contacts-reason", max_chars=300, placeholder=say("Such as: invitation to the autumn sale"),
            help=say("Kept in the audit log, with your name and the number of contacts, before the file is made."),
        )  # fmt: skip
        found = contacts(view.snapshot, view.scope, agent=agent).height
        if not found:
            nothing_here(say("Nobody agreed to this.") if not agent else say("None of their customers agreed to this."))
            return
        st.markdown(plural("**{n}** customer may be written to.", "**{n}** customers may be written to.", found))
        short = len(reason.strip()) < LEAST_REASON
        st.download_button(
            say("Export contacts"), _handed_out(view, reason, agent), file_name="contacts.csv", mime="text/csv",
            disabled=short, on_click="ignore", key="contacts-file", icon=":material/download:",
        )  # fmt: skip
        if short:
            st.caption(say("Type a reason of at least {least} letters first.", least=LEAST_REASON))


def _handed_out(view: View, reason: str, agent: str) -> Callable[[], bytes]:
    """The file, made and logged when the button is pressed, for whom it still may be."""
    spoken = language()

    def make() -> bytes:
        with speaking(spoken):
            refuse_if_changed(view.scope)
            return exported(view.snapshot, view.scope, reason=reason, agent=agent)

    return make
