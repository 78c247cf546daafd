"""Cards, key figures and the trust line: how every number on a page is dressed."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import streamlit as st

from answers.groups import TOO_FEW, is_thinned, sample
from charts.numbers import percent
from exports.files import file_stem
from schema.days import day_year, span
from schema.language import say
from ui import pictures, story_cards
from ui.card_about import about
from ui.filterbar import filter_bar, unknown_values_note
from ui.page_list import page
from ui.plain import plain
from ui.signin import current_scope
from ui.story_pin import say_refusal
from ui.tables import show_table
from ui.view import current_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    import plotly.graph_objects as go

    from answers.answer import Answer
    from charts.maps import MapView

__all__ = ["card", "draw", "draw_map", "nothing_here", "page_head", "plain", "trust_line"]

_TOLD: ContextVar[Answer | None] = ContextVar("_TOLD", default=None)
"""The answer of the card that is being drawn."""
_CHART: dict[str, Any] = {"displayModeBar": False}
"""A chart's picture is saved from its ⓘ; nothing floats over the chart."""


def page_head(title: str, question: str, *, filters: bool = True) -> None:
    """Title and question left, the filter bar right; below, what of the link could not be understood."""
    with st.container(key="head", horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(gap=None, key="headline", width="content"):
            st.header(title, anchor=False)
            st.caption(question)
        if filters:
            with st.container(horizontal=True, width="content", vertical_alignment="bottom", key="headtools"):
                story_cards.reserve(st.container(width="content", key="storyroom"))
                filter_bar(current_view())
    if filters:
        unknown_values_note(current_view())
        say_refusal()


def nothing_here(message: str, *, remedy: str = "", link: tuple[str, str] | None = None) -> None:
    """An empty state: what is missing and the next step.

    In the card of an answer of which groups were left out for a presenter it says that instead.

    Args:
        message: what is missing.
        remedy: what to load; said to who may load.
        link: page and words; to the Data page only for who may load. Where a remedy is said, the way to the Data page
            stands below it by itself.
    """
    answer = _TOLD.get()
    if answer is not None and is_thinned(answer):
        message, remedy, link = say(TOO_FEW), "", None
    scope = current_scope()
    may_load = scope.role == "owner" and scope.may_write
    if link is None and remedy:
        link = ("data", say("Open Data"))
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f":material/search_off: &nbsp; {message} {remedy if may_load else ''}".rstrip())
        if link is not None and (may_load or link[0] != "data"):
            st.page_link(page(link[0]), label=link[1], icon=":material/arrow_forward:")


@contextmanager
def card(
    title: str, subtitle: str, answer: Answer | None = None, *, key: str, own_frame: bool = True
) -> Iterator[bool]:
    """A bordered card whose title is the finding. Yields whether the reader asked for the table instead.

    Args:
        title: the finding as a sentence, or a plain noun when there is none. Shown as text, never as markup.
        subtitle: measure, unit, period, and what a mark is.
        answer: what stands behind it: its definition, n and coverage open from the ⓘ, its table downloads as CSV.
        key: unique on the page.
        own_frame: with its border; a card that is drawn as a part stands in one already.
    """
    shown = None if answer is None else story_cards.note_card(key, title, answer)
    frame = st.container(border=True, height="stretch", key=f"card-{key}") if own_frame else nullcontext()
    with frame:
        with st.container(horizontal=True, vertical_alignment="top", key=f"cardhead-{key}"):
            with st.container(gap=None, key=f"cardtitle-{key}"):
                st.subheader(plain(title), anchor=False)
                st.caption(plain(subtitle))
            as_table, buttons = (
                (False, None) if answer is None or shown is None else about(answer, shown, title, subtitle)
            )
        if as_table and answer is not None:
            show_table(answer.table, key=f"table-{key}", currency=answer.currency)
        picture = None
        if answer is not None and buttons is not None:
            rows = answer.table.height
            picture = pictures.Frame(title, subtitle, _source(answer), file_stem(answer), buttons, answer.address, rows)
        told = _TOLD.set(answer)
        try:
            with pictures.framed(picture):
                yield as_table
        finally:
            _TOLD.reset(told)


def draw(figure: go.Figure, *, key: str, selectable: bool = False) -> Any:
    """A chart inside a card; its ``alt`` is the finding. Returns the selection when ``selectable``."""
    meta = figure.layout.meta or {}
    pictures.offer_chart(f"chart-{key}")
    return st.plotly_chart(
        figure,
        theme=None,
        config=_CHART,
        key=f"chart-{key}",
        alt=meta.get("alt"),
        on_select="rerun" if selectable else "ignore",
        selection_mode=("points", "box"),
    )


def draw_map(found: MapView, *, key: str, height: int = 560) -> Any:
    """A map inside a card, its legend below it in one row. Returns the selection."""
    from charts.maps import legend_html  # noqa: PLC0415  (pydeck and h3 load only for pages with a map)

    view = current_view()
    state = st.pydeck_chart(
        found.deck, height=400 if view.is_phone else height, on_select="rerun", key=f"map-{key}", alt=found.alt
    )
    st.html(legend_html(found.legend, view.theme, note=found.note))
    pictures.offer_map(found, f"map-{key}")
    return state


def trust_line(*answers: Answer) -> None:
    """Under a page: as-of, period, snapshot, n, coverage and caveats, so that a number can be believed or doubted."""
    view = current_view()
    asked = view.asked
    parts = [
        say("Hazel & Wool demo") if view.snapshot.mode == "demo" else say("Your data"),
        say("as of {day} 00:00 {zone}", day=day_year(asked.as_of), zone=asked.snapshot.zone),
        span(asked.from_on, asked.to_on),
        say("snapshot {number}", number=str(view.snapshot.number)),
    ]
    for answer in answers:
        parts.append(sample(answer))
        if answer.coverage is not None:
            parts.append(f"{percent(answer.coverage)} {answer.coverage_label}")
    notes = dict.fromkeys(note for answer in answers for note in answer.notes if note not in view.asked.unknown)
    st.caption(":material/verified: " + plain(" · ".join(dict.fromkeys(parts))))
    if notes:
        st.caption(plain(" ".join(notes)))


def _source(answer: Answer) -> str:
    """The line below a picture: whose data, when, how many."""
    view = current_view()
    whose = say("Hazel & Wool demo") if view.snapshot.mode == "demo" else say("Own data")
    days = span(answer.from_on, answer.to_on)
    snapshot = say("snapshot {number}", number=str(view.snapshot.number))
    return f"{whose} · {days} · {sample(answer)} · {snapshot}"
