"""What opens from a card's ⓘ: how its number is made, the words it uses, its table, its files and its pin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from answers.groups import sample
from charts.numbers import percent
from exports.files import csv_bytes, file_stem
from schema.days import span
from schema.language import say
from ui.downloads import noted
from ui.glossary import words_of
from ui.opened import opened
from ui.plain import plain
from ui.story_cards import is_first
from ui.story_pin import pin_card
from ui.view import current_view

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from answers.answer import Answer
    from ui.story_cards import Card


def about(answer: Answer, shown: Card, title: str, subtitle: str) -> tuple[bool, DeltaGenerator | None]:
    """Draw the ⓘ, and beside the page's headline finding its pin.

    Args:
        answer: what the card shows.
        shown: the card as a story would take it.
        title: of the card; with the subtitle and the definition, where words are looked for.
        subtitle: as above.

    Returns:
        Whether the table is wanted instead of the chart, and room for the picture's button while the ⓘ is open.
    """
    key = shown.key
    if is_first(shown):
        pin_card(shown, answer, small=True)
    wish, page = f"astable-{key}", current_view().page
    room = opened("", key=f"about-{key}", page=page, keeps=(wish,), icon=":material/info:", type="tertiary")
    if room is None:
        return bool(st.session_state.get(wish)), None
    with room:
        st.markdown(plain(answer.definition))
        coverage = "" if answer.coverage is None else f" · {percent(answer.coverage)} {answer.coverage_label}"
        st.caption(plain(f"{span(answer.from_on, answer.to_on)} · {sample(answer)}{coverage}"))
        for note in answer.notes:
            st.caption(plain(note))
        as_table = st.toggle(say("As table"), key=wish)
        files = st.container(horizontal=True, key=f"files-{key}")
        files.download_button(
            "CSV",
            data=noted(lambda: csv_bytes(answer.table), address=answer.address, rows=answer.table.height, form="csv"),
            file_name=f"{file_stem(answer)}.csv",
            mime="text/csv",
            key=f"csv-{key}",
            icon=":material/download:",
            on_click="ignore",
        )
        if not is_first(shown):
            pin_card(shown, answer)
        words_of(f"{title} · {subtitle} · {answer.definition} · {answer.coverage_label}", key=key)
        st.caption(say("Address: {address}", address=answer.address))
    return as_table, files
