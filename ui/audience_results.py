"""Did it work, were several campaigns at once, and what would the next one show: cards of the Audiences page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from answers.registry import ask
from charts.lift import lift_intervals
from exports import campaign_words as said
from schema.language import say
from ui import story_cards
from ui.cards import card, draw, nothing_here, plain
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_OVERLAP = ("campaign", "other", "customers", "treated_both", "share", "shared_days")


def fresh(view: View, address: str, **options: Any) -> Answer:
    """An answer that is not kept: what was planned or sent a moment ago is in it."""
    found = ask(address, view.asked, **options)
    story_cards.note_question(found, options)
    return found


def results_card(view: View) -> None:
    """Each campaign's difference with its interval, and what it brought; below, who was in two campaigns at once.

    Args:
        view: who looks.
    """
    answer = fresh(view, "audiences/results")
    with card(said.results_title(answer), said.results_about(), answer, key="results") as as_table:
        if answer.is_empty:
            nothing_here(next(iter(answer.notes), say("No campaign was sent yet.")))
        elif not as_table:
            draw(lift_intervals(answer.table, view.theme, alt=said.results_title(answer)), key="results")
            lines = [said.campaign_line(row, answer.currency) for row in answer.table.iter_rows(named=True)]
            for line in (*lines, *(note for note in answer.notes if note not in view.asked.unknown)):
                st.caption(plain(line))
    shared = fresh(view, "audiences/overlaps")
    if not shared.is_empty:
        about = say("Written to or held out by both; days that count for both")
        with card(said.overlaps_title(shared), about, shared, key="overlaps") as as_table:
            if not as_table:
                show_table(
                    shared.table, key="overlaps", columns=_OVERLAP, phone=("campaign", "other", "customers", "share")
                )
