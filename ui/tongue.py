"""Which language the screen speaks: the link's, else the one of the page before, else the browser's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from schema.language import LANGUAGES, ask_the_screen, closest, later, say, speak
from ui import links

if TYPE_CHECKING:
    from schema.filters import Filters

_STATE: Final = "_language"
_LABEL: Final = later("Language")
_SHORT: Final = {"en": "EN", "zh-CN": "中文", "es": "ES"}
_PAGE: Final = st.components.v2.component(
    "page_language",
    js="export default function ({ data }) { document.documentElement.lang = data.code; }",
    html="<span></span>",
    css="span{display:none}",
)
"""Tells the browser, so that screen readers pronounce and line breaks fall as in the language that is spoken."""


def listen() -> None:
    """Decide on the language of this run, before a word is drawn."""
    chosen = st.query_params.get("lang") or ("" if st.query_params else links.carried("lang"))
    st.session_state[_STATE] = chosen if chosen in LANGUAGES else closest(st.context.locale or "en")
    speak(spoken())


def spoken() -> str:
    """The language of this visit."""
    return str(st.session_state.get(_STATE, "en"))


def in_language(filters: Filters) -> Filters:
    """The filters with the language that is spoken, so that answers with sentences are kept apart by it."""
    return replace(filters, lang="" if spoken() == "en" else spoken())


def chooser() -> None:
    """The languages below the pages; the choice is kept in the link."""
    with st.sidebar, st.container(key="language", gap=None):
        st.session_state["choose-language"] = spoken()
        st.segmented_control(  # a select box would stumble over forged widgets, before any page is drawn
            say(_LABEL),
            list(LANGUAGES),
            key="choose-language",
            format_func=_SHORT.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=lambda: links.write("lang", [st.session_state["choose-language"]]),
        )
        tell_browser()


def tell_browser() -> None:
    """Say to the browser which language the page is in; at the door there is no chooser that would."""
    _PAGE(key="page-language", data={"code": spoken()}, height="content")


ask_the_screen(spoken)
