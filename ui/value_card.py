"""Expected buyers and what known buyers will bring, on the Purchases page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from answers import headlines
from charts.value import value_bars
from schema.language import later, say
from ui.cards import card, draw, nothing_here, plain
from ui.layout import Choice
from ui.parts import part

if TYPE_CHECKING:
    from ui.view import View

BY = {"segment": later("Segment"), "agent": later("Agent"), "store": later("Store")}


@part("value")
def value_card(view: View) -> None:
    """One card: bars by group, below them how the year held out was met; else why nothing is shown.

    Args:
        view: who looks.
    """
    known = {by: word for by, word in BY.items() if view.scope.role == "owner" or by == "segment"}
    if view.scope.role == "agent":
        known["store"] = BY["store"]
    by = Choice(say("Value by"), "worth", known)
    answer = view.ask("purchases/value", by=by.value)
    with card(
        headlines.expected(answer), say(headlines.EXPECTED_SAID), answer, key="value", own_frame=False
    ) as as_table:
        if len(known) > 1:
            by.draw(redraws=("value",))
        if answer.is_empty:
            nothing_here(headlines.why_off(answer))
        elif not as_table:
            draw(value_bars(answer.table, view.theme, currency=view.asked.currency), key="value")
            st.caption(plain(" ".join(headlines.said_of(answer, view.asked.unknown))))
