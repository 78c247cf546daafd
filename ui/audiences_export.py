"""An audience on its way to the tool that writes to it: for owners alone, with a reason, logged before it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from exports.addresses import Address, read_addresses
from exports.audience_lists import TOOLS, audience_list
from exports.contacts import LEAST_REASON
from schema.errors import CatchlightError
from schema.language import language, say, speaking
from ui.cards import card
from ui.downloads import refuse_if_changed
from ui.plain import plain
from ui.uploads_words import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from schema.audience import Definition
    from ui.view import View


def export_card(view: View, found: Definition, reachable: int) -> None:
    """Which tool, the shop's own addresses where it needs them, what for, and the file. Drawn for owners."""
    about = say("Only who may be written to; kept in the audit log, and counted as written to for 7 days")
    with card(say("Hand the list to a tool"), about, key="handout"):
        tool = st.selectbox(say("Tool"), list(TOOLS), key="handout-tool", format_func=lambda one: say(TOOLS[one].label))
        known = _addresses() if TOOLS[tool].needs_addresses else {}
        reason = st.text_input(
            say("Reason"), key="handout-reason", max_chars=300, placeholder=say("Such as: invitation to the autumn sale"),
            help=say("Kept in the audit log, with your name and the number of contacts, before the file is made."),
        )  # fmt: skip
        short = len(reason.strip()) < LEAST_REASON
        missing = TOOLS[tool].needs_addresses and not known
        st.download_button(
            say("Export contacts"), _handed_out(view, found, tool, reason, known), file_name=f"audience-{tool}.csv",
            mime="text/csv", disabled=short or missing or not reachable, on_click="ignore", key="handout-file",
            icon=":material/download:",
        )  # fmt: skip
        if not reachable:
            st.caption(say("Nobody of them may be written to."))
        elif missing:
            st.caption(
                say("This tool needs e-mails or telephone numbers, which are not kept here: add the shop's file.")
            )
        elif short:
            st.caption(say("Type a reason of at least {least} letters first.", least=LEAST_REASON))


def _addresses() -> Mapping[str, Address]:
    """The shop's own file of addresses, read in memory and kept nowhere."""
    left, right = st.columns([3, 1])
    in_words(("csv", "txt"))
    given = left.file_uploader(
        say("The shop's addresses: customer_id, email, phone (CSV)"), type=["csv", "txt"], key="handout-addresses",
        help=say("Read in memory, joined by customer id and forgotten."),
    )  # fmt: skip
    country = right.text_input(
        say("Country code"), key="handout-country", max_chars=4, placeholder="86",
        help=say("For telephone numbers that name no country"),
    )  # fmt: skip
    if given is None:
        return {}
    try:
        found, odd = read_addresses(given.getvalue(), country.strip())
    except CatchlightError as refusal:
        st.warning(plain(str(refusal)), icon=":material/edit_off:")
        return {}
    st.caption(say("{n} customers with an address, {odd} values that are none.", n=len(found), odd=odd))
    return found


def _handed_out(
    view: View, found: Definition, tool: str, reason: str, known: Mapping[str, Address]
) -> Callable[[], bytes]:
    """The file, made and logged when the button is pressed, for whom it still may be."""
    spoken, name = language(), str(st.session_state.get("who-name", ""))

    def make() -> bytes:
        with speaking(spoken):
            refuse_if_changed(view.scope)
            return audience_list(view.asked, found, tool, reason=reason, name=name.strip(), known=known)

    return make
