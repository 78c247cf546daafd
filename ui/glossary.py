"""The glossary on screen: the words that a card uses behind its ⓘ, and all of them in one searchable dialog."""

from __future__ import annotations

import streamlit as st

from schema.glossary import search, terms, used_in
from schema.language import say
from ui.plain import plain


def words_of(text: str, *, key: str) -> None:
    """The terms that a card uses, and the way to all others.

    Args:
        text: the card's own words.
        key: the card's.
    """
    used = used_in(text)
    if used:
        st.markdown("  \n".join(f"**{plain(one.name)}** {plain(one.meaning)}" for one in used))
    _opener(f"glossary-{key}")


def sidebar_entry() -> None:
    """The way to the glossary below the pages."""
    with st.sidebar:
        _opener("glossary-side")


def _opener(key: str) -> None:
    if st.button(say("Glossary"), key=key, icon=":material/menu_book:", type="tertiary"):
        st.dialog(say("Glossary"), width="large", icon=":material/menu_book:")(_terms)()


def _terms() -> None:
    wanted = st.text_input(say("Search"), placeholder=say("One of {n} terms", n=len(terms())), key="glossary-search")
    found = search(wanted or "")
    if not found:
        st.caption(say("Nothing for {wanted}. Try one word, such as dwell or overlap.", wanted=plain(wanted or "")))
    with st.container(key="glossary-terms"):
        st.markdown("\n\n".join(f"**{plain(one.name)}**  \n{plain(one.meaning)}" for one in found))
