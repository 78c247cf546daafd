"""Start over: throw away what was loaded, after it was typed out."""

from __future__ import annotations

import streamlit as st

from schema.language import say
from ui import links
from ui.signin import current_scope
from warehouse import api as warehouse


def reset_card() -> None:
    """Remove the owner's own data from this machine; the demo stays. Drawn for owners in their own right alone."""
    scope = current_scope()
    if scope.role != "owner" or not scope.may_write or not warehouse.has_rows("real"):
        return
    with st.expander(say("Start over with your own data")):
        st.markdown(
            say(
                "This removes everything that was loaded into *your data* on this machine. The demo, the viewers and the audit log stay."
            )
        )
        typed = st.text_input(say("Type DELETE to confirm"), key="reset-word")
        if st.button(say("Remove my data"), disabled=typed != "DELETE", type="primary", key="reset"):
            warehouse.reset("real", scope)
            st.session_state.pop("looked", None)
            links.clear()
            links.write("data", ())
            st.rerun()
