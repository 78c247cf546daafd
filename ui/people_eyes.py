"""The People page's "view as": look through an agent's or a presenter's eyes."""

from __future__ import annotations

from typing import Final

import streamlit as st

from schema.language import say
from ui import view_as
from ui.cards import nothing_here
from ui.layout import pick
from ui.page_list import HOME, page
from ui.people import agents
from ui.view import current_view, has_view

_PRESENTER: Final = "presenter"


def eyes_part() -> None:
    """Draw the part."""
    with st.container(border=True, key="card-eyes"):
        st.subheader(say("See what they see"), anchor=False)
        st.caption(
            say(
                "The same pages, rows and figures as they get · nothing can be changed meanwhile · kept on the audit log"
            )
        )
        names = agents()
        if not has_view():
            nothing_here(say("Load data first; before, nobody sees anything."), link=("data", say("Load data")))
            return
        words = {_PRESENTER: say("A presenter")} | {f"a:{one}": name for one, name in names.items()}
        order = [one for one in words if one != _PRESENTER] + [_PRESENTER]
        chosen = pick(say("Whose eyes"), "eyes", order, words, width=320) or _PRESENTER
        if st.button(say("View as"), type="primary", key="viewas-begin", icon=":material/visibility:"):
            is_agent = chosen != _PRESENTER
            view_as.begin(
                "agent" if is_agent else "presenter",
                chosen.removeprefix("a:") if is_agent else None,
                words[chosen] if is_agent else say("a presenter"),
            )
            st.switch_page(page(HOME), query_params={"data": current_view().snapshot.mode})
